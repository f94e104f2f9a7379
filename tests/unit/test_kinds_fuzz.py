"""Whatever the bytes are, decoding gives clean records or `Garbled`, and one odd object costs no other."""

import json
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxtui.kinds.decode import Garbled
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.record import Need, Record
from fluxtui.kinds.table import KINDS

EVERY = {**KINDS, **{f"policy {name}": kind for name, kind in POLICY_KINDS.items()}}
kinds = st.sampled_from(list(EVERY.values()))
GOOD = (
    b'{"metadata":{"name":"good","resourceVersion":"5","labels":{"helm.sh/chart":"kyverno"}},"reason":"PolicyViolation",'
    b'"involvedObject":{"apiVersion":"fluxcd.controlplane.io/v1","kind":"ClusterPolicy"},"related":{"kind":"Pod"}}'
)

TEMPLATE = {
    "apiVersion": "x/v1",
    "kind": "X",
    "metadata": {
        "name": "odd",
        "namespace": "web",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 3,
        "creationTimestamp": "2026-09-21T14:13:20Z",
        "deletionTimestamp": "2026-09-21T14:13:20Z",
        "labels": {"a": "b", "kustomize.toolkit.fluxcd.io/name": "apps", "helm.sh/chart": "kyverno"},
        "annotations": {"fluxcd.controlplane.io/reconcile": "disabled", "fluxcd.controlplane.io/reconcileEvery": "5m"},
        "ownerReferences": [{"kind": "ResourceSet", "name": "apps", "apiVersion": "x/v1"}],
    },
    "spec": {
        "suspend": True,
        "interval": "5m",
        "url": "oci://x",
        "path": "./x",
        "type": "Static",
        "replicas": 2,
        "ref": {"tag": "latest"},
        "verify": {"provider": "cosign"},
        "sourceRef": {"kind": "OCIRepository", "name": "x"},
        "chartRef": {"kind": "OCIRepository", "name": "x"},
        "chart": {"spec": {"chart": "x", "sourceRef": {"name": "x"}}},
        "dependsOn": [{"kind": "X", "name": "y", "ready": True, "readyExpr": "true"}],
        "inputsFrom": [{"selector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "a"}]}}, {"name": "p"}],
        "schedule": [{"cron": "@daily", "timeZone": "UTC", "window": "1h"}],
        "valuesFrom": [{"kind": "Secret", "name": "x"}],
        "postBuild": {"substituteFrom": [{"kind": "Secret", "name": "x"}]},
        "sources": [{"kind": "Bucket", "name": "x"}],
        "sync": {"url": "oci://x", "path": "./x"},
        "distribution": {"version": "v2"},
        "operator": {"version": "v0"},
        "reconcilers": [{"kind": "X", "stats": {"running": 1, "failing": 1, "suspended": 1}}],
        "template": {"spec": {"containers": [{"image": "x:1"}]}},
        "providerRef": {"name": "p"},
        "imageRepositoryRef": {"name": "p"},
        "rules": [
            {
                "name": "r",
                "match": {"any": [{"resources": {"kinds": ["Pod"], "selector": {"matchLabels": {"a": "b"}}}}]},
                "exclude": {"resources": {"names": ["x"]}},
                "validate": {"message": "no", "failureAction": "Enforce"},
            }
        ],
        "validationFailureActionOverrides": [{"action": "audit", "namespaces": ["x"], "namespaceSelector": {}}],
        "webhookConfiguration": {"timeoutSeconds": 3},
        "matchConstraints": {"resourceRules": [{"apiGroups": [""], "resources": ["pods"], "operations": ["CREATE"]}]},
        "validations": [{"expression": "true", "message": "no"}],
        "validationActions": ["Deny"],
        "evaluation": {"background": {"enabled": False}},
        "exceptions": [{"policyName": "x", "ruleNames": ["r*"]}],
        "match": {"all": [{"subjects": [{"kind": "User"}]}]},
        "policyRefs": [{"name": "x", "kind": "ValidatingPolicy"}],
        "expiresAt": "2026-09-21T14:13:20Z",
        "paramRef": {"name": "x", "namespace": "y"},
    },
    "scope": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x", "namespace": "y", "uid": "u"},
    "results": [
        {
            "policy": "x",
            "rule": "r",
            "result": "fail",
            "severity": "high",
            "scored": False,
            "message": "no",
            "timestamp": {"seconds": 5, "nanos": 0},
            "properties": {"process": "background scan", "controls": "a,b"},
            "resources": [{"kind": "Pod", "name": "x"}],
        }
    ],
    "summary": {"fail": 1, "pass": 2},
    "webhooks": [{"name": "x", "timeoutSeconds": 5, "clientConfig": {"service": {"name": "s"}}, "rules": [{}]}],
    "status": {
        "observedGeneration": 3,
        "failures": 2,
        "availableReplicas": 1,
        "conditions": [
            {"type": "Ready", "status": "False", "reason": "X", "message": "m", "observedGeneration": 2},
            {"type": "Available", "status": "True", "lastTransitionTime": "2026-09-21T14:13:20Z"},
        ],
        "history": [
            {
                "digest": "sha256:aa",
                "firstReconciled": "2026-09-21T14:13:20Z",
                "lastReconciledStatus": "HealthCheckFailed",
                "totalReconciliations": 4,
                "status": "failed",
                "lastDeployed": "2026-09-21T14:13:20Z",
                "metadata": {"inputs": "2"},
            },
            {"lastReconciledStatus": "ReconciliationSucceeded", "status": "superseded", "chartVersion": "1"},
        ],
        "inventory": {"entries": [{"id": "_x__Namespace", "v": "v1"}]},
        "artifact": {"revision": "v1", "lastUpdateTime": "2026-09-21T14:13:20Z", "metadata": {"a": "b"}},
        "exportedInputs": [{"id": "1"}],
        "nextSchedule": {"when": "2026-09-21T14:13:20Z"},
        "latestRef": {"name": "x", "tag": "1"},
        "lastScanResult": {"scanTime": "2026-09-21T14:13:20Z"},
        "lastAppliedRevision": "v1",
    },
    "involvedObject": {"apiVersion": "fluxcd.controlplane.io/v1", "kind": "ClusterPolicy", "name": "x"},
    "related": {"kind": "Pod", "namespace": "y", "name": "x"},
    "reason": "PolicyViolation",
    "message": "m",
    "count": 3,
    "firstTimestamp": "2026-09-21T14:13:20Z",
    "source": {"component": "c"},
    "data": {"A": "B"},
}


WHAT_KEEPS = {"Event": ("involvedObject", "related", "reason"), "Deployment": ("metadata",)}
"""Kinds of which not every object is kept, and the fields that say which."""


def places(value, way=()):
    """Every place of the template, as the keys that lead there."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield (*way, key)
            yield from places(held, (*way, key))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield (*way, index)
            yield from places(held, (*way, index))


PLACES = [place for place in places(TEMPLATE) if place != ("metadata", "name")]
HOSTILE = ["[red]x[/red]", "\x1b[31mx\x1b[0m", "a\u202eb", "line\nbreak\r", "\x00", "x" * 5000, "²", "", "🏳\u200d🌈"]
values = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 2**63, -(2**70), 10**400, 1.5, 1e300]),
    st.sampled_from(HOSTILE),
    st.sampled_from(["0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "9999-12-31T23:59:60Z", "2026-09-21"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
)


def changed(changes):
    data = json.loads(json.dumps(TEMPLATE))
    for place, value in changes:
        held = data
        for key in place[:-1]:
            if isinstance(held, dict):
                held = held.get(key)
            elif isinstance(held, list) and isinstance(key, int) and key < len(held):
                held = held[key]
            else:
                held = None
        if isinstance(held, dict) or (isinstance(held, list) and isinstance(place[-1], int) and place[-1] < len(held)):
            held[place[-1]] = value
    return data


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, Need):
        yield from (value.target, value.expression)
    elif isinstance(value, tuple):
        for held in value:
            yield from texts(held)


MULTILINE = {"message", "labels", "inventory", "data"}


def check_clean(record):
    """Every text of a record prints, and every field has the type that it claims."""
    for field in msgspec.structs.fields(record):
        value = getattr(record, field.name)
        for text in texts(value):
            assert text.replace("\n", "").isprintable() or text in ("", "\n"), (field.name, text)
            assert "\n" not in text or field.name in MULTILINE or isinstance(value, tuple), (field.name, text)
            text.encode()
        if isinstance(value, int):
            assert -(2**63) <= value < 2**63
    msgspec.convert(msgspec.to_builtins(record), type(record), strict=True)


@settings(max_examples=400, deadline=None)
@given(kinds, st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=6))
def test_wrong_types_and_hostile_text_anywhere_cost_a_field_not_the_object(kind, changes):
    data = json.dumps(changed(changes)).encode()
    page = kind.decode_page(b'{"metadata":{"resourceVersion":"9"},"items":[' + data + b"," + GOOD + b"]}")
    chunk = b'{"type":"ADDED","object":' + data + b'}\n{"type":"MODIFIED","object":' + GOOD + b"}\n"
    events = kind.decode_events(chunk)
    assert page.records[-1].name == events[1].record.name == "good"
    assert page.version == "9"
    assert [event.record for event in events if event.record is not None] == page.records
    if len(page.records) == 2:
        check_clean(page.records[0])
        assert page.records[0].name == "odd"
        assert kind.decode_object(data) == page.records[0]
    else:
        assert page.refused == any(place == ("metadata",) for place, _ in changes)
        assert page.refused == 1 or any(place[0] in WHAT_KEEPS.get(kind.name, ()) for place, _ in changes)


@settings(max_examples=200, deadline=None)
@given(kinds, st.binary(max_size=200))
def test_random_bytes_are_garbled_or_nothing(kind, data):
    for decode in (kind.decode_page, kind.decode_events, kind.decode_object):
        try:
            decode(data)
        except Garbled as error:
            assert str(error).replace("\n", "").isprintable()


@settings(max_examples=150, deadline=None)
@given(kinds, st.integers(0, 4000))
def test_a_page_that_breaks_off_is_garbled(kind, at):
    data = b'{"metadata":{"resourceVersion":"9"},"items":[' + json.dumps(TEMPLATE).encode() + b"]}"
    with pytest.raises(Garbled):
        kind.decode_page(data[: min(at, len(data) - 1)])


@settings(max_examples=150, deadline=None)
@given(kinds, st.integers(1, 4000))
def test_a_watch_line_that_breaks_off_is_garbled(kind, at):
    whole = b'{"type":"ADDED","object":' + json.dumps(TEMPLATE).encode() + b"}"
    with pytest.raises(Garbled):
        kind.decode_events(b'{"type":"ADDED","object":' + GOOD + b"}\n" + whole[: min(at, len(whole) - 1)])


@pytest.mark.parametrize("kind", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("hostile", [text for text in HOSTILE if text])
def test_hostile_names_are_shown_and_stay_one_line(kind, hostile):
    odd = json.loads(json.dumps(TEMPLATE)) | {"metadata": {"name": hostile, "namespace": hostile, "uid": hostile}}
    record = page_of(kind, json.dumps(odd).encode()).records[0]
    check_clean(record)
    assert record.id.endswith(record.name)


def page_of(kind, odd):
    page = kind.decode_page(b'{"metadata":{"resourceVersion":"9"},"items":[' + odd + b"," + GOOD + b"]}")
    events = kind.decode_events(b'{"type":"ADDED","object":' + odd + b'}\n{"type":"ADDED","object":' + GOOD + b"}\n")
    assert [event.record for event in events if event.record is not None] == page.records
    assert page.records[-1].name == "good"
    return page


RELEASE = KINDS["HelmRelease"]


@pytest.mark.parametrize("depth", [100, 5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_values_nested_deeper_than_any_parser_goes_cost_nothing(depth, opening, closing):
    deep = opening * depth + b"1" + closing * depth
    odd = b'{"metadata":{"name":"deep"},"spec":{"values":' + deep + b',"suspend":true},"status":{"failures":1}}'
    deep_one, _ = page_of(RELEASE, odd).records
    assert (deep_one.name, deep_one.suspended) == ("deep", True)


def test_nesting_that_is_only_text_is_text():
    odd = b'{"metadata":{"name":"deep"},"spec":{"values":' + b"[" * 5000 + b"]" * 5000 + b',"interval":"5m",'
    odd += b'"path":"' + b"[{" * 50 + b'\\"]\\\\"}}'
    assert page_of(KINDS["Kustomization"], odd).records[0].path == "[{" * 50 + '"]\\'


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\\ud800", b"a\\udfffb", b"\xed\xa0\x80"])
def test_text_that_is_no_unicode_is_shown(text):
    odd = b'{"metadata":{"name":"odd","uid":"' + text + b'"},"status":{"conditions":[{"type":"Ready","message":"'
    record = page_of(RELEASE, odd + text + b'"}]}}').records[0]
    assert record.name == "odd"
    assert record.message
    check_clean(record)


@pytest.mark.parametrize("number", ["9" * 25, "9" * 5000, "-" + "9" * 30, "1e999", "1.5"])
def test_numbers_that_are_none(number):
    odd = f'{{"metadata":{{"name":"odd","generation":{number}}},"status":{{"failures":{number}}}}}'.encode()
    record = page_of(RELEASE, odd).records[0]
    assert (record.name, record.generation) == ("odd", 0)


def test_the_flaw_tells_where():
    data = b'{"metadata":{"name":"a"},"status":{"conditions":"none","lastAppliedRevision":"v1"}}'
    record = KINDS["Kustomization"].decode_object(data)
    assert record.flaw == "Expected `array | null`, got `str` - at `$.status.conditions`"
    assert record.revision == "v1"


def test_labels_that_are_no_text_go_and_the_others_stay():
    record = KINDS["Namespace"].decode_object(b'{"metadata":{"name":"a","labels":{"x":1,"y":"2","z":null,"w":[]}}}')
    assert record.labels == "y=2"
    assert record.flaw


def test_a_thousand_wrong_entries_cost_the_part_that_they_are_in():
    entries = b",".join([b'{"id":1}'] * 1000)
    odd = b'{"metadata":{"name":"a"},"status":{"inventory":{"entries":[' + entries + b']},"lastAppliedRevision":"v1"}}'
    record = page_of(KINDS["Kustomization"], odd).records[0]
    assert (record.name, record.revision, record.inventory_size) == ("a", "v1", -1)


def test_objects_that_are_no_objects_are_counted():
    odd = b'1,null,"x",[],{},{"metadata":[]},{"metadata":{"name":7}},{"metadata":{"name":""}}'
    page = KINDS["Kustomization"].decode_page(b'{"items":[' + odd + b"," + GOOD + b"]}")
    assert ([record.name for record in page.records], page.refused) == (["good"], 8)


@pytest.mark.parametrize(
    "data", [b"{}", b'{"kind":"Status","code":403}', b"[]", b'"x"', b'{"items":{}}', b'{"items":1}']
)
def test_what_is_no_list_is_garbled_for_an_empty_list_would_delete_everything(data):
    with pytest.raises(Garbled):
        KINDS["Kustomization"].decode_page(data)


def test_an_empty_list_is_one():
    page = KINDS["Kustomization"].decode_page(b'{"metadata":{"resourceVersion":"3","continue":"c"},"items":null}')
    assert (page.records, page.version, page.next) == ([], "3", "c")


def test_the_metadata_of_a_list_may_be_wrong_too():
    page = KINDS["Kustomization"].decode_page(
        b'{"metadata":{"resourceVersion":7,"continue":"c","remainingItemCount":2},"items":[' + GOOD + b"]}"
    )
    assert (len(page.records), page.version, page.next, page.remaining) == (1, "", "c", 2)


def test_five_megabytes_are_read_as_fast_as_they_are():
    values = json.dumps({f"key-{n}": "x" * 90 for n in range(50_000)}).encode()
    odd = b'{"metadata":{"name":"big"},"spec":{"values":' + values + b"}}"
    assert len(odd) > 5_000_000
    assert page_of(RELEASE, odd).records[0].name == "big"
    message = "m" * 5_000_000
    odd = json.dumps({"metadata": {"name": "big"}, "status": {"conditions": [{"type": "Ready", "message": message}]}})
    assert page_of(RELEASE, odd.encode()).records[0].message == message


def test_the_slow_way_is_no_trap():
    """Linear in the bytes: 2 MB of escapes and brackets beside nesting that makes the fast parser give up."""
    text = b'"' + b'\\"[{' * 500_000 + b'"'
    odd = b'{"metadata":{"name":"slow"},"spec":{"a":' + b"[" * 2000 + b"]" * 2000 + b',"b":' + text + b"}}"
    start = time.process_time()
    assert page_of(RELEASE, odd).records[0].name == "slow"
    assert time.process_time() - start < 5


def test_bookmarks_tell_where_to_go_on_and_when_the_beginning_is_over():
    decode = KINDS["Kustomization"].decode_events
    plain, end = decode(
        b'{"type":"BOOKMARK","object":{"kind":"Kustomization","metadata":{"resourceVersion":"8"}}}\n'
        b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":'
        b'{"k8s.io/initial-events-end":"true"}}}}\n'
    )
    assert (plain.type, plain.version, plain.initial_end, plain.record) == ("BOOKMARK", "8", False, None)
    assert (end.version, end.initial_end) == ("9", True)
    (odd,) = decode(b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":5,"labels":"x"}}}')
    assert (odd.type, odd.version) == ("BOOKMARK", "")


def test_errors_tell_code_reason_message_and_when_to_come_back():
    decode = KINDS["Kustomization"].decode_events
    status = b'{"kind":"Status","metadata":{},"code":429,"reason":"TooManyRequests","message":"slow\\u001b down",'
    (event,) = decode(b'{"type":"ERROR","object":' + status + b'"details":{"retryAfterSeconds":3}}}\n')
    error = event.error
    assert (error.code, error.reason, error.message) == (429, "TooManyRequests", "slow\\x1b down")
    assert error.retry_after == 3
    (event,) = decode(b'{"type":"ERROR","object":{"code":"x","reason":7,"message":"told"}}')
    assert (event.error.code, event.error.message) == (0, "told")
    (event,) = decode(b'{"type":"ERROR","object":3}')
    assert event.error.message


def test_events_before_and_after_an_error_are_kept():
    good = b'{"type":"ADDED","object":' + GOOD + b"}\n"
    events = KINDS["Kustomization"].decode_events(good + b'{"type":"ERROR","object":{"code":410}}\n\n' + good)
    assert [event.type for event in events] == ["ADDED", "ERROR", "ADDED"]
    assert all(isinstance(event.record, Record) for event in (events[0], events[2]))


def test_unknown_event_types_are_garbled():
    with pytest.raises(Garbled):
        KINDS["Kustomization"].decode_events(b'{"type":"SURPRISE","object":' + GOOD + b"}\n")


def test_the_version_of_what_is_not_kept_still_counts():
    about = b'"involvedObject":{"apiVersion":"apps/v1","kind":"Deployment","name":"x"}'
    line = b'{"type":"ADDED","object":{"metadata":{"name":"e","resourceVersion":"77"},' + about + b"}}\n"
    (event,) = KINDS["Event"].decode_events(line)
    assert (event.record, event.version) == (None, "77")
