"""Objects of policy for tests: Kyverno's controllers, webhooks, policies and work, in a policy store."""

import msgspec

from fluxtui.insight.policy.model import Coverage, Picture
from fluxtui.insight.status import assess
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

NOW = 1_774_061_280.0
"""Saturday 21 March 2026, 02:48 UTC."""
LONG_AGO = "2026-03-19T02:48:00Z"
CONTROLLERS = ("admission", "background", "cleanup", "reports")


def meta(name, namespace="", **more):
    told = {"name": name, "uid": f"uid-{namespace}-{name}", "creationTimestamp": LONG_AGO, **more}
    return told | ({"namespace": namespace} if namespace else {})


def controller(name, ready=1, total=1, tag="v1.19.0"):
    condition = {"type": "Available", "status": "True" if ready == total else "False", "reason": "x", "message": "pods"}
    return {
        "kind": "Deployment",
        "metadata": meta(
            f"kyverno-{name}-controller",
            "kyverno",
            labels={"app.kubernetes.io/part-of": "kyverno", "app.kubernetes.io/component": f"{name}-controller"},
        ),
        "spec": {
            "replicas": total,
            "template": {"spec": {"containers": [{"image": f"ghcr.io/kyverno/kyverno:{tag}"}]}},
        },
        "status": {"availableReplicas": ready, "conditions": [condition]},
    }


def hooks(*failures, kind="ValidatingWebhookConfiguration", timeout=10, rules=1):
    name = f"kyverno-resource-{'validating' if kind.startswith('V') else 'mutating'}-webhook-cfg"
    return {
        "kind": kind,
        "metadata": meta(name, labels={"webhook.kyverno.io/managed-by": "kyverno"}),
        "webhooks": [
            {
                "name": f"validate.kyverno.svc-{failure.lower()}",
                "failurePolicy": failure,
                "timeoutSeconds": timeout,
                "clientConfig": {"service": {"namespace": "kyverno", "name": "kyverno-svc", "path": "/validate"}},
                "rules": [{}] * rules,
            }
            for failure in failures
        ],
    }


def cluster_policy(name="require-labels", does="validate", *, ready="True", background=True, labels=None, message=""):
    rule = {"name": "check", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]}, does: {"message": "no"}}
    condition = {"type": "Ready", "status": ready, "reason": "x", "message": message}
    return {
        "kind": "ClusterPolicy",
        "metadata": meta(name, labels=labels or {}),
        "spec": {"background": background, "rules": [rule]},
        "status": {"conditions": [condition]} if ready else {},
    }


def update_request(name, state, policy="add-quota", created=LONG_AGO, message=""):
    return {
        "kind": "UpdateRequest",
        "metadata": meta(name, "kyverno", creationTimestamp=created),
        "spec": {"policy": policy, "requestType": "generate", "resource": {"kind": "Namespace", "name": "shop"}},
        "status": {"state": state, "message": message},
    }


def cleanup_policy(name, schedule, last="", created=LONG_AGO):
    return {
        "kind": "ClusterCleanupPolicy",
        "metadata": meta(name, creationTimestamp=created),
        "spec": {"schedule": schedule},
        "status": {"lastExecutionTime": last} if last else {},
    }


def report(name, source, kind="PolicyReport", seconds=int(NOW) - 600):
    result = {"source": source, "policy": "x", "result": "pass", "timestamp": {"seconds": seconds}}
    scope = {"apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": name}
    return {"kind": kind, "metadata": meta(name, "shop"), "scope": scope, "results": [result]}


def well(**without):
    """A whole engine that is well."""
    return [*(controller(name) for name in CONTROLLERS), hooks("Fail", "Ignore"), cluster_policy()]


def stored(*objs, cluster="prod", phases=None, default=Phase.FRESH, store=None):
    """A policy store that holds objects of one cluster; `phases` are those of kinds that differ."""
    store = store or Store(assess)
    for kind in POLICY_KINDS.values():
        table = store.table(cluster, kind.name)
        page = {"items": [each for each in objs if each["kind"] == kind.name]}
        table.replace(kind.decode_page(msgspec.json.encode(page)).records)
        table.set_state(DataState((phases or {}).get(kind.name, default), NOW - 60, NOW - 3, "told so"))
    return store


def pictured(cluster="prod", checked=("ClusterPolicy//require-labels",), **told):
    """A picture of a cluster whose reports are fresh, and name these policies."""
    told = {"count": 12, "newest": int(NOW) - 600, "backlog": 0, "settled": True} | told
    return Picture(
        NOW, checked={(cluster, policy, "check"): 3 for policy in checked}, coverage=(Coverage(cluster, **told),)
    )


def drained(steps):
    """What steps come to."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value
