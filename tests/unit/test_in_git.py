"""Where something is edited in Git."""

import pytest

from fluxtui.insight.in_git import content, manifest

INFRA = {"source": "OCIRepository/a/infra", "path": "./controllers"}
BUILT = {
    "url": "oci://ghcr.io/acme/infra",
    "revision": "latest@sha256:aaaaaaaaaa",
    "origin": "main@sha1:0123456789abcdef",
    "built_from": "https://github.com/acme/infra",
}


def test_what_a_kustomization_applies_is_edited_at_its_path_in_the_repository(fleet):
    fleet.put("c", "GitRepository", "a/src", url="https://git/acme", revision="main@sha1:0123456789abcdef")
    row = fleet.put("c", "Kustomization", "a/apps", source="GitRepository/a/src", path="./apps")
    place = content(fleet.store.find("c"), row.record)
    assert place.text == "https://git/acme path ./apps at main@sha1:0123456789abcdef"
    assert (place.short, place.built) == ("main@0123456", False)


def test_an_artifact_names_the_repository_that_it_was_built_from(fleet):
    fleet.put("c", "OCIRepository", "a/infra", **BUILT)
    row = fleet.put("c", "Kustomization", "a/infra", **INFRA)
    place = content(fleet.store.find("c"), row.record)
    assert (place.repository, place.revision, place.built) == (BUILT["built_from"], BUILT["origin"], True)


def test_without_that_annotation_the_artifact_is_named_and_no_repository_is_made_up(fleet):
    fleet.put("c", "OCIRepository", "a/infra", **{**BUILT, "built_from": ""})
    row = fleet.put("c", "Kustomization", "a/infra", **INFRA)
    place = content(fleet.store.find("c"), row.record)
    assert (place.repository, place.artifact) == ("", "oci://ghcr.io/acme/infra")


def test_a_release_is_edited_where_whoever_applies_it_takes_it_from(fleet):
    fleet.put("c", "OCIRepository", "a/infra", **BUILT)
    fleet.put("c", "Kustomization", "a/infra", **INFRA)
    row = fleet.put("c", "HelmRelease", "b/app", owner="Kustomization/a/infra")
    data = fleet.store.find("c")
    assert content(data, row.record) is None
    place = manifest(data, row.record)
    assert (place.repository, place.path, place.through) == (
        BUILT["built_from"],
        "./controllers",
        ("Kustomization/a/infra",),
    )


def test_what_a_resource_set_made_is_edited_where_that_is(fleet):
    fleet.put("c", "GitRepository", "a/src", url="https://git/acme", revision="main@sha1:0123456789")
    fleet.put("c", "Kustomization", "a/tenants", source="GitRepository/a/src", path="./tenants")
    fleet.put("c", "ResourceSet", "a/all", owner="Kustomization/a/tenants")
    row = fleet.put("c", "Kustomization", "b/app", owner="ResourceSet/a/all")
    place = manifest(fleet.store.find("c"), row.record)
    assert (place.path, place.through) == ("./tenants", ("ResourceSet/a/all", "Kustomization/a/tenants"))


def test_an_external_artifact_leads_to_the_one_source_that_it_was_made_of(fleet):
    fleet.put("c", "GitRepository", "a/src", url="https://git/acme", revision="main@sha1:0123456789")
    fleet.put("c", "ArtifactGenerator", "a/split", inputs=("GitRepository/a/src",))
    fleet.put("c", "ExternalArtifact", "a/part", source="ArtifactGenerator/a/split")
    row = fleet.put("c", "Kustomization", "a/app", source="ExternalArtifact/a/part", path="./x")
    assert content(fleet.store.find("c"), row.record).repository == "https://git/acme"


@pytest.mark.parametrize("owner", ["FluxInstance/f/flux", "Kustomization/gone/away"])
def test_where_the_way_ends_is_said(fleet, owner):
    fleet.put("c", "FluxInstance", "f/flux")
    row = fleet.put("c", "Deployment", "b/app", owner=owner)
    place = manifest(fleet.store.find("c"), row.record)
    assert place.lost.startswith(("nobody of Flux is known to apply FluxInstance", "Kustomization gone/away is not"))
    assert not place.text


def test_owners_in_a_circle_end_and_nobody_is_no_place(fleet):
    one = fleet.put("c", "ResourceSet", "a/one", owner="ResourceSet/a/two")
    fleet.put("c", "ResourceSet", "a/two", owner="ResourceSet/a/one")
    data = fleet.store.find("c")
    assert manifest(data, one.record).lost
    assert manifest(data, fleet.put("c", "ResourceSet", "a/by-hand").record) is None
