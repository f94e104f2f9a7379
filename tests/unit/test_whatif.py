"""What would stop: the same as Triage names when it has happened, and what goes on when it only asks for less."""

import random

import pytest

from fluxtui.insight.graph import Graph
from fluxtui.insight.roots import find
from fluxtui.insight.whatif import stops
from fluxtui.kinds.record import Need
from fluxtui.kinds.status import Status

FAILED, BLOCKED, SUSPENDED, UNKNOWN, PROGRESSING, READY = Status
ONCE = "status.observedGeneration >= 0"


def what_if(fleet, *assumed, status=FAILED, cluster="c"):
    graph = Graph(fleet.store.cluster(cluster))
    return stops(graph, dict.fromkeys(assumed, status), fleet.now)


def roots(fleet, cluster="c"):
    steps = find(Graph(fleet.store.cluster(cluster)), fleet.now)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value.roots


def platform(fleet, **states):
    """A D2 cluster: controllers → configs → the apps of two tenants, which ask only for "reconciled once"."""
    fleet.put("c", "OCIRepository", "m/infra", revision="v1@sha256:aa")
    source = {"source": "OCIRepository/m/infra", "revision": "v1@sha256:aa"}
    fleet.put("c", "Kustomization", "m/infra-controllers", states.get("controllers", fleet.ready), **source)
    fleet.put(
        "c",
        "Kustomization",
        "m/infra-configs",
        states.get("configs", fleet.ready),
        needs=["m/infra-controllers"],
        **source,
    )
    fleet.put("c", "Kustomization", "m/dashboards", states.get("dashboards", fleet.ready), needs=["m/infra-configs"])
    fleet.put("c", "HelmRelease", "m/grafana", owner="Kustomization/m/dashboards")
    once = Need("Kustomization/m/infra-configs", "expression", ONCE)
    fleet.put("c", "ResourceSet", "s/apps", needs=[once], produced=("Kustomization/f/apps",))
    fleet.put("c", "Namespace", "/f", labels="toolkit.fluxcd.io/role=tenant", owner="ResourceSet/s/apps")
    fleet.put("c", "Kustomization", "f/apps", owner="ResourceSet/s/apps")


def test_who_asks_for_ready_stops_and_who_asks_for_less_goes_on(fleet):
    platform(fleet)
    found = what_if(fleet, "Kustomization/m/infra-controllers")
    assert found.ids == ("Kustomization/m/infra-configs", "Kustomization/m/dashboards", "HelmRelease/m/grafana")
    assert [stop.behind.rpartition("/")[2] for stop in found.stops] == [
        "infra-controllers",
        "infra-configs",
        "dashboards",
    ]
    assert [(stop.edge.kind, stop.edge.meaning) for stop in found.stops] == [
        ("needs", "ready"),
        ("needs", "ready"),
        ("owns", "applies"),
    ]
    assert [(edge.source, edge.meaning, edge.expression) for edge in found.going_on] == [
        ("ResourceSet/s/apps", "expression", ONCE)
    ]
    assert found.tenants == ("m",)
    assert {stop.now for stop in found.fresh} == {READY}


def test_tenants_by_label_come_before_namespaces(fleet):
    platform(fleet)
    found = what_if(fleet, "ResourceSet/s/apps")
    assert found.ids == ("Kustomization/f/apps",)
    assert found.tenants == ("f",)


def waiting_parent(fleet, parent=None, child=None, after=None):
    fleet.put("c", "Kustomization", "m/controllers", parent or fleet.ready, waits=True)
    fleet.put("c", "HelmRelease", "m/cert", child or fleet.ready, owner="Kustomization/m/controllers")
    fleet.put("c", "HelmRelease", "m/other", owner="Kustomization/m/controllers")
    fleet.put("c", "Kustomization", "m/configs", after or fleet.ready, needs=["m/controllers"])


def test_an_applier_that_waits_for_health_fails_with_what_it_applied(fleet):
    waiting_parent(fleet)
    found = what_if(fleet, "HelmRelease/m/cert")
    assert found.ids == ("Kustomization/m/controllers", "Kustomization/m/configs")
    assert [(stop.behind, stop.edge.kind) for stop in found.stops] == [
        ("HelmRelease/m/cert", "owns"),
        ("Kustomization/m/controllers", "needs"),
    ]
    failed = fleet.failed("HealthCheckFailed", "timeout waiting for: [HelmRelease/m/cert status: 'InProgress']")
    waiting_parent(fleet, failed, fleet.failed("InstallFailed"), {**fleet.blocked, "message": "not ready"})
    (cause,) = fleet.triage().problems
    assert cause.members == (("c", "HelmRelease/m/cert"),)
    assert {("c", identity) for identity in found.ids} == set(cause.blocked), "the same once it has happened"


def test_an_applier_that_does_not_wait_goes_on(fleet):
    waiting_parent(fleet)
    fleet.put("c", "Kustomization", "m/controllers")
    assert what_if(fleet, "HelmRelease/m/cert").ids == ()


def test_what_is_suspended_holds_back_news_and_blocks_nobody(fleet):
    platform(fleet)
    found = what_if(fleet, "Kustomization/m/infra-configs", status=SUSPENDED)
    assert found.ids == ("Kustomization/m/dashboards",), "the dashboards stay ready, and go on applying"
    found = what_if(fleet, "Kustomization/m/dashboards", status=SUSPENDED)
    assert found.ids == ("HelmRelease/m/grafana",)


def test_a_source_stops_its_consumers_and_what_waits_for_them(fleet):
    platform(fleet)
    found = what_if(fleet, "OCIRepository/m/infra")
    assert found.ids == (
        "Kustomization/m/infra-configs",
        "Kustomization/m/infra-controllers",
        "Kustomization/m/dashboards",
    )
    assert {stop.edge.meaning for stop in found.stops[:2]} == {"artifact"}


def test_several_assumptions_stop_together(fleet):
    platform(fleet)
    found = what_if(fleet, "Kustomization/m/dashboards", "ResourceSet/s/apps")
    assert found.ids == ("HelmRelease/m/grafana", "Kustomization/f/apps")
    assert found.assumed == {"Kustomization/m/dashboards": FAILED, "ResourceSet/s/apps": FAILED}


def test_circles_end_and_what_does_not_exist_stops_those_who_ask_for_it(fleet):
    for name, needs in (("one", ["two"]), ("two", ["one"]), ("last", ["one", "nowhere"])):
        fleet.put("c", "Kustomization", f"a/{name}", needs=[f"a/{need}" for need in needs])
    assert what_if(fleet, "Kustomization/a/one").ids == ("Kustomization/a/last", "Kustomization/a/two")
    assert what_if(fleet, "Kustomization/a/nowhere").ids == ("Kustomization/a/last",)


@pytest.mark.parametrize("status", [BLOCKED, UNKNOWN, PROGRESSING, READY])
def test_only_failed_and_suspended_can_be_assumed(fleet, status):
    platform(fleet)
    with pytest.raises(ValueError, match=f"{status.word} cannot be assumed"):
        what_if(fleet, "ResourceSet/s/apps", status=status)


def test_a_controller_stops_what_it_reconciles(fleet):
    platform(fleet)
    fleet.put("c", "Deployment", "flux-system/helm-controller")
    found = what_if(fleet, "Deployment/flux-system/helm-controller")
    assert found.ids == ("HelmRelease/m/grafana",)
    assert found.stops[0].edge.meaning == "reconciles"


def test_nothing_is_changed(fleet):
    platform(fleet)
    before = {row.record.id: row for row in fleet.store.cluster("c").rows()}
    fleet.store.drain()
    what_if(fleet, "Kustomization/m/infra-controllers")
    assert {row.record.id: row for row in fleet.store.cluster("c").rows()} == before
    assert not fleet.store.pending


# -- the same as Triage


def test_what_has_failed_has_the_blast_radius_that_triage_names(fleet):
    waiting = {**fleet.blocked, "message": "dependency 'm/infra-controllers' is not ready"}
    platform(fleet, controllers=fleet.failed("HealthCheckFailed"), configs=waiting, dashboards=waiting)
    (cause,) = fleet.triage().problems
    found = what_if(fleet, "Kustomization/m/infra-controllers")
    assert {("c", identity) for identity in found.ids} == set(cause.blocked)
    assert len(found.ids) == 3


def test_what_would_stop_is_what_triage_names_once_it_has_happened(fleet):
    """Before: everything is ready, and we ask. After: it has failed, and those that asked for ready are blocked."""
    platform(fleet)
    before = what_if(fleet, "Kustomization/m/infra-controllers")
    waiting = {**fleet.blocked, "message": "dependency is not ready"}
    platform(fleet, controllers=fleet.failed("BuildFailed"), configs=waiting, dashboards=waiting)
    (cause,) = fleet.triage().problems
    assert {("c", identity) for identity in before.ids} == set(cause.blocked)


def test_every_root_of_any_fleet_has_the_radius_that_triage_names(fleet):
    chance = random.Random(7)
    compared = 0
    for run in range(40):
        cluster = f"c{run}"
        for at in range(14):
            states = chance.choice(
                [fleet.ready] * 3 + [fleet.failed("BuildFailed"), fleet.blocked, {"suspended": True}]
            )
            needs = [
                Need(f"Kustomization/a/k{need}", chance.choice(["ready", "ready", "exists", "expression"]))
                for need in chance.sample(range(14), chance.randrange(3))
            ]
            owner = f"Kustomization/a/k{chance.randrange(at)}" if at and chance.random() < 0.4 else ""
            fleet.put(cluster, "Kustomization", f"a/k{at}", states, needs=needs, owner=owner)
        for root in roots(fleet, cluster):
            if len(root.ids) == 1 and root.status in (FAILED, SUSPENDED):
                found = what_if(fleet, *root.ids, status=root.status, cluster=cluster)
                assert sorted(found.ids) == sorted(root.behind)
                compared += len(root.behind)
    assert compared > 100


def test_ten_thousand_objects_in_one_chain(fleet):
    number = 10_000
    for at in range(number):
        fleet.put("c", "Kustomization", f"a/k{at:05}", needs=[f"a/k{at - 1:05}"] if at else ())
    found = what_if(fleet, "Kustomization/a/k00000")
    assert list(found.ids) == [f"Kustomization/a/k{at:05}" for at in range(1, number)]
