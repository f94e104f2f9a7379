"""A namespace looked through over HTTP: every kind by its metadata, a few at a time, what is refused is named."""

import time

from fluxtui.insight.orphans import Origin
from fluxtui.kinds.table import KINDS
from fluxtui.kube.orphans import Searched, search
from fluxtui.store.state import DataState, Phase

from .conftest import Server
from .test_managed import Watcher, config_map, watching

LABELS = "kustomize.toolkit.fluxcd.io"


async def peopled(server: Server, watcher: Watcher) -> str:
    """A namespace with something managed, something left behind, and something that a person made."""
    namespace = await server.namespace()
    labels = {f"{LABELS}/name": "apps", f"{LABELS}/namespace": namespace}
    await server.create(config_map(namespace, "settings", labels))
    await server.create(config_map(namespace, "by-hand"))
    left = config_map(namespace, "left", labels | {f"{LABELS}/name": "gone"})
    await server.ask("POST", f"{server.path('ConfigMap', namespace)}?fieldManager=kustomize-controller", json=left)
    entries = [{"id": f"{namespace}_settings__ConfigMap", "v": "v1"}]
    await server.create(server.kustomization(namespace, "apps"), status={"inventory": {"entries": entries}})
    table = watcher.store.table("x", "Kustomization")
    table.set_state(DataState(Phase.FRESH, 1, 1))
    record = KINDS["Kustomization"].decode_object(
        (await server.get(server.path("Kustomization", namespace, "apps"))).body
    )
    assert record is not None
    table.upsert(record)
    return namespace


async def test_a_namespace_is_looked_through_by_metadata_alone(server: Server) -> None:
    watcher = watching(server, server.admin_token)
    namespace = await peopled(server, watcher)
    steps: list[int] = []
    found = await search(watcher.cluster, namespace, time.time, lambda each: steps.append(each.done))
    report = found.report(watcher.store.cluster("x"))
    names = {each.found.name: each for each in report.orphans}
    assert names["left"].origin is Origin.LEFT and names["left"].who == "kustomize-controller"
    assert "settings" not in names and "by-hand" in names
    assert "kube-root-ca.crt" not in names
    lists = [call for call in watcher.calls if call.verb == "list"]
    assert all("PartialObjectMetadata" in dict(call.headers)["Accept"] for call in lists)
    assert all(f"/namespaces/{namespace}/" in call.path for call in lists)
    assert not [call for call in lists if call.path.endswith(("/events", "/leases", "/endpoints"))]
    assert steps[-1] == found.wanted == len({call.path for call in lists})
    await watcher.cluster.reader.close()


async def test_what_may_not_be_listed_is_counted_and_named(server: Server) -> None:
    watcher = watching(server, server.viewer_token)
    namespace = await peopled(server, watcher)
    await server.grant(["get", "list"], ["configmaps"], namespace=namespace)
    found = await search(watcher.cluster, namespace, time.time, lambda _: None)
    assert "secrets" in found.forbidden and "deployments.apps" in found.forbidden
    assert "configmaps" not in found.forbidden and not found.whole
    assert any(each.found.name == "left" for each in found.report(watcher.store.cluster("x")).orphans)
    await watcher.cluster.reader.close()


async def test_a_server_that_is_away_says_so() -> None:
    watcher = watching(Server("gone", "http://127.0.0.1:1", None), "t")  # type: ignore[arg-type]
    told: list[Searched] = []
    found = await search(watcher.cluster, "web", time.time, told.append)
    assert "127.0.0.1" in found.trouble and found.at and not found.whole
    await watcher.cluster.reader.close()
