"""How the grades of policy engines look."""

from fluxtui.insight.policy.engine_held import Grade
from fluxtui.kinds.status import Status

GRADES: dict[Grade, tuple[str, str]] = {
    Grade.DOWN: (Status.FAILED.glyph, "status-failed"),
    Grade.DEGRADED: ("◐", "warning"),
    Grade.UNKNOWN: (Status.UNKNOWN.glyph, "status-unknown"),
    Grade.OK: (Status.READY.glyph, "status-ready"),
    Grade.ABSENT: ("–", "muted"),
}
"""Glyph and style of each grade."""
