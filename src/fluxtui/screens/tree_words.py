"""The sentences of the tree screen: what is drawn, what is folded, what was asked for, and why nothing is shown."""

from collections.abc import Iterable, Sequence

from fluxtui.insight.blast import Tenants
from fluxtui.insight.forest import Forest, Ref, View
from fluxtui.insight.outline import Outline
from fluxtui.insight.standing import standing
from fluxtui.kinds.ages import ago
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import Desk, joined
from fluxtui.screens.details import named
from fluxtui.screens.lost import Lost, lost_spans
from fluxtui.screens.telling import NoticeText
from fluxtui.store.state import Phase
from fluxtui.widgets.table_source import Span


def plural(count: int, word: str) -> str:
    """``1 object``, ``2 objects``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def tree_title(desk: Desk, outline: Outline, filter_text: str) -> list[Span]:
    """``dependencies · prod-eu-1 · 198 objects, 13 levels · path to the root cause unfolded, 121 healthy folded``."""
    forest = outline.forest
    spans: list[Span] = [
        (f" {forest.view}", "title"),
        (f" · {desk.scope_words()}", "muted"),
        (f" · {plural(forest.objects, 'object')}", "strong"),
        (f", {plural(forest.levels, 'level')}", ""),
    ]
    if outline.filtered:
        passing = sum(outline.accepted(node) for node in range(len(forest)))
        words = filter_text.strip() or f"ns {desk.namespace}"
        told: list[Span] = [(" · filter ", "muted"), (words, "accent"), (f" hides {forest.objects - passing}", "muted")]
        return [*spans, *told, *coverage(desk)]
    causes, folded = len(forest.causes), _folded(outline)
    if not folded and len(outline) >= len(forest):
        return [*spans, (" · everything unfolded", "muted"), *coverage(desk)]
    if causes:
        paths = "path to the root cause" if causes == 1 else f"paths to {causes} root causes"
        spans += [(" · ", "muted"), (f"{paths} unfolded", "error")]
    elif sum(forest.total(status) for status in Status if status is not Status.READY):
        spans.append((" · no root cause", "muted"))
    spans.append((f"{',' if causes else ' ·'} {folded} healthy folded", "muted"))
    return [*spans, *coverage(desk)]


def _folded(outline: Outline) -> int:
    """How many green objects are not on a visible line."""
    forest, green = outline.forest, int(Status.READY)
    visible = sum(line >= 0 and forest.status[line] == green for line in map(outline.line, range(len(outline))))
    return forest.total(green) - visible


def coverage(desk: Desk, clusters: Iterable[str] | None = None) -> list[Span]:
    """The clusters whose tree is not that of now, and the kinds that may not be seen; all in scope, by default."""
    now = desk.now()
    names = desk.clusters() if clusters is None else sorted(clusters)
    found = [standing(data) for name in names if (data := desk.store.find(name)) is not None]
    lost = [each for each in found if not each.fresh and each.phase is not Phase.MISSING]
    spans = lost_spans(Lost(each.name, each.phase, ago(each.contact or each.since, now)) for each in lost)
    kinds = sorted({gap.kind for each in found for gap in each.gaps if gap.phase is Phase.FORBIDDEN})
    limits = dict.fromkeys(words.partition(":")[0] for each in found for words in each.limits)
    spans += [(f" · {words}", "status-blocked") for words in limits]
    if kinds:
        spans.append((f" · edges to {joined(kinds)} cannot be judged: forbidden", "status-blocked"))
    return spans


def blast_title(desk: Desk, forest: Forest, roots: Sequence[Ref]) -> list[Span]:
    """``blast radius of HelmRelease cert-manager/cert-manager · prod-eu-1 · 38 objects, 2 tenants, 1 cluster``."""
    own = set(roots)
    refs = [key for key in forest.keys if key not in own]
    clusters = {cluster for cluster, _ in refs}
    tenants: set[str] = set()
    others: set[str] = set()
    for name in {cluster for cluster, _ in forest.keys}:
        data = desk.store.find(name)
        if data is not None:
            labelled, rest = Tenants(data).names([identity for cluster, identity in refs if cluster == name])
            tenants |= labelled
            others |= rest
    more = f" and {len(roots) - 1} more" if len(roots) > 1 else ""
    spans: list[Span] = [
        (" blast radius of ", "title"),
        (f"{named(roots[0][1])}{more}", "accent"),
        (f" · {joined(sorted({cluster for cluster, _ in roots}))}", "muted"),
        (f" · {plural(len(refs), 'object')}", "strong"),
    ]
    if refs:
        what = plural(len(tenants), "tenant") if tenants else plural(len(others), "namespace")
        spans.append((f", {what}: {joined(sorted(tenants or others), 4)}", ""))
        spans.append((f", {plural(len(clusters), 'cluster')}", ""))
    else:
        spans.append((" wait behind it", ""))
    return spans


def chain_title(forest: Forest, chain: Sequence[int]) -> list[Span]:
    """``longest chain · 13 levels: namespaces → crds → …``."""
    names = [split_id(forest.keys[node][1])[1:] for node in chain]
    told = " → ".join("/".join(filter(None, name)) for name in names)
    return [(" longest chain", "title"), (f" · {plural(len(chain), 'level')}: ", "strong"), (told, "")]


def waited_title(key: Ref, waits: int, place: int) -> list[Span]:
    """``most waited for · OCIRepository flux-system/flux-system · 120 wait``."""
    which = "most waited for" if not place else f"waited for by the most, number {place + 1}"
    return [(f" {which}", "title"), (f" · {named(key[1])}", "accent"), (f" · {waits} wait", "strong")]


def nothing_drawn(desk: Desk, outline: Outline | None, filter_text: str) -> NoticeText:
    """What stands in place of an empty tree."""
    if desk.trouble and not desk.fleet.clusters:
        return "error", "no clusters to watch", [desk.trouble], [(":ctx", "choose contexts")]
    clusters = [standing(data) for name in desk.clusters() if (data := desk.store.find(name)) is not None]
    if not clusters:
        waiting = not desk.contexts
        return (
            "loading" if waiting else "nodata",
            "connecting" if waiting else "no cluster is watched",
            [],
            [(":ctx", "choose clusters")],
        )
    if outline is not None and outline.filtered and len(outline.forest):
        why = f"The filter {filter_text!r} hides all {outline.forest.objects} objects."
        if not filter_text.strip():
            why = f"None of {outline.forest.objects} objects is in the namespace {desk.namespace}."
        return "empty", "nothing matches", [why], [("esc", "clear the filter"), ("0", "all namespaces")]
    if outline is None or any(each.phase is Phase.LOADING for each in clusters):
        return "loading", "the tree grows", ["It is drawn as soon as a cluster has told what it holds."], []
    lost = [each for each in clusters if not each.fresh]
    if lost:
        lines = [f"{each.name}: {each.phase}{f': {each.detail}' if each.detail else ''}" for each in lost[:5]]
        forbidden = all(each.phase is Phase.FORBIDDEN for each in lost)
        return (
            "forbidden" if forbidden else "nodata",
            "you may not see Flux objects here" if forbidden else "no data to draw a tree of",
            lines,
            [(":ctx", "how each cluster answers"), (":retry", "connect again")],
        )
    if outline.forest.view is View.SOURCES:
        return "empty", "nothing has a source", ["No repository, and nothing that reads one."], [("v", "another view")]
    return "empty", "no Flux objects", [f"Nothing waits for anything in {desk.scope_words()}."], [("0", "all clusters")]
