"""Violations, policies and exceptions for tests: objects as servers send them, decoded, and results told in a line."""

import json

import msgspec

from fluxtui.insight.delivered import Proof
from fluxtui.insight.policy.model import Action, Coverage, Owner, Picture, Violation
from fluxtui.insight.status import assess
from fluxtui.kinds.policy.reports import Check, Finding, Subject
from fluxtui.kinds.policy.table import POLICIES, POLICY_KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

NOW = 1_800_000_000
CLUSTER = "prod-eu-1"
GROUPS = {"Deployment": "apps", "StatefulSet": "apps", "ReplicaSet": "apps", "Job": "batch", "CronJob": "batch"}


def read(kind, obj):
    """The record of an object as a server sends it; `kind` is its name in the table."""
    page = POLICY_KINDS[kind].decode_page(json.dumps({"metadata": {"resourceVersion": "1"}, "items": [obj]}).encode())
    (record,) = page.records
    assert not record.flaw, record.flaw
    return record


def meta(ref, created="2027-01-15T07:59:59Z", **more):
    namespace, _, name = ref.rpartition("/")
    return {"name": name, **({"namespace": namespace} if namespace else {}), "creationTimestamp": created, **more}


def subject(ref, kind="Deployment", group=None):
    namespace, _, name = ref.rpartition("/")
    return Subject(GROUPS.get(kind, "") if group is None else group, kind, namespace, name)


def owner(ident="Kustomization/backend/apps", tenant="backend", cluster=CLUSTER, **more):
    told = {
        "proof": Proof.INVENTORY,
        "labelled": True,
        "source": "OCIRepository/backend/apps",
        "revision": "v1@sha256:aa",
    }
    return Owner(cluster, ident, tenant=tenant, **(told | more))


NOBODY = Owner(CLUSTER)


def violation(
    ref="backend/redis",
    kind="Deployment",
    *,
    policy="ClusterPolicy//require-labels",
    rule="check-for-team",
    result="fail",
    action=Action.AUDIT,
    by=None,
    cluster=CLUSTER,
    source="",
    message="label 'team' is required",
    severity="medium",
    checked=NOW - 60,
    first_seen=0,
    certain=False,
    category="Best Practices",
    **finding,
):
    """One result; `rule` is as the report has it, the source and the policy's name there follow from its id."""
    of, namespace, name = policy.split("/", 2) if policy.count("/") == 2 else ("", "", policy)
    legacy = of in ("ClusterPolicy", "Policy")
    told = source or ("kyverno" if legacy else f"Kyverno{of.removeprefix('Namespaced')}" if of else "trivy")
    check = Check(told, f"{namespace}/{name}" if namespace else name, rule, category, severity)
    own = rule.removeprefix("autogen-cronjob-").removeprefix("autogen-") if legacy else ""
    return Violation(
        cluster,
        subject(ref, kind),
        Finding(check, result, message, **finding),
        policy,
        own,
        rule.startswith("autogen-"),
        action,
        by or owner(cluster=cluster),
        f"PolicyReport/{ref.rpartition('/')[0]}/uid",
        checked,
        first_seen,
        certain,
    )


def legacy_exception(ref="backend/let", *, policy="require-labels", rules=("*",), match=None, **spec):
    """An exception of kyverno.io; `match` are filters of `any`."""
    return read(
        "PolicyException",
        {
            "apiVersion": "kyverno.io/v2",
            "kind": "PolicyException",
            "metadata": meta(ref, **spec.pop("metadata", {})),
            "spec": {
                "exceptions": [{"policyName": policy, "ruleNames": list(rules)}],
                "match": {"any": [{"resources": each} for each in (match if match is not None else [{}])]},
                **spec,
            },
        },
    )


def cel_exception(ref="backend/let", *, policy="require-limits", kind="ValidatingPolicy", **spec):
    return read(
        "PolicyException.policies.kyverno.io",
        {
            "apiVersion": "policies.kyverno.io/v1",
            "kind": "PolicyException",
            "metadata": meta(ref, **spec.pop("metadata", {})),
            "spec": {"policyRefs": [{"name": policy, "kind": kind}], **spec},
        },
    )


def legacy_policy(ref="require-labels", *rules, **spec):
    """A ClusterPolicy, or a Policy if it has a namespace; each rule is (name, more of its validate)."""
    kind = "Policy" if "/" in ref else "ClusterPolicy"
    told = [
        {
            "name": rule.pop("name", "check-for-team"),
            "match": rule.pop("match", {"any": [{"resources": {"kinds": ["Pod"]}}]}),
            **{key: rule.pop(key) for key in ("exclude", "preconditions") if key in rule},
            "validate": {"message": "no", "pattern": {}, **rule},
        }
        for rule in (dict(each) for each in rules or ({},))
    ]
    annotations = spec.pop("annotations", {})
    status = {"conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded"}]}
    return read(
        kind,
        {
            "apiVersion": "kyverno.io/v1",
            "kind": kind,
            "metadata": meta(ref, annotations=annotations),
            "spec": {"rules": told, **spec},
            "status": spec.pop("status", status),
        },
    )


def cel_policy(ref="require-limits", *, kind="ValidatingPolicy", operations=("CREATE", "UPDATE"), **spec):
    told = {
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": ["apps"],
                    "apiVersions": ["v1"],
                    "resources": ["deployments"],
                    "operations": list(operations),
                }
            ]
        },
        "validationActions": ["Audit"],
        "validations": [{"expression": "false", "message": "limits are required"}],
    }
    status = {"conditionStatus": {"ready": True}}
    return read(
        kind,
        {
            "apiVersion": "policies.kyverno.io/v1",
            "kind": kind,
            "metadata": meta(ref),
            "spec": told | spec,
            "status": status,
        },
    )


FRESH = DataState(Phase.FRESH, NOW - 3600, NOW)
MISSING = DataState(Phase.MISSING, NOW - 3600, NOW)


def coverage(cluster=CLUSTER, **more):
    """A cluster whose reports and policies are all known."""
    told = {
        "reports": {"PolicyReport": FRESH, "ClusterPolicyReport": FRESH, "Report": MISSING, "ClusterReport": MISSING},
        "policies": dict.fromkeys(sorted(POLICIES), FRESH),
        "count": 10,
        "newest": NOW - 60,
        "backlog": 0,
        "settled": True,
    }
    return Coverage(cluster, **(told | more))


def picture(*violations, policies=(), clusters=(CLUSTER,), coverages=None, **more):
    """A picture by hand. `policies` are records, held by every cluster, or (cluster, record)."""
    held = [each if isinstance(each, tuple) else (name, each) for each in policies for name in clusters]
    return Picture(
        float(NOW),
        tuple(violations),
        policies={(cluster, record.id): record for cluster, record in held},
        coverage=tuple(coverages) if coverages is not None else tuple(coverage(name) for name in clusters),
        **more,
    )


def store_with(*records, cluster=CLUSTER):
    """A policy store that holds these records."""
    store = Store(assess)
    for kind in POLICY_KINDS:
        store.table(cluster, kind).set_state(FRESH)
    for record in records:
        store.table(cluster, record.id.partition("/")[0]).upsert(record)
    return store


def changed(struct, **fields):
    return msgspec.structs.replace(struct, **fields)
