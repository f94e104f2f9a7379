"""Image automation and notifications: what is scanned, chosen and pushed; who is told of what, and by whom."""

from collections.abc import Iterator

from fluxtui.insight.about.told import MORE, Told, Weight
from fluxtui.insight.fields import Json, items, mapping, mappings, moment, number, text, texts
from fluxtui.kinds.ages import exact


def _here(value: Json) -> str:
    return text(value, "metadata", "namespace")


def _target(value: Json, ref: Json, kind: str) -> str:
    return f"{text(ref, 'kind') or kind}/{text(ref, 'namespace') or _here(value)}/{text(ref, 'name')}"


def image_repository(value: Json) -> Iterator[Told]:
    """What is scanned, and what the last scan found."""
    yield Told("image", text(value, "spec", "image"))
    scan = mapping(value, "status", "lastScanResult")
    if scan:
        tags = ", ".join(str(tag) for tag in items(scan, "latestTags")[:6])
        yield Told("last scan", f"{number(scan, 'tagCount')} tags, {exact(moment(scan, 'scanTime'))}")
        if tags:
            yield Told("latest tags", tags)
    else:
        yield Told("last scan", "none yet", Weight.WARNING)
    if left := [str(each) for each in items(value, "spec", "exclusionList")]:
        yield Told("leaves out", ", ".join(left), Weight.QUIET)


def image_policy(value: Json) -> Iterator[Told]:
    """Which tag is chosen by which rule."""
    spec, status = mapping(value, "spec"), mapping(value, "status")
    ref = mapping(spec, "imageRepositoryRef")
    yield Told("scans", f"ImageRepository {text(ref, 'name')}", target=_target(value, ref, "ImageRepository"))
    for rule, told in mapping(spec, "policy").items():
        words = ", ".join(f"{key} {found}" for key, found in texts(told).items())
        yield Told("chooses", f"{rule}: {words or 'the default'}")
    if pattern := text(spec, "filterTags", "pattern"):
        yield Told("of tags like", pattern)
    latest = mapping(status, "latestRef")
    now = f"{text(latest, 'name')}:{text(latest, 'tag')}" if latest else text(status, "latestImage")
    before = mapping(status, "observedPreviousRef")
    yield Told("chosen", now or "nothing yet", Weight.PLAIN if now else Weight.WARNING)
    if before:
        yield Told("before", f"{text(before, 'name')}:{text(before, 'tag')}", Weight.QUIET)


def image_update(value: Json) -> Iterator[Told]:
    """What is written where, and the last push."""
    spec, status = mapping(value, "spec"), mapping(value, "status")
    git = mapping(spec, "git")
    yield Told(
        "writes to", f"{text(spec, 'update', 'path') or './'} by {text(spec, 'update', 'strategy') or 'Setters'}"
    )
    read, pushed = text(git, "checkout", "ref", "branch"), text(git, "push", "branch")
    if read or pushed:
        yield Told("branch", f"{read or 'default'} → {pushed or read or 'the same'}")
    if author := text(git, "commit", "author", "email"):
        yield Told("commits as", author)
    if commit := text(status, "lastPushCommit"):
        yield Told("last push", f"{commit[:12]}, {exact(moment(status, 'lastPushTime'))}")
    else:
        yield Told("last push", "none yet", Weight.QUIET)
    policies = mapping(status, "observedPolicies")
    for place, (name, held) in enumerate(policies.items()):
        chosen = f"{text(held, 'name')}:{text(held, 'tag')}"
        yield Told(MORE if place else "policies", f"{name} {chosen}", target=f"ImagePolicy/{_here(value)}/{name}")


def alert(value: Json) -> Iterator[Told]:
    """What is told to whom."""
    spec = mapping(value, "spec")
    ref = mapping(spec, "providerRef")
    yield Told("tells", f"Provider {text(ref, 'name')}", target=_target(value, ref, "Provider"))
    yield Told("of", "errors only" if text(spec, "eventSeverity") == "error" else "everything: errors and news")
    yield from _subjects("events of", value, mappings(spec, "eventSources"))
    for label, field in (("only if like", "inclusionList"), ("not if like", "exclusionList")):
        if found := [str(each) for each in items(spec, field)]:
            yield Told(label, " | ".join(found))
    for key, found in texts(spec, "eventMetadata").items():
        yield Told("adds", f"{key}={found}", Weight.QUIET)


def _subjects(label: str, value: Json, references: list[Json]) -> Iterator[Told]:
    for place, ref in enumerate(references):
        name, labels = text(ref, "name"), texts(ref, "matchLabels")
        words = f"{text(ref, 'kind')} {text(ref, 'namespace') or _here(value)}/{name}"
        words += f" with {', '.join(f'{key}={found}' for key, found in labels.items())}" if labels else ""
        yield Told(MORE if place else label, words, target="" if name in ("", "*") else _target(value, ref, ""))
    if not references:
        yield Told(label, "nothing: it names no objects", Weight.WARNING)


def provider(value: Json) -> Iterator[Told]:
    """Where notifications go. The address is not shown: the webhooks of chats carry their secret in it."""
    spec = mapping(value, "spec")
    yield Told("type", text(spec, "type"))
    secret = text(spec, "secretRef", "name")
    address = "in the object (not shown: addresses of webhooks are secrets)" if text(spec, "address") else ""
    yield Told("address", address or (f"in Secret {secret}" if secret else "none"))
    for label, field in (("channel", "channel"), ("as", "username")):
        if text(spec, field):
            yield Told(label, text(spec, field))
    if secret and address:
        yield Told("credentials", f"in Secret {secret}")


def receiver(value: Json) -> Iterator[Told]:
    """Who may ask for a reconciliation by webhook, and of what."""
    spec = mapping(value, "spec")
    yield Told("type", text(spec, "type"))
    if found := [str(each) for each in items(spec, "events")]:
        yield Told("on", ", ".join(found))
    yield Told("guarded by", f"Secret {text(spec, 'secretRef', 'name')}")
    path = text(value, "status", "webhookPath")
    yield Told(
        "path",
        "made; it is a secret and not shown" if path else "not made yet",
        Weight.PLAIN if path else Weight.WARNING,
    )
    yield from _subjects("reconciles", value, mappings(spec, "resources"))


TELLERS = {
    "ImageRepository": image_repository,
    "ImagePolicy": image_policy,
    "ImageUpdateAutomation": image_update,
    "Alert": alert,
    "Provider": provider,
    "Receiver": receiver,
}
