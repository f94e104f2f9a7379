"""Which kinds a server serves: both forms of discovery, old versions, partial answers, and the real thing."""

import json
from collections.abc import Mapping

import pytest

from fluxtui.kinds.table import KINDS
from fluxtui.kube import discovery
from fluxtui.kube.answers import Forbidden, GarbledAnswer, KubeError, Refused, Unreachable
from fluxtui.kube.discovery import Catalogue, choose, discover
from fluxtui.kube.transport import Document, Resource

CORE = {kind.name for kind in KINDS.values() if not kind.group}


class Told:
    """A reader whose server gives the same documents every time; what is an exception is raised."""

    def __init__(self, documents: Mapping[str, object]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    async def document(self, path: str, *, accept: str = "", etag: str = "", **_: str) -> Document:
        self.asked.append(path)
        found = self.documents[path]
        if isinstance(found, KubeError):
            raise found
        if etag == '"same"':
            return Document(etag=etag, unchanged=True)
        return Document(found if isinstance(found, bytes) else json.dumps(found).encode(), '"same"')


async def told(documents: Mapping[str, object], before: Catalogue | None = None) -> Catalogue:
    return await discover(Told(documents), KINDS.values(), before)  # type: ignore[arg-type]


def group(name: str, *versions: tuple[str, list[tuple[str, str]]]) -> dict[str, object]:
    """A group of aggregated discovery: its versions with (plural, scope) pairs."""
    listed = [
        {"version": version, "resources": [{"resource": plural, "scope": scope} for plural, scope in resources]}
        for version, resources in versions
    ]
    return {"metadata": {"name": name}, "versions": listed}


def aggregated(*groups: dict[str, object]) -> dict[str, object]:
    return {"kind": "APIGroupDiscoveryList", "items": list(groups)}


KUSTOMIZE = group("kustomize.toolkit.fluxcd.io", ("v1", [("kustomizations", "Namespaced")]))


async def test_what_is_served_has_a_place_and_the_rest_is_missing() -> None:
    found = await told({"/apis": aggregated(KUSTOMIZE)})
    assert found.resources["Kustomization"] == Resource("kustomize.toolkit.fluxcd.io", "v1", "kustomizations")
    assert set(found.resources) == {"Kustomization", *CORE}
    assert "HelmRelease" in found.missing(KINDS.values())


async def test_old_servers_are_read_in_the_versions_that_they_serve() -> None:
    kind = next(kind for kind in KINDS.values() if len(kind.versions) > 1)
    old, new = kind.versions[-1], kind.versions[0]
    served = [(kind.plural, "Namespaced")]
    only_old = await told({"/apis": aggregated(group(kind.group, (old, served)))})
    assert only_old.resources[kind.name].version == old
    both = await told({"/apis": aggregated(group(kind.group, (old, served), (new, served)))})
    assert both.resources[kind.name].version == new


async def test_versions_from_the_future_are_not_read() -> None:
    kind = KINDS["Kustomization"]
    found = await told({"/apis": aggregated(group(kind.group, ("v9", [(kind.plural, "Namespaced")])))})
    assert kind.name in found.missing([kind])


async def test_servers_that_do_not_aggregate_are_asked_group_by_group() -> None:
    documents = {
        "/apis": {
            "kind": "APIGroupList",
            "groups": [
                {"name": "kustomize.toolkit.fluxcd.io", "versions": [{"version": "v1"}]},
                {"name": "helm.toolkit.fluxcd.io", "versions": [{"version": "v2"}]},
                {"name": "apps", "versions": [{"version": "v1"}]},
                {"name": "unrelated.example.com", "versions": [{"version": "v1"}]},
            ],
        },
        "/apis/kustomize.toolkit.fluxcd.io/v1": {
            "resources": [{"name": "kustomizations", "namespaced": True}, {"name": "kustomizations/status"}]
        },
        "/apis/helm.toolkit.fluxcd.io/v2": Refused(503, "", "the API is down", "get", "x"),
        "/apis/apps/v1": {"resources": [{"name": "deployments", "namespaced": True}]},
    }
    reader = Told(documents)
    found = await discover(reader, KINDS.values())  # type: ignore[arg-type]
    assert set(found.resources) == {"Kustomization", "Deployment", *CORE}
    assert "/apis/unrelated.example.com/v1" not in reader.asked


async def test_a_lost_connection_is_not_an_empty_server() -> None:
    documents = {
        "/apis": {"groups": [{"name": "kustomize.toolkit.fluxcd.io", "versions": [{"version": "v1"}]}]},
        "/apis/kustomize.toolkit.fluxcd.io/v1": Unreachable("https://x", "reset"),
    }
    with pytest.raises(Unreachable):
        await told(documents)


async def test_an_unchanged_answer_is_what_we_had() -> None:
    first = await told({"/apis": aggregated(KUSTOMIZE)})
    assert await told({"/apis": aggregated(KUSTOMIZE)}, first) is first


async def test_who_may_not_discover_is_taken_to_see_everything() -> None:
    found = await told({"/apis": Forbidden(403, "Forbidden", "no", "get", "/apis")})
    assert found.missing(KINDS.values()) == []
    assert found.resources["Kustomization"].version == KINDS["Kustomization"].versions[0]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"items": 3}', b"", b"\xff"])
async def test_nonsense_is_told(body: bytes) -> None:
    with pytest.raises(GarbledAnswer, match="not a discovery document"):
        await told({"/apis": body})


def test_the_server_says_what_is_namespaced() -> None:
    kind = KINDS["Kustomization"]
    chosen = choose([kind], {(kind.group, kind.versions[0], kind.plural): False})
    assert chosen[kind.name].path("apps") == f"/apis/{kind.group}/{kind.versions[0]}/{kind.plural}"


def test_the_aggregated_form_is_asked_for_first() -> None:
    first, *others = discovery.AGGREGATED.split(",")
    assert "v=v2;" in first
    assert others[-1] == "application/json"
