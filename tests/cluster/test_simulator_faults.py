"""What no real server can be made to do on demand: the simulator's misbehaviour, its death and its return."""

import asyncio
import json
import stat
import time

import aiohttp
import pytest
import yaml

from fluxtui.simulator import kubeconfig
from fluxtui.simulator.access import ADMIN, User
from fluxtui.simulator.cluster import SimulatedCluster
from fluxtui.simulator.objects import Objects

STREAM = {
    "watch": "true",
    "sendInitialEvents": "true",
    "resourceVersionMatch": "NotOlderThan",
    "allowWatchBookmarks": "true",
}


async def line(response) -> dict:
    async with asyncio.timeout(5):
        return json.loads(await response.content.readline())


async def opened(simulator, namespace: str, **params: str):
    """A watch after its initial state."""
    path = simulator.path("Kustomization", namespace)
    response = await simulator.open("GET", path, params=STREAM | params)
    while (await line(response))["type"] != "BOOKMARK":
        pass
    return response


async def test_refused_connections_end_before_any_answer(simulator, faults):
    faults.refuse = True
    with pytest.raises(aiohttp.ClientError):
        await simulator.get("/version")
    faults.clear()
    assert (await simulator.get("/version")).status == 200


async def test_a_hanging_server_answers_when_it_is_released(simulator, faults):
    faults.hang = True
    asked = asyncio.create_task(simulator.get("/version"))
    done, _ = await asyncio.wait([asked], timeout=0.3)
    assert not done
    faults.hang = False
    assert (await asked).status == 200


async def test_throttling_counts_and_says_when_to_come_back(simulator, faults):
    faults.throttle(429, times=2, retry_after=3)
    for _ in range(2):
        answer = await simulator.get("/version")
        assert (answer.status, answer.headers["Retry-After"], answer.json["reason"]) == (429, "3", "TooManyRequests")
    assert (await simulator.get("/version")).status == 200


async def test_expired_tokens(simulator, faults):
    faults.unauthorized = True
    assert (await simulator.get("/apis")).json["reason"] == "Unauthorized"


async def test_delays_are_waited_for(simulator, faults):
    faults.delay = 0.3
    begun = time.monotonic()
    await simulator.get("/version")
    assert time.monotonic() - begun >= 0.3


async def test_requests_are_recorded(simulator, faults):
    await simulator.get("/api/v1/namespaces?limit=1")
    assert faults.requests == ["GET /api/v1/namespaces?limit=1"]


async def test_dropped_watches_end_without_a_word(simulator, faults):
    namespace = await simulator.namespace()
    response = await opened(simulator, namespace)
    assert len(faults.watches()) == 1
    faults.drop_watches()
    with pytest.raises(aiohttp.ClientError):
        await response.content.readline()
    await simulator.until(lambda: asyncio.sleep(0, not faults.watches()))


async def test_a_silent_watch_says_nothing_and_never_lies_afterwards(simulator, faults):
    namespace = await simulator.namespace()
    response = await opened(simulator, namespace)
    faults.silent_watch = True
    await simulator.create(simulator.kustomization(namespace, "missed"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await response.content.readline()
    faults.silent_watch = False
    async with asyncio.timeout(5):
        assert await response.content.read() == b""


async def test_garbage_in_old_and_new_watches(simulator, faults):
    namespace = await simulator.namespace()
    response = await opened(simulator, namespace)
    faults.garble(b'{"type":"MOD')
    async with asyncio.timeout(5):
        assert await response.content.read(12) == b'{"type":"MOD'
    response.close()
    faults.garbage_watch = b"\xff\xfe\x00nonsense\n{"
    answer = await simulator.get(simulator.path("Kustomization"), params=STREAM)
    assert (answer.status, answer.body) == (200, b"\xff\xfe\x00nonsense\n{")


async def test_expiry_makes_versions_and_tokens_too_old(simulator, faults):
    namespace = await simulator.namespace()
    for name in "ab":
        stored = await simulator.create(simulator.kustomization(namespace, name))
    path = simulator.path("Kustomization", namespace)
    token = (await simulator.get(path, params={"limit": "1"})).json["metadata"]["continue"]
    faults.expire()
    assert (await simulator.get(path, params={"limit": "1", "continue": token})).status == 410
    version = stored["metadata"]["resourceVersion"]
    answer = await simulator.get(path, params={"watch": "true", "resourceVersion": version})
    assert [(each["type"], each["object"]["code"]) for each in answer.lines] == [("ERROR", 410)]
    listed = (await simulator.get(path)).json["metadata"]["resourceVersion"]
    answer = await simulator.get(path, params={"watch": "true", "resourceVersion": listed, "timeoutSeconds": "1"})
    assert (answer.status, answer.body) == (200, b"")


async def test_servers_that_do_not_stream_lists(simulator, faults):
    faults.no_watchlist = "refused"
    answer = await simulator.get(simulator.path("Kustomization"), params=STREAM)
    assert (answer.status, answer.json["details"]["causes"][0]["field"]) == (422, "sendInitialEvents")
    faults.no_watchlist = "error"
    answer = await simulator.get(simulator.path("Kustomization"), params=STREAM)
    assert answer.status == 200
    assert [(each["type"], each["object"]["code"]) for each in answer.lines] == [("ERROR", 500)]


async def test_bookmarks_come_to_those_who_want_them(simulator, cluster):
    namespace = await simulator.namespace()
    cluster.api.watches.bookmark_every = 0.1
    response = await opened(simulator, namespace)
    await simulator.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}})
    async with asyncio.timeout(5):
        while (told := await line(response))["object"]["metadata"]["resourceVersion"] != str(cluster.objects.version):
            assert told["type"] == "BOOKMARK"
    assert sorted(told["object"]["metadata"]) == ["resourceVersion"]
    path = simulator.path("Kustomization", namespace)
    answer = await simulator.get(path, params={"watch": "true", "timeoutSeconds": "1"})
    assert answer.body == b""


async def test_a_cluster_dies_and_comes_back_on_its_port(simulator, cluster):
    namespace = await simulator.namespace()
    response = await opened(simulator, namespace)
    port = cluster.port
    await cluster.stop(abruptly=True)
    with pytest.raises(aiohttp.ClientError):
        await response.content.readline()
    with pytest.raises(aiohttp.ClientConnectorError):
        await simulator.get("/version")
    cluster.objects.create(simulator.kustomization(namespace, "meanwhile"))
    await cluster.start()
    assert cluster.port == port
    items = (await simulator.get(simulator.path("Kustomization", namespace))).json["items"]
    assert [item["metadata"]["name"] for item in items] == ["meanwhile"]
    await cluster.restart()
    assert (await simulator.get("/version")).status == 200


async def test_a_server_that_shuts_down_ends_its_watches_in_order(simulator, cluster):
    namespace = await simulator.namespace()
    response = await opened(simulator, namespace)
    await cluster.stop()
    async with asyncio.timeout(5):
        assert await response.content.read() == b""


async def test_a_watch_ends_when_its_client_goes(simulator, faults):
    namespace = await simulator.namespace()
    response = await opened(simulator, namespace)
    response.close()
    await simulator.until(lambda: asyncio.sleep(0, not faults.watches()))


# -- logs and kubeconfig ----------------------------------------------------------------------------------------------


async def test_pod_logs(session):
    said = [(float(second), f"line {second}") for second in range(5)]
    objects = Objects(lambda: 4.0)
    objects.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}})
    for name, containers in (("one", ["manager"]), ("two", ["a", "b"])):
        spec = {"nodeName": "node-1", "containers": [{"name": container} for container in containers]}
        meta = {"name": name, "namespace": "flux-system"}
        objects.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    tokens = {"t": ADMIN}
    async with SimulatedCluster("logs", objects, tokens=tokens, log_source=lambda *_: said) as cluster:
        base, headers = f"{cluster.url}/api/v1/namespaces/flux-system/pods", {"Authorization": "Bearer t"}

        async def log(query: str, pod: str = "one") -> tuple[int, str]:
            async with session.get(f"{base}/{pod}/log?{query}", headers=headers) as response:
                return response.status, await response.text()

        assert await log("") == (200, "line 0\nline 1\nline 2\nline 3\nline 4\n")
        assert await log("tailLines=2&timestamps=true") == (
            200,
            "1970-01-01T00:00:03.000000000Z line 3\n1970-01-01T00:00:04.000000000Z line 4\n",
        )
        assert await log("tailLines=0") == (200, "")
        assert await log("sinceSeconds=1") == (200, "line 3\nline 4\n")
        status, body = await log("", "two")
        wanted = "a container name must be specified for pod two, choose one of: [a b]"
        assert (status, json.loads(body)["message"]) == (400, wanted)
        assert (await log("container=b&tailLines=1", "two"))[1] == "line 4\n"
        assert (await log("", "three"))[0] == 404
        async with session.get(f"{base}/one/log?follow=true&tailLines=1", headers=headers) as response:
            assert await response.content.readline() == b"line 4\n"
            said.append((9.0, "news"))
            async with asyncio.timeout(5):
                assert await response.content.readline() == b"news\n"
                objects.delete("Pod", "flux-system", "one")
                assert await response.content.read() == b""


async def test_a_kubeconfig_of_several_clusters(tmp_path):
    tokens = {"secret": ADMIN, "look": User("viewer", ("viewers",))}
    clusters = [SimulatedCluster(name, Objects(time.time), tokens=tokens) for name in ("staging-1", "prod-eu-1")]
    for cluster in clusters:
        await cluster.start()
    path = kubeconfig.write(tmp_path / "deep" / "config", clusters, {"prod-eu-1": {"prod-eu-1-viewer": "look"}})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    content = yaml.safe_load(path.read_text())
    assert content["current-context"] == "staging-1"
    contexts = {each["name"]: each["context"] for each in content["contexts"]}
    assert list(contexts) == ["staging-1", "prod-eu-1", "prod-eu-1-viewer"]
    assert contexts["prod-eu-1-viewer"] == {"cluster": "prod-eu-1", "user": "prod-eu-1-viewer"}
    users = {each["name"]: each["user"]["token"] for each in content["users"]}
    assert users == {"staging-1": "secret", "prod-eu-1": "secret", "prod-eu-1-viewer": "look"}
    servers = {each["name"]: each["cluster"]["server"] for each in content["clusters"]}
    assert servers == {cluster.name: cluster.url for cluster in clusters}
    for cluster in clusters:
        await cluster.stop()


async def test_rights_can_be_granted_and_taken(simulator, cluster):
    namespace = await simulator.namespace()
    cluster.access.grant("read-apps", ["Group:viewers"], ["get", "list"], ["*"], namespaces=[namespace])
    cluster.access.grant("see-namespaces", ["User:viewer"], ["list"], ["namespaces"], groups=[""])
    token = simulator.viewer_token
    for kind in ("Kustomization", "Pod"):
        assert (await simulator.get(simulator.path(kind, namespace), token=token)).status == 200
        assert (await simulator.get(simulator.path(kind), token=token)).status == 403
    assert (await simulator.get("/api/v1/namespaces", token=token)).status == 200
    cluster.objects.delete("ClusterRoleBinding", "", "see-namespaces")
    assert (await simulator.get("/api/v1/namespaces", token=token)).status == 403
    cluster.access.tokens.pop(token)
    assert (await simulator.get("/api", token=token)).status == 401


async def test_other_served_versions_speak_their_own_name(simulator):
    policy = {"apiVersion": "kyverno.io/v2beta1", "kind": "ClusterPolicy", "metadata": {"name": "p"}, "spec": {}}
    path = "/apis/kyverno.io/v2beta1/clusterpolicies"
    answer = await simulator.ask("POST", path, json=policy)
    assert (answer.status, answer.json["apiVersion"]) == (201, "kyverno.io/v2beta1")
    assert [item["apiVersion"] for item in (await simulator.get(path)).json["items"]] == ["kyverno.io/v2beta1"]
    assert (await simulator.get(simulator.path("ClusterPolicy", name="p"))).json["apiVersion"] == "kyverno.io/v1"
    watched = await simulator.get(path, params={"watch": "true", "timeoutSeconds": "1"})
    assert [each["object"]["apiVersion"] for each in watched.lines] == ["kyverno.io/v2beta1"]
