"""On a small terminal nothing is out of reach: what has no room is one key away, and the key that is named shows it."""

import re

from fluxtui.insight.triage import triage_now

from .world import SMALL, World, kustomization, lines, loses, running, screen, sees, until

TINY = (60, 15)


def waiting(world: World) -> str:
    """How many objects wait behind the first cause, as its evidence says it."""
    return f"{len(triage_now(world.fleet.store, world.now()).problems[0].blocked)} objects"


async def test_what_the_evidence_has_no_room_for_is_one_key_away() -> None:
    world = World("incident")
    async with running(world, SMALL) as pilot:
        told = await sees(pilot, "waits behind", waiting(world))
        assert "Released is False" not in told
        named = re.search(r"more lines: (\S+)", told)
        assert named is not None
        await pilot.press(named[1])
        told = await sees(pilot, "Released is False", "not the cause", "z the rest")
        assert "is ready at v1.20.0@" in " ".join(told.split()), "and its lines are whole"
        assert "more lines" not in told and "root causes" not in told
        await pilot.press("down")
        await sees(pilot, "VerificationError", "failed to verify the signature")
        await pilot.press("z")
        await sees(pilot, "root causes explain", "prod-eu-1 ✖", "platform/umbrella")


async def test_the_evidence_alone_stays_so_while_the_fleet_changes() -> None:
    world = World("incident")
    async with running(world, SMALL) as pilot:
        await sees(pilot, waiting(world))
        await pilot.press("z")
        await loses(pilot, "root causes")
        world.put("update-1", kustomization("apps", "new", ready=False))
        world.tell()
        world.pass_time(3600)
        pilot.app._tick()  # type: ignore[attr-defined]
        await sees(pilot, "UpgradeFailed · for 73m")
        assert "root causes" not in screen(pilot)


async def test_without_causes_there_is_nothing_to_look_at_alone() -> None:
    async with running(World("calm"), SMALL) as pilot:
        await sees(pilot, "nothing is wrong")
        await pilot.press("z")
        await pilot.pause()
        await sees(pilot, "nothing is wrong", "clusters fresh")


async def test_the_facts_of_a_page_have_the_whole_of_a_tiny_terminal() -> None:
    async with running(World("incident"), TINY) as pilot:
        await sees(pilot, "cert-manager/cert-manager")
        await pilot.press("enter")
        told = await sees(pilot, "HelmRelease cert-manager/cert-manager", "i Overview", "status", "message")
        assert "Where it stands" not in told
        await pilot.press("G")
        await sees(pilot, "created")
        await pilot.press("y")
        await sees(pilot, "apiVersion")


async def test_an_object_nested_too_deeply_says_so_instead_of_nothing() -> None:
    world = World("", ["eu"])
    deep = kustomization("frontend", "web", ready=False)
    world.put("eu", deep)
    world.refusals["Kustomization/frontend/web"] = RecursionError("maximum recursion depth exceeded")
    async with running(world, SMALL) as pilot:
        await sees(pilot, "frontend/web")
        await pilot.press("enter")
        await sees(pilot, "frontend/web", "i Overview", "message")
        await pilot.press("y")
        await sees(pilot, "# it is nested too deeply to be shown")
        await until(pilot, lambda: any("esc back" in line for line in lines(pilot)))
