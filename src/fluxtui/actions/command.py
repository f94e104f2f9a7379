"""The commands that do the same as a plan, for whoever may.

They are those of flux and flux-operator where these can do it, of kubectl always, with the plan's very patch. Every
word is quoted for a POSIX shell.
"""

import shlex
from collections.abc import Iterator, Sequence

from fluxtui.actions.plan import Item, Plan, Step
from fluxtui.actions.verbs import WORKLOADS, Verb
from fluxtui.kinds.record import split_id

FLUX_NAMES: dict[str, str] = {
    "Kustomization": "kustomization",
    "HelmRelease": "helmrelease",
    "GitRepository": "source git",
    "OCIRepository": "source oci",
    "Bucket": "source bucket",
    "HelmRepository": "source helm",
    "HelmChart": "source chart",
    "Receiver": "receiver",
    "Alert": "alert",
    "ImageRepository": "image repository",
    "ImagePolicy": "image policy",
    "ImageUpdateAutomation": "image update",
    "ArtifactGenerator": "artifact generator",
}
"""How the flux command calls the kinds that it acts on."""
OPERATOR_NAMES = {"FluxInstance": "instance", "ResourceSet": "resourceset", "ResourceSetInputProvider": "inputprovider"}
FLAGS = {Verb.WITH_SOURCE: ("--with-source",), Verb.FORCE: ("--force",), Verb.RESET: ("--reset",)}
DOES = {Verb.SUSPEND: "suspend", Verb.RESUME: "resume"}


def commands(plan: Plan) -> list[str]:
    """The shortest lines that do what the plan does: one per object, kubectl's where flux has none."""
    return [line for item in plan.todo for line in (_flux(plan.verb, item) or kubectl(item))]


def exact_commands(plan: Plan) -> list[str]:
    """kubectl lines with the plan's very requests, in their order; those that objects share once."""
    return [_kubectl(step) for step in plan.steps]


def kubectl(item: Item) -> list[str]:
    """The requests of one object by kubectl."""
    return [_kubectl(step) for step in item.steps]


def _flux(verb: Verb, item: Item) -> list[str]:
    """The line of flux or flux-operator; none where they cannot do it."""
    kind, namespace, name = split_id(item.identity)
    does, flags = DOES.get(verb, "reconcile"), FLAGS.get(verb, ())
    if kind in OPERATOR_NAMES and not (verb is Verb.FORCE and kind != "ResourceSetInputProvider"):
        words = ["flux-operator", does, OPERATOR_NAMES[kind], name, *flags]
        return [_joined([*words, "--namespace", namespace, "--kube-context", item.cluster])]
    charted = kind == "HelmChart" and verb is Verb.WITH_SOURCE  # flux has no such flag for charts
    if kind not in FLUX_NAMES or charted or (kind == "ArtifactGenerator" and does == "reconcile"):
        return []
    words = ["flux", does, *FLUX_NAMES[kind].split(), name, *flags]
    return [_joined([*words, "--namespace", namespace, "--context", item.cluster])]


def _kubectl(step: Step) -> str:
    kind, namespace, name = split_id(step.identity)
    words = ["kubectl", "--context", step.cluster, *(("--namespace", namespace) if namespace else ())]
    if step.method == "DELETE":
        return _joined([*words, "delete", "pod", name])
    if kind in WORKLOADS:
        return _joined([*words, "rollout", "restart", f"{kind.lower()}/{name}"])
    return _joined([*words, "patch", step.resource.title, name, "--type", "merge", "--patch", step.text])


def _joined(words: Sequence[str]) -> str:
    return shlex.join(words)


def script(plan: Plan) -> Iterator[str]:
    """Lines to hand over: what is not done and why as comments, then the commands."""
    for item in plan.items:
        if item.refusal:
            yield f"# {item.identity} in {item.cluster}: {item.refusal}"
    yield from commands(plan)
