"""Folding YAML by its lines, without parsing it."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.widgets.yaml_folds import chain, extent, folded, outermost, parent

TEXT = """kind: Kustomization
spec:
  dependsOn:
  - name: base
    readyExpr: |
      one

      - two
  - name: other
  interval: 10m
  patches:
  - - nested
  empty: {}
status:
  conditions:
  - type: Ready
""".splitlines()


def line(text: str) -> int:
    return next(number for number, held in enumerate(TEXT) if held.strip() == text)


def below(text: str) -> list[str]:
    start = line(text)
    return [held.strip() for held in TEXT[start + 1 : extent(TEXT, start)]]


def test_the_items_of_a_list_belong_to_its_key_though_they_stand_as_deep() -> None:
    assert below("dependsOn:") == ["- name: base", "readyExpr: |", "one", "", "- two", "- name: other"]
    assert below("- name: base") == ["readyExpr: |", "one", "", "- two"]
    assert below("readyExpr: |") == ["one", "", "- two"]
    assert below("interval: 10m") == []
    assert below("patches:") == ["- - nested"]
    assert below("spec:")[-1] == "empty: {}"
    assert below("status:") == ["conditions:", "- type: Ready"]


def test_what_leads_to_a_line() -> None:
    assert chain(TEXT, line("one")) == ("spec:", "dependsOn:", "- name: base", "readyExpr:", "one")
    assert chain(TEXT, line("interval: 10m")) == ("spec:", "interval:")
    assert parent(TEXT, line("- name: other")) == line("dependsOn:")
    assert parent(TEXT, line("status:")) is None


def test_what_is_folded_is_told_with_its_size_and_the_lines_keep_their_numbers() -> None:
    shown, numbers = folded(TEXT, {chain(TEXT, line("dependsOn:")), chain(TEXT, line("status:"))})
    assert shown[2] == "  dependsOn: … # folded, 6 lines"
    assert shown[3] == "  interval: 10m"
    assert shown[-1] == "status: … # folded, 2 lines"
    assert numbers[3] == line("interval: 10m")
    assert folded(TEXT, ())[0] == TEXT


def test_a_fold_stays_when_the_text_is_written_anew_with_other_values() -> None:
    folds = {chain(TEXT, line("conditions:"))}
    newer = [held.replace("10m", "5m") for held in TEXT[:9]] + ["  more: 1", *TEXT[9:]]
    assert "  conditions: … # folded, 1 line" in folded(newer, folds)[0]


def test_the_outermost_nodes_are_those_with_something_below() -> None:
    assert list(outermost(TEXT)) == [("spec:",), ("status:",)]


SCALARS = st.text(alphabet="ab:#- \n", max_size=12) | st.integers() | st.none()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("xyz", min_size=1, max_size=2), inner),
    max_leaves=25,
)


@given(st.dictionaries(st.text("pqr", min_size=1, max_size=2), VALUES, min_size=1))
def test_the_lines_of_a_top_level_key_are_those_that_its_value_takes(value: dict[str, object]) -> None:
    text = yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=4096)
    lines = text.rstrip("\n").split("\n")
    at = 0
    for key, held in value.items():
        alone = yaml.dump({key: held}, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=4096)
        size = len(alone.rstrip("\n").split("\n"))
        end = extent(lines, at)
        assert end <= at + size
        assert not "".join(lines[end : at + size]).strip(), "only empty lines may be nobody's"
        at += size
