"""Sending answers: objects and lists as JSON, YAML, tables or metadata, compressed when that is asked for."""

import asyncio
import zlib
from typing import Any

import msgspec
import yaml
from aiohttp import web

from fluxtui.simulator import refusals, tables
from fluxtui.simulator.calls import Call
from fluxtui.simulator.shapes import Json
from fluxtui.simulator.shelf import Stored

HEADERS = {"Cache-Control": "no-cache, private"}
COMPRESSED_FROM = 128 * 1024
"""Bytes from which on answers are compressed, as on the real server."""
_CHUNK = 256 * 1024


class _Dumper(yaml.SafeDumper):
    """Block style, lists not indented, no aliases: as the server writes YAML."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def refused(refusal: refusals.Refusal) -> web.Response:
    """The answer of a refusal."""
    body = refusals.encode(refusal)
    return web.Response(
        body=body, status=refusal.code, content_type="application/json", headers=HEADERS | refusal.headers
    )


def page_not_found() -> web.Response:
    """What paths that nobody serves are answered: plain text, no ``Status``."""
    return web.Response(text="404 page not found\n", status=404)


def document(request: web.BaseRequest, content: Json, *, status: int = 200, content_type: str = "") -> web.Response:
    """A JSON answer that is no object of a kind (discovery, reviews, Status), as YAML when that is preferred."""
    if "application/yaml" in request.headers.get("Accept", "").partition(",")[0]:
        return web.Response(body=_yaml(content), status=status, headers=HEADERS | {"Content-Type": "application/yaml"})
    body = msgspec.json.encode(content) + b"\n"
    return web.Response(
        body=body, status=status, headers=HEADERS | {"Content-Type": content_type or "application/json"}
    )


def _yaml(content: Json) -> bytes:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=True, allow_unicode=True, default_flow_style=False).encode()


def served(call: Call, stored: Stored) -> bytes:
    """The JSON of an object in the version that the client speaks."""
    return versioned(stored.body, stored.resource.api_version, call.api_version)


def versioned(body: bytes, kept: str, wanted: str) -> bytes:
    """Encoded JSON with another apiVersion, which is its first field."""
    if kept == wanted:
        return body
    return body.replace(f'{{"apiVersion":"{kept}"'.encode(), f'{{"apiVersion":"{wanted}"'.encode(), 1)


async def object_answer(call: Call, obj: Json, now: float, *, status: int = 200) -> web.StreamResponse:
    """One object, in the form that the client wants."""
    form = call.form
    if form.as_ == "Table":
        include = call.query.get("includeObject", "")
        tables.check_include(include)
        obj = tables.table(
            call.resource, [obj], {"resourceVersion": obj["metadata"].get("resourceVersion")}, include, now
        )
    elif form.as_ == "Metadata":
        obj = tables.metadata_of(obj)
    else:
        obj = obj | {"apiVersion": call.api_version}
    if form.yaml:
        return web.Response(body=_yaml(obj), status=status, headers=HEADERS | {"Content-Type": form.content_type})
    return await sent(call.request, [msgspec.json.encode(obj, order="sorted"), b"\n"], status=status)


async def list_answer(call: Call, items: list[Stored], metadata: Json, now: float) -> web.StreamResponse:
    """A list, in the form that the client wants; from cached bytes where it is plain JSON."""
    form = call.form
    content: Json
    if form.as_ == "Table":
        include = call.query.get("includeObject", "")
        tables.check_include(include)
        content = tables.table(call.resource, [stored.obj for stored in items], metadata, include, now)
        return await sent(call.request, [msgspec.json.encode(content), b"\n"])
    if form.as_ == "Metadata":
        content = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
        content["items"] = [tables.metadata_of(stored.obj) for stored in items]
        return await sent(call.request, [msgspec.json.encode(content), b"\n"])
    if form.yaml:
        content = _head(call, metadata) | {"items": [stored.obj for stored in items]}
        return web.Response(body=_yaml(content), headers=HEADERS | {"Content-Type": form.content_type})
    return await sent(call.request, _parts(call, items, metadata))


def _head(call: Call, metadata: Json) -> Json:
    return {"kind": f"{call.resource.kind}List", "apiVersion": call.api_version, "metadata": metadata}


def _parts(call: Call, items: list[Stored], metadata: Json) -> list[bytes]:
    """The bytes of a list: custom kinds sort their fields, built-in ones leave out what the list itself tells."""
    if call.resource.custom:
        told = {"continue": ""} | metadata
        head = f'{{"apiVersion":"{call.api_version}","items":['.encode()
        tail = b'],"kind":"%sList","metadata":%s}\n' % (call.resource.kind.encode(), msgspec.json.encode(told))
        bodies = [served(call, stored) for stored in items]
    else:
        head = msgspec.json.encode(_head(call, metadata))[:-1] + b',"items":['
        tail = b"]}\n"
        bodies = [stored.item for stored in items]
    parts = [head]
    for body in bodies:
        parts += (body, b",")
    if bodies:
        parts.pop()
    return [*parts, tail]


async def sent(request: web.BaseRequest, parts: list[bytes], *, status: int = 200) -> web.StreamResponse:
    """JSON from its parts: compressed if it is long and the client reads that, streamed if it is very long."""
    length = sum(map(len, parts))
    headers = HEADERS | {"Content-Type": "application/json"}
    if length >= COMPRESSED_FROM:
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            packed = await asyncio.to_thread(_gzip, parts)
            return web.Response(body=packed, status=status, headers=headers | {"Content-Encoding": "gzip"})
    if length < 2 * _CHUNK:
        return web.Response(body=b"".join(parts), status=status, headers=headers)
    response = web.StreamResponse(status=status, headers=headers | {"Content-Length": str(length)})
    await response.prepare(request)
    batch: list[bytes] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += len(part)
        if size >= _CHUNK:
            await response.write(b"".join(batch))
            batch, size = [], 0
    if batch:
        await response.write(b"".join(batch))
    await response.write_eof()
    return response


def _gzip(parts: list[bytes]) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(part) for part in parts), packer.flush()])
