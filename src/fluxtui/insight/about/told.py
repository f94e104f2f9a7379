"""One thing that is worth telling of an object: what it is called, what it says, and how that is meant."""

from enum import StrEnum

import msgspec


class Weight(StrEnum):
    """How a statement is meant."""

    PLAIN = ""
    QUIET = "quiet"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Told(msgspec.Struct, frozen=True):
    """`label` and `words`; `target` is the id of the object that the words name, empty if they name none."""

    label: str
    words: str
    weight: Weight = Weight.PLAIN
    target: str = ""


MORE = " "
"""The label of what goes on with the one before it."""
