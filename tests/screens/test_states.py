"""Every state of data has its own face, and none of them looks like health."""

import pytest

from fluxtui.store.state import Phase

from .world import SMALL, WIDE, World, command, kustomization, lines, loses, running, screen, sees, until

HEALTHY = "nothing is wrong"


@pytest.fixture
def calm() -> World:
    return World("calm")


@pytest.fixture
def pair() -> World:
    """Two clusters, all well."""
    world = World("", ["alpha", "beta"])
    for cluster in ("alpha", "beta"):
        for number in range(5):
            world.put(cluster, kustomization("frontend", f"app-{number}"))
    return world


# --- before there is data


async def test_without_contexts_the_reason_stands_on_every_screen() -> None:
    world = World("", [])
    world.trouble = "no context matches 'prod-*': there are staging-1, update-1"
    async with running(world) as pilot:
        told = await sees(pilot, "no clusters to watch", world.trouble)
        assert HEALTHY not in told
        await pilot.press("4")
        await sees(pilot, "no clusters", world.trouble)
        await command(pilot, "ctx")
        await sees(pilot, "no contexts", world.trouble, "KUBECONFIG")


async def test_connecting_is_said_before_the_first_answer() -> None:
    world = World("incident")
    for name in world.objects:
        world.phase(name, Phase.LOADING, contact=0)
    async with running(world) as pilot:
        told = await sees(pilot, "0 of 5 clusters")
        assert HEALTHY not in told and "root causes explain" not in told
        await pilot.press("4")
        await sees(pilot, "loading Kustomizations")


async def test_causes_appear_while_other_clusters_are_still_loading() -> None:
    world = World("incident")
    world.phase("staging-1", Phase.LOADING, contact=0)
    async with running(world, WIDE) as pilot:
        told = await sees(pilot, "cert-manager/cert-manager", "3 of 5 clusters fresh")
        assert "staging-1 ◐ loading" in told


async def test_nothing_wrong_so_far_is_not_nothing_wrong(pair: World) -> None:
    pair.phase("beta", Phase.LOADING, contact=0)
    async with running(pair) as pilot:
        told = await sees(pilot, "loading: 1 of 2 clusters told everything", "nothing wrong among them yet")
        assert HEALTHY not in told
        pair.phase("beta", Phase.FRESH)
        pair.tell()
        await sees(pilot, HEALTHY)


# --- well


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_fleet_that_is_well_says_so_with_its_coverage(pair: World, size: tuple[int, int]) -> None:
    async with running(pair, size) as pilot:
        told = await sees(pilot, HEALTHY, "2 of 2 clusters fresh")
        assert "All 10 objects" in told


async def test_the_calm_scenario_is_calm(calm: World) -> None:
    async with running(calm, WIDE) as pilot:
        await sees(pilot, HEALTHY, "5 of 5 clusters fresh")


# --- well as far as one can see


@pytest.mark.parametrize(
    ("phase", "detail"),
    [
        (Phase.UNREACHABLE, "connection refused"),
        (Phase.STALE, "connection lost"),
        (Phase.LOGIN, "the plugin needs a browser"),
        (Phase.FORBIDDEN, "ana may not list kustomizations"),
    ],
)
async def test_what_cannot_be_seen_is_never_green(pair: World, phase: Phase, detail: str) -> None:
    pair.phase("beta", phase, detail, since=180, contact=180 if phase is Phase.STALE else 0)
    async with running(pair, WIDE) as pilot:
        told = await sees(pilot, "nothing wrong where we can see", "1 of 2 clusters fresh", f"beta: {phase}")
        assert HEALTHY not in told
        assert f"beta ⊘ {phase} 3m" in told
        assert not told.splitlines()[1].startswith(" ●")


async def test_kinds_that_may_not_be_seen_are_a_gap_in_the_verdict(pair: World) -> None:
    pair.phase("beta", Phase.FORBIDDEN, "ana may not list helmreleases", kinds=["HelmRelease", "OCIRepository"])
    async with running(pair, WIDE) as pilot:
        told = await sees(pilot, "nothing wrong where we can see", "beta: 2 kinds not visible", "ana may not list")
        assert HEALTHY not in told and "⊘2" in told


async def test_kinds_that_are_not_installed_are_no_gap(pair: World) -> None:
    for cluster in ("alpha", "beta"):
        pair.phase(cluster, Phase.MISSING, "the server does not serve this kind", kinds=["ResourceSet", "FluxInstance"])
    async with running(pair, WIDE) as pilot:
        await sees(pilot, HEALTHY)
        await command(pilot, "rset")
        await sees(pilot, "ResourceSets are not installed")


async def test_a_cluster_without_flux_says_that(pair: World) -> None:
    pair.phase("beta", Phase.MISSING, "the server does not serve this kind")
    async with running(pair, WIDE) as pilot:
        told = await sees(pilot, "beta", "not installed")
        assert HEALTHY not in told


async def test_no_cluster_at_all_can_be_read(pair: World) -> None:
    pair.phase("alpha", Phase.UNREACHABLE, "no such host", contact=0)
    pair.phase("beta", Phase.LOGIN, "run: aws sso login", contact=0)
    async with running(pair) as pilot:
        told = await sees(pilot, "no cluster can be read", "alpha: unreachable: no such host")
        assert "beta: login needed: run: aws sso login" in told
        await pilot.press("4")
        await sees(pilot, "no such host", "aws sso login")


# --- lists


async def test_a_forbidden_kind_says_who_may_not_do_what(pair: World) -> None:
    for cluster in ("alpha", "beta"):
        pair.phase(
            cluster, Phase.FORBIDDEN, "ana may not list helmreleases at the cluster scope", kinds=["HelmRelease"]
        )
    async with running(pair) as pilot:
        await command(pilot, "hr")
        await sees(pilot, "you may not see HelmReleases here", "ana may not list helmreleases at the cluster scope")


async def test_an_empty_list_says_that_there_is_nothing_and_how_sure_that_is(pair: World) -> None:
    async with running(pair) as pilot:
        await command(pilot, "hr")
        await sees(pilot, "no HelmReleases", "Nothing of this kind exists in all clusters")
        pair.phase("beta", Phase.UNREACHABLE, "no such host", contact=0)
        pair.tell()
        await sees(pilot, "But not everything is known: beta: unreachable")


async def test_a_list_names_the_clusters_that_it_does_not_know(pair: World) -> None:
    pair.phase("beta", Phase.FORBIDDEN, "ana may not", kinds=["Kustomization"])
    async with running(pair, WIDE) as pilot:
        await command(pilot, "ks")
        told = await sees(pilot, "Kustomizations 5")
        assert "⊘ beta forbidden" in told


async def test_an_empty_list_offers_no_keys_for_rows_until_there_are_some(pair: World) -> None:
    async with running(pair, WIDE) as pilot:
        await command(pilot, "hr")
        await sees(pilot, "no HelmReleases")
        assert not [word for word in ("open", "mark", "sort", "faults", "copy") if word in lines(pilot)[-1]]
        await command(pilot, "ks")
        told = await sees(pilot, "Kustomizations 10")
        assert "open" in told.splitlines()[-1] and "space mark" in told.splitlines()[-1]
        pair.remove("alpha", *pair.objects["alpha"])
        pair.remove("beta", *pair.objects["beta"])
        pair.tell()
        told = await sees(pilot, "no Kustomizations")
        assert "open" not in told.splitlines()[-1]
        pair.put("alpha", kustomization("frontend", "app"))
        pair.tell()
        told = await sees(pilot, "Kustomizations 1")
        assert "open" in told.splitlines()[-1]


# --- a cluster is lost while one looks


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_rows_of_a_lost_cluster_are_marked_with_the_age_of_their_data_and_others_are_fresh(
    pair: World, size: tuple[int, int]
) -> None:
    async with running(pair, size) as pilot:
        await command(pilot, "ks")
        await sees(pilot, "Kustomizations 10")
        pair.pass_time(240)
        pair.phase("beta", Phase.STALE, "connection lost", since=240, contact=243)
        pair.phase("alpha", Phase.FRESH)
        pair.tell()
        told = await sees(pilot, "⊘ beta stale 4m")
        rows = [line[:80] for line in told.splitlines() if "app-" in line[:80]]
        assert len(rows) == 10
        for row in rows:
            assert ("⊘ ready 4m" in row) == ("beta" in row), row
            assert ("● ready" in row) == ("alpha" in row), row
        pair.pass_time(360)
        pilot.app.screen.tick()  # type: ignore[attr-defined]
        await sees(pilot, "⊘ ready 10m")


async def test_a_cluster_that_comes_back_has_no_ghosts_and_no_duplicates(pair: World) -> None:
    async with running(pair, WIDE) as pilot:
        await command(pilot, "ks")
        await sees(pilot, "Kustomizations 10")
        pair.phase("beta", Phase.STALE, "connection lost", since=10, contact=10)
        pair.tell()
        await sees(pilot, "beta stale")
        del pair.objects["beta"]["Kustomization/frontend/app-0"]  # while nobody looked
        pair.put("beta", kustomization("frontend", "app-new"))
        pair.phase("beta", Phase.FRESH)
        pair.tell()
        await loses(pilot, "stale")
        names = [line.split()[4] for line in lines(pilot) if " beta " in line[:40]]
        assert sorted(names) == ["app-1", "app-2", "app-3", "app-4", "app-new"]
        assert "Kustomizations 10" in screen(pilot)


async def test_a_lost_cluster_is_in_the_verdict_and_its_causes_say_how_old_they_are() -> None:
    world = World("incident")
    async with running(world, WIDE) as pilot:
        await sees(pilot, "cert-manager/cert-manager", "4 of 5 clusters fresh")
        world.phase("prod-eu-1", Phase.STALE, "connection lost", since=300, contact=300)
        world.tell()
        told = await sees(pilot, "3 of 5 clusters fresh", "prod-eu-1 stale for 5m", "data is stale, 5m old")
        assert "cert-manager/cert-manager" in told  # the last word still counts, as what it is
        world.phase("prod-eu-1", Phase.FRESH)
        world.tell()
        await sees(pilot, "4 of 5 clusters fresh", "seen 3s ago")


async def test_a_cause_in_a_cluster_with_forbidden_kinds_says_what_it_may_not_see() -> None:
    world = World("incident")
    world.phase("prod-eu-1", Phase.FORBIDDEN, "ana may not list", kinds=["HelmChart", "GitRepository"])
    async with running(world, WIDE) as pilot:
        told = await sees(pilot, "cert-manager/cert-manager", "may not see")
        assert "HelmChart" in told and "GitRepository" in told


# --- the list of contexts


async def test_contexts_show_how_each_cluster_answers_and_why(pair: World) -> None:
    pair.phase("alpha", Phase.LOGIN, "run: aws sso login", contact=0)
    async with running(pair, WIDE) as pilot:
        await command(pilot, "ctx")
        told = await sees(pilot, "⊘ login needed", "run: aws sso login", "● fresh")
        row = next(line for line in told.splitlines() if "beta" in line)
        assert "v1.36.0" in row and "5" in row


async def test_a_cluster_that_never_answered_has_no_numbers_not_even_zero(pair: World) -> None:
    pair.phase("alpha", Phase.UNREACHABLE, "connection refused", contact=0)
    async with running(pair) as pilot:
        await command(pilot, "ctx")
        told = await sees(pilot, "unreachable", "fresh")
        row = next(line for line in told.splitlines() if "unreachable" in line)
        assert row.count("?") == 2 and " 0 " not in row
        assert " 0 " in next(line for line in told.splitlines() if "fresh" in line and "beta" in line)


async def test_a_fleet_of_which_nothing_is_known_claims_nothing(pair: World) -> None:
    for cluster in ("alpha", "beta"):
        pair.phase(cluster, Phase.UNREACHABLE, "connection refused", contact=0)
    async with running(pair) as pilot:
        told = await sees(pilot, "no objects known", "0 of 2 clusters fresh")
        assert "ready" not in told.splitlines()[1]


async def test_a_context_that_can_never_work_is_a_row_with_its_reason(pair: World) -> None:
    from fluxtui.kube.contexts import Context

    pair.contexts.append(Context(name="broken", problem="user 'bob' is not defined in ~/.kube/config"))
    pair.watched.append("broken")
    pair.objects["broken"] = {}
    pair.phase("broken", Phase.UNREACHABLE, "user 'bob' is not defined in ~/.kube/config", contact=0)
    async with running(pair, WIDE) as pilot:
        await sees(pilot, "2 of 3 clusters fresh")
        await command(pilot, "ctx")
        await sees(pilot, "user 'bob' is not defined")


async def test_states_are_told_in_every_size_without_losing_the_headline(pair: World) -> None:
    pair.phase("alpha", Phase.UNREACHABLE, "dial tcp: lookup alpha.example: no such host " * 5, contact=0)
    pair.phase("beta", Phase.UNREACHABLE, "connection refused", contact=0)
    async with running(pair, (40, 10)) as pilot:
        await sees(pilot, "no cluster can be read")
        for size in (SMALL, WIDE, (20, 6), (250, 70)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: {len(line) for line in lines(pilot)} == {size[0]})
        await sees(pilot, "no cluster can be read", "no such host")


async def test_what_the_configuration_asks_for_and_is_not_there_stands_on_the_last_line(pair: World) -> None:
    pair.warnings = ("watch: 'stage-*' matches no context",)
    async with running(pair) as pilot:
        await sees(pilot, "of 2 clusters fresh")
        assert lines(pilot)[-1].rstrip().endswith("watch: 'stage-*' matches no context")
        await command(pilot, "ctx")
        await sees(pilot, "2 of 2 watched", "'stage-*' matches no context")
