"""What can be done to which kind, and why not to the others (facts: flux §2)."""

from enum import StrEnum

import msgspec

from fluxtui.actions.target import Target, known_group
from fluxtui.kube.transport import Resource


class Verb(StrEnum):
    """An action. The value is its name in the journal and in the configuration."""

    RECONCILE = "reconcile"
    WITH_SOURCE = "reconcile-with-source"
    FORCE = "force"
    RESET = "reset"
    SUSPEND = "suspend"
    RESUME = "resume"
    RESTART = "restart"
    DELETE_POD = "delete-pod"


class Word(msgspec.Struct, frozen=True):
    """How a verb is told: ``title`` in a menu, ``about`` what it does, ``doing`` while it is done."""

    title: str
    about: str
    doing: str


WORDS: dict[Verb, Word] = {
    Verb.RECONCILE: Word("reconcile", "ask its controller to run now", "reconciling"),
    Verb.WITH_SOURCE: Word("reconcile with source", "the source first, then the object", "reconciling with source"),
    Verb.FORCE: Word("force", "once more, whatever it thinks; a provider: outside its window", "forcing"),
    Verb.RESET: Word("reset", "forget its failed tries, and try again", "resetting"),
    Verb.SUSPEND: Word("suspend", "let nobody reconcile it, with a reason", "suspending"),
    Verb.RESUME: Word("resume", "reconcile it again, now", "resuming"),
    Verb.RESTART: Word("rollout restart", "new pods, one after the other", "restarting"),
    Verb.DELETE_POD: Word("delete pod", "its owner makes another one", "deleting the pod"),
}

REQUESTS = frozenset({Verb.RECONCILE, Verb.WITH_SOURCE, Verb.FORCE, Verb.RESET})
"""Verbs that ask a controller for a run: one that is suspended would not answer."""

OPERATED = frozenset({"FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider"})
"""Reconciled by the Flux Operator: suspended by annotation, as are ArtifactGenerators."""
GENERATOR = "ArtifactGenerator"
EXTERNAL = "ExternalArtifact"
SOURCES = frozenset({"GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart"})
SILENT = frozenset({"Alert", "Provider"})
"""Notification kinds without a status: no controller answers for them."""
IMAGES = frozenset({"ImageRepository", "ImagePolicy", "ImageUpdateAutomation"})
TOOLKIT = SOURCES | SILENT | IMAGES | {"Kustomization", "HelmRelease", "Receiver"}
FLUX = OPERATED | TOOLKIT | {GENERATOR, EXTERNAL}
"""Every kind with the verbs of Flux."""
SOURCED = frozenset({"Kustomization", "HelmRelease", "HelmChart"})
FORCED = frozenset({"HelmRelease", "FluxInstance", "ResourceSetInputProvider"})

WORKLOADS: dict[str, Resource] = {
    "Deployment": Resource("apps", "v1", "deployments"),
    "StatefulSet": Resource("apps", "v1", "statefulsets"),
    "DaemonSet": Resource("apps", "v1", "daemonsets"),
}
"""What can be restarted, and where it lives: not all of them are watched."""
POD = Resource("", "v1", "pods")


def plainly(target: Target) -> Target:
    """A workload as commands name it: lists of any kind tell kinds apart by their group (``StatefulSet.apps``)."""
    qualified, _, rest = target.identity.partition("/")
    kind, _, group = qualified.partition(".")
    native = WORKLOADS.get(kind)
    if not group or native is None or native.group != group:
        return target
    return target._replace(identity=f"{kind}/{rest}", api_version=f"{group}/{native.version}")


def resource_of(kind: str) -> Resource | None:
    """Where a workload or a pod lives, the same on every server; None for other kinds."""
    return POD if kind == "Pod" else WORKLOADS.get(kind)


def verbs(target: Target) -> tuple[Verb, ...]:
    """The verbs that a menu lists for an object, those that it refuses for its kind among them; none for other kinds,
    nor for one that has no more than its name in common with ours.
    """
    kind = target.kind
    native = resource_of(kind)
    group = native.group if native is not None else known_group(kind)
    if target.group not in (None, group):
        return ()
    if native is not None:
        return (Verb.DELETE_POD,) if kind == "Pod" else (Verb.RESTART,)
    return tuple(verb for verb in Verb if verb not in (Verb.RESTART, Verb.DELETE_POD)) if kind in FLUX else ()


def unsupported(verb: Verb, target: Target) -> str:
    """Why a verb does not suit an object's kind; empty when it does."""
    kind = target.kind
    if verb not in verbs(target):
        return f"not for a {kind}"
    if kind == EXTERNAL:
        return f"not supported by {EXTERNAL}: what makes it decides"
    if verb in REQUESTS and kind in SILENT:
        return f"no controller reconciles a {kind}"
    if verb is Verb.WITH_SOURCE and kind not in SOURCED:
        return f"a {kind} has no source of its own"
    if verb is Verb.FORCE and kind not in FORCED:
        return "HelmRelease, FluxInstance and input provider only"
    if verb is Verb.RESET and kind != "HelmRelease":
        return "HelmRelease only"
    return ""
