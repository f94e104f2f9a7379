"""The longest chain and who waits for an object: exact, also over owners, circles and ten thousand nodes."""

import random

from fluxtui.insight.chains import Chains, by_length, most_waited
from fluxtui.insight.graph import Graph
from fluxtui.kinds.record import Need


def chains(fleet, cluster="c"):
    return Chains(Graph(fleet.store.cluster(cluster)))


def put(fleet, *pairs, cluster="c"):
    for name, needs in pairs:
        fleet.put(cluster, "Kustomization", f"a/{name}", needs=[f"a/{need}" for need in needs])


def names(ids):
    return [identity.rpartition("/")[2] for identity in ids]


def test_nothing_waits(fleet):
    put(fleet, ("one", []))
    assert (chains(fleet).longest().ids, chains(fleet).most(3)) == ((), [])
    assert most_waited([chains(fleet)]) == by_length([]) == []


def test_the_longest_chain_goes_the_long_side_of_a_diamond(fleet):
    put(fleet, ("top", ["left", "right"]), ("left", ["base"]), ("right", ["mid"]), ("mid", ["base"]), ("base", []))
    found = chains(fleet).longest()
    assert (names(found.ids), found.steps) == (["base", "mid", "right", "top"], 3)
    assert [(edge.source[-3:], edge.target[-3:], edge.kind) for edge in found.edges] == [
        ("mid", "ase", "needs"),
        ("ght", "mid", "needs"),
        ("top", "ght", "needs"),
    ]


def test_waiting_is_passed_on_by_owners(fleet):
    put(fleet, ("controllers", []), ("configs", ["controllers"]))
    fleet.put("c", "ResourceSet", "s/apps", needs=[Need("Kustomization/a/configs", "expression", "x")])
    fleet.put("c", "Kustomization", "f/web", owner="ResourceSet/s/apps")
    fleet.put("c", "Kustomization", "f/late", owner="ResourceSet/s/apps", needs=["f/web"])
    fleet.put("c", "ConfigMap", "f/vars", owner="ResourceSet/s/apps")
    found = chains(fleet)
    chain = found.longest()
    assert names(chain.ids) == ["controllers", "configs", "apps", "web", "late"]
    assert [edge.kind for edge in chain.edges] == ["needs", "needs", "owns", "needs"]
    assert chain.steps == 3
    assert names(found.waiters("Kustomization/a/configs")) == ["apps", "web", "late"]
    assert found.waiters("ResourceSet/s/apps") == [], "to be applied by something is not to wait for it"
    assert [(each.id.rpartition("/")[2], each.waiters) for each in found.most(9)] == [
        ("controllers", 4),
        ("configs", 3),
        ("web", 1),
    ]


def test_a_circle_is_one_step_and_its_members_wait_for_each_other(fleet):
    put(fleet, ("base", []), ("one", ["two", "base"]), ("two", ["three"]), ("three", ["one"]), ("last", ["three"]))
    found = chains(fleet)
    chain = found.longest()
    assert chain.steps == 2
    assert names(chain.ids) == ["base", "one", "three", "last"]
    assert [edge.kind for edge in chain.edges] == ["needs", "cycle", "needs"]
    assert sorted(names(found.waiters("Kustomization/a/one"))) == ["last", "three", "two"]
    assert sorted(names(found.waiters("Kustomization/a/base"))) == ["last", "one", "three", "two"]
    assert found.waiters("Kustomization/a/last") == []


def test_circles_alone_end(fleet):
    put(fleet, ("self", ["self"]), ("x", ["y"]), ("y", ["x"]))
    found = chains(fleet)
    assert (found.longest().steps, len(found.longest().ids)) == (1, 1)
    assert found.waiters("Kustomization/a/self") == []
    assert names(found.waiters("Kustomization/a/x")) == ["y"]


def test_a_missing_target_is_a_step_but_no_member(fleet):
    put(fleet, ("web", ["nowhere"]), ("late", ["web"]))
    chain = chains(fleet).longest()
    assert (names(chain.ids), chain.steps) == (["web", "late"], 2)


def test_the_longest_and_the_most_waited_of_a_fleet(fleet):
    put(fleet, ("one", []), ("two", ["one"]), cluster="b")
    put(fleet, ("one", []), ("two", ["one"]), ("three", ["two"]), cluster="c")
    put(fleet, ("hub", []), *((f"w{number}", ["hub"]) for number in range(5)), cluster="d")
    every = [chains(fleet, name) for name in "bcd"]
    assert [(chain.cluster, chain.steps) for chain in by_length(every)] == [("c", 2), ("b", 1), ("d", 1)]
    assert [(each.cluster, each.id, each.waiters) for each in most_waited(every, 2)] == [
        ("d", "Kustomization/a/hub", 5),
        ("c", "Kustomization/a/one", 2),
    ]


def test_waiters_are_exact_on_any_graph(fleet):
    """Against a search from every node, on graphs with circles and owners."""
    chance = random.Random(4)
    for run in range(25):
        cluster = f"c{run}"
        size = chance.randrange(2, 16)
        needs = {at: chance.sample(range(size), chance.randrange(min(3, size))) for at in range(size)}
        owner = {at: chance.randrange(size) for at in range(size) if chance.random() < 0.3}
        owner = {at: top for at, top in owner.items() if top != at}
        for at in range(size):
            held = f"Kustomization/a/{owner[at]}" if at in owner else ""
            fleet.put(cluster, "Kustomization", f"a/{at}", needs=[f"a/{need}" for need in needs[at]], owner=held)
        found = chains(fleet, cluster)
        for target in range(size):
            expected = set()
            for start in range(size):
                seen, work = {start}, [start]
                while work:
                    node = work.pop()
                    if target in needs[node] and start != target:
                        expected.add(str(start))
                    for further in (*needs[node], *([owner[node]] if node in owner else [])):
                        if further not in seen:
                            seen.add(further)
                            work.append(further)
            assert set(names(found.waiters(f"Kustomization/a/{target}"))) == expected


def test_ten_thousand_nodes_in_one_chain_are_counted_exactly(fleet):
    number = 10_000
    for at in range(number):
        fleet.put("c", "Kustomization", f"a/k{at:05}", needs=[f"a/k{at - 1:05}"] if at else ())
    found = chains(fleet)
    assert len(found.longest().ids) == number
    assert [each.waiters for each in found.most(3)] == [number - 1, number - 2, number - 3]
    assert len(found.waiters(f"Kustomization/a/k{number // 2:05}")) == number // 2 - 1
