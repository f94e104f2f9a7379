"""Guardrails: who is held by an allow-list, who is refused, who escapes; and lists that do not do what they should."""

import msgspec
import pytest
from tests.unit.policy_objects import NOW, drained, meta, stored

from fluxtui.insight.policy.guardrail_lines import sheet, verdict
from fluxtui.insight.policy.guardrails import Parameter, report, signature, signature_flaws, wanted
from fluxtui.insight.status import assess
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

ISSUER = r"^https://token\.actions\.githubusercontent\.com$"
PLACE = ("flux-system", "flux-allowlist")
LIST = "https://git/acme/ oci://ghcr/acme/ oci://unused/"
EXPRESSION = "variables.sources.exists_one(prefix, variables.url.startsWith(prefix))"


def policy(expression=EXPRESSION, name="source.policy.fluxcd.controlplane.io", **spec):
    rule = {
        "apiGroups": ["source.toolkit.fluxcd.io"],
        "resources": ["gitrepositories", "ocirepositories", "helmrepositories"],
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "variables": [
            {"name": "url", "expression": "object.spec.url"},
            {"name": "sources", "expression": "params.data.sources.split(' ')"},
        ],
        "validations": [{"expression": expression}],
    } | spec
    return {"kind": "ValidatingAdmissionPolicy", "metadata": meta(name), "spec": spec}


def binding(actions=("Deny",), missing="Deny", role="tenant", of="source.policy.fluxcd.controlplane.io"):
    expression = {"key": "toolkit.fluxcd.io/role", "operator": "In", "values": [role]}
    spec = {
        "policyName": of,
        "validationActions": list(actions),
        "paramRef": {"name": PLACE[1], "namespace": PLACE[0], "parameterNotFoundAction": missing},
        "matchResources": {"namespaceSelector": {"matchExpressions": [expression]}},
    }
    return {"kind": "ValidatingAdmissionPolicyBinding", "metadata": meta("flux-tenant-sources"), "spec": spec}


def namespace(name, role="tenant"):
    return {"kind": "Namespace", "metadata": meta(name, labels={"toolkit.fluxcd.io/role": role} if role else {})}


def source(kind, where, name, url="", **spec):
    told = {"url": url, **spec} if url else spec
    if kind == "OCIRepository" and "verify" not in spec:
        told["verify"] = {"provider": "cosign", "matchOIDCIdentity": [{"issuer": ISSUER, "subject": "^x$"}]}
    return {"kind": kind, "metadata": meta(name, where), "spec": {k: v for k, v in told.items() if v is not None}}


def delivered(*objs, cluster="prod", store=None):
    store = store or Store(assess)
    for kind in KINDS.values():
        table = store.table(cluster, kind.name)
        page = {"items": [each for each in objs if each["kind"] == kind.name]}
        table.replace(kind.decode_page(msgspec.json.encode(page)).records)
        table.set_state(DataState(Phase.FRESH, NOW, NOW))
    return store


def told(objs, *, policies=None, data=LIST, trouble="", phases=None):
    rules = stored(*(policies if policies is not None else (policy(), binding())), phases=phases)
    read = {("prod", *PLACE): Parameter({"sources": data} if data is not None else {}, trouble)}
    return sheet(drained(report(delivered(namespace("shop"), *objs), rules, read, NOW)))


def judged(found):
    return {each.record.id: each.verdict for each in found.report.guards[0].judged}


def whats(found):
    return [(line.what, line.text) for line in found.lines]


def test_each_source_has_its_verdict():
    found = told(
        [
            namespace("flux-system", ""),
            source("GitRepository", "shop", "good", "https://git/acme/apps"),
            source("OCIRepository", "shop", "bad", "oci://elsewhere/app"),
            source("HelmRepository", "shop", "charts", "oci://ghcr/acme/charts", type="oci"),
            source("Bucket", "shop", "bucket", endpoint="s3", bucketName="b"),
            source("ImageRepository", "shop", "image", image="ghcr.io/x/y"),
            source("HelmChart", "shop", "fine", chart="a", sourceRef={"kind": "HelmRepository", "name": "charts"}),
            source("HelmChart", "shop", "aside", chart="a", sourceRef={"kind": "Bucket", "name": "bucket"}),
            source("OCIRepository", "flux-system", "fleet", "oci://elsewhere/fleet"),
        ]
    )
    assert judged(found) == {
        "GitRepository/shop/good": "allowed",
        "OCIRepository/shop/bad": "refused",
        "HelmRepository/shop/charts": "allowed",
        "Bucket/shop/bucket": "escapes",
        "ImageRepository/shop/image": "escapes",
        "HelmChart/shop/aside": "escapes",
        "OCIRepository/flux-system/fleet": "outside",
    }
    assert verdict(found) == (
        "1 source would be refused · 3 sources escape · 3 sources held by allow-lists in 1 of 1 clusters"
    )


def test_the_table_has_what_is_wrong_first_then_each_prefix_with_its_sources():
    found = told(
        [
            source("GitRepository", "shop", "good", "https://git/acme/apps"),
            source("OCIRepository", "shop", "bad", "oci://elsewhere/app"),
        ]
    )
    assert whats(found) == [
        ("refused", "OCIRepository/shop/bad"),
        ("prefix", "https://git/acme/"),
        ("source", "GitRepository/shop/good"),
        ("unused", "oci://ghcr/acme/"),
        ("unused", "oci://unused/"),
    ]
    assert found.lines[0].source.ref == ("prod", "OCIRepository/shop/bad")
    assert "next change" in found.lines[0].why
    assert found.lines[1].source is None


def test_overlapping_prefixes_deny_altogether_what_both_match():
    objs = [source("GitRepository", "shop", "apps", "https://git/acme/apps/x")]
    found = told(objs, data="https://git/acme/ https://git/acme/apps/")
    assert judged(found) == {"GitRepository/shop/apps": "overlap"}
    assert whats(found)[:2] == [("overlap", "https://git/acme/apps/"), ("refused", "GitRepository/shop/apps")]
    assert "begins like https://git/acme/" in found.lines[0].why
    assert [each.ref for each in found.lines[0].judged] == [("prod", "GitRepository/shop/apps")]
    assert verdict(found).startswith("1 prefix overlaps: denied altogether · 1 source would be refused")


def test_an_entry_that_is_written_twice_denies_all_that_it_matches():
    found = told([source("GitRepository", "shop", "a", "https://git/a")], data="https://git/ https://git/")
    assert judged(found) == {"GitRepository/shop/a": "overlap"}
    assert "stands in the list twice" in found.lines[0].why


def test_where_one_match_is_enough_an_overlap_is_harmless():
    objs = [source("GitRepository", "shop", "apps", "https://git/acme/apps/x")]
    rules = (policy(EXPRESSION.replace("exists_one", "exists")), binding())
    found = told(objs, policies=rules, data="https://git/acme/ https://git/acme/apps/")
    assert judged(found) == {"GitRepository/shop/apps": "allowed"}
    assert found.of("overlap", "refused") == []


def test_an_empty_entry_is_loud():
    found = told([source("GitRepository", "shop", "a", "https://anywhere/")], data="https://git/ ")
    assert whats(found)[0] == ("empty entry", "flux-system/flux-allowlist")
    assert "what is listed is refused, all else allowed" in found.lines[0].why
    assert judged(found) == {"GitRepository/shop/a": "allowed"}


def test_a_binding_that_only_tells_refuses_nothing():
    objs = [source("GitRepository", "shop", "a", "https://elsewhere/")]
    found = told(objs, policies=(policy(), binding(actions=("Audit", "Warn"))))
    assert judged(found) == {"GitRepository/shop/a": "warned"}
    assert "1 source is warned of" in verdict(found)


@pytest.mark.parametrize(
    ("missing", "verdict_", "what"), [("Deny", "refused", "refuses all"), ("Allow", "unknown", "unchecked")]
)
def test_parameters_that_are_not_there(missing, verdict_, what):
    objs = [source("GitRepository", "shop", "a", "https://git/acme/a")]
    found = told(objs, policies=(policy(), binding(missing=missing)), trouble="missing")
    assert judged(found) == {"GitRepository/shop/a": verdict_}
    assert found.lines[0].what == what


def test_parameters_without_their_key_refuse_everything_where_failures_do():
    objs = [source("GitRepository", "shop", "a", "https://git/acme/a")]
    assert told(objs, data=None).lines[0].what == "refuses all"
    assert told(objs, data=None, policies=(policy(failurePolicy="Ignore"), binding())).lines[0].what == "unchecked"


@pytest.mark.parametrize(("trouble", "words"), [("forbidden", "may not be read"), ("failed", "cannot be read: failed")])
def test_parameters_that_cannot_be_read_are_not_guessed(trouble, words):
    found = told([source("GitRepository", "shop", "a", "https://git/acme/a")], trouble=trouble)
    assert judged(found) == {"GitRepository/shop/a": "unknown"}
    assert found.lines[0].what == "no list"
    assert words in found.lines[0].why


def test_an_expression_of_another_form_is_shown_as_text():
    rules = (policy("variables.url.matches('^https://git/')"), binding())
    found = told([source("GitRepository", "shop", "a", "https://git/acme/a")], policies=rules)
    assert judged(found) == {"GitRepository/shop/a": "unknown"}
    assert found.lines[0].what == "as text"
    assert found.report.guards[0].texts[0].rules[0].expression == "variables.url.matches('^https://git/')"


def test_a_policy_without_a_binding_has_no_effect():
    found = told([source("GitRepository", "shop", "a", "https://x/")], policies=(policy(),))
    assert found.lines[0].what == "unbound"
    assert judged(found) == {"GitRepository/shop/a": "outside"}


def test_a_cluster_with_tenants_and_without_a_policy():
    found = told([source("GitRepository", "shop", "a", "https://x/")], policies=())
    assert whats(found) == [("unguarded", "guardrails")]
    assert verdict(found) == "no cluster restricts where sources come from"


@pytest.mark.parametrize(
    ("phase", "words"), [(Phase.MISSING, "Kubernetes 1.30"), (Phase.FORBIDDEN, "may not be listed")]
)
def test_policies_that_may_not_be_seen_are_not_known(phase, words):
    found = told([], policies=(), phases={"ValidatingAdmissionPolicy": phase})
    assert found.lines[0].what == "not known"
    assert words in found.lines[0].why
    assert verdict(found) == "guardrails are not known"


def test_lists_that_differ_between_clusters_are_told_by_their_difference():
    rules = stored(policy(), binding())
    fleet = delivered(namespace("shop"))
    for name in ("b", "c"):
        stored(policy(), binding(), cluster=name, store=rules)
        delivered(namespace("shop"), cluster=name, store=fleet)
    read = {(name, *PLACE): Parameter({"sources": LIST}) for name in ("prod", "b")}
    read["c", *PLACE] = Parameter({"sources": "https://git/acme/ oci://ghcr/acme/ oci://more/"})
    found = sheet(drained(report(fleet, rules, read, NOW)))
    (line,) = found.of("differs")
    assert line.clusters == ("c",)
    assert line.why == "unlike in prod, b: + oci://more/  - oci://unused/"
    (shared,) = [line for line in found.lines if line.text == "https://git/acme/"]
    assert shared.clusters == ("prod", "b", "c")


def test_which_objects_of_parameters_must_be_read():
    assert wanted(stored(policy(), binding())) == [("prod", *PLACE)]
    assert wanted(stored(policy(name="other", expression="true", variables=[]), binding(of="other"))) == []


def test_before_the_list_is_read_nothing_is_said_of_sources():
    fleet, rules = (
        delivered(namespace("shop"), source("GitRepository", "shop", "a", "https://x/")),
        stored(policy(), binding()),
    )
    found = drained(report(fleet, rules, {}, NOW))
    assert found.loading
    assert [each.verdict for each in found.guards[0].judged] == ["unknown"]


D2 = {"issuer": ISSUER, "subject": r"^https://github\.com/acme/apps/\.github/workflows/push\.yaml@refs/heads/main$"}


@pytest.mark.parametrize(
    ("verify", "words"),
    [
        (None, ""),
        ({"provider": "cosign", "matchOIDCIdentity": [D2]}, ""),
        ({"provider": "cosign"}, "anyone's legacy signature passes"),
        ({"provider": "cosign", "secretRef": {"name": "keys"}}, ""),
        ({"provider": "notation"}, ""),
        ({"provider": "cosign", "matchOIDCIdentity": [D2, D2]}, "2 identities: bundles of cosign v3 are refused"),
        (
            {"provider": "cosign", "matchOIDCIdentity": [{**D2, "subject": "https://github.com/acme/"}]},
            "its subject is not anchored",
        ),
        ({"provider": "cosign", "matchOIDCIdentity": [{"subject": "^x$"}]}, "without issuer"),
    ],
)
def test_how_signatures_are_asked_for(verify, words):
    obj = source("OCIRepository", "shop", "a", "oci://ghcr/acme/a", verify=verify)
    record = KINDS["OCIRepository"].decode_object(msgspec.json.encode(obj))
    flaws = " · ".join(signature_flaws(record))
    assert words in flaws
    assert bool(flaws) == bool(words)
    assert [line.text for line in told([obj]).of("loose")] == (["OCIRepository/shop/a"] if words else [])


@pytest.mark.parametrize(
    ("verify", "words"),
    [
        (None, "none"),
        ({"provider": "cosign", "matchOIDCIdentity": [D2]}, "1 identity"),
        ({"provider": "cosign"}, "0 identities"),
        ({"provider": "cosign", "secretRef": {"name": "keys"}}, "keys"),
        ({"provider": "notation"}, "notation"),
    ],
)
def test_whose_signature_is_asked_for(verify, words):
    obj = source("OCIRepository", "shop", "a", "oci://ghcr/acme/a", verify=verify)
    assert signature(KINDS["OCIRepository"].decode_object(msgspec.json.encode(obj))) == words
    assert signature(KINDS["Bucket"].decode_object(msgspec.json.encode(source("Bucket", "shop", "b")))) == ""
