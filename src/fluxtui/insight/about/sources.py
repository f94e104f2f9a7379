"""Sources: what is followed and found, and who vouches for it. Generators: what is made from what."""

from collections.abc import Callable, Iterator

from fluxtui.insight.about.told import MORE, Told, Weight
from fluxtui.insight.fields import NOTHING, Json, flag, items, mapping, mappings, moment, number, text, texts
from fluxtui.kinds.ages import exact
from fluxtui.kinds.columns import revision

UNITS = ("bytes", "KiB", "MiB", "GiB")


def size(count: int) -> str:
    """Bytes as people say them: ``1.3 KiB``."""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{count} {UNITS[0]}" if not unit else f"{value:.1f} {UNITS[unit]}"


def source(value: Json) -> Iterator[Told]:
    """Any source: what it follows, its artifact, and its verification."""
    spec = mapping(value, "spec")
    yield from _followed(spec)
    yield from _artifact(value)
    yield from _verification(value)
    yield from _access(spec)
    if ignored := text(spec, "ignore"):
        yield Told("leaves out", " ".join(ignored.split()), Weight.QUIET)
    interval, timeout = text(spec, "interval"), text(spec, "timeout")
    if interval:
        yield Told("times", f"every {interval}" + (f" · time-out {timeout}" if timeout else ""))


def _followed(spec: Json) -> Iterator[Told]:
    if text(spec, "url"):
        yield Told("url", text(spec, "url"))
    if text(spec, "bucketName"):
        yield Told("bucket", f"{text(spec, 'bucketName')} at {text(spec, 'endpoint')}")
    if text(spec, "chart"):
        yield Told("chart", f"{text(spec, 'chart')} {text(spec, 'version') or 'latest'}")
    ref = [f"{key} {found}" for key, found in texts(spec, "ref").items() if found]
    if ref:
        yield Told("follows", ", ".join(ref))
    if operation := text(spec, "layerSelector", "operation"):
        yield Told("layer", f"{text(spec, 'layerSelector', 'mediaType')}: {operation}", Weight.QUIET)


def _artifact(value: Json) -> Iterator[Told]:
    artifact = mapping(value, "status", "artifact")
    if not artifact:
        yield Told("artifact", "none: nothing can be applied from it yet", Weight.BAD)
        return
    bytes_ = number(artifact, "size")
    when = moment(artifact, "lastUpdateTime")
    words = f"{revision(text(artifact, 'revision'))}"
    yield Told("artifact", words + (f", {size(bytes_)}" if bytes_ else "") + (f", since {exact(when)}" if when else ""))
    yield Told(MORE, text(artifact, "digest"), Weight.QUIET)
    wanted = {"org.opencontainers.image.created": "built", "org.opencontainers.image.source": "built from"}
    wanted["org.opencontainers.image.revision"] = "commit"
    metadata = texts(artifact, "metadata")
    for key, label in wanted.items():
        if metadata.get(key):
            yield Told(label, metadata[key])


def _verification(value: Json) -> Iterator[Told]:
    spec = mapping(value, "spec", "verify")
    said = next(
        (held for held in mappings(value, "status", "conditions") if held.get("type") == "SourceVerified"), NOTHING
    )
    if not spec:
        yield Told("verification", "none is asked for: whoever can push decides what is applied", Weight.QUIET)
        return
    who = text(spec, "provider") or text(spec, "mode") or "signature"
    secret = text(spec, "secretRef", "name")
    asked = f"{who}, keys in Secret {secret}" if secret else f"{who}, keyless"
    status = text(said, "status")
    if status == "True":
        yield Told("verification", f"{asked}: {text(said, 'message') or 'verified'}", Weight.GOOD)
    elif status == "False":
        yield Told("verification", f"{asked}: {text(said, 'message')}", Weight.BAD)
    else:
        yield Told("verification", f"{asked}: no verdict yet", Weight.WARNING)
    for identity in mappings(spec, "matchOIDCIdentity"):
        yield Told(MORE, f"subject {text(identity, 'subject')}", Weight.QUIET)
        yield Told(MORE, f"issuer {text(identity, 'issuer')}", Weight.QUIET)


def _access(spec: Json) -> Iterator[Told]:
    told = [f"provider {text(spec, 'provider')}" if text(spec, "provider") not in ("", "generic") else ""]
    told += [
        f"Secret {name}"
        for field in ("secretRef", "certSecretRef", "proxySecretRef")
        if (name := text(spec, field, "name"))
    ]
    told += ["plain HTTP is allowed" if flag(spec, "insecure") else ""]
    if any(told):
        weight = Weight.WARNING if flag(spec, "insecure") else Weight.PLAIN
        yield Told("access", " · ".join(filter(None, told)), weight)


def external_artifact(value: Json) -> Iterator[Told]:
    """An artifact that another controller made."""
    yield from _artifact(value)
    ref = mapping(value, "spec", "sourceRef")
    if ref:
        target = (
            f"{text(ref, 'kind')}/{text(ref, 'namespace') or text(value, 'metadata', 'namespace')}/{text(ref, 'name')}"
        )
        yield Told("made by", f"{text(ref, 'kind')} {text(ref, 'name')}", target=target)
    if exported := len(items(value, "status", "exportedInputs")):
        yield Told("exports", f"{exported} input sets, for ResourceSetInputProviders to read")


def generator(value: Json) -> Iterator[Told]:
    """From which sources an ArtifactGenerator makes which artifacts, and how each is put together."""
    namespace = text(value, "metadata", "namespace")
    for place, held in enumerate(mappings(value, "spec", "sources")):
        kind, name = text(held, "kind"), text(held, "name")
        target = f"{kind}/{text(held, 'namespace') or namespace}/{name}"
        yield Told(MORE if place else "sources", f"@{text(held, 'alias')}: {kind} {name}", target=target)
    made = {text(held, "name") for held in mappings(value, "status", "inventory")}
    for place, held in enumerate(mappings(value, "spec", "artifacts")):
        name = text(held, "name")
        steps = [f"{text(step, 'from')} → {text(step, 'to')}" for step in mappings(held, "copy")]
        there = name in made
        words = f"{name}: {'; '.join(steps) or 'nothing is copied'}" + ("" if there else ": not made yet")
        weight = Weight.PLAIN if there else Weight.WARNING
        target = f"ExternalArtifact/{namespace}/{name}" if there else ""
        yield Told(MORE if place else "makes", words, weight, target)
    if not items(value, "spec", "artifacts"):
        yield Told("makes", "nothing: it asks for no artifacts", Weight.WARNING)


SOURCES = ("GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart")
TELLERS: dict[str, Callable[[Json], Iterator[Told]]] = dict.fromkeys(SOURCES, source) | {
    "ExternalArtifact": external_artifact,
    "ArtifactGenerator": generator,
}
