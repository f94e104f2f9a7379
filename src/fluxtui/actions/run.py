"""Carrying out a plan: a bounded number of objects at once, each told of live, until its controller has answered.

Nothing is asked again and again: the watch brings what happened into the store, and a run is woken by the batches in
which its objects are. Every object has its own end; what befalls one does not touch the others.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import Protocol

import msgspec

from fluxtui.actions.answer import Answer, Meta, answered, fetched, meta, told
from fluxtui.actions.journal import Journal, Origin
from fluxtui.actions.plan import Item, Plan, Sight, Step, Wait, named
from fluxtui.insight.fields import Json
from fluxtui.kinds.ages import age
from fluxtui.kinds.record import split_id
from fluxtui.kube.answers import Forbidden, KubeError, NotFound, Refused
from fluxtui.kube.transport import Resource
from fluxtui.kube.writer import ReadOnly
from fluxtui.store.changes import Batch

AT_ONCE = 10
"""Objects that are under way together."""
PATIENCE = 300.0
"""Seconds that a controller has for its answer (flux waits as long)."""
AGAIN = 0.3
"""Seconds before the one more try after a conflict."""
AGAIN_LIMIT = 10.0
"""Seconds that a busy server may ask us to wait before that try."""
LOOK, LOOK_LIMIT = 0.5, 5.0
"""Seconds until what is not watched is fetched to see what became of it, longer each time, and at most."""


class Stage(StrEnum):
    """How far one object is; the value is for people and the journal."""

    QUEUED = "queued"
    SENDING = "sending"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    """Its controller has answered, and it did not go well."""
    TIMED_OUT = "timed out"
    REFUSED = "refused"
    CONFLICT = "conflict"
    VANISHED = "vanished"
    LOST = "no answer"
    """The server did not answer: whether the request arrived is not known."""
    CANCELLED = "cancelled"
    SKIPPED = "not done"
    """The plan refused it: nothing was sent."""

    @property
    def over(self) -> bool:
        """Whether nothing more will be heard."""
        return self not in (Stage.QUEUED, Stage.SENDING, Stage.WAITING)


class Progress(msgspec.Struct, frozen=True):
    """Where one object of the plan is."""

    stage: Stage
    text: str = ""
    at: float = 0.0
    """Since when, epoch seconds."""


class Writes(Protocol):
    """What sends: a `kube.writer.Writer`."""

    async def merge(self, resource: Resource, namespace: str, name: str, patch: dict[str, object]) -> bytes:
        """A JSON merge patch."""
        ...

    async def delete_pod(self, namespace: str, name: str, options: dict[str, object]) -> bytes:
        """Delete one pod."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


class Crew(msgspec.Struct, frozen=True):
    """What a run works with.

    ``writer`` opens the one of a cluster and raises `ReadOnly`; ``subscribe`` is the fleet's; ``now`` is the wall clock
    in epoch seconds; ``origin`` says as whom a cluster is asked, for the journal; ``fetch`` gets one object that is not
    watched, by cluster, resource, namespace and name, and raises `KubeError`.
    """

    sight: Sight
    writer: Callable[[str], Writes]
    subscribe: Callable[[Callable[[Batch], None]], Callable[[], None]]
    now: Callable[[], float]
    journal: Journal | None = None
    origin: Callable[[str], Origin] = lambda _: Origin()
    patience: float = PATIENCE
    fetch: Callable[[str, Resource, str, str], Awaitable[Json]] | None = None


Say = Callable[[Stage, str], None]


class Outcome(msgspec.Struct, frozen=True):
    """The end of one step."""

    stage: Stage
    text: str


class Run:
    """One plan on its way. ``tell`` is called with the position of an item whenever its progress changes."""

    def __init__(self, plan: Plan, crew: Crew, tell: Callable[[int], None] = lambda _: None) -> None:
        self.plan = plan
        self.progress = [
            Progress(Stage.SKIPPED if item.refusal else Stage.QUEUED, item.refusal, crew.now()) for item in plan.items
        ]
        self._crew = crew
        self._tell = tell
        self._room = asyncio.Semaphore(AT_ONCE)
        self._writers: dict[str, Writes] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._shared: dict[tuple[str, str, str], asyncio.Task[Outcome]] = {}
        self._sharing: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        self._bells: dict[tuple[str, str], list[asyncio.Event]] = defaultdict(list)
        self._seen: dict[tuple[str, str, str], str] = {}
        """The last that what is not watched was doing."""
        self._cancelled = False

    @property
    def over(self) -> bool:
        """Whether every object has come to its end."""
        return all(progress.stage.over for progress in self.progress)

    def counts(self) -> Mapping[Stage, int]:
        """How many objects are at each stage."""
        found: dict[Stage, int] = defaultdict(int)
        for progress in self.progress:
            found[progress.stage] += 1
        return found

    def cancel(self) -> None:
        """Send nothing more and wait no longer; what was sent stays sent."""
        self._cancelled = True
        for task in (*self._tasks, *self._shared.values()):
            task.cancel()

    async def carry_out(self) -> None:
        """Do it all; returns when every object has come to its end. Once."""
        unsubscribe = self._crew.subscribe(self._follow)
        try:
            self._tasks = [
                asyncio.create_task(self._one(at, item)) for at, item in enumerate(self.plan.items) if not item.refusal
            ]
            await asyncio.gather(*self._tasks)
        finally:
            unsubscribe()
            for task in (*self._tasks, *self._shared.values()):
                task.cancel()
            await asyncio.gather(*self._tasks, *self._shared.values(), return_exceptions=True)
            for writer in self._writers.values():
                await writer.close()

    # --- one object

    async def _one(self, at: int, item: Item) -> None:
        try:
            async with self._room:
                outcome = await self._steps(at, item)
        except asyncio.CancelledError:
            sent = self.progress[at].stage is not Stage.QUEUED
            self._set(at, Stage.CANCELLED, "not waited for any more" if sent else "nothing was sent")
            if not self._cancelled:
                raise
        else:
            self._set(at, outcome.stage, outcome.text)

    async def _steps(self, at: int, item: Item) -> Outcome:
        *before, itself = item.steps
        for step in before:
            outcome = await self._source(at, step)
            if outcome.stage is not Stage.DONE:
                told_of = f"its source {named(step.identity)}: {outcome.text or outcome.stage}"
                return Outcome(outcome.stage, f"{told_of}; it was not asked itself")
        return await self._do(itself, partial(self._set, at))

    async def _source(self, at: int, step: Step) -> Outcome:
        """A step that other objects may share: done once, told to all."""
        self._sharing[step.key].append(at)
        if step.key not in self._shared:
            self._shared[step.key] = asyncio.create_task(self._do(step, partial(self._share, step)))
        else:
            self._set(at, Stage.WAITING, f"first its source {named(step.identity)}")
        return await asyncio.shield(self._shared[step.key])

    def _share(self, step: Step, stage: Stage, text: str) -> None:
        for at in self._sharing[step.key]:
            self._set(at, stage, f"first its source {named(step.identity)}{f': {text}' if text else ''}")

    def _set(self, at: int, stage: Stage, text: str) -> None:
        before = self.progress[at]
        if (before.stage, before.text) != (stage, text):
            since = before.at if before.stage is stage else self._crew.now()
            self.progress[at] = Progress(stage, text, since)
            self._tell(at)

    # --- one request

    async def _do(self, step: Step, say: Say) -> Outcome:
        say(Stage.SENDING, "")
        journal = self._crew.journal
        mark = journal.sent(self.plan, step, self._crew.origin(step.cluster)) if journal is not None else ""
        outcome = Outcome(Stage.CANCELLED, "not waited for any more")
        try:
            outcome = await self._asked(step, say)
        finally:
            if journal is not None:
                journal.result(mark, outcome.stage.value, outcome.text)
        return outcome

    async def _asked(self, step: Step, say: Say) -> Outcome:
        try:
            data = await self._send(step, say)
        except ReadOnly as error:
            return Outcome(Stage.REFUSED, str(error))
        except Refused as error:
            return _refused(step, error)
        except KubeError as error:
            return Outcome(Stage.LOST, f"{error}; whether it arrived is not known")
        if step.wait is Wait.NOTHING:
            return Outcome(Stage.DONE, "sent; there is nothing to wait for")
        return await self._answer(step, say, meta(data))

    async def _send(self, step: Step, say: Say) -> bytes:
        """The request, once more after a conflict or when the server is busy. Raises `KubeError`, `ReadOnly`."""
        try:
            return await self._request(step)
        except Refused as error:
            if error.status not in (409, 429):
                raise
            say(Stage.SENDING, f"once more: {error.message or error.reason}")
            await asyncio.sleep(min(max(AGAIN, error.retry_after), AGAIN_LIMIT))
        return await self._request(step)

    async def _request(self, step: Step) -> bytes:
        writer = self._writers.get(step.cluster)
        if writer is None:
            writer = self._writers[step.cluster] = self._crew.writer(step.cluster)
        _, namespace, name = split_id(step.identity)
        if step.method == "DELETE":
            return await writer.delete_pod(namespace, name, step.body)
        return await writer.merge(step.resource, namespace, name, step.body)

    # --- its answer

    async def _answer(self, step: Step, say: Say, after: Meta) -> Outcome:
        try:
            async with asyncio.timeout(self._crew.patience):
                if not step.watched:
                    return await self._see(step, say, after)
                return await self._listen(step, say, after)
        except TimeoutError:
            last = self._doing(step) if step.watched else self._seen.get(step.key, "")
            waited = f"no answer within {age(self._crew.patience)}"
            return Outcome(Stage.TIMED_OUT, f"{waited}; last seen: {last}" if last else waited)

    async def _listen(self, step: Step, say: Say, after: Meta) -> Outcome:
        """Until the store holds the end of it."""
        bell, place = asyncio.Event(), (step.cluster, step.identity)
        self._bells[place].append(bell)
        try:
            while True:
                bell.clear()
                outcome = self._look(step, say, after.generation)
                if outcome is not None:
                    return outcome
                await bell.wait()
        finally:
            self._bells[place].remove(bell)

    async def _see(self, step: Step, say: Say, after: Meta) -> Outcome:
        """Until the object itself shows the end of it, fetched again and again."""
        if self._crew.fetch is None:
            return Outcome(Stage.DONE, "sent; what becomes of it cannot be seen from here")
        pause = LOOK
        while True:
            try:
                value = await self._crew.fetch(step.cluster, step.resource, *split_id(step.identity)[1:])
            except Forbidden as error:
                return Outcome(Stage.LOST, f"it was accepted; what becomes of it cannot be seen: {error}")
            except NotFound:
                if step.wait is Wait.GONE:
                    return Outcome(Stage.DONE, "gone")
                return Outcome(Stage.VANISHED, "it was deleted while we waited")
            except KubeError as error:
                doing = f"no news of it: {error}"
            else:
                found = fetched(step, value, after.uid)
                if isinstance(found, Answer):
                    return Outcome(Stage.DONE if found.well else Stage.FAILED, found.text)
                doing = found.message or str(found.state)
            self._seen[step.key] = doing
            say(Stage.WAITING, doing)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LOOK_LIMIT)

    def _look(self, step: Step, say: Say, generation: int) -> Outcome | None:
        """What the store holds now: the end of it, or None."""
        row = self._crew.sight.row(step.cluster, step.identity)
        if row is None:
            if self._crew.sight.state(step.cluster, split_id(step.identity)[0]).trusted:
                if step.wait is Wait.GONE:
                    return Outcome(Stage.DONE, "gone")
                return Outcome(Stage.VANISHED, "it was deleted while we waited for its controller")
        else:
            answer = answered(step, row, generation)
            if answer is not None:
                return Outcome(Stage.DONE if answer.well else Stage.FAILED, answer.text)
        say(Stage.WAITING, self._doing(step))
        return None

    def _doing(self, step: Step) -> str:
        """What the object says meanwhile; when nothing is heard of it, that."""
        state = self._crew.sight.state(step.cluster, split_id(step.identity)[0])
        if not state.trusted:
            return f"no news of {step.cluster}: {state.phase}{f', {state.detail}' if state.detail else ''}"
        row = self._crew.sight.row(step.cluster, step.identity)
        if row is None or step.wait is not Wait.HANDLED or row.record.ready == "True":
            return ""
        return told(row.record)

    def _follow(self, batch: Batch) -> None:
        for change in batch.changes:
            for bell in self._bells.get((change.cluster, change.id), ()):
                bell.set()
        if batch.states:
            for (cluster, identity), bells in self._bells.items():
                if (cluster, split_id(identity)[0]) in batch.states:
                    for bell in bells:
                        bell.set()


def _refused(step: Step, error: Refused) -> Outcome:
    if isinstance(error, NotFound) and not error.kind_missing:
        if step.method == "DELETE":
            return Outcome(Stage.DONE, "gone already")
        return Outcome(Stage.VANISHED, "it was deleted meanwhile: there is nothing to patch")
    if error.status == 409:
        return Outcome(Stage.CONFLICT, error.message or str(error))
    return Outcome(Stage.REFUSED, str(error))
