"""Pod logs: ``GET …/pods/NAME/log``, from whoever knows what the containers say."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from aiohttp import web

from fluxtui.simulator import answers, refusals
from fluxtui.simulator.calls import Call
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.shapes import maps_at

LogLine = tuple[float, str]
"""When it was written (epoch seconds), and what."""
LogSource = Callable[[str, str, str], Sequence[LogLine]]
"""All lines so far of (namespace, pod, container), oldest first; asked again and again while a log is followed."""

POLL = 0.1
"""Seconds between looks at a log that is followed."""


def no_logs(_namespace: str, _pod: str, _container: str) -> Sequence[LogLine]:
    """The source of a cluster whose containers say nothing."""
    return ()


async def answer(call: Call, objects: Objects, source: LogSource) -> web.StreamResponse:
    """The log of one container, with tailLines, sinceSeconds, timestamps and follow. Raises `refusals.Refusal`."""
    namespace, name = call.target.namespace, call.target.name
    pod = objects.get("Pod", namespace, name)
    if pod is None:
        raise refusals.not_found("pods", "", name)
    container = _container(call, [str(each.get("name")) for each in maps_at(pod, "spec", "containers")])
    stamped, since = call.flag("timestamps"), call.number("sinceSeconds")
    if call.flag("previous"):
        why = f'previous terminated container "{container}" in pod "{name}" not found'
        raise refusals.bad_request(why)
    lines = source(namespace, name, container)
    shown = [line for line in lines if not since or line[0] >= objects.now() - since]
    if "tailLines" in call.query:
        tail = call.number("tailLines")
        shown = shown[-tail:] if tail else []
    headers = answers.HEADERS | {"Content-Type": "text/plain"}
    if not call.flag("follow"):
        return web.Response(body=_text(shown, stamped=stamped), headers=headers)
    response = web.StreamResponse(headers=headers)
    await response.prepare(call.request)
    await response.write(_text(shown, stamped=stamped) or b"")
    told = len(lines)
    while objects.get("Pod", namespace, name) is not None:
        await asyncio.sleep(POLL)
        lines = source(namespace, name, container)
        if len(lines) > told:
            await response.write(_text(lines[told:], stamped=stamped))
            told = len(lines)
    await response.write_eof()
    return response


def _container(call: Call, present: list[str]) -> str:
    wanted = call.query.get("container", "")
    if not wanted and len(present) > 1:
        names = " ".join(present)
        raise refusals.bad_request(
            f"a container name must be specified for pod {call.target.name}, choose one of: [{names}]"
        )
    if wanted and wanted not in present:
        raise refusals.bad_request(f"container {wanted} is not valid for pod {call.target.name}")
    return wanted or next(iter(present), "")


def _text(lines: Sequence[LogLine], *, stamped: bool) -> bytes:
    return "".join(f"{_stamp(time)} {text}\n" if stamped else f"{text}\n" for time, text in lines).encode()


def _stamp(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
