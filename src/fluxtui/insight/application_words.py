"""What is to be said of an application in one sentence: how much of it is healthy, and what is not, worst first."""

from collections.abc import Sequence

from fluxtui.insight.application import Application, Line
from fluxtui.insight.forest import CLUSTER, MISSING, UNSEEN, Ref
from fluxtui.insight.usage import cpu_words, memory_words, total
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status

Phrase = tuple[str, str]
"""A piece of a sentence and its tone: ``title``, ``strong``, ``good``, ``bad``, ``warning``, ``muted`` or none."""
LONG = 160
"""Letters of a reason in the sentence."""


def title(roots: Sequence[Ref]) -> str:
    """What the application is called: ``prod-eu-1 frontend/apps``, ``prod-eu-1, prod-us-1 frontend``."""
    clusters = list(dict.fromkeys(cluster for cluster, _ in roots))
    parts = [split_id(identity) for _, identity in roots]
    names = list(dict.fromkeys(f"{namespace}/{name}".strip("/") for _, namespace, name in parts))
    spaces = {namespace for _, namespace, _ in parts}
    told = names[0] if len(names) == 1 else next(iter(spaces)) if len(spaces) == 1 else _few(names)
    return f"{_few(clusters)} {told}"


def sentence(app: Application, roots: Sequence[Ref]) -> list[Phrase]:
    """The answer, by what is known: nothing that is not known counts as healthy."""
    forest = app.forest
    parts = [node for node, line in enumerate(app.lines) if line.identity and line.kind != "Pod"]
    healthy = sum(forest.status[node] == Status.READY for node in parts)
    told: list[Phrase] = [(title(roots), "title"), (": ", "")]
    count = f"{healthy:,} of {len(parts):,} healthy" if healthy < len(parts) else f"all {len(parts):,} healthy"
    told.append((count, "strong" if healthy < len(parts) else "good"))
    if app.waiting:
        told.append((f", {app.waiting:,} still asked for", "muted"))
    if app.unknown:
        told.append((f", {app.unknown:,} not known", "warning"))
    worst = worst_of(app)
    if worst is not None:
        told += [("; ", ""), (_words(app, worst), "bad" if forest.status[worst] in (0, MISSING) else "warning")]
    told += _pods(app)
    if resting := sum(forest.status[node] == Status.SUSPENDED for node in parts):
        told.append((f"; {resting:,} suspended", "warning"))
    if app.unasked:
        told.append((f"; what {app.unasked:,} Flux objects apply is asked for when they are unfolded", "muted"))
    if app.left_out:
        told.append((f"; {app.left_out:,} more are not shown", "warning"))
    return told


def _pods(app: Application) -> list[Phrase]:
    told: list[Phrase] = []
    if app.restarting:
        pods = "1 pod" if len(app.restarting) == 1 else f"{len(app.restarting):,} pods"
        told += [("; ", ""), (f"{pods} restarted within the hour", "warning")]
    if app.near:
        first = max((app.lines[node] for node in app.near), key=lambda line: line.share.memory_share)
        words = f"memory {first.share.memory_share:.0%} of limit in {first.name}".replace("%", " %")
        told += [("; ", ""), (f"{words}{f' and {len(app.near) - 1:,} more' if len(app.near) > 1 else ''}", "warning")]
    used = total(line.share for line in app.lines if line.kind == "Pod" and line.share.pods)
    if used.pods:
        pods = "1 pod" if used.pods == 1 else f"{used.pods:,} pods"
        told.append((f"; {cpu_words(used.cpu)} cpu, {memory_words(used.memory)} in {pods}", "muted"))
    return told


def worst_of(app: Application) -> int | None:
    """The node that explains most: what is broken itself before who reports it, failures before what is under way."""
    ranked = [(rank, node) for node, line in enumerate(app.lines) if (rank := _rank(app, node, line)) is not None]
    return min(ranked, default=(0, None))[1]


def _rank(app: Application, node: int, line: Line) -> int | None:
    status = app.forest.status[node]
    if not line.identity or line.kind == "Pod" or status in (Status.READY, Status.SUSPENDED, UNSEEN, CLUSTER):
        return None
    if line.flux:
        rank = {Status.FAILED: 2, MISSING: 1, Status.BLOCKED: 3}.get(status, 5)
        return rank + 5 * _reports(app, node)  # what is below it explains more
    broken = status in (Status.FAILED, MISSING) or _bad_pod(app, node) is not None
    return 0 if broken else 4


def _reports(app: Application, node: int) -> bool:
    """Whether something that a Flux object applied is not well either."""
    forest, well = app.forest, (Status.READY, UNSEEN, CLUSTER)
    beneath = (below for below in forest.subtree(node) if below != node and app.lines[below].identity)
    return any(forest.status[below] not in well for below in beneath)


def _bad_pod(app: Application, node: int) -> Line | None:
    """A pod of a workload that fails."""
    forest = app.forest
    below = forest.children.get(node, ())
    return next((app.lines[pod] for pod in below if forest.status[pod] == Status.FAILED), None)


def _words(app: Application, node: int) -> str:
    line, status = app.lines[node], app.forest.status[node]
    name = f"{line.kind}/{line.namespace}/{line.name}" if line.namespace else f"{line.kind}/{line.name}"
    pod = _bad_pod(app, node)
    why = f"{line.why}; {pod.name}: {pod.why}" if pod is not None and line.why else pod.why if pod else line.why
    verb = {Status.FAILED: "fails", Status.BLOCKED: "waits", Status.UNKNOWN: "is not known", MISSING: "is missing"}
    said = f"{name} {verb.get(status, 'is not ready')}"
    return f"{said}: {why if len(why) <= LONG else why[: LONG - 1] + '…'}" if why else said


def _few(words: Sequence[str]) -> str:
    return ", ".join(words) if len(words) <= 2 else f"{words[0]} and {len(words) - 1} more"
