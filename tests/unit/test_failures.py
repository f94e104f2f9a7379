"""What kind of failure a message tells: known words are recognised with their names, unknown ones are left alone."""

# ruff: noqa: E501 - messages stand as they are written
import json
import os
import time
from pathlib import Path

import pytest

from fluxtui.cli import reports
from fluxtui.cli.output import as_json
from fluxtui.insight import export
from fluxtui.insight.failure_rules import BY_REASON, CLASSES, RULES
from fluxtui.insight.failures import LENGTH, NAME_LENGTH, classify, compiled, of_row
from fluxtui.insight.filter import compile as compiled_filter
from fluxtui.insight.filter import complete
from fluxtui.insight.status import assess
from fluxtui.kinds.table import KINDS

RECORDED = Path(__file__).parents[3] / "shared" / "recordings" / "failures.jsonl"

TRUTHS = {
    "invalid CEL expression": "build",
    "kustomize build": "build",
    "malformed YAML": "build",
    "kind not installed": "missing",
    "path missing in the artifact": "missing",
    "kubeconfig secret missing": "missing",
    "source missing": "missing",
    "namespace missing": "missing",
    "substitution source missing": "missing",
    "credential secret missing": "missing",
    "dependency cycle": "dependency",
    "health check timeout": "health",
    "invalid object (immutable field)": "schema",
    "invalid object": "schema",
    "RBAC": "rbac",
    "decryption not configured": "decryption",
    "denied by ValidatingAdmissionPolicy": "admission",
    "admission webhook unreachable": "admission",
    "network (DNS)": "network",
    "not found in the registry": "registry",
    "no version matches": "registry",
    "invalid spec": "spec",
}
"""The class of each truth that was recorded."""


def test_every_failure_of_real_controllers_has_the_class_of_its_truth():
    if not RECORDED.exists():
        if os.environ.get("FLUXTUI_REQUIRE_REAL") == "1":
            pytest.fail(f"{RECORDED} is not there")
        pytest.skip(f"{RECORDED} is not there")
    found = []
    for line in RECORDED.read_text("utf-8").splitlines():
        told = json.loads(line)
        record = KINDS[told["object"]["kind"]].decode_object(json.dumps(told["object"]).encode())
        verdict = assess(record, None)
        failure = classify(record.kind, verdict.reason, verdict.message)
        found.append((told["truth"], failure.group if failure is not None else None))
    assert len(found) == 28
    assert [pair for pair in found if TRUTHS[pair[0]] != pair[1]] == []


def ks(message, reason="ReconciliationFailed"):
    return classify("Kustomization", reason, message)


def hr(message, reason="UpgradeFailed"):
    return classify("HelmRelease", reason, message)


def oci(message, reason="OCIArtifactPullFailed"):
    return classify("OCIRepository", reason, message)


DENIED = """Deployment/shop/web dry-run failed (Forbidden): admission webhook "validate.kyverno.svc-fail" denied the request:

resource Deployment/shop/web was blocked due to the following policies

require-team:
  team-label: 'validation error: every workload names its team. rule team-label
    failed at path /metadata/labels/team/'
"""


@pytest.mark.parametrize(
    ("message", "group", "words", "names"),
    [
        (
            DENIED,
            "admission",
            "Kyverno policy require-team rule team-label denied Deployment/shop/web",
            {"policy": "require-team", "rule": "team-label", "webhook": "validate.kyverno.svc-fail"},
        ),
        (
            " ".join(DENIED.split()),
            "admission",
            "Kyverno policy require-team rule team-label denied Deployment/shop/web",
            {"policy": "require-team", "rule": "team-label"},
        ),
        (
            'Pod/shop/web dry-run failed (Forbidden): admission webhook "vpol.validate.kyverno.svc-fail" denied the '
            "request: Policy no-latest failed: the tag latest is not allowed",
            "admission",
            "Kyverno policy no-latest denied Pod/shop/web",
            {"policy": "no-latest"},
        ),
        (
            'Pod/shop/web dry-run failed (Invalid): admission webhook "validate.kyverno.svc-fail" denied the request: '
            "no-latest: image-tag: the tag latest is not allowed",
            "admission",
            "Kyverno policy no-latest rule image-tag denied Pod/shop/web",
            {"policy": "no-latest", "rule": "image-tag"},
        ),
        (
            "ConfigMap/shop/a dry-run failed (Invalid): configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'strict' "
            "with binding 'strict-all' denied request: not allowed",
            "admission",
            "ValidatingAdmissionPolicy strict by binding strict-all denied ConfigMap/shop/a",
            {"policy": "strict", "binding": "strict-all"},
        ),
        (
            'admission webhook "validation.gatekeeper.sh" denied the request: [must-have-owner] you must provide labels',
            "admission",
            "webhook validation.gatekeeper.sh denied it",
            {"webhook": "validation.gatekeeper.sh"},
        ),
        (
            'Secret/shop/s dry-run failed (InternalError): Internal error occurred: failed calling webhook "v.example.com": '
            'failed to call webhook: Post "https://v.ns.svc:443/validate?timeout=10s": context deadline exceeded',
            "admission",
            "webhook v.example.com cannot be reached at v.ns.svc:443",
            {"webhook": "v.example.com", "host": "v.ns.svc:443"},
        ),
        (
            'pods "web" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
            "admission",
            "Pod Security level restricted:latest forbids it",
            {"level": "restricted:latest"},
        ),
        (
            'pods "web-0" is forbidden: exceeded quota: small, requested: pods=1, used: pods=10, limited: pods=10',
            "quota",
            "quota small is exceeded",
            {"quota": "small", "requested": "pods=1"},
        ),
        (
            'Role/shop/r dry-run failed (Forbidden): roles.rbac.authorization.k8s.io "r" is forbidden: User '
            '"system:serviceaccount:shop:flux" cannot patch resource "roles" in API group "rbac.authorization.k8s.io" in '
            'the namespace "shop"',
            "rbac",
            "system:serviceaccount:shop:flux may not patch roles in shop",
            {"user": "system:serviceaccount:shop:flux", "verb": "patch", "resource": "roles", "namespace": "shop"},
        ),
        (
            'clusterroles.rbac.authorization.k8s.io "x" is forbidden: user "system:serviceaccount:shop:flux" (groups=[]) '
            "is attempting to grant RBAC permissions not currently held: {}",
            "rbac",
            "system:serviceaccount:shop:flux may not grant rights that it does not hold itself",
            {},
        ),
        (
            'Deployment/shop/web dry-run failed (Conflict): Apply failed with 1 conflict: conflict with "kubectl-edit" '
            "using apps/v1: .spec.replicas",
            "conflict",
            "kubectl-edit owns .spec.replicas of Deployment/shop/web",
            {"manager": "kubectl-edit", "field": ".spec.replicas"},
        ),
        (
            'Service/shop/web dry-run failed (Invalid): Service "web" is invalid: spec.clusterIP: Invalid value: "": '
            "field is immutable",
            "schema",
            "Service web: spec.clusterIP cannot be changed",
            {"field": "spec.clusterIP"},
        ),
        (
            'failed to create typed patch object: strict decoding error: unknown field "spec.replica"',
            "schema",
            "it has the unknown field spec.replica",
            {"field": "spec.replica"},
        ),
        (
            'build failed: failed to build resources: template: resourceset:4:13: executing "resourceset" at <inputs>: '
            'map has no entry for key "tenant"',
            "build",
            "the template asks for tenant, which the inputs do not have",
            {"key": "tenant"},
        ),
        (
            "post build failed for 'v1': envsubst error: variable substitution failed: variable not set (strict mode): \"X\"",
            "build",
            "the variable X is not set",
            {"variable": "X"},
        ),
        (
            "health check failed after 30.02s: timeout waiting for: [Deployment/shop/web status: 'InProgress']",
            "health",
            "Deployment/shop/web does not become ready in time",
            {"object": "Deployment/shop/web"},
        ),
        ("Source artifact not found, retrying in 30s", "missing", "its source has no artifact yet", {}),
        ("dependency 'shop/base' is not ready", "dependency", "waits for shop/base", {"object": "shop/base"}),
        ("write /data/x.tar.gz: no space left on device", "storage", "the controller's disk is full or read-only", {}),
    ],
)
def test_what_appliers_are_told(message, group, words, names):
    failure = ks(message)
    assert (failure.group, failure.words) == (group, words)
    assert names.items() <= dict(failure.names).items()
    assert failure.look


@pytest.mark.parametrize(
    ("message", "group", "words"),
    [
        (
            "failed to determine artifact digest: GET https://r.example.com/v2/shop/manifests/v9: MANIFEST_UNKNOWN: "
            "manifest unknown; map[Tag:v9]",
            "registry",
            "shop:v9 is not at r.example.com",
        ),
        ("no match found for semver: >=9", "registry", "no version matches >=9"),
        (
            "failed to determine artifact digest: GET https://r.example.com/token: UNAUTHORIZED: authentication required",
            "auth",
            "r.example.com refuses the credentials",
        ),
        (
            'Get "https://r.example.com/v2/": dial tcp: lookup r.example.com on 10.96.0.10:53: no such host',
            "network",
            "the name r.example.com cannot be looked up",
        ),
        (
            'Get "https://r.example.com/v2/": tls: failed to verify certificate: x509: certificate has expired',
            "network",
            "no TLS with r.example.com: failed to verify certificate: x509: certificate has expired",
        ),
        (
            'Get "https://r.example.com/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
            "network",
            "r.example.com does not answer",
        ),
        (
            'Get "https://r.example.com/v2/": net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
            "network",
            "r.example.com does not answer in time",
        ),
        (
            "GET https://r.example.com/v2/a: TOOMANYREQUESTS: slow down",
            "registry",
            "r.example.com limits how often it may be asked",
        ),
        (
            "failed to verify the signature using provider 'cosign': no matching signatures were found for 'r/a@sha256:1'",
            "signature",
            "no signature that cosign accepts",
        ),
        (
            "failed to verify the signature using provider 'cosign keyless': no matching attestations: failed to verify "
            "certificate identity: no matching CertificateIdentity found, last error: expected SAN value to match regex "
            '"^https://github.com/acme/.*$", got "https://github.com/other/x/a.yml@refs/heads/main"',
            "signature",
            "signed by https://github.com/other/x/a.yml@refs/heads/main, which the rule does not accept",
        ),
        (
            "failed to verify the signature using provider 'cosign keyless': unable to initialize trusted root: tuf refresh "
            'failed: Get "https://tuf.example.com/15.root.json": dial tcp: lookup tuf.example.com: no such host',
            "network",
            "the trust root of signatures cannot be reached at tuf.example.com",
        ),
    ],
)
def test_what_sources_are_told(message, group, words):
    failure = oci(message)
    assert (failure.group, failure.words) == (group, words)


@pytest.mark.parametrize(
    ("message", "reason", "group", "words"),
    [
        (
            "Helm upgrade failed for release shop/web with chart web@1.1.0: timeout waiting for: [Deployment/shop/web "
            "status: 'InProgress']\nHelm rollback to previous release shop/web.v1 succeeded",
            "UpgradeFailed",
            "helm",
            "upgrade timed out: Deployment/shop/web does not become ready",
        ),
        ("Helm install failed for release shop/web with chart web@1: boom", "InstallFailed", "helm",
         "install of shop/web failed"),
        ("Helm test failed for release shop/web with chart web@1: 1 error", "TestFailed", "helm",
         "the tests of shop/web failed"),
        ("Failed to upgrade after 2 attempt(s)", "RetriesExceeded", "helm", "its retries are exhausted"),
        ("", "RollbackFailed", "helm", "the rollback failed"),
        (f"Helm upgrade failed for release shop/web with chart web@1: {DENIED}", "UpgradeFailed", "admission",
         "Kyverno policy require-team rule team-label denied Deployment/shop/web"),
        ("Helm install failed for release shop/web with chart web@1: values don't meet the specifications of the "
         "schema(s) in the following chart(s)", "InstallFailed", "schema", "the chart's schema refuses the values"),
    ],
)  # fmt: skip
def test_helm_fails_for_its_cause_and_else_for_itself(message, reason, group, words):
    failure = hr(message, reason)
    assert (failure.group, failure.words) == (group, words)


@pytest.mark.parametrize(
    ("kind", "reason", "message"),
    [
        ("Kustomization", "ReconciliationFailed", "the moon is in the wrong house"),
        ("Kustomization", "ReconciliationFailed", ""),
        ("Kustomization", "InstallFailed", "nobody installs a Kustomization"),
        ("OCIRepository", "OCIArtifactPullFailed", "something cannot be done"),
        ("Kustomization", "Progressing", "Reconciliation in progress"),
    ],
)
def test_an_unknown_message_is_not_guessed(kind, reason, message):
    assert classify(kind, reason, message) is None


def test_only_what_failed_or_waits_has_a_failure(fleet):
    bad = fleet.put("c", "Kustomization", "a/bad", fleet.failed("BuildFailed", "kustomize build failed: x"))
    assert of_row(bad).group == "build"
    assert of_row(fleet.put("c", "Kustomization", "a/good", message="kustomize build failed: never")) is None
    assert of_row(fleet.put("c", "Kustomization", "a/paused", fleet.failed("BuildFailed"), suspended=True)) is None


def test_names_that_look_like_places_are_told_as_they_are():
    told = ks('admission webhook "{policy}" denied the request: {webhook}')
    assert told.words == "webhook {policy} denied it"
    assert "\n" not in ks('admission webhook "x" denied the request' + "\n" * 9).words


def test_what_a_message_makes_of_a_name_is_bounded():
    long = "x" * 100_000
    failure = oci(f'failed to verify the signature: no matching CertificateIdentity, got "{long}"')
    assert failure.words == "signed by somebody whom the rule does not accept"
    assert all(len(value) <= NAME_LENGTH for _, value in ks(DENIED).names)
    assert ks(" " * LENGTH + "kustomize build failed") is None, "it is not read to an end that nobody set"


PIECES = (
    'webhook "', "denied the request: a: ", 'is forbidden: User "a" cannot ', "Get \"https://", "lookup a.", "yaml: line 1",
    'x "y" is invalid: z.', "Helm upgrade failed for release ", "timeout waiting for: [A/", "due to the following policies ",
    "a" * 64, '"a" not found', "resource A/", "/v2/a/", "error at (", "template: ", 'conflict with "',
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_no_message_takes_long(piece):
    opener = "".join(told for rule in RULES for told in rule.told[:1])[: LENGTH // 2]
    started = time.perf_counter()
    for rule in RULES:
        for pattern in rule.names:
            compiled(pattern).search(piece * (LENGTH // len(piece)))
    ks(opener + piece * LENGTH)
    assert time.perf_counter() - started < 3, "milliseconds on any machine; minutes if a pattern backtracked"


def test_every_rule_has_a_class_and_says_what_to_look_at():
    for rule in (*RULES, *BY_REASON.values()):
        assert rule.group in CLASSES
        assert rule.look
        assert rule.words
    assert {rule.group for rule in RULES} == set(CLASSES)


def test_the_class_is_part_of_the_evidence_of_every_output_and_of_the_filter(fleet):
    fleet.put("c", "Kustomization", "shop/web", fleet.failed("ReconciliationFailed", DENIED))
    fleet.put("c", "Kustomization", "shop/odd", fleet.failed("ReconciliationFailed", "the moon is in the wrong house"))
    report = fleet.triage()
    shape = json.loads(as_json(export.triage_shape(fleet.store, report)))
    by_title = {problem["title"]: problem["failure"] for problem in shape["problems"]}
    told = by_title["Kustomization shop/web"]
    assert told["class"] == "admission"
    assert told["names"]["policy"] == "require-team"
    assert told["lookAt"]
    assert by_title["Kustomization shop/odd"] is None
    words = "Kyverno policy require-team rule team-label denied Deployment/shop/web"
    shown = reports.Told(fleet.store, report, report.problems, "")
    assert f"class: admission · {words}; look at" in reports.text(shown, None, lambda text, style: text, wide=True)
    assert f"class: `admission · {words}`" in reports.markdown_text(shown)
    rows = list(fleet.store.table("c", "Kustomization").rows.values())
    assert [row.record.name for row in compiled_filter("class:admission", 0).keep(rows)] == ["web"]
    assert [row.record.name for row in compiled_filter("!class:admission", 0).keep(rows)] == ["odd"]
    assert complete("class:ad", 8, {}).choices == ("admission",)
    assert export.object_shape(rows[0], fleet.store.state("c", "Kustomization")).failure.group == "admission"
