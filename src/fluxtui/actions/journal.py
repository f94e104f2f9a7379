"""The journal: every request that an action sends, and what came of it, kept on this machine.

One JSON document per line, in the state folder (see `fluxtui info`): first what is sent, before it is sent, then its
result, under the same id. So what a program that died had asked for is on record too. Lines are only ever appended,
each by one write under a lock, and the file is its owner's alone. Two files are kept, so that it cannot grow for ever.
"""

import contextlib
import fcntl
import getpass
import itertools
import os
import stat
from collections.abc import Callable, Generator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from fluxtui.actions.plan import Plan, Step

NAME = "actions.jsonl"
UNKNOWN = "not known"
"""The result of what was sent and never concluded: the program ended before."""
LINE_LIMIT = 1 << 20
"""Bytes of one line that are read."""
LIMIT = 4 << 20
"""Bytes of a file: one that would become longer is put aside, and the one that was put aside before goes."""
SLICE = 200
"""Lines between two yields while it is read."""


class Origin(msgspec.Struct, frozen=True):
    """Where and as whom a request is sent: the API server's URL, and the kubeconfig's user or the impersonated one."""

    server: str = ""
    identity: str = ""


class Line(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line. A request has everything but ``result`` and ``message``, a result only these, ``id`` and ``time``."""

    id: str
    time: str
    """RFC 3339, UTC."""
    user: str = ""
    """Whose session it was on this machine."""
    identity: str = ""
    """Who it was to the cluster."""
    cluster: str = ""
    server: str = ""
    object: str = ""
    action: str = ""
    why: str = ""
    request: str = ""
    """``PATCH /apis/…``"""
    patch: dict[str, Any] | None = None
    result: str = ""
    message: str = ""


class Action(msgspec.Struct, frozen=True):
    """A request with its result, as it is read back."""

    asked: Line
    result: str = UNKNOWN
    message: str = ""
    ended: str = ""
    """When the result came, RFC 3339; empty while there is none."""


def user() -> str:
    """Whose session this is on this machine; empty when the system does not know."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


class Journal:
    """Appends to one file. ``trouble`` says in words why the last line could not be written; empty when it was."""

    _numbers = itertools.count(1)

    def __init__(self, path: Path, now: Callable[[], float], who: str = "") -> None:
        self.path = path
        self.trouble = ""
        self._now = now
        self._who = who

    def sent(self, plan: Plan, step: Step, origin: Origin) -> str:
        """Note what is about to be sent; returns the id under which its result is noted."""
        mark = f"{plan.token}.{os.getpid()}.{next(self._numbers)}"
        self._append(
            Line(
                id=mark,
                time=_stamp(self._now()),
                user=self._who,
                identity=origin.identity,
                cluster=step.cluster,
                server=origin.server,
                object=step.identity,
                action=plan.verb.value,
                why=plan.why,
                request=f"{step.method} {step.path}",
                patch=step.body,
            )
        )
        return mark

    def result(self, mark: str, result: str, message: str) -> None:
        """Note what came of it."""
        self._append(Line(id=mark, time=_stamp(self._now()), result=result, message=message))

    def _append(self, line: Line) -> None:
        data = msgspec.json.encode(line) + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = self._opened(len(data))
            try:
                _own(file)
                if _torn(file):
                    data = b"\n" + data
                if os.write(file, data) != len(data):
                    raise OSError("only a part of the line was written: is the disk full?")
            finally:
                os.close(file)
        except OSError as error:
            self.trouble = f"the journal {self.path} cannot be written: {error.strerror or error}"
        else:
            self.trouble = ""

    def _opened(self, more: int) -> int:
        """The file with a lock on it. One that would grow too long is put aside first, in the place of the one before.

        Raises `OSError`.
        """
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        while True:
            file = os.open(self.path, flags, 0o600)
            with contextlib.suppress(OSError):  # not every file system has locks: then two programs must not meet here
                fcntl.flock(file, fcntl.LOCK_EX)
            held = os.fstat(file)
            if held.st_size + more <= LIMIT or not held.st_size:
                if _same(held, self.path):
                    return file
            elif _same(held, self.path):
                self.path.replace(before(self.path))
            os.close(file)  # it was put aside, by us or by somebody else: take the new one


def before(path: Path) -> Path:
    """Where the lines lie that were written before these: ``actions.1.jsonl``."""
    return path.with_name(f"{path.stem}.1{path.suffix}")


def _same(held: os.stat_result, path: Path) -> bool:
    try:
        return os.path.samestat(held, path.stat())
    except FileNotFoundError:
        return False


def _own(file: int) -> None:
    """What others may read is closed to them: reasons and patches are nobody else's."""
    mode = stat.S_IMODE(os.fstat(file).st_mode)
    if mode & 0o077:
        with contextlib.suppress(OSError):
            os.fchmod(file, 0o600)


def _torn(file: int) -> bool:
    """Whether the last line was not written to its end."""
    size = os.fstat(file).st_size
    return size > 0 and os.pread(file, 1, size - 1) != b"\n"


def _stamp(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(path: Path) -> list[Action]:
    """Every action on record, the oldest first, with those of the file before; no file is none. Raises `OSError`."""
    steps = reading(path)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def reading(path: Path) -> Generator[None, None, list[Action]]:
    """The same in slices. Lines that are none of ours (a torn one) are passed over. Raises `OSError`."""
    found: list[Line] = []
    decoder = msgspec.json.Decoder(Line)
    for each in (before(path), path):
        with contextlib.suppress(FileNotFoundError), each.open("rb") as file:
            for turn, data in enumerate(file, 1):
                if len(data) <= LINE_LIMIT:
                    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                        found.append(decoder.decode(data))
                if not turn % SLICE:
                    yield
    return merged(found)


def merged(lines: Iterable[Line]) -> list[Action]:
    """Requests with their results, in the order in which they were sent."""
    found: dict[str, Action] = {}
    for line in lines:
        known = found.get(line.id)
        if line.request:
            found[line.id] = Action(line)
        elif known is not None and line.result:
            found[line.id] = Action(known.asked, line.result, line.message, line.time)
    return list(found.values())


def moment(stamp: str) -> float:
    """A line's time in epoch seconds; 0 for what is none."""
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        return 0.0
