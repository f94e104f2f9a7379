"""One statement about a control plane: how much it weighs, and its words.

Weights are for whoever must decide (an exit code, the order of rows); the status gives the glyph and the colour.
"""

from enum import IntEnum

import msgspec

from fluxtui.kinds.status import Status


class Weight(IntEnum):
    """How much a finding matters; the first is the worst."""

    BAD = 0
    """Something of the control plane does not work."""
    DOUBT = 1
    """What is told is not to be believed, or something is not as it was asked for."""
    UNSEEN = 2
    """It cannot be seen, so nothing is known."""
    NOTE = 3
    """Worth knowing, and nothing is wrong."""


class Finding(msgspec.Struct, frozen=True):
    """What was found: `what` names the sort for programs, `text` is for people; `status` says how it looks."""

    what: str
    weight: Weight
    status: Status
    text: str


def bad(what: str, text: str) -> Finding:
    """Something does not work."""
    return Finding(what, Weight.BAD, Status.FAILED, text)


def doubt(what: str, text: str, status: Status = Status.UNKNOWN) -> Finding:
    """Something is not to be believed, or at rest that should not be."""
    return Finding(what, Weight.DOUBT, status, text)


def unseen(what: str, text: str) -> Finding:
    """Something cannot be seen."""
    return Finding(what, Weight.UNSEEN, Status.UNKNOWN, text)


def note(what: str, text: str) -> Finding:
    """Nothing is wrong with it."""
    return Finding(what, Weight.NOTE, Status.READY, text)
