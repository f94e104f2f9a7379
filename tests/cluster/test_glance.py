"""What a page looks at while it is open, on both servers: Events by what they are about, rights that come and go."""

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from fluxtui.kube import contexts
from fluxtui.kube.auth import Credentials
from fluxtui.kube.glance import Glance, Place, once
from fluxtui.kube.transport import Reader, Resource, Scope
from fluxtui.kube.wire import Wire, load_plumbing
from fluxtui.screens.page.events import NEWER, own_places

from .conftest import Server

EVENTS = Resource("", "v1", "events")


@contextlib.asynccontextmanager
async def reading(server: Server, tmp_path: Path, user: str = "admin"):
    found = contexts.load(str(server.kubeconfig(tmp_path / "kubeconfig")))
    context = next(each for each in found.contexts if each.name.endswith(user))
    await asyncio.to_thread(load_plumbing)
    reader = Reader(Wire(context, Credentials(context, time.time), time.time))
    yield reader
    await reader.close()


def event(namespace: str, name: str, about: str, message: str = "x") -> dict:
    kind, of = about.split("/")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": kind, "namespace": namespace, "name": of},
        "type": "Warning",
        "reason": "Tested",
        "message": message,
        "count": 1,
        "firstTimestamp": "2026-11-21T03:00:00Z",
        "lastTimestamp": "2026-11-21T03:00:00Z",
        "source": {"component": "suite"},
    }


@contextlib.asynccontextmanager
async def looking(reader: Reader, places: list[Place]):
    glance, changed = Glance(reader, places), asyncio.Event()
    task = asyncio.create_task(glance.run(changed.set))

    async def until(condition) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await changed.wait()
                changed.clear()

    try:
        yield glance, until
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def told(glance: Glance) -> set[str]:
    return {item["metadata"]["name"] for item in glance.items.values()}


async def test_events_of_one_object_come_and_go(server, tmp_path):
    namespace = await server.namespace()
    await server.create(event(namespace, "one", "Kustomization/web"))
    await server.create(event(namespace, "two", "Kustomization/other"))
    async with reading(server, tmp_path) as reader:
        places = own_places(f"Kustomization/{namespace}/web")
        async with looking(reader, places) as (glance, until):
            await until(lambda: told(glance) == {"one"})
            await server.create(event(namespace, "three", "Kustomization/web"))
            await server.create(event(namespace, "four", "HelmRelease/web"))
            await until(lambda: told(glance) == {"one", "three"})
            await server.delete("Event", namespace, "one")
            await until(lambda: told(glance) == {"three"})
            assert glance.trouble is None
        assert [item["metadata"]["name"] for item in await once(reader, places[0])] == ["three"]


async def test_the_newer_api_holds_the_same_events(server, tmp_path):
    if not server.real:
        pytest.skip("the simulator serves events under their older API alone")
    namespace = await server.namespace()
    await server.create(event(namespace, "one", "Kustomization/web", "told"))
    place = next(place for place in own_places(f"Kustomization/{namespace}/web") if place.resource == NEWER)
    async with reading(server, tmp_path) as reader:
        (found,) = await once(reader, place)
    assert (found["note"], found["regarding"]["name"], found["deprecatedCount"]) == ("told", "web", 1)


async def test_who_may_not_list_is_told_and_who_may_not_watch_asks_again(server, tmp_path):
    namespace = await server.namespace()
    await server.create(event(namespace, "one", "Kustomization/web"))
    places = [Place(EVENTS, Scope(namespace))]
    async with reading(server, tmp_path, "viewer") as reader:
        async with looking(reader, places) as (glance, until):
            await until(lambda: glance.trouble is not None)
            assert not glance.listed
            assert "viewer may not list events" in str(glance.trouble)
        await server.grant(["list"], ["events"], groups=[""], namespace=namespace)
        async with looking(reader, places) as (glance, until):
            await until(lambda: glance.polled)
            assert told(glance) == {"one"}
