"""What is said of the fleet stays short and true with many clusters, with none, and when the view is narrowed."""

import re

from fluxtui.store.state import DataState, Phase

from .world import SMALL, WIDE, World, command, kustomization, loses, running, sees

FAR = [f"far-{number}" for number in range(6)]


def scattered() -> World:
    """One cluster that answers, and six that do not, for two reasons."""
    world = World("", ["near", *FAR])
    world.put("near", kustomization("frontend", "web", ready=False))
    for number, name in enumerate(FAR):
        world.phase(name, Phase.LOGIN if number < 2 else Phase.UNREACHABLE, "no", contact=0)
    return world


async def test_many_clusters_that_do_not_answer_are_counted_by_why() -> None:
    async with running(scattered(), SMALL) as pilot:
        told = " ".join((await sees(pilot, "1 root cause")).split())
        assert "1 of 7 clusters fresh · ⊘ 4 clusters unreachable · ⊘ 2 clusters login needed" in told
        await command(pilot, "ks")
        await sees(pilot, "Kustomizations 1 · ⊘ 4 clusters unreachable · ⊘ 2 clusters login needed")


async def test_how_far_a_count_goes_stands_beside_it_whatever_the_filter() -> None:
    world = World("", ["near", "far"])
    world.put("near", *(kustomization("frontend", f"web-{number}", ready=False) for number in range(3)))
    world.phase("far", Phase.UNREACHABLE, "no", contact=0)
    async with running(world, SMALL) as pilot:
        await command(pilot, "ks status:failed,blocked,unknown,suspended name:web-1")
        await sees(pilot, "Kustomizations 1 of 3 · ⊘ far unreachable 60s")


async def test_forbidden_kinds_of_many_clusters_take_one_clause() -> None:
    world = World("", FAR)
    for name in FAR:
        world.put(name, kustomization("frontend", "web"))
        world.phase(name, Phase.FORBIDDEN, "viewer may not", kinds=["HelmRelease", "Event"])
    async with running(world, WIDE) as pilot:
        await sees(pilot, "kinds of 6 clusters may not be seen")


async def test_without_a_watched_cluster_nothing_claims_to_connect() -> None:
    async with running(World("incident"), SMALL) as pilot:
        await sees(pilot, "cert-manager/cert-manager")
        await command(pilot, "ctx -*")
        told = await sees(pilot, "no cluster is watched", "The kubeconfig has 5 contexts")
        assert "loading" not in told and "connecting" not in told
        await command(pilot, "ctx +update-1")
        await sees(pilot, "1 of 1 clusters fresh")


async def test_another_cluster_that_is_loading_is_not_told_with_an_empty_age() -> None:
    world = World("", ["eu", "us"])
    world.put("eu", kustomization("frontend", "web", ready=False))
    world.put("us", kustomization("frontend", "web"))
    async with running(world, WIDE) as pilot:
        await sees(pilot, "elsewhere", "us ready")
        world.fleet.store.table("us", "Kustomization").set_state(DataState())
        world.tell()
        await sees(pilot, "(loading)")


async def test_the_same_names_behind_a_cause_in_many_clusters_are_told_once() -> None:
    world = World("", FAR)
    for name in FAR:
        needs = [{"name": "base"}]
        world.put(name, kustomization("frontend", "base", ready=False, message="same everywhere"))
        world.put(name, kustomization("frontend", "web", ready=False, dependsOn=needs))
    async with running(world, WIDE) as pilot:
        await sees(pilot, "6 objects", "frontend/web ×6")


async def test_counts_are_those_of_the_namespace_that_is_looked_at() -> None:
    world = World("", ["eu"])
    world.put("eu", kustomization("frontend", "web", ready=False), kustomization("frontend", "app"))
    world.put("eu", *(kustomization("backend", f"job-{number}", ready=False) for number in range(4)))
    async with running(world, WIDE) as pilot:
        await command(pilot, "ks")
        await sees(pilot, "Kustomizations 6", "✖ 5")
        await command(pilot, "ns frontend")
        await sees(pilot, "Kustomizations 2", "✖ 1")
        await loses(pilot, "✖ 5")


async def test_a_namespace_does_not_narrow_the_list_of_namespaces() -> None:
    async with running(World("incident", ["update-1"]), WIDE) as pilot:
        await command(pilot, "ns apps")
        await command(pilot, "ns")
        await sees(pilot, "Namespaces 5", "flux-system", "kube-system")


async def test_why_a_context_does_not_answer_can_be_read_whole_on_a_small_terminal() -> None:
    world = World("", ["near", "far"])
    why = "the user's command aws failed with exit code 255: the SSO session has expired, run aws sso login --profile p"
    world.phase("far", Phase.LOGIN, why, contact=0)
    async with running(world, SMALL) as pilot:
        await command(pilot, "ctx")
        told = await sees(pilot, "Contexts 2 of 2 watched", "--profile p")  # in trouble, it stands first
        assert why in " ".join(told.split())
        await pilot.press("down")
        await loses(pilot, "--profile p")  # its column alone has no room for all


async def test_a_cluster_has_the_same_numbers_in_the_list_of_contexts_as_in_triage() -> None:
    async with running(World("incident"), WIDE) as pilot:
        strip = re.search(r"prod-eu-1 ✖ (\d+)/(\d+)", await sees(pilot, "prod-eu-1 ✖"))
        assert strip is not None
        await command(pilot, "ctx")
        told = await sees(pilot, "Contexts 5 of 5 watched")
        row = next(line for line in told.splitlines() if "prod-eu-1" in line).split()
        assert row[row.index("v1.36.3") + 1 :][:2] == [strip[2], strip[1]]


async def test_contexts_that_differ_at_their_ends_can_be_told_apart() -> None:
    arn = "arn:aws:eks:eu-west-1:123456789012:cluster/"
    world = World("", [f"{arn}payments", f"{arn}checkout"])
    for name in world.objects:
        world.put(name, kustomization("frontend", "web"))
    async with running(world, SMALL) as pilot:
        await command(pilot, "ks")
        await sees(pilot, "ents", "kout")
        await command(pilot, "ctx")
        await sees(pilot, "…yments ", "…eckout ")
