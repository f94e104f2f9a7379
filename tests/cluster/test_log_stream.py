"""Logs followed over real HTTP: what is repeated is left out, what breaks is connected again, refusals are told."""

import asyncio
import contextlib
import time

import pytest

from fluxtui.kube.auth import Credentials
from fluxtui.kube.contexts import Context, Endpoint, User
from fluxtui.kube.logs import Following, Going, Origin
from fluxtui.kube.transport import Reader
from fluxtui.kube.wire import Wire, load_plumbing
from fluxtui.simulator import access
from fluxtui.simulator.cluster import SimulatedCluster
from fluxtui.simulator.objects import Objects

ORIGIN = Origin("apps", "one", "app")
RUNNING = {"running": {"startedAt": "2026-11-21T03:00:00Z"}}
ENDED = {"terminated": {"startedAt": "2026-11-21T02:00:00Z", "finishedAt": "2026-11-21T02:10:00Z"}}


class Pod:
    """A simulated cluster with one pod, what its container says, and what was read of it."""

    def __init__(self, cluster, said, readers):
        self.cluster, self.said, self.readers = cluster, said, readers
        self.read = []
        self.news = asyncio.Event()

    def state(self, state, last=None):
        status = {"containerStatuses": [{"name": "app", "state": state, "lastState": last or {}}]}
        self.cluster.objects.patch("Pod", "apps", "one", {"status": None}, subresource="status")
        self.cluster.objects.patch("Pod", "apps", "one", {"status": status}, subresource="status")

    def say(self, text, previous=False):
        self.said[previous].append((time.time(), text))

    @contextlib.asynccontextmanager
    async def followed(self, user="admin", **options):
        following = Following(self.readers[user], ORIGIN, **({"tail": 100} | options))
        task = asyncio.create_task(following.run(self._take, self.news.set))
        try:
            yield following
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _take(self, origin, lines):
        assert origin == ORIGIN
        self.read += [line.partition(b" ")[2].decode() for line in lines]
        self.news.set()

    async def until(self, condition):
        async with asyncio.timeout(20):
            while not condition():
                self.news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await self.news.wait()


@pytest.fixture
async def pod():
    await asyncio.to_thread(load_plumbing)
    said = {False: [], True: []}
    objects = Objects(time.time)
    objects.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}})
    spec = {"nodeName": "node-1", "containers": [{"name": "app", "image": "app:v1"}]}
    objects.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": "apps"}, "spec": spec})
    source = lambda _namespace, _pod, _container, previous: said[previous]  # noqa: E731
    tokens = {"a": access.ADMIN, "v": access.User("viewer")}
    async with SimulatedCluster("logs", objects, tokens=tokens, log_source=source) as cluster:
        readers = {}
        for user, token in (("admin", "a"), ("viewer", "v")):
            context = Context(name="logs", endpoint=Endpoint(server=cluster.url), identity=User(token=token))
            readers[user] = Reader(Wire(context, Credentials(context, time.time), time.time))
        made = Pod(cluster, said, readers)
        made.state(RUNNING)
        yield made
        for reader in readers.values():
            await reader.close()


async def test_the_last_lines_and_those_that_follow(pod):
    for number in range(5):
        pod.say(f"old {number}")
    async with pod.followed(tail=2) as following:
        await pod.until(lambda: pod.read == ["old 3", "old 4"])
        pod.say("new")
        await pod.until(lambda: pod.read[-1:] == ["new"])
        assert following.going is Going.LIVE


async def test_after_a_broken_connection_nothing_is_told_twice_and_nothing_is_lost(pod):
    moment = time.time()
    pod.said[False] += [(moment, "same 1"), (moment, "same 2")]
    async with pod.followed() as following:
        await pod.until(lambda: len(pod.read) == 2)
        await pod.cluster.stop(abruptly=True)
        await pod.until(lambda: following.going is Going.LOST)
        pod.said[False] += [(moment, "same 3"), (moment + 1, "after")]
        await pod.cluster.start()
        await pod.until(lambda: len(pod.read) >= 4)
        assert pod.read == ["same 1", "same 2", "same 3", "after"]
        assert following.going is Going.LIVE


async def test_a_container_that_is_started_again_goes_on(pod):
    pod.say("first life")
    async with pod.followed() as following:
        await pod.until(lambda: pod.read == ["first life"])
        pod.state({"waiting": {"reason": "ContainerCreating"}})
        await pod.until(lambda: following.going is Going.WAITING and "waiting to start" in following.why)
        pod.said[False][:] = []
        pod.say("second life")
        pod.state({"running": {"startedAt": "2026-11-21T04:00:00Z"}}, ENDED)
        await pod.until(lambda: pod.read == ["first life", "second life"])


async def test_the_life_before_is_read_to_its_end(pod):
    pod.say("now")
    pod.say("before", previous=True)
    async with pod.followed(previous=True) as following:
        await pod.until(lambda: following.going is Going.ENDED)
        assert pod.read == []
        assert 'previous terminated container "app" in pod "one" not found' in following.why
    pod.state(RUNNING, ENDED)
    async with pod.followed(previous=True) as following:
        await pod.until(lambda: following.going is Going.ENDED)
        assert pod.read == ["before"]


async def test_a_pod_that_goes_ends_it(pod):
    pod.say("last words")
    async with pod.followed() as following:
        await pod.until(lambda: pod.read == ["last words"])
        pod.cluster.objects.delete("Pod", "apps", "one")
        await pod.until(lambda: following.going is Going.GONE)


async def test_who_may_not_is_told_the_verb_and_the_place(pod):
    async with pod.followed("viewer") as following:
        await pod.until(lambda: following.going is Going.FORBIDDEN)
        assert "viewer may not get pods/log" in following.why
        assert 'in the namespace "apps"' in following.why
