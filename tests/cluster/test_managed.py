"""What an object manages, asked of the simulator and of a real API server: few requests, an answer for each row."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from fluxtui.insight.kstatus import State
from fluxtui.insight.managed import Entry, Inventory, Managed
from fluxtui.insight.status import assess
from fluxtui.insight.workloads import Pod
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.contexts import Context, Endpoint, User
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.managed import LOOKED_UP, Look
from fluxtui.kube.wire import Call
from fluxtui.store.store import Store

from .conftest import Server

OWNED = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "web"}
OWNER: dict[str, Any] = {"kind": "Kustomization", "metadata": {"name": "apps", "namespace": "web"}}


@dataclass
class Watcher:
    """A cluster as one user sees it, and what was asked of it."""

    cluster: Cluster
    store: Store
    calls: list[Call] = field(default_factory=list)
    found: dict[str, Managed] = field(default_factory=dict)
    pods: dict[str, list[Pod] | str] = field(default_factory=dict)

    async def look(self, entries: Sequence[Entry], owner: dict[str, Any] = OWNER, *, swept: bool = False) -> None:
        def told(answers: Sequence[Managed]) -> None:
            self.found.update({each.entry.identity: each for each in answers})

        look = Look(self.cluster, owner, told)
        await look.at(Inventory(tuple(entries), swept=swept), entries)
        await look.pods([each for each in self.found.values() if each.selector], self.pods.update)

    @property
    def asked(self) -> list[str]:
        """The requests for objects, by verb and path."""
        return [f"{call.verb} {call.path}" for call in self.calls if call.path not in ("/api", "/apis")]


def watching(server: Server, token: str) -> Watcher:
    """The cluster through a reader of its own; what is sent is remembered."""
    endpoint = Endpoint(server=server.url, insecure_skip_tls_verify=True)
    context = Context(name="x", endpoint=endpoint, identity=User(token=token))
    store = Store(assess)
    fleet = Fleet(store, [context])
    watcher = Watcher(fleet.clusters["x"], store)
    wire = watcher.cluster.reader._wire
    request = wire.request

    def remembered(call: Call) -> Any:
        watcher.calls.append(call)
        return request(call)

    wire.request = remembered  # type: ignore[method-assign]
    return watcher


@pytest.fixture
async def admin(server: Server) -> AsyncIterator[Watcher]:
    watcher = watching(server, server.admin_token)
    yield watcher
    await watcher.cluster.reader.close()


@pytest.fixture
async def viewer(server: Server) -> AsyncIterator[Watcher]:
    watcher = watching(server, server.viewer_token)
    yield watcher
    await watcher.cluster.reader.close()


def config_map(namespace: str, name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta | ({"labels": labels} if labels else {})}


def deployment(namespace: str, name: str) -> dict[str, Any]:
    pods = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": OWNED},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": pods},
            "template": {"metadata": {"labels": pods}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}},
        },
    }


def entries(namespace: str, kind: str, *names: str, group: str = "") -> list[Entry]:
    return [Entry(group, kind, namespace, name, "v1") for name in names]


async def test_few_are_asked_for_by_name_and_what_is_gone_is_told(server: Server, admin: Watcher) -> None:
    namespace = await server.namespace()
    await server.create(config_map(namespace, "here"))
    await server.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": namespace}})
    await admin.look([*entries(namespace, "ConfigMap", "here", "gone"), *entries(namespace, "Secret", "key")])
    words = {name.rpartition("/")[2]: found.word for name, found in admin.found.items()}
    assert words == {"here": "there", "gone": "missing", "key": "there"}
    secret = next(call for call in admin.calls if call.path.endswith("/secrets/key"))
    assert "PartialObjectMetadata" in dict(secret.headers)["Accept"]  # the values of Secrets are never asked for


async def test_many_are_found_by_one_list_and_only_what_it_lacks_by_name(server: Server, admin: Watcher) -> None:
    namespace = await server.namespace()
    names = [f"c{number}" for number in range(6)]
    for name in names:
        await server.create(config_map(namespace, name, OWNED if name != "c5" else None))
    await admin.look(entries(namespace, "ConfigMap", *names, "gone"))
    assert [found.word for _, found in sorted(admin.found.items())] == [*["there"] * 6, "missing"]
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    assert sorted(admin.asked) == [f"get {path}/c5", f"get {path}/gone", f"list {path}"]


async def test_workloads_have_their_replicas_and_pods(server: Server, admin: Watcher) -> None:
    namespace = await server.namespace()
    await server.create(deployment(namespace, "site"))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "site-1", "namespace": namespace, "labels": {"app": "site"}},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]},
    }
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off"}
    container = {"name": "app", "image": "app:1", "imageID": "x", "ready": False, "restartCount": 4}
    await server.create(
        pod, status={"phase": "Running", "containerStatuses": [container | {"state": {"waiting": waiting}}]}
    )
    await admin.look(entries(namespace, "Deployment", "site", group="apps"))
    (found,) = admin.found.values()
    assert found.replicas is not None and found.replicas.words == "0/2"
    assert found.state.state is State.IN_PROGRESS
    (pods,) = admin.pods.values()
    assert not isinstance(pods, str)
    assert [(each.name, each.restarts, each.state.state) for each in pods] == [("site-1", 4, State.FAILED)]


async def test_a_kind_that_is_not_served_has_no_objects(server: Server, admin: Watcher) -> None:
    await admin.look([Entry("example.com", "Widget", "web", "x", "v1")])
    (found,) = admin.found.values()
    assert found.word == "missing" and "whose definition is gone" in found.state.message


async def test_what_is_not_allowed_is_told_for_each_and_hides_nothing_else(server: Server, viewer: Watcher) -> None:
    namespace = await server.namespace()
    await server.create(config_map(namespace, "here"))
    await server.grant(["get", "list"], ["configmaps"], namespace=namespace)
    await viewer.look(
        [
            *entries(namespace, "ConfigMap", "here"),
            *entries(namespace, "Secret", "a"),
            *entries(namespace, "ServiceAccount", *(f"s{number}" for number in range(5))),
        ]
    )
    assert viewer.found[f"ConfigMap/{namespace}/here"].word == "there"
    for name in (f"Secret/{namespace}/a", f"ServiceAccount/{namespace}/s0", f"ServiceAccount/{namespace}/s4"):
        assert viewer.found[name].word == "unknown"
        assert "may not" in viewer.found[name].state.message


async def test_who_may_not_list_all_namespaces_lists_each(server: Server, viewer: Watcher) -> None:
    namespaces = [await server.namespace() for _ in range(5)]
    for namespace in namespaces:
        await server.create(config_map(namespace, "here", OWNED))
    for namespace in namespaces[:4]:
        await server.grant(["get", "list"], ["configmaps"], namespace=namespace)
    await viewer.look([Entry("", "ConfigMap", namespace, "here") for namespace in namespaces])
    words = [viewer.found[f"ConfigMap/{namespace}/here"].word for namespace in namespaces]
    assert words == [*["there"] * 4, "unknown"]
    assert viewer.asked[0] == "list /api/v1/configmaps"


async def test_a_release_without_an_inventory_is_found_by_its_labels(server: Server, admin: Watcher) -> None:
    namespace = await server.namespace()
    labels = {"helm.toolkit.fluxcd.io/name": "site", "helm.toolkit.fluxcd.io/namespace": namespace}
    await server.create(config_map(namespace, "values", labels))
    await server.create(config_map(namespace, "another"))
    owner = {"kind": "HelmRelease", "metadata": {"name": "site", "namespace": namespace}}
    await admin.look([], owner, swept=True)
    assert list(admin.found) == [f"ConfigMap/{namespace}/values"]


async def test_a_long_list_of_what_is_gone_is_not_asked_for_one_by_one(server: Server, admin: Watcher) -> None:
    namespace = await server.namespace()
    await admin.look(entries(namespace, "ConfigMap", *(f"c{number:02d}" for number in range(40))))
    words = [found.word for found in admin.found.values()]
    assert (words.count("missing"), words.count("unknown")) == (LOOKED_UP, 40 - LOOKED_UP)
    assert len(admin.asked) == LOOKED_UP + 1


async def test_a_server_that_is_away_is_told_on_every_row() -> None:
    server = Server("gone", "http://127.0.0.1:1", None)  # type: ignore[arg-type]
    watcher = watching(server, "t")
    await watcher.look(entries("web", "ConfigMap", "a", "b"))
    assert [found.word for found in watcher.found.values()] == ["unknown", "unknown"]
    assert all("127.0.0.1" in found.state.message for found in watcher.found.values())
    await watcher.cluster.reader.close()
