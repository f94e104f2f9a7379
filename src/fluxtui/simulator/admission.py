"""What the server itself does to an object on its way in: defaults, and the rules of its kind that are checked here.

A real server checks custom resources against their whole schema. Here it is names, the fields that are required, and
the form of durations: what people get wrong, and what clients must be able to show.
"""

import re

from fluxtui.simulator import refusals
from fluxtui.simulator.registry import EXTENSIONS, HELM, IMAGE, KUSTOMIZE, NOTIFICATION, OPERATOR, SOURCE
from fluxtui.simulator.resources import Resource
from fluxtui.simulator.shapes import Json, dig

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_DURATION_RULE = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"
_DURATION = re.compile(_DURATION_RULE)
_DURATIONS = ("interval", "timeout", "retryInterval", "requeueAfter")
_REQUIRED: dict[str, tuple[str, ...]] = {
    "Kustomization": ("interval", "prune", "sourceRef"),
    "HelmRelease": ("interval",),
    "GitRepository": ("interval", "url"),
    "OCIRepository": ("interval", "url"),
    "Bucket": ("bucketName", "endpoint", "interval"),
    "HelmChart": ("chart", "interval", "sourceRef"),
    "ImageRepository": ("image", "interval"),
    "ImagePolicy": ("imageRepositoryRef", "policy"),
    "ImageUpdateAutomation": ("interval", "sourceRef"),
    "FluxInstance": ("distribution",),
    "ResourceSetInputProvider": ("type",),
}
_TOOLKIT = frozenset((SOURCE, KUSTOMIZE, HELM, IMAGE, NOTIFICATION))
_FLUX = _TOOLKIT | {EXTENSIONS, OPERATOR}


def default(resource: Resource, obj: Json) -> Json:
    """The object with what its kind has without being told."""
    if resource.kind == "Namespace":
        meta: Json = obj["metadata"]
        labels: Json = {**(meta.get("labels") or {}), "kubernetes.io/metadata.name": meta.get("name", "")}
        obj = {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}} | obj
        return obj | {"metadata": meta | {"labels": labels}}
    if resource.kind == "Secret":
        return {"type": "Opaque"} | obj
    if resource.kind == "Kustomization" and isinstance(obj.get("spec"), dict):
        obj = obj | {"spec": {"force": False} | obj["spec"]}
    if resource.group in _TOOLKIT and "status" in resource.subresources and "status" not in obj:
        obj = obj | {"status": {"observedGeneration": -1}}
    return obj


def check(resource: Resource, obj: Json) -> None:
    """Raises `refusals.Invalid` with every rule that the object breaks."""
    meta: Json = obj.get("metadata") or {}
    name = str(meta.get("name") or "")
    causes: list[tuple[str, str, str]] = []
    if not name and not meta.get("generateName"):
        causes.append(("metadata.name", "Required value: name or generateName is required", "FieldValueRequired"))
    elif name and ":" not in name and (len(name) > 253 or not _NAME.fullmatch(name)):
        causes.append(("metadata.name", f'Invalid value: "{name}": {_NAME_RULE}', "FieldValueInvalid"))
    if resource.group in _FLUX:
        causes += _check_spec(resource, obj)
    if causes:
        raise refusals.invalid(resource.kind, resource.group, name, causes)


def _check_spec(resource: Resource, obj: Json) -> list[tuple[str, str, str]]:
    causes = [
        (f"spec.{field}", "Required value", "FieldValueRequired")
        for field in _REQUIRED.get(resource.kind, ())
        if dig(obj, "spec", field) is None
    ]
    for field in _DURATIONS:
        value = dig(obj, "spec", field)
        if isinstance(value, str) and not _DURATION.match(value):
            rule = f"Invalid value: \"{value}\": spec.{field} in body should match '{_DURATION_RULE}'"
            causes.append((f"spec.{field}", rule, "FieldValueInvalid"))
    return causes
