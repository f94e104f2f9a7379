"""One reflector against a server that follows a script: each way to fail, the state it shows, and what it asks next.

No time passes: waits are recorded instead. The same on real connections is in tests/cluster.
"""

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from fluxtui.insight.status import assess
from fluxtui.kinds.table import KINDS
from fluxtui.kube import answers, reflector
from fluxtui.kube.answers import (
    Expired,
    Forbidden,
    KubeError,
    NotFound,
    Refused,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from fluxtui.kube.backoff import Backoff
from fluxtui.kube.gate import Gate
from fluxtui.kube.pace import Pace
from fluxtui.kube.reflector import Reflector
from fluxtui.kube.site import Site, Timing
from fluxtui.kube.transport import Resource, Scope
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

KIND = KINDS["Kustomization"]
RESOURCE = Resource(KIND.group, "v1", KIND.plural)
NOW = 1_000_000.0
HANG = object()
"""In a script: nothing more is said, and the connection stays."""


def thing(name: str, version: int, namespace: str = "apps") -> dict[str, object]:
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": meta, "spec": {}}


def event(kind: str, name: str, version: int) -> bytes:
    return json.dumps({"type": kind, "object": thing(name, version)}).encode() + b"\n"


def bookmark(version: int, *, end: bool = False) -> bytes:
    meta: dict[str, object] = {"resourceVersion": str(version)}
    if end:
        meta["annotations"] = {"k8s.io/initial-events-end": "true"}
    return json.dumps({"type": "BOOKMARK", "object": {"kind": "Kustomization", "metadata": meta}}).encode() + b"\n"


def error(code: int, reason: str = "", **details: object) -> bytes:
    status = {"kind": "Status", "code": code, "reason": reason, "message": "words", "details": details}
    return json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"


def page(*things: dict[str, object], version: int = 1, token: str = "") -> bytes:
    return json.dumps({"items": things, "metadata": {"resourceVersion": str(version), "continue": token}}).encode()


def refused(kind: type[Refused], status: int, verb: str = "list", wait: float = 0.0) -> Refused:
    return kind(status, "", "words", verb, RESOURCE.title, wait)


LOST = Unreachable("https://x", "connection refused")


class Server:
    """Follows a script. Each step is what one request gets: bytes (a page), an exception, or a list (a watch)."""

    server = "https://x"

    def __init__(self, *steps: object) -> None:
        self.steps = list(steps)
        self.asked: list[str] = []
        self.done = asyncio.Event()
        """Set when a request came for which there is no step."""

    async def _step(self, asked: str) -> object:
        self.asked.append(asked)
        if not self.steps:
            self.done.set()
            await asyncio.Event().wait()
        step = self.steps.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step

    async def list_page(self, resource: Resource, scope: Scope, *, token: str = "", limit: int = 500) -> bytes:
        where = f" in {scope.namespace}" if scope.namespace else ""
        step = await self._step(f"list{where}{f' from {token}' if token else ''}")
        assert isinstance(step, bytes)
        return step

    @contextlib.asynccontextmanager
    async def watch(
        self, resource: Resource, scope: Scope, *, version: str = "", initial: bool = False, seconds: int = 0
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        where = f" in {scope.namespace}" if scope.namespace else ""
        step = await self._step(f"stream{where}" if initial else f"watch{where} from {version}")
        assert isinstance(step, list)
        yield self._said(step)

    async def _said(self, step: list[object]) -> AsyncIterator[bytes]:
        for item in step:
            if item is HANG:
                await asyncio.Event().wait()
            elif isinstance(item, BaseException):
                raise item
            elif isinstance(item, bytes):
                yield item
            else:
                assert callable(item)
                item()


class Bench:
    """A reflector at work on a script, and what it waited for."""

    def __init__(self, server: Server, waits: list[float], namespace: str = "", **timing: float) -> None:
        self.server = server
        self.waits = waits
        self.states = [(Phase.LOADING, "")]
        self.reachable = asyncio.Event()
        self.reachable.set()
        self.store = Store(assess)
        self.table = self.store.table("c", KIND.name)
        rng = random.Random(1)
        self.gate = Gate(self._probe, Backoff(rng, 0.0, 0.0), lambda: None)
        self.site = Site(
            server,  # type: ignore[arg-type]
            self.gate,
            Pace(),
            namespace=namespace,
            now=lambda: NOW,
            rng=rng,
            timing=Timing(**timing),  # type: ignore[arg-type]
            pulse=self._pulse,
        )
        self.reflector = Reflector(self.site, KIND, RESOURCE, self.table)

    async def _probe(self) -> None:
        await self.reachable.wait()

    def _pulse(self) -> None:
        state = (self.table.state.phase, self.table.state.detail)
        if self.states[-1] != state:
            self.states.append(state)

    @property
    def phases(self) -> list[Phase]:
        return [phase for phase, _ in self.states]

    @property
    def names(self) -> list[str]:
        return sorted(row.record.name for row in self.table.rows.values())

    async def play(self) -> None:
        """Run until the script has been played, then stop."""
        task = asyncio.create_task(self.reflector.run())
        played = asyncio.create_task(self.server.done.wait())
        try:
            async with asyncio.timeout(10):
                await asyncio.wait([task, played], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (task, played):
                each.cancel()
            results = await asyncio.gather(task, played, return_exceptions=True)
            await self.gate.close()
        if isinstance(results[0], Exception):
            raise results[0]


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until a condition holds."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("it never came to that")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Waits are noted, not waited."""
    noted: list[float] = []

    async def rest(seconds: float | None, wake: asyncio.Event) -> None:
        noted.append(seconds or 0.0)
        await asyncio.sleep(0)

    monkeypatch.setattr(reflector, "rest", rest)
    yield noted


@pytest.fixture
def play(waits: list[float]) -> Callable[..., object]:
    async def made(*steps: object, namespace: str = "", **timing: float) -> Bench:
        bench = Bench(Server(*steps), waits, namespace, **timing)
        await bench.play()
        return bench

    return made


# --- the good way


async def test_a_quiet_watch_lets_go_of_what_it_was_told(play: Callable) -> None:
    said = [event("ADDED", "a", 1) + bookmark(1, end=True)]
    held: list[int] = []
    script = [said[0], lambda: held.append(sys.getrefcount(said[0]))]
    before = sys.getrefcount(said[0])  # the list above, the script, and this call
    await play(script)
    assert held == [before]


async def test_a_streamed_list_shows_rows_at_once_and_is_fresh_when_complete(play: Callable) -> None:
    seen: list[object] = []
    bench: list[Bench] = []

    def look() -> None:
        seen.append((bench[0].table.state.phase, bench[0].names))

    server = Server([event("ADDED", "a", 1), look, event("ADDED", "b", 2), bookmark(3, end=True), look, HANG])
    bench.append(Bench(server, []))
    task = asyncio.create_task(bench[0].reflector.run())
    await asyncio.wait_for(bench[0].reflector.settled.wait(), 10)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert seen[0] == (Phase.LOADING, ["a"])
    assert (bench[0].table.state.phase, bench[0].names) == (Phase.FRESH, ["a", "b"])
    assert server.asked == ["stream"]


async def test_changes_come_after_the_list_and_the_next_watch_goes_on_from_the_last(play: Callable) -> None:
    bench = await play(
        [
            event("ADDED", "a", 1) + event("ADDED", "b", 2) + bookmark(3, end=True),
            event("MODIFIED", "a", 4),
            event("DELETED", "b", 5) + event("ADDED", "c", 6),
        ],
        [bookmark(90)],
        [],
    )
    assert bench.names == ["a", "c"]
    assert bench.server.asked == ["stream", "watch from 6", "watch from 90", "watch from 90"]
    assert bench.phases == [Phase.LOADING, Phase.FRESH]


async def test_chunks_may_end_anywhere(play: Callable) -> None:
    said = event("ADDED", "a", 1) + event("ADDED", "b", 2) + bookmark(3, end=True) + event("MODIFIED", "a", 4)
    bench = await play([said[at : at + 7] for at in range(0, len(said), 7)])
    assert bench.names == ["a", "b"]
    assert bench.server.asked == ["stream", "watch from 4"]


async def test_a_reload_is_atomic_and_leaves_no_ghost(waits: list[float]) -> None:
    whole = event("ADDED", "a", 1) + event("ADDED", "ghost", 2) + bookmark(3, end=True)
    half: list[list[str]] = []
    look = [event("ADDED", "b", 5), lambda: half.append(bench.names), bookmark(6, end=True)]
    bench = Bench(Server([whole, error(410, "Expired")], look), waits)
    await bench.play()
    assert half == [["a", "ghost"]], "until the new list is complete the old one stands"
    assert bench.names == ["b"]
    assert bench.server.asked == ["stream", "stream", "watch from 6"]
    assert bench.phases == [Phase.LOADING, Phase.FRESH], "expiry is routine"


async def test_a_list_that_breaks_off_takes_nothing_away(play: Callable) -> None:
    whole = event("ADDED", "a", 1) + event("ADDED", "b", 2) + bookmark(3, end=True)
    bench = await play([whole, error(410)], [event("ADDED", "a", 1), error(500)])
    assert bench.names == ["a", "b"]


# --- servers that do not stream lists


@pytest.mark.parametrize("answer", [refused(Refused, 400), refused(Refused, 422), [error(500)]])
async def test_pages_where_lists_are_not_streamed_remembered_for_the_cluster(play: Callable, answer: object) -> None:
    bench = await play(
        answer, page(thing("a", 1), token="t"), page(thing("b", 2), version=7), [error(410)], page(version=9)
    )
    assert bench.server.asked == ["stream", "list", "list from t", "watch from 7", "list", "watch from 9"]
    assert bench.names == []
    assert not bench.site.streams


async def test_a_stream_that_stalls_is_given_up_for_pages(play: Callable) -> None:
    bench = await play([event("ADDED", "a", 1), HANG], page(thing("a", 1), version=7), listing=0.02)
    assert bench.server.asked == ["stream", "list", "watch from 7"]
    assert bench.names == ["a"]


async def test_a_stream_that_the_server_cuts_short_goes_on_in_pages_at_once(play: Callable) -> None:
    halves = page(thing("a", 1), token="t"), page(thing("b", 2), version=7)
    bench = await play([event("ADDED", "a", 1)], *halves, [error(410)], *halves)
    assert bench.server.asked == ["stream", *["list", "list from t", "watch from 7"] * 2]
    assert bench.names == ["a", "b"]
    assert bench.phases == [Phase.LOADING, Phase.FRESH], "nothing has failed"
    assert bench.site.streams, "the other kinds are streamed"


async def test_an_expired_continue_token_begins_the_list_anew(play: Callable) -> None:
    bench = await play(
        refused(Refused, 400),
        page(thing("old", 1), token="t"),
        refused(Expired, 410),
        page(thing("new", 5), version=7),
    )
    assert bench.server.asked == ["stream", "list", "list from t", "list", "watch from 7"]
    assert bench.names == ["new"]


async def test_a_failing_server_is_not_taken_for_one_that_does_not_stream(play: Callable) -> None:
    bench = await play(refused(Refused, 500), [bookmark(1, end=True)])
    assert bench.server.asked == ["stream", "stream", "watch from 1"]


# --- connections


FILLED = [event("ADDED", "a", 1) + bookmark(3, end=True)]


@pytest.mark.parametrize(
    "end",
    [
        [Unreachable("https://x", "the connection was reset")],
        [b'{"type":"MODIFIED","obj'],
        [b"\x00\x01garbage\n"],
        [b"<html>\n"],
    ],
)
async def test_one_hiccup_is_no_news_and_loses_nothing(play: Callable, end: list[object]) -> None:
    bench = await play([*FILLED, event("ADDED", "b", 4), *end], [event("ADDED", "c", 5)])
    assert bench.server.asked[:2] == ["stream", "watch from 4"]
    assert bench.names == ["a", "b", "c"]
    assert bench.phases == [Phase.LOADING, Phase.FRESH]


async def test_a_lost_connection_is_stale_with_its_reason_and_its_last_word(play: Callable) -> None:
    bench = await play([*FILLED, LOST], LOST, [event("ADDED", "b", 9) + bookmark(10, end=True)])
    assert bench.states == [
        (Phase.LOADING, ""),
        (Phase.FRESH, ""),
        (Phase.STALE, "connection refused"),
        (Phase.FRESH, ""),
    ]
    assert bench.server.asked[:3] == ["stream", "watch from 3", "stream"], "who was away lists again"
    assert bench.names == ["b"]


async def test_nothing_is_asked_while_the_gate_is_shut(waits: list[float]) -> None:
    bench = Bench(Server([*FILLED, LOST], LOST, [bookmark(4, end=True)]), waits)
    bench.reachable.clear()
    task = asyncio.create_task(bench.play())
    await until(lambda: bench.table.state.phase is Phase.STALE)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(bench.server.asked) == 2
    assert (bench.names, bench.table.state.contact, bench.table.state.since) == (["a"], NOW, NOW)
    bench.reachable.set()
    await task
    assert bench.table.state.phase is Phase.FRESH


async def test_a_server_that_never_answered_is_unreachable(play: Callable) -> None:
    bench = await play(LOST, LOST)
    assert bench.states[1:] == [(Phase.UNREACHABLE, "connection refused")]


async def test_silence_beyond_the_deadline_is_a_lost_connection(play: Callable) -> None:
    bench = await play([*FILLED, HANG], [bookmark(8), HANG], watch=(0, 0), slack=0.02, bookmarked=0.01)
    assert bench.server.asked == ["stream", "watch from 3", "stream"]


async def test_a_server_that_closes_at_once_is_asked_less_and_less(play: Callable, waits: list[float]) -> None:
    bench = await play(FILLED, *[[] for _ in range(8)])
    assert set(bench.phases) <= {Phase.LOADING, Phase.FRESH}
    assert len(waits) == 9
    assert sum(waits[5:]) > 10 * sum(waits[:2]), waits


async def test_garbage_without_end_leads_to_a_new_list_and_is_told(play: Callable) -> None:
    nonsense = b"nonsense\n"
    bench = await play([*FILLED, nonsense], [nonsense], [nonsense], [event("ADDED", "b", 9) + bookmark(10, end=True)])
    assert bench.server.asked == ["stream", "watch from 3", "stream", "stream", "watch from 10"]
    assert bench.phases == [Phase.LOADING, Phase.FRESH, Phase.STALE, Phase.FRESH], "no flapping"
    phase, detail = bench.states[2]
    assert phase is Phase.STALE
    assert detail.startswith("cannot read kustomizations.kustomize.toolkit.fluxcd.io: ")
    assert bench.names == ["b"]


async def test_a_line_without_end_is_garbage(play: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluxtui.kube.lines.LineCutter.__init__.__defaults__", (1000, 100))
    bench = await play([*FILLED, b"x" * 1001], [])
    assert bench.server.asked[:2] == ["stream", "watch from 3"]


async def test_a_server_restored_from_a_backup_is_listed_again(play: Callable) -> None:
    bench = await play(
        [event("ADDED", "a", 100) + bookmark(101, end=True), bookmark(50)],
        [event("ADDED", "b", 40) + bookmark(51, end=True)],
    )
    assert bench.server.asked == ["stream", "stream", "watch from 51"]
    assert bench.names == ["b"]


# --- refusals


async def test_who_may_list_but_not_watch_polls(play: Callable) -> None:
    no = refused(Forbidden, 403, "watch")
    bench = await play(no, page(thing("a", 1)), page(thing("b", 2)), poll=15.0)
    assert bench.server.asked == ["stream", "list", "list", "list"]
    assert bench.states[-1] == (Phase.FRESH, "polled: watching is not allowed")
    assert bench.names == ["b"]
    assert all(15.0 <= wait <= 22.5 for wait in bench.waits)


async def test_who_polls_asks_now_and_then_whether_watching_is_allowed_by_now(play: Callable) -> None:
    no = refused(Forbidden, 403, "watch")
    bench = await play(no, *[page(version=1) for _ in range(4)], FILLED)
    assert bench.server.asked == ["stream", *["list"] * 4, "stream", "watch from 3"]
    assert bench.states[-1] == (Phase.FRESH, "")


async def test_who_may_not_list_is_told_and_asked_again_slowly(play: Callable) -> None:
    no = refused(Forbidden, 403, "watch"), refused(Forbidden, 403)
    bench = await play(*no, FILLED, forbidden=60.0)
    assert bench.states[1][0] is Phase.FORBIDDEN
    assert bench.states[1][1] == "cannot list kustomizations.kustomize.toolkit.fluxcd.io: words (403)"
    assert 60.0 <= bench.waits[0] <= 90.0
    assert (bench.table.state.phase, bench.names) == (Phase.FRESH, ["a"]), "granted later"


async def test_who_may_not_see_all_namespaces_sees_that_of_the_context(play: Callable) -> None:
    no = refused(Forbidden, 403, "watch"), refused(Forbidden, 403)
    bench = await play(*no, FILLED, namespace="apps")
    assert bench.server.asked == ["stream", "list", "stream in apps", "watch in apps from 3"]
    assert bench.table.state.phase is Phase.FRESH
    assert bench.table.state.detail == "only namespace apps: all namespaces are not allowed"
    assert bench.table.state.knows("apps") and not bench.table.state.knows("other") and not bench.table.state.knows()


async def test_a_login_that_is_needed_is_said_and_shuts_the_gate(waits: list[float]) -> None:
    bench = Bench(Server([*FILLED, refused(Unauthorized, 401)], [bookmark(4)]), waits)
    bench.reachable.clear()
    task = asyncio.create_task(bench.play())
    await until(lambda: bench.gate.trouble is not None)
    assert bench.table.state.phase is Phase.LOGIN
    assert "log in again" in bench.table.state.detail
    assert bench.names == ["a"]
    bench.reachable.set()
    await task
    assert bench.server.asked[:2] == ["stream", "watch from 3"]
    assert bench.table.state.phase is Phase.FRESH


async def test_a_kind_that_is_gone_takes_its_rows_along(play: Callable) -> None:
    bench = await play([*FILLED, refused(NotFound, 404)])
    assert (bench.table.state.phase, bench.names) == (Phase.MISSING, [])
    assert bench.reflector.settled.is_set()


@pytest.mark.parametrize("again", [refused(TooManyRequests, 429, wait=7.0), [error(429, retryAfterSeconds=7)]])
async def test_a_server_that_asks_for_patience_gets_it(play: Callable, again: object) -> None:
    bench = await play(FILLED, again, [])
    assert bench.server.asked[:3] == ["stream", "watch from 3", "watch from 3"]
    assert bench.waits[1] >= 7.0
    assert bench.names == ["a"]


async def test_a_server_that_keeps_failing_is_stale_in_its_own_words(play: Callable) -> None:
    failures: list[KubeError] = [refused(Refused, 503) for _ in range(4)]
    bench = await play(FILLED, *failures, FILLED)
    assert (Phase.STALE, "cannot list kustomizations.kustomize.toolkit.fluxcd.io: words (503)") in bench.states
    assert bench.table.state.phase is Phase.FRESH


async def test_hearing_from_the_server_wakes_nobody() -> None:
    bench = Bench(Server(), [])
    bench.reflector._loaded()
    bench.store.drain()
    bench.site.now = lambda: NOW + 60
    bench.reflector._heard()
    assert bench.table.state.contact == NOW + 60
    assert not bench.store.pending


def test_every_refusal_that_the_reflector_knows_has_a_type() -> None:
    assert {Unauthorized, Forbidden, NotFound, Expired, TooManyRequests} == set(answers.BY_STATUS.values())


# --- a fleet of very many clusters


async def test_a_large_fleet_watches_only_kinds_with_objects(waits: list[float]) -> None:
    bench = Bench(Server(page(version=1), page(thing("a", 2), version=3)), waits)
    bench.site.crowded = lambda: True
    await bench.play()
    assert bench.server.asked == ["list", "list", "watch from 3"]
    assert bench.site.timing.sparing <= bench.waits[0] <= 1.5 * bench.site.timing.sparing
    assert bench.names == ["a"]
    assert [told for phase, told in bench.states if phase is Phase.FRESH] == [
        "asked every few minutes: the fleet is large",
        "",
    ]
