"""A byte stream cut at line ends: watch events come in chunks that know nothing of lines.

Pure. What follows the last line end is kept for the next chunk. Slices are small enough that decoding one
does not delay a key press; a single long line is a slice of its own.
"""

# ruff: noqa: N818 - named for what happened, which is what a reader of an except clause wants to know
from collections.abc import Iterator

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes. etcd stops at 1.5 MiB per object by default; beyond this it is no watch event."""
SLICE = 64 * 1024
"""Bytes: about 1 ms of decoding."""


class LineTooLong(ValueError):
    """No line end within the limit: these are not watch events."""


class LineCutter:
    """Feed chunks, get slices of whole lines."""

    def __init__(self, limit: int = LINE_LIMIT, size: int = SLICE) -> None:
        self._limit = limit
        self._size = size
        self._parts: list[bytes] = []
        self._held = 0

    @property
    def rest(self) -> bytes:
        """The beginning of a line whose end has not come."""
        return b"".join(self._parts)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The whole lines that this chunk completes, in slices. Raises `LineTooLong`."""
        end = chunk.rfind(b"\n") + 1
        if not end:
            self._keep(chunk)
            return
        data = b"".join((*self._parts, chunk[:end]))
        self._parts, self._held = [], 0
        self._keep(chunk[end:])
        at = 0
        while at < len(data):
            stop = data.rfind(b"\n", at, at + self._size) + 1 or data.find(b"\n", at) + 1
            yield data[at:stop]
            at = stop

    def _keep(self, chunk: bytes) -> None:
        self._held += len(chunk)
        if self._held > self._limit:
            raise LineTooLong(f"a line of more than {self._limit >> 20} MiB")
        if chunk:
            self._parts.append(chunk)
