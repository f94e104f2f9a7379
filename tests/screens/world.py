"""A fleet in a store, without a network: what the simulated clusters hold, decoded as if their servers had sent it.

Time stands still until a test moves it, a cluster is as reachable as a test says, and `tell` is what the fleet does ten
times a second. Nothing waits for a clock: tests wait until something is so (`until`, `sees`).
"""

import asyncio
import copy
import functools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from fluxtui.app import FluxtuiApp, Start
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.served import ServedKind
from fluxtui.kinds.table import KINDS
from fluxtui.kube.answers import Forbidden, NotFound, Unreachable
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.contexts import Chosen, Context, Endpoint, NoContext
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.reflection import Reflection
from fluxtui.kube.transport import Reader
from fluxtui.kube.transport import Resource as Place
from fluxtui.simulator import demo, selectors, tables
from fluxtui.simulator.resources import Resource
from fluxtui.simulator.simulation import Member
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import ClusterData, Store

OPENING = 1_774_061_280.0
"""When tests look at the fleet: Saturday 21 March 2026, 02:48 UTC."""
PATIENCE = 20.0
"""Seconds that a condition may take on a busy machine; what is met is met in milliseconds."""
SMALL, WIDE = (80, 24), (160, 48)

Json = dict[str, Any]
_encode = msgspec.json.Encoder().encode


@functools.cache
def _played(scenario: str, seed: int) -> dict[str, Member]:
    """The clusters at the opening, by name. Shared by all tests: never changed."""
    return demo.build(scenario, opening=OPENING, seed=seed).simulation.members


@functools.cache
def _founded(scenario: str, seed: int) -> dict[str, dict[str, Json]]:
    """Cluster → id → object, as the scenario leaves them at the opening. Shared by all tests: never changed."""
    return {
        name: {
            identity(obj): obj
            for kind in KINDS.values()
            for obj in member.objects.list(kind.name)
            if _selected(kind, obj)
        }
        for name, member in _played(scenario, seed).items()
    }


@functools.cache
def _fleet_of(scenario: str, seed: int) -> dict[str, tuple[str, frozenset[str]]]:
    """Cluster → the Kubernetes version that it says to run, and the kinds that it does not serve."""
    return {
        name: (member.cluster.server, frozenset(kind for kind in KINDS if kind not in member.objects.resources))
        for name, member in _played(scenario, seed).items()
    }


@functools.cache
def _selector(labels: str) -> selectors.Match | None:
    return selectors.labels(labels)


def _selected(kind: Kind, obj: Json) -> bool:
    """Whether the server would list the object, by the kind's label selector."""
    match = _selector(kind.labels)
    return match is None or match(obj)


def _host(name: str) -> str:
    return "".join(char for char in name if char.isalnum() or char == "-")


def identity(obj: Json) -> str:
    """The id of an object, as records have it."""
    meta = obj["metadata"]
    return f"{obj['kind']}/{meta.get('namespace', '')}/{meta['name']}"


def kustomization(namespace: str, name: str, *, ready: bool = True, message: str = "", **spec: Any) -> Json:
    """An object that a test makes up; what is not ready failed five minutes before the opening."""
    reason = "ReconciliationSucceeded" if ready else "BuildFailed"
    condition = {
        "type": "Ready",
        "status": "True" if ready else "False",
        "reason": reason,
        "message": message or ("Applied revision: main@sha1:0a1b2c3d" if ready else "kustomize build failed"),
        "lastTransitionTime": "2026-03-21T02:43:00Z",
        "observedGeneration": 1,
    }
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{namespace}-{name}",
            "generation": 1,
            "creationTimestamp": "2026-03-19T02:48:00Z",
        },
        "spec": {"interval": "10m", "prune": True, "path": "./", **spec},
        "status": {"observedGeneration": 1, "conditions": [condition]},
    }


class World:
    """The clusters of a scenario and how far they can be reached; `states` is by (cluster, kind), kind "" for all."""

    def __init__(self, scenario: str = "incident", clusters: Sequence[str] | None = None, *, seed: int = 7) -> None:
        founded = _founded(scenario, seed) if scenario else {}
        chosen = founded if clusters is None else clusters
        self.time = OPENING
        self.objects: dict[str, dict[str, Json]] = {name: dict(founded.get(name, {})) for name in chosen}
        self.states: dict[tuple[str, str], DataState] = {}
        known = _fleet_of(scenario, seed) if scenario else {}
        self.versions = {name: version for name, (version, _) in known.items()}
        self.missing = {(name, kind) for name, (_, kinds) in known.items() for kind in kinds}
        """(cluster, kind) of what a cluster does not serve."""
        self.contexts = [
            Context(name=name, endpoint=Endpoint(server=f"https://{_host(name)}.example:6443")) for name in chosen
        ]
        self.watched = [context.name for context in self.contexts]
        self.trouble = ""
        """Why there are no contexts."""
        self.warnings: tuple[str, ...] = ()
        self.fetched: list[tuple[str, str]] = []
        self.refusals: dict[str, Exception] = {}
        """By id: what a fetch of the object raises."""
        self.fleet: StillFleet
        self.kinds: dict[str, list[Resource]] = {
            name: list(_played(scenario, seed)[name].objects.resources) if name in known else [] for name in chosen
        }
        """What each cluster serves, watched or not."""
        self.telling = asyncio.Event()
        """Cleared, no cluster tells what it serves until it is set again."""
        self.telling.set()
        self.forbidden: set[tuple[str, str]] = set()
        """(cluster, plural) of lists that are refused."""
        self.plain: set[str] = set()
        """Clusters whose server does not print tables."""
        self.listing: dict[tuple[str, str], list[asyncio.Queue[bytes]]] = {}
        """The watches of printed lists, by (cluster, kind)."""
        self._scenario = (scenario, seed)
        self._removed: set[tuple[str, str]] = set()
        self._versions = 900_000
        if scenario == "incident" and "prod-us-1" in self.objects:
            self.phase("prod-us-1", Phase.UNREACHABLE, "connection refused", since=120, contact=0)

    def now(self) -> float:
        """The world's time: epoch seconds."""
        return self.time

    def pass_time(self, seconds: float) -> None:
        """Later; the program notices with its next tick (see `tick`)."""
        self.time += seconds

    # How far data can be believed

    def phase(
        self,
        cluster: str,
        phase: Phase,
        detail: str = "",
        *,
        kinds: Iterable[str] = ("",),
        since: float = 60,
        contact: float = 3,
    ) -> None:
        """Data of these kinds is in this phase since so many seconds; the last word came `contact` seconds ago (0:
        never). Takes effect on a running program too, with the next `tell`."""
        state = DataState(phase, self.time - since, self.time - contact if contact else 0.0, detail)
        for kind in kinds:
            self.states[cluster, kind] = state
        if hasattr(self, "fleet") and cluster in self.fleet.clusters:
            self.fleet.clusters[cluster].load()

    def state(self, cluster: str, kind: str) -> DataState:
        """What a table of the store is told."""
        fresh = DataState(Phase.FRESH, OPENING - 60, self.time - 3)
        if (cluster, kind) in self.missing and (cluster, "") not in self.states:
            fresh = DataState(Phase.MISSING, OPENING - 60, self.time - 3, "the server does not serve this kind")
        return self.states.get((cluster, kind)) or self.states.get((cluster, "")) or fresh

    # What the clusters hold

    def listed(self, cluster: str, kind: Kind) -> bytes:
        """The answer to a LIST."""
        items = [obj for known, obj in self.objects[cluster].items() if known.startswith(f"{kind.name}/")]
        return _encode({"kind": "List", "metadata": {"resourceVersion": "1"}, "items": items})

    def put(self, cluster: str, *objs: Json) -> None:
        """Objects are created or changed; a running program is told with the next `tell`."""
        for obj in objs:
            self._versions += 1
            held = copy.deepcopy(obj)
            held["metadata"]["resourceVersion"] = str(self._versions)
            event = "MODIFIED" if identity(obj) in self.objects[cluster] else "ADDED"
            self.objects[cluster][identity(obj)] = held
            self._watched(cluster, event, held)
            self._printed(cluster, event, held)

    def edit(self, cluster: str, known: str, change: Callable[[Json], object]) -> None:
        """One object is changed in place by a function."""
        obj = copy.deepcopy(self.objects[cluster][known])
        change(obj)
        self.put(cluster, obj)

    def remove(self, cluster: str, *identities: str) -> None:
        """Objects are deleted."""
        for known in identities:
            held = self.found(cluster, known)
            self.objects[cluster].pop(known, None)
            self._removed.add((cluster, known))
            self._watched(cluster, "DELETED", held)
            self._printed(cluster, "DELETED", held)

    def _watched(self, cluster: str, event: str, obj: Json) -> None:
        if not hasattr(self, "fleet") or cluster not in self.fleet.clusters:
            return
        group = obj["apiVersion"].rpartition("/")[0]
        tables = [(KINDS.get(obj["kind"]), self.fleet.store.cluster(cluster))]
        beside = cast("StillCluster", self.fleet.clusters[cluster]).beside
        if beside is not None:
            names = (obj["kind"], f"{obj['kind']}.{group}")
            tables += [(POLICY_KINDS.get(name), beside.data) for name in names]
        for kind, data in tables:
            if kind is None or group != kind.group or not _selected(kind, obj):
                continue
            table = data.table(kind.name)
            for told in kind.decode_events(_encode({"type": event, "object": obj}) + b"\n"):
                if told.record is not None:
                    table.remove(told.record.id) if event == "DELETED" else table.upsert(told.record)
        if beside is not None:
            beside.pulse()

    # What they serve, watched or not

    def serve(self, resource: Resource, *clusters: str) -> None:
        """Clusters (all of them, by default) serve another kind."""
        for name in clusters or self.objects:
            self.kinds[name].append(resource)

    def every(self, cluster: str, kind: str, group: str = "") -> dict[str, Json]:
        """All objects of a kind, watched or not, by id."""
        scenario, seed = self._scenario
        members = _played(scenario, seed) if scenario else {}
        served = members[cluster].objects if cluster in members else None
        held = {identity(obj): obj for obj in served.list(kind)} if served and kind in served.resources else {}
        held |= {known: obj for known, obj in self.objects[cluster].items() if known.startswith(f"{kind}/")}
        return {
            known: obj
            for known, obj in sorted(held.items())
            if (cluster, known) not in self._removed and obj["apiVersion"].rpartition("/")[0] == group
        }

    def _printed(self, cluster: str, event: str, obj: Json) -> None:
        for queue in self.listing.get((cluster, obj["kind"]), ()):
            resource = next(each for each in self.kinds[cluster] if each.kind == obj["kind"])
            version = {"resourceVersion": obj["metadata"]["resourceVersion"]}
            table = tables.table(resource, [obj], version, "Object", self.time, headed=False)
            queue.put_nowait(_encode({"type": event, "object": table}) + b"\n")

    def found(self, cluster: str, known: str) -> Json:
        """The object behind an id as records have it: cleaned of what no terminal should see."""
        held = self.objects[cluster]
        if known in held:
            return held[known]
        name, _, group = known.partition("/")[0].partition(".")
        if name not in KINDS or KINDS[name].labels:
            bare = f"{name}/{known.partition('/')[2]}"
            return self.every(cluster, name, group or (KINDS[name].group if name in KINDS else ""))[bare]
        kind = KINDS[known.partition("/")[0]]
        return next(obj for obj in held.values() if getattr(kind.decode_object(_encode(obj)), "id", "") == known)

    # The program on it

    def app(self, **start: Any) -> FluxtuiApp:
        """The program, as the command line makes it, over this world. Keyword arguments are those of `Start`."""
        app = FluxtuiApp(Start(self._find, self.now, **start))
        self.fleet = app.desk.fleet = StillFleet(self, app.desk.store)
        return app

    def _find(self) -> Chosen:
        if self.trouble:
            raise NoContext(self.trouble)
        watched = tuple(context for context in self.contexts if context.name in self.watched)
        return Chosen(tuple(self.contexts), watched, self.warnings)

    def tell(self) -> None:
        """A batch: what changed since the last one."""
        self.fleet.tell()


class StillCluster(Cluster):
    """A cluster that never connects: what it holds is the world's."""

    world: World
    beside: "StillReflection | None" = None

    async def settled(self) -> None:
        """It has told everything at once."""

    def reflection(self, kinds: Mapping[str, Kind], data: ClusterData, pulse: Callable[[], None]) -> "StillReflection":
        """More kinds, as the world has them."""
        if type(self.reader) is Reader:
            self.reader = StillReader(self.world, self.name, self.reader)
        self.beside = StillReflection(self.world, kinds, data, self.site(self.reader, "", pulse), pulse)
        return self.beside

    async def fetch_from(self, resource: Any, namespace: str, name: str) -> Json:
        """The whole object of any kind."""
        await asyncio.sleep(0)
        kind = next(each for each in self.world.kinds[self.name] if each.plural == resource.plural)
        identity = f"{kind.kind}/{namespace}/{name}"
        self.world.fetched.append((self.name, identity))
        if identity in self.world.refusals:
            raise self.world.refusals[identity]
        held = self.world.every(self.name, kind.kind, resource.group)
        if identity not in held:
            raise NotFound(404, "NotFound", f"{resource.title} {name!r} not found", "get", resource.title)
        return copy.deepcopy(held[identity])

    def start(self) -> None:
        """It has told everything at once."""
        self._version = self.world.versions.get(self.name, "v1.36.0")
        self.load()

    def load(self) -> None:
        """Every table as the world says."""
        for kind in KINDS.values():
            state = self.world.state(self.name, kind.name)
            table = self._data.table(kind.name)
            if state.phase in (Phase.FRESH, Phase.STALE) or (state.phase is Phase.UNREACHABLE and state.contact):
                table.replace(kind.decode_page(self.world.listed(self.name, kind)).records)
            elif state.phase in (Phase.FORBIDDEN, Phase.MISSING):
                table.replace(())
            table.set_state(state)

    async def look_around(self) -> tuple[ServedKind, ...]:
        """Everything that the world says it serves."""
        await asyncio.sleep(0)
        state = self.world.states.get((self.name, ""))
        await self.world.telling.wait()
        if state is not None and state.phase in (Phase.UNREACHABLE, Phase.LOGIN, Phase.LOADING):
            raise Unreachable(self.context.server, state.detail or "no answer")
        self.served = tuple(
            ServedKind(
                each.group, each.versions[0], each.plural, each.kind, each.singular, each.short_names, each.namespaced
            )
            for each in self.world.kinds[self.name]
        )
        if type(self.reader) is Reader:  # a test may have put its own there
            self.reader = StillReader(self.world, self.name, self.reader)
        return self.served

    async def fetch(self, identity: str) -> Json:
        """The whole object."""
        self.world.fetched.append((self.name, identity))
        await asyncio.sleep(0)
        if identity in self.world.refusals:
            raise self.world.refusals[identity]
        return copy.deepcopy(self.world.found(self.name, identity))


class StillReflection(Reflection):
    """Kinds beside those of delivery: everything at once, and then what a test changes."""

    def __init__(
        self, world: World, kinds: Mapping[str, Kind], data: ClusterData, site: Any, pulse: Callable[[], None]
    ) -> None:
        super().__init__(kinds, data, site)
        self.world = world
        self.data = data
        self.pulse = pulse

    def resource(self, kind: str) -> Place | None:
        """Where the world serves it."""
        known = POLICY_KINDS[kind]
        served = {(each.group, each.plural) for each in self.world.kinds[self.data.name]}
        if (known.group, known.plural) not in served:
            return None
        return Place(known.group, known.versions[0], known.plural, known.namespaced)

    async def run(self) -> None:
        """Every table as the world says."""
        for kind in self._kinds.values():
            self._load(kind)
        self._known.set()
        self.pulse()
        await asyncio.Event().wait()

    def _load(self, kind: Kind) -> None:
        name, table = self.data.name, self.data.table(kind.name)
        state = self.world.state(name, kind.name)
        if self.resource(kind.name) is None and (name, "") not in self.world.states:
            state = DataState(Phase.MISSING, OPENING - 60, self.world.time - 3, "the server does not serve this kind")
        if state.phase in (Phase.FRESH, Phase.STALE):
            items = [
                obj
                for obj in self.world.every(name, kind.name.partition(".")[0], kind.group).values()
                if _selected(kind, obj) and ("reason=" not in kind.fields or obj["reason"] == kind.fields[7:])
            ]
            body = _encode({"kind": "List", "metadata": {"resourceVersion": "1"}, "items": items})
            table.replace(kind.decode_page(body).records)
        table.set_state(state)


class StillReader(Reader):
    """Prints what the world holds, and what changes in it; whatever else is asked goes the way of the real one."""

    def __init__(self, world: World, cluster: str, real: Reader) -> None:
        super().__init__(real._wire)
        self.world = world
        self.cluster = cluster

    async def close(self) -> None:
        """Nothing is open."""

    def printed(self, include: str, begin: Callable[[], None]) -> Reader:
        """As it is."""
        self.include = include
        return self

    async def list_page(
        self, resource: Any, scope: Any, *, token: str = "", limit: int = 200, slim: bool = False
    ) -> bytes:
        """One page of a table, or of metadata."""
        await asyncio.sleep(0)
        if (self.cluster, resource.plural) in self.world.forbidden:
            message = f'User "ops" cannot list resource "{resource.plural}" at the cluster scope'
            raise Forbidden(403, "Forbidden", message, "list", resource.title)
        kind = self._kind(resource)
        every = list(self.world.every(self.cluster, kind.kind, kind.group).values())
        start = int(token or 0)
        page, following = every[start : start + limit], str(start + limit) if start + limit < len(every) else ""
        metadata = {"resourceVersion": "1", **({"continue": following} if following else {})}
        if self.cluster in self.world.plain or slim:
            return _encode({"kind": "List", "metadata": metadata, "items": page})
        return _encode(tables.table(kind, page, metadata, "Object", self.world.time))

    def _kind(self, resource: Any) -> Resource:
        for each in self.world.kinds[self.cluster]:
            if (each.group, each.plural) == (resource.group, resource.plural):
                return each
        raise NotFound(404, "NotFound", "the server could not find the requested resource", "list", resource.title)

    @asynccontextmanager
    async def watch(
        self, resource: Any, scope: Any, *, version: str = "", initial: bool = False, seconds: int = 270
    ) -> Any:
        """Lines of the changes, until it is closed."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        watches = self.world.listing.setdefault((self.cluster, self._kind(resource).kind), [])
        watches.append(queue)

        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield await queue.get()

        try:
            yield chunks()
        finally:
            watches.remove(queue)


class StillFleet(Fleet):
    """A fleet without tasks: batches are told when a test says so."""

    def __init__(self, world: World, store: Store) -> None:
        self.world = world
        self.started = False
        self.retried: list[str | None] = []
        super().__init__(store, now=world.now)

    async def start(self) -> None:
        """Every cluster tells what it holds, in one batch."""
        for cluster in self.clusters.values():
            cluster.start()
        self._plumbed = True
        self.tell()
        self.started = True

    def retry(self, name: str | None = None) -> None:
        """Remembered, for tests to ask."""
        self.retried.append(name)

    def tell(self) -> None:
        """What changed since the last batch, to everybody who listens."""
        batch = self.store.drain()
        if batch:
            self._tell(batch)

    def _tell(self, batch: Any) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber(batch)  # a defect of a reader is the test's failure

    def _join(self, context: Context) -> Cluster:
        cluster = StillCluster(context, self.store.cluster(context.name), self._around)
        cluster.world = self.world
        self.clusters[context.name] = cluster
        return cluster


# --- a program under test


@asynccontextmanager
async def running(world: World, size: tuple[int, int] = SMALL, **start: Any) -> AsyncIterator[Pilot[None]]:
    """The program on a terminal of this size, once every cluster has told what it holds."""
    app = world.app(**start)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: world.fleet.started, "the fleet to start")
        yield pilot


async def until(pilot: Pilot[None], condition: Callable[[], object], what: str = "") -> None:
    """Wait until something is so; fails, with the screen, when it never is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        await pilot.pause()
        if condition():
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what or 'a condition'}; on screen:\n{screen(pilot)}")
        await asyncio.sleep(0.01)


async def sees(pilot: Pilot[None], *texts: str) -> str:
    """Wait until all texts are on screen; returns the screen."""
    await until(pilot, lambda: all(text in screen(pilot) for text in texts), " and ".join(map(repr, texts)))
    return screen(pilot)


async def loses(pilot: Pilot[None], text: str) -> str:
    """Wait until a text is not on screen any more; returns the screen."""
    await until(pilot, lambda: text not in screen(pilot), f"{text!r} to go")
    return screen(pilot)


def lines(pilot: Pilot[None]) -> list[str]:
    """What stands on the terminal, line by line, as it was painted."""
    app = pilot.app
    return [strip.text for strip in app.screen._compositor.render_strips(app.size)]


def screen(pilot: Pilot[None]) -> str:
    """What stands on the terminal."""
    return "\n".join(lines(pilot))


async def notified(pilot: Pilot[None], *texts: str) -> str:
    """Wait until a message pops up that has all texts (on screen it is broken into lines); returns it."""

    def found() -> str:
        messages = [toast.message for toast in pilot.app._notifications]
        return next((message for message in messages if all(text in message for text in texts)), "")

    await until(pilot, found, f"a message with {texts}")
    await until(pilot, lambda: pilot.app.screen.query("Toast"), "the message to be shown")
    return found()


async def burst(pilot: Pilot[None], *keys: str) -> None:
    """Keys as fast as a terminal sends them: none waits for what the one before it did."""
    for key in keys:
        character = key if len(key) == 1 else None
        pilot.app.post_message(events.Key(_character_to_key(key) if character else key, character))
    await pilot.pause()


async def command(pilot: Pilot[None], text: str) -> None:
    """Give a `:` command."""
    await burst(pilot, ":", *text, "enter")


async def type_filter(pilot: Pilot[None], text: str) -> None:
    """Open the filter line and write into it; it stays open."""
    await burst(pilot, "/", *text)


@dataclass
class Counter:
    """Counts the calls of a method of an object."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.calls)

    def on(self, owner: Any, name: str) -> "Counter":
        """Count from now on; the method works as before."""
        method = getattr(owner, name)

        @functools.wraps(method)
        def counted(*args: Any, **named: Any) -> Any:
            self.calls.append(args)
            return method(*args, **named)

        setattr(owner, name, counted)
        return self
