"""Who stands under whom: chains, diamonds, circles, what is missing, and the three views over one cluster."""

import pytest

from fluxtui.insight.forest import CLUSTER, MISSING, UNSEEN, View
from fluxtui.insight.planting import at_once, plant
from fluxtui.kinds.record import Need
from fluxtui.kinds.status import Status

DEPENDENCIES, OWNERSHIP, SOURCES = View.DEPENDENCIES, View.OWNERSHIP, View.SOURCES


def planted(fleet, view=DEPENDENCIES, clusters=("c",)):
    return at_once(plant(fleet.store, clusters, view))


def short(identity):
    kind, namespace, name = identity.split("/", 2)
    return "".join(letter for letter in kind if letter.isupper()).lower() + f":{namespace}/{name}"


def drawn(forest):
    """The whole forest as nested lines: two spaces per level; references by an arrow, back-references by a circle."""
    lines = []

    def walk(node, depth):
        lines.append("  " * depth + short(forest.keys[node][1]) if forest.keys[node][1] else forest.keys[node][0])
        for child in forest.children.get(node, ()):
            walk(child, depth + 1)
        for number in forest.referred.get(node, ()):
            reference = forest.references[number]
            mark = "@" if reference.cycle else ">"
            lines.append("  " * (depth + 1) + mark + short(forest.keys[reference.node][1]))

    for top in forest.tops:
        walk(top, 0)
    return lines


def levels(forest):
    return {short(forest.keys[node][1]): level for node, level in enumerate(forest.level)}


def test_the_path_to_what_waits_goes_through_what_it_waits_for(fleet):
    fleet.put("c", "FluxInstance", "s/flux")
    fleet.put("c", "ResourceSet", "s/infra", owner="FluxInstance/s/flux")
    fleet.put("c", "Kustomization", "a/controllers", fleet.failed("X"), owner="ResourceSet/s/infra")
    fleet.put("c", "Kustomization", "a/configs", fleet.blocked, owner="ResourceSet/s/infra", needs=["a/controllers"])
    fleet.put(
        "c", "ResourceSet", "s/apps", owner="FluxInstance/s/flux", needs=[Need("Kustomization/a/configs", "ready")]
    )
    assert drawn(planted(fleet)) == [
        "fi:s/flux",
        "  rs:s/infra",
        "    k:a/controllers",
        "      k:a/configs",
        "        rs:s/apps",
    ]
    assert levels(planted(fleet))["rs:s/apps"] == 5


def test_a_diamond_is_drawn_once_under_the_deeper_way_and_referred_to_under_the_other(fleet):
    fleet.put("c", "Kustomization", "a/base")
    fleet.put("c", "Kustomization", "a/left", needs=["a/base"])
    fleet.put("c", "Kustomization", "a/far", needs=["a/left"])
    fleet.put("c", "Kustomization", "a/end", needs=["a/base", "a/far"])
    assert drawn(planted(fleet)) == ["k:a/base", "  k:a/left", "    k:a/far", "      k:a/end", "  >k:a/end"]


def test_what_is_not_met_now_is_a_better_parent_than_what_is_deep(fleet):
    fleet.put("c", "Kustomization", "a/base")
    fleet.put("c", "Kustomization", "a/deep", needs=["a/base"])
    fleet.put("c", "Kustomization", "a/broken", fleet.failed("X"))
    fleet.put("c", "Kustomization", "a/end", fleet.blocked, needs=["a/deep", "a/broken"])
    assert drawn(planted(fleet)) == ["k:a/base", "  k:a/deep", "    >k:a/end", "k:a/broken", "  k:a/end"]


def test_existence_is_met_by_what_fails_and_not_by_what_is_missing(fleet):
    fleet.put("c", "Kustomization", "a/x", fleet.failed("X"))
    fleet.put("c", "Kustomization", "a/base")
    fleet.put("c", "Kustomization", "a/deep", needs=["a/base"])
    needs = [Need("Kustomization/a/x", "exists"), Need("Kustomization/a/deep", "ready")]
    fleet.put("c", "ResourceSet", "s/one", needs=needs)
    forest = planted(fleet)
    assert forest.keys[forest.parent[forest.numbers["c", "ResourceSet/s/one"]]][1] == "Kustomization/a/deep"
    fleet.remove("c", "Kustomization", "a/x")
    forest = planted(fleet)
    above = forest.parent[forest.numbers["c", "ResourceSet/s/one"]]
    assert (forest.keys[above][1], forest.status[above]) == ("Kustomization/a/x", MISSING)


def test_an_expression_is_taken_for_unmet_only_while_its_owner_waits(fleet):
    fleet.put("c", "Kustomization", "a/x", fleet.failed("X"))
    fleet.put("c", "Kustomization", "a/base")
    fleet.put("c", "Kustomization", "a/deep", needs=["a/base"])
    needs = [Need("Kustomization/a/x", "expression", "dep.status.x"), Need("Kustomization/a/deep", "ready")]
    for state, parent in ((fleet.ready, "a/deep"), (fleet.blocked, "a/x")):
        fleet.put("c", "ResourceSet", "s/one", state, needs=needs)
        forest = planted(fleet)
        above = forest.parent[forest.numbers["c", "ResourceSet/s/one"]]
        assert forest.keys[above][1] == f"Kustomization/{parent}"


def test_a_source_that_is_not_ready_stands_above_its_users(fleet):
    fleet.put("c", "ResourceSet", "s/set")
    owner = "ResourceSet/s/set"
    fleet.put("c", "Kustomization", "a/web", owner=owner, source="OCIRepository/a/src")
    fleet.put("c", "OCIRepository", "a/src", owner=owner)
    assert drawn(planted(fleet)) == ["rs:s/set", "  k:a/web", "  ocir:a/src"]
    fleet.put("c", "OCIRepository", "a/src", fleet.failed("VerificationError"), owner=owner)
    assert drawn(planted(fleet)) == ["rs:s/set", "  ocir:a/src", "    k:a/web"]


def test_what_is_missing_is_a_node_and_what_is_not_watched_is_no_parent(fleet):
    fleet.put("c", "ResourceSet", "s/top")
    needs = [Need("CustomResourceDefinition//x", "exists")]
    fleet.put("c", "ResourceSet", "s/one", owner="ResourceSet/s/top", needs=needs)
    fleet.put("c", "Kustomization", "a/lost", fleet.blocked, needs=["a/nowhere"])
    forest = planted(fleet)
    assert drawn(forest) == ["rs:s/top", "  rs:s/one", "k:a/nowhere", "  k:a/lost", "crd:/x", "  >rs:s/one"]
    assert forest.status[forest.numbers["c", "Kustomization/a/nowhere"]] == MISSING
    assert forest.status[forest.numbers["c", "CustomResourceDefinition//x"]] == UNSEEN
    assert forest.objects == 3, "what is not there is no object"


def test_a_circle_is_cut_open_where_its_owner_leads_into_it(fleet):
    fleet.put("c", "ResourceSet", "s/set")
    fleet.put("c", "Kustomization", "a/one", fleet.blocked, needs=["a/three"])
    fleet.put("c", "Kustomization", "a/two", fleet.blocked, needs=["a/one"], owner="ResourceSet/s/set")
    fleet.put("c", "Kustomization", "a/three", fleet.blocked, needs=["a/two"])
    fleet.put("c", "Kustomization", "a/victim", fleet.blocked, needs=["a/one"])
    forest = planted(fleet)
    assert drawn(forest) == [
        "rs:s/set",
        "  k:a/two",
        "    k:a/three",
        "      k:a/one",
        "        k:a/victim",
        "        @k:a/two",
    ]
    (number,) = forest.referring[forest.numbers["c", "Kustomization/a/two"]]
    assert [forest.keys[node][1][-5:] for node in forest.circle(number)] == ["a/two", "three", "a/one"]


def test_what_waits_for_itself_and_two_circles_that_share_a_node(fleet):
    fleet.put("c", "Kustomization", "a/self", fleet.blocked, needs=["a/self"])
    fleet.put("c", "Kustomization", "b/x", needs=["b/y", "b/z"])
    fleet.put("c", "Kustomization", "b/y", needs=["b/x"])
    fleet.put("c", "Kustomization", "b/z", needs=["b/x"])
    assert drawn(planted(fleet)) == [
        "k:a/self",
        "  @k:a/self",
        "k:b/x",
        "  k:b/y",
        "    @k:b/x",
        "  k:b/z",
        "    @k:b/x",
    ]


def test_a_set_that_waits_for_what_it_applies_itself_is_a_circle(fleet):
    fleet.put("c", "Kustomization", "s/tenants")
    needs = [Need("Kustomization/a/app")]
    fleet.put("c", "ResourceSet", "s/set", fleet.blocked, needs=needs, owner="Kustomization/s/tenants")
    fleet.put("c", "Kustomization", "a/app", fleet.blocked, owner="ResourceSet/s/set")
    assert drawn(planted(fleet)) == ["k:s/tenants", "  rs:s/set", "    k:a/app", "      @rs:s/set"]


def test_the_instance_is_the_top_though_what_it_syncs_applies_it(fleet):
    fleet.put("c", "FluxInstance", "s/flux", owner="Kustomization/s/sync")
    fleet.put("c", "Kustomization", "s/sync", owner="FluxInstance/s/flux", produced=("FluxInstance/s/flux",))
    fleet.put("c", "FluxReport", "s/flux")
    for view in (DEPENDENCIES, OWNERSHIP):
        assert drawn(planted(fleet, view)) == ["fi:s/flux", "  k:s/sync", "  fr:s/flux"]


def test_ownership_shows_every_applier_of_an_object(fleet):
    fleet.put("c", "ResourceSet", "s/set", produced=("Namespace//team", "Kustomization/a/web"))
    fleet.put("c", "ResourceSet", "s/two", produced=("Kustomization/a/web",))
    fleet.put("c", "Kustomization", "a/web", owner="ResourceSet/s/set", needs=["a/base"])
    fleet.put("c", "Namespace", "/team")
    assert drawn(planted(fleet, OWNERSHIP)) == ["rs:s/set", "  k:a/web", "  n:/team", "rs:s/two", "  >k:a/web"]


def test_sources_lead_from_the_repository_to_the_last_consumer(fleet):
    fleet.put("c", "HelmRepository", "a/charts")
    fleet.put("c", "HelmChart", "a/a-web", source="HelmRepository/a/charts")
    fleet.put("c", "HelmRelease", "a/web", source="HelmChart/a/a-web")
    fleet.put("c", "GitRepository", "g/mono")
    fleet.put("c", "ArtifactGenerator", "g/split", inputs=("GitRepository/g/mono",))
    fleet.put("c", "ExternalArtifact", "g/part", owner="ArtifactGenerator/g/split")
    fleet.put("c", "Kustomization", "g/app", source="ExternalArtifact/g/part")
    fleet.put("c", "ResourceSetInputProvider", "s/tags", labels="env=prod")
    fleet.put("c", "ResourceSet", "s/set", inputs=("ResourceSetInputProvider/s/?env=prod",))
    fleet.put("c", "ResourceSet", "s/plain")
    fleet.put("c", "Kustomization", "x/orphan", fleet.failed("X"), source="Bucket/x/gone")
    assert drawn(planted(fleet, SOURCES)) == [
        "rsip:s/tags",
        "  rs:s/set",
        "gr:g/mono",
        "  ag:g/split",
        "    ea:g/part",
        "      k:g/app",
        "hr:a/charts",
        "  hc:a/a-web",
        "    hr:a/web",
        "b:x/gone",
        "  k:x/orphan",
    ]


def test_each_of_several_clusters_has_a_line_of_its_own(fleet):
    fleet.put("c", "Kustomization", "a/one")
    fleet.put("d", "Kustomization", "a/one", fleet.failed("X"))
    forest = planted(fleet, clusters=("c", "d"))
    assert drawn(forest) == ["c", "  k:a/one", "d", "  k:a/one"]
    assert forest.status[forest.numbers["d", ""]] == CLUSTER
    assert forest.objects == 2 and forest.levels == 1


def test_a_chain_of_five_hundred_needs_no_recursion(fleet):
    for number in range(500):
        fleet.put("c", "Kustomization", f"a/{number:03d}", needs=[f"a/{number - 1:03d}"] if number else ())
    forest = planted(fleet)
    assert forest.levels == 500
    assert [forest.keys[node][1][-3:] for node in forest.longest_chain()] == [f"{n:03d}" for n in range(500)]
    assert forest.size(forest.tops[0]) == 500


def test_the_longest_chain_may_leave_the_way_that_is_drawn(fleet):
    fleet.put("c", "Kustomization", "a/base")
    fleet.put("c", "Kustomization", "a/deep", needs=["a/base"])
    fleet.put("c", "Kustomization", "a/broken", fleet.failed("X"))
    fleet.put("c", "Kustomization", "a/end", fleet.blocked, needs=["a/deep", "a/broken"])
    forest = planted(fleet)
    assert [forest.keys[node][1] for node in forest.longest_chain()] == [
        "Kustomization/a/base",
        "Kustomization/a/deep",
        "Kustomization/a/end",
    ]


# Following


def chain(fleet, length=5):
    for number in range(length):
        fleet.put("c", "Kustomization", f"a/{number}", needs=[f"a/{number - 1}"] if number else ())
    fleet.store.drain()


def test_a_change_of_status_moves_the_counts_of_those_above_and_no_others(fleet):
    chain(fleet)
    fleet.put("c", "Kustomization", "z/other")
    fleet.store.drain()
    forest = planted(fleet)
    fleet.put("c", "Kustomization", "a/2", fleet.failed("X"), needs=["a/1"])
    followed = forest.follow(fleet.store.drain().changes)
    assert {forest.keys[node][1][-3:] for node in followed.touched} == {"a/0", "a/1", "a/2"}
    assert followed.flipped and not followed.outdated
    assert forest.counts == planted(fleet).counts
    assert forest.count(forest.tops[0], Status.FAILED) == 1


@pytest.mark.parametrize(
    ("change", "outdated"),
    [
        (lambda fleet: fleet.put("c", "Kustomization", "a/1", needs=["a/0"], message="other words"), False),
        (lambda fleet: fleet.put("c", "Kustomization", "a/1"), True),
        (lambda fleet: fleet.put("c", "Kustomization", "a/9"), True),
        (lambda fleet: fleet.remove("c", "Kustomization", "a/4"), True),
        (lambda fleet: fleet.put("c", "Event", "a/e"), False),
        (lambda fleet: fleet.put("d", "Kustomization", "a/1"), False),
    ],
)
def test_only_another_structure_puts_the_tree_out_of_date(fleet, change, outdated):
    chain(fleet)
    forest = planted(fleet)
    change(fleet)
    assert forest.follow(fleet.store.drain().changes).outdated is outdated


def test_what_decides_where_others_stand_puts_the_tree_out_of_date_when_it_turns(fleet):
    fleet.put("c", "Kustomization", "a/x")
    fleet.put("c", "Kustomization", "a/y")
    fleet.put("c", "Kustomization", "a/end", needs=["a/x", "a/y"])
    fleet.store.drain()
    forest = planted(fleet)
    fleet.put("c", "Kustomization", "a/y", fleet.failed("X"))
    assert forest.follow(fleet.store.drain().changes).outdated


def test_root_causes_count_as_something_to_look_at_though_green(fleet):
    chain(fleet)
    forest = planted(fleet)
    assert not forest.troubled(forest.tops[0])
    assert forest.mark({("c", "Kustomization/a/3"): 7}).flipped
    assert forest.troubled(forest.tops[0]) and not forest.troubled(forest.numbers["c", "Kustomization/a/4"])
    assert not forest.mark({("c", "Kustomization/a/3"): 7}).touched, "the same again is no news"
    forest.mark({})
    assert not forest.troubled(forest.tops[0])


def test_planting_ten_thousand_stops_often_enough_for_keys(fleet):
    for number in range(10_000):
        fleet.put("c", "Kustomization", f"a/{number:05d}", needs=[f"a/{number - 700:05d}"] if number >= 700 else ())
    steps = sum(1 for _ in plant(fleet.store, ("c",), DEPENDENCIES))
    assert steps > 40
