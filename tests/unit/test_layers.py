"""Layers from the depth of the graph: their order, their names, and the wave that runs through them."""

import pytest

from fluxtui.insight.depth import Depths
from fluxtui.insight.graph import Graph
from fluxtui.insight.layers import layers, sort_of
from fluxtui.kinds.record import Need
from fluxtui.kinds.status import Status

SEED = (
    "namespaces",
    "crds",
    "controllers",
    "identities",
    "configs",
    "policies",
    "infrastructure",
    "observability",
    "apps",
)


def seed(fleet, **states):
    """The chain of a seed platform; states by layer."""
    before = []
    for name in SEED:
        fleet.put("c", "Kustomization", f"flux-system/{name}", states.get(name, fleet.ready), needs=before)
        before = [f"flux-system/{name}"]
    return layers(Graph(fleet.store.cluster("c")))


def of(fleet):
    return layers(Graph(fleet.store.cluster("c")))


def levels(fleet):
    return {
        identity.rpartition("/")[2]: level for identity, level in Depths(Graph(fleet.store.cluster("c"))).level.items()
    }


def test_the_layers_of_a_seed_platform_by_name_and_in_order(fleet):
    found = seed(fleet)
    assert [band.name for band in found.bands] == [
        "namespaces",
        "CRDs",
        "controllers",
        "identities",
        "configs",
        "policies",
        "infrastructure",
        "observability",
        "apps",
    ]
    assert [(band.first, band.last) for band in found.bands] == [(at, at) for at in range(9)]
    assert found.of("Kustomization/flux-system/crds") is found.bands[1]
    assert found.of("Kustomization/flux-system/none") is None
    assert all(band.done for band in found.bands)
    assert (found.current, found.stuck) == (None, None)


def test_levels_are_the_longest_path_and_not_the_shortest(fleet):
    """A diamond with a long and a short side."""
    for name, needs in (
        ("top", ["left", "right"]),
        ("left", ["base"]),
        ("right", ["mid"]),
        ("mid", ["base"]),
        ("base", []),
    ):
        fleet.put("c", "Kustomization", f"a/{name}", needs=[f"a/{need}" for need in needs])
    assert levels(fleet) == {"base": 0, "left": 1, "mid": 1, "right": 2, "top": 3}


def test_what_is_applied_stands_where_its_applier_stands(fleet):
    fleet.put("c", "Kustomization", "m/infra-configs", needs=["m/infra-controllers"])
    fleet.put("c", "Kustomization", "m/infra-controllers")
    needs = [Need("Kustomization/m/infra-configs", "expression", "status.observedGeneration >= 0")]
    fleet.put("c", "ResourceSet", "s/apps", needs=needs)
    fleet.put("c", "Kustomization", "f/frontend", owner="ResourceSet/s/apps")
    fleet.put("c", "HelmRelease", "f/web", owner="Kustomization/f/frontend")
    assert levels(fleet) == {"infra-controllers": 0, "infra-configs": 1, "apps": 2, "frontend": 2, "web": 2}
    assert [(band.name, len(band.ids)) for band in of(fleet).bands] == [("controllers", 1), ("configs", 1), ("apps", 3)]


def test_neighbouring_levels_of_one_sort_are_one_band(fleet):
    fleet.put("c", "Kustomization", "a/crds")
    fleet.put("c", "Kustomization", "a/core-controllers", needs=["a/crds"])
    fleet.put("c", "Kustomization", "a/more-controllers", needs=["a/core-controllers"])
    fleet.put("c", "Kustomization", "a/web", needs=["a/more-controllers"], path="./apps/web")
    assert [(band.name, band.first, band.last) for band in of(fleet).bands] == [
        ("CRDs", 0, 0),
        ("controllers", 1, 2),
        ("apps", 3, 3),
    ]


def test_a_level_that_does_not_agree_has_its_number(fleet):
    fleet.put("c", "Kustomization", "a/one")
    fleet.put("c", "Kustomization", "a/configs", needs=["a/one"])
    fleet.put("c", "Kustomization", "a/policies", needs=["a/one"])
    assert [band.name for band in of(fleet).bands] == ["level 0", "level 1"]


def test_what_stands_apart_does_not_name_a_layer(fleet):
    fleet.put("c", "Kustomization", "a/namespaces")
    fleet.put("c", "Kustomization", "a/crds", needs=["a/namespaces"])
    for number in range(9):
        fleet.put("c", "Kustomization", f"z/apps-{number}")
    bands = of(fleet).bands
    assert [(band.name, len(band.ids)) for band in bands] == [("namespaces", 10), ("CRDs", 1)]


def test_sources_and_namespaces_stand_in_no_band(fleet):
    fleet.put("c", "OCIRepository", "a/src")
    fleet.put("c", "Namespace", "/a")
    fleet.put("c", "Kustomization", "a/web", source="OCIRepository/a/src")
    assert [band.ids for band in of(fleet).bands] == [("Kustomization/a/web",)]


@pytest.mark.parametrize(
    ("fields", "band"),
    [
        ({"ref": "monitoring/infra-configs"}, "configs"),
        ({"ref": "a/cert-manager", "path": "./infra/controllers/production"}, "controllers"),
        ({"ref": "a/cert-manager", "path": "./clusters/prod"}, ""),
        ({"ref": "monitoring/kube-prometheus-stack"}, "observability"),
        ({"ref": "a/happy"}, ""),
        ({"ref": "a/tenant.apps"}, "apps"),
    ],
)
def test_what_a_name_tells(fleet, fields, band):
    assert sort_of(fleet.record("Kustomization", **fields)) == band


def test_a_wave_is_seen_running_through_the_bands(fleet):
    moving = {**fleet.running, "attempted": "v2", "revision": "v1"}
    found = seed(fleet, controllers=moving)
    assert found.bands[found.current].name == "controllers"
    assert found.bands[2].moving == ("Kustomization/flux-system/controllers",)
    assert found.bands[2].counts[Status.PROGRESSING] == 1
    assert not found.bands[2].done
    found = seed(fleet, identities=moving, controllers={**fleet.ready, "attempted": "v2", "revision": "v2"})
    assert found.bands[found.current].name == "identities"


def test_a_wave_that_ended_is_stuck_at_its_failure(fleet):
    blocked = {**fleet.blocked, "message": "dependency is not ready"}
    found = seed(fleet, crds=fleet.failed("BuildFailed"), controllers=blocked, identities=blocked)
    assert (found.current, found.bands[found.stuck].name) == (None, "CRDs")
    alone = seed(fleet, controllers=fleet.ready, identities=fleet.ready)
    assert alone.stuck is None, "nothing waits"


def test_circles_and_missing_targets_have_a_level(fleet):
    fleet.put("c", "Kustomization", "a/one", needs=["a/two"])
    fleet.put("c", "Kustomization", "a/two", needs=["a/one", "a/base"])
    fleet.put("c", "Kustomization", "a/base", needs=["a/nowhere"])
    fleet.put("c", "Kustomization", "a/last", needs=["a/one"])
    fleet.put("c", "Kustomization", "b/self", needs=["b/self"])
    assert levels(fleet) == {"base": 1, "one": 2, "two": 2, "last": 3, "self": 1}


def test_an_owner_that_waits_for_what_it_applies_is_a_circle(fleet):
    fleet.put("c", "Kustomization", "a/top", needs=["a/child"])
    fleet.put("c", "Kustomization", "a/child", owner="Kustomization/a/top")
    assert levels(fleet) == {"top": 1, "child": 1}


def test_ten_thousand_levels_and_ten_thousand_members(fleet):
    for number in range(10_000):
        fleet.put("c", "Kustomization", f"a/k{number}", needs=[f"a/k{number + 1}"] if number < 9_999 else ())
    assert len(of(fleet).bands) == 10_000
    for number in range(10_000):
        fleet.put("c", "Kustomization", f"a/k{number}", needs=[f"a/k{number % 13 - 1}"] if number % 13 else ())
    bands = of(fleet).bands
    assert len(bands) == 13
    assert sum(len(band.ids) for band in bands) == 10_000
