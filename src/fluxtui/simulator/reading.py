"""GET and LIST: one object, or pages of many at one version."""

import base64
import binascii
import bisect

import msgspec
from aiohttp import web

from fluxtui.simulator import answers, refusals, selectors
from fluxtui.simulator.calls import Call
from fluxtui.simulator.faults import Faults
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.shapes import Json, as_map
from fluxtui.simulator.shelf import Stored

_TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105 (the format of a token, no secret)
_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
CURRENT = -1
"""The version of a continue token that gave up consistency."""


def parse_version(text: str, invalid: str = "invalid resource version: ", code: int = 400) -> int:
    """A resourceVersion parameter, 0 without one. Raises `refusals.Refusal`."""
    if text in ("", "0"):
        return 0
    if text.isdigit():
        return int(text)
    why = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
    raise refusals.Refusal(code, "BadRequest" if code == 400 else "", f"{invalid}{why}")


def options_refused(field: str, why: str, reason: str = "FieldValueForbidden") -> refusals.Invalid:
    """422 for list options that do not go together."""
    told = {"FieldValueForbidden": f"Forbidden: {why}", "FieldValueNotSupported": f"Unsupported value: {why}"}[reason]
    return refusals.invalid("ListOptions", "meta.k8s.io", "", [(field, told, reason)])


async def get(call: Call, objects: Objects) -> web.StreamResponse:
    """One object. Raises `refusals.Refusal` (404, or 504 at a version of the future)."""
    wanted = parse_version(call.query.get("resourceVersion", ""))
    if wanted > objects.version:
        raise refusals.from_the_future(wanted, objects.version)
    resource, target = call.resource, call.target
    obj = objects.get(resource.key, target.namespace, target.name)
    if obj is None:
        raise refusals.not_found(resource.plural, resource.group, target.name)
    return await answers.object_answer(call, obj, objects.now())


async def list_(call: Call, objects: Objects, faults: Faults) -> web.StreamResponse:
    """A page of a kind. Raises `refusals.Refusal` as the real server does, 410 for what is forgotten among it."""
    match = selectors.both(
        selectors.labels(call.query.get("labelSelector", "")),
        selectors.fields(call.query.get("fieldSelector", ""), call.resource),
    )
    limit = call.number("limit")
    token = call.query.get("continue", "")
    _check_options(call)
    if token:
        version, start = _read_token(token)
        if call.query.get("resourceVersion"):
            raise refusals.bad_request("specifying resource version is not allowed when using continue")
        items, version = _remainder(call, objects, version, start)
    else:
        items, version, limit = _first(call, objects, limit)
        start = ""
    if faults.short_pages and limit:
        limit = min(limit, faults.short_pages)
    return await _page(call, objects, items, version, limit, match)


async def _page(
    call: Call, objects: Objects, items: list[Stored], version: int, limit: int, match: selectors.Match | None
) -> web.StreamResponse:
    if match is not None:
        items = [stored for stored in items if match(stored.obj)]
    metadata: Json = {"resourceVersion": str(version)}
    if limit and len(items) > limit:
        metadata = {"continue": _token(version, _relative(call, items[limit - 1].key) + "\0")}
        if match is None:
            metadata["remainingItemCount"] = len(items) - limit
        metadata["resourceVersion"] = str(version)
        items = items[:limit]
    return await answers.list_answer(call, items, metadata, objects.now())


def _check_options(call: Call) -> None:
    query = call.query
    if "sendInitialEvents" in query:
        raise options_refused("sendInitialEvents", "sendInitialEvents is forbidden for list")
    match, version = query.get("resourceVersionMatch", ""), query.get("resourceVersion", "")
    if not match:
        return
    if not version:
        raise options_refused(
            "resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"
        )
    if match not in ("Exact", "NotOlderThan"):
        told = f'"{match}": supported values: "Exact", "NotOlderThan", ""'
        raise options_refused("resourceVersionMatch", told, "FieldValueNotSupported")
    if match == "Exact" and version == "0":
        why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        raise options_refused("resourceVersionMatch", why)


def _first(call: Call, objects: Objects, limit: int) -> tuple[list[Stored], int, int]:
    """(what the first page is cut from, its version, the limit that holds)."""
    asked = call.query.get("resourceVersion", "")
    wanted = parse_version(asked)
    if wanted > objects.version:
        raise refusals.from_the_future(wanted, objects.version)
    shelf = objects.shelf(call.resource.key)
    match = call.query.get("resourceVersionMatch", "")
    if match == "Exact" or (limit and wanted and not match):
        try:
            return shelf.at(wanted, call.namespace), wanted, limit
        except refusals.Expired:
            raise refusals.compacted() from None
    # from its cache the real server answers a list at "0" whole, whatever its limit
    return shelf.within(call.namespace), objects.version, 0 if asked == "0" else limit


def _remainder(call: Call, objects: Objects, version: int, start: str) -> tuple[list[Stored], int]:
    shelf = objects.shelf(call.resource.key)
    if version == CURRENT:
        items, version = shelf.within(call.namespace), objects.version
    else:
        try:
            items = shelf.at(version, call.namespace)
        except refusals.Expired:
            again = {"continue": _token(CURRENT, start)}
            raise refusals.Expired(410, "Expired", _EXPIRED, metadata=again) from None
    return items[bisect.bisect_left(items, start, key=lambda stored: _relative(call, stored.key)) :], version


def _relative(call: Call, key: str) -> str:
    """A key as tokens spell it: below the list's own prefix, with a slash before it."""
    return key[len(call.namespace) :] if call.namespace else f"/{key}"


def _token(version: int, start: str) -> str:
    text = msgspec.json.encode({"v": _TOKEN_VERSION, "rv": version, "start": start})
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _read_token(token: str) -> tuple[int, str]:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise _bad_token("illegal base64 data at input byte 0") from None
    try:
        content = as_map(msgspec.json.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _bad_token(f"invalid character '{raw[:1].decode('latin-1')}' looking for beginning of value") from None
    if content is None or content.get("v") != _TOKEN_VERSION:
        raise refusals.bad_request(
            "invalid continue token: continue key is not valid: server does not recognize this encoded version"
        )
    start = content.get("start")
    if not isinstance(start, str) or not start:
        raise _bad_token("encoded start key empty")
    if not start.startswith("/"):
        start = f"/{start}"
    return int(content.get("rv") or CURRENT), start


def _bad_token(why: str) -> refusals.Refusal:
    return refusals.bad_request(f"invalid continue token: continue key is not valid: {why}")
