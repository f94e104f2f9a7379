"""What can go wrong with a server, to order: a test or a scenario sets these, the server obeys at once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Protocol

from fluxtui.simulator import refusals

if TYPE_CHECKING:
    from fluxtui.simulator.objects import Objects


class Stream(Protocol):
    """An open watch, as far as faults go."""

    def cut(self) -> None:
        """Drops the connection without a word."""

    def inject(self, data: bytes) -> None:
        """Sends bytes that are no event."""

    def wake(self) -> None:
        """Looks again at what it should do."""


class Faults:
    """The misbehaviour of one server. All of it can be set and cleared while clients are connected."""

    def __init__(self) -> None:
        self.refuse = False
        """Connections are accepted and dropped at once, before any answer."""
        self.hang = False
        """Requests are accepted and not answered until this is cleared."""
        self.delay = 0.0
        """Seconds before each answer."""
        self.unauthorized = False
        """Every token is answered 401, as after its expiry."""
        self._silent = False
        self.garbage_watch = b""
        """What every new watch is answered with, instead of events, before it ends."""
        self.no_watchlist: Literal["", "refused", "error"] = ""
        """How a streamed list fails: refused (422, the feature is off) or an ERROR event (500, an old etcd)."""
        self.short_pages = 0
        """Pages are at most this long, whatever the limit asked for; 0 leaves them alone."""
        self.requests: list[str] = []
        """``METHOD path?query`` of every request, oldest first."""
        self._throttled = 0
        self._throttle = (429, 1)
        self._streams: set[Stream] = set()
        self._objects: Objects | None = None

    @property
    def silent_watch(self) -> bool:
        """Watches are accepted and stay open, and nothing is ever sent; clearing it ends those that missed events."""
        return self._silent

    @silent_watch.setter
    def silent_watch(self, silent: bool) -> None:
        self._silent = silent
        for stream in list(self._streams):
            stream.wake()

    def throttle(self, code: int = 429, times: int = 1, retry_after: int = 1) -> None:
        """Refuses the next ``times`` requests with ``code`` and ``Retry-After: retry_after`` (seconds)."""
        self._throttled = times
        self._throttle = (code, retry_after)

    def drop_watches(self) -> None:
        """Drops every open watch without a word, as a dying proxy does."""
        for stream in list(self._streams):
            stream.cut()

    def garble(self, data: bytes) -> None:
        """Sends bytes that are no event into every open watch."""
        for stream in list(self._streams):
            stream.inject(data)

    def expire(self) -> None:
        """Makes all resourceVersions and continue tokens of the past too old (410), as compaction does."""
        if self._objects is not None:
            self._objects.expire()

    def clear(self) -> None:
        """Behaves again; open watches and what is recorded stay."""
        self.refuse = self.hang = self.unauthorized = self.silent_watch = False
        self.delay, self.garbage_watch, self.no_watchlist, self.short_pages, self._throttled = 0.0, b"", "", 0, 0

    def watches(self) -> Iterable[Stream]:
        """The open watches."""
        return tuple(self._streams)

    # -- what the server asks --------------------------------------------------------------------------------

    def attach(self, objects: "Objects") -> None:
        """Tells whose history `expire` forgets."""
        self._objects = objects

    def opened(self, stream: Stream) -> None:
        """A watch began."""
        self._streams.add(stream)

    def closed(self, stream: Stream) -> None:
        """A watch ended."""
        self._streams.discard(stream)

    def check(self) -> None:
        """Raises the refusal that the next request is due."""
        if self._throttled > 0:
            self._throttled -= 1
            code, retry_after = self._throttle
            raise refusals.throttled(retry_after, code)
        if self.unauthorized:
            raise refusals.unauthorized()
