"""Since when something fails is what we saw ourselves, and that is said."""

import json
from pathlib import Path

import pytest

from fluxtui.notes import first_seen
from fluxtui.notes.first_seen import FirstSeen


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


async def test_what_was_there_before_we_looked_is_at_least_that_old() -> None:
    now = Clock()
    seen = FirstSeen(None, now)
    assert seen.of("prod|a") == (1_000_000, False)
    seen.conclude({"prod"}, whole=True)
    now.time += 60
    assert seen.of("prod|a") == (1_000_000, False)
    assert seen.of("prod|b") == (1_000_060, True), "it was not there a minute ago"
    assert seen.of("other|b") == (1_000_060, False), "nobody watched that cluster"


async def test_what_is_gone_and_comes_back_has_begun_anew() -> None:
    now = Clock()
    seen = FirstSeen(None, now)
    seen.of("prod|a")
    seen.conclude({"prod"}, whole=True)
    seen.conclude({"prod"}, whole=True)
    now.time += 60
    assert seen.of("prod|a") == (1_000_060, True)


async def test_what_cannot_be_seen_just_now_is_not_gone() -> None:
    now = Clock()
    seen = FirstSeen(None, now)
    seen.of("prod|a")
    seen.conclude({"prod"}, whole=False)
    seen.conclude((), whole=False)
    now.time += 60
    assert seen.of("prod|a") == (1_000_000, False)


async def test_what_is_of_a_cluster_that_is_not_watched_stays(tmp_path: Path) -> None:
    now = Clock()
    seen = FirstSeen(tmp_path, now)
    seen.of("prod|a")
    seen.of("staging|a")
    seen.conclude({"prod", "staging"}, whole=True)
    now.time += 60
    seen.of("staging|a")
    seen.conclude({"staging"}, whole=True)  # prod was taken out of what is watched, and a later session has it alone
    await seen.keep(now=True)
    again = FirstSeen(tmp_path, now)
    await again.load()
    assert again.of("prod|a") == (1_000_000, False)
    again.conclude({"prod"}, whole=True)
    assert again.of("staging|a") == (1_000_000, False)


async def test_clusters_that_are_not_watched_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_seen, "MOST", 2)
    now = Clock()
    seen = FirstSeen(None, now)
    seen.of("old|a")
    seen.of("prod|a")
    seen.conclude({"prod"}, whole=True)
    seen.of("prod|a")
    seen.conclude({"prod"}, whole=True)
    now.time += 60
    assert seen.of("prod|b") == (1_000_060, True)
    now.time += 60
    assert seen.of("prod|b") == (1_000_060, True), "there is room for it"


async def test_the_next_session_knows(tmp_path: Path) -> None:
    now = Clock()
    seen = FirstSeen(tmp_path, now)
    await seen.load()
    seen.of("prod|a")
    seen.conclude({"prod"}, whole=True)
    await seen.keep(now=True)
    now.time += 3600
    again = FirstSeen(tmp_path, now)
    await again.load()
    assert again.of("prod|a") == (1_000_000, False)
    assert again.of("prod|b") == (1_003_600, False), "it came while nobody watched"
    assert again.trouble == ""


async def test_a_file_that_cannot_be_read_is_told_and_kept(tmp_path: Path) -> None:
    (tmp_path / "violations.json").write_text("{")
    seen = FirstSeen(tmp_path, Clock())
    await seen.load()
    assert "cannot be read" in seen.trouble
    seen.of("prod|a")
    await seen.keep(now=True)
    assert [path.name for path in sorted(tmp_path.glob("*unreadable*"))] != []  # noqa: ASYNC240


async def test_entries_that_are_none_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "violations.json").write_text(json.dumps({"version": 1, "seen": {"no": 1, "0" * 16: 4}}))
    seen = FirstSeen(tmp_path, Clock())
    await seen.load()
    assert seen.trouble == ""


async def test_writing_waits(tmp_path: Path) -> None:
    now = Clock()
    seen = FirstSeen(tmp_path, now)
    seen.of("prod|a")
    await seen.keep()
    first = (tmp_path / "violations.json").read_text()
    seen.of("prod|b")
    now.time += 5
    await seen.keep()
    assert (tmp_path / "violations.json").read_text() == first
    now.time += 60
    await seen.keep()
    assert (tmp_path / "violations.json").read_text() != first
