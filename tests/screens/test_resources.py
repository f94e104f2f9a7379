"""Lists: any kind, all clusters; sorted, filtered, marked, and steady while the fleet changes under them."""

import pytest
from textual.pilot import Pilot

from fluxtui.kinds.table import KINDS
from fluxtui.screens.reasons import SHORT_REASONS
from fluxtui.screens.resource import ResourceScreen
from fluxtui.screens.resources import ResourcesScreen
from fluxtui.screens.rows import table_columns
from fluxtui.widgets.factsheet import FactSheet
from fluxtui.widgets.virtual_table import VirtualTable

from .world import (
    SMALL,
    WIDE,
    World,
    command,
    kustomization,
    lines,
    loses,
    notified,
    running,
    screen,
    sees,
    type_filter,
    until,
)

FAILING = 12
TOTAL = 340


@pytest.fixture
def fleet() -> World:
    """Two clusters with 340 Kustomizations, 12 of which fail."""
    world = World("", ["alpha", "beta"])
    for number in range(TOTAL):
        cluster = "alpha" if number % 2 else "beta"
        namespace = ("frontend", "backend", "platform")[number % 3]
        world.put(cluster, kustomization(namespace, f"app-{number:03}", ready=number >= FAILING))
    return world


def table(pilot: Pilot[None]) -> VirtualTable:
    return pilot.app.screen.query_one("#table", VirtualTable)


def names(pilot: Pilot[None]) -> list[str]:
    """The names in the list, in its order."""
    source = table(pilot).source
    return [str(source.key(index)[1]).rpartition("/")[2] for index in range(len(source))]  # type: ignore[index]


def title(pilot: Pilot[None]) -> str:
    return lines(pilot)[1]


async def opened(pilot: Pilot[None]) -> None:
    """The list is there, complete."""
    await pilot.press("4")
    await until(pilot, lambda: isinstance(pilot.app.screen, ResourcesScreen))
    await sees(pilot, "Kustomizations 340")


# --- what is listed


async def test_what_is_not_well_stands_first(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        assert sorted(names(pilot)[:FAILING]) == [f"app-{number:03}" for number in range(FAILING)]
        assert f"✖ {FAILING}" in title(pilot)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_row_says_status_name_age_and_reason(fleet: World, size: tuple[int, int]) -> None:
    async with running(fleet, size) as pilot:
        await opened(pilot)
        row = next(line for line in lines(pilot) if line.startswith("▌"))
        for word in ("✖", "failed", "alpha", "backend", "app-001", "5m"):
            assert word in row, word


async def test_every_kind_has_a_list_that_counts_what_there_is() -> None:
    world = World("incident")
    async with running(world, WIDE) as pilot:
        for kind in KINDS.values():
            await command(pilot, f"resources {kind.plural}")
            told = await sees(pilot, f" {kind.title} ")
            count = sum(len(table.rows) for table in world.fleet.store.tables(kind.name))
            if count:
                assert f" {kind.title} {count} " in told
            else:
                assert f"no {kind.title}" in told


async def test_the_cluster_has_no_column_where_there_is_but_one() -> None:
    world = World("incident", ["staging-1"])
    async with running(world, WIDE) as pilot:
        await command(pilot, "ks")
        await sees(pilot, "Kustomizations")
        assert "CLUSTER" not in screen(pilot)


# --- filters


async def test_a_filter_acts_while_it_is_typed_and_counts_what_it_leaves(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, "status:failed")
        await sees(pilot, "12 of 340", "hides 328")
        assert len(names(pilot)) == FAILING
        await pilot.press("enter")
        await sees(pilot, "12 of 340")
        assert not pilot.app.screen.query_one("#line").display


async def test_escape_in_the_line_brings_back_the_filter_of_before(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, "status:failed")
        await pilot.press("enter")
        await type_filter(pilot, " xyz")
        await sees(pilot, "0 of 340")
        await pilot.press("escape")
        await sees(pilot, "12 of 340")


async def test_escape_on_the_list_clears_the_filter(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, "status:failed")
        await pilot.press("enter")
        await sees(pilot, "12 of 340")
        await pilot.press("escape")
        await sees(pilot, "Kustomizations 340")


@pytest.mark.parametrize(("text", "told"), [("status:purple", "purple"), ("age:<soon", "soon"), ("wat:x", "wat")])
async def test_a_filter_that_is_wrong_says_why_and_leaves_the_list_as_it_was(
    fleet: World, text: str, told: str
) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, "status:failed")
        await pilot.press("enter")
        await sees(pilot, "12 of 340")
        before = names(pilot)
        await type_filter(pilot, f" {text}")
        note = await sees(pilot, f" / status:failed {text}", told)
        assert told in note.splitlines()[-1]
        await pilot.press("enter")
        await sees(pilot, " ✖ ")
        assert told in " ".join(lines(pilot)[-4:-1]) and " / status:failed" in lines(pilot)[-1]
        await pilot.press("escape")
        await pilot.pause()
        assert names(pilot) == before


async def test_a_filter_that_hides_everything_says_so_and_how_to_go_on(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, "ns:nowhere")
        told = await sees(pilot, "no Kustomizations match", "hides all 340")
        assert "esc" in told
        await pilot.press("escape")
        await sees(pilot, "Kustomizations 340", "app-000")


async def test_the_filter_holds_for_what_comes_later(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, "status:failed")
        await pilot.press("enter")
        await sees(pilot, "12 of 340")
        fleet.put("alpha", kustomization("frontend", "new-good"), kustomization("frontend", "new-bad", ready=False))
        fleet.tell()
        await sees(pilot, "13 of 342")
        assert "new-bad" in names(pilot) and "new-good" not in names(pilot)


def namespace(name: str, **labels: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


async def test_a_filter_for_a_tenant_follows_the_labels_of_namespaces(fleet: World) -> None:
    tenant = "toolkit.fluxcd.io/tenant"
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, "tenant:team-a")
        await pilot.press("enter")
        await sees(pilot, "0 of 340")
        fleet.put("alpha", namespace("frontend", **{tenant: "team-a"}))
        fleet.tell()
        await sees(pilot, "57 of 340")
        fleet.put("beta", namespace("backend", **{tenant: "team-a"}))
        fleet.tell()
        await sees(pilot, "113 of 340")
        fleet.put("alpha", namespace("frontend"))
        fleet.tell()
        await sees(pilot, "56 of 340")


async def test_faults_only_and_everything_again_with_one_key(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("f")
        await sees(pilot, "12 of 340")
        await pilot.press("f")
        await sees(pilot, "Kustomizations 340")


async def test_faults_only_narrows_a_filter_and_takes_away_its_own_part_alone(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, 'ns:frontend "app-003"')
        await pilot.press("enter")
        await sees(pilot, "1 of 340")
        await type_filter(pilot, "")
        await pilot.press("ctrl+u", *"ns:frontend", "enter")
        await sees(pilot, "114 of 340")
        await pilot.press("f")
        await sees(pilot, "4 of 340")
        await pilot.press("f")
        await sees(pilot, "114 of 340", "filter ns:frontend hides")


async def test_a_filter_survives_a_visit_elsewhere(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, "status:failed")
        await pilot.press("enter", "1", "4")
        await sees(pilot, "12 of 340")


async def test_enter_in_the_line_gives_the_keys_back_to_the_list(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await type_filter(pilot, "status:failed")
        await pilot.press("enter", "j")
        assert table(pilot).cursor_index == 1


# --- order


async def test_name_age_and_status_have_keys(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("N")
        assert names(pilot) == sorted(names(pilot))
        await pilot.press("N")
        assert names(pilot) == sorted(names(pilot), reverse=True)
        await pilot.press("A")
        assert table(pilot).sort == ("since", False)
        rows = [fleet.fleet.store.row(*table(pilot).source.key(index)) for index in range(TOTAL)]  # type: ignore[misc]
        since = [row.since or row.record.created for row in rows if row is not None]
        assert since == sorted(since, reverse=True)  # the youngest first
        await pilot.press("S")
        assert names(pilot)[0].startswith("app-0")
        assert "STATUS▲" in screen(pilot)


async def test_less_and_greater_go_through_the_columns(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        seen = [table(pilot).sort[0]]  # type: ignore[index]
        for _ in table(pilot).columns:
            await pilot.press("greater_than_sign")
            seen.append(table(pilot).sort[0])  # type: ignore[index]
        assert seen[0] == seen[-1] == "status"
        assert seen[:-1] == [column.id for column in table(pilot).columns]
        await pilot.press("less_than_sign")
        assert table(pilot).sort == (table(pilot).columns[-1].id, False)


async def test_a_click_on_a_title_sorts_by_it_and_a_second_turns_the_order(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        header = next(y for y, line in enumerate(lines(pilot)) if "NAMESPACE" in line)
        at = (lines(pilot)[header].index(" NAME ") + 2, header - table(pilot).region.y)
        await pilot.click("#table", offset=at)
        await sees(pilot, "NAME▲")
        assert names(pilot) == sorted(names(pilot))
        await pilot.click("#table", offset=at)
        await sees(pilot, "NAME▼")
        assert names(pilot) == sorted(names(pilot), reverse=True)


async def test_sorting_keeps_the_cursor_on_its_object(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("j", "j", "j")
        held = table(pilot).cursor_key
        await pilot.press("N", "N")
        assert table(pilot).cursor_key == held
        assert str(held[1]).rpartition("/")[2] in screen(pilot)  # type: ignore[index]


async def test_every_object_stays_in_its_place_by_the_order_while_it_changes(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("S")
        await pilot.press("S")
        fleet.put("alpha", kustomization("frontend", "late", ready=False))
        fleet.put("beta", kustomization("backend", "app-300", ready=False))
        fleet.tell()
        await until(pilot, lambda: "late" in names(pilot))
        statuses = [fleet.fleet.store.row(*table(pilot).source.key(index)).status for index in range(TOTAL)]  # type: ignore
        assert statuses == sorted(statuses)


# --- cursor and marks


async def test_the_cursor_stays_on_its_object_when_rows_come_and_go_above(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("N", *["j"] * 3)
        held = table(pilot).cursor_key
        assert "app-003" in str(held)
        fleet.put("alpha", *(kustomization("frontend", f"aaa-{number}") for number in range(5)))
        fleet.remove("beta", "Kustomization/frontend/app-000")
        fleet.tell()
        await sees(pilot, "Kustomizations 344")
        assert table(pilot).cursor_key == held
        assert table(pilot).cursor_index == 7


async def test_the_cursor_goes_to_a_neighbour_when_its_object_is_deleted(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("N", *["j"] * 3)
        fleet.remove("alpha", "Kustomization/frontend/app-003")
        fleet.tell()
        await sees(pilot, "Kustomizations 339")
        assert "app-004" in str(table(pilot).cursor_key)


async def test_enter_opens_the_object_under_the_cursor_whatever_moved(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("N", "j", "j")
        fleet.put("alpha", kustomization("frontend", "aaa"))
        fleet.tell()
        await sees(pilot, "Kustomizations 341")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        await sees(pilot, "Kustomization platform/app-002  beta")


async def test_marks_survive_order_filter_and_relists(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("N", "space", "space", "space")
        await sees(pilot, "3 marked")
        marks = table(pilot).marks
        assert {str(key[1]).rpartition("/")[2] for key in marks} == {"app-000", "app-001", "app-002"}  # type: ignore[index]
        await pilot.press("S", "A")
        for cluster in fleet.fleet.clusters.values():
            cluster.load()  # type: ignore[attr-defined]
        fleet.put("alpha", kustomization("frontend", "aaa"))
        fleet.tell()
        await sees(pilot, "Kustomizations 341", "3 marked")
        assert table(pilot).marks == marks
        await pilot.press("N", "g")
        assert sum("◆" in line for line in lines(pilot)) == 3


async def test_an_object_that_is_gone_is_not_marked_any_more(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("N", "space", "space")
        await sees(pilot, "2 marked")
        fleet.remove("beta", "Kustomization/frontend/app-000")
        fleet.tell()
        await sees(pilot, "1 marked")
        # one of the same name is another object
        fleet.put("beta", kustomization("frontend", "app-000"))
        fleet.tell()
        await sees(pilot, "Kustomizations 340")
        assert {key[1] for key in table(pilot).marks} == {"Kustomization/backend/app-001"}  # type: ignore[index]


async def test_another_kind_begins_at_its_top_with_nothing_marked(fleet: World) -> None:
    for number in range(30):
        obj = kustomization("frontend", f"repo-{number:02}")
        obj["kind"], obj["apiVersion"] = "OCIRepository", "source.toolkit.fluxcd.io/v1"
        fleet.put("alpha", obj)
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("N", "space", "G")
        await command(pilot, "ocirepo")
        await sees(pilot, "OCIRepositories 30")
        assert table(pilot).cursor_index == 0
        assert table(pilot).marks == frozenset()
        await loses(pilot, "marked")


# --- room


async def test_details_stand_beside_the_list_where_there_is_room(fleet: World) -> None:
    async with running(fleet, SMALL) as pilot:
        await opened(pilot)
        details = pilot.app.screen.query_one("#details", FactSheet)
        assert not details.display
        await pilot.resize_terminal(*WIDE)
        await sees(pilot, "Ready=False")
        assert details.display
        await pilot.press("N", "j")
        await sees(pilot, "Kustomization backend/app-001")
        await pilot.resize_terminal(*SMALL)
        await loses(pilot, "Ready=False")
        assert not details.display
        assert table(pilot).cursor_index == 1


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (160, 48), (220, 50), (40, 10)])
async def test_no_line_is_wider_than_the_terminal(fleet: World, size: tuple[int, int]) -> None:
    async with running(fleet, size) as pilot:
        await pilot.press("4")
        await sees(pilot, "Kustomizations")
        assert len(lines(pilot)) == size[1]
        assert {len(line) for line in lines(pilot)} == {size[0]}


async def test_the_details_follow_their_object(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot)
        await pilot.press("N")
        await sees(pilot, "kustomize build failed")
        fleet.put("beta", kustomization("frontend", "app-000", ready=False, message="disk full"))
        fleet.tell()
        await sees(pilot, "disk full")


async def test_the_name_is_copied(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot)
        await pilot.press("N", "c")
        await sees(pilot, "copied")
        assert pilot.app.clipboard == "frontend/app-000"


async def test_the_names_of_all_marked_are_copied_one_per_line(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot)
        await pilot.press("N", "j", "space", "space", "up", "up", "up", "space")
        await sees(pilot, "3 marked")
        await pilot.press("c")
        await notified(pilot, "3 names")
        assert pilot.app.clipboard == "frontend/app-000\nbackend/app-001\nplatform/app-002"


async def test_reasons_read_whole_on_a_small_terminal() -> None:
    world = World("incident")
    async with running(world, SMALL, command="ks") as pilot:
        told = await sees(pilot, "Kustomizations", "◌ blocked", "DependencyNotReady", "HealthCheckFailed")
        assert not [line for line in told.splitlines()[3:-1] if line.rstrip().endswith("…")]
        await command(pilot, "rset status:ready")
        await sees(pilot, "ResourceSets", "reconciled")  # ReconciliationSucceeded takes 23 cells
        await pilot.resize_terminal(220, 50)
        await sees(pilot, "ReconciliationSucceeded")


def test_reasons_in_short_fit_the_smallest_column() -> None:
    least = next(column for column in table_columns(KINDS["Kustomization"], clusters=True) if column.id == "reason").min
    assert not [short for short in SHORT_REASONS.values() if len(short) > least]
