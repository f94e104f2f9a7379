"""The kinds of notification.toolkit.fluxcd.io and image.toolkit.fluxcd.io."""

# ruff: noqa: N815
from collections.abc import Sequence

from msgspec import Struct

from fluxtui.kinds.columns import REVISION, URL, Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import common, epoch, reference
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import shared, word
from fluxtui.kinds.wire import Reference, Resource, Spec, Status, Text, Time


class WiringRecord(Record, frozen=True, gc=False, kw_only=True):
    """An Alert or a Receiver: the objects whose events it passes on, or which it wakes.

    `subjects` are ids; a name of ``*`` is every object of the kind and namespace, and labels that it asks for follow as
    ``?k=v,…``. `severity` is ``error`` where an Alert passes on failures alone.
    """

    subjects: tuple[str, ...] = ()
    severity: str = ""


class _Subject(Struct, gc=False):
    kind: Text = None
    name: Text = None
    namespace: Text = None
    matchLabels: dict[str, str] | None = None


class _AutomationSpec(Spec, gc=False):
    """A Provider's `address` is not read: the webhooks of chats carry their secret in it."""

    eventSources: list[_Subject] | None = None
    eventSeverity: Text = None
    resources: list[_Subject] | None = None

    image: Text = None
    type: Text = None
    providerRef: Reference | None = None
    imageRepositoryRef: Reference | None = None


class _Image(Struct, gc=False):
    name: Text = None
    tag: Text = None


class _Scan(Struct, gc=False):
    scanTime: Time = None


class _AutomationStatus(Status, gc=False):
    latestImage: Text = None
    latestRef: _Image | None = None
    lastPushCommit: Text = None
    lastPushTime: Time = None
    lastScanResult: _Scan | None = None
    webhookPath: Text = None


Automation = Resource[_AutomationSpec, _AutomationStatus]


def _flattening(kind: str):
    def flatten(resource: Automation) -> Record:
        told = common(kind, resource.metadata, resource.spec, resource.status)
        spec, status = resource.spec, resource.status
        if spec is not None:
            told["url"] = word(spec.image or spec.type or told.get("url"))
            if spec.providerRef is not None:
                told["inputs"] = (reference(spec.providerRef, "Provider", told["namespace"]),)
            if spec.imageRepositoryRef is not None:
                told["source"] = reference(spec.imageRepositoryRef, "ImageRepository", told["namespace"])
        if status is not None:
            latest = status.latestRef
            image = f"{latest.name}:{latest.tag}" if latest is not None and latest.name else status.latestImage
            told["revision"] = word(image or status.lastPushCommit or told.get("revision"))
            scan = status.lastScanResult
            told["updated"] = epoch(status.lastPushTime or (scan.scanTime if scan is not None else None))
        if kind not in WIRING:
            return Record(**told)
        found = (spec.eventSources or spec.resources or ()) if spec is not None else ()
        severity = word(spec.eventSeverity) if spec is not None else ""
        return WiringRecord(**told, subjects=_subjects(found, told["namespace"]), severity=severity)

    return flatten


WIRING = frozenset({"Alert", "Receiver"})
SUBJECTS = 200
"""Subjects of one Alert or Receiver that are kept."""


def _subjects(found: Sequence[_Subject], home: str) -> tuple[str, ...]:
    named: list[str] = []
    for each in found[:SUBJECTS]:
        labels = ",".join(f"{key}={value}" for key, value in sorted((each.matchLabels or {}).items()))
        identity = f"{each.kind or ''}/{each.namespace or home}/{each.name or '*'}"
        named.append(shared(f"{identity}?{labels}" if labels else identity))
    return tuple(named)


def _kind(
    group: str, name: str, plural: str, versions: tuple[str, ...], columns: tuple[Column, ...], *short: str
) -> Kind:
    return Kind(
        name=name,
        group=group,
        versions=versions,
        plural=plural,
        short=short,
        columns=columns,
        rank=6,
        decoder=Decoder(Automation, _flattening(name)),
    )


NOTIFICATION = "notification.toolkit.fluxcd.io"
IMAGE = "image.toolkit.fluxcd.io"
IMAGES = ("v1", "v1beta2", "v1beta1")
ALERTS = ("v1beta3", "v1", "v1beta2", "v1beta1")
TYPE = Column("type", "TYPE", lambda r: r.url, width=18, weight=1)

KINDS = (
    _kind(NOTIFICATION, "Receiver", "receivers", ("v1", "v1beta2", "v1beta1"), (TYPE,), "rcv"),
    _kind(
        NOTIFICATION,
        "Alert",
        "alerts",
        ALERTS,
        (Column("provider", "PROVIDER", lambda r: r.inputs[0] if r.inputs else "", width=20, weight=1),),
        "al",
    ),
    _kind(NOTIFICATION, "Provider", "providers", ALERTS, (TYPE,), "pr"),
    _kind(IMAGE, "ImageRepository", "imagerepositories", IMAGES, (URL,), "ir", "imgrepo", "imagerepo"),
    _kind(IMAGE, "ImagePolicy", "imagepolicies", IMAGES, (REVISION,), "ip", "imgpol", "imagepol"),
    _kind(IMAGE, "ImageUpdateAutomation", "imageupdateautomations", IMAGES, (REVISION,), "iua", "imgauto", "imgupd"),
)
