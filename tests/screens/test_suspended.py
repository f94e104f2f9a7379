"""Suspended: the ledger of what is at rest."""

from fluxtui.kube.answers import Unreachable
from fluxtui.screens.resource import ResourceScreen

from .world import SMALL, WIDE, World, command, kustomization, running, sees, type_filter, until


async def test_it_tells_who_why_since_when_and_what_is_hidden() -> None:
    async with running(World("incident"), WIDE, command="suspended") as pilot:
        told = await sees(pilot, "3 objects at rest hide 11 more", "Kustomization platform/umbrella", "anna")
        assert "freeze while the gateways move" in told
        assert told.index("platform/umbrella") < told.index("billing/apps"), "what hides the most comes first"
        await sees(pilot, "by its managedFields", "waiting for it", "it has latest@")


async def test_it_fits_into_80_columns_and_opens_the_object() -> None:
    async with running(World("incident"), SMALL) as pilot:
        await command(pilot, "suspended")
        await sees(pilot, "3 objects at rest", "freeze while the gateways move")
        await type_filter(pilot, "cluster:legacy-1")
        await sees(pilot, "hidden by filter")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen), "the page")


async def test_without_managed_fields_the_time_is_an_upper_bound_and_looks_like_one() -> None:
    world = World("", ["c"])
    world.put("c", kustomization("a", "base", suspend=True), kustomization("a", "app", dependsOn=[{"name": "base"}]))
    async with running(world, SMALL, command="suspended") as pilot:
        told = await sees(pilot, "1 object at rest hides 1 more", "≈ ≤5m", "no reason on record")
        assert "not told" in told


async def test_each_object_is_fetched_once_and_a_refusal_is_no_failure() -> None:
    world = World("", ["c"])
    world.put("c", kustomization("a", "base", suspend=True), kustomization("a", "other", suspend=True))
    world.refusals["Kustomization/a/other"] = Unreachable("https://c", "gone")
    async with running(world, SMALL, command="suspended") as pilot:
        await sees(pilot, "2 objects at rest", "≈ ≤5m")
        await pilot.press("end")
        await sees(pilot, "who wrote it cannot be read", "gone")
        await until(pilot, lambda: len(world.fetched) == 2, "both to be asked for")
        world.put("c", kustomization("a", "new"))
        world.tell()
        await pilot.press("down", "up")
        await sees(pilot, "2 objects at rest")
        assert len(world.fetched) == 2


async def test_a_fleet_where_nothing_rests_says_so_and_what_we_see_is_exact() -> None:
    world = World("", ["c"])
    world.put("c", kustomization("a", "base"))
    async with running(world, SMALL, command="suspended") as pilot:
        await sees(pilot, "nothing is at rest", "None of the 1 objects")
        world.pass_time(30)
        world.edit("c", "Kustomization/a/base", lambda obj: obj["spec"].update(suspend=True))
        world.tell()
        await sees(pilot, "1 object at rest", "we saw it happen")
