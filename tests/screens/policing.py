"""A made-up picture of policy over four clusters: what the screens of policy are shown, and asked about."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from fluxtui.insight.delivered import Proof
from fluxtui.insight.policy.model import Action, Coverage, Owner, Picture, Violation
from fluxtui.insight.policy.trend import Trend
from fluxtui.insight.status import assess
from fluxtui.kinds.policy.policies import Override, PolicyRecord, PolicyRule
from fluxtui.kinds.policy.reports import Check, Finding, Subject
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

from .world import OPENING, World

CLUSTERS = ("staging-1", "prod-eu-1", "prod-us-1", "update-1")
NOW = int(OPENING)
REPORTS = ("PolicyReport", "ClusterPolicyReport", "Report", "ClusterReport")

APPS = (
    "ResourceSet/flux-system/apps",
    "OCIRepository/backend/apps",
    "latest-stable@sha256:9ab3f00dfeed0011",
    NOW - 900,
)
BACKEND = {
    name: Owner(name, "Kustomization/backend/apps", Proof.INVENTORY, "backend", True, *APPS) for name in CLUSTERS
}
FRONTEND = {name: Owner(name, "Kustomization/frontend/apps", Proof.INVENTORY, "frontend", True, "",
    "OCIRepository/frontend/apps", "latest@sha256:1c0ffee0", NOW - 9000) for name in CLUSTERS}  # fmt: skip
CACHE = {
    name: Owner(name, "HelmRelease/backend/memcached", Proof.MAKER, "backend", True, "", "", "1.2.0")
    for name in CLUSTERS
}
NOBODY = {name: Owner(name, "", Proof.NOTHING, "default") for name in CLUSTERS}

TEAM = Check("kyverno", "require-labels", "autogen-check-for-team", "Best Practices", "medium")
LATEST = Check("kyverno", "disallow-latest-tag", "validate-image-tag", "Best Practices", "high")
TAG = Check("kyverno", "disallow-latest-tag", "require-image-tag", "Best Practices", "high")
PSS = Check("kyverno", "pod-security", "baseline", "Pod Security", "high")
LIMITS = Check("KyvernoValidatingPolicy", "require-limits", "", "", "low")
CVE = Check("Trivy Vulnerability", "CVE-2026-1234", "", "Vulnerability Scan", "critical")
NAMES = {
    "require-labels": "ClusterPolicy//require-labels",
    "disallow-latest-tag": "ClusterPolicy//disallow-latest-tag",
    "pod-security": "ClusterPolicy//pod-security",
    "require-limits": "ValidatingPolicy//require-limits",
}

TOLD = {
    TEAM: "validation error: label 'team' is required. rule autogen-check-for-team failed at path "
    "/spec/template/metadata/labels/team/",
    LATEST: "validation error: the tag latest is not allowed. rule validate-image-tag failed at path /image/",
    TAG: "validation error: an image tag is required. rule require-image-tag failed at path /image/",
    PSS: "Validation rule 'baseline' failed. It violates PodSecurity \"restricted:latest\": (Forbidden reason: "
    "allowPrivilegeEscalation != false, field error list: [spec.template.spec.containers[0].securityContext."
    "allowPrivilegeEscalation: Required value])",
    LIMITS: "limits are required",
    CVE: "openssl 3.0.1: out-of-bounds write",
}


def policies() -> dict[str, PolicyRecord]:
    """The policies, by id."""
    description = "A label says which team owns a workload, so that whoever is paged knows whom to call."

    def made(identity: str, **more: Any) -> PolicyRecord:
        kind, _, name = identity.split("/")
        return PolicyRecord(kind=kind, id=identity, name=name, namespace="", ready="True", **more)

    return {
        NAMES["require-labels"]: made(
            NAMES["require-labels"],
            group="kyverno.io",
            title="Require labels",
            description=description,
            category="Best Practices",
            severity="medium",
            action="Audit",
            overrides=(Override("Enforce", ("platform", "prod-*")),),
            rules=(PolicyRule("check-for-team", message="label 'team' is required"),),
        ),
        NAMES["disallow-latest-tag"]: made(
            NAMES["disallow-latest-tag"],
            group="kyverno.io",
            category="Best Practices",
            severity="high",
            action="Audit",
            rules=(
                PolicyRule("require-image-tag", action="Enforce"),
                PolicyRule("validate-image-tag", action="Enforce"),
            ),
        ),
        NAMES["pod-security"]: made(
            NAMES["pod-security"], group="kyverno.io", severity="high", action="Audit", rules=(PolicyRule("baseline"),)
        ),
        NAMES["require-limits"]: made(
            NAMES["require-limits"],
            group="policies.kyverno.io",
            severity="low",
            actions=("Audit",),
            rules=(PolicyRule(""),),
        ),
        "ClusterPolicy//verify-images": made(
            "ClusterPolicy//verify-images",
            group="kyverno.io",
            severity="critical",
            action="Audit",
            rules=(PolicyRule("signed-by-us", does="verifyImages"),),
        ),
    }


def violation(
    cluster: str, kind: str, place: str, check: Check, owner: Owner, result: str = "fail", **more: Any
) -> Violation:
    """One violation; the first time it was seen is a matter of its name."""
    namespace, _, name = place.rpartition("/")
    group = "apps" if kind in ("Deployment", "StatefulSet", "DaemonSet") else ""
    told: dict[str, Any] = {
        "policy": NAMES.get(check.policy, check.policy),
        "rule": check.rule.removeprefix("autogen-"),
        "autogen": check.rule.startswith("autogen-"),
        "action": Action.DENY if check in (LATEST, TAG) else Action.AUDIT,
        "report": f"PolicyReport/{namespace}/report-of-{name}",
        "checked": NOW - 180,
        "first_seen": NOW - 7200,
    }
    if check is CVE:
        told["action"] = Action.UNKNOWN
    controls = "allowPrivilegeEscalation,runAsNonRoot" if check is PSS else ""
    finding = Finding(check, result, TOLD[check], controls=controls, process="background scan")
    return Violation(cluster, Subject(group, kind, namespace, name), finding, owner=owner, **{**told, **more})


def violations() -> list[Violation]:
    """What is wrong in the four clusters."""
    found = [
        violation(cluster, "Deployment", f"backend/{name}", TEAM, BACKEND[cluster])
        for cluster in ("staging-1", "prod-eu-1")
        for name in ("redis", "api", "worker", "mailer")
    ]
    found += [violation("prod-eu-1", "Deployment", f"frontend/web-{n}", TEAM, FRONTEND["prod-eu-1"]) for n in range(5)]
    found.append(
        violation(
            "staging-1", "ConfigMap", "default/notes", TEAM, NOBODY["staging-1"], first_seen=NOW - 60, certain=True
        )
    )
    recent = {"first_seen": NOW - 360, "certain": True}
    found.append(violation("staging-1", "Deployment", "backend/redis", LATEST, BACKEND["staging-1"], **recent))
    found.append(violation("prod-eu-1", "Pod", "backend/redis-0", LATEST, BACKEND["prod-eu-1"], **recent))
    found.append(violation("prod-eu-1", "Pod", "default/debug", TAG, NOBODY["prod-eu-1"], **recent))
    found += [
        violation("prod-eu-1", "StatefulSet", f"backend/memcached-{n}", PSS, CACHE["prod-eu-1"]) for n in range(3)
    ]
    found += [
        violation("staging-1", "Deployment", f"frontend/web-{n}", LIMITS, FRONTEND["staging-1"], "warn")
        for n in range(4)
    ]
    found += [
        violation("staging-1", "Pod", f"backend/job-{n}", LIMITS, BACKEND["staging-1"], "skip") for n in range(11)
    ]
    found.append(violation("prod-eu-1", "Pod", "frontend/web-0-abc", PSS, FRONTEND["prod-eu-1"], "error"))
    found.append(violation("prod-eu-1", "Deployment", "frontend/web-0", CVE, FRONTEND["prod-eu-1"]))
    return found


def covered(cluster: str, phase: Phase = Phase.FRESH, **more: Any) -> Coverage:
    """A cluster whose reports are in a phase; the kinds of the other family are not served."""
    state = DataState(
        phase, OPENING - 120, OPENING - 125 if phase is not Phase.FRESH else OPENING - 3, f"{cluster} is away"
    )
    missing = DataState(Phase.MISSING, OPENING - 60, OPENING - 3)
    reports = {kind: state if kind.startswith(("Policy", "ClusterPolicy")) else missing for kind in REPORTS}
    if phase is Phase.MISSING:
        reports = dict.fromkeys(REPORTS, missing)
    return Coverage(cluster, reports, {}, settled=True, **more)


def picture(found: Iterable[Violation] | None = None, coverage: Sequence[Coverage] | None = None) -> Picture:
    """The whole of it: prod-us-1 is unreachable, update-1 knows no reports."""
    every = tuple(violations() if found is None else found)
    held = {(cluster, identity): record for cluster in CLUSTERS[:3] for identity, record in policies().items()}
    known = coverage if coverage is not None else (
        covered("staging-1", count=40, newest=NOW - 30),
        covered("prod-eu-1", count=60, newest=NOW - 30),
        covered("prod-us-1", Phase.UNREACHABLE),
        covered("update-1", Phase.MISSING),
    )  # fmt: skip
    checked = {("staging-1", "ClusterPolicy//verify-images", "signed-by-us"): 12}
    return Picture(OPENING, every, 240, checked, held, tuple(known))


class StillGuard:
    """A guard that shows what a test gives it."""

    def __init__(self, shown: Picture | None = None) -> None:
        self.store = Store(assess)
        self.picture = shown
        self.listeners: list[Callable[[Picture], None]] = []
        self.trend = Trend()
        self.trouble = ""
        self.joined = None
        """What the other screens are told: nothing."""
        if shown is not None:
            self.trend.note(msgspec.structs.replace(shown, now=shown.now - 600, violations=shown.violations[:9]))
            self.trend.note(shown)

    def show(self, shown: Picture) -> None:
        """Another picture."""
        self.picture = shown
        self.trend.note(shown)
        for listener in tuple(self.listeners):
            listener(shown)

    async def run(self) -> None:
        """Everything is known at once."""

    async def stop(self) -> None:
        """Nothing is under way."""

    def follow(self, batch: object) -> None:
        """Delivery is of no matter."""

    def made_by(self, cluster: str, subject: Subject) -> tuple[Subject, ...]:
        """Nothing is known of what made it."""
        return ()

    def wake(self) -> None:
        """Nothing changes by itself."""

    def resource(self, cluster: str, kind: str) -> object:
        """Served, wherever that is."""
        return None


class Policed(World):
    """Four clusters, guarded by the made-up picture."""

    def __init__(self) -> None:
        super().__init__("incident", list(CLUSTERS))

    def app(self, **start: Any) -> Any:
        """The program over it."""
        app = super().app(**start)
        app.desk.guard = StillGuard(picture())  # type: ignore[assignment]
        return app


def guarded(world: World, shown: Picture | None = None, **start: Any) -> Any:
    """The program over a world, guarded by a made-up picture."""
    app = world.app(**start)
    app.desk.guard = StillGuard(shown if shown is not None else picture())  # type: ignore[assignment]
    return app
