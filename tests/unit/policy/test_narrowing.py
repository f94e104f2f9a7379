"""The filter of violations: a table of terms, what is wrong with texts, and the account of what is hidden."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.insight.policy.model import Action, Owner, Violation
from fluxtui.insight.policy.narrowing import FIELDS, complete, sift, values
from fluxtui.insight.policy.narrowing import compile as compile_filter
from fluxtui.kinds.policy.policies import PolicyRecord
from fluxtui.kinds.policy.reports import Check, Finding, Subject

NOW = 1_800_000_000
OWNER = Owner("prod", "Kustomization/backend/apps", tenant="team-a", labelled=True)


def violation(result="fail", **more):
    check = Check(
        more.pop("source", "kyverno"),
        "labels",
        "autogen-check",
        more.pop("category", "Best Practices"),
        more.pop("severity", "high"),
    )
    told = {
        "cluster": "prod-eu-1",
        "subject": Subject("apps", "Deployment", "backend", "redis"),
        "finding": Finding(check, result, "label 'team' is required"),
        "policy": "ClusterPolicy//labels",
        "rule": "check",
        "autogen": True,
        "action": Action.AUDIT,
        "owner": OWNER,
        "report": "PolicyReport/backend/x",
        "checked": NOW,
        "first_seen": NOW - 3600,
    } | more
    return Violation(**told)


TERMS = [
    # what passes
    ("", True),
    ("redis", True),
    ("REDIS back", True),
    ("labels", True),
    ("team-a", True),
    ("check eu", True),
    ("zrds", False),
    ("rds", True),
    ('"redis"', True),
    ('"redi"', False),
    ('"apps"', False),
    ("red*", True),
    ("*dis", True),
    ("dis*", False),
    ("result:fail", True),
    ("result:f", True),
    ("result:warn,error", False),
    ("result:warn,fail", True),
    ("!result:fail", False),
    ("severity:high", True),
    ("severity:h,crit", True),
    ("severity:none", False),
    ("source:kyverno", True),
    ("source:Kyver*", True),
    ("source:trivy", False),
    ("policy:labels", True),
    ("policy:lab", True),
    ('policy:"lab"', False),
    ('policy:"labels"', True),
    ("policy:lab*s", True),
    ("rule:check", True),
    ("rule:autogen", False),
    ("action:audit", True),
    ("action:deny", False),
    ("!action:deny,warn", True),
    ("owner:apps", True),
    ("owner:kustomization/backend", True),
    ('owner:"apps"', True),
    ('owner:"backend/apps"', True),
    ('owner:"app"', False),
    ("owner:none", False),
    ("!owner:none", True),
    ("tenant:team-a", True),
    ("tenant:backend", False),
    ('category:"Best Practices"', True),
    ("category:best", True),
    ("message:team", True),
    ("ns:backend", True),
    ("namespace:back", True),
    ("ns:front", False),
    ("kind:deploy", True),
    ("kind:Deployment", True),
    ("kind:pod", False),
    ("kind:d*t", True),
    ("name:redis", True),
    ("cluster:prod", True),
    ("ctx:prod-us", False),
    ("seen:<2h", True),
    ("seen:2h", True),
    ("seen:<30m", False),
    ("seen:>30m", True),
    ("seen:>2h", False),
    ("age:<2h", True),
    ("policy:labels ns:backend !kind:pod", True),
    ("policy:labels ns:front", False),
]


@pytest.mark.parametrize(("text", "passes"), TERMS)
def test_a_term(text, passes):
    found = compile_filter(text, NOW)
    assert found.problems == ()
    assert found(violation()) is passes


def test_what_is_not_told():
    assert compile_filter("severity:none", NOW)(violation(severity=""))
    assert compile_filter("owner:none", NOW)(violation(owner=Owner("prod", tenant="backend")))
    assert compile_filter("tenant:backend", NOW)(violation(owner=Owner("prod", tenant="backend")))
    doubtful = violation(owner=Owner("prod", tenant="backend", doubt="pods: forbidden"))
    assert compile_filter("owner:unknown", NOW)(doubtful)
    assert not compile_filter("owner:none", NOW)(doubtful)
    new = violation(first_seen=0)
    assert compile_filter("seen:<1m", NOW)(new), "we see it for the first time"
    assert not compile_filter("seen:>1m", NOW)(new)


PROBLEMS = [
    ("result:pass", 0, "there is no result 'pass' (there are fail, warn, error, skip)"),
    ("ns:x severity:bad", 5, "there is no severity 'bad' (there are critical, high, medium, low, info, none)"),
    ('action:"den"', 0, "there is no action 'den' (there are deny, warn, audit, none, unknown)"),
    ("color:red", 0, f"there is no field 'color' (there are {', '.join(FIELDS)})"),
    ("seen:soon", 0, "'soon' is no age (like <30m, >2h, 1d)"),
    ("policy:", 0, "policy: wants a value"),
    ('x policy:"a', 9, "the quote is not closed"),
]


@pytest.mark.parametrize(("text", "position", "words"), PROBLEMS)
def test_what_is_not_understood_is_told_where_it_is(text, position, words):
    (problem,) = compile_filter(text, NOW).problems
    assert (problem.position, problem.text) == (position, words)


def test_what_is_not_understood_hides_nothing():
    assert compile_filter("result:pass", NOW).empty
    assert compile_filter("color:red redis", NOW)(violation())
    assert compile_filter("result:fail,pass", NOW)(violation()), "the rest of the term counts"


def sifted(violations, text="", **more):
    steps = sift(violations, compile_filter(text, NOW), **more)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_everything_that_is_hidden_is_accounted_for():
    every = [
        violation(),
        violation("skip"),
        violation("skip", source="other"),
        violation("warn", source="trivy"),
        violation("error", source="trivy", subject=Subject("", "Pod", "web", "x")),
    ]
    shown, hidden = sifted(every)
    assert (len(shown), hidden.skipped, hidden.others, hidden.sources) == (3, 2, 0, ("other",))
    shown, hidden = sifted(every, "result:skip")
    assert (len(shown), hidden.skipped, hidden.others, hidden.sources) == (2, 0, 3, ("trivy",))
    shown, hidden = sifted(every, "ns:backend")
    assert (len(shown), hidden.skipped, hidden.others, hidden.sources) == (2, 2, 1, ("other",))
    shown, hidden = sifted(every, skips=True)
    assert (len(shown), hidden.results, hidden.sources) == (5, 0, ())


def test_rules_that_nobody_violates_pass_by_what_is_known_of_them():
    record = PolicyRecord(kind="ClusterPolicy", id="ClusterPolicy//labels", severity="high", category="Best Practices")

    def keeps(text):
        return compile_filter(text, NOW).keeps("prod-eu-1", "ClusterPolicy//labels", "check", record, Action.AUDIT)

    for text in ("", "labels", "policy:lab action:audit", "rule:check severity:high", "cluster:eu", "!action:deny"):
        assert keeps(text), text
    for text in ("other", "action:deny", "ns:backend", "result:fail", "tenant:x", "!ns:backend", "seen:<1h"):
        assert not keeps(text), text


def test_completion_of_fields_and_values():
    known = {}
    for _ in values([violation(), violation(owner=Owner("prod"))], known):
        pass
    assert complete("pol", 3, known).choices == ("policy:",)
    assert complete("policy:l", 8, known).choices == ("labels",)
    assert complete("result:", 7, known).choices == ("error", "fail", "skip", "warn")
    assert complete("!owner:", 7, known).choices == ("Kustomization/backend/apps", "none", "unknown")
    assert complete("category:b", 10, known).choices == ('"Best Practices"',)
    assert complete("tenant:", 7, known).choices == ("team-a",)
    assert "<1h" in complete("seen:", 5, known).choices


@given(st.text(alphabet='abr!:,"*<>12h /-é\x1b', max_size=60))
def test_no_text_breaks_it(text):
    found = compile_filter(text, NOW)
    assert found(violation()) in (True, False)
    complete(text, len(text), {})


RESULTS = st.sampled_from(["fail", "warn", "error", "skip"])


@given(st.lists(RESULTS, max_size=30), st.sampled_from(["", "result:skip", "ns:x"]))
def test_shown_and_hidden_are_all(results, text):
    shown, hidden = sifted([violation(result) for result in results], text)
    assert len(shown) + hidden.results == len(results)
