"""One picture of policy for all screens, beside the loop that listens to keys."""

from pathlib import Path

import pytest

from fluxtui.app import FluxtuiApp
from fluxtui.insight.policy.model import Picture
from fluxtui.screens.guard import Guard

from .world import World, running, sees, until


def guard(pilot) -> Guard:
    assert isinstance(pilot.app, FluxtuiApp)
    return pilot.app.desk.guard


async def drawn(pilot) -> Picture:
    found = guard(pilot)
    await until(pilot, lambda: found.picture is not None and all(each.settled for each in found.picture.coverage))
    assert found.picture is not None
    return found.picture


async def test_violations_are_joined_to_who_delivers_them() -> None:
    async with running(World("incident")) as pilot:
        found = await drawn(pilot)
        fails = [each for each in found.violations if each.finding.result == "fail"]
        assert fails
        assert any(each.owner.delivered for each in fails)
        assert {each.cluster for each in found.coverage} == set(pilot.app.desk.fleet.clusters)


async def test_a_new_report_is_in_the_next_picture() -> None:
    world = World("incident")
    async with running(world) as pilot:
        before = await drawn(pilot)
        told: list[Picture] = []
        guard(pilot).listeners.append(told.append)
        cluster, report = next(
            (name, obj)
            for name in world.objects
            for obj in world.every(name, "PolicyReport", "wgpolicyk8s.io").values()
            if any(result["result"] == "pass" for result in obj["results"])
        )
        world.pass_time(60)

        def fail(obj) -> None:
            passed = next(result for result in obj["results"] if result["result"] == "pass")
            passed |= {"result": "fail", "message": "no more"}

        changed = {**report, "results": [dict(each) for each in report["results"]]}
        fail(changed)
        world.put(cluster, changed)
        await until(pilot, lambda: bool(told) and len(told[-1].violations) == len(before.violations) + 1)
        new = [each for each in told[-1].violations if each.finding.message == "no more"]
        assert [(each.certain, each.first_seen) for each in new] == [(True, int(world.now()))]
        assert guard(pilot).trend.of()[-1] == guard(pilot).trend.of()[0] + 1


async def test_the_next_session_knows_when_it_was_seen(tmp_path: Path) -> None:
    world = World("incident")
    async with running(world, state=tmp_path) as pilot:
        first = {each.key: each.first_seen for each in (await drawn(pilot)).violations}
        assert first
    assert (tmp_path / "violations.json").exists()
    world = World("incident")
    world.pass_time(3600)
    async with running(world, state=tmp_path) as pilot:
        found = {each.key: each.first_seen for each in (await drawn(pilot)).violations}
        assert {key: found.get(key) for key in first} == first


async def test_of_a_demo_nothing_is_kept(tmp_path: Path) -> None:
    async with running(World("incident"), state=tmp_path, demo=True) as pilot:
        assert (await drawn(pilot)).violations
    assert not (tmp_path / "violations.json").exists()


async def test_nothing_of_it_is_left_when_the_program_ends(recwarn: pytest.WarningsRecorder) -> None:
    async with running(World("incident")) as pilot:
        await sees(pilot, "root causes explain")
    assert not [str(each.message) for each in recwarn if "never awaited" in str(each.message)]
