"""The background scan: every object against every policy, once a minute where something has changed.

The real reports controller evaluates an object again when it, a policy or an exception changes, and every hour. A
result keeps its time until then.
"""

from collections.abc import Iterable

import msgspec

from fluxtui.simulator.controllers.engine import Engine, Key, Run, Steps
from fluxtui.simulator.kyverno import exceptions, kinds, queues, reports
from fluxtui.simulator.kyverno.checks import judge
from fluxtui.simulator.kyverno.rules import JUDGES, SCANNED, Rule, rules_for
from fluxtui.simulator.shapes import Json

SCAN_INTERVAL = 60.0
EVALUATED_EVERY = 3600.0
EVENTS_EVERY = 10
"""Scans between two reports of the same violation as Events."""
SKIPPED = frozenset(("flux-system", "kube-system", "kyverno"))
"""Namespaces that Kyverno leaves out, by its webhooks' selector and its resource filters."""


class Judgement(msgspec.Struct, frozen=True):
    """What is in force in a cluster at one moment: who judges, and who is excepted."""

    policies: list[Json]
    exceptions: list[Json]
    mark: tuple[str, ...]
    """What tells one judgement from the next."""

    def results(self, obj: Json, now: float) -> list[tuple[Rule, Json]]:
        """The results on an object, each with its rule, in the order in which Kyverno sorts them."""
        told: list[tuple[Rule, Json]] = []
        for rule in rules_for(self.policies, obj):
            found = judge(rule, obj)
            if found is None:
                continue
            name, excepted = rule.name, exceptions.excepting(self.exceptions, rule, obj, found)
            if excepted:
                name, found = exceptions.changed(rule, excepted)
            told.append((rule, reports.result(rule, name, found, now)))
        return sorted(told, key=lambda pair: (pair[1]["policy"], pair[1].get("rule", ""), pair[1]["source"]))


def judgement(engine: Engine) -> Judgement:
    """What is in force now."""
    policies = [policy for kind in JUDGES for policy in engine.storage.list(kind)]
    excepted = [
        each for key in exceptions.KEYS for each in engine.storage.list(key) if exceptions.honoured(each, engine.now)
    ]
    marks = (f"{each['metadata']['uid']} {each['metadata'].get('generation')}" for each in (*policies, *excepted))
    return Judgement(policies, excepted, tuple(marks))


def scan(run: Run) -> Steps:
    """One background scan: a run of the Deployment of Kyverno's reports controller."""
    yield 0.0
    engine, family = run.engine, run.engine.reports
    count = run.memory["scans"] = run.memory.get("scans", -1) + 1
    if family and engine.storage.serves(reports.FAMILIES[family][1]):
        judged = judgement(engine)
        marks: dict[str, tuple[object, ...]] = run.memory.setdefault("marks", {})
        for obj in list(scanned(engine)):
            _scan(engine, judged, marks, obj, tell=count % EVENTS_EVERY == 0)
        queues.take_in(engine)
    engine.recorder.expire()
    return SCAN_INTERVAL


def scanned(engine: Engine) -> Iterable[Json]:
    """The objects that are scanned: not those of Kyverno's own and the system's namespaces, nor fillers."""
    left_out = SKIPPED | engine.static
    for kind in SCANNED:
        for obj in engine.storage.list(kind):
            metadata = obj["metadata"]
            if metadata.get("namespace", metadata["name"]) not in left_out:
                yield obj


def _scan(engine: Engine, judged: Judgement, marks: dict[str, tuple[object, ...]], obj: Json, *, tell: bool) -> None:
    metadata = obj["metadata"]
    mark = (metadata.get("generation"), metadata.get("labels"), metadata.get("annotations"), obj.get("data"))
    mark = (*mark, judged.mark, engine.now // EVALUATED_EVERY)
    changed = marks.get(metadata["uid"]) != mark
    if not changed and not tell:
        return
    marks[metadata["uid"]] = mark
    found = judged.results(obj, engine.now)
    results = [each for _, each in found]
    fresh = reports.untimed(results) != reports.untimed(reports.known(engine, engine.reports, obj))
    if changed:
        reports.write(engine, engine.reports, obj, results)
    for rule, each in found:
        if each["result"] == "fail" and (fresh or tell):
            _tell(engine, rule, each, obj)


def _tell(engine: Engine, rule: Rule, told: Json, obj: Json) -> None:
    metadata, name = obj["metadata"], told.get("rule", "")
    where = " ".join((obj["kind"], "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))))
    said = f"{where}: [{name}] fail; {told['message']}" if name else f"{where}: fail; {told['message']}"
    engine.recorder.violation(rule.policy, said, obj)
    named = f"{rule.policy['metadata']['name']}/{name}"
    engine.recorder.violation(obj, f"policy {named} fail: {told['message']}", None)


def orphans(engine: Engine, event: str, obj: Json) -> list[Key]:
    """The garbage collector's part: the report on an object goes with it."""
    if event == "DELETED" and obj["kind"] in SCANNED:
        for family in (kinds.WGPOLICY, kinds.OPENREPORTS):
            engine.storage.delete(reports.key_of(family, obj))
    return []
