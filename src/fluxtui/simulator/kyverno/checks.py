"""What the rules of the demo's policies look at, by the names of policy and rule, in Kyverno's own words.

The words are those of Kyverno 1.19, as recorded: a pattern tells the path at which it failed, Pod Security tells every
control, an expression tells its message alone.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from fluxtui.simulator.kyverno.rules import Rule
from fluxtui.simulator.shapes import Json, dig, map_at, maps_at

UNSIGNED = frozenset(("registry.example.com/memcached", "registry.example.com/report-mailer"))
"""Images that nobody signed."""
UNREADABLE = frozenset(("registry.example.com/velero",))
"""Images whose signatures cannot be fetched."""


class Finding(msgspec.Struct, frozen=True):
    """What a rule finds: ``pass``, ``fail`` or ``error``, in which words, with which properties."""

    result: str
    message: str
    properties: dict[str, str] = {}


class Subject(msgspec.Struct, frozen=True):
    """An object, the pod that it is or makes, and where in it that pod is told."""

    obj: Json
    rule: Rule

    @property
    def template(self) -> Json:
        """The pod: metadata and spec."""
        return map_at(self.obj, "spec", "template") if self.obj["kind"] == "Deployment" else self.obj

    @property
    def root(self) -> str:
        """The path of the pod: empty for a pod itself."""
        return "/spec/template" if self.obj["kind"] == "Deployment" else ""

    @property
    def containers(self) -> list[Json]:
        """The pod's containers."""
        return maps_at(self.template, "spec", "containers")

    @property
    def images(self) -> list[str]:
        """The pod's images."""
        return [str(container.get("image", "")) for container in self.containers]

    def pattern(self, message: str, path: str, *, ok: bool) -> Finding:
        """What a pattern tells that holds, or does not at a path."""
        name = self.rule.name
        if ok:
            return Finding("pass", f"validation rule '{name}' passed.")
        return Finding("fail", f"validation error: {message}. rule {name} failed at path {path}")

    def each(self, message: str, *, ok: bool) -> Finding:
        """What a pattern for each container tells, about its image."""
        if ok:
            return Finding("pass", "rule passed")
        said = f"validation failure: validation error: {message}. rule {self.rule.name} failed at path /image/"
        return Finding("fail", said)

    def expression(self, message: str, *, ok: bool) -> Finding:
        """What a CEL validation tells."""
        return Finding("pass", "success") if ok else Finding("fail", message, {"cel.validationIndex": "0"})


def judge(rule: Rule, obj: Json) -> Finding | None:
    """What a rule says of an object that it applies to; None for a rule that is not modelled."""
    check = CHECKS.get(rule.check)
    return check(Subject(obj, rule)) if check is not None else None


def _labelled(message: str, label: str) -> Callable[[Subject], Finding]:
    def check(about: Subject) -> Finding:
        ok = bool(map_at(about.template, "metadata", "labels").get(label))
        return about.pattern(message, f"{about.root}/metadata/labels/{label}/", ok=ok)

    return check


def _tagged(about: Subject) -> Finding:
    ok = all(":" in image.rpartition("/")[2] or "@" in image for image in about.images)
    return about.each("an image tag is required", ok=ok)


def _not_latest(about: Subject) -> Finding:
    return about.each("the tag latest is not allowed", ok=not any(image.endswith(":latest") for image in about.images))


def _limited(container: Json) -> bool:
    return bool(map_at(container, "resources", "limits"))


def _limits(about: Subject) -> Finding:
    if not about.rule.legacy:
        return about.expression("limits are required", ok=all(map(_limited, about.containers)))
    missing = next((number for number, each in enumerate(about.containers) if not _limited(each)), None)
    path = f"{about.root}/spec/containers/{missing or 0}/resources/limits/"
    return about.pattern("limits are required", path, ok=missing is None)


def _probed(about: Subject) -> Finding:
    missing = next((n for n, each in enumerate(about.containers) if not each.get("readinessProbe")), None)
    path = f"{about.root}/spec/containers/{missing or 0}/readinessProbe/"
    return about.pattern("a readiness probe is required", path, ok=missing is None)


def _host_paths(about: Subject) -> Finding:
    found = any("hostPath" in volume for volume in maps_at(about.template, "spec", "volumes"))
    return Finding("fail", "host paths are not allowed") if found else Finding("pass", "")


def _replicas(about: Subject) -> Finding:
    return about.expression("at most ten replicas are allowed", ok=(dig(about.obj, "spec", "replicas") or 1) <= 10)


def _signed(about: Subject) -> Finding:
    bare = {image.partition("@")[0].rpartition(":")[0]: image for image in about.images}
    unread = next((image for name, image in bare.items() if name in UNREADABLE), "")
    unsigned = next((image for name, image in bare.items() if name in UNSIGNED), "")
    if unread:
        said = (
            f'error: failed to fetch image {unread}: Get "https://registry.example.com/v2/": context deadline exceeded'
        )
        return Finding("error", said)
    if not about.rule.legacy:
        said = "the image is not signed by acme's release workflow"
        return Finding("fail", said) if unsigned else Finding("pass", "success")
    if unsigned:
        why = ".attestors[0].entries[0].keyless: no matching signatures: no signatures found"
        return Finding("fail", f"failed to verify image {unsigned}: {why}")
    return Finding("pass", f"verified image signatures for {', '.join(bare.values())}")


class _Control(msgspec.Struct, frozen=True):
    """A control of the Pod Security Standards that the demo's pods may violate."""

    id: str
    name: str
    reason: str
    field: str
    holds: Callable[[Json], Any]


_CONTROLS = (
    _Control(
        "allowPrivilegeEscalation", "Privilege Escalation", "allowPrivilegeEscalation != false",
        "allowPrivilegeEscalation", lambda context: context.get("allowPrivilegeEscalation") is False,
    ),
    _Control(
        "capabilities_restricted", "Capabilities", "unrestricted capabilities",
        "capabilities.drop", lambda context: "ALL" in (dig(context, "capabilities", "drop") or ()),
    ),
    _Control(
        "runAsNonRoot", "Running as Non-root", "runAsNonRoot != true",
        "runAsNonRoot", lambda context: context.get("runAsNonRoot"),
    ),
    _Control(
        "seccompProfile_restricted", "Seccomp", "seccompProfile",
        "seccompProfile.type", lambda context: dig(context, "seccompProfile", "type"),
    ),
)  # fmt: skip


def _pod_security(about: Subject) -> Finding:
    asked = map_at(about.rule.body, "validate", "podSecurity")
    excluded = {str(each.get("controlName")) for each in maps_at(asked, "exclude")}
    level, version = str(asked.get("level", "baseline")), str(asked.get("version", "latest"))
    prefix = f"{about.root}/spec".replace("/", ".").removeprefix(".")
    violated: list[tuple[_Control, list[int]]] = []
    for control in _CONTROLS if level == "restricted" else ():
        bad = [
            number for number, each in enumerate(about.containers) if not control.holds(map_at(each, "securityContext"))
        ]
        if bad and control.name not in excluded:
            violated.append((control, bad))
    if not violated:
        return Finding("pass", f"Validation rule '{about.rule.name}' passed.")
    said = "".join(
        f"(Forbidden reason: {control.reason}, field error list: ["
        + ", ".join(f"{prefix}.containers[{n}].securityContext.{control.field}: Required value" for n in bad)
        + "])"
        for control, bad in violated
    )
    told = [
        {"ID": control.id, "Name": control.name, "Images": [about.images[number] for number in bad]}
        for control, bad in violated
    ]
    properties = {
        "controls": ",".join(control.id for control, _ in violated),
        "controlsJSON": msgspec.json.encode(told).decode(),
        "standard": level,
        "version": version,
    }
    words = f"Validation rule '{about.rule.name}' failed. It violates PodSecurity \"{level}:{version}\": {said}"
    return Finding("fail", words, properties)


CHECKS: dict[tuple[str, str], Callable[[Subject], Finding]] = {
    ("require-labels", "check-for-team"): _labelled("label 'team' is required", "team"),
    ("require-labels", "configmap-team"): _labelled("label 'team' is required on ConfigMaps", "team"),
    ("require-labels", "namespace-role"): _labelled(
        "label 'toolkit.fluxcd.io/role' is required on Namespaces", "toolkit.fluxcd.io/role"
    ),
    ("disallow-latest-tag", "require-image-tag"): _tagged,
    ("disallow-latest-tag", "validate-image-tag"): _not_latest,
    ("pod-security", "baseline"): _pod_security,
    ("disallow-host-path", "host-path"): _host_paths,
    ("require-limits", ""): _limits,
    ("require-limits", "validate-limits"): _limits,
    ("verify-images", ""): _signed,
    ("verify-images", "verify-signature"): _signed,
    ("require-probes", "readiness"): _probed,
    ("limit-replicas", ""): _replicas,
}
"""What is checked, by the names of policy and rule."""
