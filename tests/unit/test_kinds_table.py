"""The table of kinds: unambiguous names, and the same groups, plurals and scopes as the real API serves."""

import os
from collections import Counter
from pathlib import Path

import pytest
import yaml

from fluxtui.kinds.table import KINDS, by_name, names


def real_crds():
    """(group, kind) → names, scope and served versions of the CRDs beside the envtest binaries."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    files = sorted((Path(assets) / "crds").glob("*.yaml")) if assets else []
    if not files:
        reason = "no crds/*.yaml in KUBEBUILDER_ASSETS (../shared/lab/build makes them)"
        if os.environ.get("FLUXTUI_REQUIRE_REAL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    found = {}
    for file in files:
        for crd in yaml.load_all(file.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            spec = crd["spec"]
            served = {version["name"] for version in spec["versions"] if version["served"]}
            found[spec["group"], spec["names"]["kind"]] = (spec["names"], spec["scope"], served)
    return found


def test_no_word_means_two_kinds():
    words = Counter(word for kind in KINDS.values() for word in {kind.name.lower(), kind.plural, *kind.short})
    assert [word for word, times in words.items() if times > 1] == []
    assert set(words) == set(names())


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_is_found_by_all_its_words_in_any_case(kind):
    for word in (kind.name, kind.plural, *kind.short):
        assert by_name(word) is by_name(f" {word.upper()} ") is kind


def test_an_unknown_word_is_no_kind():
    assert by_name("") is by_name("replicaset") is None


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_columns_show_and_sort_an_object_that_tells_nothing(kind):
    data = b'{"metadata":{"name":"x"},"involvedObject":{"apiVersion":"fluxcd.controlplane.io/v1"}}'
    record = kind.decode_object(data)
    assert len({column.id for column in kind.columns}) == len(kind.columns)
    for column in kind.columns:
        assert isinstance(column.text(record), str)
        assert column.value(record) <= column.value(record)


def test_paths_are_those_of_the_api():
    assert KINDS["Namespace"].path("v1", "ignored", "web") == "/api/v1/namespaces/web"
    assert KINDS["Event"].path("v1") == "/api/v1/events"
    path = KINDS["Kustomization"].path("v1", "web", "shop")
    assert path == "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/web/kustomizations/shop"


def test_titles_are_plurals():
    assert (KINDS["ImagePolicy"].title, KINDS["HelmRelease"].title) == ("ImagePolicies", "HelmReleases")


def test_flux_kinds_are_told_from_the_clusters_own():
    assert {kind.name for kind in KINDS.values() if not kind.flux} >= {"Namespace", "Deployment", "ConfigMap", "Event"}
    assert KINDS["FluxReport"].flux
    assert KINDS["ArtifactGenerator"].flux


def test_flux_kinds_are_named_as_in_their_real_crds():
    crds = real_crds()
    for kind in KINDS.values():
        if not kind.flux:
            continue
        real, scope, served = crds[kind.group, kind.name]
        assert real["plural"] == kind.plural
        assert (scope == "Namespaced") is kind.namespaced
        assert served & set(kind.versions), f"{kind.name} is served as {served}"
        assert set(real.get("shortNames", ())) <= set(kind.short), "kubectl's short names are known"
