"""Objects as YAML, the path of a line, and what two objects differ in."""

import msgspec
import pytest

from fluxtui.insight.differing import Change, beside, pairs, unified
from fluxtui.insight.yaml_text import LAST_APPLIED, as_yaml, comparable, last_applied, path_at

TEXT = """apiVersion: v1
metadata:
  annotations:
    example.com/a.b: "1"
  name: x
spec:
  list:
  - name: one
    values: [1, 2]
  - two
  script: |
    first
    second
  empty: {}
"""


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (0, ".apiVersion"),
        (3, '.metadata.annotations["example.com/a.b"]'),
        (7, ".spec.list[0].name"),
        (8, ".spec.list[0].values[1]"),
        (9, ".spec.list[1]"),
        (12, ".spec.script"),
        (13, ".spec.empty"),
        (99, ""),
    ],
)
def test_the_path_of_a_line(line: int, path: str) -> None:
    assert path_at(TEXT, line) == path


def test_what_differs_between_any_two_copies_is_no_difference() -> None:
    one = {"kind": "X", "metadata": {"name": "a", "uid": "1", "resourceVersion": "7"}, "spec": {"a": 1}, "status": {}}
    other = {"kind": "X", "metadata": {"name": "a", "uid": "2", "generation": 3}, "spec": {"a": 1}, "status": {"b": 2}}
    assert comparable(one) == comparable(other)
    assert pairs(comparable(one), comparable(other)) == []
    assert comparable(one, status=True) != comparable(other, status=True)


def test_what_kubectl_applied_last_is_read_from_its_annotation() -> None:
    sent = {"kind": "X", "spec": {"a": 1}}
    told = {"metadata": {"annotations": {LAST_APPLIED: msgspec.json.encode(sent).decode()}}}
    assert last_applied(told) == sent
    assert last_applied({"metadata": {"annotations": {LAST_APPLIED: "no json {"}}}) is None
    assert last_applied({}) is None


def test_long_equal_stretches_are_counted_not_shown() -> None:
    left = "\n".join(f"line {n}" for n in range(30))
    right = left.replace("line 20", "line twenty")
    found = pairs(left, right)
    assert unified(found) == [
        "… 17 equal lines",
        "  line 17",
        "  line 18",
        "  line 19",
        "- line 20",
        "+ line twenty",
        "  line 21",
        "  line 22",
        "  line 23",
        "… 6 equal lines",
    ]
    assert [pair.change for pair in found].count(Change.BOTH) == 1


def test_side_by_side_lines_are_cut_to_the_width() -> None:
    lines = beside(pairs("a" * 50 + "\nsame", "b\nsame\nmore"), 45)
    assert lines == [f"~ {'a' * 19}… │ b", f"  {'same'.ljust(20)} │ same", f"+ {''.ljust(20)} │ more"]


def test_a_secret_of_folded_status_is_a_line() -> None:
    assert as_yaml({"kind": "X", "status": {"a": 1, "b": 2}}, status=False) == "kind: X\nstatus: … # folded, 3 lines\n"
