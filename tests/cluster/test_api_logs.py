"""Pod logs: what the API server says about them itself, on both servers; and the rest as kubelets say it."""

import asyncio
import json
import time

import pytest

from fluxtui.simulator import personas
from fluxtui.simulator.access import ADMIN, User
from fluxtui.simulator.cluster import SimulatedCluster
from fluxtui.simulator.objects import Objects


async def pod(server, name, containers, init=()):
    namespace = await server.namespace()
    made = [{"name": container, "image": "app:v1"} for container in containers]
    spec = {"containers": made} | (
        {"initContainers": [{"name": each, "image": "app:v1"} for each in init]} if init else {}
    )
    meta = {"name": name, "namespace": namespace}
    await server.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    return f"/api/v1/namespaces/{namespace}/pods/{name}/log"


async def test_a_pod_that_nobody_runs_has_no_log(server):
    path = await pod(server, "one", ["app"])
    for query in ("", "?follow=true", "?previous=true", "?tailLines=3&timestamps=true"):
        answer = await server.get(path + query)
        assert (answer.status, answer.text) == (204, "")


async def test_a_container_must_be_meant(server):
    path = await pod(server, "two", ["a", "b"], init=["i"])
    answer = await server.get(path)
    assert answer.status == 400
    assert answer.json["message"] == "a container name must be specified for pod two, choose one of: [i a b]"
    assert (await server.get(f"{path}?container=c")).json["message"] == "container c is not valid for pod two"
    assert (await server.get(f"{path}?container=i")).status == 204
    missing = await server.get(path.replace("/two/", "/three/"))
    assert (missing.status, missing.json["message"]) == (404, 'pods "three" not found')


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("tailLines=-1", 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ("limitBytes=0", 422, "limitBytes: Invalid value: 0: must be greater than 0"),
        ("sinceSeconds=0", 422, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        (
            "sinceSeconds=1&sinceTime=2026-11-21T03:14:43Z",
            422,
            "[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
        ),
        (
            "tailLines=-1&limitBytes=0",
            422,
            "[tailLines: Invalid value: -1: must be greater than or equal to 0, "
            "limitBytes: Invalid value: 0: must be greater than 0]",
        ),
        (
            "sinceTime=yesterday",
            400,
            'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
        ),
        ("tailLines=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
    ],
)
async def test_options_that_make_no_sense(server, query, status, message):
    answer = await server.get(f"{await pod(server, 'one', ['app'])}?{query}")
    assert answer.status == status
    assert answer.json["message"] == (f'PodLogOptions "one" is invalid: {message}' if status == 422 else message)


# -- what no API server can be asked without a kubelet ---------------------------------------------------------------


class Kubelet:
    """A simulated cluster with one pod on a node, and what its container says."""

    def __init__(self, cluster, session, said):
        self.cluster, self.session, self.said = cluster, session, said

    def status(self, state, last=None):
        status = {"containerStatuses": [{"name": "app", "state": state, "lastState": last or {}}]}
        self.cluster.objects.patch("Pod", "apps", "one", {"status": None}, subresource="status")
        self.cluster.objects.patch("Pod", "apps", "one", {"status": status}, subresource="status")

    def ask(self, query):
        url = f"{self.cluster.url}/api/v1/namespaces/apps/pods/one/log?{query}"
        return self.session.get(url, headers={"Authorization": "Bearer t"})

    async def log(self, query=""):
        async with self.ask(query) as response:
            return response.status, await response.text()


@pytest.fixture
async def kubelet(session):
    said = {False: [(1000.0 + second, f"line {second}") for second in range(5)], True: [(900.0, "the life before")]}
    objects = Objects(lambda: 1004.0)
    objects.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}})
    spec = {"nodeName": "node-1", "containers": [{"name": "app", "image": "app:v1"}]}
    objects.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": "apps"}, "spec": spec})
    source = lambda _namespace, _pod, _container, previous: said[previous]  # noqa: E731
    async with SimulatedCluster("logs", objects, tokens={"t": ADMIN}, log_source=source) as cluster:
        yield Kubelet(cluster, session, said)


RUNNING = {"running": {"startedAt": "1970-01-01T00:16:40Z"}}
ENDED = {"terminated": {"startedAt": "1970-01-01T00:15:00Z", "finishedAt": "1970-01-01T00:15:10Z"}}


async def test_since_a_time_and_at_most_so_many_bytes(kubelet):
    kubelet.status(RUNNING)
    assert await kubelet.log("sinceTime=1970-01-01T00:16:43Z") == (200, "line 3\nline 4\n")
    assert await kubelet.log("sinceTime=1970-01-01T00:16:42.5Z&tailLines=1") == (200, "line 4\n")
    assert await kubelet.log("limitBytes=9") == (200, "line 0\nli")


async def test_the_life_before(kubelet):
    kubelet.status(RUNNING)
    status, body = await kubelet.log("previous=true")
    assert status == 400
    assert json.loads(body)["message"] == 'previous terminated container "app" in pod "one" not found'
    kubelet.status(RUNNING, ENDED)
    assert await kubelet.log("previous=true") == (200, "the life before\n")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("ContainerCreating", "ContainerCreating"),
        ("ErrImagePull", "image can't be pulled"),
        ("ImagePullBackOff", "trying and failing to pull image"),
    ],
)
async def test_a_container_that_never_ran(kubelet, reason, words):
    kubelet.status({"waiting": {"reason": reason}})
    status, body = await kubelet.log()
    assert (status, json.loads(body)["message"]) == (400, f'container "app" in pod "one" is waiting to start: {words}')
    kubelet.status({"waiting": {"reason": "CrashLoopBackOff"}}, ENDED)
    assert (await kubelet.log())[0] == 200


async def test_following_ends_with_the_life_of_the_container(kubelet):
    kubelet.status(RUNNING)
    async with asyncio.timeout(10), kubelet.ask("follow=true&tailLines=1") as response:
        assert await response.content.readline() == b"line 4\n"
        kubelet.said[False].append((time.time(), "news"))
        assert await response.content.readline() == b"news\n"
        kubelet.status({"running": {"startedAt": "1970-01-01T00:20:00Z"}}, ENDED)
        assert await response.content.read() == b""


async def test_personas_of_the_demo(simulator, cluster):
    personas.introduce(cluster.access)
    cluster.access.tokens |= {"o": User("oncall"), "d": User("developer")}
    for name in ("frontend", "backend"):
        cluster.objects.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        about = {"name": "p", "namespace": name}
        spec = {"containers": [{"name": "app", "image": "app:v1"}]}
        cluster.objects.create({"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec})
    log, pods = "/api/v1/namespaces/{}/pods/p/log", "/api/v1/namespaces/{}/pods"
    told = {
        (token, path, name): (await simulator.get(path.format(name), token=token)).status
        for token in "od"
        for path in (log, pods)
        for name in ("frontend", "backend")
    }
    assert {place for place, status in told.items() if status == 403} == {
        ("o", log, "frontend"),
        ("o", log, "backend"),
        ("d", log, "backend"),
        ("d", pods, "backend"),
    }
    assert (await simulator.get("/api/v1/secrets", token="o")).status == 403
    assert (await simulator.get("/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations", token="o")).status == 200
