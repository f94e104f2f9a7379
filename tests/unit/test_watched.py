"""What we saw ourselves: a bounded log of what the store's feed brings."""

import pytest

from fluxtui.insight.known import Known
from fluxtui.insight.watched import Watched
from fluxtui.store.state import DataState, Phase


@pytest.fixture
def log(fleet):
    """A log that has drained what the fleet held before."""
    fleet.cluster("c")

    class Log(Watched):
        def saw(self, at=None):
            before = len(self._log) + self.dropped
            self.follow(fleet.store.drain(), at or fleet.now)
            return [(each.what, each.id, each.words) for each in list(self)[before - self.dropped :]]

    return Log(fleet.store)


def test_what_is_there_at_first_is_no_change(fleet, log):
    fleet.put("c", "Kustomization", "a/one")
    fleet.put("c", "Kustomization", "a/two", fleet.failed("BuildFailed"))
    assert log.saw() == []


def test_a_flip_a_revision_and_a_generation_are_seen(fleet, log):
    fleet.put("c", "Kustomization", "a/one", revision="latest@sha256:aaaaaaaaaa")
    log.saw()
    fleet.put("c", "Kustomization", "a/one", revision="latest@sha256:bbbbbbbbbb", generation=2, observed=2)
    assert log.saw() == [
        ("applied", "Kustomization/a/one", "latest@aaaaaaa → latest@bbbbbbb"),
        ("spec", "Kustomization/a/one", "generation 1 → 2"),
    ]
    fleet.put("c", "Kustomization", "a/one", fleet.failed("BuildFailed"), generation=2, observed=2)
    assert log.saw() == [("failed", "Kustomization/a/one", "BuildFailed")]
    fleet.put("c", "Kustomization", "a/one", generation=2, observed=2)
    assert log.saw() == [("ready", "Kustomization/a/one", "was failed")]
    assert all(each.known is Known.SEEN for each in log)


def test_a_suspend_and_a_resume_are_seen_at_their_moments(fleet, log):
    fleet.put("c", "Kustomization", "a/one")
    log.saw()
    fleet.put("c", "Kustomization", "a/one", suspended=True, suspended_by="anna: x", generation=2)
    assert log.saw(fleet.now + 5) == [("suspended", "Kustomization/a/one", "by anna: x")]
    assert log.suspends == {("c", "Kustomization/a/one"): fleet.now + 5}
    fleet.put("c", "Kustomization", "a/one", generation=3, observed=3)
    assert ("resumed", "Kustomization/a/one", "") in log.saw(fleet.now + 9)
    assert log.suspends == {}


def test_a_deletion_is_seen_but_not_what_leaves_with_its_cluster_or_our_rights(fleet, log):
    for name in ("one", "two", "three"):
        fleet.put("c", "Kustomization", f"a/{name}")
    log.saw()
    fleet.remove("c", "Kustomization", "a/one")
    assert log.saw() == [("deleted", "Kustomization/a/one", "")]
    table = fleet.store.table("c", "Kustomization")
    table.set_state(DataState(Phase.FORBIDDEN, fleet.now))
    fleet.remove("c", "Kustomization", "a/two")
    assert log.saw() == []
    fleet.store.drop("c")
    assert log.saw() == []


def test_an_upgrade_of_a_controller_the_operator_and_a_restart_are_seen(fleet, log):
    fleet.put("c", "Deployment", "f/helm-controller", images=("r/helm-controller:v1.4.0", "r/side:1"))
    fleet.put("c", "FluxReport", "f/flux", operator_version="v0.58.0")
    fleet.put("c", "Pod", "f/helm-1", restarts=0)
    log.saw()
    fleet.put("c", "Deployment", "f/helm-controller", images=("r/helm-controller:v1.6.0", "r/side:1"))
    fleet.put("c", "FluxReport", "f/flux", operator_version="v0.59.0")
    fleet.put("c", "Pod", "f/helm-1", restarts=1, last_end="OOMKilled", ended=fleet.now - 3)
    assert sorted(log.saw()) == [
        ("restarted", "Pod/f/helm-1", "OOMKilled, 1 restarts"),
        ("upgraded", "Deployment/f/helm-controller", "helm-controller:v1.4.0 → helm-controller:v1.6.0"),
        ("upgraded", "FluxReport/f/flux", "operator v0.58.0 → v0.59.0"),
    ]


def test_the_log_is_bounded_and_counts_what_it_drops(fleet):
    log = Watched(fleet.store, kept=10)
    for turn in range(8):
        for number in range(3):
            fleet.put("c", "Kustomization", f"a/{number}", *([fleet.failed("X")] if turn % 2 else []))
        log.follow(fleet.store.drain(), fleet.now + turn)
    assert len(log) == 10
    assert log.dropped == 7 * 3 - 10


def test_an_object_created_anew_has_no_past(fleet, log):
    fleet.put("c", "Kustomization", "a/one", uid="1", revision="x")
    log.saw()
    fleet.put("c", "Kustomization", "a/one", fleet.failed("X"), uid="2", revision="y", created=fleet.now - 4)
    assert log.saw() == [("created", "Kustomization/a/one", "deleted and created anew")]
