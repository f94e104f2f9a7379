"""Which object people mean: by any name of its kind, in one cluster or all; and what is said when there is none."""

import pytest

from fluxtui.insight.lookup import NotFound, lookup

ARN = "arn:aws:eks:eu-1:0123:cluster/prod"


@pytest.fixture
def held(fleet):
    for cluster in ("staging", "prod", ARN):
        fleet.put(cluster, "Kustomization", "frontend/apps")
        fleet.put(cluster, "Kustomization", "flux-system/tenants", needs=["flux-system/gone"])
        fleet.put(cluster, "Namespace", "/frontend")
    fleet.put("prod", "Kustomization", "backend/apps", source="OCIRepository/backend/lost")
    fleet.put("prod", "HelmRelease", "backend/redis")
    return fleet.store


@pytest.mark.parametrize("kind", ["ks", "Kustomization", "kustomizations", "KS"])
def test_a_kind_by_any_of_its_names_in_every_cluster_that_has_it(held, kind):
    found = [(name, "Kustomization/frontend/apps") for name in ("staging", "prod", ARN)]
    assert lookup(held, f"{kind}/frontend/apps") == found


def test_without_a_namespace_where_the_name_is_plain(held):
    assert lookup(held, "hr/redis") == [("prod", "HelmRelease/backend/redis")]
    assert lookup(held, "staging/ks/apps") == [("staging", "Kustomization/frontend/apps")]
    with pytest.raises(NotFound, match="there are several: ks/backend/apps, ks/frontend/apps"):
        lookup(held, "ks/apps")
    assert lookup(held, "ks/apps", "backend") == [("prod", "Kustomization/backend/apps")]


def test_in_one_cluster_also_with_slashes_in_its_name(held):
    assert lookup(held, "prod/ks/frontend/apps") == [("prod", "Kustomization/frontend/apps")]
    assert lookup(held, f"{ARN}/ks/frontend/apps") == [(ARN, "Kustomization/frontend/apps")]


def test_the_longest_cluster_name_counts(fleet):
    for cluster in ("prod", "prod/eu"):
        fleet.put(cluster, "Kustomization", "a/web")
    assert lookup(fleet.store, "prod/eu/ks/a/web") == [("prod/eu", "Kustomization/a/web")]


def test_what_has_no_namespace(held):
    assert ("prod", "Namespace//frontend") in lookup(held, "ns/frontend")
    assert lookup(held, "prod/ns//frontend") == [("prod", "Namespace//frontend")]
    assert lookup(held, "prod/ns/frontend", "backend") == [("prod", "Namespace//frontend")]


def test_what_is_asked_for_and_does_not_exist_is_a_place_in_the_tree(held):
    assert len(lookup(held, "ks/flux-system/gone")) == 3
    assert lookup(held, "oci/backend/lost") == [("prod", "OCIRepository/backend/lost")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ks/frontend/app", "there is no ks/frontend/app in 3 clusters: did you mean ks/frontend/apps"),
        ("prod/ks/backend/aps", "there is no ks/backend/aps in prod: did you mean ks/backend/apps"),
        ("prod/hr/backend/reddis", "did you mean hr/backend/redis?"),
        ("ks/frontend/zzzz", "there is no ks/frontend/zzzz in 3 clusters"),
        ("gitrepo/a/b", "and no GitRepositories at all"),
        (
            "kustomisation/a/b",
            "'kustomisation' is neither a cluster nor a kind that is watched: did you mean kustomization",
        ),
        ("prd/ks/a/b", "'prd/ks/a/b' names no object"),
        ("prd/ks/web", "'prd' is neither a cluster nor a kind that is watched: did you mean prod"),
        ("apps", "'apps' names no object: write kind/namespace/name or kind/name"),
        ("ks/", "names no object"),
        ("/a/b", "names no object"),
        ("", "names no object"),
    ],
)
def test_what_is_not_there_comes_with_what_would_be_right(held, text, words):
    with pytest.raises(NotFound) as told:
        lookup(held, text)
    assert words in str(told.value)


def test_nothing_is_made_by_asking(held):
    before = [data.name for data in held.clusters()]
    with pytest.raises(NotFound):
        lookup(held, "nowhere/ks/a/b")
    assert [data.name for data in held.clusters()] == before
