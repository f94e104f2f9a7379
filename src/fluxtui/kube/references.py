"""Reads the objects that another one refers to: whole, but Secrets as no more than the shape of what they hold.

Of a Secret the names of its keys stay, and, where a key holds a mapping in YAML, the keys of that. Every value is taken
out here, before anybody holds it.
"""

import asyncio
import base64
import binascii
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from fluxtui.insight.effective import HIDDEN, TALLEST
from fluxtui.insight.fields import Json
from fluxtui.kinds.decode import Garbled
from fluxtui.kinds.record import split_id
from fluxtui.kube.answers import KubeError, NotFound
from fluxtui.kube.cluster import Cluster

AT_ONCE = 4
"""Requests under way at a time."""
MOST = 40
"""Objects that are read at most."""
NODES = 2000
"""Keys of one Secret that are told."""


async def read(cluster: Cluster, identities: Iterable[str]) -> dict[str, Json | str | None]:
    """By id: the object, None where it does not exist, or in words why it cannot be read."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(identity: str) -> Json | str | None:
        try:
            async with turn:
                if identity.startswith("Secret/"):
                    return await shape(cluster, identity)
                return await cluster.fetch(identity)
        except NotFound:
            return None
        except (KubeError, Garbled) as error:
            return str(error)

    wanted = list(dict.fromkeys(identities))
    found = await asyncio.gather(*(one(identity) for identity in wanted[:MOST]))
    beyond = dict.fromkeys(wanted[MOST:], "not read: there are too many")
    return {**dict(zip(wanted, found, strict=False)), **beyond}


async def shape(cluster: Cluster, identity: str) -> Json:
    """A Secret without any value. Raises `KubeError`, `Garbled`."""
    kind, namespace, name = split_id(identity)
    return shape_of(await cluster.reader.get(await cluster.where(kind), namespace, name))


def shape_of(body: bytes) -> Json:
    """What a Secret holds, by key: the keys of a mapping in YAML, else nothing but that there is a value.

    Raises `Garbled`.
    """
    try:
        found = msgspec.json.decode(body, type=_Secret)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Garbled(b"", "not a Secret") from None  # the bytes are one, perhaps: not shown
    return {"kind": "Secret", "data": {key: _shape(value) for key, value in (found.data or {}).items()}}


class _Secret(msgspec.Struct):
    data: dict[str, str | None] | None = None


def _shape(encoded: str | None) -> Any:
    import yaml

    try:
        plain = base64.b64decode(encoded or "", validate=True).decode()
    except (binascii.Error, ValueError):
        return HIDDEN
    if len(plain) > TALLEST:
        return f"{HIDDEN}: its text is too long to be read here"
    try:
        found = yaml.load(plain, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, RecursionError, ValueError):
        return HIDDEN
    return _emptied(cast("dict[Any, Any]", found), [NODES]) if isinstance(found, dict) else HIDDEN


def _emptied(content: dict[Any, Any], left: list[int]) -> dict[str, Any]:
    """The mapping with every value taken out. `left` are the keys that may still be read: a text of a few lines can
    stand for billions of them.
    """
    emptied: dict[str, Any] = {}
    for key, held in content.items():
        left[0] -= 1
        if left[0] < 0:
            break
        inner = isinstance(held, dict) and bool(held)  # pyright: ignore[reportUnknownArgumentType]
        emptied[str(key)] = _emptied(cast("dict[Any, Any]", held), left) if inner else HIDDEN
    return emptied
