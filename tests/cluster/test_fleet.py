"""Four clusters over real HTTP, and what they do to each other when one of them misbehaves: nothing.

The servers are simulated, because they must die, hang and lie to order; what a healthy server says is the same
on a real one (test_reflector).
"""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from fluxtui.insight.status import assess
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.answers import NotFound, Unreachable
from fluxtui.kube.contexts import Context, Endpoint, User
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.pump import PERIOD
from fluxtui.kube.site import Timing
from fluxtui.kube.transport import Resource
from fluxtui.simulator import access
from fluxtui.simulator.cluster import SimulatedCluster
from fluxtui.simulator.objects import Objects
from fluxtui.store.changes import Batch
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

NAMES = ("staging-1", "prod-eu-1", "prod-us-1", "update-1")
QUICK = Timing(
    base=0.02, cap=0.1, brief=0.0, poll=0.1, forbidden=0.05, discover=0.05, discover_cap=0.1, stagger=0.1, listing=2.0
)
"""As ever, but in a hurry."""
SILENT = Timing(base=0.02, cap=0.1, brief=0.0, discover_cap=0.1, stagger=0.1, listing=2.0, watch=(0, 0), slack=0.3)
SECRETS = Resource("", "v1", "secrets")


def kustomization(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps"},
        "spec": {"interval": "10m", "path": "./", "prune": True, "sourceRef": {"kind": "OCIRepository", "name": "x"}}
        | spec,
    }


def filled(count: int = 20) -> Objects:
    objects = Objects(time.time)
    objects.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}})
    for number in range(count):
        objects.create(kustomization(f"app-{number:02d}"))
    return objects


def names(count: int = 20) -> list[str]:
    return [f"app-{number:02d}" for number in range(count)]


class Sight:
    """A fleet, and what its subscribers were told."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.store = fleet.store
        self.batches: list[tuple[float, Batch]] = []
        fleet.subscribe(lambda batch: self.batches.append((time.monotonic(), batch)))

    def names(self, cluster: str, kind: str = "Kustomization") -> list[str]:
        return sorted(row.record.name for row in self.store.table(cluster, kind).rows.values())

    def phase(self, cluster: str, kind: str = "Kustomization") -> Phase:
        return self.store.table(cluster, kind).state.phase

    def detail(self, cluster: str, kind: str = "Kustomization") -> str:
        return self.store.table(cluster, kind).state.detail

    def told(self) -> dict[str, set[str]]:
        """What somebody holds who knows nothing but the batches: names by cluster."""
        held: dict[str, set[str]] = {name: set() for name in NAMES}
        for _, batch in self.batches:
            for change in batch.changes:
                if change.id.startswith("Kustomization/"):
                    known = held[change.cluster]
                    name = change.id.rpartition("/")[2]
                    assert (change.before is not None) == (name in known), f"{change.id} was told twice"
                    (known.discard if change.after is None else known.add)(name)
        return held


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        await asyncio.sleep(0.005)


@pytest.fixture
async def clusters() -> AsyncIterator[dict[str, SimulatedCluster]]:
    async with contextlib.AsyncExitStack() as stack:
        made = {name: await stack.enter_async_context(SimulatedCluster(name, filled())) for name in NAMES}
        yield made
        for cluster in made.values():
            cluster.faults.clear()


def context(cluster: SimulatedCluster, token: str = "", **more: Any) -> Context:
    endpoint, user = Endpoint(server=cluster.url), User(token=token or cluster.token())
    return Context(name=cluster.name, endpoint=endpoint, identity=user, **more)


@contextlib.asynccontextmanager
async def watching(*contexts: Context, timing: Timing = QUICK) -> AsyncIterator[Sight]:
    """A fleet at work, and nothing left of it at the end."""
    before = asyncio.all_tasks()
    fleet = Fleet(Store(assess), contexts, timing=timing)
    sight = Sight(fleet)
    await fleet.start()
    try:
        yield sight
    finally:
        await fleet.stop()
    await until(lambda: {task for task in asyncio.all_tasks() - before if task.get_name() in LEFT} == set())


LEFT = {"pump", "freeze", "probe", *(f"cluster {name}" for name in NAMES)}
"""Names of tasks that must not outlive the fleet."""


@contextlib.asynccontextmanager
async def settled(clusters: dict[str, SimulatedCluster], timing: Timing = QUICK) -> AsyncIterator[Sight]:
    async with watching(*(context(cluster) for cluster in clusters.values()), timing=timing) as sight:
        await asyncio.wait_for(sight.fleet.settled(), 20)
        yield sight


# --- the good days


async def test_everything_of_every_cluster_is_there(clusters: dict[str, SimulatedCluster]) -> None:
    async with settled(clusters) as sight:
        assert {name: sight.names(name) for name in NAMES} == dict.fromkeys(NAMES, names())
        assert {sight.phase(name) for name in NAMES} == {Phase.FRESH}
        assert {sight.names(name, "Namespace") == ["apps"] for name in NAMES} == {True}
        health = sight.fleet.clusters["prod-eu-1"].health
        assert (health.phase, health.detail) == (Phase.FRESH, "")
        assert health.version.startswith("v1.")
        await until(lambda: sight.told() == {name: set(names()) for name in NAMES})


async def test_changes_arrive(clusters: dict[str, SimulatedCluster]) -> None:
    async with settled(clusters) as sight:
        objects = clusters["prod-eu-1"].objects
        objects.create(kustomization("new"))
        objects.delete("Kustomization", "apps", "app-00")
        await until(lambda: sight.names("prod-eu-1") == [*names()[1:], "new"])
        assert sight.names("prod-us-1") == names()
        await until(lambda: sight.told()["prod-eu-1"] == {*names()[1:], "new"})


async def test_batches_come_ten_times_a_second_at_most_and_not_at_all_without_news(
    clusters: dict[str, SimulatedCluster],
) -> None:
    async with settled(clusters) as sight:
        objects = clusters["prod-eu-1"].objects
        await until(lambda: len(sight.told().get("update-1", ())) == 20)
        await asyncio.sleep(3 * PERIOD)
        sight.batches.clear()
        await asyncio.sleep(3 * PERIOD)
        assert sight.batches == []
        for number in range(300):
            objects.create(kustomization(f"burst-{number}"))
            await asyncio.sleep(0.002)
        await until(lambda: len(sight.names("prod-eu-1")) == 320)
        await asyncio.sleep(2 * PERIOD)
        times = [at for at, _ in sight.batches]
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert min(gaps) > 0.9 * PERIOD
        assert sum(len(batch.changes) for _, batch in sight.batches) == 300


async def test_a_session_only_reads(clusters: dict[str, SimulatedCluster]) -> None:
    async with settled(clusters) as sight:
        cluster = sight.fleet.clusters["prod-eu-1"]
        await cluster.fetch("Kustomization/apps/app-00")
        await cluster.reader.may("patch", Resource("kustomize.toolkit.fluxcd.io", "v1", "kustomizations"))
        clusters["prod-eu-1"].faults.drop_watches()
        clusters["prod-us-1"].faults.expire()
        clusters["prod-us-1"].faults.drop_watches()
        sight.fleet.retry()
        clusters["prod-us-1"].objects.create(kustomization("new"))
        await until(lambda: "new" in sight.names("prod-us-1"))
    asked = [request for cluster in clusters.values() for request in cluster.faults.requests]
    assert len(asked) > 80
    others = {request for request in asked if not request.startswith("GET ")}
    assert others == {"POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"}


async def test_a_whole_object_on_demand(clusters: dict[str, SimulatedCluster]) -> None:
    objects = clusters["prod-eu-1"].objects
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "apps"}}
    objects.create(secret | {"type": "Opaque", "data": {"password": "aHVudGVyMg=="}})
    async with settled(clusters) as sight:
        cluster = sight.fleet.clusters["prod-eu-1"]
        whole = await cluster.fetch("Kustomization/apps/app-00")
        assert (whole["kind"], whole["spec"]["path"]) == ("Kustomization", "./")
        hidden = await cluster.fetch_from(SECRETS, "apps", "s")
        assert "aHVudGVyMg" not in json.dumps(hidden)
        assert hidden["data"] == {"password": "hidden, 7 bytes"}
        with pytest.raises(NotFound, match="app-99"):
            await cluster.fetch("Kustomization/apps/app-99")
        with pytest.raises(NotFound, match="Nothing is not served"):
            await cluster.fetch("Nothing/apps/x")


async def test_clusters_join_and_leave_while_running(clusters: dict[str, SimulatedCluster]) -> None:
    first, second, *_ = clusters.values()
    async with watching(context(first)) as sight:
        await asyncio.wait_for(sight.fleet.settled(), 20)
        assert list(sight.fleet.clusters) == [first.name]
        sight.fleet.add(context(second))
        assert sight.fleet.add(context(second)) is sight.fleet.clusters[second.name]
        await until(lambda: sight.names(second.name) == names())
        await sight.fleet.remove(first.name)
        await sight.fleet.remove("nobody")
        assert [data.name for data in sight.store.clusters()] == [second.name]
        await until(lambda: sight.told()[first.name] == set())
        await until(lambda: not tuple(first.faults.watches()))
        sight.fleet.add(context(first))
        await until(lambda: sight.names(first.name) == names())


async def test_a_subscriber_that_fails_does_not_silence_the_others(clusters: dict[str, SimulatedCluster]) -> None:
    async with settled(clusters) as sight:

        def broken(batch: Batch) -> None:
            raise RuntimeError("a defect")

        sight.fleet.subscribe(broken)
        last: list[Batch] = []
        end = sight.fleet.subscribe(last.append)
        clusters["prod-eu-1"].objects.create(kustomization("new"))
        await until(lambda: len(last) > 0)
        end()
        last.clear()
        clusters["prod-eu-1"].objects.create(kustomization("newer"))
        await until(lambda: "newer" in sight.told()["prod-eu-1"])
        assert last == []


# --- one cluster dies


async def test_a_dead_cluster_is_stale_the_others_go_on_and_it_comes_back_without_a_ghost(
    clusters: dict[str, SimulatedCluster],
) -> None:
    dead, alive = clusters["prod-eu-1"], clusters["prod-us-1"]
    async with settled(clusters) as sight:
        await dead.stop(abruptly=True)
        await until(lambda: sight.phase("prod-eu-1") is Phase.STALE)
        state = sight.store.table("prod-eu-1", "Kustomization").state
        assert sight.names("prod-eu-1") == names(), "rows of a lost connection stay"
        assert (state.detail, state.contact > 0) == ("connection refused", True)
        health = sight.fleet.clusters["prod-eu-1"].health
        assert health.phase is Phase.STALE
        assert "connection refused" in health.detail

        for number in range(20):  # the others do not wait
            began = time.monotonic()
            alive.objects.create(kustomization(f"meanwhile-{number}"))
            await until(lambda number=number: f"meanwhile-{number}" in sight.names("prod-us-1"))
            assert time.monotonic() - began < 1.0
        assert {sight.phase(name) for name in NAMES if name != "prod-eu-1"} == {Phase.FRESH}

        dead.objects.delete("Kustomization", "apps", "app-00")
        dead.objects.create(kustomization("born-meanwhile"))
        await dead.start()
        await until(lambda: sight.phase("prod-eu-1") is Phase.FRESH)
        assert sight.names("prod-eu-1") == [*names()[1:], "born-meanwhile"]
        await until(lambda: sight.told()["prod-eu-1"] == {*names()[1:], "born-meanwhile"})
        await until(lambda: sight.fleet.clusters["prod-eu-1"].health.phase is Phase.FRESH)


async def test_another_server_at_the_same_address_is_believed(clusters: dict[str, SimulatedCluster]) -> None:
    """Restored from a backup, or rebuilt: its versions begin anew, below those that we know."""
    old = clusters["prod-eu-1"]
    async with settled(clusters) as sight:
        for number in range(50):
            old.objects.create(kustomization(f"more-{number}"))
        await until(lambda: len(sight.names("prod-eu-1")) == 70)
        await old.stop(abruptly=True)
        await until(lambda: sight.phase("prod-eu-1") is Phase.STALE)
        async with SimulatedCluster("prod-eu-1", filled(3), port=old.port):
            await until(lambda: sight.names("prod-eu-1") == names(3))
        await until(lambda: sight.told()["prod-eu-1"] == set(names(3)))


async def test_contexts_that_never_work_delay_nobody(clusters: dict[str, SimulatedCluster]) -> None:
    broken = [Context(name=f"broken-{number}", problem="user 'x' is not defined in any file") for number in range(50)]
    nowhere = [
        Context(name=f"nowhere-{number}", endpoint=Endpoint(server=f"http://nowhere-{number}.invalid"))
        for number in range(20)
    ]
    good = context(clusters["prod-eu-1"])
    async with watching(*broken, *nowhere, good) as sight:
        began = time.monotonic()
        await until(lambda: sight.names("prod-eu-1") == names())
        assert time.monotonic() - began < 5.0
        await until(lambda: all(sight.phase(each.name) is Phase.UNREACHABLE for each in (*broken, *nowhere)))
        assert sight.detail("broken-0") == "user 'x' is not defined in any file"
        assert sight.detail("nowhere-0").endswith("its name does not resolve (DNS)")
        assert sight.fleet.clusters["broken-0"].health.detail == "user 'x' is not defined in any file"
        with pytest.raises((Unreachable, NotFound)):
            await sight.fleet.clusters["nowhere-0"].fetch("Kustomization/apps/x")


async def test_a_cluster_that_hangs_delays_nobody(clusters: dict[str, SimulatedCluster]) -> None:
    clusters["prod-eu-1"].faults.hang = True
    async with watching(*(context(cluster) for cluster in clusters.values())) as sight:
        await until(lambda: all(sight.names(name) == names() for name in NAMES if name != "prod-eu-1"))
        assert sight.phase("prod-eu-1") is Phase.LOADING
        assert sight.fleet.clusters["prod-eu-1"].health.phase is Phase.LOADING
        clusters["prod-eu-1"].faults.hang = False
        await until(lambda: sight.names("prod-eu-1") == names())


# --- connections


async def test_dropped_watches_lose_nothing_and_are_no_news(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    async with settled(clusters) as sight:
        await until(lambda: len(sight.told().get("prod-eu-1", ())) == 20)
        sight.batches.clear()
        cluster.faults.drop_watches()
        cluster.objects.create(kustomization("between"))
        cluster.objects.delete("Kustomization", "apps", "app-00")
        await until(lambda: sight.names("prod-eu-1") == [*names()[1:], "between"])
        assert sight.phase("prod-eu-1") is Phase.FRESH
        lists = [asked for asked in cluster.faults.requests if "/kustomizations?" in asked and "sendInitial" in asked]
        assert len(lists) == 1, "the watch goes on where it was"


async def test_a_silent_connection_is_noticed(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    async with settled({"prod-eu-1": cluster}, SILENT) as sight:
        cluster.faults.silent_watch = True
        cluster.objects.create(kustomization("unheard"))
        await until(lambda: sight.phase("prod-eu-1") is not Phase.FRESH or "unheard" in sight.names("prod-eu-1"))
        cluster.faults.silent_watch = False
        await until(lambda: "unheard" in sight.names("prod-eu-1"))
        await until(lambda: sight.phase("prod-eu-1") is Phase.FRESH)
        assert sight.names("prod-eu-1") == [*names(), "unheard"]


@pytest.mark.parametrize(
    "garbage", [b"\x00\xff\x00\n", b"<html>502</html>\n", b'{"type":"ADDED","object":{\n', b"{}\n"]
)
async def test_garbage_in_a_watch_loses_nothing(clusters: dict[str, SimulatedCluster], garbage: bytes) -> None:
    cluster = clusters["prod-eu-1"]
    async with settled(clusters) as sight:
        cluster.faults.garble(garbage)
        cluster.objects.create(kustomization("after"))
        await until(lambda: sight.names("prod-eu-1") == ["after", *names()])
        await until(lambda: sight.phase("prod-eu-1") is Phase.FRESH)
        assert {sight.names(name) == names() for name in NAMES if name != "prod-eu-1"} == {True}


async def test_garbage_instead_of_every_watch_is_told_and_heals(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    async with settled(clusters) as sight:
        cluster.faults.garbage_watch = b"not json\n"
        cluster.faults.drop_watches()
        await until(lambda: sight.phase("prod-eu-1") is Phase.STALE)
        assert "kustomizations" in sight.detail("prod-eu-1")
        assert sight.names("prod-eu-1") == names()
        cluster.faults.garbage_watch = b""
        await until(lambda: sight.phase("prod-eu-1") is Phase.FRESH)


async def test_versions_that_are_too_old_are_listed_again(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    async with settled(clusters) as sight:
        cluster.objects.delete("Kustomization", "apps", "app-00")
        cluster.objects.create(kustomization("new"))
        cluster.faults.expire()
        cluster.faults.drop_watches()
        await until(lambda: sight.names("prod-eu-1") == [*names()[1:], "new"])
        cluster.objects.create(kustomization("newer"))
        await until(lambda: "newer" in sight.names("prod-eu-1"))
        assert sight.phase("prod-eu-1") is Phase.FRESH


@pytest.mark.parametrize("how", ["refused", "error"])
async def test_servers_without_streamed_lists_are_read_in_pages(
    clusters: dict[str, SimulatedCluster], how: Any
) -> None:
    cluster = clusters["prod-eu-1"]
    cluster.faults.no_watchlist = how
    cluster.faults.short_pages = 7
    async with settled({"prod-eu-1": cluster}) as sight:
        assert sight.names("prod-eu-1") == names()
        pages = [asked for asked in cluster.faults.requests if "/kustomizations?" in asked and "watch=" not in asked]
        assert len(pages) == 3
        cluster.objects.create(kustomization("new"))
        await until(lambda: "new" in sight.names("prod-eu-1"))


# --- refusals


async def test_a_throttled_client_waits_as_long_as_it_is_told(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    cluster.faults.throttle(429, times=1, retry_after=1)
    async with watching(context(cluster)) as sight:
        await until(lambda: len(cluster.faults.requests) == 1)
        began = time.monotonic()
        await until(lambda: sight.names("prod-eu-1") == names())
        assert time.monotonic() - began > 0.95
        assert len(cluster.faults.requests) > 1


async def test_a_refused_login_is_told_and_heals(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    cluster.faults.unauthorized = True
    async with watching(context(cluster), context(clusters["prod-us-1"])) as sight:
        await until(lambda: sight.phase("prod-eu-1") is Phase.LOGIN)
        assert "log in again" in sight.detail("prod-eu-1")
        assert sight.fleet.clusters["prod-eu-1"].health.phase is Phase.LOGIN
        await until(lambda: sight.names("prod-us-1") == names())
        cluster.faults.unauthorized = False
        sight.fleet.retry("prod-eu-1")
        await until(lambda: sight.names("prod-eu-1") == names())


async def test_a_token_that_expires_while_running_keeps_the_rows(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    async with settled(clusters) as sight:
        cluster.faults.unauthorized = True
        cluster.faults.drop_watches()
        await until(lambda: sight.phase("prod-eu-1") is Phase.LOGIN)
        assert sight.names("prod-eu-1") == names()
        cluster.faults.unauthorized = False
        await until(lambda: sight.phase("prod-eu-1") is Phase.FRESH)


def viewer(cluster: SimulatedCluster, *resources: str, verbs: tuple[str, ...] = ("get", "list", "watch")) -> Context:
    cluster.access.tokens["viewer-token"] = access.User("viewer", ("system:authenticated",))
    if resources:
        cluster.access.grant("view", ["User:viewer"], verbs, resources)
    return context(cluster, "viewer-token")


async def test_a_viewer_sees_what_it_may_and_is_told_what_not(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    async with watching(viewer(cluster, "kustomizations", "ocirepositories")) as sight:
        await asyncio.wait_for(sight.fleet.settled(), 20)
        assert (sight.phase("prod-eu-1"), sight.names("prod-eu-1")) == (Phase.FRESH, names())
        await until(lambda: sight.phase("prod-eu-1", "HelmRelease") is Phase.FORBIDDEN)
        detail = sight.detail("prod-eu-1", "HelmRelease")
        assert detail == "viewer may not list helmreleases.helm.toolkit.fluxcd.io at the cluster scope"
        health = sight.fleet.clusters["prod-eu-1"].health
        assert health.phase is Phase.FRESH
        assert "not allowed" in health.detail
        cluster.access.grant("more", ["User:viewer"], ("list", "watch"), ("helmreleases",))
        await until(lambda: sight.phase("prod-eu-1", "HelmRelease") is Phase.FRESH)


async def test_who_may_not_watch_polls(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    async with watching(viewer(cluster, "*", verbs=("list", "get"))) as sight:
        await until(lambda: sight.names("prod-eu-1") == names())
        await until(lambda: sight.detail("prod-eu-1") == "polled: watching is not allowed")
        cluster.objects.create(kustomization("new"))
        cluster.objects.delete("Kustomization", "apps", "app-00")
        await until(lambda: sight.names("prod-eu-1") == [*names()[1:], "new"])
        assert sight.phase("prod-eu-1") is Phase.FRESH


async def test_who_may_see_one_namespace_sees_that(clusters: dict[str, SimulatedCluster]) -> None:
    cluster = clusters["prod-eu-1"]
    cluster.access.tokens["viewer-token"] = access.User("viewer", ("system:authenticated",))
    cluster.access.grant("view", ["User:viewer"], ("list", "watch"), ("kustomizations",), namespaces=("apps",))
    named = context(cluster, "viewer-token", namespace="apps")
    async with watching(named) as sight:
        await until(lambda: sight.names("prod-eu-1") == names())
        assert sight.detail("prod-eu-1") == "only namespace apps: all namespaces are not allowed"
        await until(lambda: sight.phase("prod-eu-1", "Namespace") is Phase.FORBIDDEN)


# --- kinds come and go


async def test_a_kind_that_is_installed_appears_and_one_that_is_removed_goes(
    clusters: dict[str, SimulatedCluster],
) -> None:
    cluster = clusters["prod-eu-1"]
    crd = "kustomizations.kustomize.toolkit.fluxcd.io"
    definition = cluster.objects.get("CustomResourceDefinition", "", crd)
    assert definition is not None
    cluster.objects.delete("CustomResourceDefinition", "", crd)
    async with settled(clusters) as sight:
        assert (sight.phase("prod-eu-1"), sight.names("prod-eu-1")) == (Phase.MISSING, [])
        assert sight.phase("prod-eu-1", "HelmRelease") is Phase.FRESH
        again = {key: definition[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": crd}}
        cluster.objects.create(again)
        cluster.objects.create(kustomization("first"))
        await until(lambda: sight.names("prod-eu-1") == ["first"])
        await until(lambda: sight.phase("prod-eu-1") is Phase.FRESH)
        cluster.objects.delete("CustomResourceDefinition", "", crd)
        await until(lambda: sight.phase("prod-eu-1") is Phase.MISSING)
        assert sight.names("prod-eu-1") == []
        assert sight.names("prod-us-1") == names()


# --- the end


async def test_stopping_in_the_middle_of_everything_leaves_nothing(clusters: dict[str, SimulatedCluster]) -> None:
    clusters["prod-us-1"].faults.hang = True
    await clusters["update-1"].stop()
    before = asyncio.all_tasks()
    for _ in range(5):
        async with watching(*(context(cluster) for cluster in clusters.values())) as sight:
            await until(lambda sight=sight: bool(sight.names("prod-eu-1")))
    clusters["prod-us-1"].faults.hang = False
    await until(lambda: not any(tuple(cluster.faults.watches()) for cluster in clusters.values()))
    ours = {task for task in asyncio.all_tasks() - before if "fluxtui/kube" in str(task.get_coro())}
    assert ours == set()


def test_what_cannot_be_read_is_no_kube_error() -> None:
    """Callers of `fetch` catch both: the server's refusals, and bytes that are no object."""
    assert not issubclass(Garbled, NotFound)
