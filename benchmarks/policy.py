"""20,000 reports of one cluster: read, joined and grouped; then the Policy screen on them, and their first figures."""

import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.calm import calm
from benchmarks.figures import Figure, Plan
from benchmarks.terminal import Terminal
from benchmarks.thousands import press_all
from benchmarks.tree import taken, timed
from fluxtui.insight.policy.board import By, grouped
from fluxtui.insight.policy.model import Known, Picture
from fluxtui.insight.policy.picture import picture
from fluxtui.insight.policy.standing import assess
from fluxtui.insight.status import assess as assess_delivery
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

COUNT = 20_000
RULES = 19
"""Results of a report: 6.3 kB (facts: kyverno-oci §A, *Scale*)."""
FAILING = 5
"""Every so many a result is a fail."""
TEAMS = 80
CLUSTER = "prod-eu-1"
PAGE = 150
MEMORY = 60.0
"""Megabytes that all of them may take."""


def measure(plan: Plan) -> Iterator[Figure]:
    """Structure and memory in processes of their own, then the program in a terminal."""
    yield from structure(plan)
    grown = [float(_measured("memory")) for _ in range(plan.runs(3, 1))]
    yield Figure(f"{COUNT:,} reports in the store", "MB", grown, MEMORY)
    calm()
    with Terminal((sys.executable, "-m", "benchmarks.policy", "program")) as terminal:
        terminal.wait("76.?000 fails")
        terminal.settle(2)
        opening = [terminal.press("E", lambda text: "Deployment" in text or "app-0" in text)]
        yield Figure(f"unfold all {COUNT * RULES // FAILING:,} violations → screen", "ms", opening, 150.0)
        terminal.settle(2)
        press_all(terminal, ("pagedown",) * 3, words=3)
        pressed = press_all(terminal, (("down",) * 10 + ("up",) * 6) * plan.runs(4, 1), words=3)
        yield from pressed.figures(f"move in the Policy screen, {COUNT:,} reports", "", 33.0)


def structure(plan: Plan) -> Iterator[Figure]:
    """Decoding, the picture and its worst slice between which keys are heard, the three groupings."""
    runs = plan.runs(5, 2)
    pages = list(listed())
    decoded, worst = list[float](), list[float]()
    for _ in range(runs):
        calm()
        each = [taken(lambda page=page: POLICY_KINDS["PolicyReport"].decode_page(page)) for page in pages]
        decoded.append(sum(each))
        worst.append(max(each))
    yield Figure(f"decode {COUNT:,} reports of {RULES} results", "ms", decoded, 2000.0)
    yield Figure("longest page of it", "ms", worst, 33.0)
    delivery, policy = filled(pages)
    drawn, slices = list[float](), list[float]()
    for _ in range(runs):
        calm()
        whole, longest = timed(picture(delivery, policy, time.time(), KNOWN))
        drawn.append(whole)
        slices.append(longest)
    yield Figure(f"join {COUNT:,} reports to who delivers them", "ms", drawn, 1500.0)
    yield Figure("longest slice of it", "ms", slices, 33.0)
    found = at_once(delivery, policy)
    for by in By:
        spent = [timed(grouped(found.violations, by)) for _ in range(runs)]
        yield Figure(f"group {len(found.violations):,} violations by {by.value}", "ms", [whole for whole, _ in spent])
        yield Figure("longest slice of it", "ms", [longest for _, longest in spent], 33.0)


KNOWN = Known(lambda key: (0, False), lambda cluster, subject: (), settled=frozenset({CLUSTER}))


def at_once(delivery: Store, policy: Store) -> Picture:
    """The picture of now."""
    steps = picture(delivery, policy, time.time(), KNOWN)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def report(number: int, rng: random.Random) -> dict[str, object]:
    """One report as Kyverno writes it."""
    name, namespace = f"app-{number:05d}", f"team-{number % TEAMS:02d}"
    uid = str(uuid.UUID(int=rng.getrandbits(128)))
    about = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": uid}
    results = [_result(rule, number) for rule in range(RULES)]
    failed = sum(result["result"] == "fail" for result in results)
    return {
        "apiVersion": "wgpolicyk8s.io/v1alpha2",
        "kind": "PolicyReport",
        "metadata": {
            "name": uid,
            "namespace": namespace,
            "uid": str(uuid.UUID(int=rng.getrandbits(128))),
            "resourceVersion": str(1000 + number),
            "creationTimestamp": "2026-11-21T03:25:42Z",
            "labels": {"app.kubernetes.io/managed-by": "kyverno"},
            "ownerReferences": [about],
        },
        "scope": {**about, "namespace": namespace},
        "results": results,
        "summary": {"pass": RULES - failed, "fail": failed, "warn": 0, "error": 0, "skip": 0},
    }


def _result(rule: int, number: int) -> dict[str, object]:
    failed = (number + rule) % FAILING == 0
    path = f"/spec/template/spec/containers/{number % 3}/"
    said = f"validation error: rule {rule} is broken. rule autogen-check-{rule} failed at path {path}"
    return {
        "category": "Best Practices",
        "message": said if failed else "rule passed",
        "policy": f"policy-{rule:02d}",
        "properties": {"process": "background scan"},
        "result": "fail" if failed else "pass",
        "rule": f"autogen-check-{rule}",
        "scored": True,
        "severity": ("high", "medium", "low")[rule % 3],
        "source": "kyverno",
        "timestamp": {"nanos": 0, "seconds": 1_795_231_712 + number},
    }


def listed() -> Iterator[bytes]:
    """The pages of a list of all of them."""
    rng = random.Random(7)
    for start in range(0, COUNT, PAGE):
        items = [report(number, rng) for number in range(start, min(start + PAGE, COUNT))]
        yield msgspec.json.encode({"kind": "List", "metadata": {"resourceVersion": "1"}, "items": items})


def delivered() -> Store:
    """Kustomizations that deliver what is reported on: one for each team."""
    store = Store(assess_delivery)
    for kind in KINDS:
        store.table(CLUSTER, kind).set_state(DataState(Phase.FRESH, time.time(), time.time()))
    for team in range(TEAMS):
        namespace = f"team-{team:02d}"
        entries = [{"id": f"{namespace}_app-{n:05d}_apps_Deployment", "v": "v1"} for n in range(team, COUNT, TEAMS)]
        whole = {
            "metadata": {"name": "apps", "namespace": namespace, "resourceVersion": "1", "uid": namespace},
            "spec": {"sourceRef": {"kind": "OCIRepository", "name": "apps"}},
            "status": {"inventory": {"entries": entries}, "lastAppliedRevision": "latest@sha256:0123"},
        }
        made = KINDS["Kustomization"].decode_object(msgspec.json.encode(whole))
        assert made is not None
        store.table(CLUSTER, "Kustomization").upsert(made)
    store.drain()
    return store


def reported(pages: list[bytes]) -> Store:
    """The store of policy with all of them."""
    store = Store(assess)
    for kind in POLICY_KINDS:
        store.table(CLUSTER, kind).set_state(DataState(Phase.FRESH, time.time(), time.time()))
    table = store.table(CLUSTER, "PolicyReport")
    for page in pages:
        for record in POLICY_KINDS["PolicyReport"].decode_page(page).records:
            table.upsert(record)
    store.drain()
    return store


def filled(pages: list[bytes]) -> tuple[Store, Store]:
    """Both stores."""
    return delivered(), reported(pages)


def memory() -> float:
    """Megabytes that the store of policy takes, as the system counts them; pages come and go as from a server."""
    POLICY_KINDS["PolicyReport"].decode_page(next(listed()))
    before = resident()
    store = Store(assess)
    table = store.table(CLUSTER, "PolicyReport")
    for page in listed():
        for record in POLICY_KINDS["PolicyReport"].decode_page(page).records:
            table.upsert(record)
        store.drain()
    return resident() - before


def resident() -> float:
    """Megabytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _measured(what: str) -> str:
    return subprocess.run(
        (sys.executable, "-m", "benchmarks.policy", what), check=True, capture_output=True, text=True
    ).stdout.strip()


def program() -> None:
    """The program with all of them in its stores, and no connection behind it."""
    from fluxtui.app import FluxtuiApp, Start
    from fluxtui.kube.contexts import Chosen, Context, Endpoint

    context = Context(name=CLUSTER, endpoint=Endpoint(server="https://127.0.0.1:1"))
    app = FluxtuiApp(Start(lambda: Chosen((), ()), time.time, command="policy"))
    delivery, policy = filled(list(listed()))
    app.desk.store._clusters.update(delivery._clusters)
    app.desk.guard.store._clusters.update(policy._clusters)
    app.desk.guard.policing.sync = lambda: None
    app.desk.fleet.add(context)
    app.run()


if __name__ == "__main__":
    match sys.argv[1]:
        case "memory":
            print(memory())
        case "program":
            program()
