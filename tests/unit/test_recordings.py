"""Fifteen minutes of real controllers, replayed: the problems are what was broken, and change only when the world does.

The recordings live beside the project and are not part of it; the lessons of them are in the other tests as well.
"""

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fluxtui.insight.status import assess
from fluxtui.insight.triage import triage_now
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"

START = datetime(2026, 11, 21, 3, 12, 52, tzinfo=UTC).timestamp()
"""The wall clock at the first line of the stream, to a second."""

KIND_OF_PATH = {
    (f"apis/{kind.group}/{version}/{kind.plural}" if kind.group else f"api/{version}/{kind.plural}"): kind
    for kind in KINDS.values()
    for version in kind.versions
}


def recording(name):
    path = RECORDINGS / name
    if not path.exists():
        if os.environ.get("FLUXTUI_REQUIRE_REAL") == "1":
            pytest.fail(f"FLUXTUI_REQUIRE_REAL=1, and {path} is not there")
        pytest.skip(f"no recording at {path}")
    return path


def fresh_store():
    store = Store(assess)
    for kind in KINDS:
        store.table("c", kind).set_state(DataState(Phase.FRESH))
    return store


def selected(kind, thing):
    """What the kind's label selector would let through: the stream was recorded without it."""
    key, _, value = kind.labels.partition("=")
    labels = thing["metadata"].get("labels") or {}
    return not kind.labels or (key in labels and value in ("", labels[key]))


def replay(store):
    """Applies the stream line by line; yields the seconds after each line that changed something."""
    with gzip.open(recording("flux-15-minutes.jsonl.gz")) as lines:
        for line in lines:
            entry = json.loads(line)
            kind, event = KIND_OF_PATH.get(entry["resource"]), entry["event"]
            if kind is None or kind.name == "Event" or event["type"] == "BOOKMARK":
                continue
            if not selected(kind, event["object"]):
                continue
            (told,) = kind.decode_events(json.dumps(event).encode())
            table = store.table("c", kind.name)
            if told.type == "DELETED":
                table.remove(told.record.id)
            else:
                table.upsert(told.record)
            yield entry["t"]


def moments():
    """(seconds, report, store) after every line."""
    store = fresh_store()
    for at in replay(store):
        yield at, triage_now(store, START + at), store


BROKEN_FROM_THE_START = {
    ("host", "OCIRepository/backend/apps"),
    ("failure", "ResourceSet/flux-system/broken-template"),
    ("failure", "ResourceSetInputProvider/flux-system/bad-schedule"),
    ("failure", "ResourceSetInputProvider/flux-system/short-window"),
}
NO_INPUTS = ("no inputs", "ResourceSetInputProvider/flux-system/apps-production")
DISABLED = ("suspended", "ResourceSetInputProvider/flux-system/apps-staging")
MEMCACHED = ("failure", "HelmRelease/monitoring/memcached")
CERT_MANAGER = ("failure", "Kustomization/cert-manager/infra-controllers")
FRONTEND = ("failure", "Kustomization/frontend/apps")
REGISTRY = ("host", "127.0.0.1:15000")
NOWHERE = ("missing", "Kustomization/backend/apps")

PERIODS = [
    # from what moment on it must be told (when the controllers knew), until the next mark, what is broken
    (125.0, 256.9, {NO_INPUTS}),
    (279.5, 291.9, set()),
    (292.2, 306.9, {DISABLED}),
    (307.4, 321.7, set()),
    (321.8, 362.5, {MEMCACHED}),
    (362.7, 442.1, {MEMCACHED, CERT_MANAGER}),
    (442.8, 502.3, {MEMCACHED, CERT_MANAGER, FRONTEND}),
    (503.2, 542.5, {MEMCACHED, CERT_MANAGER}),
    (561.0, 642.5, {MEMCACHED, CERT_MANAGER, REGISTRY}),
    (690.0, 717.5, {MEMCACHED, CERT_MANAGER}),
    (718.3, 792.7, {MEMCACHED}),
    (793.0, 837.7, {MEMCACHED, NOWHERE}),
    (839.0, 1000.0, {NOWHERE}),
]


def told(report):
    return {
        (cause.what, "127.0.0.1:15000" if cause.key.endswith("127.0.0.1:15000") else cause.members[0][1])
        for cause in report.problems
    }


def test_between_two_marks_the_causes_are_exactly_what_was_broken():
    seen = set()
    for at, report, _ in moments():
        for begin, end, broken in PERIODS:
            if begin <= at < end:
                seen.add(begin)
                assert told(report) == BROKEN_FROM_THE_START | broken, f"at {at}"
    assert seen == {begin for begin, _, _ in PERIODS}


def test_while_a_change_spreads_nothing_is_told_that_was_broken_neither_before_nor_after():
    for at, report, _ in moments():
        around = [broken for begin, end, broken in PERIODS if begin - 60 <= at < end + 60]
        if at >= 125.0:
            assert told(report) <= BROKEN_FROM_THE_START.union(*around), f"at {at}"


def test_the_list_is_identical_as_long_as_the_world_is():
    lists = {}
    for at, report, _ in moments():
        for begin, end, broken in PERIODS:
            if begin <= at < end and REGISTRY not in broken:
                rows = frozenset(
                    (cause.key, cause.title, cause.reason, cause.message, cause.since, cause.members)
                    for cause in report.problems
                    if cause.members[0][1] != MEMCACHED[1]
                )
                lists.setdefault(begin, set()).add(rows)
    assert {begin: len(variants) for begin, variants in lists.items()} == dict.fromkeys(lists, 1)


def test_one_host_explains_all_of_its_sources():
    members, keys = set(), set()
    for at, report, _ in moments():
        if 561.0 <= at < 642.5:
            (host,) = [cause for cause in report.problems if cause.key.endswith("127.0.0.1:15000")]
            members |= {identity for _, identity in host.members}
            keys.add(host.key)
            assert host.since >= START + 542
    assert keys == {"host 127.0.0.1:15000"}
    assert members == {
        "OCIRepository/frontend/apps",
        "OCIRepository/cert-manager/infra",
        "OCIRepository/monitoring/infra",
        "OCIRepository/monitoring/memcached",
        "HelmChart/monitoring/monitoring-redis",
        "ResourceSetInputProvider/flux-system/oci-tags",
    }


FAILING = [
    ("Kustomization/cert-manager/infra-controllers", 362.6, 717.9, "03:18:55"),
    ("HelmRelease/monitoring/memcached", 321.8, 838.0, "03:18:14"),
    ("OCIRepository/backend/apps", 111.0, 1000.0, "03:14:43"),
    ("Kustomization/backend/apps", 110.5, 1000.0, "03:14:43"),
    ("Kustomization/frontend/apps", 442.72, 502.5, "03:20:15"),
    ("OCIRepository/cert-manager/infra", 571.3, 666.0, "03:22:23"),
    ("ResourceSet/flux-system/infra", 666.14, 751.9, "03:23:43"),
]


@pytest.mark.parametrize(("identity", "begin", "end", "since"), FAILING)
def test_a_failing_object_never_looks_healed_and_knows_its_first_failure(identity, begin, end, since):
    statuses, times = set(), set()
    for at, _, store in moments_without_triage():
        row = store.row("c", identity)
        if begin <= at < end and row is not None:
            statuses.add(row.status)
            times.add(datetime.fromtimestamp(row.since, UTC).strftime("%H:%M:%S"))
    assert statuses == {Status.FAILED}
    assert times == {since}


def moments_without_triage():
    store = fresh_store()
    for at in replay(store):
        yield at, None, store


def test_blocked_stays_blocked_while_its_dependency_flips():
    statuses = set()
    for at, _, store in moments_without_triage():
        if 332.5 <= at < 747.9:
            statuses.add(store.row("c", "Kustomization/cert-manager/infra-configs").status)
    assert statuses == {Status.BLOCKED}


@pytest.mark.parametrize(("identity", "begin", "end", "since"), FAILING)
def test_whoever_joins_in_the_middle_never_sees_a_failing_object_green(identity, begin, end, since):
    for at, _, store in moments_without_triage():
        row = store.row("c", identity)
        if begin <= at < end and row is not None:
            assert assess(row.record, None).status is Status.FAILED, f"at {at}: {row.record}"


def test_healthy_objects_do_not_blink():
    """Once ready, an object that nobody changes is ready after every single line."""
    steady = [
        "Kustomization/monitoring/infra-controllers",
        "ResourceSet/flux-system/policies",
        "FluxReport/flux-system/flux",
    ]
    for at, _, store in moments_without_triage():
        if at > 130:
            assert [store.row("c", identity).status for identity in steady] == [Status.READY] * 3, f"at {at}"


def test_what_waits_behind_the_bad_release():
    waiting = set()
    for at, report, _ in moments():
        if 400 <= at < 540:
            (cause,) = [cause for cause in report.problems if cause.members[0][1] == CERT_MANAGER[1]]
            waiting.add(tuple(identity for _, identity in cause.blocked))
    assert waiting == {("Kustomization/cert-manager/infra-configs", "ResourceSet/flux-system/infra")}


def test_every_failing_object_is_explained_or_about_to_try_again():
    for at, report, _ in moments():
        if at > 125:
            assert report.explained + report.settling == report.failing, f"at {at}"


FAILURES_BY_HOST = {"registry.invalid", "git.invalid", "charts.invalid"}


def test_28_objects_that_fail_each_for_its_own_reason():
    store = fresh_store()
    truths = {}
    for line in recording("failures.jsonl").read_text().splitlines():
        entry = json.loads(line)
        thing = entry["object"]
        record = KINDS[thing["kind"]].decode_object(json.dumps(thing).encode())
        store.table("c", thing["kind"]).upsert(record)
        truths[record.id] = entry["truth"]
    assert len(truths) == 28
    for identity, truth in truths.items():
        wanted = Status.BLOCKED if truth == "dependency cycle" else Status.FAILED
        assert store.row("c", identity).status is wanted, f"{identity}: {truth}"
    now = datetime(2026, 11, 21, 3, 50, tzinfo=UTC).timestamp()
    report = triage_now(store, now)
    assert report.explained == report.failing == 28
    by_what = {}
    for cause in report.problems:
        by_what.setdefault(cause.what, []).append(cause)
    (cycle,) = by_what["cycle"]
    assert [identity for _, identity in cycle.members] == ["Kustomization/deny/cycle-a", "Kustomization/deny/cycle-b"]
    assert {cause.key for cause in by_what["host"]} == {f"host {host}" for host in FAILURES_BY_HOST}
    assert [cause.reason for cause in by_what["missing"]] == ["missing OCIRepository deny/nowhere"]
    assert len(report.problems) == 27, "each its own cause, the cycle one"
