"""Green, but: a list of what is ready and should not be believed."""

from fluxtui.screens.resource import ResourceScreen

from .world import SMALL, WIDE, World, command, kustomization, running, sees, type_filter, until


async def test_what_is_green_but_is_listed_by_lens_with_its_reason() -> None:
    async with running(World("incident"), WIDE, command="but") as pilot:
        told = await sees(pilot, "ready objects are green, but:", "HelmRelease billing/orders")
        assert "suspended by boris" in told
        assert "prod-us-1 unreachable" in " ".join(told.split()), "what is not seen is told"
        assert told.index("stale") < told.index("billing/orders")


async def test_it_fits_into_80_columns_and_opens_the_object() -> None:
    async with running(World("incident"), SMALL) as pilot:
        await command(pilot, "green")
        await sees(pilot, "are green, but:", "billing/orders")
        await type_filter(pilot, "name:orders kind:hr")
        await sees(pilot, "hidden by filter")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen), "the page")
        assert "HelmRelease billing/orders" in await sees(pilot, "legacy-1")


async def test_a_fleet_without_any_says_so_and_follows_what_changes() -> None:
    world = World("", ["c"])
    world.put("c", kustomization("a", "base"), kustomization("a", "app", dependsOn=[{"name": "base"}]))
    async with running(world, SMALL, command="but") as pilot:
        await sees(pilot, "green is green", "All 2 ready objects")
        world.edit("c", "Kustomization/a/base", lambda obj: obj["spec"].update(suspend=True))
        world.tell()
        await sees(pilot, "1 of 1 ready objects are green, but: 1 suspended", "Kustomization a/app")


async def test_the_details_of_an_object_and_the_filter_of_lists_know_the_lenses() -> None:
    async with running(World("incident"), WIDE, command="hr but:suspended") as pilot:
        told = await sees(pilot, "HelmReleases", "billing", "green, but")
        assert "cert-manager" not in told
