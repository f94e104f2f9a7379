"""What Kyverno's controllers hand to each other: ephemeral reports after a request, update requests to be worked off.

The reports controller takes ephemeral reports in with its next scans. While it is down they pile up.
"""

from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.times import moment
from fluxtui.simulator.kyverno import reports
from fluxtui.simulator.shapes import Json
from fluxtui.simulator.world import digest

SETTLED = 60.0
"""Seconds after which a report of admission is part of the reports."""
KINDS = ("EphemeralReport", "ClusterEphemeralReport")
_PLURALS = {
    "Deployment": "deployments.v1.apps",
    "Pod": "pods.v1",
    "ConfigMap": "configmaps.v1",
    "Namespace": "namespaces.v1",
}


def leave(engine: Engine, obj: Json, results: list[Json], serial: int = 0) -> None:
    """Leaves what a request about an object (as stored) has found; ``serial`` tells requests of one moment apart."""
    if not results:
        return
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "")
    about = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    group, _, version = obj["apiVersion"].rpartition("/")
    asked = digest(f"{metadata['uid']} {engine.now} {serial}").partition(":")[2]
    audited = {
        "resource.group": group,
        "resource.gvr": _PLURALS[obj["kind"]],
        "resource.kind": obj["kind"],
        "resource.uid": metadata["uid"],
        "resource.version": version,
        "source": "admission",
    }
    labels = {f"audit.kyverno.io/{key}": value for key, value in audited.items()} | reports.MANAGED
    annotations = {"resource.name": metadata["name"], "resource.namespace": namespace}
    kept: Json = {
        "name": f"{asked[:8]}-{asked[8:12]}-4{asked[13:16]}-a{asked[17:20]}-{asked[20:32]}-{asked[32:37]}",
        "labels": labels,
        "annotations": {f"audit.kyverno.io/{key}": value for key, value in annotations.items()},
        "ownerReferences": [about],
        "uid": f"{asked[32:40]}-{asked[40:44]}-4{asked[45:48]}-b{asked[49:52]}-{asked[52:64]}",
    }
    kept |= {"namespace": namespace} if namespace else {}
    told = [each | {"properties": each["properties"] | {"process": "admission review"}} for each in results]
    spec = {"owner": about, "results": told, "summary": reports.summary(told)}
    kind = KINDS[0] if namespace else KINDS[1]
    body = {"apiVersion": "reports.kyverno.io/v1", "kind": kind, "metadata": kept, "spec": spec}
    engine.storage.create(body, "kyverno")


def take_in(engine: Engine) -> None:
    """What admission reported a while ago is part of the reports now."""
    for kind in KINDS:
        for each in list(engine.storage.list(kind)):
            metadata = each["metadata"]
            if moment(metadata["creationTimestamp"]) + SETTLED <= engine.now:
                engine.storage.delete((kind, metadata.get("namespace", ""), metadata["name"]))


def pile_up(engine: Engine, count: int) -> None:
    """Leaves so many ephemeral reports as if objects that are reported on had been asked about again and again."""
    family = engine.reports
    held = engine.storage.list(reports.FAMILIES[family][1]) if family else ()
    known = [each for each in held if each["metadata"].get("labels") == reports.MANAGED and each.get("scope")]
    for serial in range(count if known else 0):
        about = known[serial % len(known)]
        scope: Json = about["scope"]
        metadata = {key: scope[key] for key in ("name", "namespace", "uid")}
        leave(engine, scope | {"metadata": metadata}, about["results"], serial)
