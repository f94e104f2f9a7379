"""Acknowledged problems sink until they are another problem; what is written down survives, or its loss is told."""

import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fluxtui.insight.acknowledge import Attention, Judge, acknowledge
from fluxtui.insight.causes import Cause
from fluxtui.kinds.status import Status
from fluxtui.notes.kept import write_new
from fluxtui.notes.notebook import MOST, Notebook

NOW = 1_774_061_280.0
KEY = "failure HelmRelease/cert-manager/cert-manager UpgradeFailed"
MEMBER = ("prod-eu-1", "HelmRelease/cert-manager/cert-manager")


def cause(**more: Any) -> Cause:
    given: dict[str, Any] = {
        "what": "failure",
        "key": KEY,
        "title": "HelmRelease cert-manager/cert-manager",
        "status": Status.FAILED,
        "reason": "UpgradeFailed",
        "message": "timed out",
        "since": int(NOW) - 780,
        "members": (MEMBER,),
        "blocked": (("prod-eu-1", "Kustomization/infra/configs"),),
        "clusters": ("prod-eu-1",),
    }
    return Cause(**{**given, **more})


def test_what_is_acknowledged_sinks_and_says_by_whom() -> None:
    held = acknowledge(cause(), NOW, until=NOW + 3600, note="OPS-12", by="anna")
    mark = Judge([held], None).mark(cause(), NOW + 60)
    assert mark.attention is Attention.ACKNOWLEDGED and not mark.calls
    assert mark.acknowledged is held and mark.acknowledged.by == "anna"


@pytest.mark.parametrize(
    ("changes", "later", "why"),
    [
        ({"key": KEY + "2", "reason": "InstallFailed"}, 60, "was UpgradeFailed"),
        ({"members": (MEMBER, ("prod-us-1", MEMBER[1]))}, 60, "now in prod-us-1 too"),
        ({"blocked": (("a", "x/y/z"), ("b", "x/y/z"), ("prod-eu-1", "x/y/z"))}, 60, "now in 2 more clusters"),
        ({"since": int(NOW) + 300}, 600, "was well meanwhile, and failed again"),
        ({}, 3600, "the acknowledgement ran out"),
    ],
)
def test_a_problem_that_is_not_the_same_any_more_stands_out_and_says_why(
    changes: dict[str, Any], later: float, why: str
) -> None:
    held = acknowledge(cause(), NOW, until=NOW + 3600)
    mark = Judge([held], None).mark(cause(**changes), NOW + later)
    assert mark.attention is Attention.BACK and mark.calls
    assert why in mark.why


def test_until_it_changes_lasts_for_years_and_more_waiting_objects_are_no_change() -> None:
    held = acknowledge(cause(), NOW)
    more = tuple(("prod-eu-1", f"Kustomization/apps/{number}") for number in range(50))
    assert not Judge([held], None).mark(cause(blocked=more), NOW + 1e8).calls


def test_the_member_that_gave_the_key_may_be_healed_and_the_problem_is_still_known() -> None:
    both = (MEMBER, ("prod-eu-1", "HelmRelease/other/other"))
    held = acknowledge(cause(members=both), NOW)
    left = cause(key="failure HelmRelease/other/other UpgradeFailed", members=both[1:])
    assert not Judge([held], None).mark(left, NOW).calls


def test_new_is_what_was_not_there_at_the_last_look() -> None:
    other = cause(key="failure Kustomization/x/y BuildFailed", members=(("a", "Kustomization/x/y"),))
    judge = Judge([], {KEY: NOW})
    assert judge.mark(cause(), NOW + 60).attention is Attention.OPEN
    assert judge.mark(other, NOW + 60).attention is Attention.NEW
    assert judge.mark(cause(since=int(NOW) + 500), NOW + 600).attention is Attention.NEW  # it failed again
    assert Judge([], None).mark(other, NOW).attention is Attention.OPEN  # nobody ever looked


# --- the notebook on disk


def attention(notebook: Notebook, *causes: Cause) -> list[str]:
    return [mark.attention.value for mark in notebook.marks(causes).values()]


def test_what_was_noted_survives_a_restart_and_is_its_owners_alone(tmp_path: Path) -> None:
    before = Notebook(tmp_path / "state", lambda: NOW, "anna")
    before.looked([cause()])
    before.acknowledge([cause()], NOW + 3600, "OPS-12")
    after = Notebook(tmp_path / "state", lambda: NOW + 60)
    assert attention(after, cause()) == ["acknowledged"]
    assert after.acknowledged[0].note == "OPS-12" and after.acknowledged[0].by == "anna"
    assert stat.S_IMODE((tmp_path / "state" / "acknowledged.json").stat().st_mode) == 0o600
    after.take_back(after.acknowledged)
    assert attention(Notebook(tmp_path / "state", lambda: NOW), cause()) == ["open"]


def test_two_sessions_do_not_undo_each_other_and_hear_of_each_other(tmp_path: Path) -> None:
    one, two = Notebook(tmp_path, lambda: NOW), Notebook(tmp_path, lambda: NOW)
    other = cause(key="failure Kustomization/x/y BuildFailed", members=(("a", "Kustomization/x/y"),))
    assert attention(one, cause(), other) == attention(two, cause(), other) == ["open", "open"]
    one.acknowledge([cause()])
    two.acknowledge([other])
    assert attention(one, cause(), other) == attention(two, cause(), other) == ["acknowledged", "acknowledged"]


@pytest.mark.parametrize("content", [b"{ not json", b'{"acknowledged": 3}', b'{"version": 99}', b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_told_and_never_overwritten(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "acknowledged.json"
    file.write_bytes(content)
    notebook = Notebook(tmp_path, lambda: NOW)
    assert attention(notebook, cause()) == ["open"]
    (trouble,) = notebook.troubles
    assert str(file) in trouble and "cannot be read" in trouble
    assert file.read_bytes() == content  # until there is something to keep
    notebook.acknowledge([cause()])
    (aside,) = tmp_path.glob("acknowledged.unreadable-*.json")
    assert aside.read_bytes() == content and str(aside) in notebook.troubles[0]
    assert attention(Notebook(tmp_path, lambda: NOW), cause()) == ["acknowledged"]


def test_where_nothing_can_be_written_it_is_told_and_lasts_as_long_as_the_program(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    notebook = Notebook(tmp_path / "file" / "state", lambda: NOW)
    notebook.acknowledge([cause()])
    assert "cannot be written" in notebook.troubles[0]
    assert attention(notebook, cause()) == ["acknowledged"]


def test_the_file_is_bounded(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path, lambda: NOW)
    every = [cause(key=f"failure Kustomization/n/{n} X", members=(("a", f"Kustomization/n/{n}"),)) for n in range(700)]
    notebook.acknowledge(every)
    assert len(notebook.acknowledged) == MOST
    assert notebook.acknowledged[-1].key == every[-1].key  # the latest are kept
    later = Notebook(tmp_path, lambda: NOW + 30 * 86_400)
    later.acknowledge([cause()], NOW + 30 * 86_400 + 60)
    assert len(later.acknowledged) == MOST  # those without a term stay
    assert msgspec.json.decode((tmp_path / "acknowledged.json").read_bytes())["version"] == 1


def test_a_document_is_never_written_over_an_existing_one_unasked(tmp_path: Path) -> None:
    place = tmp_path / "handover.md"
    write_new(place, "one")
    with pytest.raises(FileExistsError):
        write_new(place, "two")
    assert place.read_text() == "one"
    write_new(place, "two", replace=True)
    assert place.read_text() == "two"
    assert [found.name for found in tmp_path.iterdir()] == ["handover.md"]


# --- in `fluxtui triage`


def test_the_command_line_marks_problems_and_tells_who_knows_of_them() -> None:
    from fluxtui.cli import reports
    from fluxtui.insight.activity import Activity
    from fluxtui.insight.evidence import evidence
    from fluxtui.insight.export import problem_shape
    from fluxtui.insight.status import assess
    from fluxtui.insight.triage import TriageReport
    from fluxtui.store.store import Store

    store = Store(assess)
    held = acknowledge(cause(), NOW, until=NOW + 3600, note="OPS-12\x1b[31m", by="anna")
    other = cause(key="failure Kustomization/x/y Z", title="Kustomization x/y", members=(("a", "Kustomization/x/y"),))
    marks = Judge([held], {"something": NOW}).marks([cause(), other], NOW + 60)
    report = TriageReport(NOW, (cause(), other), 2, 2, 0, (), Activity(int(NOW) - 3600, (0,) * 60))
    told = reports.Told(store, report, report.problems, "", marks)
    text = reports.text(told, None, lambda words, style: words, wide=True)
    assert "1 new" in told.headline and "1 acknowledged" in told.headline
    first, second = (line for line in text.splitlines() if "Kustomization x/y" in line or "✖ failed" in line)
    assert first.startswith("ack") and second.startswith("new")
    assert "acknowledged by anna at 2026-03-21 02:48:00 UTC: OPS-12" in text and "\x1b" not in text
    shape = problem_shape(cause(), evidence(store, cause()), marks[KEY])
    assert shape.attention == "acknowledged" and shape.acknowledged is not None
    assert (shape.acknowledged.by, shape.acknowledged.until) == ("anna", "2026-03-21T03:48:00Z")
