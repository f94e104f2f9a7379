"""Whether a controller has answered, and what: read from the object as the watch brings it.

A request is answered when `lastHandledReconcileAt` equals its token, Ready is of the current generation, and Ready is
True or False; a run that the next one interrupted is still running (facts: flux §2).
"""

import contextlib

import msgspec

from fluxtui.actions.plan import Step, Wait
from fluxtui.insight.fields import Json, at, text
from fluxtui.insight.kstatus import Kstatus, State, kstatus
from fluxtui.insight.status import STILL_RUNNING
from fluxtui.kinds.record import Record
from fluxtui.store.row import Row


class Answer(msgspec.Struct, frozen=True):
    """What came of a request: well or not, in the controller's own words."""

    well: bool
    text: str


class Meta(msgspec.Struct):
    """What a server's answer to a request tells of the object: its generation after it, and which object it was."""

    generation: int = 0
    uid: str = ""


class _Object(msgspec.Struct):
    metadata: Meta = msgspec.field(default_factory=Meta)


def meta(data: bytes) -> Meta:
    """Of the body of an answer; empty when it does not tell."""
    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(data, type=_Object).metadata
    return Meta()


def answered(step: Step, row: Row, generation: int = 0) -> Answer | None:
    """The answer to a step that an object holds; None while there is none.

    ``generation`` is what the object had right after the patch (0: not known); only a rollout asks for it.
    """
    record = row.record
    if step.wait is Wait.HANDLED:
        return _handled(record, step.token)
    if step.wait is Wait.SUSPENDED:
        return Answer(True, "suspended") if record.suspended else None
    if step.wait is Wait.RESUMED:
        return None if record.suspended else Answer(True, "not suspended any more")
    if step.wait is Wait.ROLLED_OUT:
        return _rolled_out(record, generation)
    if step.wait is Wait.GONE:
        wanted = step.body.get("preconditions", {}).get("uid", record.uid)
        return Answer(True, "gone: another pod of that name is there") if wanted != record.uid else None
    return Answer(True, "sent")


def fetched(step: Step, value: Json, uid: str = "") -> Answer | Kstatus:
    """The answer that an object holds which is not watched, or how far it is.

    ``uid`` is that of the object that the request met, where its own preconditions do not say it.
    """
    state = kstatus(value)
    if step.wait is Wait.GONE:
        wanted = step.body.get("preconditions", {}).get("uid", uid)
        other = bool(wanted) and wanted != text(value, "metadata", "uid")
        return Answer(True, "gone: another pod of that name is there") if other else state
    if at(value, "spec", "paused") is True:
        return Answer(False, "its rollout is paused: no pod is replaced until somebody resumes it")
    if state.state is State.CURRENT:
        return Answer(True, "rolled out")
    return Answer(False, state.message) if state.state is State.FAILED else state


def _handled(record: Record, token: str) -> Answer | None:
    current = record.observed < 0 or record.observed >= record.generation
    if record.handled != token or not current or record.ready not in ("True", "False"):
        return None
    if record.ready == "False" and record.reason in STILL_RUNNING:
        return None
    return Answer(record.ready == "True", told(record))


def _rolled_out(record: Record, generation: int) -> Answer | None:
    if record.observed < max(generation, record.generation):
        return None
    status, reason = record.condition("Progressing")
    if status == "False":
        return Answer(False, told(record) or reason)
    rolled = record.ready == "True" and reason in ("NewReplicaSetAvailable", "")
    return Answer(True, "rolled out") if rolled else None


def told(record: Record) -> str:
    """Reason and message of Ready, in one line."""
    words = " ".join(record.message.split())
    return f"{record.reason}: {words}" if record.reason and words else record.reason or words
