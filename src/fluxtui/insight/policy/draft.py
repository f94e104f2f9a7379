"""An exception for one violation as YAML to copy or save, of the generation that its policy heeds. Never applied.

As narrow as it can be and still work: one object by kind, namespace and name, and of controllers what they make, for
Kyverno judges every ReplicaSet and Pod by itself, too. It ends on a day and says why it is there. Sources: the CRDs of
Kyverno 1.19 (kyverno.io/v2, policies.kyverno.io/v1 PolicyException); facts: kyverno-oci §A, *Exceptions*.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from fluxtui.insight.policy.controls import EXCEPTABLE, OF_CONTAINERS, control_names
from fluxtui.insight.policy.exceptions import AUTOGEN, LEGACY_KINDS, named_policy
from fluxtui.insight.policy.idle import TTL
from fluxtui.insight.policy.model import Violation
from fluxtui.kinds.policy.exceptions import OTHER_STYLE
from fluxtui.kinds.policy.policies import CEL, LEGACY
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.text import line

DAYS = 30
"""How long a draft lasts unless told."""
ENGINE = "kyverno"
"""The namespace of exceptions for objects that are in none."""
FILL_IN = "FILL IN: why this is needed"
RULE_NAME = 63
"""Characters of a rule's name: Kyverno cuts what it makes."""
NAME = 63
"""Characters of the name of a draft; Kubernetes would take 253."""

MAKES: dict[str, tuple[str, ...]] = {
    "CronJob": ("Job", "Pod"),
    "Deployment": ("ReplicaSet", "Pod"),
    "DaemonSet": ("Pod",),
    "Job": ("Pod",),
    "ReplicaSet": ("Pod",),
    "ReplicationController": ("Pod",),
    "StatefulSet": ("Pod",),
}
"""What controllers of pods make, by kind: each is judged by itself."""
GROUPS = {"CronJob": "batch", "Job": "batch", "Pod": "", "ReplicationController": ""}
"""The API group of those, ``apps`` otherwise."""


class NoDraft(Exception):  # noqa: N818 - an answer, not an error: the text says why there is no such exception
    """There is no exception to draft; the text says why."""


class Draft(msgspec.Struct, frozen=True):
    """A draft: its text, and the name of a file for it without a folder."""

    namespace: str
    name: str
    text: str

    @property
    def file(self) -> str:
        """``exception-NAME.yaml``."""
        return f"exception-{self.name}.yaml"


class Why(msgspec.Struct, frozen=True):
    """What a draft says of itself: why it is needed, a ticket, who agreed, when it ends (epoch seconds)."""

    reason: str = ""
    ticket: str = ""
    approved_by: str = ""
    expires: int = 0

    @property
    def told(self) -> dict[str, str]:
        """By key, as ``properties`` of policies.kyverno.io have them."""
        more = {"ticket": self.ticket, "approved-by": self.approved_by}
        return {"reason": self.reason or FILL_IN, **{key: value for key, value in more.items() if value}}


def draft(
    violation: Violation,
    now: float,
    why: Why | None = None,
    *,
    made_by: Sequence[Subject] = (),
    images: Mapping[str, Sequence[str]] | None = None,
    version: str = "",
) -> Draft:
    """Draft an exception. Raises `NoDraft`.

    `made_by` is what made the object, step by step (`model.Known.made_by`): the exception is for the last of them.
    `images` are those of each violated control, by the control's name; without them an entry is for every image.
    `version` is that of the API that the cluster serves, by default the preferred one.
    """
    why = why or Why()
    if not why.expires:
        why = msgspec.structs.replace(why, expires=int(now) + DAYS * 86_400)
    kind, policy_namespace, name = named_policy(violation)
    if refused := refusal(violation):
        raise NoDraft(refused)
    controller = next((each for each in reversed(made_by) if each.kind in MAKES), violation.subject)
    namespace = controller.namespace or (controller.name if controller.kind == "Namespace" else "")
    meta = {
        "name": _called(f"{name}-{controller.kind}-{controller.name}"),
        "namespace": namespace or policy_namespace or ENGINE,
    }
    legacy = kind in LEGACY_KINDS
    made = controller.kind in MAKES and (violation.autogen or violation.subject.kind in ("Pod", *MAKES))
    if legacy:
        body, notes = _legacy(violation, controller, meta, why, images or {}, made=made)
    else:
        body, notes = _cel(violation, controller, meta, why, made=made)
    body["apiVersion"] = f"{LEGACY if legacy else CEL}/{version or _preferred(legacy=legacy)}"
    head = [
        f"An exception from {kind} {violation.policy.partition('/')[2].lstrip('/')}, drafted from a report. Nothing was"
        f" applied: it belongs into Git.",
        f"The violation: {violation.subject.kind} {_ref(violation.subject)} in {violation.cluster}:"
        f" {violation.finding.message}",
        *notes,
    ]
    if not namespace:
        head.append("The object is in no namespace: choose one from which the engine heeds exceptions.")
    head.append("The engine heeds exceptions where it was told to (enablePolicyException, exceptionNamespace).")
    return Draft(meta["namespace"], meta["name"], _yaml(head, body))


def refusal(violation: Violation) -> str:
    """Why there is no exception for a violation, empty if there is."""
    kind, _, _ = named_policy(violation)
    if violation.finding.result == "skip":
        return "it is excepted, or skipped, already"
    if not kind:
        return f"exceptions are Kyverno's: this was found by {violation.finding.check.source or 'another engine'}"
    if kind not in LEGACY_KINDS and not kind.endswith(POLICY_ENDINGS):
        return f"there are no exceptions from a {kind}: its bindings and parameters say where it holds"
    return ""


POLICY_ENDINGS = ("ValidatingPolicy", "MutatingPolicy", "GeneratingPolicy", "DeletingPolicy")


def _preferred(*, legacy: bool) -> str:
    return POLICY_KINDS["PolicyException" if legacy else OTHER_STYLE].versions[0]


# --- the two generations


def _legacy(
    violation: Violation,
    controller: Subject,
    meta: dict[str, Any],
    why: Why,
    images: Mapping[str, Sequence[str]],
    *,
    made: bool,
) -> tuple[dict[str, Any], list[str]]:
    day = datetime.fromtimestamp(why.expires, UTC).strftime("%Y-%m-%d")
    _, namespace, name = named_policy(violation)
    filters = [_resources(controller, controller.name, controller.kind)]
    notes = [
        f"kyverno.io/v2 has no field for an end: on {day} Kyverno's cleanup controller deletes it by its label, if it"
        f" may. What Flux delivers comes back: take it out of Git by then."
    ]
    if made:
        filters += [_resources(controller, f"{controller.name}-*", each) for each in MAKES[controller.kind]]
        notes.append(
            f"What {controller.kind} {controller.name} makes is judged, too: {controller.name}-* also matches what"
            f" others make whose names begin so."
        )
    spec: dict[str, Any] = {
        "exceptions": [
            {"policyName": f"{namespace}/{name}" if namespace else name, "ruleNames": _rules(violation, made=made)}
        ],
        "match": {"any": [{"resources": each} for each in filters]},
    }
    controls = control_names(violation.finding.controls)
    nameless = [each for each in controls if each not in EXCEPTABLE]
    if nameless:
        notes.append(f"The whole rule is excepted: exceptions have no name for {', '.join(nameless)}.")
    elif controls:
        spec["podSecurity"] = [
            {
                "controlName": each,
                **({"images": list(images.get(each) or ("*",))} if each in OF_CONTAINERS else {}),
            }
            for each in controls
        ]
        if any(each in OF_CONTAINERS and not images.get(each) for each in controls):
            notes.append('images: "*" is for every container: name the image that needs it.')
    whole = {**meta, "labels": {TTL: day}, "annotations": {**why.told, "expires": _time(why.expires)}}
    return {"apiVersion": "", "kind": "PolicyException", "metadata": whole, "spec": spec}, notes


def _resources(controller: Subject, name: str, kind: str) -> dict[str, Any]:
    """A filter of one kind by name, in the object's namespace."""
    group = controller.group if kind == controller.kind else GROUPS.get(kind, "apps")
    inside = {"namespaces": [controller.namespace]} if controller.namespace else {}
    return {"kinds": [f"{group}/*/{kind}" if group else kind], **inside, "names": [name]}


def _rules(violation: Violation, *, made: bool) -> list[str]:
    """The rule as it is reported, as it is written, and as Kyverno makes it for controllers."""
    own = violation.rule
    forms = [own, violation.finding.check.rule]
    if made and own:
        forms.append(f"{AUTOGEN}{own}"[:RULE_NAME])
        if violation.subject.kind == "CronJob" or violation.finding.check.rule.startswith(f"{AUTOGEN}cronjob-"):
            forms.append(f"{AUTOGEN}cronjob-{own}"[:RULE_NAME])
    return list(dict.fromkeys(each for each in forms if each)) or ["*"]


def _cel(
    violation: Violation, controller: Subject, meta: dict[str, Any], why: Why, *, made: bool
) -> tuple[dict[str, Any], list[str]]:
    kind, _, name = named_policy(violation)
    itself = f"object.kind == {_cel_text(controller.kind)} && object.metadata.name == {_cel_text(controller.name)}"
    notes: list[str] = []
    conditions: list[tuple[str, str]] = []
    if controller.namespace:
        conditions.append(("namespace", f"object.metadata.namespace == {_cel_text(controller.namespace)}"))
    if made:
        kinds = ", ".join(map(_cel_text, MAKES[controller.kind]))
        begins = _cel_text(f"{controller.name}-")
        itself = f"({itself}) || (object.kind in [{kinds}] && object.metadata.name.startsWith({begins}))"
        notes.append(
            f"What {controller.kind} {controller.name} makes is judged, too: names that begin with {controller.name}-"
            f" may be of others as well."
        )
    conditions.append(("object", itself))
    spec: dict[str, Any] = {
        "policyRefs": [{"kind": kind, "name": name}],
        "matchConditions": [{"name": title, "expression": text} for title, text in conditions],
        "expiresAt": _time(why.expires),
        "reportResult": "skip",
        "properties": why.told,
    }
    return {"apiVersion": "", "kind": "PolicyException", "metadata": meta, "spec": spec}, notes


# --- text


def _cel_text(text: str) -> str:
    """A string literal of CEL: JSON's, but for characters beyond ASCII, which stand for themselves."""
    return json.dumps(text, ensure_ascii=False)


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ref(subject: Subject) -> str:
    return f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name


def _called(text: str) -> str:
    """A name that Kubernetes takes; one that had to be changed ends with a digest of what it was."""
    name = re.sub(r"[^a-z0-9.-]+", "-", text.lower())
    name = re.sub(r"[-.]*\.[-.]*", ".", name).strip("-.")
    if name == text.lower() and len(name) <= NAME:
        return name
    return f"{name[: NAME - 9].rstrip('-.')}-{sha256(text.encode()).hexdigest()[:8]}".lstrip("-.")


PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*")
WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "infinity", "nan"})


def _yaml(head: Sequence[str], body: dict[str, Any]) -> str:
    """A document: comments, then the object. Texts that some reader of YAML takes for something else are quoted."""
    import yaml

    class Writer(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        plain = PLAIN.fullmatch(value) and value.lower() not in WORDS
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')

    Writer.add_representer(str, text)
    written = yaml.dump(body, Dumper=Writer, sort_keys=False, allow_unicode=True, width=100)
    comments = "".join(f"# {line(' '.join(each.split()))}\n" for each in head)
    return f"{comments}{written}"


__all__ = ["Draft", "NoDraft", "Why", "draft", "refusal"]
