"""Links to objects, as people paste them into a chat: ``cluster/kind/namespace/name`` and perhaps ``/tab``.

Of an object without a namespace, ``cluster/kind/name``. Kinds go by any of their names, clusters by those of the
contexts, which may have slashes in them. What was copied with the command before it is a link too.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from fluxtui.insight.place import PAGE, Place
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import object_id, split_id
from fluxtui.kinds.table import KINDS, by_name, names

FORM = "a link is cluster/kind/namespace/name, for instance prod-eu-1/hr/apps/web, or with /yaml at its end"
COMMAND = ("fluxtui", "open")
LIMIT = 1024
"""Characters of a link."""
CLOSE = 3
"""Names that are offered instead of a wrong one."""


class LinkError(ValueError):
    """A link leads nowhere; the text says what of it is wrong."""


def link_to(cluster: str, identity: str, tab: str = "") -> str:
    """The link of an object."""
    kind, namespace, name = split_id(identity)
    known = KINDS.get(kind)
    word = known.short[0] if known is not None and known.short else kind
    return "/".join(part for part in (cluster, word, namespace, name, tab) if part)


def parse_link(text: str, clusters: Iterable[str], tabs: Sequence[str]) -> Place:
    """The page that a link leads to. `tabs` are those that a page may have. Raises `LinkError`."""
    if len(text) > LIMIT:
        raise LinkError(f"the link is longer than {LIMIT} characters: {FORM}")
    words = text.split()
    while words and words[0] in (*COMMAND, ":open"):
        words = words[1:]
    if len(words) != 1:
        raise LinkError(f"{text.strip()!r} is no link: {FORM}" if words else f"there is no link: {FORM}")
    link = words[0].strip("\"'").removesuffix("/")
    cluster, rest = _cluster(link, list(clusters))
    word, _, rest = rest.partition("/")
    kind = by_name(word)
    if kind is None:
        raise LinkError(_wrong(f"{word!r} is no kind that is watched", word.lower(), names()))
    namespace, name, tab = _object(kind, rest.split("/") if rest else [], link)
    if tab and tab not in tabs:
        raise LinkError(_wrong(f"a page has no tab {tab!r}: it has {', '.join(tabs)}", tab, tabs))
    return Place(screen=PAGE, cluster=cluster, object=object_id(kind.name, namespace, name), tab=tab)


def _cluster(link: str, clusters: list[str]) -> tuple[str, str]:
    """The context that a link begins with, the longest that fits, and what follows it."""
    fitting = [name for name in clusters if link.startswith(f"{name}/")]
    if fitting:
        cluster = max(fitting, key=len)
        return cluster, link[len(cluster) + 1 :]
    first, slash, rest = link.partition("/")
    if not slash:
        raise LinkError(f"{link!r} is no link: {FORM}")
    if by_name(first) is not None and by_name(rest.partition("/")[0]) is None:
        raise LinkError(f"{link!r} names no cluster: {FORM}")
    told = f"no context is called {first!r}" if clusters else f"there is no context {first!r}: there are none at all"
    raise LinkError(_wrong(told, first, clusters))


def _object(kind: Kind, parts: list[str], link: str) -> tuple[str, str, str]:
    """Namespace, name and tab."""
    if kind.namespaced:
        form, least = f"cluster/{kind.short[0] if kind.short else kind.name}/namespace/name", 2
    else:
        form, least = f"cluster/{kind.short[0] if kind.short else kind.name}/name", 1
        parts = parts[1:] if parts[:1] == [""] else parts  # an id has its empty namespace
    if not least <= len(parts) <= least + 1 or not all(parts):
        missing = "too short" if len(parts) < least else "too long" if len(parts) > least + 1 else "not whole"
        raise LinkError(f"{link!r} is {missing} for a {kind.name}: {form}, and a tab if one is wanted")
    tab = parts[least] if len(parts) > least else ""
    return (parts[0] if kind.namespaced else ""), parts[least - 1], tab


def _wrong(told: str, word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), CLOSE, 0.6)
    return f"{told}: did you mean {' or '.join(close)}?" if close else told
