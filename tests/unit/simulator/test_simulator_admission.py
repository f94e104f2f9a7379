"""What a simulated cluster refuses, in whose words, and what becomes of whoever applies it."""

import json

import pytest
import yaml

from fluxtui.simulator.controllers.conditions import find
from fluxtui.simulator.fleet.clusters import STAGING, directory
from fluxtui.simulator.fleet.manifests import source
from fluxtui.simulator.fleet.tenants import ALLOWED, allowlist
from fluxtui.simulator.kyverno import kinds
from fluxtui.simulator.kyverno.installation import ADMISSION
from fluxtui.simulator.scenario import load
from fluxtui.simulator.simulation import Simulation

from .conftest import RECORDINGS
from .test_simulator_policies import deploy, kyverno

OPENING = 1_795_240_000.0
FAILURES = RECORDINGS / "failures.jsonl"


def delivers(lab, *manifests, **spec):
    """A Kustomization that applies manifests from an artifact."""
    lab.push("app", manifests=list(manifests))
    lab.source("app")
    lab.kustomization("app", **spec)


def made(lab, name, namespace="apps", flaws=()):
    from fluxtui.simulator.fleet.manifests import workload

    manifest = workload(name, "1.0.0", flaws)
    manifest["metadata"]["namespace"] = namespace
    return manifest


def told(truth):
    """What a real controller said of a failure whose reason is known."""
    if not FAILURES.exists():
        pytest.skip(f"the recording of real failures is not here: {FAILURES}")
    rows = [json.loads(line) for line in FAILURES.read_text().splitlines()]
    found = next(row["object"] for row in rows if row["truth"] == truth)
    return find(found["status"], "Ready")


def blocked(lab):
    return [event for event in lab.objects.list("Event") if event.get("action") == "Resource Blocked"]


def test_a_legacy_policy_denies_a_new_object_in_kyvernos_words(lab):
    kyverno(lab, "disallow-latest-tag", "require-labels")
    delivers(lab, made(lab, "web", flaws=("latest", "team")), lab.config("settings", a="1"))
    lab.run(60)
    state, said = lab.ready("Kustomization", "app")
    assert state == "False/ReconciliationFailed"
    head, _, body = said.partition(" \n\n")
    assert (
        head == 'Deployment/apps/web dry-run failed: admission webhook "validate.kyverno.svc-fail" denied the request:'
    )
    first, _, rules = body.partition(" \n\n")
    assert first == "resource Deployment/apps/web was blocked due to the following policies"
    why = "validation failure: validation error: the tag latest is not allowed. rule autogen-validate-image-tag failed"
    assert yaml.safe_load(rules) == {"disallow-latest-tag": {"autogen-validate-image-tag": f"{why} at path /image/"}}
    assert lab.get("Deployment", "web") is None
    assert lab.get("ConfigMap", "settings") is None, "nothing is written unless everything may be"


def test_a_refusal_is_an_event_on_the_policy_related_to_the_object(lab):
    kyverno(lab, "disallow-latest-tag")
    delivers(lab, made(lab, "web", flaws=("latest",)))
    lab.run(60)
    event = blocked(lab)[0]
    assert event["metadata"]["namespace"] == "default"
    assert event["reason"] == "PolicyViolation"
    assert event["type"] == "Warning"
    assert event["reportingComponent"] == "kyverno-admission"
    assert (event["involvedObject"]["kind"], event["involvedObject"]["name"]) == (
        "ClusterPolicy",
        "disallow-latest-tag",
    )
    assert (event["related"]["kind"], event["related"]["namespace"], event["related"]["name"]) == (
        "Deployment",
        "apps",
        "web",
    )
    assert event["message"].startswith("Deployment apps/web: [autogen-validate-image-tag] fail (blocked); ")
    assert lab.objects.list("PolicyReport") == [] or all(
        report["scope"]["name"] != "web" for report in lab.objects.list("PolicyReport")
    )


def test_a_legacy_policy_lets_an_update_through_that_was_a_violation_before(lab):
    kyverno(lab, "disallow-latest-tag")
    deploy(lab, "web", flaws=("latest",))
    delivers(lab, made(lab, "web", flaws=("latest", "limits")))
    lab.run(40)
    assert lab.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"
    policy = lab.objects.get("ClusterPolicy", "", "disallow-latest-tag")
    rules = [
        rule | {"validate": rule["validate"] | {"allowExistingViolations": False}} for rule in policy["spec"]["rules"]
    ]
    lab.engine.storage.merge(("ClusterPolicy", "", "disallow-latest-tag"), {"spec": {"rules": rules}}, "kubectl")
    lab.ask("Kustomization", "app", "t1")
    lab.run(10)
    assert lab.ready("Kustomization", "app")[0] == "False/ReconciliationFailed"


def test_a_cel_policy_denies_updates_too_and_a_mended_object_passes(lab):
    kyverno(lab, "require-limits", actions={"require-limits": "Deny"})
    deploy(lab, "web", flaws=("limits",))
    delivers(lab, made(lab, "web", flaws=("limits",)))
    lab.run(40)
    state, said = lab.ready("Kustomization", "app")
    assert state == "False/ReconciliationFailed"
    assert said == (
        'Deployment/apps/web dry-run failed: admission webhook "vpol.validate.kyverno.svc-fail" denied the request: '
        "Policy require-limits failed: limits are required\n"
    )
    lab.push("app", manifests=[made(lab, "web")], marker="mended")
    lab.run(90)
    assert lab.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"


@pytest.mark.parametrize("namespace", ["backend", "kyverno", "flux-system"])
def test_where_a_policy_only_audits_or_kyverno_is_not_asked_nothing_is_denied(lab, namespace):
    kyverno(lab, "disallow-latest-tag")
    delivers(lab, made(lab, "web", namespace, ("latest",)))
    lab.run(60)
    assert lab.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"
    assert blocked(lab) == []


def test_who_is_excepted_is_let_through_until_the_exception_ends(lab):
    kyverno(lab, "require-limits", "memcached-limits", "grafana-limits", actions={"require-limits": "Deny"})
    names = (("memcached", "backend"), ("kube-prometheus-stack-grafana", "monitoring"))
    lab.push("app", manifests=[made(lab, name, namespace, ("limits",)) for name, namespace in names])
    lab.source("app")
    lab.kustomization("app")
    lab.run(40)
    assert "Deployment/backend/memcached dry-run failed" in lab.ready("Kustomization", "app")[1]
    assert {event["related"]["name"] for event in blocked(lab)} == {"memcached"}
    key = (kinds.key_of("PolicyException", kinds.CEL), "backend", "memcached-limits")
    lab.engine.storage.merge(key, {"spec": {"expiresAt": None}}, "kubectl")
    lab.run(30)
    assert lab.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"


def test_without_an_answer_what_must_not_pass_is_refused_as_recorded(lab):
    kyverno(lab, "require-labels", "disallow-latest-tag")
    lab.engine.broken["kyverno", ADMISSION] = ""
    lab.engine.enqueue(("Deployment", "kyverno", ADMISSION))
    lab.run(30)
    assert not lab.get("Deployment", ADMISSION, "kyverno")["status"].get("readyReplicas")
    delivers(lab, made(lab, "web"), timeout="1m")
    lab.run(60)
    state, said = lab.ready("Kustomization", "app")
    ours = 'Post "https://kyverno-svc.kyverno.svc:443/validate/fail?timeout=10s": context deadline exceeded'
    theirs = told("admission webhook unreachable")
    recorded = theirs["message"].partition("Post ")[0].replace("Secret/deny/hooked", "Deployment/apps/web")
    assert (state, said) == (f"False/{theirs['reason']}", f"{recorded}{ours}\n")
    del lab.engine.broken["kyverno", ADMISSION]
    lab.engine.enqueue(("Deployment", "kyverno", ADMISSION))
    lab.run(60)
    assert lab.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"


def test_what_may_pass_without_an_answer_does(lab):
    kyverno(lab, "require-labels", actions={"require-labels": "Enforce"})
    lab.engine.broken["kyverno", ADMISSION] = ""
    lab.engine.enqueue(("Deployment", "kyverno", ADMISSION))
    lab.run(30)
    delivers(lab, made(lab, "web", flaws=("team",)))
    lab.run(60)
    assert lab.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"


def test_a_request_leaves_an_ephemeral_report_until_a_scan_takes_it_in(lab):
    kyverno(lab, "require-labels")
    delivers(lab, made(lab, "web", flaws=("team",)))
    lab.run(30)
    (left,) = lab.objects.list("EphemeralReport")
    web = lab.get("Deployment", "web")
    assert left["metadata"]["labels"]["audit.kyverno.io/resource.uid"] == web["metadata"]["uid"]
    assert left["metadata"]["annotations"]["audit.kyverno.io/resource.name"] == "web"
    assert left["spec"]["results"][0]["properties"]["process"] == "admission review"
    assert left["spec"]["summary"]["fail"] == 1
    lab.run(130)
    assert lab.objects.list("EphemeralReport") == []


# -- the guard over tenants' sources ---------------------------------------------------------------------------


def guarded(lab, extra=""):
    """D2's allow-list with its policy and binding, and a tenant's namespace."""
    for item in allowlist()["spec"]["resources"]:
        held = json.loads(json.dumps(item).replace("${EXTRA_SOURCES}", extra))
        lab.engine.storage.create(held)
    labels = {"toolkit.fluxcd.io/role": "tenant"}
    lab.engine.storage.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps", "labels": labels}})


@pytest.mark.parametrize(
    ("url", "extra", "allowed"),
    [
        ("oci://ghcr.io/acme/d2-apps/frontend", "", True),
        ("oci://ghcr.io/somebody/else", "", False),
        ("oci://ghcr.io/acme/d2-apps/frontend", " oci://ghcr.io/", False),
        ("oci://registry.example.com/charts/redis", " oci://ghcr.io/", True),
    ],
)
def test_a_tenants_source_is_one_that_exactly_one_prefix_matches(lab, url, extra, allowed):
    guarded(lab, extra)
    delivers(lab, source("apps", "charts", url, "latest"))
    lab.run(40)
    state, said = lab.ready("Kustomization", "app")
    if allowed:
        assert state == "True/ReconciliationSucceeded"
        return
    recorded = told("denied by ValidatingAdmissionPolicy")
    assert state == f"False/{recorded['reason']}"
    words = recorded["message"]
    for ours, theirs in (
        ("OCIRepository/apps/charts", "ConfigMap/deny/vap"),
        ('ocirepositories.source.toolkit.fluxcd.io "charts"', 'configmaps "vap"'),
        ("'source.policy.fluxcd.controlplane.io'", "'no-forbidden'"),
        ("'flux-tenant-sources'", "'no-forbidden-everywhere'"),
    ):
        words = words.replace(theirs, ours)
    prefixes = lab.get("ConfigMap", ALLOWED, "flux-system")["data"]["sources"].split(" ")
    refused = f"Source {url} is not allowed, must be one of {', '.join(prefixes)}"
    assert said == words.replace("the value forbidden is not allowed", refused)


def test_other_namespaces_take_sources_from_where_they_want(lab):
    guarded(lab)
    delivers(lab, source("platform", "charts", "oci://ghcr.io/somebody/else", "latest"))
    lab.run(40)
    assert lab.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"


def test_one_cluster_has_prefixes_that_overlap():
    runtime = next(item for item in directory(STAGING, {}) if item["kind"] == "ConfigMap")
    extra = runtime["data"]["EXTRA_SOURCES"]
    sources = allowlist()["spec"]["resources"][0]["data"]["sources"].replace("${EXTRA_SOURCES}", extra).split(" ")
    url = "https://git.example.com/acme/d2-apps"
    assert sum(url.startswith(prefix) for prefix in sources) == 2


# -- scenarios -------------------------------------------------------------------------------------------------


def play(name):
    simulation = Simulation(load(name), OPENING)
    simulation.play()
    return simulation


def live(simulation, seconds):
    end = simulation.now + seconds
    while simulation.now < end:
        simulation.step(min(simulation.now + 0.5, end))


def failing(member, policy):
    """The objects that reports say fail a policy, whatever family they are of."""
    return {
        (report["scope"]["namespace"], report["scope"]["name"])
        for kind in ("PolicyReport", "Report")
        for report in member.objects.list(kind)
        if report.get("scope")
        and any(each["policy"] == policy and each["result"] == "fail" for each in report["results"])
    }


def refused(member):
    return {
        (event["related"]["namespace"], event["related"]["name"])
        for event in member.objects.list("Event")
        if event.get("action") == "Resource Blocked"
    }


def test_what_is_enforced_denies_exactly_what_was_reported_and_production_alone():
    simulation = play("enforce")
    before = {name: failing(member, "require-limits") for name, member in simulation.members.items()}
    assert before["prod-eu-1"] == {
        ("backend", "ledger-export"),
        ("backend", "memcached"),
        ("backend", "orders-worker"),
        ("platform", "cost-report"),
    }
    assert all(not refused(member) for member in simulation.members.values())
    live(simulation, 120)
    for name, member in simulation.members.items():
        assert refused(member) == (before[name] if name.startswith("prod-") else set()), name
    europe = simulation.members["prod-eu-1"].objects
    for namespace, name in (("backend", "apps"), ("platform", "cost-report")):
        ready = find(europe.get("Kustomization", namespace, name)["status"], "Ready")
        assert (ready["status"], ready["reason"]) == ("False", "ReconciliationFailed")
        assert "Policy require-limits failed: limits are required" in ready["message"]
    for name in ("memcached", "orders"):
        ready = find(europe.get("HelmRelease", "backend", name)["status"], "Ready")
        assert ready["reason"] == "UpgradeFailed"
    gateway = find(europe.get("Kustomization", "platform", "api-gateway")["status"], "Ready")
    assert gateway["status"] == "True"


def test_while_nobody_answers_for_kyverno_nothing_is_applied_and_reports_grow_old():
    simulation = play("engine-down")
    europe = simulation.members["prod-eu-1"].objects
    ready = find(europe.get("Kustomization", "backend", "apps")["status"], "Ready")
    assert 'failed calling webhook "validate.kyverno.svc-fail"' in ready["message"]
    assert len(europe.list("EphemeralReport")) >= 300
    times = [each["timestamp"]["seconds"] for report in europe.list("PolicyReport") for each in report["results"]]
    assert max(times) <= OPENING - 25 * 60
    for name in (ADMISSION, "kyverno-reports-controller"):
        assert not europe.get("Deployment", "kyverno", name)["status"].get("readyReplicas")
    elsewhere = simulation.members["prod-us-1"].objects
    assert find(elsewhere.get("Kustomization", "backend", "apps")["status"], "Ready")["status"] == "True"
    assert elsewhere.get("Deployment", "kyverno", ADMISSION)["status"]["readyReplicas"] == 1


def test_the_incident_has_a_tenants_kustomization_that_a_policy_denies():
    simulation = play("incident")
    legacy = simulation.members["legacy-1"].objects
    ready = find(legacy.get("Kustomization", "warehouse", "apps")["status"], "Ready")
    assert "resource Deployment/warehouse/stock-export was blocked due to the following policies" in ready["message"]
    assert refused(simulation.members["legacy-1"]) == {("warehouse", "stock-export")}
    assert legacy.get("Namespace", "", "warehouse")["metadata"]["labels"]["toolkit.fluxcd.io/tenant"] == "warehouse"


def test_the_demo_has_every_shape_that_a_client_must_read():
    simulation = play("incident")
    staging, europe = (simulation.members[name].objects for name in ("staging-1", "prod-eu-1"))
    assert staging.list("Report")
    assert europe.list("PolicyReport")
    trivy = [each for each in europe.list("PolicyReport") if not each.get("scope")]
    assert {each["results"][0]["source"] for each in trivy} == {"Trivy Vulnerability"}
    assert trivy[0]["results"][0]["resources"][0]["kind"] == "Deployment"
    assert [each for each in staging.list("PolicyReport") if each.get("scope")] == []
    outcomes = {each["result"] for report in europe.list("PolicyReport") for each in report["results"]}
    assert outcomes >= {"pass", "fail", "skip", "warn"}
    (request,) = europe.list("UpdateRequest")
    assert request["status"]["state"] == "Failed"
    assert europe.get("Pod", "backend", "redis-0")
    assert 1 <= len(europe.list("EphemeralReport")) <= 20
    bare = simulation.members["update-1"].objects.resources
    assert not [kind.kind for kind in bare if kind.group in kinds.GROUPS]
    older = simulation.members["legacy-1"].objects.resources
    assert kinds.CEL not in {kind.group for kind in older}
