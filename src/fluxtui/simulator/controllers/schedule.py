"""The schedules of input providers: cron triggers with windows, in a time zone.

The rules are the Flux Operator's: five fields (day of week 0-6, ``N/step`` runs to the maximum, day of month or day of
week when both are restricted), a usable window of ``[trigger, trigger + window - timeout)``. A trigger in the gap of a
daylight-saving change does not happen, one in the repeated hour happens twice: minutes are walked in UTC, so that
follows by itself.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from fluxtui.simulator.controllers.times import duration, seconds

QUARTER = 900
HORIZON = 400 * 86400
"""Seconds that are searched for a trigger."""

_SHORTHANDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_RANGE = re.compile(r"^(\*|\?|[0-9a-z]+(?:-[0-9a-z]+)?)(?:/([0-9]+))?$")


class ScheduleError(Exception):
    """A schedule that the operator refuses; the text is its message."""


class Cron(msgspec.Struct, frozen=True):
    """The parsed fields of one cron line."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def on(self, local: datetime) -> bool:
        """Whether it triggers in that hour of that day."""
        if local.month not in self.months or local.hour not in self.hours:
            return False
        day, weekday = local.day in self.days, (local.isoweekday() % 7) in self.weekdays
        return (day and weekday) if self.any_day or self.any_weekday else (day or weekday)


class Schedule(msgspec.Struct, frozen=True):
    """One entry of ``spec.schedule``."""

    text: str
    zone: str
    window: float
    cron: Cron

    def after(self, moment: float) -> float:
        """The first trigger later than ``moment``; 0 when there is none within the horizon."""
        for trigger in self._triggers(moment // QUARTER * QUARTER, QUARTER):
            if trigger > moment:
                return trigger
        return 0.0

    def before(self, moment: float) -> float:
        """The last trigger at or before ``moment``; 0 when there is none within the horizon."""
        for trigger in self._triggers(moment // QUARTER * QUARTER, -QUARTER):
            if trigger <= moment:
                return trigger
        return 0.0

    def open(self, moment: float, timeout: float) -> bool:
        """Whether a run that takes up to ``timeout`` seconds may start."""
        if self.window == 0:
            return True
        last = self.before(moment)
        return last > 0 and moment + timeout < last + self.window

    def _triggers(self, start: float, step: int) -> Iterator[float]:
        zone = ZoneInfo(self.zone)
        for offset in range(0, HORIZON, QUARTER):
            quarter = start + (offset if step > 0 else -offset)
            local = datetime.fromtimestamp(quarter, UTC).astimezone(zone)
            if not self.cron.on(local):
                continue
            found = [quarter + 60 * i for i in range(15) if (local.minute + i) in self.cron.minutes]
            yield from found if step > 0 else reversed(found)


def parse(entries: list[dict[str, Any]], timeout: float) -> list[Schedule]:
    """The schedules of a provider. Raises ScheduleError in the operator's words."""
    return [_entry(index, entry, timeout) for index, entry in enumerate(entries)]


def is_open(schedules: list[Schedule], moment: float, timeout: float) -> bool:
    """Whether a request is honoured: always without schedules, else while one is open."""
    return not schedules or any(schedule.open(moment, timeout) for schedule in schedules)


def upcoming(schedules: list[Schedule], moment: float) -> tuple[float, Schedule] | None:
    """The next trigger of all and its schedule; None without schedules."""
    return min(((schedule.after(moment), schedule) for schedule in schedules), key=lambda pair: pair[0], default=None)


def continues(schedules: list[Schedule], moment: float, timeout: float) -> bool:
    """Whether a run by interval may happen at ``moment``: only within a window, never by a schedule without one."""
    return any(schedule.window > 0 and schedule.open(moment, timeout) for schedule in schedules)


def _entry(index: int, entry: dict[str, Any], timeout: float) -> Schedule:
    text, zone = str(entry["cron"]), str(entry.get("timeZone") or "UTC")
    prefix = f"failed to validate schedule[{index}]: "
    try:
        window = seconds(str(entry.get("window") or "0s"))
        _zone(zone)
        cron = _cron(text)
    except ValueError as bad:
        raise ScheduleError(f"{prefix}failed to parse cron spec '{text}' with timezone '{zone}': {bad}") from None
    if 0 < window < 2 * timeout:
        said = f"a non-zero window ({duration(window)}) must always be at least twice the timeout ({duration(timeout)})"
        raise ScheduleError(prefix + said)
    return Schedule(text, zone, window, cron)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"provided bad location {name}: unknown time zone {name}") from None


@lru_cache(maxsize=256)
def _cron(text: str) -> Cron:
    fields = _SHORTHANDS.get(text.strip(), text).split()
    if len(fields) != len(_BOUNDS):
        raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{text}]")
    values = [_field(field.lower(), low, high) for field, (low, high) in zip(fields, _BOUNDS, strict=True)]
    return Cron(*values, any_day=_any(fields[2]), any_weekday=_any(fields[4]))


def _field(text: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in filter(None, text.split(",")):
        found = _RANGE.match(part)
        if found is None:
            raise ValueError(_syntax(part))
        span, step = found[1], int(found[2] or 1)
        if span in "*?":
            first, last = low, high
        else:
            begin, _, end = span.partition("-")
            first = _number(begin)
            last = _number(end) if end else (high if found[2] else first)
        if last > high:
            raise ValueError(f"end of range ({last}) above maximum ({high}): {part}")
        if first < low:
            raise ValueError(f"beginning of range ({first}) below minimum ({low}): {part}")
        if first > last:
            raise ValueError(f"beginning of range ({first}) beyond end of range ({last}): {part}")
        values.update(range(first, last + 1, step))
    return frozenset(values)


def _number(text: str) -> int:
    if text in _MONTHS:
        return _MONTHS.index(text) + 1
    if text in _DAYS:
        return _DAYS.index(text)
    if not text.isdecimal():
        raise ValueError(_syntax(text))
    return int(text)


def _syntax(text: str) -> str:
    return f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax'


def _any(field: str) -> bool:
    """Whether a field restricts nothing: a star, also one among others, without a step above one."""
    spans = [part.partition("/") for part in field.split(",")]
    return any(span in {"*", "?"} and step in {"", "1"} for span, _, step in spans)
