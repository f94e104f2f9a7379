"""What a report of changes says in a sentence."""

from collections import Counter

from fluxtui.insight.causes import Ref
from fluxtui.insight.changes import ChangesReport
from fluxtui.insight.evidence import LATER
from fluxtui.insight.roots import named
from fluxtui.kinds.ages import ago
from fluxtui.kinds.status import Status
from fluxtui.store.store import Store

BECAME = {
    Status.FAILED: "failed",
    Status.BLOCKED: "was blocked",
    Status.SUSPENDED: "was suspended",
    Status.READY: "turned ready",
}


def counted(count: int, word: str) -> str:
    """``1 change``, ``2 changes``."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def verdict_words(report: ChangesReport, when: str) -> str:
    """``52 changes in 22 groups in the last 30m · 3 pushes · 9 failed · 2 suspended``."""
    if not report.total:
        return f"nothing changed {when}"
    groups = counted(len(report.groups), "group")
    parts = [f"{counted(report.total, 'change')} in {groups} {when}"]
    whats = Counter(each.what for group in report.groups for each in group.members)
    pushes = sum(bool(group.push) for group in report.groups)
    parts += [f"{pushes} {'push' if pushes == 1 else 'pushes'}"] if pushes else []
    parts += [f"{whats[what]} {what}" for what in ("failed", "blocked", "suspended", "restarted") if whats[what]]
    if report.left_out:
        parts.append(f"{report.left_out} older ones left out")
    return " · ".join(parts)


def before_words(store: Store, report: ChangesReport, about: Ref, at: int) -> str:
    """``before HelmRelease a/b (prod-eu-1) failed 13m ago · ▲ 3 changes upstream, the likeliest 3m before``."""
    row = store.row(*about)
    became = BECAME.get(row.status, f"became {row.status.word}") if row is not None else "left"
    suspects = report.suspects(at + LATER)
    parts = [f"before {named(about[1])} ({about[0]}) {became} {ago(at, report.now)} ago"]
    if suspects:
        parts.append(f"▲ {counted(len(suspects), 'change')} upstream, the likeliest {_apart(suspects[0].at, at)}")
    else:
        parts.append("nothing upstream of it changed in the half hour before")
    return " · ".join(parts)


def _apart(then: float, at: float) -> str:
    return f"{ago(then, at)} before" if then < at else "at the same time"
