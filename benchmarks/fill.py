"""Thousands of Kustomizations with their statuses into an API server, as people and controllers would write them."""

import asyncio
import json

import aiohttp

from benchmarks.samples import API, NAMESPACES, created, place, status

ADMIN = {"Authorization": "Bearer admin-token"}
MERGE = {"Content-Type": "application/merge-patch+json"}


def path(number: int, sub: str = "") -> str:
    """The URL path of a Kustomization, or of its status."""
    namespace, name = place(number)
    return f"/apis/{API}/namespaces/{namespace}/kustomizations/{name}" + (f"/{sub}" if sub else "")


async def fill(url: str, count: int) -> None:
    """Make them all; raises `aiohttp.ClientResponseError` at the first that is refused."""
    connector = aiohttp.TCPConnector(ssl=False, limit=48)
    async with aiohttp.ClientSession(url, headers=ADMIN, connector=connector, raise_for_status=True) as session:
        for number in range(NAMESPACES):
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place(number)[0]}}
            await (await session.post("/api/v1/namespaces", json=namespace)).read()

        async def one(number: int) -> None:
            await (await session.post(path(number).rpartition("/")[0], json=created(number))).read()
            body = json.dumps({"status": status(number)})
            await (await session.patch(path(number, "status"), data=body, headers=MERGE)).read()

        async def some(numbers: range) -> None:
            for number in numbers:
                await one(number)

        await asyncio.gather(*(some(range(first, count, 48)) for first in range(48)))
