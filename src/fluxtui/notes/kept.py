"""One small JSON document in the state folder, shared by every session of a user.

A change reads what is there, under a lock, and replaces the file as a whole: two sessions do not undo each other, and
a machine that stops leaves the old document or the new one. What cannot be read is never overwritten: it is set aside
under another name when there is something new to keep, and told.
"""

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

LIMIT = 8 << 20
"""Bytes of a document; a larger one is none of ours."""

VERSION = 1
"""Of all documents here; what a later one says is not understood."""
PATIENCE = 20
"""How often, every 50 ms, a lock is asked for that another session holds."""

T = TypeVar("T", bound=msgspec.Struct)


class _Versioned(msgspec.Struct):
    version: int = VERSION


class Kept(Generic[T]):
    """A document of type `kind`, in memory and in a file; without a path in memory alone.

    `trouble` says in words what is wrong with the file, empty while nothing is; what was changed stays in memory.
    """

    def __init__(self, path: Path | None, kind: type[T], now: Callable[[], float]) -> None:
        self.path = path
        self.trouble = ""
        self.value: T = kind()
        self._kind = kind
        self._now = now
        self._stamp: object = None
        self._bad = False

    def refresh(self) -> bool:
        """Read the file if it is another than the one that was read; returns whether it was."""
        stamp = self._looked()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        self._read()
        return True

    def update(self, change: Callable[[T], T]) -> T:
        """Change the document as it is in the file now, and keep it. What goes wrong is in `trouble`."""
        path = self.path
        if path is None:
            self.value = change(self.value)
            return self.value
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(path.with_suffix(".lock")):
                self.refresh()
                changed = change(self.value)
                self._set_aside()
                _replace(path, msgspec.json.format(msgspec.json.encode(changed), indent=1))
                self._stamp = self._looked()
        except OSError as error:
            self.trouble = f"{path} cannot be written: {error.strerror or error}; what you note lasts until you quit"
            changed = change(self.value)
        self.value = changed
        return changed

    def _looked(self) -> object:
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return "missing"
        except OSError as error:
            return f"error {error.errno}"
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> None:
        assert self.path is not None  # noqa: S101 - without a path there is nothing to see
        try:
            with self.path.open("rb") as file:
                data = file.read(LIMIT + 1)
            if len(data) > LIMIT:
                raise ValueError(f"it is larger than {LIMIT >> 20} MiB")
            version = msgspec.json.decode(data, type=_Versioned).version
            if version > VERSION:
                raise ValueError(f"a newer fluxtui wrote it (version {version})")
            self.value = msgspec.json.decode(data, type=self._kind)
        except FileNotFoundError:
            self.value, self.trouble, self._bad = self._kind(), "", False
        except (OSError, ValueError, msgspec.DecodeError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._bad = True
            self.trouble = f"{self.path} cannot be read: {why}. It stays as it is; what you note now begins anew"
        else:
            self.trouble, self._bad = "", False

    def _set_aside(self) -> None:
        """Keep what could not be read under another name."""
        if not self._bad or self.path is None:
            self.trouble = ""
            return
        stamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y%m%dT%H%M%S")
        aside = self.path.with_name(f"{self.path.stem}.unreadable-{stamp}{self.path.suffix}")
        self.path.rename(aside)
        self._bad = False
        self.trouble = f"what could not be read of {self.path.name} is kept as {aside}"


@contextlib.contextmanager
def _locked(path: Path) -> Generator[None]:
    """Hold a lock of this name for as long as the context lasts; it is let go when the process ends, however."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for attempt in range(PATIENCE):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if attempt == PATIENCE - 1:
                    raise OSError("another session holds it") from error
                time.sleep(0.05)
        yield
    finally:
        os.close(file)


def _replace(path: Path, data: bytes) -> None:
    """Write a file of the owner's alone beside it, then put it in its place. Raises `OSError`."""
    file, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def write_new(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a document where the user wants it: whole or not at all, and over what is there only if told to.

    Raises `FileExistsError`, and other `OSError`.
    """
    data = text.encode("utf-8", "backslashreplace")
    if replace:
        _replace(path, data)
        return
    with path.open("xb") as stream:
        try:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
