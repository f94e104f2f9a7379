"""Which clusters are watched, changed while running."""

from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import filter as globbed

from fluxtui.kube.contexts import Context
from fluxtui.screens.desk import Desk, joined


async def change(desk: Desk, patterns: Sequence[str]) -> tuple[str, bool]:
    """Carry out ``:ctx PATTERN…``: ``name`` or a glob narrows the view there (and watches what is not yet watched),
    ``+name`` watches, ``-name`` leaves. Returns what to tell the user, and whether it went well.
    """
    known = {context.name: context for context in desk.contexts}
    added: list[str] = []
    removed: list[str] = []
    narrowed: set[str] = set()
    if wrong := unmatched(desk, patterns):
        return wrong, False
    for pattern in patterns:
        sign, names = _meant(desk, pattern)
        if sign == "-":
            for found in names:
                await desk.fleet.remove(found)
            removed += names
            desk.scope -= set(names)
            continue
        added += _watch(desk, [known[found] for found in names])
        if not sign:
            narrowed.update(names)
    if narrowed:
        desk.scope = frozenset(narrowed) if narrowed != set(desk.fleet.clusters) else frozenset()
    told = [f"watching {joined(added)}"] if added else []
    told += [f"left {joined(removed)}"] if removed else []
    told += [f"showing {joined(sorted(narrowed))} alone, 0 shows all"] if narrowed else []
    return " · ".join(told) or "nothing to change", True


def unmatched(desk: Desk, patterns: Sequence[str]) -> str:
    """What to say of the first of the patterns that means no context, with names that are close; empty if all do."""
    for pattern in patterns:
        sign, names = _meant(desk, pattern)
        if not names:
            name = pattern.removeprefix(sign)
            known = list(desk.fleet.clusters) if sign == "-" else [context.name for context in desk.contexts]
            close = get_close_matches(name, known, n=3, cutoff=0.5) or known
            return f"no {'watched ' if sign == '-' else ''}context matches {name!r}: there are {joined(close)}"
    return ""


def _meant(desk: Desk, pattern: str) -> tuple[str, list[str]]:
    """The sign of a pattern, and the names of the contexts that it means: to be left only those that are watched."""
    sign, name = (pattern[0], pattern[1:]) if pattern[:1] in "+-" and len(pattern) > 1 else ("", pattern)
    names = list(desk.fleet.clusters) if sign == "-" else [context.name for context in desk.contexts]
    return sign, [name] if name in names else globbed(names, name)


def _watch(desk: Desk, contexts: Sequence[Context]) -> list[str]:
    fresh = [context for context in contexts if context.name not in desk.fleet.clusters]
    for context in fresh:
        desk.fleet.add(context)
    return [context.name for context in fresh]
