"""The client against an API server: the simulator always, a real one where its binaries are at hand.

What is asserted here holds for both; servers that misbehave are in test_fleet (over HTTP) and in the unit tests
of the reflector (every step).
"""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from fluxtui.insight.status import assess
from fluxtui.kinds.table import KINDS
from fluxtui.kube.answers import Expired, Forbidden, NotFound, Refused, Unauthorized
from fluxtui.kube.auth import Credentials, Impersonation
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.contexts import Context, User, load
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.site import Timing
from fluxtui.kube.transport import Reader, Resource, Scope
from fluxtui.kube.wire import Wire, load_plumbing
from fluxtui.kube.writer import Permission, open_writer
from fluxtui.store.state import Phase
from fluxtui.store.store import Store
from fluxtui.store.table import Table

KIND = KINDS["Kustomization"]
RESOURCE = Resource(KIND.group, "v1", KIND.plural)
SECRETS = Resource("", "v1", "secrets")
QUICK = Timing(
    base=0.02, cap=0.2, brief=0.0, poll=0.2, forbidden=0.1, discover=0.05, discover_cap=0.2, stagger=0.2, listing=5.0
)
Server = Any
"""The server under test (conftest)."""


def thing(namespace: str, name: str, **spec: Any) -> dict[str, Any]:
    source = {"kind": "OCIRepository", "name": "apps"}
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"interval": "10m", "prune": True, "sourceRef": source} | spec,
    }


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        await asyncio.sleep(0.01)


def context(server: Server, folder: Path, who: str = "admin", **more: Any) -> Context:
    """The context of somebody, as a kubeconfig tells it."""
    loaded = load(str(server.kubeconfig(folder / "kubeconfig")))
    found = loaded.context(f"{server.name}-{who}")
    assert found is not None
    assert found.problem is None
    return Context(**{field: getattr(found, field) for field in found.__struct_fields__} | more)


@contextlib.asynccontextmanager
async def watching(context: Context, impersonation: Impersonation | None = None) -> AsyncIterator[Cluster]:
    """One cluster at work, until every kind has been loaded or refused."""
    fleet = Fleet(Store(assess), [context], timing=QUICK, impersonation=impersonation)
    await fleet.start()
    try:
        await asyncio.wait_for(fleet.settled(), 30)
        yield fleet.clusters[context.name]
    finally:
        await fleet.stop()


@contextlib.asynccontextmanager
async def reading(context: Context) -> AsyncIterator[Reader]:
    await asyncio.to_thread(load_plumbing)
    reader = Reader(Wire(context, Credentials(context, time.time), time.time))
    yield reader
    await reader.close()


def table(cluster: Cluster, kind: str = "Kustomization") -> Table:
    return cluster._data.table(kind)


def names(cluster: Cluster, namespace: str) -> list[str]:
    rows = table(cluster).rows.values()
    return sorted(row.record.name for row in rows if row.record.namespace == namespace)


# --- the same as on the server


async def test_the_table_is_what_the_server_has(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    for number in range(12):
        await server.create(thing(namespace, f"a-{number:02d}"))
    async with watching(context(server, tmp_path)) as cluster:
        assert cluster.health.phase is Phase.FRESH, cluster.health
        assert cluster.health.version.startswith("v")
        assert names(cluster, namespace) == [f"a-{number:02d}" for number in range(12)]
        await server.create(thing(namespace, "new"))
        await server.delete("Kustomization", namespace, "a-00")
        await server.patch("Kustomization", namespace, "a-01", {"spec": {"suspend": True}})
        await until(lambda: names(cluster, namespace) == [*(f"a-{number:02d}" for number in range(1, 12)), "new"])
        row = table(cluster).rows[f"Kustomization/{namespace}/a-01"]
        await until(lambda: table(cluster).rows[row.record.id].record.suspended)


async def test_whatever_happens_in_whatever_order_both_end_the_same(server: Server, tmp_path: Path) -> None:
    namespace, rng = await server.namespace(), random.Random(7)
    async with watching(context(server, tmp_path)) as cluster:
        there: set[str] = set()
        for step in range(80):
            name = f"n-{rng.randrange(12)}"
            if name not in there:
                await server.create(thing(namespace, name))
                there.add(name)
            elif rng.random() < 0.5:
                await server.delete("Kustomization", namespace, name)
                there.discard(name)
            else:
                await server.patch("Kustomization", namespace, name, {"spec": {"path": f"./{step}"}})
        listed = (await server.get(server.path("Kustomization", namespace))).json["items"]
        versions = {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in listed}

        def held() -> dict[str, str]:
            rows = [row.record for row in table(cluster).rows.values() if row.record.namespace == namespace]
            return {record.name: record.version for record in rows}

        await until(lambda: held() == versions)
        assert set(versions) == there


async def test_every_kind_is_fresh_missing_or_told(server: Server, tmp_path: Path) -> None:
    async with watching(context(server, tmp_path)) as cluster:
        phases = {name: table(cluster, name).state.phase for name in KINDS}
    assert set(phases.values()) <= {Phase.FRESH, Phase.MISSING}, phases
    assert phases["Kustomization"] is phases["ResourceSet"] is phases["Namespace"] is Phase.FRESH


# --- what lists and watches are made of


async def test_pages_and_the_streamed_list_bring_the_same(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    for number in range(5):
        await server.create(thing(namespace, f"a-{number}"))
    scope = Scope(namespace)
    async with reading(context(server, tmp_path)) as reader:
        paged, token, pages = set(), "", 0
        while True:
            page = KIND.decode_page(await reader.list_page(RESOURCE, scope, token=token, limit=2))
            paged |= {(record.id, record.version) for record in page.records}
            token, pages = page.next, pages + 1
            if not token:
                break
        streamed: set[tuple[str, str]] = set()
        async with reader.watch(RESOURCE, scope, initial=True, seconds=20) as chunks:
            data = b""
            async for chunk in chunks:
                data += chunk
                if b"k8s.io/initial-events-end" in data and data.endswith(b"\n"):
                    break
        events = KIND.decode_events(data)
    streamed = {(event.record.id, event.record.version) for event in events if event.record}
    assert (pages, len(paged)) == (3, 5)
    assert streamed == paged
    assert [event.initial_end for event in events] == [False] * 5 + [True]
    assert int(events[-1].version) >= max(int(version) for _, version in paged)


async def test_old_versions_are_expired_and_nonsense_is_refused(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    for number in range(3):
        await server.create(thing(namespace, f"a-{number}"))
    async with reading(context(server, tmp_path)) as reader:
        async with reader.watch(RESOURCE, Scope(), version="1", seconds=5) as chunks:
            (event,) = KIND.decode_events(await anext(chunks))
        assert event.error is not None
        assert (event.error.code, event.error.reason) == (410, "Expired")
        with pytest.raises(Refused) as refused:
            await reader.list_page(RESOURCE, Scope(), token="zzz", limit=1)
        assert refused.value.status == 400


async def test_a_list_that_expires_between_its_pages(simulator: Server, faults: Any, tmp_path: Path) -> None:
    namespace = await simulator.namespace()
    for number in range(3):
        await simulator.create(thing(namespace, f"a-{number}"))
    async with reading(context(simulator, tmp_path)) as reader:
        page = KIND.decode_page(await reader.list_page(RESOURCE, Scope(), limit=1))
        faults.expire()
        with pytest.raises(Expired, match="too old to display a consistent list"):
            await reader.list_page(RESOURCE, Scope(), token=page.next, limit=1)


async def test_selectors_narrow_what_is_listed(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    for name, labels in (("one", {"a": "b"}), ("two", {})):
        made = thing(namespace, name)
        made["metadata"]["labels"] = labels
        await server.create(made)
    async with reading(context(server, tmp_path)) as reader:
        by_label = KIND.decode_page(await reader.list_page(RESOURCE, Scope(namespace, labels="a in (b, c)")))
        by_field = KIND.decode_page(await reader.list_page(RESOURCE, Scope(namespace, fields="metadata.name=two")))
    assert [record.name for record in by_label.records] == ["one"]
    assert [record.name for record in by_field.records] == ["two"]


async def test_the_servers_own_table(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    await server.create(thing(namespace, "one"))
    async with reading(context(server, tmp_path)) as reader:
        printed = json.loads(await reader.table(RESOURCE, Scope(namespace)))
    assert printed["kind"] == "Table"
    assert [row["object"]["metadata"]["name"] for row in printed["rows"]] == ["one"]


# --- rights


async def test_what_is_not_allowed_is_named_and_seen_once_it_is(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    await server.create(thing(namespace, "one"))
    async with watching(context(server, tmp_path, "viewer")) as cluster:
        assert table(cluster).state.phase is Phase.FORBIDDEN
        words = "viewer may not list kustomizations.kustomize.toolkit.fluxcd.io at the cluster scope"
        assert table(cluster).state.detail == words
        assert cluster.health.phase is Phase.FORBIDDEN
        await server.grant(["list", "watch"], ["kustomizations"], groups=["kustomize.toolkit.fluxcd.io"])
        await until(lambda: table(cluster).state.phase is Phase.FRESH)
        assert names(cluster, namespace) == ["one"]
        assert table(cluster, "HelmRelease").state.phase is Phase.FORBIDDEN
        await server.create(thing(namespace, "two"))
        await until(lambda: names(cluster, namespace) == ["one", "two"])


async def test_lists_without_watches_are_polled(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    await server.grant(["list"], ["kustomizations"], groups=["kustomize.toolkit.fluxcd.io"])
    async with watching(context(server, tmp_path, "viewer")) as cluster:
        await until(lambda: table(cluster).state.detail == "polled: watching is not allowed")
        await server.create(thing(namespace, "one"))
        await until(lambda: names(cluster, namespace) == ["one"])
        await server.delete("Kustomization", namespace, "one")
        await until(lambda: names(cluster, namespace) == [])


async def test_the_context_s_own_namespace_when_it_is_the_only_one_allowed(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    await server.create(thing(namespace, "one"))
    groups = ["kustomize.toolkit.fluxcd.io"]
    await server.grant(["list", "watch"], ["kustomizations"], groups=groups, namespace=namespace)
    async with watching(context(server, tmp_path, "viewer", namespace=namespace)) as cluster:
        await until(lambda: names(cluster, namespace) == ["one"])
        assert table(cluster).state.detail == f"only namespace {namespace}: all namespaces are not allowed"


async def test_impersonation_takes_the_rights_of_whom_we_act_as(server: Server, tmp_path: Path) -> None:
    await server.grant(["list", "watch"], ["kustomizations"], groups=["kustomize.toolkit.fluxcd.io"])
    admin = context(server, tmp_path)
    async with watching(admin, Impersonation("jane")) as cluster:
        assert table(cluster).state.detail.startswith("jane may not list kustomizations")
    async with watching(admin, Impersonation("jane", ("viewers",))) as cluster:
        assert table(cluster).state.phase is Phase.FRESH
        assert table(cluster, "HelmRelease").state.detail.startswith("jane may not list helmreleases")


async def test_a_token_that_nobody_knows_needs_a_login(server: Server, tmp_path: Path) -> None:
    stranger = context(server, tmp_path, identity=User(token="nobody-knows-me"))
    async with watching(stranger) as cluster:
        assert {table(cluster, name).state.phase for name in KINDS} == {Phase.LOGIN}
        assert cluster.health.phase is Phase.LOGIN
        assert "log in again" in cluster.health.detail
        with pytest.raises(Unauthorized):
            await cluster.reader.document("/version")


async def test_reviews_of_our_own_rights(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    async with reading(context(server, tmp_path, "viewer")) as reader:
        assert not (await reader.may("patch", RESOURCE, namespace=namespace)).allowed
        await server.grant(["patch"], ["kustomizations"], groups=["kustomize.toolkit.fluxcd.io"], namespace=namespace)
        assert (await reader.may("patch", RESOURCE, namespace=namespace)).allowed
        assert not (await reader.may("patch", RESOURCE)).allowed
        rules = (await reader.rules(namespace)).resource_rules
    assert any("patch" in rule.verbs and "kustomizations" in rule.resources for rule in rules)


# --- kinds come and go


async def test_a_kind_goes_and_comes_back(server: Server, tmp_path: Path) -> None:
    async with watching(context(server, tmp_path)) as cluster:
        assert table(cluster, "Bucket").state.phase is Phase.FRESH
        await server.remove_kind("Bucket")
        await until(lambda: table(cluster, "Bucket").state.phase is Phase.MISSING)
        assert table(cluster).state.phase is Phase.FRESH
        await server.install_kind("Bucket")
        await until(lambda: table(cluster, "Bucket").state.phase is Phase.FRESH, 60)


# --- whole objects, and changes to them


async def test_whole_objects_come_without_the_values_of_secrets(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    await server.create(thing(namespace, "one", path="./here"))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace}}
    await server.create(secret | {"type": "Opaque", "data": {"password": "aHVudGVyMg=="}})
    async with watching(context(server, tmp_path)) as cluster:
        whole = await cluster.fetch(f"Kustomization/{namespace}/one")
        assert (whole["kind"], whole["spec"]["path"]) == ("Kustomization", "./here")
        hidden = await cluster.fetch_from(SECRETS, namespace, "s")
        assert hidden["data"] == {"password": "hidden, 7 bytes"}
        with pytest.raises(NotFound) as missing:
            await cluster.fetch(f"Kustomization/{namespace}/none")
        assert not missing.value.kind_missing


async def test_a_writer_patches_and_applies_in_our_name(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    await server.create(thing(namespace, "one"))
    async with watching(context(server, tmp_path)) as cluster:
        writer = open_writer(cluster, Permission(read_only=False))
        try:
            await writer.merge(RESOURCE, namespace, "one", {"spec": {"path": "./dry"}}, dry_run=True)
            assert "path" not in (await cluster.fetch(f"Kustomization/{namespace}/one"))["spec"]
            await writer.merge(RESOURCE, namespace, "one", {"spec": {"suspend": True}})
            await until(lambda: table(cluster).rows[f"Kustomization/{namespace}/one"].record.suspended)
            owned = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "spec": {"path": "./x"}}
            await writer.apply(RESOURCE, namespace, "one", owned | {"metadata": {"name": "one"}})
            with pytest.raises(Refused) as unknown:
                await writer.merge(RESOURCE, namespace, "none", {"spec": {}})
            assert unknown.value.verb == "patch"
        finally:
            await writer.close()
        managers = (await cluster.fetch(f"Kustomization/{namespace}/one"))["metadata"]["managedFields"]
        assert {entry["operation"] for entry in managers if entry["manager"] == "fluxtui"} == {"Update", "Apply"}
    viewer = context(server, tmp_path, "viewer")
    async with watching(viewer) as cluster:
        writer = open_writer(cluster, Permission(read_only=False))
        with pytest.raises(Forbidden, match="viewer may not patch kustomizations"):
            await writer.merge(RESOURCE, namespace, "one", {"spec": {}})
        await writer.close()
