"""A few objects of a kind, listed and then watched for as long as somebody looks at them: Events of one object, pods.

What is always watched goes through reflectors into the store. This is for what belongs to the page that is open, kept
as plain dictionaries, bounded, and dropped with it.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from fluxtui.kinds.decode import Garbled
from fluxtui.kube import answers
from fluxtui.kube.answers import GarbledAnswer, KubeError
from fluxtui.kube.backoff import Backoff
from fluxtui.kube.lines import LineCutter, LineTooLong
from fluxtui.kube.objects import decode
from fluxtui.kube.transport import Reader, Resource, Scope

MOST = 2_000
"""Objects that are kept; of more, those that come first in the server's order."""
POLL = 15.0
"""Seconds between two lists where watching is not allowed."""
FORBIDDEN = 60.0
"""Seconds until we ask again whether we may."""
WATCH = 270
"""Seconds after which the server ends a watch."""

Json = dict[str, Any]


class Place(NamedTuple):
    """Where to look: a resource and a selection of it."""

    resource: Resource
    scope: Scope


class Glance:
    """Looks at the first of several places that may be looked at. `items` are by uid, in no order."""

    def __init__(
        self, reader: Reader, places: Sequence[Place], *, keep: Callable[[Json], bool] = lambda _: True
    ) -> None:
        """`keep` chooses among what comes, where selectors cannot say it."""
        self.items: dict[str, Json] = {}
        self.trouble: KubeError | None = None
        """Why what is shown may be old, or is nothing; None while all is well."""
        self.listed = False
        """Whether there was an answer."""
        self.polled = False
        """Whether watching is not allowed, so that it is asked again and again."""
        self.cut = False
        """Whether there is more than is kept."""
        self._reader = reader
        self._places = list(places)
        self._keep = keep
        self._version = ""
        self._backoff = Backoff(random.Random())  # noqa: S311 - when to try again

    async def run(self, changed: Callable[[], None]) -> None:
        """Look until cancelled; `changed` is called after each change, of the objects or of how it goes."""
        at = 0
        while True:
            place = self._places[at]
            try:
                if not self._version:
                    await self.look(place)
                    changed()
                await self._follow(place, changed)
            except (answers.Forbidden, answers.NotFound) as error:
                if at + 1 < len(self._places) and not self.listed:
                    at += 1
                    continue
                at = 0 if not self.listed else at
                self._fail(error, changed)
                await asyncio.sleep(FORBIDDEN)
            except answers.Expired:
                self._version = ""
                await asyncio.sleep(self._backoff.delay())
            except (KubeError, Garbled) as error:
                self._fail(error if isinstance(error, KubeError) else _garbled(place, error), changed)
                await asyncio.sleep(self._backoff.delay(getattr(error, "retry_after", 0.0)))

    def _fail(self, error: KubeError, changed: Callable[[], None]) -> None:
        self.trouble, self._version = error, ""
        changed()

    async def look(self, place: Place) -> None:
        """List what is there now. Raises `KubeError`, `Garbled`."""
        found: dict[str, Json] = {}
        token = version = ""
        while True:
            page = decode(await self._reader.list_page(place.resource, place.scope, token=token))
            metadata = _map(page.get("metadata"))
            for item in cast("list[Any]", page.get("items") or []):
                self._add(found, item)
            version = str(metadata.get("resourceVersion") or "")
            token = str(metadata.get("continue") or "")
            self.cut = len(found) >= MOST
            if not token or self.cut:
                break
        self.items, self._version = found, version
        self.listed, self.trouble = True, None
        self._backoff.reset()

    async def _follow(self, place: Place, changed: Callable[[], None]) -> None:
        """Changes, until the server ends the watch; a list now and then where watching is not allowed."""
        cutter = LineCutter()
        try:
            async with self._reader.watch(place.resource, place.scope, version=self._version, seconds=WATCH) as chunks:
                self.polled = False
                async for chunk in chunks:
                    news = [self._take(place, line) for part in cutter.feed(chunk) for line in part.splitlines()]
                    if any(news):
                        changed()
        except LineTooLong as error:
            raise GarbledAnswer("watch", place.resource.title, str(error)) from None
        except answers.Forbidden:
            self.polled, self._version = True, ""
            changed()
            await asyncio.sleep(POLL)

    def _take(self, place: Place, line: bytes) -> bool:
        """One event of the watch; whether it changed anything. Raises `KubeError` for an ERROR."""
        event = decode(line)
        held = _map(event.get("object"))
        if event.get("type") == "ERROR":
            code = held.get("code")
            made = answers.BY_STATUS.get(code if isinstance(code, int) else 0, answers.Refused)
            raise made(int(code or 0), str(held.get("reason")), str(held.get("message")), "watch", place.resource.title)
        metadata = _map(held.get("metadata"))
        self._version = str(metadata.get("resourceVersion") or self._version)
        if event.get("type") == "BOOKMARK":
            return False
        if event.get("type") == "DELETED":
            return self.items.pop(str(metadata.get("uid")), None) is not None
        return self._add(self.items, held)

    def _add(self, to: dict[str, Json], item: object) -> bool:
        held = _map(item)
        uid = str(_map(held.get("metadata")).get("uid") or "")
        if not uid or not self._keep(held) or (uid not in to and len(to) >= MOST):
            return False
        to[uid] = held
        return True


async def once(reader: Reader, place: Place) -> list[Json]:
    """What is there now, `MOST` at most. Raises `KubeError`, `Garbled`."""
    glance = Glance(reader, [place])
    await glance.look(place)
    return list(glance.items.values())


def _map(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _garbled(place: Place, error: Garbled) -> KubeError:
    return GarbledAnswer("list", place.resource.title, str(error))
