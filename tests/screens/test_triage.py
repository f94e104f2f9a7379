"""Triage: cause, evidence and blast radius are on the first screen, before any key is pressed."""

from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.screens.resource import ResourceScreen
from fluxtui.screens.triage import TriageScreen
from fluxtui.store.state import Phase
from fluxtui.widgets.virtual_table import VirtualTable

from .world import SMALL, WIDE, World, command, kustomization, lines, loses, running, screen, sees, type_filter, until

CERT_MANAGER = "HelmRelease cert-manager/cert-manager"


@pytest.fixture
def incident() -> World:
    return World("incident")


def causes(pilot: Pilot[None]) -> VirtualTable:
    return pilot.app.screen.query_one("#causes", VirtualTable)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_reader_finds_cause_evidence_and_blast_radius_without_a_key(
    incident: World, size: tuple[int, int]
) -> None:
    async with running(incident, size) as pilot:
        told = await sees(pilot, CERT_MANAGER, "waits behind", "5 root causes")
        first = next(line for line in told.splitlines() if line.startswith("▌"))
        waiting = causes(pilot).source.cause(causes(pilot).cursor_key).blocked  # type: ignore[attr-defined]
        assert len(waiting) > 30
        for word in (str(len(waiting)), "✖", CERT_MANAGER, "prod-eu-1", "13m", "UpgradeFailed"):
            assert word in first
        assert "timeout waiting for" in told and "cert-manager-webhook" in told  # the condition's message
        assert "1.19.0 → 1.20.0" in told  # the last change before it
        assert f"{len(waiting)} objects" in told and "backend, frontend" in told  # what waits behind it
        assert "staging-1 ready 1.20.0" in told  # the same elsewhere
        assert "4 of 5" in told and "prod-us-1 unreachable for 2m" in " ".join(told.split())  # coverage


async def test_causes_stand_in_the_order_of_their_impact(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        told = await sees(pilot, CERT_MANAGER, "backend/apps", "platform/umbrella")
        assert told.index(CERT_MANAGER) < told.index("OCIRepository backend/apps") < told.index("platform/umbrella")
        assert "by anna" in told


async def test_the_evidence_is_that_of_the_cause_under_the_cursor(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, "timeout waiting for")
        await pilot.press("down")
        told = await sees(pilot, "no matching signatures")
        assert "── OCIRepository backend/apps · staging-1" in told
        assert "timeout waiting for" not in told


async def test_the_cursor_stays_on_its_cause_while_reports_come(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, CERT_MANAGER)
        await pilot.press("down")
        await sees(pilot, "── OCIRepository backend/apps")
        held = causes(pilot).cursor_key
        # a cause that is worse than all others comes in above
        base = kustomization("flux-system", "base", ready=False)
        needs = [{"name": "base", "namespace": "flux-system"}]
        behind = [kustomization("team", f"app-{number}", ready=False, dependsOn=needs) for number in range(60)]
        for obj in behind:
            condition = obj["status"]["conditions"][0]
            condition["reason"], condition["message"] = (
                "DependencyNotReady",
                "dependency 'flux-system/base' is not ready",
            )
        incident.put("update-1", base, *behind)
        incident.tell()
        await sees(pilot, "Kustomization flux-system/base")
        assert causes(pilot).cursor_key == held
        assert causes(pilot).cursor_index == 2
        assert "── OCIRepository backend/apps" in screen(pilot)


async def test_a_cause_that_is_healed_leaves_and_the_verdict_follows(incident: World) -> None:
    def heal(obj: dict[str, Any]) -> None:
        obj["status"]["conditions"] = kustomization("x", "y")["status"]["conditions"]
        obj["status"].pop("history", None)

    async with running(incident, WIDE) as pilot:
        await sees(pilot, "5 root causes")
        incident.edit("staging-1", "OCIRepository/backend/apps", heal)
        incident.tell()
        await sees(pilot, "4 root causes")
        await loses(pilot, "OCIRepository backend/apps")


async def test_enter_opens_the_page_of_the_cause_and_escape_returns_to_it(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, CERT_MANAGER)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        await sees(pilot, "OCIRepository backend/apps  staging-1")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TriageScreen))
        assert "── OCIRepository backend/apps" in await sees(pilot, CERT_MANAGER)
        assert causes(pilot).has_focus


async def test_a_filter_leaves_the_causes_one_of_whose_objects_passes(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, CERT_MANAGER)
        await type_filter(pilot, "cluster:staging-1")
        told = await sees(pilot, "4 hidden by filter")
        assert "OCIRepository backend/apps" in told and CERT_MANAGER not in told
        await pilot.press("enter", "escape")
        await sees(pilot, CERT_MANAGER)
        await loses(pilot, "hidden by filter")


async def test_a_filter_that_hides_every_cause_says_so_instead_of_looking_healthy(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, CERT_MANAGER)
        await type_filter(pilot, "name:nothing-like-this")
        told = await sees(pilot, "no root cause matches")
        assert "nothing is wrong" not in told
        assert "5 root causes" in told  # the verdict is still the fleet's


async def test_the_scope_narrows_the_causes_and_zero_widens_it_again(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, CERT_MANAGER)
        await command(pilot, "ctx staging-1")
        await loses(pilot, CERT_MANAGER)
        assert "4 hidden by filter or scope" in screen(pilot)
        await pilot.press("0")
        await sees(pilot, CERT_MANAGER, "5 root causes")
        await loses(pilot, "hidden by filter")


async def test_ages_are_those_of_now_and_no_batch_is_needed_for_that(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, "for 13m")
        incident.pass_time(600)
        pilot.app.screen.tick()
        await sees(pilot, "for 23m")
        assert "13m" not in next(line for line in lines(pilot) if line.startswith("▌"))


async def test_the_number_of_the_tab_brings_triage_back(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, CERT_MANAGER)
        await pilot.press("4")
        await sees(pilot, "Kustomizations")
        await pilot.press("1")
        await sees(pilot, CERT_MANAGER, "waits behind")


async def test_a_resize_is_answered_at_once_by_every_line(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        await sees(pilot, CERT_MANAGER, "prod-us-1 ⊘ 2m")
        pilot.app.workers.cancel_node(pilot.app.screen)  # no report comes to the rescue
        await pilot.resize_terminal(*WIDE)
        told = await sees(pilot, "TENANTS", "prod-us-1 ⊘ unreachable 2m")
        rule = next(line for line in told.splitlines() if line.startswith("── "))
        assert rule == rule.rstrip() and "…" not in rule


async def test_the_last_line_offers_only_what_can_be_done(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, CERT_MANAGER)
        assert "open" in lines(pilot)[-1] and "evidence alone" in lines(pilot)[-1]
        await type_filter(pilot, "name:nothing-like-this")
        await pilot.press("enter")
        await sees(pilot, "no root cause matches")
        last = lines(pilot)[-1]
        assert "filter" in last and not [word for word in ("open", "evidence", "copy") if word in last]


async def test_the_evidence_alone_ends_with_the_last_cause(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, CERT_MANAGER)
        await pilot.press("z")
        await loses(pilot, "root causes")
        await type_filter(pilot, "name:nothing-like-this")
        told = await sees(pilot, "no root cause matches", "root causes")
        assert "4 of 5" in told


# --- what moves, and what fits


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_list_stays_where_it_is_when_a_cluster_is_lost(size: tuple[int, int]) -> None:
    world = World("", ["alpha", "beta"])
    world.put("alpha", kustomization("team", "app", ready=False))
    async with running(world, size) as pilot:
        await sees(pilot, "1 root cause explains 1 of 1 failing objects · 2 of 2 clusters fresh")
        before = causes(pilot).region
        world.phase("beta", Phase.UNREACHABLE, "connection refused", since=120, contact=120)
        world.tell()
        await until(pilot, lambda: "beta unreachable for 2m" in " ".join(screen(pilot).split()))
        assert causes(pilot).region.y == before.y


async def test_a_tiny_terminal_has_no_line_to_spare_for_the_verdict() -> None:
    async with running(World("calm"), (80, 15)) as pilot:
        await until(pilot, lambda: "loading" not in screen(pilot) and "connecting" not in screen(pilot))
        assert pilot.app.screen.query_one("#verdict").size.height == 1


@pytest.mark.parametrize("width", [40, 60, 80, 100, 132, 160])
async def test_the_activity_of_the_hour_is_a_whole_sentence(incident: World, width: int) -> None:
    async with running(incident, (width, 30)) as pilot:
        await sees(pilot, "first failure")
        line = next(line for line in lines(pilot) if "first failure" in line)
        assert line.rstrip().endswith("ago") and "…" not in line
        assert ("changes in" in line) is (width >= 80)


async def test_the_names_of_marked_causes_are_copied(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, CERT_MANAGER, "backend/apps")
        await pilot.press("space", "space", "c")
        await until(pilot, lambda: pilot.app.clipboard == "cert-manager/cert-manager\nbackend/apps")
