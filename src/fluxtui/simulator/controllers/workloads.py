"""What the kubelet and the deployment controller do to a Deployment's status: its pods become ready, or never do."""

from fluxtui.simulator.controllers import replicas
from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.engine import Run, Steps
from fluxtui.simulator.controllers.times import stamp

START = (1.0, 4.0)
"""Seconds that pods need to become ready."""


def reconcile(run: Run) -> Steps:
    """One rollout of a Deployment."""
    wanted: int = run.spec.get("replicas", 1)
    bad, up = replicas.broken(run.engine, run.obj), replicas.ready(run.engine, run.obj)
    settled = run.status.get("observedGeneration") == run.generation and run.status.get("readyReplicas", 0) >= wanted
    if settled and not bad and up >= wanted:
        return None
    _write(run, wanted, 0 if bad else min(up, wanted))
    if bad:
        replicas.keep(run.engine, "MODIFIED", run.obj)  # its pods go on crashing while its own status stays
        return 10.0
    yield run.engine.random.uniform(*START)
    _write(run, wanted, wanted)
    return None


def _write(run: Run, wanted: int, ready: int) -> None:
    available = ready >= wanted
    current = f'ReplicaSet "{replicas.name_for(run.obj)}"'
    conditions = [
        {
            "type": "Available",
            "status": "True" if available else "False",
            "reason": "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
            "message": f"Deployment {'has' if available else 'does not have'} minimum availability.",
        },
        {
            "type": "Progressing",
            "status": "True",
            "reason": "NewReplicaSetAvailable" if available else "ReplicaSetUpdated",
            "message": f"{current} {'has successfully progressed' if available else 'is progressing'}.",
        },
    ]
    before = {c["type"]: c for c in run.status.get("conditions") or ()}
    for condition in conditions:
        old = before.get(condition["type"])
        same = old is not None and old["status"] == condition["status"] and old["reason"] == condition["reason"]
        condition["lastTransitionTime"] = old["lastTransitionTime"] if old is not None and same else stamp(run.now)
        condition["lastUpdateTime"] = condition["lastTransitionTime"]
    status: Object = {"observedGeneration": run.generation, "replicas": wanted, "updatedReplicas": wanted}
    if ready:
        status |= {"readyReplicas": ready, "availableReplicas": ready}
    if ready < wanted:
        status["unavailableReplicas"] = wanted - ready
    run.status = status | {"conditions": conditions}
    run.write()
