"""What readiness says would be denied is what the simulated Kyverno then denies, no more and no less."""

import json

import pytest

from fluxtui.insight.policy.model import Known
from fluxtui.insight.policy.picture import picture
from fluxtui.insight.policy.readiness import readiness, resolve
from fluxtui.insight.policy.readiness_model import When, verdict
from fluxtui.insight.policy.standing import assess as assess_policy
from fluxtui.insight.status import assess
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.table import KINDS
from fluxtui.simulator.scenario import load
from fluxtui.simulator.simulation import Simulation
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

OPENING = 1_795_240_000.0

LIMITS = "require-limits"


def finished(steps):
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def held(simulation, kinds, assess_with):
    """A store of what the clusters hold, decoded as if their servers had sent it."""
    store = Store(assess_with)
    for name, member in simulation.members.items():
        for kind in kinds.values():
            served = [
                each for each in member.objects.resources if (each.group, each.plural) == (kind.group, kind.plural)
            ]
            state = Phase.FRESH if served else Phase.MISSING
            items = [obj for each in served for obj in member.objects.list(each.key)]
            body = json.dumps({"metadata": {"resourceVersion": "1"}, "items": items}).encode()
            table = store.table(name, kind.name)
            table.replace(kind.decode_page(body).records)
            table.set_state(DataState(state, OPENING - 60, OPENING))
    return store


@pytest.fixture(scope="module")
def enforced():
    """The simulation of a policy that is switched, at its opening, and what readiness says of it then."""
    simulation = Simulation(load("enforce"), OPENING)
    simulation.play()
    delivery, policy = held(simulation, KINDS, assess), held(simulation, POLICY_KINDS, assess_policy)
    known = Known(
        first_seen=lambda key: (0, False), made_by=lambda cluster, subject: (), settled=frozenset(simulation.members)
    )
    drawn = finished(picture(delivery, policy, simulation.now, known))
    chosen = [each for each in resolve([LIMITS], drawn)[0] if each.startswith("ValidatingPolicy/")]
    found = finished(readiness(drawn, delivery, policy, chosen))
    end = simulation.now + 120
    while simulation.now < end:
        simulation.step(min(simulation.now + 0.5, end))
    return simulation, found


def refused(member):
    """The objects of blocked requests, as Events tell them."""
    return {
        (event["related"]["namespace"], event["related"]["name"])
        for event in member.objects.list("Event")
        if event.get("action") == "Resource Blocked"
    }


def test_the_objects_that_are_listed_are_those_that_are_then_denied(enforced):
    simulation, found = enforced
    switched = [name for name in simulation.members if name.startswith("prod-")]
    assert len(switched) == 2
    for name in switched:
        listed = {(each.subject.namespace, each.subject.name) for each in found.denied if each.cluster == name}
        assert listed, verdict(found)
        assert listed == refused(simulation.members[name]), name
    assert not refused(simulation.members["staging-1"]), "it was not switched there"
    assert "staging-1" in found.clusters


def test_what_turns_red_does_and_what_waits_for_an_upgrade_fails_then(enforced):
    simulation, found = enforced
    for name in (name for name in simulation.members if name.startswith("prod-")):
        objects = simulation.members[name].objects
        turning = {each.id for each in found.turning if each.cluster == name and each.green}
        red = {
            f"Kustomization/{each['metadata']['namespace']}/{each['metadata']['name']}"
            for each in objects.list("Kustomization")
            if f"Policy {LIMITS} failed" in ready(each)["message"]
        }
        assert turning == red, name
        upgrades = {each.owner.id for each in found.denied if each.cluster == name and each.when is When.UPGRADE}
        assert upgrades
        for identity in upgrades:
            _, namespace, release = identity.split("/")
            assert ready(objects.get("HelmRelease", namespace, release))["reason"] == "UpgradeFailed", identity


def ready(obj):
    conditions = obj.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each["type"] == "Ready"), {"message": "", "reason": ""})
