"""Green, but: what is ready and still not what one would think."""

import pytest

from fluxtui.insight.filter import compile as compiled
from fluxtui.insight.filter import complete
from fluxtui.insight.lenses import LENSES, REACH, lenses, report
from fluxtui.store.state import DataState, Phase


def seen(fleet, row, at=None):
    found = lenses(fleet.store.cluster(row.cluster), row, at or fleet.now)
    return [(lens.name, lens.target) for lens in found]


def told(fleet, at=None):
    steps = report(fleet.store, at or fleet.now)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def test_ready_on_a_revision_that_its_source_has_left(fleet):
    fleet.put("c", "OCIRepository", "a/src", revision="latest@sha256:new", updated=fleet.now - 600)
    old = fleet.put("c", "Kustomization", "a/one", source="OCIRepository/a/src", revision="latest@sha256:old")
    new = fleet.put("c", "Kustomization", "a/two", source="OCIRepository/a/src", revision="latest@sha256:new")
    assert seen(fleet, old) == [("old", "OCIRepository/a/src")]
    assert seen(fleet, new) == []
    assert seen(fleet, old, fleet.now - 590) == [], "it is given its interval"
    (lens,) = lenses(fleet.store.cluster("c"), old, fleet.now)
    assert lens.words == "latest@old, while OCIRepository a/src has latest@new"
    assert lens.since == fleet.now - 600


def test_ready_by_a_report_that_is_out_of_date(fleet):
    row = fleet.put("c", "FluxReport", "f/flux", interval=300, updated=fleet.now - 700, ready_since=fleet.now - 700)
    assert seen(fleet, row) == [("stale", "FluxReport/f/flux")]
    assert seen(fleet, row, fleet.now - 200) == []


@pytest.mark.parametrize(("ago", "stale"), [(1400, False), (1600, True)])
def test_ready_by_a_run_that_should_have_been_followed_by_others(fleet, ago, stale):
    ran = {"interval": 600, "outcome": "ReconciliationSucceeded", "outcome_at": fleet.now - ago}
    row = fleet.put("c", "Kustomization", "a/one", **ran)
    assert seen(fleet, row) == ([("stale", "Kustomization/a/one")] if stale else [])


def test_ready_by_data_that_nobody_renews(fleet):
    row = fleet.put("c", "Kustomization", "a/one")
    fleet.store.table("c", "Kustomization").set_state(DataState(Phase.UNREACHABLE, 5, 5))
    assert seen(fleet, row) == [("stale", "Kustomization/a/one")]
    assert told(fleet).found == (), "of a cluster that does not answer, its standing tells once"


@pytest.mark.parametrize("link", ["source", "owner", "needs", "provider"])
def test_ready_behind_something_suspended(fleet, link):
    where = {"source": "OCIRepository", "owner": "Kustomization", "needs": "Kustomization"}
    kind = where.get(link, "ResourceSetInputProvider")
    fleet.put("c", kind, "a/first", suspended=True, suspended_by="anna: freeze")
    target = f"{kind}/a/first"
    fields = {
        "source": {"source": target},
        "owner": {"owner": target},
        "needs": {"needs": ["a/first"]},
        "provider": {"inputs": (target,)},
    }[link]
    row = fleet.put("c", "ResourceSet" if link == "provider" else "Kustomization", "a/second", **fields)
    assert seen(fleet, row) == [("suspended", target)]
    assert "anna: freeze" in lenses(fleet.store.cluster("c"), row, fleet.now)[0].words


def test_the_nearest_suspended_object_is_told_and_circles_end(fleet):
    fleet.put("c", "Kustomization", "a/top", suspended=True, needs=["a/three"])
    fleet.put("c", "OCIRepository", "a/src", suspended=True)
    fleet.put("c", "Kustomization", "a/two", owner="Kustomization/a/top", source="OCIRepository/a/src")
    row = fleet.put("c", "Kustomization", "a/three", needs=["a/two"])
    assert seen(fleet, row) == [("suspended", "OCIRepository/a/src")]


def test_the_way_to_something_suspended_is_bounded(fleet):
    fleet.put("c", "Kustomization", "a/k0", suspended=True)
    for number in range(1, REACH + 3):
        row = fleet.put("c", "Kustomization", f"a/k{number}", needs=[f"a/k{number - 1}"])
        if number == REACH:
            assert seen(fleet, row) == [("suspended", "Kustomization/a/k0")]
    assert seen(fleet, row) == []


def test_what_asks_for_existence_alone_is_not_behind(fleet):
    from fluxtui.kinds.record import Need

    fleet.put("c", "ResourceSet", "a/first", suspended=True)
    row = fleet.put("c", "ResourceSet", "a/second", needs=[Need("ResourceSet/a/first", "exists")])
    assert seen(fleet, row) == []


def test_only_what_is_ready_is_seen_through_a_lens(fleet):
    fleet.put("c", "OCIRepository", "a/src", suspended=True)
    bad = fleet.put("c", "Kustomization", "a/bad", fleet.failed("BuildFailed"), source="OCIRepository/a/src")
    assert seen(fleet, bad) == []


def test_the_filter_looks_through_the_lenses(fleet):
    fleet.put("c", "OCIRepository", "a/src", suspended=True)
    fleet.put("c", "Kustomization", "a/one", source="OCIRepository/a/src")
    fleet.put("c", "Kustomization", "a/two")
    rows = list(fleet.store.table("c", "Kustomization").rows.values())

    def names(text):
        found = compiled(text, fleet.now, store=fleet.store)
        assert found.problems == ()
        return [row.record.name for row in found.keep(rows)]

    assert names("but:suspended") == names("but:any") == names("but:old,suspended") == ["one"]
    assert names("!but:any") == ["two"]
    assert names("but:old") == []
    (problem,) = compiled("but:red", fleet.now, store=fleet.store).problems
    assert "any, old, stale, suspended" in problem.text
    assert complete("but:s", 5, {}).choices == ("stale", "suspended")


def test_the_report_has_all_of_the_fleet_by_lens(fleet):
    fleet.put("b", "FluxReport", "f/flux", interval=300, updated=5, ready_since=5)
    fleet.put("c", "OCIRepository", "a/src", suspended=True)
    fleet.put("c", "Kustomization", "a/one", source="OCIRepository/a/src")
    fleet.put("c", "Kustomization", "a/two")
    found = told(fleet)
    assert [(green.row.cluster, green.row.record.name) for green in found.found] == [("b", "flux"), ("c", "one")]
    assert {name: found.count(name) for name in LENSES} == {"old": 0, "stale": 1, "suspended": 1}
    assert found.ready == 3
    assert [cluster.name for cluster in found.clusters] == ["b", "c"]
