"""How many wait behind each: the same as asking for each, circles and all; and the tree of who does."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluxtui.insight.blast import NOT_COUNTED, Blast
from fluxtui.insight.graph import Graph
from fluxtui.insight.waiting import radius, waiting
from fluxtui.insight.whatif import explained_now


def run(steps):
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


NAMES = [f"n/{number}" for number in range(8)]
OBJECTS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(["ready", "blocked", "running"]),
        st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
        st.sampled_from(["", "Kustomization/n/0", "ResourceSet/s/set"]),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(objects=OBJECTS)
def test_each_number_is_that_of_the_blast_radius(fleet, objects):
    fleet = type(fleet)()
    fleet.put("c", "OCIRepository", "n/src", fleet.failed("X"))
    fleet.put("c", "ResourceSet", "s/set", fleet.blocked, produced=("Namespace//n",))
    for ref, state, needs, owner in objects:
        source = "OCIRepository/n/src" if ref == "n/3" else ""
        fleet.put("c", "Kustomization", ref, getattr(fleet, state), needs=needs, owner=owner, source=source)
    graph = Graph(fleet.store.cluster("c"))
    blast = Blast(graph, explained_now(graph, fleet.now), fleet.now)
    found = run(waiting(fleet.store, ("c",), fleet.now))
    for row in fleet.store.cluster("c").rows():
        behind = [each for each in blast.behind((row.record.id,)) if each.partition("/")[0] not in NOT_COUNTED]
        assert found.get(("c", row.record.id), 0) == len(behind), row.record.id
        drawn = run(radius(fleet.store, [("c", row.record.id)], fleet.now))
        assert {key[1] for key in drawn.keys} == {row.record.id, *behind}
        assert [drawn.keys[top][1] for top in drawn.tops] == [row.record.id]
        assert drawn.size(drawn.tops[0]) == 1 + len(behind), "each is drawn once"


def test_the_numbers_of_root_causes_are_those_of_triage(fleet):
    fleet.put("c", "Kustomization", "a/base", fleet.failed("BuildFailed"))
    for number in range(5):
        fleet.put("c", "Kustomization", f"a/{number}", fleet.blocked, needs=["a/base"])
    fleet.put("c", "Kustomization", "b/far", fleet.blocked, needs=["a/0"])
    (cause,) = fleet.triage().problems
    assert run(waiting(fleet.store, ("c",), fleet.now))[cause.members[0]] == len(cause.blocked) == 6


def test_clusters_do_not_wait_for_each_other(fleet):
    for cluster in ("c", "d"):
        fleet.put(cluster, "Kustomization", "a/base", fleet.failed("BuildFailed"))
        fleet.put(cluster, "Kustomization", "a/one", fleet.blocked, needs=["a/base"])
    assert run(waiting(fleet.store, ("c", "d"), fleet.now)) == {
        ("c", "Kustomization/a/base"): 1,
        ("d", "Kustomization/a/base"): 1,
    }
    roots = [("c", "Kustomization/a/base"), ("d", "Kustomization/a/base")]
    assert len(run(radius(fleet.store, roots, fleet.now)).tops) == 2
