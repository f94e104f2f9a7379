"""What is wrong with a `:` command before it is carried out, as far as that can be known at once."""

from difflib import get_close_matches

from fluxtui.screens.commands import CommandError, Contexts, Go, Narrow, ShowView, UnknownWordError, parse
from fluxtui.screens.desk import Desk, joined
from fluxtui.screens.finding import served, wrong_kinds
from fluxtui.screens.watching import unmatched
from fluxtui.store.state import Phase


def refusal(desk: Desk, text: str) -> str:
    """Why a command cannot be carried out, with what would do; empty for one that can."""
    try:
        command = parse(text)
    except UnknownWordError as error:
        # a kind that some cluster serves; while none has told, the list itself says what becomes of it
        return wrong_kinds(desk, error.go.kind) if served(desk) else "" if desk.fleet.clusters else str(error)
    except CommandError as error:
        return str(error)
    match command:
        case ShowView(name):
            return wrong_view(desk, name)
        case Go("kinds", words):
            return wrong_kinds(desk, words)
        case Go("orphans", filter=str() as namespace) if not _silent(desk):
            return _unknown(desk, namespace)
        case Go("orphans"):
            return ""
        case Go("readiness", filter=str() as words):
            return _no_policy(desk, words)
        case Go("app", filter=str() as words):
            return _wrong_app(desk, words)
        case Go("policy", filter=str() as words):
            return _wrong_policy(words)
        case Go(filter=str() as words) if words.strip():
            from fluxtui.insight.filter import compile as compile_filter

            problems = compile_filter(words, desk.now()).problems
            return f"filter: {problems[0]}" if problems else ""
        case Contexts(patterns):
            return unmatched(desk, patterns)
        case Narrow(namespace) if not _silent(desk):
            return _unknown(desk, namespace)
        case _:
            return ""


def _wrong_app(desk: Desk, words: str) -> str:
    """Why no application is called so; empty while a cluster has not told of its Flux objects yet."""
    from fluxtui.insight.application_roots import AppError, named

    if not desk.clusters() or any(not desk.fleet.clusters[name].health.contact for name in desk.clusters()):
        return ""
    try:
        named(desk.store, desk.clusters(), words)
    except AppError as error:
        return str(error)
    return ""


def _wrong_policy(words: str) -> str:
    """Why violations cannot be filtered so."""
    from fluxtui.insight.policy.board import asked
    from fluxtui.insight.policy.narrowing import compile as compile_filter

    problems = compile_filter(asked(words).filter, 0).problems
    return f"filter: {problems[0]}" if problems else ""


def _no_policy(desk: Desk, words: str) -> str:
    """Which policies there are not; empty until all are known."""
    from fluxtui.insight.policy.readiness import resolve

    picture = desk.guard.picture
    if picture is None or not all(each.settled for each in picture.coverage):
        return ""
    _, lost = resolve(words.split(), picture)
    known = sorted({record.name for record in picture.policies.values()})
    close = get_close_matches(lost[0], known, n=3, cutoff=0.5) if lost else []
    return f"there is no policy {lost[0]!r}" + (f": try {', '.join(close)}" if close else "") if lost else ""


def wrong_view(desk: Desk, name: str) -> str:
    """Why a view cannot be shown; empty if it can."""
    if name in desk.views:
        return ""
    if not desk.views:
        return "the configuration names no views: see `views:` in the guide"
    known = joined(sorted(desk.views), 6)
    return f"there is no view {name!r}: there are {known}" if name else f"which view? There are {known}"


def doubt(desk: Desk, namespace: str) -> str:
    """What speaks against a namespace that cannot be refused: it is not known, and not every cluster told which it has.

    Empty for one that is known, and while there are no clusters to ask.
    """
    silent = _silent(desk)
    if not silent or not _unknown(desk, namespace):
        return ""
    close = get_close_matches(namespace, desk.namespaces(), n=2, cutoff=0.5)
    meant = f" (close: {', '.join(close)})" if close else ""
    return f"nobody knows namespace {namespace!r}{meant}; not told by {joined(silent)}"


def _unknown(desk: Desk, namespace: str) -> str:
    known = desk.namespaces()
    if not namespace or namespace in known or not desk.clusters():
        return ""
    close = get_close_matches(namespace, known, n=3, cutoff=0.5) or known[:3]
    where = joined(desk.clusters(), 2)
    return f"there is no namespace {namespace!r} in {where}" + (f": try {', '.join(close)}" if close else "")


def _silent(desk: Desk) -> list[str]:
    """The clusters in scope whose objects can be seen though not their namespaces, now or soon, and why; all of them if
    none has told. One that is lost alone shows nothing in any namespace.
    """
    states = {cluster: desk.store.table(cluster, "Namespace").state.phase for cluster in desk.clusters()}
    told = any(phase in (Phase.FRESH, Phase.STALE) for phase in states.values())
    return [
        f"{cluster} ({phase})"
        for cluster, phase in states.items()
        if not told or phase in (Phase.LOADING, Phase.FORBIDDEN)
    ]
