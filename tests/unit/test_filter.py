"""The filter language, the same everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.insight.filter import FIELDS, complete, duration, glob
from fluxtui.insight.filter import compile as compiled
from fluxtui.insight.terms import MAX_LENGTH, MAX_TERMS
from fluxtui.insight.values import Values
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row

NOW = 1_000_000.0


def row(ref="cert-manager/webhook", kind="Kustomization", cluster="prod-eu-1", status=Status.READY, **fields):
    namespace, _, name = ref.rpartition("/")
    reason, since = fields.pop("reason", "Fine"), fields.pop("since", int(NOW) - 60)
    told = {"created": int(NOW) - 3600, "labels": "team=payments\ntier=1"} | fields
    record = Record(kind=kind, id=f"{kind}/{ref}", namespace=namespace, name=name, **told)
    return Row(cluster, record, status, reason, "message of it", since)


def passes(text, *args, **fields):
    found = compiled(text, NOW)
    assert found.problems == ()
    return found(row(*args, **fields))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "cert",
        "CERT-MAN",
        "webhook cert",
        "kustom",
        "eu-1",
        "cmw",
        "cm/wh",
        "ns:cert",
        "ns:cert-*",
        'ns:"cert-manager"',
        "namespace:cert-manager",
        "kind:ks",
        "kind:kustomizations",
        "kind:helmrelease,kustomization",
        "kind:Kust*",
        "cluster:prod-*",
        "status:ready",
        "status:rea,failed",
        "reason:fine",
        "label:team=payments",
        "label:team",
        "label:team=pay*",
        "name:*hook",
        "!ns:flux-system",
        "!nothing",
        '"webhook"',
        '"Kustomization"',
        "web*",
        "age:<2h",
        "age:>30m",
        "age:2h",
        "since:<5m",
        "tenant:cert",
        "nope,webhook",
        'ns:other,"cert-manager"',
    ],
)
def test_passes(text):
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    [
        "zebra",
        "kwebhook",
        "wcm",
        "webhook zebra",
        "ns:webhook",
        'ns:"cert"',
        "ns:manager*",
        "kind:hr",
        "cluster:staging",
        "status:failed",
        "!status:ready",
        "!cert",
        "label:team=pay",
        "label:tea",
        "label:nope",
        "label:nope=*",
        '"web"',
        "age:<30m",
        "age:>2h",
        "since:>5m",
    ],
)
def test_does_not_pass(text):
    assert not passes(text)


def test_letters_in_order_begin_at_the_start_of_a_part():
    assert passes("cmw")
    assert passes("webk")
    assert not passes("ebk"), "inside a word, only what stands together is found"


def test_fields_that_records_have():
    assert passes("source:src", source="OCIRepository/a/src")
    assert passes("revision:latest", revision="latest@sha256:0123")
    assert passes("revision:v2", attempted="v2@sha256:0123"), "what never was applied has at least been attempted"
    assert passes("url:oci://", url="oci://registry.example.com/a")
    assert passes("owner:ResourceSet", owner="ResourceSet/a/b")
    assert passes("message:of", "a/b")
    assert passes("oci://x,b", "a/b"), "a URL is no field"


def test_tenants_by_the_fleet_else_by_label_else_by_namespace():
    asked = compiled(
        "tenant:team-a", NOW, lambda cluster, namespace: "team-a" if (cluster, namespace) == ("c", "x") else ""
    )
    assert asked(row("x/y", cluster="c"))
    assert not asked(row("x/y", cluster="d"))
    assert passes("tenant:team-b", labels="toolkit.fluxcd.io/tenant=team-b")


def test_tenants_by_the_labels_that_their_namespace_has_now(fleet):
    fleet.put("c", "Namespace", "/web", labels="toolkit.fluxcd.io/tenant=team-a")
    fleet.put("c", "Namespace", "/shop", labels="toolkit.fluxcd.io/role=tenant")
    asked = compiled("tenant:team-a", NOW, store=fleet.store)
    assert asked(row("web/x", cluster="c"))
    assert not asked(row("shop/x", cluster="c"))
    assert not asked(row("web/x", cluster="d")), "another cluster's namespace of that name"
    assert asked(row("/web", kind="Namespace", cluster="c")), "a namespace is in itself"
    assert asked(row("shop/x", cluster="c", labels="toolkit.fluxcd.io/tenant=team-a")), "its own label comes first"
    assert compiled("tenant:shop", NOW, store=fleet.store)(row("shop/x", cluster="c"))
    assert compiled("tenant:gone", NOW, store=fleet.store)(row("gone/x", cluster="c"))
    fleet.put("c", "Namespace", "/web", labels="toolkit.fluxcd.io/tenant=team-b")
    assert not asked(row("web/x", cluster="c"))
    assert compiled("!tenant:team-a", NOW, store=fleet.store)(row("web/x", cluster="c"))


def test_tenants_are_completed_as_they_are_filtered_by(fleet):
    fleet.put("c", "Namespace", "/web", labels="toolkit.fluxcd.io/tenant=team-a")
    known = Values(fleet.store)
    for _ in known.learn([row("web/x", cluster="c"), row("shop/x", cluster="c")]):
        pass
    assert known.known["tenant"] == {"team-a", "shop"}


def test_a_time_that_is_not_told_is_neither_young_nor_old():
    assert not passes("age:<30m", created=0)
    assert not passes("age:>30m", created=0)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("cert foo:bar", 5, "no field 'foo'"),
        ("status:borken", 0, "no status 'borken'"),
        ("x age:soon", 2, "no age"),
        ('ns:"open', 3, "not closed"),
        ("kind:", 0, "wants a value"),
    ],
)
def test_what_is_not_understood_is_told_with_its_place_and_not_applied(text, position, words):
    (problem,) = compiled(text, NOW).problems
    assert problem.position == position
    assert words in str(problem)
    assert str(problem).startswith(f"at {position + 1}: ")
    if "open" not in text:
        assert compiled(text, NOW)(row("cert/x"))


def test_limits():
    long = compiled("a" * (MAX_LENGTH + 10), NOW)
    assert "only the first" in str(long.problems[0])
    many = compiled("cert " * (MAX_TERMS + 1), NOW)
    assert many.problems[0].position == 5 * MAX_TERMS
    assert many(row())


def test_empty_filters_say_so():
    assert compiled("  ", NOW).empty
    assert not compiled("x", NOW).empty


@given(st.text(max_size=80))
def test_no_text_raises(text):
    found = compiled(text, NOW)
    found(row())
    found(row("", kind="", cluster="", labels=""))
    complete(text, len(text) // 2, {"ns": ["a"]})


@given(st.text(alphabet='!:,"* \\abns=<>1m', max_size=40))
def test_no_text_in_the_letters_of_the_language_raises(text):
    compiled(text, NOW)(row())


@given(st.text(alphabet="ab*", max_size=12), st.text(alphabet="ab", max_size=12))
def test_globs_are_what_globs_are(pattern, text):
    import re

    wanted = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
    if "*" in pattern:
        assert glob(text, pattern.split("*")) is wanted


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("2d", 172800), ("1w", 604800)],
)
def test_durations(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "30", "1x", "-5m", "1h 30m", "٣m"])
def test_no_durations(text):
    assert duration(text) is None


def test_completion_of_fields_values_and_alternatives():
    assert complete("st", 2, {}).choices == ("status:",)
    assert complete("", 0, {}).choices == tuple(f"{field}:" for field in FIELDS)
    assert complete("!na", 3, {}).start == 1
    found = complete("cert ns:a,fr more", 12, {"ns": ["frontend", "afront", "backend"]})
    assert (found.start, found.end, found.choices) == (10, 12, ("frontend", "afront"))
    assert complete("ns:front", 8, {"ns": ["x-front", "frontend"]}).choices == ("frontend", "x-front")
    assert complete("status:b", 8, {}).choices[0] == "blocked"
    assert "Kustomization" in complete("kind:Kus", 8, {}).choices
    assert complete("reason:a", 8, {"reason": ["a b"]}).choices == ('"a b"',), "what has a blank needs quotes"


def test_no_input_makes_matching_slow():
    """Patterns that a backtracking matcher would not finish in a lifetime."""
    hay = "a/" + "a" * 250
    assert not passes("*a" * 100 + "*b", hay)
    assert not passes("a" * 200 + "b", hay)
    assert not passes("name:" + "*a" * 100 + "*b", hay)
