"""Going from place to place: back and forth, bookmarks, links, and what is copied on the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fluxtui.config import Config, View
from fluxtui.insight.place import PAGE, Place
from fluxtui.screens.copying import CopyScreen
from fluxtui.screens.resource import ResourceScreen
from fluxtui.widgets.commandline import CommandLine
from fluxtui.widgets.virtual_table import VirtualTable

from .world import WIDE, World, burst, command, kustomization, loses, notified, running, sees, type_filter, until

CAUSE = ("prod-eu-1", "HelmRelease/cert-manager/cert-manager")


@pytest.fixture
def incident() -> World:
    return World("incident")


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    return


async def on_page(pilot: Pilot[None], ref: tuple[str, str]) -> None:
    def there() -> bool:
        seen = pilot.app.screen
        return isinstance(seen, ResourceScreen) and seen.chosen() == ref

    await until(pilot, there, f"the page of {ref}")


async def test_back_and_forth_through_pages_tabs_lists_and_filters(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        await pilot.press("enter")
        await on_page(pilot, CAUSE)
        await pilot.press("y")
        await sees(pilot, "apiVersion")
        await command(pilot, "ks ns:platform")
        await sees(pilot, " Kustomizations ", "filter ns:platform")
        await pilot.press("down", "down")
        cursor = pilot.app.screen.chosen()  # type: ignore[attr-defined]
        await command(pilot, "hr")
        await sees(pilot, " HelmReleases ")
        await pilot.press("left_square_bracket")
        await sees(pilot, " Kustomizations ", "filter ns:platform")
        assert pilot.app.screen.chosen() == cursor  # type: ignore[attr-defined]
        await pilot.press("left_square_bracket")
        await on_page(pilot, CAUSE)
        await sees(pilot, "apiVersion")
        await pilot.press("left_square_bracket")
        await sees(pilot, "root causes explain")
        await pilot.press("left_square_bracket")
        await notified(pilot, "there is no place before")
        await pilot.press("right_square_bracket")
        await on_page(pilot, CAUSE)


async def test_minus_is_the_last_place_and_back(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "hr")
        await sees(pilot, " HelmReleases ")
        await pilot.press("minus")
        await sees(pilot, "root causes explain")
        await pilot.press("minus")
        await sees(pilot, " HelmReleases ")


async def test_what_is_gone_is_passed_over_with_a_word(incident: World) -> None:
    incident.put("staging-1", kustomization("newcomers", "just-born"))
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "open staging-1/ks/newcomers/just-born")
        await on_page(pilot, ("staging-1", "Kustomization/newcomers/just-born"))
        await command(pilot, "hr")
        await sees(pilot, " HelmReleases ")
        incident.remove("staging-1", "Kustomization/newcomers/just-born")
        incident.tell()
        await pilot.press("left_square_bracket")
        await notified(pilot, "newcomers/just-born is gone from staging-1")
        await sees(pilot, "root causes explain")


async def test_lists_of_any_kind_come_back_with_their_kinds_their_view_and_their_cursor(
    incident: World, tmp_path: Path
) -> None:
    config = Config(views={"plumbing": View(kinds=("rs", "pods"), filter="ns:frontend")})
    async with running(incident, WIDE, state=tmp_path, config=config) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "pods ns:frontend")
        await sees(pilot, " Pods ", "filter ns:frontend")
        await pilot.press("down", "down")
        cursor = pilot.app.screen.chosen()  # type: ignore[attr-defined]
        await command(pilot, "deploy,rs")
        await sees(pilot, " Deployments, ReplicaSets ")
        await command(pilot, "view plumbing")
        await sees(pilot, " plumbing: ReplicaSets, Pods ", "filter ns:frontend")
        await pilot.press("B")
        await notified(pilot, "plumbing")
        await pilot.press("minus")
        await sees(pilot, " Deployments, ReplicaSets ")
        await pilot.press("left_square_bracket")
        await sees(pilot, " Pods ", "filter ns:frontend")
        await until(pilot, lambda: pilot.app.screen.chosen() == cursor, "the row")  # type: ignore[attr-defined]
        await pilot.press("left_square_bracket")
        await sees(pilot, "root causes explain")
        await command(pilot, "bookmarks")
        await sees(pilot, "1 bookmark", "plumbing")
        await pilot.press("enter")
        await sees(pilot, " plumbing: ReplicaSets, Pods ", "filter ns:frontend")


async def test_changes_come_back_with_their_window_and_what_they_came_before(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        await pilot.press("W")
        await sees(pilot, "before HelmRelease cert-manager/cert-manager")
        await command(pilot, "changes 2h")
        await sees(pilot, "in the last 2h")
        await command(pilot, "hr")
        await sees(pilot, " HelmReleases ")
        await pilot.press("left_square_bracket")
        await sees(pilot, "in the last 2h")
        await pilot.press("left_square_bracket")
        await sees(pilot, "before HelmRelease cert-manager/cert-manager")
        await pilot.press("left_square_bracket")
        await sees(pilot, "root causes explain")


async def test_a_scope_comes_back_with_its_place(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "ns platform")
        await command(pilot, "ks")
        await sees(pilot, " Kustomizations ", "platform")
        await pilot.press("0")
        await sees(pilot, "all clusters")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: pilot.app.desk.namespace == "platform")  # type: ignore[attr-defined]


async def test_a_bookmark_is_kept_listed_followed_renamed_and_deleted(incident: World, tmp_path: Path) -> None:
    async with running(incident, state=tmp_path) as pilot:
        await sees(pilot, "root causes explain")
        await pilot.press("enter")
        await on_page(pilot, CAUSE)
        await pilot.press("B")
        await notified(pilot, "HelmRelease cert-manager/cert-manager in prod-eu-1")
    async with running(incident, state=tmp_path) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "bookmarks")
        await sees(pilot, "1 bookmark", "✖ failed", "HelmRelease cert-manager/cert-manager in prod-eu-1")
        await pilot.press("r")
        await until(pilot, lambda: pilot.app.screen.query_one(CommandLine).is_open)
        await burst(pilot, *" now", "enter")
        await sees(pilot, "in prod-eu-1 now")
        await pilot.press("enter")
        await on_page(pilot, CAUSE)
        await command(pilot, "bookmarks")
        await sees(pilot, "1 bookmark")
        await pilot.press("d")
        await sees(pilot, "no bookmarks")
    async with running(incident, state=tmp_path) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "bm")
        await sees(pilot, "no bookmarks", "keeps the place that you look at")


async def test_the_program_may_begin_on_a_page(incident: World) -> None:
    place = Place(screen=PAGE, cluster=CAUSE[0], object=CAUSE[1], tab="yaml")
    async with running(incident, place=place) as pilot:
        await on_page(pilot, CAUSE)
        await sees(pilot, "apiVersion")
        await pilot.press("escape")
        await sees(pilot, "root causes explain")


async def test_a_bad_link_is_refused_on_its_line(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "open prod-eu-2/hr/cert-manager/cert-manager")
        await sees(pilot, "no context is called 'prod-eu-2'", "did you mean prod-eu-1")


async def test_the_menu_of_copies(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        for key, text in (
            ("Y", "fluxtui open prod-eu-1/hr/cert-manager/cert-manager"),
            ("c", "cert-manager/cert-manager"),
            (
                "k",
                "kubectl --context prod-eu-1 --namespace cert-manager get helmreleases.helm.toolkit.fluxcd.io"
                " cert-manager -o yaml",
            ),
        ):
            await pilot.press("Y")
            await until(pilot, lambda: isinstance(pilot.app.screen, CopyScreen))
            await pilot.press(key)
            await until(pilot, lambda text=text: pilot.app.clipboard == text)
            await until(pilot, lambda: not isinstance(pilot.app.screen, CopyScreen))
        await pilot.press("Y")
        await sees(pilot, "Copy of HelmRelease cert-manager/cert-manager", "message")
        await pilot.press("m")
        await until(pilot, lambda: "Helm upgrade failed" in pilot.app.clipboard)


async def test_a_terminal_without_clipboard_gets_a_file(
    incident: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "linux")
    async with running(incident, state=tmp_path) as pilot:
        await sees(pilot, "root causes explain")
        await pilot.press("c")
        await notified(pilot, "copied.txt")
    assert (tmp_path / "copied.txt").read_text() == "cert-manager/cert-manager\n"


async def test_a_filter_is_completed_by_what_the_rows_say(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "ks")
        await sees(pilot, " Kustomizations ")
        await type_filter(pilot, "reason:Dependency")
        line = pilot.app.screen.query_one(CommandLine)
        await burst(pilot, "N")
        await until(pilot, lambda: "reason:DependencyNotReady" in line.completions)
        await pilot.press("tab", "enter")
        await sees(pilot, "26 of 88", "filter reason:Dep")
        assert pilot.app.screen.query_one("#table", VirtualTable).cursor_index == 0


async def test_what_is_wrong_with_a_filter_is_marked_where_it_is(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        await type_filter(pilot, "cert foo:bar")
        told = (await sees(pilot, "there is no field 'foo'", "▼")).splitlines()
        mark = next(line for line in told if "▼" in line)
        assert told[-1].index("foo:bar") == mark.index("▼")
        await burst(pilot, "escape")
        await loses(pilot, "▼")


async def test_what_was_typed_is_there_in_the_next_session(incident: World, tmp_path: Path) -> None:
    async with running(incident, state=tmp_path) as pilot:
        await sees(pilot, "root causes explain")
        await type_filter(pilot, "ns:cert-manager")
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "typed.json").exists())
    async with running(incident, state=tmp_path) as pilot:
        await sees(pilot, "root causes explain")
        await pilot.press("slash", "up")
        await until(pilot, lambda: pilot.app.screen.query_one(CommandLine).text == "ns:cert-manager")
