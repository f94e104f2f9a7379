"""Thousands of policy reports in bulk: for scale, not for stories.

Each has nineteen results, three to five of which are no passes, and about six kilobytes, as was measured on real
clusters. They are on the Deployments that the fillers' inventories name (`filler`), so that owners can be found. What
results say is shared by all reports that say the same: twenty thousand cost some tens of megabytes until they are sent.
"""

import msgspec

from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.times import stamp
from fluxtui.simulator.fleet import filler
from fluxtui.simulator.fleet.manifests import Manifest, manifest
from fluxtui.simulator.kyverno import reports
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.shelf import Event, Stored
from fluxtui.simulator.world import digest

EACH = 4
"""Reports per Kustomization of the fillers: one on each Deployment of its inventory."""
VARIANTS = 60
"""Different sets of results."""


class Rule(msgspec.Struct, frozen=True):
    """A policy of one rule, and in which words it fails."""

    policy: str
    rule: str
    severity: str
    category: str
    message: str


def _rule(policy: str, rule: str, severity: str, category: str, said: str) -> Rule:
    path = "/spec/template/spec/containers/0/"
    return Rule(
        policy, rule, severity, category, f"validation error: {said}. rule autogen-{rule} failed at path {path}"
    )


BASIC, SECURE, SUPPLY = "Best Practices", "Pod Security Standards", "Supply Chain"
RULES: tuple[Rule, ...] = (
    _rule("disallow-capabilities", "adding-capabilities", "high", SECURE, "only capabilities of the list are allowed"),
    _rule("disallow-default-namespace", "validate-namespace", "low", BASIC, "default is not for workloads"),
    _rule("disallow-host-namespaces", "host-namespaces", "critical", SECURE, "the namespaces of the host are its own"),
    _rule("disallow-host-ports", "host-ports-none", "high", SECURE, "ports of the host are not allowed"),
    _rule("disallow-host-process", "host-process-containers", "high", SECURE, "processes of the host are not allowed"),
    _rule("disallow-latest-tag", "require-image-tag", "medium", BASIC, "an image tag is required"),
    _rule("disallow-latest-tag", "validate-image-tag", "high", BASIC, "the tag latest is not allowed"),
    _rule("disallow-privileged", "privileged-containers", "critical", SECURE, "containers must not be privileged"),
    _rule("disallow-proc-mount", "check-proc-mount", "medium", SECURE, "the type of the proc mount stays as it is"),
    _rule("disallow-selinux", "selinux-type", "medium", SECURE, "the type of SELinux options is one of the list"),
    _rule("require-drop-all", "drop-all", "medium", SECURE, "containers must drop all capabilities"),
    _rule("require-labels", "check-for-team", "medium", BASIC, "label 'team' is required"),
    _rule("require-pod-probes", "validate-probes", "low", BASIC, "liveness and readiness probes are required"),
    _rule("require-requests", "validate-requests", "medium", BASIC, "requests for CPU and memory are required"),
    _rule("require-ro-rootfs", "validate-readonly", "medium", BASIC, "the root file system must be read-only"),
    _rule("restrict-apparmor", "app-armor", "medium", SECURE, "the AppArmor profile is one of the list"),
    _rule("restrict-registries", "validate-registries", "high", SUPPLY, "images come from registry.example.com"),
    _rule("restrict-seccomp", "check-seccomp", "medium", SECURE, "the seccomp profile is one of the list"),
    _rule("restrict-sysctls", "check-sysctls", "medium", SECURE, "only safe sysctls are allowed"),
)
"""Nineteen, as a cluster with the usual policies has them."""
_BAD = ("fail", "fail", "warn", "fail", "skip")
_FAILED = ("require-labels", "require-pod-probes", "require-ro-rootfs", "require-requests", "restrict-seccomp")
"""What people violate everywhere, the most frequent first."""


def fill(engine: Engine, objects: Objects, count: int) -> None:
    """Creates ``count`` reports and the policies that they are about, in the namespaces of the fillers."""
    _police(engine)
    family = engine.reports
    names = [f"team-{number:03d}" for number in range(min(filler.NAMESPACES, count))]
    for name in names:
        if engine.storage.get("Namespace", "", name) is None:
            engine.storage.create(filler.namespace(name))
    engine.static.update(names)
    variants = [_results(number, engine.now) for number in range(VARIANTS)]
    counted = [reports.summary(results) for results in variants]
    shelf = objects.shelf(reports.FAMILIES[family][1])
    created = stamp(engine.now - 3600)
    for number in range(count):
        app = number // EACH
        chosen = number * 7 % VARIANTS
        made = _report(family, number, names[app % len(names)], f"app-{app:05d}-{number % EACH * 3}", created)
        made |= {"results": variants[chosen], "summary": counted[chosen]}
        objects.version += 1
        made["metadata"]["resourceVersion"] = str(objects.version)
        key = f"{made['metadata']['namespace']}/{made['metadata']['name']}"
        shelf.write(Event("ADDED", Stored(shelf.resource, key, made, objects.version), None))


def _report(family: str, number: int, namespace: str, name: str, created: str) -> Manifest:
    told = digest(f"report {number}").partition(":")[2]
    uid = f"{told[:8]}-{told[8:12]}-4{told[13:16]}-8{told[17:20]}-{told[20:32]}"
    own = f"{told[32:40]}-{told[40:44]}-4{told[45:48]}-9{told[49:52]}-{told[52:64]}"
    about = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "namespace": namespace}
    about["uid"] = uid
    made = reports.report(family, {**about, "metadata": {"name": name, "namespace": namespace, "uid": uid}}, [])
    made["metadata"] |= {"uid": own, "creationTimestamp": created, "generation": 2}
    return made


def _results(number: int, now: float) -> list[Manifest]:
    """One set of results: all pass, but for three to five."""
    bad = {_FAILED[(number + step) % len(_FAILED)]: _BAD[step] for step in range(3 + number % 3)}
    made: list[Manifest] = []
    for rule in RULES:
        outcome = bad.get(rule.policy, "pass")
        properties = {"process": "background scan"} | ({"exceptions": "until-2027"} if outcome == "skip" else {})
        said = {
            "pass": f"validation rule 'autogen-{rule.rule}' passed.",
            "skip": "rule is skipped due to policy exceptions",
        }
        made.append(
            {
                "category": rule.category,
                "message": said.get(outcome, rule.message),
                "policy": rule.policy,
                "properties": properties,
                "result": outcome,
                "rule": f"autogen-{rule.rule}",
                "scored": outcome != "warn",
                "severity": rule.severity,
                "source": "kyverno",
                "timestamp": {"nanos": 0, "seconds": int(now) - number * 11},
            }
        )
    return made


def _police(engine: Engine) -> None:
    """The policies that the reports are about, where the cluster does not have them already."""
    wanted: dict[str, list[Rule]] = {}
    for rule in RULES:
        wanted.setdefault(rule.policy, []).append(rule)
    for name, rules in wanted.items():
        if engine.storage.get("ClusterPolicy", "", name) is not None:
            continue
        about = {"severity": rules[0].severity, "category": rules[0].category, "title": name.replace("-", " ").title()}
        match = {"any": [{"resources": {"kinds": ["Pod"]}}]}
        listed = [
            {"name": rule.rule, "match": match, "validate": {"failureAction": "Audit", "message": rule.message}}
            for rule in rules
        ]
        told = {f"policies.kyverno.io/{key}": value for key, value in about.items()}
        spec = {"admission": True, "background": True, "validationFailureAction": "Audit", "rules": listed}
        engine.storage.create(manifest("ClusterPolicy", "", name, annotations=told, spec=spec), "kyverno")
