"""What an allow-list's expression is recognised by, and what it lets through."""

from pathlib import Path

import msgspec
import pytest
import yaml

from fluxtui.insight.policy.allowlist import concerns_sources, covered, flaws, matches, recognise
from fluxtui.kinds.policy.table import POLICY_KINDS

D2 = Path(__file__).parents[3] / "shared" / "fixtures" / "d2" / "d2-fleet" / "tenants" / "policies.yaml"
SOURCES = {
    "resourceRules": [
        {
            "apiGroups": ["source.toolkit.fluxcd.io"],
            "resources": ["gitrepositories", "ocirepositories", "helmrepositories"],
            "operations": ["CREATE", "UPDATE"],
        }
    ]
}


def policy(expression, name="sources", group="source.toolkit.fluxcd.io", **variables):
    spec = {
        "matchConstraints": {"resourceRules": [{**SOURCES["resourceRules"][0], "apiGroups": [group]}]},
        "variables": [{"name": key, "expression": value} for key, value in variables.items()],
        "validations": [{"expression": expression}],
    }
    told = {"metadata": {"name": name}, "spec": spec}
    return POLICY_KINDS["ValidatingAdmissionPolicy"].decode_object(msgspec.json.encode(told))


def test_the_policy_of_the_d2_architecture_is_recognised():
    if not D2.exists():
        pytest.skip(f"{D2} is not there")
    resources = yaml.safe_load(D2.read_text())["spec"]["resources"]
    config, admission, _ = resources
    record = POLICY_KINDS["ValidatingAdmissionPolicy"].decode_object(msgspec.json.encode(admission))
    rule = recognise(record)
    assert concerns_sources(record)
    assert (rule.alone, rule.key, rule.separator) == (True, "sources", " ")
    entries = rule.entries(config["data"])
    assert len(entries) == 4
    assert rule.allows("oci://ghcr.io/controlplaneio-fluxcd/d2-apps", entries)
    assert not rule.allows("oci://ghcr.io/somebody/else", entries)
    assert covered(record) == {"gitrepositories", "ocirepositories", "helmrepositories"}


V = {"url": "object.spec.url", "sources": "params.data.sources.split(' ')"}


@pytest.mark.parametrize(
    ("expression", "variables", "alone", "key", "separator"),
    [
        ("variables.sources.exists_one(prefix, variables.url.startsWith(prefix))\n", V, True, "sources", " "),
        ("variables.sources.exists(p, variables.url.startsWith(p))", V, False, "sources", " "),
        ("variables.sources.existsOne( p , object.spec.url.startsWith( p ) )", V, True, "sources", " "),
        ("params.data.list.split(',').exists(p, object.spec.url.startsWith(p))", {}, False, "list", ","),
        ('params.data["a-list"].split("\\n").exists(p, object.spec.url.startsWith(p))', {}, False, "a-list", "\n"),
        (
            "variables.all.exists(p, object.spec.url.startsWith(p))",
            {"all": "variables.sources", **V},
            False,
            "sources",
            " ",
        ),
    ],
)
def test_the_known_form_in_its_variants(expression, variables, alone, key, separator):
    rule = recognise(policy(expression, **variables))
    assert (rule.alone, rule.key, rule.separator) == (alone, key, separator)


def test_a_list_that_is_written_out():
    rule = recognise(policy("['https://a/', \"oci://b/\"].exists(p, object.spec.url.startsWith(p))"))
    assert rule.entries({}) == ("https://a/", "oci://b/")


@pytest.mark.parametrize(
    "expression",
    [
        "object.spec.url.startsWith('https://a/')",
        "variables.sources.exists(p, variables.url.contains(p))",
        "variables.sources.all(p, variables.url.startsWith(p))",
        "!variables.sources.exists(p, variables.url.startsWith(p))",
        "variables.sources.exists(p, variables.url.startsWith(p)) || true",
        "variables.sources.exists(p, object.spec.image.startsWith(p))",
        "variables.unknown.exists(p, variables.url.startsWith(p))",
        "variables.sources.exists(p, variables.url.startsWith(q))",
        "",
    ],
)
def test_other_expressions_are_not_guessed(expression):
    assert recognise(policy(expression, **V)) is None


def test_variables_that_mean_each_other_come_to_an_end():
    assert (
        recognise(policy("variables.a.exists(p, object.spec.url.startsWith(p))", a="variables.b", b="variables.a"))
        is None
    )


def test_an_expression_of_hostile_length_is_read_in_time():
    hostile = "variables.a" + ".exists(p,variables.url.startsWith(" * 3000
    assert recognise(policy(hostile)) is None


def test_only_policies_over_sources_concern_them():
    assert not concerns_sources(policy("object.spec.url != ''", group="apps"))
    assert concerns_sources(policy("object.spec.url != ''"))
    assert not concerns_sources(policy("has(object.spec.interval)"))
    assert concerns_sources(policy("true", name="source.policy.fluxcd.controlplane.io"))


@pytest.mark.parametrize(
    ("url", "alone", "some"),
    [
        ("https://git/acme/apps", True, True),
        ("https://git/acme/apps/x", False, True),
        ("https://git/other", False, False),
        ("", False, False),
    ],
)
def test_exists_one_refuses_what_several_entries_match(url, alone, some):
    entries = ("https://git/acme/", "https://git/acme/apps/", "oci://x/")
    one = recognise(policy("variables.sources.exists_one(p, variables.url.startsWith(p))", **V))
    any_ = recognise(policy("variables.sources.exists(p, variables.url.startsWith(p))", **V))
    assert (one.allows(url, entries), any_.allows(url, entries)) == (alone, some)


def test_two_separators_in_a_row_are_an_entry_that_matches_everything():
    rule = recognise(policy("variables.sources.exists_one(p, variables.url.startsWith(p))", **V))
    entries = rule.entries({"sources": "https://a/  https://b/"})
    assert entries == ("https://a/", "", "https://b/")
    assert matches("https://c/", entries) == [""]
    assert rule.allows("https://c/", entries)
    assert not rule.allows("https://a/x", entries)


def test_parameters_without_the_key():
    rule = recognise(policy("variables.sources.exists_one(p, variables.url.startsWith(p))", **V))
    assert rule.entries({"other": "x"}) is None


@pytest.mark.parametrize(
    ("entry", "words"),
    [("", "matches every URL"), ("oci://a/\n", "white space"), ("oci://a/b", "also allows"), ("oci://a/b/", "")],
)
def test_what_is_wrong_with_an_entry(entry, words):
    assert words in flaws(entry)
    assert bool(flaws(entry)) == bool(words)
