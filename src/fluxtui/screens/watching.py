"""Which clusters are watched, changed while running."""

from collections.abc import Sequence
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
    for pattern in patterns:
        sign, name = (pattern[0], pattern[1:]) if pattern[:1] in "+-" and len(pattern) > 1 else ("", pattern)
        names = _matching(name, list(desk.fleet.clusters) if sign == "-" else list(known))
        if not names:
            return f"no context matches {name!r}", False
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


def _matching(pattern: str, names: list[str]) -> list[str]:
    return [pattern] if pattern in names else globbed(names, pattern)


def _watch(desk: Desk, contexts: Sequence[Context]) -> list[str]:
    fresh = [context for context in contexts if context.name not in desk.fleet.clusters]
    for context in fresh:
        desk.fleet.add(context)
    return [context.name for context in fresh]
