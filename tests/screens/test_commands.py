"""The `:` line: names as people know them, answers to what nobody can carry out."""

import pytest
from textual.pilot import Pilot

from fluxtui.kinds.served import whole
from fluxtui.kinds.table import KINDS
from fluxtui.screens.commands import CommandError, Go, Narrow, parse
from fluxtui.screens.contexts import ContextsScreen
from fluxtui.screens.finding import look_around
from fluxtui.screens.triage import TriageScreen
from fluxtui.store.state import Phase
from fluxtui.widgets.commandline import CommandLine
from fluxtui.widgets.virtual_table import VirtualTable

from .world import SMALL, WIDE, World, burst, command, lines, loses, notified, running, screen, sees, until

ALL = "all clusters"


@pytest.fixture
def incident() -> World:
    return World("incident")


def line(pilot: Pilot[None]) -> CommandLine:
    return pilot.app.screen.query_one("#line", CommandLine)


async def refused(pilot: Pilot[None], *texts: str) -> str:
    """Wait until all texts stand above the open command line; returns the screen, a space for every gap."""
    await until(pilot, lambda: line(pilot).is_open and all(text in said(pilot) for text in texts), " and ".join(texts))
    return said(pilot)


def said(pilot: Pilot[None]) -> str:
    return " ".join(screen(pilot).split())


# --- words


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_name_of_a_kind_lists_it(kind: str) -> None:
    found = KINDS[kind]
    for word in {found.name, found.name.lower(), found.plural, *found.short, found.plural.upper()}:
        if word.lower() in {"ns", "namespace", "namespaces"}:
            continue  # these narrow the view; without a name they list
        some = not whole(kind) and kind != "Event"  # only Flux's own are watched: their list is of all that is served
        screen, name = ("kinds", found.plural) if some else ("resources", kind)
        assert parse(word) == Go(screen, name, ""), word
        assert parse(f":{word} status:failed") == Go(screen, name, "status:failed")


def test_ns_alone_lists_namespaces_and_with_a_name_narrows_to_it() -> None:
    assert parse("ns") == Go("resources", "Namespace", "")
    assert parse("ns frontend") == Narrow("frontend")
    assert parse("ns all") == Narrow("")


@pytest.mark.parametrize(
    ("typo", "meant"), [("kustomisations", "kustomizations"), ("triag", "triage"), ("helmrelaese", "helmrelease")]
)
def test_what_is_nearly_a_command_names_it(typo: str, meant: str) -> None:
    with pytest.raises(CommandError, match=meant):
        parse(typo)


async def test_an_unknown_command_says_so_with_near_names_and_changes_nothing(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await look_around(pilot.app.desk)  # type: ignore[attr-defined]
        await command(pilot, "kustomisations")
        await refused(pilot, "'kustomisations' is neither a command nor a kind", "kustomizations")
        assert isinstance(pilot.app.screen, TriageScreen)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_what_is_wrong_stands_above_the_open_line_until_the_next_key(
    incident: World, size: tuple[int, int]
) -> None:
    async with running(incident, size) as pilot:
        await until(pilot, lambda: "connecting" not in screen(pilot))
        before = screen(pilot).splitlines()
        await look_around(pilot.app.desk)  # type: ignore[attr-defined]
        await command(pilot, "kusx")
        await refused(pilot, "'kusx' is neither")
        assert lines(pilot)[-1].startswith(" : kusx")
        assert screen(pilot).splitlines()[: -1 - 3] == before[: -1 - 3]  # three lines at most are covered
        await pilot.press("backspace")
        await loses(pilot, "neither a command")
        assert line(pilot).text == "kus" and "kustomizations" in line(pilot).completions  # they have their place again
        await pilot.press("tab", "enter")
        await sees(pilot, "Kustomizations")
        assert not pilot.app._notifications


async def test_escape_leaves_what_was_refused(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await look_around(pilot.app.desk)  # type: ignore[attr-defined]
        await command(pilot, "nope")
        await refused(pilot, "'nope' is neither")
        await pilot.press("escape")
        await loses(pilot, "'nope' is neither")
        assert not line(pilot).is_open
        await pilot.press("colon", "up")
        assert line(pilot).text == ""  # what was refused is not worth remembering


async def test_keys_that_come_in_one_burst_take_their_turns(incident: World) -> None:
    async with running(incident) as pilot:
        await burst(pilot, ":", *"ks", "enter")
        await sees(pilot, " Kustomizations ")
        await burst(pilot, "/", *"kind:ks", "enter", "N", "j", "j")
        told = await sees(pilot, "filter kind:ks", "NAME▲")
        assert pilot.app.screen.query_one("#table", VirtualTable).cursor_index == 2
        assert "kind:ksN" not in told


# --- lists


async def test_a_short_name_lists_and_a_filter_may_follow(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await command(pilot, "ks")
        await sees(pilot, " Kustomizations ")
        await command(pilot, "hr ns:frontend")
        await sees(pilot, " HelmReleases ", "filter ns:frontend")
        await command(pilot, "ks")
        told = await sees(pilot, " Kustomizations ")
        assert "filter ns:frontend" not in told  # a command is whole: it brings no filter along


async def test_a_filter_that_is_wrong_after_a_kind_is_told_and_hides_nothing(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, "cert-manager")
        await command(pilot, "ks bogus:x")
        await refused(pilot, "there is no field 'bogus'")
        assert isinstance(pilot.app.screen, TriageScreen)


async def test_resources_may_name_a_kind(incident: World) -> None:
    async with running(incident) as pilot:
        await command(pilot, "resources ocirepo")
        await sees(pilot, " OCIRepositories ")
        await command(pilot, "resources widgets")
        await refused(pilot, "'widgets' is not a kind that is watched")


async def test_a_command_from_a_page_leaves_the_page(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await command(pilot, "hr")
        await sees(pilot, " HelmReleases ")
        assert len(pilot.app.screen_stack) == 1


async def test_the_program_may_start_with_a_command(incident: World) -> None:
    async with running(incident, command="hr ns:cert-manager") as pilot:
        await sees(pilot, " HelmReleases ", "filter ns:cert-manager", " of ")


async def test_a_start_command_that_is_wrong_leaves_the_first_screen_and_says_so(incident: World) -> None:
    async with running(incident, command="kss") as pilot:
        await refused(pilot, "neither a command nor a kind")
        assert isinstance(pilot.app.screen, TriageScreen)


# --- scope


async def test_a_namespace_narrows_every_list_and_zero_widens_it(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await command(pilot, "ks")
        await sees(pilot, ALL)
        await command(pilot, "ns frontend")
        told = await sees(pilot, "ns frontend")
        rows = [row for line_ in told.splitlines()[3:] if (row := line_[:70]).strip() and "ready" in row]
        assert rows and all("frontend" in row for row in rows)
        await command(pilot, "hr")
        await sees(pilot, " HelmReleases ", "ns frontend")
        await pilot.press("0")
        await loses(pilot, "ns frontend")


async def test_a_namespace_that_does_not_exist_is_refused_with_those_that_are_close() -> None:
    world = World(
        "incident", ["staging-1", "prod-eu-1", "prod-us-1"]
    )  # the last is unreachable: it shows nothing anyway
    async with running(world) as pilot:
        await sees(pilot, "cert-manager")
        await command(pilot, "ns frontent")
        await refused(pilot, "there is no namespace 'frontent' in staging-1, prod-eu-1 and 1 more: try frontend")
        assert not pilot.app.desk.namespace  # type: ignore[attr-defined]
        await pilot.press("backspace", "d", "enter")
        await until(pilot, lambda: pilot.app.desk.namespace == "frontend")  # type: ignore[attr-defined]
        await command(pilot, "ns all")
        await until(pilot, lambda: not pilot.app.desk.namespace)  # type: ignore[attr-defined]


async def test_a_namespace_is_taken_with_a_warning_where_no_cluster_answers() -> None:
    world = World("incident", ["prod-us-1"])
    async with running(world) as pilot:
        await sees(pilot, "unreachable")
        await command(pilot, "ns anything")
        await notified(pilot, "nobody knows namespace 'anything'", "not told by prod-us-1 (unreachable)")
        assert pilot.app.desk.namespace == "anything"  # type: ignore[attr-defined]


@pytest.mark.parametrize("phase", [Phase.FORBIDDEN, Phase.LOADING])
async def test_a_namespace_is_taken_with_a_warning_where_not_every_cluster_tells_its_own(phase: Phase) -> None:
    world = World("incident", ["staging-1", "prod-eu-1"])
    world.phase("prod-eu-1", phase, kinds=["Namespace"], contact=0)
    async with running(world) as pilot:
        await sees(pilot, "cert-manager")
        await command(pilot, "ns frontend")
        await until(pilot, lambda: pilot.app.desk.namespace == "frontend")  # type: ignore[attr-defined]
        assert not pilot.app._notifications
        await command(pilot, "ns frontent")
        await notified(pilot, "nobody knows namespace 'frontent' (close: frontend)", f"not told by prod-eu-1 ({phase})")
        assert pilot.app.desk.namespace == "frontent"  # type: ignore[attr-defined]


async def test_a_context_or_a_glob_narrows_to_clusters(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await command(pilot, "ks")
        await command(pilot, "ctx prod-eu-1")
        told = await sees(pilot, "showing prod-eu-1 alone")
        assert "staging-1" not in told
        await command(pilot, "ctx prod-*")
        told = await sees(pilot, "prod-eu-1, prod-us-1 ")
        assert "staging-1" not in told.replace("staging-1 alone", "")
        await pilot.press("0")
        await sees(pilot, ALL, "staging-1")


async def test_a_context_leaves_and_joins_while_running(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await command(pilot, "ks")
        await sees(pilot, "staging-1")
        await command(pilot, "ctx -staging-1")
        await sees(pilot, "left staging-1")
        incident.tell()
        assert "staging-1" not in incident.fleet.clusters
        await until(pilot, lambda: screen(pilot).count("staging-1") == 1, "its rows to go")  # the word in the toast
        await command(pilot, "ctx +staging-1")
        await sees(pilot, "watching staging-1")
        incident.tell()
        await until(pilot, lambda: screen(pilot).count(" staging-1 ") > 5, "its rows to come")
        assert incident.fleet.store.table("staging-1", "Kustomization").rows


async def test_a_context_that_does_not_exist_is_told(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await command(pilot, "ctx nowhere")
        await refused(pilot, "no context matches 'nowhere': there are staging-1, prod-eu-1, prod-us-1 and")
        await pilot.press("escape")
        await command(pilot, "ctx -nowhere")
        await refused(pilot, "no watched context matches 'nowhere'")
        assert not pilot.app.desk.scope  # type: ignore[attr-defined]


async def test_ctx_alone_lists_the_contexts(incident: World) -> None:
    incident.watched = ["staging-1", "prod-us-1"]
    async with running(incident, WIDE) as pilot:
        await command(pilot, "ctx")
        await until(pilot, lambda: isinstance(pilot.app.screen, ContextsScreen))
        told = await sees(pilot, "2 of 5 watched", "not watched", "unreachable", "connection refused", "v1.36.3")
        assert [name for name in incident.objects if name not in told] == []
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TriageScreen))


async def test_space_on_a_context_watches_it_and_enter_narrows_to_it(incident: World) -> None:
    incident.watched = ["staging-1"]
    async with running(incident, WIDE) as pilot:
        await command(pilot, "ctx")
        await sees(pilot, "1 of 5 watched")
        await pilot.press("j", "space")
        await sees(pilot, "2 of 5 watched")
        assert list(incident.fleet.clusters) == ["staging-1", "prod-eu-1"]
        await pilot.press("space")
        await sees(pilot, "1 of 5 watched")
        assert list(incident.fleet.clusters) == ["staging-1"]
        await pilot.press("space", "enter")
        await sees(pilot, "showing prod-eu-1 alone")
        assert isinstance(pilot.app.screen, TriageScreen)


async def test_retry_tries_every_cluster_and_r_the_one_under_the_cursor(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await command(pilot, "retry")
        await until(pilot, lambda: incident.fleet.retried == [None])
        await command(pilot, "ctx")
        await sees(pilot, "5 of 5 watched")
        await pilot.press("j", "r")
        selected = next(line for line in lines(pilot) if line.startswith("▌")).split()
        assert len(incident.fleet.retried) == 2 and incident.fleet.retried[1] in selected


# --- completion and history


async def test_tab_completes_commands_kinds_and_names(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await burst(pilot, ":", *"kusto")
        assert "kustomizations" in line(pilot).completions
        await pilot.press("tab", "enter")
        await sees(pilot, " Kustomizations ")
        await burst(pilot, ":", *"ctx prod-e")
        assert list(line(pilot).completions) == ["ctx prod-eu-1"]
        await pilot.press("escape")
        await burst(pilot, ":", *"ns front")
        assert list(line(pilot).completions) == ["ns frontend"]


async def test_up_brings_back_the_last_command(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await command(pilot, "ocirepo")
        await sees(pilot, " OCIRepositories ")
        await pilot.press("colon", "up")
        assert line(pilot).text == "ocirepo"


async def test_quit_quits(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await command(pilot, "q")
        await until(pilot, lambda: not pilot.app.is_running)
    assert pilot.app.return_code == 0


async def test_a_filter_typed_right_after_a_command_is_kept(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "ks")
        await sees(pilot, " Kustomizations ")
        await burst(pilot, *":ks", "enter", *"/ns:platform", "enter")
        await sees(pilot, "filter ns:platform")


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_command_and_what_follows_it_may_be_pasted_at_once(incident: World, size: tuple[int, int]) -> None:
    async with running(incident, size) as pilot:
        await sees(pilot, "cert-manager")
        await burst(pilot, *":ks", "enter", *"/ns:platform", "enter", "N", "j", "j")  # a screen that is not there yet
        told = await sees(pilot, " Kustomizations ", "filter ns:platform", "NAME▲")
        assert pilot.app.screen.query_one("#table", VirtualTable).cursor_index == 2
        assert "NAME▲" in told and not pilot.app.desk.filters.get("triage")  # type: ignore[attr-defined]


async def test_keys_after_a_command_that_opens_a_page_are_for_the_page(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await burst(pilot, *":ctx", "enter", "j", "r")
        await until(pilot, lambda: len(incident.fleet.retried) == 1)
        assert incident.fleet.retried[0] in next(line for line in lines(pilot) if line.startswith("▌")).split()
