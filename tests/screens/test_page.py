"""The page of one object: what is concluded of it, what its conditions say, and its YAML, fetched when it opens."""

import asyncio
import threading
from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.insight.yaml_text import as_yaml
from fluxtui.kube.answers import Forbidden, NotFound, Unreachable
from fluxtui.screens.page import yaml as yaml_tab
from fluxtui.screens.resource import ResourceScreen
from fluxtui.screens.resources import ResourcesScreen
from fluxtui.widgets.document import DocumentView

from .world import (
    SMALL,
    WIDE,
    Counter,
    World,
    command,
    kustomization,
    loses,
    notified,
    running,
    screen,
    sees,
    type_filter,
    until,
)

APPS = "Kustomization/frontend/apps"


@pytest.fixture
def fleet() -> World:
    """One failing object that depends on one that is ready."""
    world = World("", ["alpha"])
    world.put("alpha", kustomization("flux-system", "base"))
    world.put(
        "alpha",
        kustomization(
            "frontend",
            "apps",
            ready=False,
            message="kustomize build failed: no such file\nlook at ./overlays/prod",
            dependsOn=[{"name": "base", "namespace": "flux-system"}],
            sourceRef={"kind": "OCIRepository", "name": "apps"},
        ),
    )
    return world


async def opened(pilot: Pilot[None], *keys: str) -> None:
    """The page of the failing object, once it is there; then the keys."""
    await command(pilot, "ks name:apps")
    await sees(pilot, "filter name:apps", "frontend")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
    await sees(pilot, "i Overview")
    await pilot.press(*keys)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_it_says_what_is_wrong_whole_and_where_it_stands(fleet: World, size: tuple[int, int]) -> None:
    async with running(fleet, size) as pilot:
        await opened(pilot)
        told = await sees(pilot, "Kustomization frontend/apps  alpha", "✖ failed for 5m", "Ready=False BuildFailed")
        flat = " ".join(told.replace("▌", " ").split())
        assert "kustomize build failed: no such file look at" in flat
        await pilot.press("G")
        told = await sees(pilot, "● Kustomization flux-system/base")  # what it depends on, with its status
        assert "OCIRepository frontend/apps" in told


async def test_a_name_leads_to_that_object_and_back(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await sees(pilot, "Where it stands")
        await type_filter(pilot, "depends on")
        await pilot.press("enter")
        await pilot.press("enter")
        await sees(pilot, "Kustomization flux-system/base  alpha")
        await pilot.press("escape")
        await sees(pilot, "Kustomization frontend/apps  alpha")


async def test_tabs_are_turned_by_letters_and_in_their_order(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await sees(pilot, "Conditions")
        await pilot.press("shift+tab")
        page = pilot.app.screen
        assert isinstance(page, ResourceScreen)
        last = list(page._pages)[-1]
        await until(pilot, lambda: page.seen is not None and page.seen.name_of_tab == last)
        await pilot.press("tab")
        await until(pilot, lambda: page.seen is not None and page.seen.name_of_tab == "overview")
        await pilot.press("y")
        await sees(pilot, "apiVersion: kustomize")
        await pilot.press("i")
        await sees(pilot, "Conditions")


async def test_the_object_is_fetched_when_its_page_opens_and_not_before(fleet: World) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "ks")
        await sees(pilot, "Kustomizations 2")
        await pilot.press("j", "k")
        assert fleet.fetched == []
        await pilot.press("escape")
        await opened(pilot)
        await sees(pilot, "Conditions")
        assert fleet.fetched == [("alpha", APPS)]


async def test_it_is_fetched_again_when_it_changed_and_only_then(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "path: ./")
        fleet.put("alpha", kustomization("flux-system", "base", ready=False))  # another object
        fleet.tell()
        await pilot.press("i")
        await sees(pilot, "✖ Kustomization flux-system/base")
        assert len(fleet.fetched) == 1
        await pilot.press("y")
        fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(path="./other"))
        fleet.tell()
        await sees(pilot, "path: ./other")
        assert len(fleet.fetched) == 2


async def test_where_one_is_in_the_yaml_is_kept_when_it_changes(fleet: World) -> None:
    fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(patches=[{"patch": f"line-{n}"} for n in range(80)]))
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "line-0")
        await pilot.press("pagedown")
        await loses(pilot, "line-0\n")
        top = pilot.app.screen.query_one("#yaml").scroll_offset.y
        assert top > 0
        fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(interval="11m"))
        fleet.tell()
        await until(pilot, lambda: len(fleet.fetched) == 2)
        await pilot.pause()
        assert pilot.app.screen.query_one("#yaml").scroll_offset.y == top


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            Forbidden(403, "Forbidden", "secrets is forbidden", "get", "kustomizations.kustomize.toolkit.fluxcd.io"),
            "cannot get kustomizations.kustomize.toolkit.fluxcd.io: secrets is forbidden (403)",
        ),
        (
            Forbidden(
                403,
                "Forbidden",
                'kustomizations is forbidden: User "ana" cannot get resource in the namespace "frontend"',
                "get",
                "kustomizations",
            ),
            'ana may not get kustomizations in the namespace "frontend"',
        ),
        (NotFound(404, "NotFound", "kustomizations apps not found", "get", "kustomizations"), "not found (404)"),
        (Unreachable("https://alpha.example:6443", "connection refused"), "connection refused"),
    ],
)
async def test_a_fetch_that_fails_says_why_where_the_yaml_would_be(fleet: World, error: Exception, told: str) -> None:
    fleet.refusals[APPS] = error
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        found = await sees(pilot, told[:60])
        assert "# the object cannot be read" in found
        assert "✖ failed for 5m" in screen(pilot)  # what is known from the list stands


async def test_the_yaml_of_before_stays_when_a_later_fetch_fails(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "path: ./")
        fleet.refusals[APPS] = Unreachable("https://alpha.example:6443", "connection refused")
        fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(path="./other"))
        fleet.tell()
        await notified(pilot, "connection refused")
        assert "path: ./" in screen(pilot)


async def test_a_page_whose_object_is_deleted_says_so_and_stays(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "path: ./")
        fleet.remove("alpha", APPS)
        fleet.tell()
        told = await sees(pilot, "it was deleted")
        assert "Kustomization frontend/apps" in told
        assert "✖ failed" not in told.splitlines()[1]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourcesScreen))
        assert "frontend" not in "\n".join(screen(pilot).splitlines()[3:])


async def test_an_object_that_comes_back_is_shown_again(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "path: ./")
        fleet.remove("alpha", APPS)
        fleet.tell()
        await sees(pilot, "it was deleted")
        fleet.put("alpha", kustomization("frontend", "apps", path="./fresh"))
        fleet.tell()
        await sees(pilot, "path: ./fresh", "● ready")


async def test_a_cluster_that_is_left_while_its_page_is_open_does_no_harm(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "path: ./")
        await fleet.fleet.remove("alpha")
        fleet.tell()
        await sees(pilot, "alpha is not watched any more")
        await pilot.press("escape")
        await sees(pilot, "no clusters")


async def test_a_slow_fetch_does_not_hold_up_keys_and_a_closed_page_forgets_it(
    fleet: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, cancelled = asyncio.Event(), asyncio.Event()

    async def slow(identity: str) -> Any:
        waiting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with running(fleet, WIDE) as pilot:
        monkeypatch.setattr(fleet.fleet.clusters["alpha"], "fetch", slow)
        await opened(pilot)
        await until(pilot, waiting.is_set)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourcesScreen))
        await until(pilot, cancelled.is_set, "the fetch to be given up")


async def test_slash_searches_the_yaml_and_n_goes_on(fleet: World) -> None:
    fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(patches=[{"patch": f"needle {n}"} for n in range(90)]))
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "apiVersion")
        document = pilot.app.screen.query_one("#yaml")
        await type_filter(pilot, "needle")
        await pilot.press("enter")
        await until(pilot, lambda: len(document.matches) == 90)  # type: ignore[attr-defined]
        first = document.line  # type: ignore[attr-defined]
        await pilot.press("n")
        assert document.line > first  # type: ignore[attr-defined]
        await pilot.press("N")
        assert document.line == first  # type: ignore[attr-defined]
        assert isinstance(pilot.app.screen, ResourceScreen)


async def test_a_search_counts_and_keeps_its_matches_when_the_object_changes(fleet: World) -> None:
    fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(patches=[{"patch": f"needle {n}"} for n in range(17)]))
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "apiVersion")
        await type_filter(pilot, "needle")
        await pilot.press("enter")
        await sees(pilot, "1 of 17", "n N next match")
        await pilot.press("n", "n")
        await sees(pilot, "3 of 17")
        fleet.edit(
            "alpha",
            APPS,
            lambda obj: obj["spec"].update(suspend=True, patches=[{"patch": f"needle {n}"} for n in range(5)]),
        )
        fleet.tell()
        await sees(pilot, " of 5")
        await type_filter(pilot, "")
        await pilot.press("ctrl+u", "enter")
        await loses(pilot, " of 5")


async def test_a_node_under_the_cursor_is_folded_and_the_path_is_still_right(fleet: World) -> None:
    fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(patches=[{"patch": f"line-{n}"} for n in range(8)]))
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "line-7")
        document = pilot.app.screen.query_one("#yaml", DocumentView)
        document.go_to(document.document.lines.index("  - patch: line-3"))
        await pilot.press("z")
        await sees(pilot, "patches: … # folded, 8 lines")
        await until(pilot, lambda: "patches: …" in document.document.lines[document.line])
        fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(interval="7m"))
        fleet.tell()
        await sees(pilot, "interval: 7m", "patches: … # folded, 8 lines")
        document.go_to(len(document.document) - 1)
        await pilot.press("p")
        await notified(pilot, ".status.conditions[0]")
        await type_filter(pilot, "line-5")
        await sees(pilot, "line-5")
        await pilot.press("enter")
        await sees(pilot, "1 of 1")
        await pilot.press("Z")
        await sees(pilot, "spec: … # folded", "status: … # folded")
        await pilot.press("Z")
        await sees(pilot, "line-7")


async def test_who_owns_which_field_stands_for_what_was_applied_on_the_servers_side(fleet: World) -> None:
    owned = {"f:spec": {"f:interval": {}, "f:path": {}}, "f:metadata": {"f:annotations": {"f:a/b": {}}}}
    entry = {"manager": "kustomize-controller", "operation": "Apply", "time": "2026-03-20T02:48:00Z"}
    fleet.edit("alpha", APPS, lambda obj: obj["metadata"].update(managedFields=[{**entry, "fieldsV1": owned}]))
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "d owners")
        await pilot.press("d")
        await sees(
            pilot, "who owns which field", "kustomize-controller  applied 24h ago", "  spec.path", "annotation a/b"
        )
        await pilot.press("d")
        await sees(pilot, "apiVersion")


async def test_a_large_object_is_written_beside_the_loop_and_painted_by_what_is_seen(
    fleet: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.edit(
        "alpha", APPS, lambda obj: obj["spec"].update(patches=[{"patch": "x" * 90, "n": n} for n in range(9000)])
    )
    threads: list[bool] = []

    def written(*args: Any, **named: Any) -> str:
        threads.append(threading.current_thread() is threading.main_thread())
        return as_yaml(*args, **named)

    monkeypatch.setattr(yaml_tab, "as_yaml", written)
    async with running(fleet, SMALL) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "apiVersion")
        document = pilot.app.screen.query_one("#yaml", DocumentView)
        await until(pilot, lambda: len(document.document) > 18_000)
        assert sum(map(len, document.document.lines)) > 1_000_000
        assert threads == [False]
        painted = Counter().on(document, "_body_spans")
        await pilot.press("pagedown", "end", "up", "z")
        await sees(pilot, "# folded, 7 lines")
        assert len(painted) <= 6 * SMALL[1], "what is not seen is not painted"
        assert threads == [False], "a fold writes nothing anew"


async def test_a_search_without_a_match_says_so(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "apiVersion")
        await type_filter(pilot, "no-such-thing")
        await sees(pilot, "'no-such-thing' is not in the YAML")


async def test_lines_of_the_yaml_are_selected_and_copied(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "apiVersion")
        await pilot.press("v", "j", "y")
        await notified(pilot, "2 lines")
        assert pilot.app.clipboard == "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization"


async def test_the_name_is_copied(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await sees(pilot, "Conditions")
        await pilot.press("c")
        await notified(pilot, "frontend/apps")
        assert pilot.app.clipboard == "frontend/apps"


async def test_the_status_is_folded_into_a_line_and_managed_fields_are_shown_on_demand(fleet: World) -> None:
    fleet.edit("alpha", APPS, lambda obj: obj["metadata"].update(managedFields=[{"manager": "flux"}]))
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "observedGeneration", "path: ./")
        assert "managedFields" not in screen(pilot).rsplit("\n", 1)[0]
        await pilot.press("f")
        await loses(pilot, "observedGeneration")
        await sees(pilot, "status: … # folded, 11 lines")
        await pilot.press("F")
        await sees(pilot, "- manager: flux")


async def test_the_path_of_a_line_is_copied(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "dependsOn")
        await type_filter(pilot, "name: base")
        await pilot.press("enter", "p")
        await notified(pilot, ".spec.dependsOn[0].name")
        assert pilot.app.clipboard == ".spec.dependsOn[0].name"


async def test_the_same_object_of_another_cluster_is_compared(fleet: World) -> None:
    other = World("", ["alpha", "beta"])
    other.put("alpha", kustomization("frontend", "apps", path="./production"))
    other.put("beta", kustomization("frontend", "apps", path="./staging"))
    async with running(other, WIDE) as pilot:
        await command(pilot, "ks cluster:alpha")
        await sees(pilot, "filter cluster:alpha")
        await pilot.press("enter", "y")
        await sees(pilot, "path: ./production", "compare (1)")
        await pilot.press("d")
        await sees(pilot, "-   path: ./staging", "+   path: ./production", "− beta")
        assert "uid" not in screen(pilot)
        await pilot.press("b")
        await sees(pilot, "│   path: ./production")
        await pilot.press("d")
        await sees(pilot, "uid-frontend-apps")  # the object alone again


async def test_what_cannot_be_compared_says_why(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "y")
        await sees(pilot, "path: ./")
        await pilot.press("d")
        await notified(pilot, "no other cluster that is watched has this object")


def test_yaml_has_the_order_that_people_read_and_no_managed_fields() -> None:
    obj = kustomization("frontend", "apps") | {"zeta": 1}
    obj["metadata"]["managedFields"] = [{"manager": "flux"}]
    text = as_yaml({key: obj[key] for key in sorted(obj, reverse=True)})
    assert [line.partition(":")[0] for line in text.splitlines() if not line.startswith((" ", "-"))] == [
        "apiVersion",
        "kind",
        "metadata",
        "zeta",
        "status",
        "spec",
    ]
    assert "managedFields" not in text


def test_yaml_keeps_text_that_is_not_latin_and_words_that_look_like_other_types() -> None:
    text = as_yaml({"kind": "X", "a": "ü中", "b": "yes", "c": "012", "d": "a\nb\n", "e": "2026-03-21"})
    assert "a: ü中" in text and "b: 'yes'" in text and "c: '012'" in text and "e: '2026-03-21'" in text


async def test_why_leads_from_the_object_to_the_root_and_on(fleet: World) -> None:
    waiting = kustomization("frontend", "shop", ready=False, dependsOn=[{"name": "apps"}])
    waiting["status"]["conditions"][0]["reason"] = "DependencyNotReady"
    fleet.put("alpha", waiting)
    async with running(fleet) as pilot:
        await command(pilot, "ks name:shop")
        await sees(pilot, "filter name:shop", "frontend")
        await pilot.press("enter", "x")
        told = await sees(pilot, "not its own fault", "depends on the root ✖ Kustomization frontend/apps")
        assert "kustomize build failed" in told
        await pilot.press("enter")  # the root
        await sees(pilot, "Kustomization frontend/apps  alpha")
        await pilot.press("x")
        await sees(pilot, "it is a root cause", "1 object waits behind it", "◌ Kustomization frontend/shop")


async def test_why_of_what_is_ready_tells_what_would_stop(fleet: World) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "ks name:base")
        await sees(pilot, "filter name:base", "flux-system")
        await pilot.press("enter", "x")
        await sees(pilot, "nothing needs explaining", "1 object would stop if it failed  of frontend")


async def test_the_headline_and_where_one_edits_it_in_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    async with running(World("incident"), WIDE) as pilot:
        await sees(pilot, "root causes explain")
        await pilot.press("enter")
        await sees(pilot, "at 1.20.0 · from oci cert-manager-chart · by ks infra-controllers")
        await type_filter(pilot, "edit")
        await sees(pilot, "edit it", "git https://github.com/acme/d2-infra  path ./controllers", "in the artifact")
        await pilot.press("escape")
        await command(pilot, "open prod-eu-1/ks/cert-manager/infra-controllers")
        await sees(pilot, "Kustomization cert-manager/infra-controllers", "from oci infra · by rset flux-system/infra")
        await sees(pilot, "edit content", "edit itself", "through ResourceSet")
        await pilot.press("Y")
        await sees(pilot, "where to edit it")
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.clipboard.startswith("https://github.com/acme/d2-infra path ./"))
        assert " at " in pilot.app.clipboard
