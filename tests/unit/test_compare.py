"""The same tree in two clusters: differences only, and no difference where nothing is known."""

import pytest

from fluxtui.insight.compare import What, compare, content, same_digest
from fluxtui.insight.graph import Graph
from fluxtui.kinds.record import Need
from fluxtui.store.state import DataState, Phase

SHA = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64


def compared(fleet):
    for name in ("left", "right"):
        if fleet.store.find(name) is None:
            fleet.cluster(name)
    return compare(Graph(fleet.store.cluster("left")), Graph(fleet.store.cluster("right")))


def both(fleet, kind, ref, *states, **fields):
    for name in ("left", "right"):
        fleet.put(name, kind, ref, *states, **fields)


def only(fleet):
    (differing,) = compared(fleet).differing
    return [(each.what, each.left, each.right) for each in differing.differences]


def test_equal_trees_have_no_differences(fleet):
    both(fleet, "Kustomization", "a/web", revision=f"latest@{SHA}")
    both(fleet, "OCIRepository", "a/src", fleet.failed("FetchFailed"))
    found = compared(fleet)
    assert (found.left, found.right, found.differing, found.equal, found.unknown) == ("left", "right", (), 2, 0)
    assert found.counts() == {}


def test_what_only_one_side_has(fleet):
    fleet.put("left", "Kustomization", "a/here")
    fleet.put("right", "Kustomization", "a/there", fleet.failed("BuildFailed"))
    found = compared(fleet)
    assert [
        (each.id, each.differences[0].what, each.differences[0].left, each.differences[0].right, each.missing)
        for each in found.differing
    ] == [
        ("Kustomization/a/here", What.MISSING_RIGHT, "ready", "missing", True),
        ("Kustomization/a/there", What.MISSING_LEFT, "missing", "failed (BuildFailed)", True),
    ]
    assert found.counts() == {What.MISSING_LEFT: 1, What.MISSING_RIGHT: 1}


@pytest.mark.parametrize(
    ("phase", "missing"),
    [
        (Phase.LOADING, 0),
        (Phase.STALE, 0),
        (Phase.FORBIDDEN, 0),
        (Phase.UNREACHABLE, 0),
        (Phase.MISSING, 1),
        (Phase.FRESH, 1),
    ],
)
def test_what_cannot_be_seen_is_not_told_as_missing(fleet, phase, missing):
    """A kind that is not installed has no objects: that is known."""
    fleet.put("left", "ResourceSet", "a/set")
    fleet.cluster("right").table("ResourceSet").set_state(DataState(phase))
    found = compared(fleet)
    assert (len(found.differing), found.unknown, found.blind) == (
        missing,
        1 - missing,
        () if missing else ("ResourceSet",),
    )


# -- revisions


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (f"latest@{SHA}", f"latest@{OTHER}", What.REVISION),
        (f"latest@{SHA}", f"latest-stable@{SHA}", What.TAG),
        ("main@sha1:abcdef0123", "production@sha1:abcdef0123", What.TAG),
        ("main@sha1:abcdef0123", "main@sha1:0123abcdef", What.REVISION),
        ("1.2.3", "1.2.4", What.REVISION),
        ("1.2.3+0123456789ab", "1.2.3+ba9876543210", What.REVISION),
        (f"v1@{SHA}", SHA, What.TAG),
        (f"v1@{SHA}", "", What.REVISION),
        (f"v1@{SHA}", f"v1@sha256:{'1' * 12}", None),
    ],
)
def test_content_is_compared_by_digest_and_names_beside_it_are_told_apart(fleet, left, right, expected):
    fleet.put("left", "Kustomization", "a/web", revision=left)
    fleet.put("right", "Kustomization", "a/web", revision=right)
    assert [each.what for found in compared(fleet).differing for each in found.differences] == (
        [expected] if expected else []
    )


def test_words_are_revisions_as_people_tell_them_apart(fleet):
    fleet.put("left", "OCIRepository", "a/src", revision=f"latest@{SHA}")
    fleet.put("right", "OCIRepository", "a/src", revision=f"latest-stable@{SHA}")
    assert only(fleet) == [(What.TAG, "latest@1111111", "latest-stable@1111111")]
    fleet.put("right", "OCIRepository", "a/src", revision="")
    assert only(fleet) == [(What.REVISION, "latest@1111111", "nothing")]


def test_without_digests_the_commit_decides(fleet):
    fleet.put("left", "HelmRelease", "a/web", revision="1.0.0", origin="main@sha1:aaaaaaaaaaaaaaaa")
    fleet.put("right", "HelmRelease", "a/web", revision="1.0.1", origin="v1@sha1:aaaaaaaaaaaaaaaa")
    assert only(fleet) == [(What.TAG, "1.0.0", "1.0.1")]
    fleet.put("right", "HelmRelease", "a/web", revision="1.0.1", origin="v1@sha1:bbbbbbbbbbbbbbbb")
    assert only(fleet) == [(What.REVISION, "1.0.0", "1.0.1")]


def test_one_commit_built_twice_is_another_revision_and_says_so(fleet):
    fleet.put("left", "OCIRepository", "a/src", revision=f"v1@{SHA}", origin="main@sha1:aaaaaaaaaaaaaaaa")
    fleet.put("right", "OCIRepository", "a/src", revision=f"v1@{OTHER}", origin="main@sha1:aaaaaaaaaaaaaaaa")
    assert only(fleet) == [
        (What.REVISION, "v1@1111111, of the same commit aaaaaaa", "v1@2222222, of the same commit aaaaaaa")
    ]


@pytest.mark.parametrize(
    ("text", "name", "digest"),
    [
        (f"latest@{SHA}", "latest", SHA),
        ("refs/tags/v1@sha1:abc", "refs/tags/v1", "sha1:abc"),
        ("feature@home@sha1:abc", "feature@home", "sha1:abc"),
        (SHA, "", SHA),
        ("1.2.3+abc", "1.2.3", "abc"),
        ("1.2.3", "1.2.3", ""),
        ("main+local", "main+local", ""),
        ("", "", ""),
    ],
)
def test_a_revision_taken_apart(text, name, digest):
    found = content(text)
    assert (found.name, found.digest) == (name, digest)


def test_a_digest_that_is_cut_short_is_the_same_only_when_it_is_long_enough():
    assert same_digest(SHA, "1" * 12)
    assert not same_digest(SHA, "1" * 11)
    assert not same_digest(SHA, "")


# -- status, suspension, edges


def test_another_status_and_its_reason(fleet):
    fleet.put("left", "Kustomization", "a/web")
    fleet.put("right", "Kustomization", "a/web", fleet.failed("HealthCheckFailed"))
    assert only(fleet) == [(What.STATUS, "ready", "failed (HealthCheckFailed)")]


def test_suspended_on_one_side(fleet):
    fleet.put("left", "Kustomization", "a/web", suspended=True, suspended_by="anna")
    fleet.put("right", "Kustomization", "a/web")
    assert only(fleet) == [(What.SUSPENDED, "suspended by anna", "ready")]
    fleet.put("right", "Kustomization", "a/web", suspended=True)
    assert compared(fleet).equal == 1, "suspended on both"


def test_other_edges_and_only_those_that_differ(fleet):
    same = Need("Kustomization/a/base", "ready")
    fleet.put("left", "ResourceSet", "a/set", needs=[same, Need("Namespace//x", "exists")])
    fleet.put("right", "ResourceSet", "a/set", needs=[Need("HelmRelease/m/y", "expression", "status.x > 1"), same])
    assert only(fleet) == [(What.NEEDS, "Namespace x (exists)", "HelmRelease m/y (status.x > 1)")]
    fleet.put("right", "ResourceSet", "a/set", needs=[same])
    assert only(fleet) == [(What.NEEDS, "Namespace x (exists)", "none of its own")]


def test_another_source_but_not_another_path(fleet):
    fleet.put("left", "Kustomization", "a/web", source="OCIRepository/a/src", path="./staging")
    fleet.put("right", "Kustomization", "a/web", source="GitRepository/a/src", path="./production")
    assert only(fleet) == [(What.SOURCE, "OCIRepository a/src", "GitRepository a/src")]


def test_several_differences_of_one_object_by_weight(fleet):
    fleet.put("left", "Kustomization", "a/web", needs=["a/x"], revision="v1")
    fleet.put("right", "Kustomization", "a/web", fleet.failed("BuildFailed"), revision="v2")
    assert [what for what, _, _ in only(fleet)] == [What.STATUS, What.REVISION, What.NEEDS]


# -- order


def test_the_order_is_that_of_the_tree(fleet):
    """Each under its applier, siblings by their level; where only one side has an object, its tree tells the place."""
    for name, reason in (("left", "One"), ("right", "")):
        state = fleet.failed(reason) if reason else fleet.ready
        fleet.put(name, "Kustomization", "a/apps", state, owner="FluxInstance/f/flux", needs=["a/base"])
        fleet.put(name, "Kustomization", "a/base", state, owner="FluxInstance/f/flux")
        fleet.put(name, "FluxInstance", "f/flux", state)
        fleet.put(name, "Kustomization", "z/other", state)
    fleet.put("right", "HelmRelease", "a/inner", owner="Kustomization/a/base")
    assert [(each.id, each.above.rpartition("/")[2], each.depth) for each in compared(fleet).differing] == [
        ("FluxInstance/f/flux", "", 0),
        ("Kustomization/a/base", "flux", 1),
        ("HelmRelease/a/inner", "base", 2),
        ("Kustomization/a/apps", "flux", 1),
        ("Kustomization/z/other", "", 0),
    ]


def test_appliers_in_a_circle_are_compared_once(fleet):
    for name, state in (("left", fleet.ready), ("right", fleet.failed("BuildFailed"))):
        fleet.put(name, "Kustomization", "a/one", state, owner="Kustomization/a/two")
        fleet.put(name, "Kustomization", "a/two", state, owner="Kustomization/a/one")
    assert sorted(each.id for each in compared(fleet).differing) == ["Kustomization/a/one", "Kustomization/a/two"]


def test_what_belongs_to_no_tree_is_not_compared(fleet):
    fleet.put("left", "ConfigMap", "a/vars")
    fleet.put("left", "FluxReport", "f/flux")
    found = compared(fleet)
    assert (found.differing, found.equal) == ((), 0)


def test_ten_thousand_objects_one_above_the_other(fleet):
    number = 10_000
    for name in ("left", "right"):
        for at in range(number):
            owner = f"Kustomization/a/k{at - 1}" if at else ""
            fleet.put(name, "Kustomization", f"a/k{at}", owner=owner, revision=name if at == number - 1 else "")
    found = compared(fleet)
    assert [(each.id, each.depth) for each in found.differing] == [(f"Kustomization/a/k{number - 1}", number - 1)]
    assert found.equal == number - 1
