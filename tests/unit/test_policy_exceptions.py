"""Which exceptions apply to a violation, which nearly do and why not, and which do nothing."""

import json

import pytest

from fluxtui.insight.policy.exceptions import held, sentence, standing, weigh
from fluxtui.insight.policy.idle import Idling, idle
from fluxtui.insight.policy.wildcards import fits, fits_kind
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.store.state import DataState, Phase

from .test_kinds_recordings import recorded
from .violations import (
    CLUSTER,
    NOW,
    cel_exception,
    cel_policy,
    changed,
    coverage,
    legacy_exception,
    legacy_policy,
    picture,
    store_with,
    subject,
    violation,
)

DAY = 86_400


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("redis*", "redis", True),
        ("redis*", "my-redis", False),
        ("*dis", "redis", True),
        ("r?dis", "redis", True),
        ("r?dis", "rdis", False),
        ("*a*b", "xxaxxab", True),
        ("*a*b", "xxaxxabc", False),
        ("Redis", "redis", False),
        ("[ab]", "a", False),
        ("?*", "", False),
    ],
)
def test_wildcards(pattern, text, found):
    assert fits(pattern, text) is found


def test_a_wicked_pattern_costs_no_more_than_its_length():
    assert not fits("*a" * 200 + "c", "a" * 2000)


@pytest.mark.parametrize(
    ("pattern", "kind", "found"),
    [
        ("Deployment", "Deployment", True),
        ("apps/v1/Deployment", "Deployment", True),
        ("batch/v1/Deployment", "Deployment", False),
        ("v1/Pod", "Pod", True),
        ("Pod/exec", "Pod", False),
        ("*/*", "Deployment", True),
        ("*", "Pod", True),
        ("apps/*/Dep*", "Deployment", True),
        ("deployment", "Deployment", False),
        ("Pod/*", "Pod", True),
        ("v1/Pod/exec", "Pod", False),
    ],
)
def test_kinds_as_policies_write_them(pattern, kind, found):
    assert fits_kind(pattern, subject("a/b", kind)) is found


def one(found, exception, now=NOW, labels=None):
    weighed = weigh(found, exception, now, labels)
    assert weighed is not None
    return weighed


HERE = {"kinds": ["Deployment", "Pod"], "namespaces": ["backend"], "names": ["redis*"]}


@pytest.mark.parametrize(
    ("ref", "kind", "rule", "failing"),
    [
        ("backend/redis", "Deployment", "check-for-team", []),
        ("backend/redis-0", "Pod", "check-for-team", []),
        ("frontend/redis", "Deployment", "check-for-team", ["namespace"]),
        ("backend/web", "Deployment", "check-for-team", ["name"]),
        ("backend/redis", "StatefulSet", "check-for-team", ["kind"]),
        ("backend/redis", "Deployment", "other", ["rule"]),
        ("frontend/web", "StatefulSet", "other", ["rule", "kind", "namespace", "name"]),
    ],
)
def test_each_part_of_a_match_by_itself(ref, kind, rule, failing):
    exception = legacy_exception(rules=["check-*"], match=[HERE])
    weighed = one(violation(ref, kind, rule=rule), exception)
    assert [part.what for part in weighed.failing] == failing
    assert (weighed.applies, weighed.nearly, weighed.undecided) == (not failing, len(failing) == 1, False)


def test_the_rule_that_is_made_for_controllers_must_be_named_too():
    found = violation(rule="autogen-check-for-team")
    weighed = one(found, legacy_exception(rules=["check-for-team"]))
    assert weighed.nearly
    assert sentence(weighed, found) == (
        "does not apply: for check-for-team, not for autogen-check-for-team, "
        "which Kyverno makes for controllers of pods"
    )
    assert one(found, legacy_exception(rules=["check-for-team", "autogen-check-for-team"])).applies
    assert one(found, legacy_exception(rules=["*check-for-team"])).applies


def test_an_exception_for_another_policy_is_none_and_one_that_misses_the_namespace_says_so():
    assert weigh(violation(), legacy_exception(policy="require-label"), NOW) is None
    found = violation(policy="Policy/backend/require-labels")
    assert one(found, legacy_exception(policy="backend/require-labels")).applies
    weighed = one(found, legacy_exception(policy="require-labels"))
    assert [part.told for part in weighed.failing] == ["names require-labels, the policy is backend/require-labels"]


def test_the_generations_do_not_heed_each_others_exceptions():
    weighed = one(violation(policy="ValidatingPolicy//require-labels", rule=""), legacy_exception())
    assert weighed.nearly
    assert weighed.failing[0].told == "of kyverno.io: a ValidatingPolicy heeds exceptions of policies.kyverno.io"
    weighed = one(violation(), cel_exception(policy="require-labels", kind="ClusterPolicy"))
    assert weighed.failing[0].told == "of policies.kyverno.io: a ClusterPolicy heeds exceptions of kyverno.io"


def test_a_reference_tells_the_kind_of_the_policy():
    found = violation(policy="NamespacedValidatingPolicy/backend/require-limits", rule="", checked=NOW - 60)
    assert one(found, cel_exception(kind="NamespacedValidatingPolicy")).applies
    weighed = one(found, cel_exception(kind="ValidatingPolicy"))
    assert weighed.failing[0].told == "for a ValidatingPolicy, the policy is a NamespacedValidatingPolicy"


def test_what_cel_says_cannot_be_judged_unless_the_engine_has():
    found = violation(policy="ValidatingPolicy//require-limits", rule="", checked=NOW - 60)
    exception = cel_exception(
        matchConditions=[{"name": "only", "expression": "object.metadata.name == 'redis'"}],
        images=["ghcr.io/*"],
        allowedValues=["x"],
    )
    new, old = changed(exception, created=NOW - 30), changed(exception, created=NOW - 300)
    weighed = one(found, new)
    assert (weighed.undecided, weighed.nearly, weighed.applies) == (True, False, False)
    assert [part.told for part in weighed.unknown] == [
        "cannot be judged: object.metadata.name == 'redis'",
        "cannot be judged: for the images ghcr.io/*",
        "cannot be judged: for the values x",
    ]
    assert sentence(weighed, found).startswith("may apply: cannot be judged: object.metadata.name")
    weighed = one(found, old)
    assert (weighed.undecided, weighed.nearly, weighed.applies) == (False, True, False)
    assert sentence(weighed, found).startswith("was there at the last evaluation, and did not apply:")


def test_what_is_expired_says_since_when():
    found = violation(policy="ValidatingPolicy//require-limits", rule="")
    weighed = one(found, changed(cel_exception(), expires=NOW - 3 * DAY))
    assert weighed.nearly
    assert sentence(weighed, found) == "does not apply: expired 3d ago"
    assert one(found, changed(cel_exception(), expires=NOW + DAY)).applies


def test_labels_are_judged_where_they_are_known():
    exception = legacy_exception(match=[{"kinds": ["Deployment"], "selector": {"matchLabels": {"app": "re*"}}}])
    assert one(violation(), exception).unknown[0].told == "cannot be judged: labels app=re*"
    assert one(violation(), exception, labels="app=redis\nteam=x").applies
    weighed = one(violation(), exception, labels="app=web")
    assert [part.what for part in weighed.failing] == ["labels"]


def test_the_best_of_several_filters_and_policies_counts_and_all_must_hold_where_it_says_all():
    filters = [{"kinds": ["Job"], "namespaces": ["x"]}, {"kinds": ["Deployment"], "namespaces": ["other"]}]
    weighed = one(violation(), legacy_exception(match=filters))
    assert [part.what for part in weighed.failing] == ["namespace"]
    both = {"all": [{"resources": each} for each in ({"kinds": ["Deployment"]}, {"namespaces": ["other"]})]}
    record = changed(legacy_exception(), match=legacy_exception(match=[]).match)
    assert one(violation(), record).failing[0].told == "matches no objects"
    every = legacy_exception()
    every = changed(every, match=_matches(both))
    assert [part.what for part in one(violation(), every).failing] == ["namespace"]


def _matches(block):
    import msgspec

    from fluxtui.kinds.policy.match import MatchBlock, matches

    return matches(msgspec.convert(block, MatchBlock))


def test_a_namespace_is_in_itself():
    exception = legacy_exception(match=[{"kinds": ["Namespace"], "namespaces": ["backend"]}])
    assert one(violation("backend", "Namespace"), exception).applies
    assert not one(violation("frontend", "Namespace"), exception).applies


def test_all_controls_that_are_violated_must_be_excepted():
    found = violation(
        policy="ClusterPolicy//pod-security",
        rule="baseline",
        controls="allowPrivilegeEscalation,capabilities_restricted",
    )
    part = [{"controlName": "Capabilities", "images": ["*"]}]
    weighed = one(found, legacy_exception(policy="pod-security", podSecurity=part))
    assert weighed.failing[0].told == "not for Privilege Escalation"
    part.append({"controlName": "Privilege Escalation", "images": ["*"]})
    assert one(found, legacy_exception(policy="pod-security", podSecurity=part)).applies
    part[0]["images"] = ["redis"]
    weighed = one(changed(found, checked=0), legacy_exception(policy="pod-security", podSecurity=part))
    assert (weighed.undecided, [each.told for each in weighed.unknown]) == (
        True,
        ["cannot be judged: for the images redis"],
    )


def test_names_in_a_report_are_resolved_without_their_namespace():
    found = violation(result="skip", exceptions="let, gone")
    wrong = legacy_exception("frontend/let", match=[{"namespaces": ["frontend"]}])
    right = legacy_exception("backend/let", match=[{"namespaces": ["backend"]}])
    told = standing(found, [wrong, right], NOW)
    assert [each.record.id for each in told.applying] == ["PolicyException/backend/let"]
    assert [each.record.id for each in told.nearly] == ["PolicyException/frontend/let"]
    assert told.lost == ("gone",)
    assert sentence(told.applying[0], found) == "applies: the report says so"


@pytest.mark.parametrize(
    ("created", "background", "said"),
    [
        (NOW - 30, None, "applies: it is newer than the last evaluation, which the report still tells"),
        (NOW - 300, False, "applies to requests; it is not heeded in background scans, which the report tells"),
        (NOW - 300, None, "fits in every part, and yet the report fails: exceptions may be off, or not heeded from"),
        (NOW - 300, "edited", "fits in every part; it was changed since it was made, perhaps after the last"),
    ],
)
def test_why_a_report_fails_although_an_exception_applies(created, background, said):
    more = {"background": False} if background is False else {}
    exception = changed(legacy_exception(**more), created=created, generation=2 if background == "edited" else 1)
    weighed = one(violation(checked=NOW - 60), exception)
    assert sentence(weighed, violation()).startswith(said)
    assert weighed.applies is not weighed.refuted
    assert weighed.nearly is weighed.refuted


# --- exceptions that do nothing


def finished(steps):
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def reasons(*records, found=(), policies=None, **covered):
    held_ = policies if policies is not None else [legacy_policy("require-labels"), cel_policy()]
    told = finished(idle(store_with(*records), picture(*found, policies=held_, coverages=[coverage(**covered)])))
    return [(each.record.name, each.why, each.told) for each in told]


def test_an_exception_that_is_used_is_not_idle():
    assert reasons(legacy_exception(), found=[violation()]) == []
    assert reasons(legacy_exception(match=[HERE]), found=[violation("x/y", result="skip", exceptions="let")]) == []


def test_idle_exceptions_say_why():
    unused = legacy_exception("backend/unused", match=[{"namespaces": ["nowhere"]}])
    typo = legacy_exception("backend/typo", policy="require-lables")
    rule = legacy_exception("backend/rule", rules=["check-team"])
    made = legacy_exception("backend/made", rules=["autogen-check-for-team"], match=[HERE])
    gone = cel_exception("backend/gone", policy="nothing-like-it")
    over = changed(cel_exception("backend/over"), expires=NOW - DAY)
    late = changed(legacy_exception("backend/late"), labels="cleanup.kyverno.io/ttl=2027-01-10\na=b")
    found = [violation(rule="autogen-check-for-team")]
    assert reasons(unused, typo, rule, made, gone, over, late, found=found) == [
        ("over", Idling.EXPIRED, "expired 24h ago"),
        ("late", Idling.OVERDUE, "should have been deleted 5d ago by its label, and applies still"),
        ("gone", Idling.NO_POLICY, "there is no ValidatingPolicy nothing-like-it"),
        ("typo", Idling.NO_POLICY, "there is no policy require-lables; there is require-labels"),
        ("rule", Idling.NO_RULE, "require-labels has no rule check-team; it has check-for-team"),
        ("unused", Idling.UNUSED, "no report names it, and nothing that fails would be excepted by it"),
    ]


def test_nothing_is_said_of_what_cannot_be_seen():
    unused = legacy_exception("backend/unused", match=[{"namespaces": ["nowhere"]}])
    typo = legacy_exception("backend/typo", policy="require-lables")
    forbidden = DataState(Phase.FORBIDDEN, NOW, NOW, "no")
    assert reasons(unused, reports={"PolicyReport": forbidden}) == []
    assert reasons(unused, unread=3) == []
    assert reasons(unused, settled=False) == []
    assert reasons(typo, policies=[], unread=1) != []
    assert [each[1] for each in reasons(typo, unread=1)] == [Idling.NO_POLICY]
    lost = coverage(policies={"ClusterPolicy": forbidden}, unread=1)
    assert finished(idle(store_with(typo), picture(policies=[], coverages=[lost]))) == ()


def test_the_recorded_exception_fits_and_its_engine_did_not_heed_it():
    """The reports controller of the recording was not told to heed exceptions: its reports fail all the same."""
    answers = json.loads(recorded("objects.json.gz"))

    def held_at(kind, path):
        return POLICY_KINDS[kind].decode_page(json.dumps(answers[path]).encode()).records

    (exception,) = held_at("PolicyException", "/apis/kyverno.io/v2/policyexceptions")
    reports = held_at("PolicyReport", "/apis/wgpolicyk8s.io/v1alpha2/policyreports")
    fitting = 0
    for report in reports:
        for finding in report.findings:
            if finding.check.policy != "require-labels":
                continue
            of = report.scope
            found = changed(
                violation(f"{of.namespace}/{of.name}", of.kind, rule=finding.check.rule, result=finding.result),
                finding=finding,
                subject=of,
                checked=report.updated,
            )
            weighed = one(found, exception)
            assert not weighed.applies
            if weighed.fits:
                fitting += 1
                assert (of.namespace, of.name.startswith("redis")) == ("backend", True)
                assert (finding.result, weighed.nearly) == ("fail", True)
                assert sentence(weighed, found).startswith("fits in every part, and yet the report fails")
    assert fitting == 2
    assert held(store_with(exception), CLUSTER) == (exception,)
