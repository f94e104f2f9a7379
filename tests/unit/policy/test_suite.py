"""The suite of policy, read into memory: what every part of it comes to."""

import pytest
from tests.policy.suite import NAMESPACES, suite, told

from fluxtui.insight.policy.exceptions import held


@pytest.fixture
def cases():
    return suite()


@pytest.fixture
def read(world, cases):
    """The world with the suite in it, as servers would have it."""
    world.cluster()
    for name in NAMESPACES:
        world.put("Namespace", name, labels=cases["namespaces"][name])
    for number, obj in enumerate(cases["objects"]):
        kind, group = obj["kind"], obj["apiVersion"].rpartition("/")[0]
        if kind in ("Pod", "ReplicaSet"):
            continue
        obj["metadata"] |= {"resourceVersion": str(number + 1), "uid": f"uid-{number}"}
        if kind == "PolicyException" and group.startswith("policies."):
            kind = f"{kind}.{group}"
        record = world.write(kind, obj)
        assert record is not None and record.flaw == "", (kind, record)
    return world


def test_every_violation_is_named_judged_and_joined(read, cases, about):
    read.makers["prod", "Pod/redis-7d4-x"] = (
        about("apps/v1 ReplicaSet backend/redis-7d4"),
        about("apps/v1 Deployment backend/redis"),
    )
    picture = read.picture()
    expected = cases["expected"]
    assert told(picture) == sorted(expected["violations"])
    assert picture.passes == expected["passes"]
    assert picture.coverage[0].count == expected["reports"]
    assert [each.id for each in held(read.policy, "prod")] == expected["exceptions"]


def test_what_is_said_is_clean(read):
    for each in read.picture().violations:
        assert each.finding.message.isprintable()
        assert each.key.isprintable()


def test_origins_revisions_and_certainty(read):
    for each in read.picture().violations:
        assert (each.first_seen, each.certain) == (0, False)
        if each.owner.id:
            assert each.owner.revision == "latest@sha256:9ab3"
            assert each.owner.origin == "ResourceSet/flux-system/tenants"
            assert each.owner.source == f"OCIRepository/{each.owner.id.split('/')[1]}/apps"
