"""Lists of any kind: what a server serves, printed as it prints it, with who delivers it."""

import pytest
from textual.pilot import Pilot

from fluxtui.config import Config, View
from fluxtui.screens.base import CommandGiven
from fluxtui.screens.kinds import KindsScreen
from fluxtui.screens.resource import ResourceScreen
from fluxtui.simulator.resources import Column, Resource
from fluxtui.store.state import Phase
from fluxtui.widgets.virtual_table import VirtualTable

from .world import SMALL, WIDE, Json, World, command, notified, running, screen, sees, type_filter, until

WIDGET = Resource(
    group="shop.example.com",
    versions=("v1",),
    plural="widgets",
    singular="widget",
    kind="Widget",
    short_names=("wd",),
    columns=(Column("Colour", ".spec.colour"), Column("Size", ".spec.size", "integer")),
)


def widget(name: str, colour: str, size: int, *, ready: str = "", labels: dict[str, str] | None = None) -> Json:
    """A custom resource that nobody watches; `ready` is the status of its Ready condition."""
    conditions = [{"type": "Ready", "status": ready, "reason": "Painting", "message": "the paint is wet"}]
    return {
        "apiVersion": "shop.example.com/v1",
        "kind": "Widget",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "creationTimestamp": "2026-03-19T02:48:00Z",
            "labels": labels or {},
        },
        "spec": {"colour": colour, "size": size},
        "status": {"conditions": conditions} if ready else {},
    }


@pytest.fixture
def shop() -> World:
    """Two clusters that serve Widgets; alpha has three of them, beta one."""
    world = World("", ["alpha", "beta"])
    world.serve(WIDGET)
    owner = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    world.put(
        "alpha",
        widget("first", "red", 2),
        widget("second", "green", 10, ready="False", labels=owner),
        widget("third", "blue", 9, ready="True"),
    )
    world.put("beta", widget("fourth", "red", 1))
    return world


def table(pilot: Pilot[None]) -> VirtualTable:
    return pilot.app.screen.query_one("#table", VirtualTable)


def names(pilot: Pilot[None]) -> list[str]:
    """The names in the list, in its order."""
    source = table(pilot).source
    return [str(source.key(index)[1]).rpartition("/")[2] for index in range(len(source))]  # type: ignore[index]


@pytest.mark.parametrize("word", ["widgets", "widget", "wd", "Widget", "widgets.shop.example.com", "wd.shop"])
async def test_a_kind_has_a_list_by_any_of_its_names(shop: World, word: str) -> None:
    async with running(shop, WIDE) as pilot:
        await command(pilot, word)
        told = await sees(pilot, "Widgets 4", "COLOUR", "SIZE", "green")
        assert "fourth" in told and "beta" in told


async def test_health_is_judged_by_kstatus_and_what_is_not_well_stands_first(shop: World) -> None:
    async with running(shop, WIDE) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4", "the paint is wet", "◐ progressing")
        assert names(pilot)[0] == "second"


async def test_labels_alone_are_a_claim(shop: World) -> None:
    async with running(shop, (200, 48)) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "? ks flu")


async def test_an_inventory_tells_who_delivers_it_and_what_a_deployment_makes() -> None:
    world = World("incident", ["staging-1"])
    async with running(world, (200, 48)) as pilot:
        await command(pilot, "deploy")
        await sees(pilot, "Deployments", "hr memcached")
        await command(pilot, "pods memcached")
        await sees(pilot, "Pods 1 of", "hr memcached")


async def test_sorting_by_a_column_of_the_server_counts_as_people_do(shop: World) -> None:
    async with running(shop, WIDE) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4", "SIZE")
        for _ in range(5):
            await pilot.press("greater_than_sign")
        assert table(pilot).sort == ("printed:Size", False)
        assert names(pilot) == ["fourth", "first", "third", "second"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("colour:red", {"first", "fourth"}),
        ("size:>8", {"second", "third"}),
        ("cluster:beta", {"fourth"}),
        ("status:progressing", {"second"}),
        ("delivered:shop", {"second"}),
    ],
)
async def test_the_filter_knows_the_columns(shop: World, text: str, found: set[str]) -> None:
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4", "first")
        await type_filter(pilot, text)
        await sees(pilot, f"{len(found)} of 4")
        assert set(names(pilot)) == found


async def test_a_filter_may_follow_the_name(shop: World) -> None:
    async with running(shop) as pilot:
        await command(pilot, "wd cluster:beta")
        await sees(pilot, "1 of 4", "fourth")


async def test_the_list_follows_what_changes(shop: World) -> None:
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4")
        await until(pilot, lambda: shop.listing.get(("beta", "Widget")), "a watch")
        shop.put("beta", widget("fifth", "white", 3))
        await sees(pilot, "Widgets 5", "fifth")
        shop.remove("beta", "Widget/shop/fourth")
        await sees(pilot, "Widgets 4")
        assert "fourth" not in names(pilot)


async def test_every_cluster_has_its_own_state(shop: World) -> None:
    shop.forbidden.add(("beta", "widgets"))
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 3", "beta forbidden")


async def test_a_cluster_without_the_kind_does_not_disturb_the_others(shop: World) -> None:
    shop.kinds["beta"].clear()
    async with running(shop) as pilot:
        await command(pilot, "wd")
        told = await sees(pilot, "Widgets 3")
        assert "beta" not in told.splitlines()[1]


async def test_a_cluster_that_cannot_be_asked_is_named(shop: World) -> None:
    shop.phase("beta", Phase.UNREACHABLE, "connection refused", contact=0)
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 3", "beta unreachable")


async def test_a_list_that_is_refused_everywhere_says_so(shop: World) -> None:
    shop.forbidden |= {("alpha", "widgets"), ("beta", "widgets")}
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "you may not see Widgets here", "ops may not list widgets.shop.example.com")


async def test_a_server_that_does_not_print_is_survived(shop: World) -> None:
    shop.plain |= {"alpha", "beta"}
    async with running(shop) as pilot:
        await command(pilot, "wd")
        told = await sees(pilot, "Widgets 4", "first")
        assert "COLOUR" not in told


async def test_a_word_that_no_cluster_knows_is_refused_with_what_is_close(shop: World) -> None:
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4")
        await command(pilot, "wigdets")
        told = await sees(pilot, "neither a command nor a kind that a cluster serves", "widget")
        assert told.splitlines()[-1].startswith(" : wigdets")


async def test_a_word_waits_for_clusters_that_have_not_told_what_they_serve(shop: World) -> None:
    shop.telling.clear()
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "loading wd")
        shop.telling.set()
        await sees(pilot, "Widgets 4")


async def test_a_name_of_two_groups_offers_both(shop: World) -> None:
    other = Resource(
        group="toys.example.org", versions=("v1",), plural="widgets", singular="widget", kind="Widget", columns=()
    )
    shop.serve(other, "beta")
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4")
        await command(pilot, "widgets")
        await sees(pilot, "widgets.shop.example.com", "widgets.toys.example.org")
        await pilot.press("escape")
        await command(pilot, "widgets.toys")
        await sees(pilot, "no Widgets")


async def test_the_line_completes_kinds_that_clusters_serve(shop: World) -> None:
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4")
        await pilot.press(":", *"widg")
        await sees(pilot, "widgets", "shop.example.com")
        await pilot.press("escape", ":", *"ks,widg")
        await sees(pilot, "ks,widgets")


async def test_several_kinds_in_one_list(shop: World) -> None:
    from .world import kustomization

    shop.put("alpha", kustomization("shop", "broken", ready=False))
    async with running(shop, WIDE) as pilot:
        await command(pilot, "ks,wd")
        await sees(pilot, "Kustomizations, Widgets 5", "KIND", "Kustomization", "Widget")
        assert names(pilot)[0] == "broken"
        shop.put("beta", kustomization("shop", "other"))
        shop.tell()
        await sees(pilot, "Kustomizations, Widgets 6", "other")


async def test_what_is_watched_in_part_is_listed_whole() -> None:
    world = World("incident", ["staging-1"])
    async with running(world) as pilot:
        await command(pilot, "deploy")
        everything = world.every("staging-1", "Deployment", "apps")
        watched = len(world.fleet.store.table("staging-1", "Deployment").rows)
        assert len(everything) > watched > 0
        await sees(pilot, f"Deployments {len(everything)} ")


async def test_the_scope_narrows_it(shop: World) -> None:
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4")
        await command(pilot, "ctx beta")
        await sees(pilot, "Widgets 1 ", "fourth")
        await pilot.press("0")
        await sees(pilot, "Widgets 4")


async def test_enter_opens_a_page_of_any_kind(shop: World) -> None:
    async with running(shop, WIDE) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4", "second")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        told = await sees(pilot, "Widget.shop.example.com shop/second", "the paint is wet", "Painting", "delivered by")
        assert "◐ progressing" in told and "is not held" not in told
        await pilot.press("y")
        await sees(pilot, "colour: green")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, KindsScreen))
        await sees(pilot, "Widgets 4")


async def test_marks_and_copies(shop: World) -> None:
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 4", "first")
        await pilot.press("space", "space")
        await sees(pilot, "2 marked")
        await pilot.press("c")
        await notified(pilot, "2 names")


async def test_secrets_show_no_value_anywhere() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "login", "namespace": "shop", "creationTimestamp": "2026-03-19T02:48:00Z"},
        "type": "Opaque",
        "data": {"password": "aHVudGVyMg=="},
    }
    world = World("calm", ["staging-1"])
    world.put("staging-1", secret)
    async with running(world, WIDE) as pilot:
        await command(pilot, "secrets login")
        told = await sees(pilot, "2 of", "login", "Opaque")
        assert "aHVudGVyMg" not in told


async def test_thousands_of_rows_cost_a_key_what_is_visible(shop: World) -> None:
    shop.put("alpha", *(widget(f"w-{number:05}", "grey", number) for number in range(3_000)))
    async with running(shop) as pilot:
        await command(pilot, "wd")
        await sees(pilot, "Widgets 3004")
        looked = 0
        stores = pilot.app.screen._stores  # type: ignore[attr-defined]
        held = stores.row

        def counted(*key: str) -> object:
            nonlocal looked
            looked += 1
            return held(*key)

        stores.row = counted
        await pilot.press("down")
        await pilot.pause()
        assert looked < 200
        assert screen(pilot)


async def test_without_a_kind_it_says_what_to_type(shop: World) -> None:
    async with running(shop, SMALL) as pilot:
        pilot.app.post_message(CommandGiven("kinds"))
        await sees(pilot, "nothing is listed", ":ks,hr,deploy")


async def test_a_view_of_the_configuration(shop: World) -> None:
    view = View(kinds=("widgets",), filter="colour:red", sort="-size", columns=("name", "size", "cluster"))
    async with running(shop, config=Config(views={"reds": view})) as pilot:
        await command(pilot, "view reds")
        told = await sees(pilot, "reds:", "2 of 4", "SIZE", "CLUSTER")
        assert names(pilot) == ["first", "fourth"] and "COLOUR" not in told
        await command(pilot, "view blues")
        await sees(pilot, "there is no view 'blues'", "reds")


async def test_without_views_it_says_where_they_come_from(shop: World) -> None:
    async with running(shop) as pilot:
        await command(pilot, "view")
        await sees(pilot, "the configuration names no views")
