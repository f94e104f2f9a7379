"""Why an object is as it is: the chain to its root, the way it is delivered, what waits behind it."""

import pytest

from fluxtui.insight.graph import Standing
from fluxtui.insight.status import assess
from fluxtui.insight.why import Step, Why, why_now
from fluxtui.kinds.record import Need, Record
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

NOW = 1_774_061_280.0
C = "prod"


def made(kind: str, name: str, *, ready: str = "True", reason: str = "", **fields: object) -> Record:
    told = {"ready_since": int(NOW) - 900, "generation": 1, "observed": 1, "created": int(NOW) - 90_000, **fields}
    reason = reason or ("ReconciliationSucceeded" if ready == "True" else "BuildFailed")
    return Record(
        kind=kind,
        id=f"{kind}/ns/{name}",
        namespace="ns",
        name=name,
        ready=ready,
        reason=reason,
        **told,  # type: ignore[arg-type]
    )


def need(name: str) -> tuple[Need, ...]:
    return (Need(f"Kustomization/ns/{name}"),)


@pytest.fixture
def store() -> Store:
    """release fails ← controllers waits for its health ← configs depends on it ← apps depends on that."""
    held = Store(assess)
    release = "HelmRelease/ns/release"
    records = [
        made("OCIRepository", "repo", revision="v1@sha256:1"),
        made("HelmRelease", "release", ready="False", reason="InstallFailed", owner="Kustomization/ns/controllers"),
        made(
            "Kustomization",
            "controllers",
            ready="False",
            reason="HealthCheckFailed",
            message=f"timeout waiting for: [{release} status: 'Failed']",
            produced=(release,),
            source="OCIRepository/ns/repo",
            owner="Kustomization/ns/top",
        ),
        made("Kustomization", "configs", ready="False", reason="DependencyNotReady", needs=need("controllers")),
        made("Kustomization", "apps", ready="False", reason="DependencyNotReady", needs=need("configs")),
        made("Kustomization", "lost", ready="False", reason="DependencyNotReady", needs=need("nowhere")),
        made("Kustomization", "top", produced=("Kustomization/ns/controllers",)),
        made("Kustomization", "well"),
        made("Kustomization", "after-well", needs=need("well")),
    ]
    for record in records:
        held.table(C, record.kind).upsert(record)
    for kind in ("Kustomization", "HelmRelease", "OCIRepository"):
        held.table(C, kind).set_state(DataState(Phase.FRESH, NOW - 60, NOW))
    held.drain()
    return held


def asked(store: Store, name: str, kind: str = "Kustomization") -> Why:
    return why_now(store, C, f"{kind}/ns/{name}", NOW)


def steps(chain: tuple[Step, ...]) -> list[tuple[int, str, str, bool]]:
    return [(step.depth, step.link, step.id.rpartition("/")[2], step.root) for step in chain]


def test_the_chain_leads_to_the_root_through_all_that_waits(store: Store) -> None:
    assert steps(asked(store, "apps").chain) == [
        (0, "", "apps", False),
        (1, "depends on", "configs", False),
        (2, "depends on", "controllers", False),
        (3, "applied", "release", True),
    ]
    assert asked(store, "apps").roots == ("HelmRelease/ns/release",)


def test_the_evidence_is_that_of_the_root(store: Store) -> None:
    proof = asked(store, "apps").proof
    assert proof is not None and proof.ref == (C, "HelmRelease/ns/release")


def test_what_fails_by_itself_is_its_own_root(store: Store) -> None:
    answer = asked(store, "release", "HelmRelease")
    assert steps(answer.chain) == [(0, "", "release", True)]
    assert [each.id.rpartition("/")[2] for each in answer.behind] == ["controllers", "configs", "apps"]
    assert [each.distance for each in answer.behind] == [1, 2, 3] and not answer.supposed


def test_what_does_not_exist_is_the_end_of_a_chain(store: Store) -> None:
    last = asked(store, "lost").chain[-1]
    assert (last.id, last.row, last.root, last.standing) == ("Kustomization/ns/nowhere", None, True, Standing.MISSING)


def test_what_is_well_needs_no_explanation_and_tells_what_would_stop(store: Store) -> None:
    answer = asked(store, "well")
    assert answer.chain == () and answer.proof is None and answer.supposed
    assert [each.id for each in answer.behind] == ["Kustomization/ns/after-well"]


def test_the_way_of_delivery_goes_up_with_the_sources_beside(store: Store) -> None:
    assert steps(asked(store, "release", "HelmRelease").delivered) == [
        (0, "", "release", False),
        (1, "applied by", "controllers", False),
        (2, "from", "repo", False),
        (2, "applied by", "top", False),
    ]


def test_edges_that_are_not_met_come_first(store: Store) -> None:
    store.table(C, "Kustomization").upsert(
        made(
            "Kustomization",
            "both",
            ready="False",
            reason="DependencyNotReady",
            needs=(Need("Kustomization/ns/well"), Need("Kustomization/ns/controllers")),
        )
    )
    assert [each.state.met for each in asked(store, "both").edges] == [False, True]


def test_a_circle_ends(store: Store) -> None:
    for one, other in (("one", "two"), ("two", "one")):
        store.table(C, "Kustomization").upsert(
            made("Kustomization", one, ready="False", reason="DependencyNotReady", needs=need(other))
        )
    assert [step.id.rpartition("/")[2] for step in asked(store, "one").chain] == ["one", "two"]


def test_what_is_not_held_is_told_as_unknown(store: Store) -> None:
    assert asked(store, "gone").row is None
    assert why_now(store, "elsewhere", "Kustomization/ns/apps", NOW).row is None
