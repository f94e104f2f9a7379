"""Who waits for whom: the edges of one cluster, what is missing, and circles."""

import pytest

from fluxtui.insight.graph import Graph, Standing, components
from fluxtui.kinds.record import Need
from fluxtui.store.state import DataState, Phase


def edges(found):
    return {(edge.kind, edge.source, edge.target, edge.meaning) for edge in found}


def test_the_three_meanings_of_depends_on(fleet):
    fleet.put("c", "Kustomization", "m/infra")
    fleet.put(
        "c",
        "ResourceSet",
        "s/apps",
        needs=[
            Need("Kustomization/m/infra", "expression", "status.observedGeneration >= 0"),
            Need("ResourceSet/s/policies", "ready"),
            Need("Namespace//m", "exists"),
        ],
    )
    graph = Graph(fleet.store.cluster("c"))
    record = graph.row("ResourceSet/s/apps").record
    assert edges(graph.dependencies(record)) == {
        ("needs", record.id, "Kustomization/m/infra", "expression"),
        ("needs", record.id, "ResourceSet/s/policies", "ready"),
        ("needs", record.id, "Namespace//m", "exists"),
    }
    (edge,) = graph.dependents("Kustomization/m/infra")
    assert edge.expression == "status.observedGeneration >= 0"


def test_sources_values_and_providers(fleet):
    fleet.put("c", "OCIRepository", "a/src")
    fleet.put("c", "Kustomization", "a/web", source="OCIRepository/a/src", inputs=("ConfigMap/a/vars",))
    fleet.put("c", "ResourceSet", "a/set", inputs=("ResourceSetInputProvider/a/one",))
    fleet.put("c", "ResourceSetInputProvider", "a/one")
    graph = Graph(fleet.store.cluster("c"))
    web, group = "Kustomization/a/web", "ResourceSet/a/set"
    assert edges(graph.dependencies(graph.row(web).record)) == {
        ("source", web, "OCIRepository/a/src", "artifact"),
        ("reads", web, "ConfigMap/a/vars", "values"),
    }
    assert edges(graph.dependents("OCIRepository/a/src")) == {("source", web, "OCIRepository/a/src", "artifact")}
    assert edges(graph.dependents("ConfigMap/a/vars")) == {("reads", web, "ConfigMap/a/vars", "values")}
    provider = "ResourceSetInputProvider/a/one"
    assert edges(graph.dependents(provider)) == {("provides", group, provider, "inputs")}


def test_a_provider_is_found_by_its_labels_in_both_directions(fleet):
    fleet.put("c", "ResourceSetInputProvider", "a/one", labels="env=prod\nteam=x")
    fleet.put("c", "ResourceSetInputProvider", "a/two", labels="env=staging\nteam=x")
    fleet.put("c", "ResourceSetInputProvider", "b/other", labels="env=prod\nteam=x")
    fleet.put("c", "ResourceSet", "a/set", inputs=("ResourceSetInputProvider/a/?env=prod,team=x",))
    graph = Graph(fleet.store.cluster("c"))
    record = graph.row("ResourceSet/a/set").record
    assert [edge.target for edge in graph.dependencies(record)] == ["ResourceSetInputProvider/a/one"]
    assert [edge.source for edge in graph.dependents("ResourceSetInputProvider/a/one")] == ["ResourceSet/a/set"]
    assert list(graph.dependents("ResourceSetInputProvider/a/two")) == []
    assert list(graph.dependents("ResourceSetInputProvider/b/other")) == []


def test_children_by_inventory_and_by_label_once_each(fleet):
    fleet.put("c", "ResourceSet", "s/set", produced=("Kustomization/a/web", "Kustomization/a/gone"))
    fleet.put("c", "Kustomization", "a/web", owner="ResourceSet/s/set")
    fleet.put("c", "Kustomization", "a/late", owner="ResourceSet/s/set")
    graph = Graph(fleet.store.cluster("c"))
    children = [edge.target for edge in graph.children(graph.row("ResourceSet/s/set").record)]
    assert sorted(children) == ["Kustomization/a/late", "Kustomization/a/web"], "what is gone is no child"


def test_missing_only_when_all_of_the_kind_is_known(fleet):
    data = fleet.cluster("c")
    graph = Graph(data)
    assert graph.standing("Kustomization/a/b") is Standing.MISSING
    for phase in (Phase.LOADING, Phase.STALE, Phase.UNREACHABLE):
        data.table("Kustomization").set_state(DataState(phase))
        assert graph.standing("Kustomization/a/b") is Standing.UNSEEN
    data.table("Kustomization").set_state(DataState(Phase.FORBIDDEN))
    assert graph.standing("Kustomization/a/b") is Standing.HIDDEN
    data.table("Kustomization").set_state(DataState(Phase.MISSING))
    assert graph.standing("Kustomization/a/b") is Standing.UNSERVED
    fleet.put("c", "Kustomization", "a/b")
    assert graph.standing("Kustomization/a/b") is Standing.PRESENT


def test_who_sees_one_namespace_does_not_know_what_is_missing_in_others(fleet):
    data = fleet.cluster("c")
    data.table("Kustomization").set_state(DataState(Phase.FRESH, only="a"))
    graph = Graph(data)
    assert graph.standing("Kustomization/a/b") is Standing.MISSING
    assert graph.standing("Kustomization/z/b") is Standing.HIDDEN


@pytest.mark.parametrize(
    "identity", ["CustomResourceDefinition//x", "ConfigMap/a/vars", "Deployment/a/web", "Secret/a/b"]
)
def test_what_is_not_watched_or_only_in_part_is_never_missing(fleet, identity):
    """ConfigMaps and Deployments are listed with a label selector: absence says nothing."""
    assert Graph(fleet.cluster("c")).standing(identity) is Standing.UNSEEN


def test_circles_of_any_length_and_none_without(fleet):
    fleet.put("c", "Kustomization", "a/self", needs=["a/self"])
    fleet.put("c", "Kustomization", "a/one", needs=["a/two"])
    fleet.put("c", "Kustomization", "a/two", needs=["a/three"])
    fleet.put("c", "Kustomization", "a/three", needs=["a/one"])
    fleet.put("c", "Kustomization", "a/hanging", needs=["a/one", "a/nowhere"])
    circles = Graph(fleet.store.cluster("c")).cycles()
    assert sorted(circles) == [
        ("Kustomization/a/one", "Kustomization/a/three", "Kustomization/a/two"),
        ("Kustomization/a/self",),
    ]


def test_components_come_before_those_that_point_at_them_and_depth_does_not_matter():
    chain = {str(number): [str(number + 1)] for number in range(50_000)}
    groups = components(chain)
    assert [group[0] for group in groups[:2]] == ["49999", "49998"]
    assert len(groups) == 50_000
