"""The policy of clusters over real HTTP: beside delivery, after it, and counted where it is too much to read."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from fluxtui.insight.status import assess
from fluxtui.kinds.policy.reports import ReportRecord
from fluxtui.kube import policing
from fluxtui.kube.contexts import Context, Endpoint, User
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.glimpse import count, glimpse
from fluxtui.kube.policing import Policing
from fluxtui.kube.site import Timing
from fluxtui.kube.transport import Resource
from fluxtui.simulator.cluster import SimulatedCluster
from fluxtui.simulator.objects import Objects
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

QUICK = Timing(
    base=0.02, cap=0.1, brief=0.0, poll=0.1, forbidden=0.05, discover=0.05, discover_cap=0.1, stagger=0.1, listing=2.0
)
REPORTS = Resource("wgpolicyk8s.io", "v1alpha2", "policyreports")


def report(name: str, namespace: str = "apps", fails: int = 2) -> dict[str, Any]:
    results = [
        {"policy": f"policy-{at}", "rule": "check", "result": "fail", "source": "kyverno", "message": "no"}
        for at in range(fails)
    ]
    return {
        "apiVersion": "wgpolicyk8s.io/v1alpha2",
        "kind": "PolicyReport",
        "metadata": {"name": name, "namespace": namespace},
        "scope": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "namespace": namespace},
        "results": [*results, {"policy": "fine", "rule": "check", "result": "pass", "source": "kyverno"}],
        "summary": {"fail": fails, "warn": 0, "error": 0, "skip": 0, "pass": 1},
    }


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        await asyncio.sleep(0.005)


@pytest.fixture
async def cluster() -> AsyncIterator[SimulatedCluster]:
    objects = Objects(time.time)
    for name in ("apps", "infra"):
        objects.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for number in range(5):
        objects.create(report(f"app-{number}"))
    objects.create(report("base", "infra", fails=7))
    async with SimulatedCluster("prod", objects) as made:
        yield made
        made.faults.clear()


def context(cluster: SimulatedCluster, name: str = "", **more: Any) -> Context:
    endpoint = Endpoint(server=cluster.url)
    return Context(name=name or cluster.name, endpoint=endpoint, identity=User(token=cluster.token()), **more)


@contextlib.asynccontextmanager
async def watching(*contexts: Context) -> AsyncIterator[tuple[Fleet, Policing, list[int]]]:
    fleet = Fleet(Store(assess), contexts, timing=QUICK)
    told: list[int] = []
    guard = Policing(fleet, lambda: told.append(1))
    await fleet.start()
    guard.sync()
    try:
        await asyncio.wait_for(guard.settled(), 20)
        yield fleet, guard, told
    finally:
        await guard.stop()
        await fleet.stop()


def held(guard: Policing, cluster: str = "prod") -> list[str]:
    return sorted(row.record.name for row in guard.store.table(cluster, "PolicyReport").rows.values())


async def test_reports_are_read_into_a_store_of_their_own_and_followed(cluster: SimulatedCluster) -> None:
    async with watching(context(cluster)) as (fleet, guard, told):
        assert held(guard) == [*(f"app-{number}" for number in range(5)), "base"]
        assert not fleet.store.tables("PolicyReport"), "triage has nothing to do with them"
        record = guard.store.cluster("prod").row("PolicyReport/infra/base")
        assert record is not None
        assert isinstance(record.record, ReportRecord)
        assert record.record.counts == (7, 0, 0, 0, 1)
        before = len(told)
        cluster.objects.create(report("late"))
        await until(lambda: "late" in held(guard))
        await until(lambda: len(told) > before)
        assert guard.resource("prod", "PolicyReport") == REPORTS


async def test_delivery_comes_first(cluster: SimulatedCluster) -> None:
    async with watching(context(cluster)):
        asked = cluster.faults.requests
        first = next(at for at, line in enumerate(asked) if "policyreports" in line)
        assert {line for line in asked[first:] if "kustomizations" in line} <= {
            line for line in asked if "watch=true" in line
        }
        assert any("kustomizations" in line for line in asked[:first])


async def test_a_cluster_that_joins_is_followed_and_one_that_leaves_is_forgotten(cluster: SimulatedCluster) -> None:
    async with watching(context(cluster)) as (fleet, guard, _):
        fleet.add(context(cluster, "other"))
        guard.sync()
        await until(lambda: len(held(guard, "other")) == 6)
        await fleet.remove("other")
        guard.sync()
        await until(lambda: guard.store.find("other") is None)
        assert guard.resource("other", "PolicyReport") is None
        assert len(held(guard)) == 6


async def test_nothing_begins_any_more_once_it_has_ended(cluster: SimulatedCluster) -> None:
    before = asyncio.all_tasks()
    async with watching(context(cluster)) as (_, guard, _):
        await guard.stop()
        guard.sync()
        assert guard.done == frozenset()
    left = [task.get_name() for task in asyncio.all_tasks() - before]
    assert not [name for name in left if "policy" in name or "backlog" in name]


async def test_a_context_that_cannot_be_used_says_why(cluster: SimulatedCluster) -> None:
    broken = Context(name="broken", endpoint=Endpoint(server="https://127.0.0.1:1"), problem="no such user")
    async with watching(context(cluster), broken) as (_, guard, _):
        state = guard.store.state("broken", "PolicyReport")
        assert (state.phase, state.detail) == (Phase.UNREACHABLE, "no such user")
        assert len(held(guard)) == 6


async def test_a_server_that_cannot_be_reached_is_no_zero() -> None:
    gone = Context(name="gone", endpoint=Endpoint(server="https://127.0.0.1:1"))
    async with watching(gone) as (_, guard, _):
        assert guard.store.state("gone", "PolicyReport").phase is Phase.UNREACHABLE


async def test_very_many_are_counted_before_they_are_read(
    cluster: SimulatedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policing, "MANY", 3)
    async with watching(context(cluster)) as (_, guard, _):
        assert guard.counted == {"prod": (6, (17, 0, 0, 0, 6))}
        asked = [line for line in cluster.faults.requests if "/policyreports" in line]
        assert "includeObject=None" in asked[1], "counted after one object, and before anything is read"


async def test_few_are_not_counted(cluster: SimulatedCluster) -> None:
    async with watching(context(cluster)) as (_, guard, _):
        assert guard.counted == {}
        assert not [line for line in cluster.faults.requests if "includeObject" in line]


async def test_a_count_costs_one_object_and_a_glimpse_no_results(cluster: SimulatedCluster) -> None:
    fleet = Fleet(Store(assess), [context(cluster)], timing=QUICK)
    await fleet.start()
    try:
        reader = fleet.clusters["prod"].reader
        assert await count(reader, REPORTS) == 6
        assert [line for line in cluster.faults.requests if "/policyreports" in line] == [
            "GET /apis/wgpolicyk8s.io/v1alpha2/policyreports?limit=1"
        ]
        cluster.faults.short_pages = 2
        assert (await glimpse(reader, REPORTS)).counts == (17, 0, 0, 0, 6)
    finally:
        await fleet.stop()


async def test_what_waits_is_counted_where_there_is_kyverno(
    cluster: SimulatedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def counted(reader: Any, resource: Resource) -> int:
        asked.append(resource.plural)
        return 7 if resource.group == "reports.kyverno.io" else await count(reader, resource)

    monkeypatch.setattr(policing, "count", counted)
    async with watching(context(cluster)) as (_, guard, _):
        await until(lambda: guard.backlogs == {"prod": 14})
        assert {"ephemeralreports", "clusterephemeralreports"} <= set(asked)
