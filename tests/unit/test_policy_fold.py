"""Rows that unfold: their numbers and their keys agree whatever is unfolded, and a row costs no look at the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from fluxtui.screens.policy_fold import Folded, Line, Path, Shape


@dataclass
class Group:
    name: str
    within: list["Group"] = field(default_factory=list)
    leaves: list[str] = field(default_factory=list)


class Counted(Sequence[str]):
    """A list that counts how often it is read."""

    def __init__(self, held: list[str]) -> None:
        self.held, self.read = held, 0

    def __len__(self) -> int:
        return len(self.held)

    def __getitem__(self, at: int) -> str:  # type: ignore[override]
        self.read += 1
        return self.held[at]


SHAPE: Shape[Group, str] = Shape(
    lambda group: group.name, lambda group: group.within, lambda group: group.leaves, lambda leaf: (leaf,)
)


def folded(groups: list[Group], opened: set[Path]) -> Folded[Group, str]:
    return Folded(groups, SHAPE, opened, lambda line: [line.leaf or line.group.name], lambda line: line.path)


def groups(depth: int) -> st.SearchStrategy[list[Group]]:
    names = st.lists(st.sampled_from("abcdef"), unique=True, max_size=4)
    leaves = names.map(sorted)
    if depth == 0:
        return names.flatmap(
            lambda found: st.tuples(*(leaves for _ in found)).map(
                lambda held: [Group(name, [], list(each)) for name, each in zip(found, held, strict=True)]
            )
        )
    inner = groups(depth - 1)
    return names.flatmap(
        lambda found: st.tuples(*(st.tuples(inner, leaves, st.booleans()) for _ in found)).map(
            lambda held: [
                Group(name, each if deep else [], [] if deep and each else list(ends))
                for name, (each, ends, deep) in zip(found, held, strict=True)
            ]
        )
    )


def seen(every: list[Group], opened: set[Path], path: Path = ()) -> list[tuple[Path, str]]:
    """What should be seen, plainly."""
    rows: list[tuple[Path, str]] = []
    for group in every:
        here = (*path, group.name)
        rows.append((here, group.name))
        if here in opened:
            rows += seen(group.within, opened, here) if group.within else [((*here, (x,)), x) for x in group.leaves]
    return rows


@given(groups(2), st.sets(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3).map(tuple), max_size=12))
def test_numbers_and_keys_agree_whatever_is_unfolded(every: list[Group], opened: set[Path]) -> None:
    rows = folded(every, set(opened))
    expected = seen(every, opened)
    assert [(rows.key(at), rows.cells(at)[0]) for at in range(len(rows))] == expected
    assert [rows.index_of(path) for path, _ in expected] == list(range(len(expected)))
    assert rows.index_of(("no such",)) is None
    last: list[Line[Group, str]] = [rows.line(at) for at in range(len(rows))]
    assert all(line.depth == len(line.path) - 1 for line in last)


def test_a_row_of_many_is_found_without_reading_the_others() -> None:
    leaves = Counted([f"{number:06}" for number in range(50_000)])
    rows = folded([Group("all", leaves=leaves)], {("all",)})  # type: ignore[arg-type]
    leaves.read = 0
    assert rows.index_of(("all", ("043210",))) == 43_211
    assert rows.line(43_211).leaf == "043210"
    assert leaves.read < 40


def test_folding_outlasts_other_rows_and_all_can_be_unfolded() -> None:
    opened: set[Path] = set()
    rows = folded([Group("a", [Group("b", [], ["x", "y"])]), Group("c", [], ["z"])], opened)
    assert len(rows) == 2
    rows.open_all()
    assert len(rows) == 6
    rows.toggle(("a",))
    assert len(rows) == 3
    again = folded([Group("c", [], ["z", "zz"]), Group("a", [Group("b")])], opened)
    assert [again.cells(at)[0] for at in range(len(again))] == ["c", "z", "zz", "a"]
    again.close_all()
    assert len(again) == 2 and not opened
    again.open_all(("a",))
    assert [again.cells(at)[0] for at in range(len(again))] == ["c", "a", "b"]
