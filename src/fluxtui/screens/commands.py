"""The `:` command line: what people type, as typed commands. Names as k9s and flux9s users know them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fluxtui.kinds.served import ServedKind, whole
from fluxtui.kinds.table import KINDS, by_name


class CommandError(Exception):
    """The command cannot be carried out; the text says why and what would do."""


class UnknownWordError(CommandError):
    """The word is none of ours; it may be the name of a kind that clusters serve. `go` would list that."""

    def __init__(self, text: str, go: "Go") -> None:
        super().__init__(text)
        self.go = go


@dataclass(frozen=True)
class Go:
    """Show a screen; for lists, of this kind (on the screen ``kinds``: names between commas, or a view of the
    configuration), and with this filter (None: as it was); changes of so many seconds, or before an object's own.
    """

    screen: str
    kind: str = ""
    filter: str | None = None
    seconds: int = 0
    view: str = ""
    ref: tuple[str, str] | None = None
    """The object that it is about: (cluster, id)."""
    refs: tuple[tuple[str, str], ...] = ()
    """The objects that it is about, where it may be about several."""


@dataclass(frozen=True)
class Contexts:
    """Watch, unwatch (``-name``) or narrow the view to contexts; without patterns, show the list of them."""

    patterns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Narrow:
    """Show one namespace; the empty one means all."""

    namespace: str


@dataclass(frozen=True)
class ShowView:
    """Show a list that the configuration names; the empty name asks which there are."""

    name: str


@dataclass(frozen=True)
class Theme:
    """Use another theme; the empty name means the next one."""

    name: str


@dataclass(frozen=True)
class Do:
    """Run one of the application's own actions: quit, keys, retry…"""

    action: str


@dataclass(frozen=True)
class Open:
    """Show the page that a link leads to."""

    link: str


@dataclass(frozen=True)
class Bookmark:
    """Keep the place that is looked at; the empty name means its title."""

    name: str


Command = ShowView | Go | Contexts | Narrow | Theme | Open | Bookmark | Do

WORDS: dict[str, tuple[Command, str]] = {
    "triage": (Go("triage"), "root causes and what waits behind them"),
    "health": (Go("health"), "the control planes: versions, controllers, sync, counts"),
    "tree": (Go("tree"), "who waits for whom: a cluster, an object or a filter may follow"),
    "app": (Go("app"), "everything that a Flux object deploys, live: `:app namespace/name`"),
    "resources": (Go("resources"), "lists of every kind"),
    "policy": (Go("policy"), "who breaks which rule: `by owner`, `by resource`, `matrix`, a filter may follow"),
    "changes": (Go("changes"), "what changed when: a window of time may follow, such as 2h"),
    "kinds": (Go("kinds"), "any kind that a cluster serves: `:pods`, `:ks,hr,deploy`"),
    "view": (ShowView(""), "a list that the configuration names"),
    "but": (Go("lenses"), "green, but old, stale or behind something suspended"),
    "suspended": (Go("suspended"), "everything at rest: who, since when, why, and what it hides"),
    "orphans": (Go("orphans", filter=""), "what Flux left behind, or never managed: a namespace may follow"),
    "engine": (Go("engine"), "the policy engine of each cluster: webhooks, controllers, scans, what waits"),
    "guardrails": (Go("guardrails"), "from where tenants may take sources, and who is refused or escapes"),
    "readiness": (Go("readiness"), "may a policy be enforced, and who breaks then: policies may follow"),
    "handover": (Go("handover"), "what was noted for whoever takes over: review, export"),
    "kiosk": (Do("kiosk"), "a quiet layout for a wall screen, which turns its pages; any key ends it"),
    "journal": (Go("journal"), "what was done from this machine, to what, and what came of it"),
    "ctx": (Contexts(), "clusters: which are watched, how each answers"),
    "ns": (Narrow(""), "narrow to a namespace"),
    "open": (Open(""), "the page of a link: cluster/kind/namespace/name"),
    "bookmarks": (Go("bookmarks"), "the places that you keep"),
    "bookmark": (Bookmark(""), "keep this place; a name may follow"),
    "theme": (Theme(""), "another theme"),
    "retry": (Do("retry"), "connect again, now"),
    "keys": (Do("keys"), "the keys of this screen"),
    "quit": (Do("leave"), "leave"),
}
ALIASES = {
    "pulse": "triage", "home": "triage", "unhealthy": "triage",
    "report": "health", "controlplanes": "health",
    "change": "changes", "diff": "changes", "timeline": "changes",
    "orphan": "orphans", "leftovers": "orphans", "application": "app", "deploys": "app",
    "engines": "engine", "kyverno": "engine",
    "enforce": "readiness", "ready": "readiness",
    "allowlist": "guardrails", "guardrail": "guardrails",
    "policies": "policy", "violations": "policy",
    "notes": "handover", "findings": "handover",
    "wall": "kiosk",
    "actions": "journal",
    "green": "but", "lenses": "but",
    "suspends": "suspended", "ledger": "suspended", "paused": "suspended",
    "bm": "bookmarks", "marks": "bookmarks",
    "context": "ctx", "contexts": "ctx", "clusters": "ctx", "cluster": "ctx",
    "namespace": "ns", "namespaces": "ns",
    "skin": "theme", "reconnect": "retry", "help": "keys", "?": "keys", "q": "quit", "q!": "quit", "exit": "quit",
}  # fmt: skip


def parse(text: str) -> Command:
    """The command that a line means; a kind's name (with a filter after it) lists that kind. Raises `CommandError`."""
    word, _, rest = text.strip().lstrip(":").partition(" ")
    rest = rest.strip()
    name = ALIASES.get(word.lower(), word.lower())
    if name == "ns" and rest:
        return Narrow("" if rest in {"all", "*", "0"} else rest)
    if name == "ctx":
        return Contexts(tuple(rest.split()))
    if name == "theme":
        return Theme(rest)
    if name == "view":
        return ShowView(rest)
    if name in ("open", "bookmark"):
        return _place(name, rest)
    if name in ("tree", "orphans") or (name in ("app", "policy", "readiness") and rest):
        return Go(name, filter=rest)
    if name == "changes" and rest:
        return Go("changes", seconds=_window(rest))
    if "," in word:
        return Go("kinds", word.lower(), rest)
    kind = by_name(name)
    if name == "resources" and rest:
        kind = by_name(rest)
        if kind is None:
            raise CommandError(f"{rest!r} is not a kind that is watched: try {_close(rest)}")
        return Go("resources", kind.name, "")
    if name in WORDS and not (name == "ns" and not rest):
        return WORDS[name][0]
    if kind is not None and (whole(kind.name) or kind.name == "Event"):
        return Go("resources", kind.name, rest)
    if kind is not None:  # of these, only Flux's own are watched
        return Go("kinds", kind.plural, rest)
    wrong = f"{word!r} is neither a command nor a kind: try {_close(word)}"
    raise UnknownWordError(wrong, Go("kinds", word.lower(), rest))


def _place(name: str, rest: str) -> Command:
    if name == "open" and not rest:
        raise CommandError("a link is missing: cluster/kind/namespace/name, for instance prod-eu-1/hr/apps/web")
    return Open(rest) if name == "open" else Bookmark(rest)


def _window(text: str) -> int:
    from fluxtui.insight.filter import duration

    text = text.removeprefix("since").strip()
    seconds = duration(text)
    if not seconds:
        raise CommandError(f"{text!r} is no window of time: try 30m, 2h or 1d")
    return seconds


def _close(word: str) -> str:
    from difflib import get_close_matches

    names = [name for kind in KINDS.values() for name in (kind.plural, *kind.short)]
    known = list(dict.fromkeys([*WORDS, *names]))  # `ns` is both: named once
    return ", ".join(get_close_matches(word.lower(), known, n=3, cutoff=0.55)) or "? for the keys"


def suggest(
    text: str,
    contexts: Sequence[str],
    namespaces: Sequence[str],
    themes: Sequence[str],
    served: Sequence[ServedKind] = (),
    views: Sequence[str] = (),
    tenants: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """Completions of a command line: (whole line, what it does), the best first. `served` are the kinds that clusters
    have told of.
    """
    word, space, rest = text.lstrip().partition(" ")
    name = ALIASES.get(word, word)
    if space:
        values: Sequence[str] = {
            "ctx": contexts,
            "ns": namespaces,
            "app": namespaces,
            "orphans": namespaces,
            "policy": ("by policy", "by owner", "by resource", "matrix") if " " not in rest else (),
            "theme": themes,
            "view": views,
        }.get(name, ())
        if name == "resources":
            values = [known.plural for known in KINDS.values()]
        elif name == "tree":
            values = contexts
        elif by_name(name) is not None and name not in WORDS:
            return _filters(text, rest, contexts, namespaces, tenants)
        last = rest.rpartition(" ")[2]
        stem = text[: len(text) - len(last)]
        sign = "-" if last.startswith("-") else ""
        return [(f"{stem}{sign}{value}", "") for value in values if last.lstrip("-") in value]
    found = [(known, about) for known, (_, about) in WORDS.items() if known.startswith(word)]
    for kind in KINDS.values():
        names = (*kind.short, kind.plural)
        match = next((known for known in names if known.startswith(word.lower())), None)
        if match is not None and word:
            found.append((match, f"{kind.title} · {' '.join(names)}"))
    found += _served(word.lower(), served)
    return sorted(found, key=lambda pair: (len(pair[0]), pair[0])) if word else found


def _filters(
    text: str, rest: str, contexts: Sequence[str], namespaces: Sequence[str], tenants: Sequence[str]
) -> list[tuple[str, str]]:
    """Completions of the filter that follows the name of a kind."""
    from fluxtui.insight.filter import complete

    if not rest:
        return []
    found = complete(rest, len(rest), {"ns": namespaces, "tenant": tenants or namespaces, "cluster": contexts})
    start = text[: len(text) - len(rest)]
    return [(f"{start}{rest[: found.start]}{choice}{rest[found.end :]}", "") for choice in found.choices]


def palette(contexts: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """What the palette offers: (what it is, title, what it does, the command line that it stands for)."""
    for word, (command, about) in WORDS.items():
        yield "screen" if isinstance(command, Go) else "command", f":{word}", about, word
    for kind in KINDS.values():
        names = " ".join(f":{name}" for name in kind.short)
        yield "list", kind.title, f"in all clusters {names}", kind.plural
    for context in contexts:
        yield "context", f":ctx {context}", "this cluster alone", f"ctx {context}"


OFFERED = 30
"""Kinds that clusters serve, and that are offered for a word."""


def _served(word: str, served: Sequence[ServedKind]) -> list[tuple[str, str]]:
    """Kinds that clusters serve, also as one of several (``ks,dep``); with the group where two share a plural."""
    before, comma, last = word.rpartition(",")
    if not last:
        return []
    plurals = Counter(kind.plural for kind in served)
    found: list[tuple[str, str]] = []
    for kind in served:
        if kind.key in KINDS and not comma:
            continue
        name = kind.full if plurals[kind.plural] > 1 or "." in last else kind.plural
        match = next((known for known in (*kind.short, name, kind.singular) if known.startswith(last)), None)
        if match is not None:
            told = " ".join(dict.fromkeys((*kind.short, kind.plural)))
            found.append((f"{before}{comma}{match}", f"{kind.title} · {told} · {kind.group or 'core'}"))
    return sorted(found, key=lambda pair: (len(pair[0]), pair[0]))[:OFFERED]
