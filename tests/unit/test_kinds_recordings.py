"""Everything that real controllers wrote in fifteen minutes decodes without a flaw."""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from fluxtui.kinds.table import KINDS

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"


def recorded(name):
    file = RECORDINGS / name
    if not file.exists():
        if os.environ.get("FLUXTUI_REQUIRE_REAL") == "1":
            pytest.fail(f"{file} is not there")
        pytest.skip(f"{file} is not there")
    data = file.read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


def kind_of(path):
    """The kind that a path of the API serves; None for those that are not ours."""
    parts = path.strip("/").split("/")
    group, plural = (parts[1] if parts[0] == "apis" else ""), parts[-1]
    return next((kind for kind in KINDS.values() if (kind.group, kind.plural) == (group, plural)), None)


def test_every_list_of_a_kind_of_ours():
    flaws, seen = [], Counter()
    for path, answer in json.loads(recorded("objects.json.gz")).items():
        kind = kind_of(path)
        if kind is None:
            continue
        page = kind.decode_page(json.dumps(answer).encode())
        assert (page.version, page.refused) == (answer["metadata"]["resourceVersion"], 0)
        assert kind.name == "Event" or len(page.records) == len(answer["items"])
        seen[kind.name] += len(page.records)
        flaws += [(record.id, record.flaw) for record in page.records if record.flaw]
    assert flaws == []
    assert seen["Kustomization"] == 6
    assert seen["Event"] > 100


def test_every_watch_event_one_by_one_and_in_one_chunk():
    chunks = {}
    for line in recorded("flux-15-minutes.jsonl.gz").splitlines():
        told = json.loads(line)
        chunks.setdefault(told["resource"], []).append(told["event"])
    assert len(chunks) == 14
    for resource, events in chunks.items():
        kind = kind_of(resource)
        lines = [json.dumps(event).encode() + b"\n" for event in events]
        together = kind.decode_events(b"".join(lines))
        assert together == [event for line in lines for event in kind.decode_events(line)]
        for event, got in zip(events, together, strict=True):
            meta = event["object"]["metadata"]
            assert (got.type, got.version) == (event["type"], meta["resourceVersion"])
            if got.record is None:
                assert event["type"] == "BOOKMARK" or kind.name == "Event"
                continue
            assert got.record.flaw == ""
            assert got.record.id == f"{kind.name}/{meta.get('namespace', '')}/{meta['name']}"


def test_every_known_failure_is_not_ready_or_says_nothing_yet():
    for line in recorded("failures.jsonl").splitlines():
        told = json.loads(line)["object"]
        record = KINDS[told["kind"]].decode_object(json.dumps(told).encode())
        assert record.flaw == ""
        ready = next((c for c in told["status"].get("conditions", ()) if c["type"] == "Ready"), {})
        assert (record.ready, record.reason) == (ready.get("status", ""), ready.get("reason", ""))
        if told["status"].get("history") and told["kind"] == "Kustomization":
            assert record.outcome == told["status"]["history"][0]["lastReconciledStatus"]
