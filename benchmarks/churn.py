"""``python -m benchmarks.churn URL RATE OBJECTS``: RATE Kustomizations a second change their status, until killed."""

import asyncio
import json
import random
import sys
import time

import aiohttp

from benchmarks.fill import ADMIN, MERGE, path
from benchmarks.samples import status


async def churn(url: str, rate: float, objects: int) -> None:
    """Changes that come late are made up for; one that is refused ends it."""
    chosen = random.Random(2)
    connector = aiohttp.TCPConnector(ssl=False, limit=32)
    async with aiohttp.ClientSession(url, headers=ADMIN, connector=connector) as session:

        async def flip(number: int) -> None:
            ready = status(number, failing=chosen.random() < 0.1)["conditions"]
            body = json.dumps({"status": {"conditions": ready, "observedGeneration": chosen.randrange(10**6)}})
            async with session.patch(path(number, "status"), data=body, headers=MERGE) as answer:
                answer.raise_for_status()

        began, sent, running = time.monotonic(), 0, set[asyncio.Task[None]]()
        while True:
            while sent < (time.monotonic() - began) * rate:
                running.add(asyncio.create_task(flip(chosen.randrange(objects))))
                sent += 1
            for task in [task for task in running if task.done()]:
                running.discard(task)
                task.result()
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(churn(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
