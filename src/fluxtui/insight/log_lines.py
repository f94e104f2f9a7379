"""Lines of logs: when and how bad, whom they are about, and how they are read. Text of containers is untrusted.

Controllers of Flux log JSON with the fields of controller-runtime (``controllerKind``, ``name``, ``namespace`` and
``"<Kind>": {"name": …}``); workloads log JSON, logfmt, klog or whatever they like.
"""

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, cast

import msgspec

from fluxtui.kinds.flatten import epoch

LONGEST = 8_192
"""Characters of a line that are kept; what is cut is told at its end."""


class Level(IntEnum):
    """How bad a line says that it is; what says nothing is information."""

    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4


_WORDS = {
    "trace": Level.DEBUG,
    "debug": Level.DEBUG,
    "warn": Level.WARNING,
    "warning": Level.WARNING,
    "w": Level.WARNING,
    "err": Level.ERROR,
    "error": Level.ERROR,
    "e": Level.ERROR,
    "f": Level.ERROR,
    "fatal": Level.ERROR,
    "panic": Level.ERROR,
    "critical": Level.ERROR,
    "dpanic": Level.ERROR,
    "emerg": Level.ERROR,
    "alert": Level.ERROR,
}
_LEVEL = re.compile(
    r'"(?:level|severity|lvl|log\.level|loglevel)"\s*:\s*"(?P<json>[A-Za-z]+)"'
    r'|\b(?:level|lvl|severity)="?(?P<fmt>[A-Za-z]+)'
    r"|^(?P<klog>[IWEF])\d{4} \d\d:"
    r"|^(?P<crash>panic: |fatal error: |Traceback \(most recent|Exception in thread|\[signal SIG)"
    r'|HTTP/[\d.]+" (?P<http>5)\d\d '
    r"|(?:^|[\s\[(|])(?P<plain>TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|PANIC|CRITICAL)(?=[\s\]):|])"
)
_SEEN = 400
"""Characters of a line in which its level is looked for."""
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
_CLASSIC = re.compile(r"[\r\x00]+$")


def level_of(text: str) -> Level:
    """The level of a line, from its own words."""
    found = _LEVEL.search(text, 0, _SEEN)
    if found is None:
        return Level.INFO
    if found["crash"] or found["http"]:
        return Level.ERROR
    word = found["json"] or found["fmt"] or found["klog"] or found["plain"]
    return _WORDS.get(word.lower(), Level.INFO)


def split_stamp(line: str) -> tuple[float, str]:
    """(epoch seconds, text) of a line with a time in front, as a kubelet writes them; 0 without a time."""
    stamp, space, text = line.partition(" ")
    if not space or len(stamp) < 20 or stamp[4:5] != "-" or stamp[10:11] != "T":
        return 0.0, line
    whole = epoch(stamp)
    fraction = stamp[19:].partition("Z")[0].partition("+")[0]
    return (whole + float(fraction) if fraction[:1] == "." and fraction[1:].isdigit() else float(whole)), text


def tidy(text: str) -> str:
    """The text without colours and carriage returns, cut to `LONGEST`."""
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    if text[-1:] in "\r\x00":
        text = _CLASSIC.sub("", text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … {len(text) - LONGEST:,} more characters"


# -- whom a line of a controller is about


def is_about(text: str, kind: str, namespace: str, name: str) -> bool:
    """Whether a controller's line is about an object: by its fields, or because its text names it."""
    if name not in text:
        return False
    held = _fields(text)
    if held is None:
        return f"{kind}/{namespace}/{name}" in text or f"'{namespace}/{name}'" in text
    if _names(held, kind, namespace, name):
        return True
    told = f"{held.get('msg') or ''} {held.get('error') or ''}"
    return f"{kind}/{namespace}/{name}" in told or f"{kind} '{namespace}/{name}'" in told


def _names(held: dict[str, Any], kind: str, namespace: str, name: str) -> bool:
    of = held.get("controllerKind") or held.get("reconciler kind") or held.get("kind")
    if of == kind and held.get("name") == name and held.get("namespace", "") == namespace:
        return True
    for key in (kind, "involvedObject", "eventInvolvedObject", "object"):
        inner = held.get(key)
        if not isinstance(inner, dict):
            continue
        told = cast("dict[str, Any]", inner)
        same = told.get("name") == name and told.get("namespace", "") == namespace
        if same and (key == kind or told.get("kind", kind) == kind):
            return True
    return False


# -- how a line is read

NOISE = frozenset(
    {"controller", "controllerGroup", "controllerKind", "reconcileID", "namespace", "name", "caller", "logger"}
)
"""Fields that say nothing beside the name of the object and the controller."""
_TIMES = ("ts", "time", "timestamp", "@timestamp", "t")
_LEVELS = ("level", "severity", "lvl", "log.level", "loglevel")
_MESSAGES = ("msg", "message", "log", "event")
_ERRORS = ("error", "err", "exception")

_KLOG = re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ([\w./-]+:\d+)\] ")
_LOGFMT = re.compile(r"(?:time|ts|t|level|lvl)=\S")
_PAIR = re.compile(r'([\w.@/-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))')


def told(text: str) -> list[tuple[str, str]]:
    """The line as pieces of (text, role): roles are ``message``, ``error``, ``field`` and empty for what is no JSON."""
    held = _fields(text)
    if held is None:
        return _plain(text)
    message = next((str(held[key]) for key in _MESSAGES if held.get(key)), "")
    if not message and not any(held.get(key) for key in _ERRORS):
        return [(text, "")]
    pieces = [(message, "message")] if message else []
    pieces += [(f"  {held[key]}", "error") for key in _ERRORS if held.get(key)]
    pieces += [(f"  {key}={value}", "field") for key, value in _rest(held)]
    return pieces


def _plain(text: str) -> list[tuple[str, str]]:
    """klog and logfmt, without the time and the level that are shown beside the line."""
    found = _KLOG.match(text)
    if found is not None:
        return [(text[found.end() :], "message"), (f"  {found[1]}", "field")]
    if _LOGFMT.match(text) is None:
        return [(text, "")]
    pairs = [(key, bare or quoted.replace('\\"', '"')) for key, quoted, bare in _PAIR.findall(text)]
    message = "  ".join(value for key, value in pairs if key in _MESSAGES)
    if not message:
        return [(text, "")]
    pieces = [(message, "message"), *((f"  {value}", "error") for key, value in pairs if key in _ERRORS)]
    skipped = {*_TIMES, *_LEVELS, *_MESSAGES, *_ERRORS}
    return [*pieces, *((f"  {key}={value}", "field") for key, value in pairs if key not in skipped)]


def _rest(held: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kind = held.get("controllerKind")
    skipped = {*_TIMES, *_LEVELS, *_MESSAGES, *_ERRORS, str(kind)} | (NOISE if kind else set[str]())
    for key, value in held.items():
        if key not in skipped:
            yield key, value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _fields(text: str) -> dict[str, Any] | None:
    """The fields of a line that is a JSON object, else None."""
    if text[:1] != "{":
        return None
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None
