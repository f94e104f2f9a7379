"""A filter that is being typed: when what it hid stays hidden."""

import pytest

from fluxtui.insight.filter import compile as compile_filter
from fluxtui.insight.narrowing import narrows
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row

STEPS = [
    ("", "a", True),
    ("ap", "app", True),
    ("ns:fro", "ns:front", True),
    ("ap", "ap status:failed", True),
    ("ap", "ap !ns:b", True),
    ("app", "ap", False),
    ("ap", "bp", False),
    ("!a", "!ap", False),
    ("a,b", "a,bc", False),
    ("a", "a,b", False),
    ('"a', '"ab"', False),
    ("a*", "a*b", False),
    ("kind:k", "kind:ks", False),
    ("status:f", "status:failed", False),
    ("since:>1h", "since:>1h a", False),
    ("ns:", "ns:a", False),
    ("a b", "a bc", True),
    ("a b", "ab bc", False),
    ("ns:a", "name:ab", False),
]
TEXTS = ("ap", "app", "front", "b", "abc", "a-p", "kustomize")


@pytest.mark.parametrize(("before", "after", "expected"), STEPS)
def test_what_narrows(before: str, after: str, expected: bool) -> None:
    assert narrows(before, after) is expected


@pytest.mark.parametrize(("before", "after"), [(before, after) for before, after, narrower in STEPS if narrower])
def test_what_narrows_shows_nothing_that_was_hidden(before: str, after: str) -> None:
    rows = [
        Row(cluster, Record(kind=kind, id=f"{kind}/{space}/{name}", namespace=space, name=name), status, "", "", 0)
        for cluster in TEXTS[:3]
        for kind in ("Kustomization", "HelmRelease")
        for space in TEXTS
        for name in TEXTS
        for status in (Status.READY, Status.FAILED)
    ]
    was, now = compile_filter(before, 0), compile_filter(after, 0)
    assert not was.problems and not now.problems
    assert {row.key for row in now.keep(rows)} <= {row.key for row in was.keep(rows)}
