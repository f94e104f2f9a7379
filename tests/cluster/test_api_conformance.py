"""The simulator answers as a real kube-apiserver does: raw HTTP, the same assertions on both."""

import asyncio
import base64
import gzip
import json
from typing import Any

import pytest

KS = "/apis/kustomize.toolkit.fluxcd.io/v1"
GROUP = "kustomizations.kustomize.toolkit.fluxcd.io"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
MERGE = {"Content-Type": "application/merge-patch+json"}
MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
APPLY = {"Content-Type": "application/apply-patch+yaml"}
STREAM = {
    "watch": "true",
    "sendInitialEvents": "true",
    "resourceVersionMatch": "NotOlderThan",
    "allowWatchBookmarks": "true",
}


def refusal(code: int, reason: str, message: str, **rest: Any) -> dict[str, Any]:
    """A Status body, whole."""
    body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    body |= {"message": message, "code": code} | ({"reason": reason} if reason else {})
    return body | rest


async def three(server, namespace: str) -> list[dict[str, Any]]:
    """Kustomizations a, b and c; a and c are labelled tier=one."""
    labels = {"a": {"tier": "one"}, "b": None, "c": {"tier": "one"}}
    return [await server.create(server.kustomization(namespace, name, labels=labels[name])) for name in "abc"]


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item["metadata"]["name"] for item in items]


async def lines(response, count: int) -> list[dict[str, Any]]:
    """The next lines of a stream."""
    async with asyncio.timeout(10):
        return [json.loads(await response.content.readline()) for _ in range(count)]


# -- health, version, discovery --------------------------------------------------------------------------------------


async def test_health_and_version_are_for_everybody(server):
    for path in ("/healthz", "/readyz", "/livez"):
        answer = await server.get(path, token=None)
        assert (answer.status, answer.text) == (200, "ok")
    answer = await server.get("/version", token=None)
    assert answer.status == 200
    assert (answer.json["major"], answer.json["minor"]) == ("1", "36")


async def test_discovery_tells_groups_versions_and_resources(server):
    core = (await server.get("/api")).json
    assert (core["kind"], core["versions"]) == ("APIVersions", ["v1"])
    groups = (await server.get("/apis")).json
    assert (groups["kind"], groups["apiVersion"]) == ("APIGroupList", "v1")
    told = {group["name"]: group for group in groups["groups"]}
    for name in ("kustomize.toolkit.fluxcd.io", "apps", "rbac.authorization.k8s.io", "wgpolicyk8s.io"):
        assert (await server.get(f"/apis/{name}")).json == {"kind": "APIGroup", "apiVersion": "v1"} | told[name]
    assert told["notification.toolkit.fluxcd.io"]["preferredVersion"]["version"] == "v1"
    assert [v["version"] for v in told["notification.toolkit.fluxcd.io"]["versions"]] == ["v1", "v1beta3"]


async def test_resource_lists_tell_names_verbs_and_categories(server):
    listed = (await server.get(KS)).json
    assert {key: listed[key] for key in ("kind", "apiVersion", "groupVersion")} == {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": "kustomize.toolkit.fluxcd.io/v1",
    }
    plain, status = listed["resources"]
    plain.pop("storageVersionHash", None)
    assert plain == {
        "name": "kustomizations",
        "singularName": "kustomization",
        "namespaced": True,
        "kind": "Kustomization",
        "verbs": ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
        "shortNames": ["ks"],
        "categories": ["all", "fluxcd", "fluxcd-appliers"],
    }
    assert (status["name"], status["verbs"]) == ("kustomizations/status", ["get", "patch", "update"])
    core = {each["name"]: each for each in (await server.get("/api/v1")).json["resources"]}
    assert core["namespaces"]["namespaced"] is False
    assert core["pods/log"]["verbs"] == ["get"]
    assert core["configmaps"]["shortNames"] == ["cm"]


async def test_every_kind_of_the_registry_is_served_as_it_says(server):
    from fluxtui.simulator.discovery import subresource_verbs
    from fluxtui.simulator.registry import ALL

    for resource in ALL:
        root = f"/apis/{resource.group}" if resource.group else "/api"
        listed = (await server.get(f"{root}/{resource.versions[0]}")).json["resources"]
        told = {each["name"]: each for each in listed}
        mine = told[resource.plural]
        assert (mine["kind"], mine["singularName"], mine["namespaced"]) == (
            resource.kind,
            resource.singular,
            resource.namespaced,
        )
        assert tuple(mine.get("shortNames", ())) == resource.short_names
        assert tuple(mine.get("categories", ())) == resource.categories
        assert tuple(mine["verbs"]) == resource.verbs
        for name in resource.subresources:
            assert told[f"{resource.plural}/{name}"]["verbs"] == subresource_verbs(name)
        table = (await server.get(f"{root}/{resource.versions[0]}/{resource.plural}", headers=TABLE)).json
        columns = [(column["name"], column["type"], column["priority"]) for column in table["columnDefinitions"]]
        mine = [(column.name, column.type, column.priority) for column in resource.columns]
        assert columns == (mine if resource.kind == "Event" else [("Name", "string", 0), *mine])


@pytest.mark.parametrize(("path", "group"), [("/apis", "kustomize.toolkit.fluxcd.io"), ("/api", "")])
async def test_aggregated_discovery_is_one_document(server, path, group):
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    answer = await server.get(path, headers={"Accept": f"{accept},application/json"})
    assert answer.headers["Content-Type"] == accept
    assert (answer.json["kind"], answer.json["apiVersion"]) == ("APIGroupDiscoveryList", "apidiscovery.k8s.io/v2")
    found = next(item for item in answer.json["items"] if item["metadata"].get("name", "") == group)
    version = found["versions"][0]
    assert (version["version"], version["freshness"]) == ("v1", "Current")
    if group:
        assert version["resources"] == [
            {
                "resource": "kustomizations",
                "responseKind": {"group": group, "version": "v1", "kind": "Kustomization"},
                "scope": "Namespaced",
                "singularResource": "kustomization",
                "verbs": ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
                "shortNames": ["ks"],
                "categories": ["all", "fluxcd", "fluxcd-appliers"],
                "subresources": [
                    {
                        "subresource": "status",
                        "responseKind": {"group": group, "version": "v1", "kind": "Kustomization"},
                        "verbs": ["get", "patch", "update"],
                    }
                ],
            }
        ]


async def test_paths_that_nobody_serves_are_plain_404s(server):
    for path in ("/nope", "/apis/nothing.example.com", "/apis/nothing.example.com/v1/things", f"{KS}/nothings"):
        answer = await server.get(path)
        assert (answer.status, answer.text) == (404, "404 page not found\n")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


# -- who may ----------------------------------------------------------------------------------------------------------


async def test_a_bad_token_is_unauthorized(server):
    answer = await server.get(f"{KS}/kustomizations", token="nonsense")
    assert (answer.status, answer.json) == (401, refusal(401, "Unauthorized", "Unauthorized"))


async def test_nobody_may_not_discover(server):
    answer = await server.get("/apis", token=None)
    text = 'forbidden: User "system:anonymous" cannot get path "/apis"'
    assert (answer.status, answer.json) == (403, refusal(403, "Forbidden", text, details={}))


@pytest.mark.parametrize(
    ("method", "path", "message", "details"),
    [
        (
            "GET",
            f"{KS}/kustomizations",
            f'{GROUP} is forbidden: User "viewer" cannot list resource "kustomizations" in API group '
            '"kustomize.toolkit.fluxcd.io" at the cluster scope',
            {"group": "kustomize.toolkit.fluxcd.io", "kind": "kustomizations"},
        ),
        (
            "GET",
            f"{KS}/namespaces/apps/kustomizations?watch=true",
            f'{GROUP} is forbidden: User "viewer" cannot watch resource "kustomizations" in API group '
            '"kustomize.toolkit.fluxcd.io" in the namespace "apps"',
            {"group": "kustomize.toolkit.fluxcd.io", "kind": "kustomizations"},
        ),
        (
            "PATCH",
            f"{KS}/namespaces/apps/kustomizations/web/status",
            f'{GROUP} "web" is forbidden: User "viewer" cannot patch resource "kustomizations/status" in API group '
            '"kustomize.toolkit.fluxcd.io" in the namespace "apps"',
            {"name": "web", "group": "kustomize.toolkit.fluxcd.io", "kind": "kustomizations"},
        ),
        (
            "GET",
            "/api/v1/namespaces/apps/pods/p/log",
            'pods "p" is forbidden: User "viewer" cannot get resource "pods/log" in API group "" '
            'in the namespace "apps"',
            {"name": "p", "kind": "pods"},
        ),
        (
            "GET",
            "/api/v1/namespaces/apps",
            'namespaces "apps" is forbidden: User "viewer" cannot get resource "namespaces" in API group "" '
            'in the namespace "apps"',
            {"name": "apps", "kind": "namespaces"},
        ),
    ],
)
async def test_what_is_forbidden_is_said_in_words(server, method, path, message, details):
    answer = await server.ask(method, path, token=server.viewer_token)
    assert (answer.status, answer.json) == (403, refusal(403, "Forbidden", message, details=details))


async def test_rights_can_hold_in_one_namespace_only(server):
    ours, theirs = await server.namespace(), await server.namespace()
    await server.create(server.kustomization(ours, "web"))
    await server.grant(["list"], ["kustomizations"], groups=["kustomize.toolkit.fluxcd.io"], namespace=ours)
    allowed = await server.get(server.path("Kustomization", ours), token=server.viewer_token)
    assert (allowed.status, names(allowed.json["items"])) == (200, ["web"])
    for path in (server.path("Kustomization", theirs), server.path("Kustomization")):
        assert (await server.get(path, token=server.viewer_token)).status == 403


async def test_impersonation_acts_as_somebody_else(server):
    headers = {"Impersonate-User": "jane", "Impersonate-Group": "devs"}
    answer = await server.get(f"{KS}/kustomizations", headers=headers)
    assert (answer.status, answer.json["message"].partition(" in API group")[0]) == (
        403,
        f'{GROUP} is forbidden: User "jane" cannot list resource "kustomizations"',
    )
    answer = await server.get(
        f"{KS}/kustomizations", headers={"Impersonate-User": "x", "Impersonate-Group": "system:masters"}
    )
    assert answer.status == 200
    answer = await server.get(f"{KS}/kustomizations", headers=headers, token=server.viewer_token)
    assert (answer.status, answer.json["reason"]) == (403, "Forbidden")
    answer = await server.get(f"{KS}/kustomizations", headers={"Impersonate-Group": "devs"})
    assert (answer.status, answer.json["reason"]) == (400, "BadRequest")


async def test_access_reviews_answer_for_the_asker(server):
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    spec = {"resourceAttributes": {"namespace": "apps", "verb": "patch", "group": "apps", "resource": "deployments"}}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    for token, allowed in ((server.admin_token, True), (server.viewer_token, False)):
        answer = await server.ask("POST", path, json=review, token=token)
        assert answer.status == 201
        body = answer.json
        entry = body["metadata"]["managedFields"][0]
        assert entry["fieldsV1"]["f:spec"]["f:resourceAttributes"] == {
            ".": {},
            "f:group": {},
            "f:namespace": {},
            "f:resource": {},
            "f:verb": {},
        }
        assert (entry["manager"], entry["operation"]) == ("suite", "Update")
        assert (body["kind"], body["spec"], body["status"]) == ("SelfSubjectAccessReview", spec, {"allowed": allowed})


async def test_a_review_explains_what_allows(server):
    await server.grant(["list"], ["deployments"], groups=["apps"])
    spec = {"resourceAttributes": {"verb": "list", "group": "apps", "resource": "deployments"}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    status = (await server.ask("POST", path, json=review, token=server.viewer_token)).json["status"]
    name = next(path for path in server.created if "clusterroles/" in path).rpartition("/")[2]
    why = f'RBAC: allowed by ClusterRoleBinding "{name}" of ClusterRole "{name}" to Group "viewers"'
    assert status == {"allowed": True, "reason": why}


async def test_rules_reviews_list_rights(server):
    namespace = await server.namespace()
    await server.grant(["get", "list"], ["deployments"], groups=["apps"], namespace=namespace)
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    answer = await server.ask("POST", path, json=review, token=server.viewer_token)
    status = answer.json["status"]
    assert (answer.status, status["incomplete"]) == (201, False)
    assert {"verbs": ["get", "list"], "apiGroups": ["apps"], "resources": ["deployments"]} in status["resourceRules"]
    assert {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]} not in status["resourceRules"]


# -- get and list -----------------------------------------------------------------------------------------------------


async def test_a_missing_object_is_a_404(server):
    answer = await server.get(server.path("Kustomization", "default", "none"))
    details = {"name": "none", "group": "kustomize.toolkit.fluxcd.io", "kind": "kustomizations"}
    assert answer.json == refusal(404, "NotFound", f'{GROUP} "none" not found', details=details)


async def test_lists_of_custom_kinds_have_the_shape_of_the_server(server):
    namespace = await server.namespace()
    stored = await three(server, namespace)
    answer = await server.get(server.path("Kustomization", namespace))
    body = answer.json
    assert answer.body.startswith(b'{"apiVersion":"kustomize.toolkit.fluxcd.io/v1","items":[{"apiVersion":')
    assert answer.body.endswith(b"}\n")
    assert (body["kind"], body["items"]) == ("KustomizationList", stored)
    assert body["metadata"] == {"continue": "", "resourceVersion": body["metadata"]["resourceVersion"]}
    assert int(body["metadata"]["resourceVersion"]) >= int(stored[-1]["metadata"]["resourceVersion"])


async def test_items_of_built_in_lists_do_not_repeat_their_kind(server):
    namespace = await server.namespace()
    await server.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}, "data": {"a": "b"}}
    )
    answer = await server.get(server.path("ConfigMap", namespace))
    assert answer.body.startswith(b'{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"')
    assert "continue" not in answer.json["metadata"]
    assert [sorted(item) for item in answer.json["items"]] == [["data", "metadata"]]
    one = await server.get(server.path("ConfigMap", namespace, "x"))
    assert (one.json["kind"], one.json["apiVersion"], one.json["data"]) == ("ConfigMap", "v1", {"a": "b"})


async def test_pages_continue_at_their_version(server):
    namespace = await server.namespace()
    await three(server, namespace)
    path = server.path("Kustomization", namespace)
    first = (await server.get(path, params={"limit": "1"})).json
    assert (names(first["items"]), first["metadata"]["remainingItemCount"]) == (["a"], 2)
    token = first["metadata"]["continue"]
    read = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert read == {"v": "meta.k8s.io/v1", "rv": int(first["metadata"]["resourceVersion"]), "start": "/a\0"}
    await server.delete("Kustomization", namespace, "b")
    await server.create(server.kustomization(namespace, "bb"))
    await server.patch("Kustomization", namespace, "c", {"spec": {"interval": "1m"}})
    rest = (await server.get(path, params={"limit": "5", "continue": token})).json
    assert names(rest["items"]) == ["b", "c"]
    assert rest["items"][1]["spec"]["interval"] == "10m"
    assert rest["metadata"] == {"continue": "", "resourceVersion": first["metadata"]["resourceVersion"]}
    now = (await server.get(path)).json
    assert names(now["items"]) == ["a", "bb", "c"]


async def test_pages_over_all_namespaces_are_in_the_order_of_their_keys(server):
    prefix = await server.namespace("order")
    other = f"{prefix}-2"
    await server.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}})
    for namespace in (prefix, other):
        await server.create(server.kustomization(namespace, "x", labels={"suite": prefix}))
    path, seen, token = server.path("Kustomization"), [], ""
    while True:
        page = (await server.get(path, params={"limit": "1", "continue": token})).json
        seen += [item["metadata"]["namespace"] for item in page["items"]]
        token = page["metadata"]["continue"]
        if not token:
            break
    assert [name for name in seen if name.startswith("order")] == [other, prefix]  # "-" sorts before "/"


async def compacted(server, path: str, params: dict[str, str]):
    """An answer about the first version of all, once the server has forgotten it (a real one takes some seconds)."""
    answer = await server.get(path, params=params)

    async def forgotten() -> bool:
        nonlocal answer
        answer = await server.get(path, params=params)
        return answer.status == 410

    await server.until(forgotten, 30)
    return answer


async def test_an_exact_version_of_the_past_is_gone(server):
    params = {"resourceVersion": "1", "resourceVersionMatch": "Exact"}
    answer = await compacted(server, server.path("Kustomization"), params)
    assert answer.json == refusal(410, "Expired", "The resourceVersion for the provided list is too old.")


async def test_an_old_continue_token_is_gone_with_a_way_on(server):
    namespace = await server.namespace()
    await three(server, namespace)
    path = server.path("Kustomization", namespace)
    old = base64.urlsafe_b64encode(b'{"v":"meta.k8s.io/v1","rv":1,"start":"/a\\u0000"}').rstrip(b"=").decode()
    answer = await compacted(server, path, {"limit": "1", "continue": old})
    body = answer.json
    assert (answer.status, body["reason"], body["code"]) == (410, "Expired", 410)
    assert body["message"].startswith("The provided continue parameter is too old to display a consistent list result.")
    assert "details" not in body
    token = body["metadata"]["continue"]
    assert json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))["rv"] == -1
    rest = await server.get(path, params={"continue": token})
    assert (rest.status, names(rest.json["items"])) == (200, ["b", "c"])


NOT_A_NUMBER = 'strconv.ParseUint: parsing "abc": invalid syntax'
NOT_A_TOKEN = "invalid continue token: continue key is not valid: invalid character 'Ï' looking for beginning of value"
NOT_A_SELECTOR = "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=1&continue=zzz", NOT_A_TOKEN),
        ("limit=abc", 'strconv.ParseInt: parsing "abc": invalid syntax'),
        (
            "resourceVersion=abc",
            f'invalid resource version: resourceVersion: Invalid value: "abc": {NOT_A_NUMBER}',
        ),
        ("labelSelector=a%20b", NOT_A_SELECTOR),
        ("fieldSelector=spec.x%3D1", "field label not supported: spec.x"),
    ],
)
async def test_lists_that_make_no_sense(server, query, message):
    answer = await server.get(f"{KS}/kustomizations?{query}")
    assert (answer.status, answer.json) == (400, refusal(400, "BadRequest", message))


MATCH = "resourceVersionMatch"


@pytest.mark.parametrize(
    ("query", "field", "cause"),
    [
        (f"{MATCH}=Exact", MATCH, f"Forbidden: {MATCH} is forbidden unless resourceVersion is provided"),
        (
            f"{MATCH}=Foo&resourceVersion=1",
            MATCH,
            'Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", ""',
        ),
        ("sendInitialEvents=true", "sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list"),
        (
            "watch=true&sendInitialEvents=true",
            MATCH,
            f"Forbidden: sendInitialEvents requires setting {MATCH} to NotOlderThan",
        ),
        (
            f"watch=true&{MATCH}=NotOlderThan",
            MATCH,
            f"Forbidden: {MATCH} is forbidden for watch unless sendInitialEvents is provided",
        ),
    ],
)
async def test_list_options_that_do_not_go_together(server, query, field, cause):
    answer = await server.get(f"{KS}/kustomizations?{query}")
    reason = "FieldValueNotSupported" if cause.startswith("Unsupported") else "FieldValueForbidden"
    details = {
        "group": "meta.k8s.io",
        "kind": "ListOptions",
        "causes": [{"reason": reason, "message": cause, "field": field}],
    }
    message = f'ListOptions.meta.k8s.io "" is invalid: {field}: {cause}'
    assert (answer.status, answer.json) == (422, refusal(422, "Invalid", message, details=details))


async def test_a_version_of_the_future_times_out(server):
    path = f"{KS}/kustomizations"
    answer = await server.get(path, params={"limit": "1", "resourceVersion": "99999999", "timeoutSeconds": "1"})
    assert (answer.status, answer.headers["Retry-After"]) == (504, "1")
    body = answer.json
    assert body["message"].startswith("Timeout: Too large resource version: 99999999, current: ")
    assert (body["reason"], body["details"]) == (
        "Timeout",
        {
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        },
    )


async def test_a_list_at_zero_ignores_its_limit(server):
    """Version 0 is "whatever the cache has": a real server's may be some milliseconds behind what was just written."""
    namespace = await server.namespace()
    await three(server, namespace)
    found: list[str] = []
    for _ in range(100):
        answer = await server.get(
            server.path("Kustomization", namespace), params={"limit": "1", "resourceVersion": "0"}
        )
        found = names(answer.json["items"])
        if "c" in found:
            break
        await asyncio.sleep(0.05)
    assert found == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("tier=one", ["a", "c"]),
        ("tier==one", ["a", "c"]),
        ("tier!=one", ["b"]),
        ("tier", ["a", "c"]),
        ("!tier", ["b"]),
        ("tier in (one, two)", ["a", "c"]),
        ("tier notin (one)", ["b"]),
        ("tier=one,!other", ["a", "c"]),
        ("tier=", []),
    ],
)
async def test_label_selectors(server, selector, found):
    namespace = await server.namespace()
    await three(server, namespace)
    answer = await server.get(server.path("Kustomization", namespace), params={"labelSelector": selector})
    assert names(answer.json["items"]) == found


async def test_selected_pages_do_not_count_the_rest(server):
    namespace = await server.namespace()
    await three(server, namespace)
    page = await server.get(server.path("Kustomization", namespace), params={"labelSelector": "tier=one", "limit": "1"})
    assert names(page.json["items"]) == ["a"]
    assert sorted(page.json["metadata"]) == ["continue", "resourceVersion"]


async def test_field_selectors(server):
    namespace = await server.namespace()
    await three(server, namespace)
    for selector, found in (
        ("metadata.name=b", ["b"]),
        ("metadata.name!=b", ["a", "c"]),
        (f"metadata.namespace={namespace}", ["a", "b", "c"]),
    ):
        answer = await server.get(server.path("Kustomization", namespace), params={"fieldSelector": selector})
        assert names(answer.json["items"]) == found
    for name, kind, severity in (("one", "Kustomization", "Warning"), ("two", "HelmRelease", "Normal")):
        await server.create(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": {"kind": kind, "name": "web", "namespace": namespace},
                "type": severity,
                "reason": "Tried",
                "source": {"component": "kustomize-controller"},
            }
        )
    for selector, found in (
        ("involvedObject.kind=Kustomization,involvedObject.name=web", ["one"]),
        ("type!=Normal", ["one"]),
        ("type=Normal,reason=Tried", ["two"]),
        ("source=kustomize-controller", ["one", "two"]),
    ):
        answer = await server.get(server.path("Event", namespace), params={"fieldSelector": selector})
        assert names(answer.json["items"]) == found


async def test_tables(server):
    namespace = await server.namespace()
    ready = {"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "no such file"}
    ready["lastTransitionTime"] = "2026-01-01T00:00:00Z"
    await server.create(server.kustomization(namespace, "web"), status={"conditions": [ready]})
    path = server.path("Kustomization", namespace)
    table = (await server.get(path, headers=TABLE)).json
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Age", "Ready", "Status"]
    assert table["columnDefinitions"][2] == {
        "name": "Ready",
        "type": "string",
        "format": "",
        "description": "Custom resource definition column (in JSONPath format): "
        '.status.conditions[?(@.type=="Ready")].status',
        "priority": 0,
    }
    row = table["rows"][0]
    assert row["cells"][:1] + row["cells"][2:] == ["web", "False", "no such file"]
    assert row["cells"][1].endswith("s")
    assert (row["object"]["kind"], row["object"]["metadata"]["name"]) == ("PartialObjectMetadata", "web")
    for include, kind in (("None", None), ("Object", "Kustomization"), ("Metadata", "PartialObjectMetadata")):
        row = (await server.get(f"{path}/web?includeObject={include}", headers=TABLE)).json["rows"][0]
        assert (row["object"] or {}).get("kind") == kind
    answer = await server.get(f"{path}?includeObject=Nope", headers=TABLE)
    assert answer.status == 400


async def test_metadata_alone(server):
    namespace = await server.namespace()
    await three(server, namespace)
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    body = (await server.get(server.path("Kustomization", namespace), headers={"Accept": accept})).json
    assert (body["kind"], body["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    assert [sorted(item) for item in body["items"]] == [["apiVersion", "kind", "metadata"]] * 3


async def test_other_forms_of_answers(server):
    namespace = await server.namespace()
    await server.create(server.kustomization(namespace, "web"))
    path = server.path("Kustomization", namespace, "web")
    answer = await server.get(path, headers={"Accept": "application/yaml"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/yaml")
    assert answer.text.startswith("apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n")
    assert (await server.get(path, headers={"Accept": "text/html"})).status == 406


async def test_long_lists_are_compressed_when_that_is_accepted(server):
    namespace = await server.namespace()
    for index in range(3):
        data = {"filler": "x" * 60_000}
        await server.create(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"n{index}", "namespace": namespace},
                "data": data,
            }
        )
    path = server.path("ConfigMap", namespace)
    async with server.open("GET", path, headers={"Accept-Encoding": "identity"}) as response:
        plain = await response.read()
        assert "Content-Encoding" not in response.headers
    accepted = {"Accept-Encoding": "gzip"}
    async with server.open("GET", path, headers=accepted, auto_decompress=False) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        packed = await response.read()
    assert (
        names(json.loads(gzip.decompress(packed))["items"]) == names(json.loads(plain)["items"]) == ["n0", "n1", "n2"]
    )


# -- watch ------------------------------------------------------------------------------------------------------------


async def test_a_watch_tells_what_happens_after_its_version(server):
    namespace = await server.namespace()
    first = await server.create(server.kustomization(namespace, "a"))
    path = server.path("Kustomization", namespace)
    params = {"watch": "true", "resourceVersion": first["metadata"]["resourceVersion"]}
    async with server.open("GET", path, params=params) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
        created = await server.create(server.kustomization(namespace, "b"))
        changed = await server.patch("Kustomization", namespace, "a", {"spec": {"interval": "1m"}})
        status = await server.patch_status("Kustomization", namespace, "a", {"observedGeneration": 2})
        await server.delete("Kustomization", namespace, "b")
        told = await lines(response, 4)
    assert told[:3] == [
        {"type": "ADDED", "object": created},
        {"type": "MODIFIED", "object": changed},
        {"type": "MODIFIED", "object": status},
    ]
    assert (told[3]["type"], told[3]["object"]["metadata"]["name"]) == ("DELETED", "b")
    assert int(told[3]["object"]["metadata"]["resourceVersion"]) > int(status["metadata"]["resourceVersion"])


@pytest.mark.parametrize("version", ["", "0"])
async def test_a_watch_without_version_begins_with_what_is_there(server, version):
    namespace = await server.namespace()
    stored = await three(server, namespace)
    params = {"watch": "1", "timeoutSeconds": "1"} | ({"resourceVersion": version} if version else {})
    answer = await server.get(server.path("Kustomization", namespace), params=params)
    assert sorted(answer.lines, key=lambda line: line["object"]["metadata"]["name"]) == [
        {"type": "ADDED", "object": obj} for obj in stored
    ]


async def test_a_streamed_list_ends_with_a_bookmark(server):
    namespace = await server.namespace()
    stored = await three(server, namespace)
    async with server.open("GET", server.path("Kustomization", namespace), params=STREAM) as response:
        told = await lines(response, 4)
        assert [(line["type"], line["object"]["metadata"].get("name")) for line in told[:3]] == [
            ("ADDED", name) for name in "abc"
        ]
        assert [line["object"] for line in told[:3]] == stored
        version = told[3]["object"]["metadata"]["resourceVersion"]
        assert told[3] == {
            "type": "BOOKMARK",
            "object": {
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                "kind": "Kustomization",
                "metadata": {"annotations": {"k8s.io/initial-events-end": "true"}, "resourceVersion": version},
            },
        }
        assert int(version) >= int(stored[-1]["metadata"]["resourceVersion"])
        changed = await server.patch("Kustomization", namespace, "b", {"spec": {"interval": "2m"}})
        assert await lines(response, 1) == [{"type": "MODIFIED", "object": changed}]


async def test_an_empty_streamed_list_ends_too(server):
    namespace = await server.namespace()
    async with server.open("GET", server.path("Bucket", namespace), params=STREAM) as response:
        assert [line["type"] for line in await lines(response, 1)] == ["BOOKMARK"]


async def test_a_watch_from_too_long_ago_is_told_so(server):
    answer = await server.get(f"{KS}/kustomizations?watch=true&resourceVersion=1&timeoutSeconds=2")
    assert answer.status == 200
    (line,) = answer.lines
    status = line["object"]
    assert (line["type"], status["kind"], status["reason"], status["code"]) == ("ERROR", "Status", "Expired", 410)
    assert status["message"].startswith("too old resource version: 1 (")


async def test_watches_from_nonsense_and_from_the_future(server):
    answer = await server.get(f"{KS}/kustomizations?watch=true&resourceVersion=abc")
    text = 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax'
    assert (answer.status, answer.json) == (500, refusal(500, "", text))
    answer = await server.get(f"{KS}/kustomizations?watch=true&resourceVersion=99999999&timeoutSeconds=1")
    assert (answer.status, answer.body) == (200, b"")


async def test_a_watch_ends_at_its_timeout(server):
    loop = asyncio.get_running_loop()
    begun = loop.time()
    answer = await server.get(f"{KS}/kustomizations?watch=true&timeoutSeconds=1&resourceVersion=")
    assert answer.status == 200
    assert 0.5 < loop.time() - begun < 5


async def test_selected_objects_enter_and_leave_a_watch(server):
    namespace = await server.namespace()
    await three(server, namespace)
    params = STREAM | {"labelSelector": "tier=one"}
    async with server.open("GET", server.path("Kustomization", namespace), params=params) as response:
        assert [line["type"] for line in await lines(response, 3)] == ["ADDED", "ADDED", "BOOKMARK"]
        await server.patch("Kustomization", namespace, "b", {"metadata": {"labels": {"tier": "one"}}})
        await server.patch("Kustomization", namespace, "a", {"metadata": {"labels": {"tier": "two"}}})
        await server.patch("Kustomization", namespace, "a", {"metadata": {"labels": {"tier": "three"}}})
        await server.patch("Kustomization", namespace, "c", {"spec": {"interval": "3m"}})
        told = [
            (line["type"], line["object"]["metadata"]["name"], line["object"]["metadata"]["labels"])
            for line in await lines(response, 3)
        ]
    assert told == [
        ("ADDED", "b", {"tier": "one"}),
        ("DELETED", "a", {"tier": "one"}),
        ("MODIFIED", "c", {"tier": "one"}),
    ]


async def test_watched_tables_tell_their_columns_once(server):
    namespace = await server.namespace()
    await three(server, namespace)
    answer = await server.get(
        server.path("Kustomization", namespace), params={"watch": "true", "timeoutSeconds": "1"}, headers=TABLE
    )
    tables = [line["object"] for line in answer.lines]
    assert [table["kind"] for table in tables] == ["Table"] * 3
    assert [table["columnDefinitions"] is None for table in tables] == [False, True, True]
    assert sorted(table["rows"][0]["cells"][0] for table in tables) == ["a", "b", "c"]


async def test_a_kind_that_goes_away_ends_its_watches_and_can_come_back(server):
    namespace = await server.namespace()
    await server.create(
        {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "Bucket",
            "metadata": {"name": "x", "namespace": namespace},
            "spec": {"bucketName": "x", "endpoint": "example.com", "interval": "1m"},
        }
    )
    async with server.open("GET", server.path("Bucket", namespace), params=STREAM) as response:
        assert [line["type"] for line in await lines(response, 2)] == ["ADDED", "BOOKMARK"]
        await server.remove_kind("Bucket")
        async with asyncio.timeout(15):
            rest = [json.loads(line) async for line in response.content]
    assert "DELETED" in [line["type"] for line in rest]
    answer = await server.get(server.path("Bucket"))
    assert (answer.status, answer.text) == (404, "404 page not found\n")
    await server.install_kind("Bucket")
    assert (await server.get(server.path("Bucket"))).json["items"] == []


# -- writing ----------------------------------------------------------------------------------------------------------


async def test_creation_assigns_what_only_the_server_may(server):
    namespace = await server.namespace()
    wanted = server.kustomization(namespace, "web")
    wanted["metadata"] |= {"uid": "mine", "generation": 7, "creationTimestamp": "2001-01-01T00:00:00Z"}
    stored = await server.create(wanted | {"status": {"observedGeneration": 7}})
    meta = stored["metadata"]
    assert meta["uid"] != "mine"
    assert not meta["creationTimestamp"].startswith("2001")
    assert (meta["generation"], stored["status"]) == (1, {"observedGeneration": -1})
    (entry,) = meta["managedFields"]
    assert {key: entry[key] for key in ("manager", "operation", "apiVersion", "fieldsType")} == {
        "manager": "suite",
        "operation": "Update",
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "fieldsType": "FieldsV1",
    }
    assert entry["fieldsV1"]["f:spec"]["f:sourceRef"] == {".": {}, "f:kind": {}, "f:name": {}}


async def test_creations_that_are_refused(server):
    namespace = await server.namespace()
    await server.create(server.kustomization(namespace, "web"))
    path = server.path("Kustomization", namespace)
    details = {"name": "web", "group": "kustomize.toolkit.fluxcd.io", "kind": "kustomizations"}
    answer = await server.ask("POST", path, json=server.kustomization(namespace, "web"))
    assert answer.json == refusal(409, "AlreadyExists", f'{GROUP} "web" already exists', details=details)
    answer = await server.ask(
        "POST", f"{KS}/namespaces/nowhere/kustomizations", json=server.kustomization("nowhere", "x")
    )
    assert answer.json == refusal(
        404, "NotFound", 'namespaces "nowhere" not found', details={"name": "nowhere", "kind": "namespaces"}
    )
    answer = await server.ask("POST", path, json=server.kustomization("other", "x"))
    text = "the namespace of the provided object does not match the namespace sent on the request"
    assert answer.json == refusal(400, "BadRequest", text)
    answer = await server.ask("POST", path, json={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    text = "the API version in the data (v1) does not match the expected API version (kustomize.toolkit.fluxcd.io/v1)"
    assert answer.json == refusal(400, "BadRequest", text)
    answer = await server.ask("POST", path, data="x", headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.json["reason"]) == (415, "UnsupportedMediaType")
    wanted = server.kustomization(namespace, "y")
    wanted["metadata"]["resourceVersion"] = "3"
    answer = await server.ask("POST", path, json=wanted)
    assert answer.json == refusal(500, "", "resourceVersion should not be set on objects to be created")


async def test_objects_that_break_the_rules_of_their_kind(server):
    namespace = await server.namespace()
    path = server.path("Kustomization", namespace)
    answer = await server.ask("POST", path, json=server.kustomization(namespace, "Bad_Name"))
    assert answer.status == 422
    assert answer.json["details"]["causes"][0]["field"] == "metadata.name"
    assert answer.json["details"]["causes"][0]["message"].startswith(
        'Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain'
    )
    wanted = server.kustomization(namespace, "x")
    del wanted["spec"]["interval"], wanted["spec"]["sourceRef"]
    answer = await server.ask("POST", path, json=wanted)
    causes = {cause["field"]: cause for cause in answer.json["details"]["causes"]}
    for field in ("spec.interval", "spec.sourceRef"):
        assert causes[field] == {"reason": "FieldValueRequired", "message": "Required value", "field": field}


async def test_yaml_bodies(server):
    namespace = await server.namespace()
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: dated, namespace: {namespace}}}\n"
    text += "data:\n  when: '2026-01-01'\n"
    answer = await server.ask(
        "POST", server.path("ConfigMap", namespace), data=text, headers={"Content-Type": "application/yaml"}
    )
    assert (answer.status, answer.json["data"]) == (201, {"when": "2026-01-01"})


async def test_generated_names_and_secrets(server):
    namespace = await server.namespace()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"generateName": "s-", "namespace": namespace}}
    stored = await server.create(secret | {"stringData": {"key": "value"}})
    assert stored["metadata"]["name"].startswith("s-")
    assert (stored["data"], stored["type"], "stringData" in stored) == ({"key": "dmFsdWU="}, "Opaque", False)


async def test_generation_counts_changes_of_the_specification_alone(server):
    namespace = await server.namespace()
    await server.create(server.kustomization(namespace, "web"))
    ready = {
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "R",
                "message": "m",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }
        ]
    }
    body = {"status": ready, "spec": {"interval": "1m"}, "metadata": {"labels": {"a": "b"}}}
    stored = await server.patch("Kustomization", namespace, "web", body, subresource="status")
    assert (stored["metadata"]["generation"], stored["spec"]["interval"]) == (1, "10m")
    assert "labels" not in stored["metadata"]
    assert stored["status"]["conditions"] == ready["conditions"]
    stored = await server.patch(
        "Kustomization", namespace, "web", {"status": {"conditions": []}, "metadata": {"annotations": {"a": "b"}}}
    )
    assert (stored["metadata"]["generation"], len(stored["status"]["conditions"])) == (1, 1)
    stored = await server.patch("Kustomization", namespace, "web", {"spec": {"suspend": True}})
    assert stored["metadata"]["generation"] == 2
    entry = next(entry for entry in stored["metadata"]["managedFields"] if entry.get("subresource") == "status")
    assert entry["fieldsV1"] == {"f:status": {"f:conditions": {}}}


async def test_a_write_that_changes_nothing_is_no_write(server):
    namespace = await server.namespace()
    await server.create(server.kustomization(namespace, "web"))
    stored = await server.patch("Kustomization", namespace, "web", {"spec": {"interval": "5m"}})
    assert await server.patch("Kustomization", namespace, "web", {"spec": {"interval": "5m"}}) == stored
    answer = await server.ask("PUT", server.path("Kustomization", namespace, "web"), json=stored)
    assert (answer.status, answer.json) == (200, stored)


async def test_updates_need_the_version_that_was_read(server):
    namespace = await server.namespace()
    stored = await server.create(server.kustomization(namespace, "web"))
    path = server.path("Kustomization", namespace, "web")
    changed = stored | {"spec": stored["spec"] | {"interval": "2m"}}
    answer = await server.ask("PUT", path, json=changed)
    assert (answer.status, answer.json["spec"]["interval"], answer.json["metadata"]["generation"]) == (200, "2m", 2)
    answer = await server.ask("PUT", path, json=changed)
    text = f'Operation cannot be fulfilled on {GROUP} "web": {MODIFIED}'
    details = {"name": "web", "group": "kustomize.toolkit.fluxcd.io", "kind": "kustomizations"}
    assert answer.json == refusal(409, "Conflict", text, details=details)
    merge = {"metadata": {"resourceVersion": stored["metadata"]["resourceVersion"]}, "spec": {"interval": "3m"}}
    answer = await server.ask("PATCH", path, data=json.dumps(merge), headers=MERGE)
    assert answer.json == refusal(409, "Conflict", text, details=details)
    answer = await server.ask("PUT", path, json=server.kustomization(namespace, "web"))
    assert (answer.status, answer.json["details"]["causes"][0]["field"]) == (422, "metadata.resourceVersion")
    answer = await server.ask("PUT", path, json=server.kustomization(namespace, "other"))
    assert answer.json == refusal(
        400, "BadRequest", "the name of the object (other) does not match the name on the URL (web)"
    )


async def test_json_patches(server):
    namespace = await server.namespace()
    await server.create(server.kustomization(namespace, "web", path="./a"))
    path = server.path("Kustomization", namespace, "web")

    async def patch(*operations: dict[str, Any]):
        return await server.ask(
            "PATCH", path, data=json.dumps(operations), headers={"Content-Type": "application/json-patch+json"}
        )

    answer = await patch(
        {"op": "test", "path": "/spec/path", "value": "./a"},
        {"op": "replace", "path": "/spec/path", "value": "./b"},
        {"op": "add", "path": "/metadata/annotations", "value": {"a/b": "c"}},
        {"op": "add", "path": "/spec/dependsOn", "value": [{"name": "x"}]},
        {"op": "add", "path": "/spec/dependsOn/0", "value": {"name": "w"}},
        {"op": "add", "path": "/spec/dependsOn/-", "value": {"name": "y"}},
        {"op": "remove", "path": "/spec/dependsOn/1"},
        {"op": "copy", "from": "/spec/path", "path": "/metadata/annotations/d~1e"},
    )
    assert answer.status == 200, answer.text
    assert answer.json["metadata"]["annotations"] == {"a/b": "c", "d/e": "./b"}
    assert (answer.json["spec"]["path"], answer.json["spec"]["dependsOn"]) == ("./b", [{"name": "w"}, {"name": "y"}])
    text = "the server rejected our request due to an error in our request"
    for failing in ({"op": "test", "path": "/spec/path", "value": "no"}, {"op": "remove", "path": "/spec/nope"}):
        assert (await patch(failing)).json == refusal(422, "Invalid", text, details={})


async def test_patches_that_are_refused(server):
    namespace = await server.namespace()
    await server.create(server.kustomization(namespace, "web"))
    path = server.path("Kustomization", namespace, "web")
    accepted = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    text = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
    for form in ("application/json", "application/strategic-merge-patch+json"):
        answer = await server.ask("PATCH", path, data="{}", headers={"Content-Type": form})
        assert answer.json == refusal(415, "UnsupportedMediaType", text)
    answer = await server.ask("PATCH", path, data="[]", headers=MERGE)
    text = "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
    assert answer.json == refusal(400, "BadRequest", text)
    answer = await server.ask("PATCH", path, data='{"spec":{"interval":"abc"}}', headers=MERGE)
    why = "Invalid value: \"abc\": spec.interval in body should match '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$'"
    details = {"name": "web", "group": "kustomize.toolkit.fluxcd.io", "kind": "Kustomization"}
    details["causes"] = [{"reason": "FieldValueInvalid", "message": why, "field": "spec.interval"}]
    message = f'Kustomization.kustomize.toolkit.fluxcd.io "web" is invalid: spec.interval: {why}'
    assert answer.json == refusal(422, "Invalid", message, details=details)
    answer = await server.ask("PATCH", server.path("Kustomization", namespace, "none"), data="{}", headers=MERGE)
    assert answer.status == 404


async def test_server_side_apply_creates_conflicts_and_takes_over(server):
    namespace = await server.namespace()
    path = server.path("Kustomization", namespace, "web")
    wanted = server.kustomization(namespace, "web", path="./a")

    async def apply(manager: str, obj: dict[str, Any], **more: str):
        params = {"fieldManager": manager} | more
        return await server.ask("PATCH", path, params=params, data=json.dumps(obj), headers=APPLY)

    answer = await apply("flux-operator", wanted)
    server.created.append(path)
    assert answer.status == 201, answer.text
    mine = next(entry for entry in answer.json["metadata"]["managedFields"] if entry["operation"] == "Apply")
    assert mine["manager"] == "flux-operator"
    assert mine["fieldsV1"]["f:spec"] == {
        "f:interval": {},
        "f:path": {},
        "f:prune": {},
        "f:sourceRef": {"f:kind": {}, "f:name": {}},
    }
    theirs = {
        "apiVersion": wanted["apiVersion"],
        "kind": "Kustomization",
        "metadata": {"name": "web"},
        "spec": {"interval": "1m"},
    }
    answer = await apply("someone", theirs)
    cause = {"reason": "FieldManagerConflict", "message": 'conflict with "flux-operator"', "field": ".spec.interval"}
    text = 'Apply failed with 1 conflict: conflict with "flux-operator": .spec.interval'
    assert answer.json == refusal(409, "Conflict", text, details={"causes": [cause]})
    answer = await apply("someone", theirs, force="true")
    assert (answer.status, answer.json["spec"]["interval"], answer.json["metadata"]["generation"]) == (200, "1m", 2)
    owners = {
        entry["manager"]: entry["fieldsV1"]
        for entry in answer.json["metadata"]["managedFields"]
        if entry["operation"] == "Apply"
    }
    assert owners["someone"] == {"f:spec": {"f:interval": {}}}
    assert "f:interval" not in owners["flux-operator"]["f:spec"]
    theirs = wanted | {"spec": {key: value for key, value in wanted["spec"].items() if key not in ("path", "interval")}}
    answer = await apply("flux-operator", theirs)
    assert (answer.status, "path" in answer.json["spec"], answer.json["spec"]["interval"]) == (200, False, "1m")
    assert (await apply("flux-operator", theirs)).json == answer.json
    answer = await server.ask("PATCH", path, data=json.dumps(theirs), headers=APPLY)
    assert (answer.status, answer.json["details"]["causes"][0]["field"]) == (422, "fieldManager")


async def test_dry_runs_store_nothing(server):
    namespace = await server.namespace()
    path = server.path("Kustomization", namespace)
    answer = await server.ask("POST", f"{path}?dryRun=All", json=server.kustomization(namespace, "web"))
    assert (answer.status, answer.json["metadata"]["name"]) == (201, "web")
    assert (await server.get(f"{path}/web")).status == 404
    stored = await server.create(server.kustomization(namespace, "web"))
    answer = await server.ask("PATCH", f"{path}/web?dryRun=All", data='{"spec":{"interval":"7m"}}', headers=MERGE)
    assert (answer.status, answer.json["spec"]["interval"], answer.json["metadata"]["generation"]) == (200, "7m", 2)
    assert (await server.ask("DELETE", f"{path}/web?dryRun=All")).status == 200
    assert (await server.get(f"{path}/web")).json == stored
    answer = await server.ask("PATCH", f"{path}/web?dryRun=Some", data="{}", headers=MERGE)
    assert (answer.status, answer.json["details"]["causes"][0]["reason"]) == (422, "FieldValueNotSupported")


async def test_deletion_tells_what_is_gone(server):
    namespace = await server.namespace()
    stored = await server.create(server.kustomization(namespace, "web"))
    path = server.path("Kustomization", namespace, "web")
    uid = stored["metadata"]["uid"]
    answer = await server.ask("DELETE", path, json={"preconditions": {"uid": "other"}})
    assert (answer.status, answer.json["reason"]) == (409, "Conflict")
    assert f"the UID in the precondition (other) does not match the UID in record ({uid})" in answer.json["message"]
    answer = await server.ask("DELETE", path)
    details = {"name": "web", "group": "kustomize.toolkit.fluxcd.io", "kind": "kustomizations", "uid": uid}
    assert answer.json == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    }
    assert (await server.ask("DELETE", path)).status == 404


async def test_finalizers_hold_an_object_back(server):
    namespace = await server.namespace()
    wanted = server.kustomization(namespace, "web")
    wanted["metadata"]["finalizers"] = ["finalizers.fluxcd.io"]
    await server.create(wanted)
    path = server.path("Kustomization", namespace, "web")
    marked = (await server.ask("DELETE", path)).json
    assert (marked["kind"], marked["metadata"]["generation"]) == ("Kustomization", 2)
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 0
    assert (await server.get(path)).json == marked
    last = await server.patch("Kustomization", namespace, "web", {"metadata": {"finalizers": None}})
    assert last["metadata"]["resourceVersion"] == marked["metadata"]["resourceVersion"]
    assert (await server.get(path)).status == 404


async def test_collections_are_deleted_by_selector(server):
    namespace = await server.namespace()
    await three(server, namespace)
    path = server.path("Kustomization", namespace)
    answer = await server.ask("DELETE", path, params={"labelSelector": "tier=one"})
    assert (answer.status, answer.json["kind"], names(answer.json["items"])) == (200, "KustomizationList", ["a", "c"])
    assert names((await server.get(path)).json["items"]) == ["b"]


async def test_a_namespace_is_terminating_before_it_is_gone(server):
    namespace = await server.namespace()
    wanted = server.kustomization(namespace, "web")
    wanted["metadata"]["finalizers"] = ["finalizers.fluxcd.io"]
    await server.create(wanted)
    answer = await server.ask("DELETE", server.path("Namespace", "", namespace))
    assert (answer.status, answer.json["status"]["phase"]) == (200, "Terminating")
    assert (await server.get(server.path("Namespace", "", namespace))).json["status"]["phase"] == "Terminating"
    answer = await server.ask(
        "POST", server.path("Kustomization", namespace), json=server.kustomization(namespace, "late")
    )
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    assert (answer.status, answer.json["message"]) == (403, f'{GROUP} "late" is forbidden: {why}')


async def test_methods_that_make_no_sense(server):
    answer = await server.ask("PUT", "/version", json={})
    text = "the server does not allow this method on the requested resource"
    assert answer.json == refusal(405, "MethodNotAllowed", text, details={})
