"""Pod logs: ``GET …/pods/NAME/log``, from whoever knows what the containers say."""

import asyncio
from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import overload

import msgspec
from aiohttp import web

from fluxtui.simulator import answers, refusals
from fluxtui.simulator.calls import Call
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.shapes import Json, dig, map_at, maps_at

LogLine = tuple[float, str]
"""When it was written (epoch seconds), and what."""
LogSource = Callable[[str, str, str, bool], Sequence[LogLine]]
"""All lines so far of (namespace, pod, container, whether of its previous life), oldest first; asked again and again
while a log is followed. What it returns may compute its lines when they are looked at."""


POLL = 0.1
"""Seconds between looks at a log that is followed."""
KEPT = 20_000
"""Lines that the kubelet still has after rotation."""


class Computed(Sequence[LogLine]):
    """So many lines, each computed when it is looked at."""

    def __init__(self, count: int) -> None:
        self._count = count

    @abstractmethod
    def line(self, number: int) -> LogLine:
        """The line of a number, from 0 on."""

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> LogLine: ...
    @overload
    def __getitem__(self, index: slice) -> list[LogLine]: ...
    def __getitem__(self, index: int | slice) -> LogLine | list[LogLine]:
        """One line, or several. Raises IndexError."""
        if isinstance(index, slice):
            return [self.line(number) for number in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return self.line(index % self._count)


def no_logs(_namespace: str, _pod: str, _container: str, _previous: bool) -> Sequence[LogLine]:
    """The source of a cluster whose containers say nothing."""
    return ()


class Options(msgspec.Struct):
    """What is asked of a log, as PodLogOptions has it; -1 is no limit."""

    follow: bool = False
    previous: bool = False
    stamped: bool = False
    since: float = 0.0
    tail: int = -1
    limit: int = -1


async def answer(call: Call, objects: Objects, source: LogSource) -> web.StreamResponse:
    """The log of one container. Raises `refusals.Refusal` in the words of the API server and of the kubelet."""
    namespace, name = call.target.namespace, call.target.name
    options = _options(call, objects.now())
    pod = objects.get("Pod", namespace, name)
    if pod is None:
        raise refusals.not_found("pods", "", name)
    container = _container(call, pod)
    if not dig(pod, "spec", "nodeName"):  # nobody could be asked
        return web.Response(status=204, headers=answers.HEADERS)
    status = _status_of(pod, container)
    headers = answers.HEADERS | {"Content-Type": "text/plain"}
    if status is not None:
        _check_life(status, name, container, previous=options.previous)
    lines = source(namespace, name, container, options.previous)
    first = max(bisect_left(lines, options.since, key=lambda line: line[0]), len(lines) - KEPT)
    if options.tail >= 0:
        first = max(first, len(lines) - options.tail)
    body = _text(lines[first:], stamped=options.stamped)
    body = body if options.limit < 0 else body[: options.limit]
    if not options.follow:
        return web.Response(body=body, headers=headers)
    response = web.StreamResponse(headers=headers)
    await response.prepare(call.request)
    await response.write(body)
    told, life = len(lines), _life(status)
    while (pod := objects.get("Pod", namespace, name)) is not None and _life(_status_of(pod, container)) == life:
        await asyncio.sleep(POLL)
        lines = source(namespace, name, container, options.previous)
        told = min(told, len(lines))  # older lines may be gone
        if len(lines) > told and _life(_status_of(pod, container)) == life:
            await response.write(_text(lines[told:], stamped=options.stamped))
            told = len(lines)
    await response.write_eof()
    return response


def _options(call: Call, now: float) -> Options:
    """Raises `refusals.Invalid` for what the real server does not accept."""
    causes: list[tuple[str, str, str]] = []
    tail = call.number("tailLines") if "tailLines" in call.query else -1
    if "tailLines" in call.query and tail < 0:
        causes.append(_too_small("tailLines", tail, "must be greater than or equal to 0"))
    limit = call.number("limitBytes") if "limitBytes" in call.query else -1
    if "limitBytes" in call.query and limit < 1:
        causes.append(_too_small("limitBytes", limit, "must be greater than 0"))
    since = 0.0
    if "sinceSeconds" in call.query and "sinceTime" in call.query:
        told = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        causes.append(("[]", told, "FieldValueForbidden"))
    elif "sinceSeconds" in call.query:
        seconds = call.number("sinceSeconds")
        since = now - seconds
        if seconds < 1:
            causes.append(_too_small("sinceSeconds", seconds, "must be greater than 0"))
    elif "sinceTime" in call.query:
        since = _moment(call.query["sinceTime"])
    if causes:
        raise refusals.invalid("PodLogOptions", "", call.target.name, causes)
    return Options(call.flag("follow"), call.flag("previous"), call.flag("timestamps"), since, tail, limit)


def _too_small(field: str, value: int, why: str) -> tuple[str, str, str]:
    return field, f"Invalid value: {value}: {why}", "FieldValueInvalid"


def _moment(text: str) -> float:
    """In whole seconds: the API server passes no more on to the kubelet."""
    try:
        return datetime.fromisoformat(text).replace(microsecond=0).timestamp()
    except ValueError:
        told = f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}" as "2006"'
        raise refusals.bad_request(told) from None


def _container(call: Call, pod: Json) -> str:
    """The container that is meant: the one that is named, or the only one."""
    present = [str(each.get("name")) for each in maps_at(pod, "spec", "containers")]
    beside = [str(each.get("name")) for each in maps_at(pod, "spec", "initContainers")]
    wanted = call.query.get("container", "") or (present[0] if len(present) == 1 and not beside else "")
    if not wanted:
        choose = f"choose one of: [{' '.join([*beside, *present])}]"
        raise refusals.bad_request(f"a container name must be specified for pod {call.target.name}, {choose}")
    if wanted not in [*present, *beside]:
        raise refusals.bad_request(f"container {wanted} is not valid for pod {call.target.name}")
    return wanted


def _status_of(pod: Json, container: str) -> Json | None:
    every = [*maps_at(pod, "status", "containerStatuses"), *maps_at(pod, "status", "initContainerStatuses")]
    return next((item for item in every if item.get("name") == container), None)


def _life(status: Json | None) -> object:
    """Differs between two lives of a container."""
    return dig(status, "state", "running", "startedAt") or dig(status, "lastState", "terminated", "finishedAt")


def _check_life(status: Json, pod: str, container: str, *, previous: bool) -> None:
    """What the kubelet answers where there is no such life. Raises `refusals.Refusal` (400)."""
    last = map_at(status, "lastState", "terminated")
    if previous and not last:
        raise refusals.bad_request(f'previous terminated container "{container}" in pod "{pod}" not found')
    waiting = map_at(status, "state", "waiting")
    if waiting and not last:
        words = {
            "ErrImagePull": "image can't be pulled",
            "ImagePullBackOff": "trying and failing to pull image",
        }
        why = words.get(str(waiting.get("reason")), str(waiting.get("reason")))
        raise refusals.bad_request(f'container "{container}" in pod "{pod}" is waiting to start: {why}')


def _text(lines: Sequence[LogLine], *, stamped: bool) -> bytes:
    return "".join(f"{_stamp(time)} {text}\n" if stamped else f"{text}\n" for time, text in lines).encode()


def _stamp(time: float) -> str:
    """With nanoseconds, as container runtimes write them; ours end in zeros."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
