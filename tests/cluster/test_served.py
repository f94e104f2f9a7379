"""Everything that a server serves, on the simulator and on a real API server, in both forms of discovery."""

import json
from collections.abc import Mapping

import pytest

from fluxtui.kube.answers import GarbledAnswer, KubeError, Refused, Unreachable
from fluxtui.kube.discovery import AGGREGATED
from fluxtui.kube.served import Offer, Offering, offered
from fluxtui.kube.transport import Document, Resource

from .conftest import Server


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
        return Document(json.dumps(found).encode())


class Asking:
    """A reader over the server under test; `plain` asks as a client does that knows no aggregated discovery."""

    def __init__(self, server: Server, *, plain: bool) -> None:
        self._server, self._plain = server, plain

    async def document(self, path: str, *, accept: str = "application/json", etag: str = "", **_: str) -> Document:
        headers = {"Accept": "application/json" if self._plain else accept}
        return Document((await self._server.get(path, headers=headers)).body)


LEGACY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [
            {
                "name": "batch",
                "versions": [{"version": "v1beta1"}, {"version": "v1"}],
                "preferredVersion": {"version": "v1"},
            },
            {"name": "metrics.k8s.io", "versions": [{"version": "v1beta1"}]},
        ],
    },
    "/api/v1": {
        "resources": [
            {
                "name": "services",
                "singularName": "service",
                "namespaced": True,
                "kind": "Service",
                "shortNames": ["svc"],
            },
            {"name": "services/status", "namespaced": True, "kind": "Service"},
        ]
    },
    "/apis/batch/v1": {"resources": [{"name": "jobs", "namespaced": True, "kind": "Job", "verbs": ["get", "list"]}]},
    "/apis/batch/v1beta1": {
        "resources": [
            {"name": "jobs", "namespaced": True, "kind": "Job"},
            {"name": "cronjobs", "namespaced": True, "kind": "CronJob"},
        ]
    },
    "/apis/metrics.k8s.io/v1beta1": Refused(503, "", "the API is down", "get", "x"),
}


async def told(documents: Mapping[str, object]) -> Offer:
    return await offered(Told(documents))  # type: ignore[arg-type]


@pytest.mark.parametrize("plain", [False, True])
async def test_any_kind_is_found_by_its_group_and_name_in_both_forms(server: Server, plain: bool) -> None:
    offer = await offered(Asking(server, plain=plain))  # type: ignore[arg-type]
    deployment = offer.of("apps", "Deployment")
    assert deployment is not None
    assert deployment.resource == Resource("apps", "v1", "deployments", True)
    assert "deploy" in deployment.short and "list" in deployment.verbs
    namespace = offer.titled("Namespace")
    assert namespace is not None and namespace.resource == Resource("", "v1", "namespaces", False)
    kustomization = offer.titled("Kustomization.kustomize.toolkit.fluxcd.io")
    assert kustomization is not None and kustomization.resource.plural == "kustomizations"
    assert offer.of("apps", "Scale") is None  # what subresources answer with is no kind


async def test_the_preferred_version_counts_and_a_broken_group_hides_no_other() -> None:
    offer = await told(LEGACY)
    assert [each.title for each in offer.all] == ["Service", "Job.batch", "CronJob.batch"]
    job = offer.of("batch", "Job")
    assert job is not None and job.resource.version == "v1"


async def test_a_kind_without_its_group_is_found_where_only_one_group_has_it() -> None:
    def group(name: str, *kinds: str) -> dict[str, object]:
        served = [{"resource": f"{kind.lower()}s", "responseKind": {"kind": kind}} for kind in kinds]
        return {"metadata": {"name": name}, "versions": [{"version": "v1", "resources": served}]}

    apis = {"items": [group("serving.knative.dev", "Service", "Route"), group("route.openshift.io", "Route")]}
    offer = await told({"/api": {"items": [group("", "Service")]}, "/apis": apis})
    service = offer.titled("Service")
    assert service is not None and service.group == ""
    assert offer.titled("Route") is None  # two groups have one: which is meant cannot be known
    route = offer.titled("Route.route.openshift.io")
    assert route is not None and route.group == "route.openshift.io"


@pytest.mark.parametrize(
    ("path", "answer"),
    [("/api/v1", Unreachable("https://x", "reset")), ("/apis", Refused(500, "", "no", "get", "/apis"))],
)
async def test_a_server_that_cannot_be_asked_is_not_an_empty_one(path: str, answer: KubeError) -> None:
    with pytest.raises(type(answer)):
        await told({**LEGACY, path: answer})


async def test_nonsense_is_told() -> None:
    with pytest.raises(GarbledAnswer, match="not a discovery document"):
        await told({**LEGACY, "/apis": [1, 2]})


async def test_the_answer_is_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("fluxtui.kube.served.time.monotonic", lambda: clock[0])
    reader = Told(LEGACY)
    offering = Offering(reader)  # type: ignore[arg-type]
    first = await offering.now()
    assert await offering.now() is first
    assert reader.asked.count("/apis") == 1
    clock[0] += 3600
    assert await offering.now() is not first


def test_the_aggregated_form_is_what_is_asked_for() -> None:
    assert AGGREGATED.startswith("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
