"""Access reviews: what somebody may do, asked by themselves."""

import msgspec
from aiohttp import web

from fluxtui.simulator import answers, fields, refusals
from fluxtui.simulator.access import MASTERS, Access, Attempt, User
from fluxtui.simulator.shapes import Json, as_map, dig

_KINDS = {
    "selfsubjectaccessreviews": "SelfSubjectAccessReview",
    "selfsubjectrulesreviews": "SelfSubjectRulesReview",
}
PLURALS = frozenset(_KINDS)
_API = "authorization.k8s.io/v1"
_SELF: list[Json] = [
    {
        "verbs": ["create"],
        "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    },
    {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
]
_DISCOVERY: list[Json] = [
    {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"]},
    {
        "verbs": ["get"],
        "nonResourceURLs": [
            "/api",
            "/api/*",
            "/apis",
            "/apis/*",
            "/healthz",
            "/livez",
            "/openapi",
            "/openapi/*",
            "/readyz",
            "/version",
            "/version/",
        ],
    },
]


async def answer(request: web.BaseRequest, plural: str, user: User, access: Access, now: str) -> web.Response:
    """The answer to a review that is posted; ``now`` is the time as the API writes it."""
    if request.method != "POST":
        raise refusals.method_not_allowed()
    try:
        body = as_map(msgspec.json.decode(await request.read())) or {}
    except msgspec.DecodeError:
        raise refusals.bad_request(
            "couldn't get version/kind; json parse error: unexpected end of JSON input"
        ) from None
    head: Json = {"kind": _KINDS[plural], "apiVersion": _API}
    if plural == "selfsubjectrulesreviews":
        status = rules(user, access, str(dig(body, "spec", "namespace") or ""))
        return answers.document(request, head | {"metadata": {}, "spec": {}, "status": status}, status=201)
    spec: Json = as_map(body.get("spec")) or {}
    allowed, why = access.allows(user, _attempt(spec))
    status = {"allowed": allowed} | ({"reason": why} if why else {})
    manager = request.headers.get("User-Agent", "unknown").partition("/")[0]
    owned = fields.difference({"spec": {}}, {"spec": spec})[0]
    owned = {"f:spec": {key: value for key, value in owned.get("f:spec", {}).items() if key != "."}}
    metadata = {"managedFields": [fields.Author(manager, "Update", _API).entry(owned, now)]}
    return answers.document(request, head | {"metadata": metadata, "spec": spec, "status": status}, status=201)


def _attempt(spec: Json) -> Attempt:
    wanted = as_map(spec.get("resourceAttributes"))
    if wanted is None:
        asked = as_map(spec.get("nonResourceAttributes")) or {}
        return Attempt(str(asked.get("verb", "")), path=str(asked.get("path", "")))
    told = {key: str(value) for key, value in wanted.items()}
    return Attempt(
        told.get("verb", ""),
        told.get("group", ""),
        told.get("resource", ""),
        told.get("subresource", ""),
        told.get("namespace", ""),
        told.get("name", ""),
    )


def rules(user: User, access: Access, namespace: str) -> Json:
    """All that a user may do in a namespace."""
    resources: list[Json] = []
    paths: list[Json] = []
    if MASTERS in user.groups:
        resources.append({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})
        paths.append({"verbs": ["*"], "nonResourceURLs": ["*"]})
    for rule in access.rules(user):
        if rule.namespace not in ("", namespace):
            continue
        if rule.paths:
            paths.append({"verbs": list(rule.verbs), "nonResourceURLs": list(rule.paths)})
        if rule.resources:
            told: Json = {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
            resources.append(told | ({"resourceNames": list(rule.names)} if rule.names else {}))
    return {"resourceRules": resources + _SELF, "nonResourceRules": paths + _DISCOVERY, "incomplete": False}
