"""POST, PUT, PATCH and DELETE."""

import base64
from typing import Any

import msgspec
import yaml
from aiohttp import web

from fluxtui.simulator import admission, answers, patches, refusals, selectors
from fluxtui.simulator.calls import ACCEPTED, Call
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.shapes import Json, as_list, as_map, dig

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_ASSIGNED = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "managedFields", "selfLink")


def manager_of(call: Call) -> str:
    """Who is recorded as the writer: the field manager that is given, else the client's name."""
    agent = call.request.headers.get("User-Agent", "unknown")
    return call.query.get("fieldManager") or agent.partition("/")[0]


async def create(call: Call, objects: Objects) -> web.StreamResponse:
    """POST. Raises `refusals.Refusal`."""
    if call.target.subresource or call.target.name:
        raise refusals.method_not_allowed()
    _check_dry_run(call, "CreateOptions")
    obj = await _read_object(call)
    obj = admission.default(call.resource, _placed(call, obj, objects))
    admission.check(call.resource, obj)
    created = objects.create(obj, manager=manager_of(call), dry_run=call.dry_run)
    return await answers.object_answer(call, created, objects.now(), status=201)


def _placed(call: Call, obj: Json, objects: Objects) -> Json:
    """The object in the namespace of the request, without what only the server assigns."""
    resource, target = call.resource, call.target
    meta: Json = {key: value for key, value in (as_map(obj.get("metadata")) or {}).items() if key not in _ASSIGNED}
    if meta.pop("resourceVersion", ""):
        raise refusals.Refusal(500, "", "resourceVersion should not be set on objects to be created")
    if resource.namespaced:
        if meta.setdefault("namespace", target.namespace) != target.namespace:
            why = "the namespace of the provided object does not match the namespace sent on the request"
            raise refusals.bad_request(why)
        _check_namespace(call, objects, str(meta.get("name") or ""))
    if "status" in resource.subresources:
        obj = {key: value for key, value in obj.items() if key != "status"}
    if resource.kind == "Secret":
        obj = _secret(obj)
    return obj | {"metadata": meta}


def _check_namespace(call: Call, objects: Objects, name: str) -> None:
    namespace = objects.get("Namespace", "", call.target.namespace)
    if namespace is None:
        raise refusals.not_found("namespaces", "", call.target.namespace)
    if "deletionTimestamp" in namespace["metadata"]:
        where = call.target.namespace
        why = f"unable to create new content in namespace {where} because it is being terminated"
        raise refusals.forbidden(call.resource.plural, call.resource.group, name, why)


def _secret(obj: Json) -> Json:
    plain: Json = as_map(obj.get("stringData")) or {}
    data: Json = dict(as_map(obj.get("data")) or {})
    data |= {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
    kept = {key: value for key, value in obj.items() if key != "stringData"}
    return kept | ({"data": data} if data else {})


async def update(call: Call, objects: Objects) -> web.StreamResponse:
    """PUT, of the object or of its status. Raises `refusals.Refusal`."""
    resource, target = call.resource, call.target
    subresource = _subresource(call)
    _check_dry_run(call, "UpdateOptions")
    obj = await _read_object(call)
    meta: Json = as_map(obj.get("metadata")) or {}
    _check_name(call, meta)
    if objects.get(resource.key, target.namespace, target.name) is None:
        raise refusals.not_found(resource.plural, resource.group, target.name)
    if resource.custom and not meta.get("resourceVersion"):
        rule = ("metadata.resourceVersion", "Invalid value: 0: must be specified for an update", "FieldValueInvalid")
        raise refusals.invalid(resource.plural, resource.group, target.name, [rule])
    if resource.namespaced:
        obj = obj | {"metadata": meta | {"namespace": target.namespace}}
    if not subresource:
        obj = admission.default(resource, _secret(obj) if resource.kind == "Secret" else obj)
        admission.check(resource, obj)
    stored = objects.update(obj, subresource=subresource, manager=manager_of(call), dry_run=call.dry_run)
    return await answers.object_answer(call, stored, objects.now())


async def patch(call: Call, objects: Objects) -> web.StreamResponse:
    """PATCH in all its forms. Raises `refusals.Refusal`."""
    resource, target = call.resource, call.target
    accepted = (JSON_PATCH, MERGE_PATCH, *(() if resource.custom else (STRATEGIC_PATCH,)), APPLY_PATCH)
    form = call.request.headers.get("Content-Type", "").partition(";")[0]
    if form not in accepted:
        raise refusals.unsupported_media_type(accepted)
    if not target.name:
        raise refusals.bad_request("name must be provided")
    subresource = _subresource(call)
    _check_dry_run(call, "PatchOptions")
    body = await call.request.read()
    if form == APPLY_PATCH:
        return await _apply(call, objects, body, subresource)
    before = objects.get(resource.key, target.namespace, target.name)
    if before is None:
        raise refusals.not_found(resource.plural, resource.group, target.name)
    after = _patched(before, form, body)
    meta: Json = as_map(after.get("metadata")) or {}
    _check_name(call, meta)
    if meta.get("uid") != before["metadata"]["uid"]:
        rule = ("metadata.uid", f'Invalid value: "{meta.get("uid", "")}": field is immutable', "FieldValueInvalid")
        raise refusals.invalid(resource.kind, resource.group, target.name, [rule])
    if not subresource:
        admission.check(resource, after)
    stored = objects.update(after, subresource=subresource, manager=manager_of(call), dry_run=call.dry_run)
    return await answers.object_answer(call, stored, objects.now())


def _patched(before: Json, form: str, body: bytes) -> Json:
    try:
        content = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise refusals.bad_request("error decoding patch: unexpected end of JSON input") from None
    if form == JSON_PATCH:
        operations = as_list(content)
        if operations is None:
            raise _mistyped(content, "[]handlers.jsonPatchOp")
        try:
            return patches.json_patch(before, operations)
        except patches.PatchFailed:
            text = "the server rejected our request due to an error in our request"
            raise refusals.Refusal(422, "Invalid", text, details={}) from None
    if as_map(content) is None:
        raise _mistyped(content, "map[string]interface {}")
    return patches.merge(before, content)


def _mistyped(content: Any, wanted: str) -> refusals.Refusal:
    names: dict[str, str] = {"dict": "object", "list": "array", "str": "string", "bool": "bool", "NoneType": "null"}
    found = names.get(type(content).__name__, "number")
    return refusals.bad_request(f"error decoding patch: json: cannot unmarshal {found} into Go value of type {wanted}")


async def _apply(call: Call, objects: Objects, body: bytes, subresource: str) -> web.StreamResponse:
    resource, target = call.resource, call.target
    manager = call.query.get("fieldManager", "")
    if not manager:
        rule = ("fieldManager", "Required value: is required for apply patch", "FieldValueRequired")
        raise refusals.invalid("PatchOptions", "meta.k8s.io", "", [rule])
    obj = _decoded(call, body, "application/yaml")
    _check_type(call, obj)
    meta: Json = as_map(obj.get("metadata")) or {}
    _check_name(call, meta)
    if meta.get("managedFields"):
        raise refusals.bad_request("metadata.managedFields must be nil")
    present = objects.get(resource.key, target.namespace, target.name)
    if resource.namespaced:
        meta = meta | {"namespace": target.namespace}
        if present is None:
            _check_namespace(call, objects, target.name)
    obj = obj | {"metadata": meta, "apiVersion": resource.api_version}
    admission.check(resource, patches.merge(present or {}, obj))
    stored, created = objects.apply(
        obj,
        manager=manager,
        force=call.flag("force"),
        subresource=subresource,
        complete=lambda new: admission.default(resource, new),
        dry_run=call.dry_run,
    )
    return await answers.object_answer(call, stored, objects.now(), status=201 if created else 200)


async def delete(call: Call, objects: Objects) -> web.StreamResponse:
    """DELETE of one object. Raises `refusals.Refusal`."""
    resource, target = call.resource, call.target
    if target.subresource:
        raise refusals.method_not_allowed()
    _check_dry_run(call, "DeleteOptions")
    options = await _read_options(call)
    live = objects.get(resource.key, target.namespace, target.name)
    if live is None:
        raise refusals.not_found(resource.plural, resource.group, target.name)
    uid, found = str(dig(options, "preconditions", "uid") or ""), live["metadata"]["uid"]
    if uid and uid != found:
        named = f'{refusals.qualified(resource.kind, resource.group)} "{target.name}"'
        why = f"the UID in the precondition ({uid}) does not match the UID in record ({found})"
        text = f"Operation cannot be fulfilled on {named}: {why}. The object might have been deleted and then recreated"
        details = {"name": target.name, "group": resource.group, "kind": resource.kind}
        raise refusals.Conflict(409, "Conflict", text, details={key: value for key, value in details.items() if value})
    version = str(dig(options, "preconditions", "resourceVersion") or "")
    dry_run = call.dry_run or bool(dig(options, "dryRun"))
    last = objects.delete(resource.key, target.namespace, target.name, version=version, dry_run=dry_run)
    if "deletionTimestamp" in last["metadata"] or resource.kind in ("Namespace", "Pod"):
        return await answers.object_answer(call, last, objects.now())
    details = {"name": target.name, "group": resource.group, "kind": resource.plural, "uid": found}
    told: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return answers.document(call.request, told | {"details": {key: value for key, value in details.items() if value}})


async def delete_collection(call: Call, objects: Objects) -> web.StreamResponse:
    """DELETE of all that selectors match: answered with the list of what there was."""
    match = selectors.both(
        selectors.labels(call.query.get("labelSelector", "")),
        selectors.fields(call.query.get("fieldSelector", ""), call.resource),
    )
    found = [
        stored
        for stored in objects.shelf(call.resource.key).within(call.namespace)
        if match is None or match(stored.obj)
    ]
    for stored in found:
        meta = stored.obj["metadata"]
        objects.delete(call.resource.key, meta.get("namespace", ""), meta["name"], dry_run=call.dry_run)
    return await answers.list_answer(call, found, {"resourceVersion": str(objects.version)}, objects.now())


# -- bodies --------------------------------------------------------------------------------------------------------


def _subresource(call: Call) -> str:
    """The subresource that is written. Raises `refusals.Refusal` (405) for those that cannot be."""
    if call.target.subresource in ("", "status"):
        return call.target.subresource
    raise refusals.method_not_allowed()


async def _read_object(call: Call) -> Json:
    form = call.request.headers.get("Content-Type", "application/json").partition(";")[0]
    if form not in ("application/json", "application/yaml"):
        raise refusals.unsupported_media_type(ACCEPTED)
    obj = _decoded(call, await call.request.read(), form)
    _check_type(call, obj)
    return obj


def _decoded(call: Call, body: bytes, form: str) -> Json:
    try:
        content = yaml.load(body, Loader=_Loader) if form == "application/yaml" else msgspec.json.decode(body)  # noqa: S506
    except (yaml.YAMLError, msgspec.DecodeError, UnicodeDecodeError):
        content = None
    obj = as_map(content)
    if obj is None:
        told = body[:100].decode(errors="replace") or "<empty>"
        why = f"couldn't get version/kind; json parse error: unexpected end of JSON input ({told})"
        raise refusals.bad_request(f"the object provided is unrecognized (must be of type {call.resource.kind}): {why}")
    return obj


class _Loader(yaml.CSafeLoader):
    """YAML as Kubernetes reads it: timestamps stay text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's own table, less the timestamps)
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _check_type(call: Call, obj: Json) -> None:
    told = str(obj.setdefault("apiVersion", call.api_version))
    if told != call.api_version:
        why = f"the API version in the data ({told}) does not match the expected API version ({call.api_version})"
        raise refusals.bad_request(why)
    kind = obj.setdefault("kind", call.resource.kind)
    if kind != call.resource.kind:
        why = f"kind in data ({kind}) does not match the expected kind ({call.resource.kind})"
        raise refusals.bad_request(why)


def _check_name(call: Call, meta: Json) -> None:
    if meta.get("name", "") != call.target.name:
        why = f"the name of the object ({meta.get('name', '')}) does not match the name on the URL ({call.target.name})"
        raise refusals.bad_request(why)


def _check_dry_run(call: Call, options: str) -> None:
    told = call.query.get("dryRun")
    if told is not None and told != "All":
        rule = ("dryRun", f'Unsupported value: ["{told}"]: supported values: "All"', "FieldValueNotSupported")
        raise refusals.invalid(options, "meta.k8s.io", "", [rule])


async def _read_options(call: Call) -> Json:
    body = await call.request.read()
    if not body:
        return {}
    try:
        return as_map(msgspec.json.decode(body)) or {}
    except msgspec.DecodeError:
        raise refusals.bad_request(
            "couldn't get version/kind; json parse error: unexpected end of JSON input"
        ) from None
