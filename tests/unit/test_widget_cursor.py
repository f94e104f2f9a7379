"""The cursor stays with its row whatever happens to the list around it."""

from collections.abc import Hashable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from fluxtui.widgets.table_cursor import NEIGHBOURS, Cursor
from fluxtui.widgets.table_source import Cell


class Rows:
    def __init__(self, keys: Sequence[Hashable]) -> None:
        self.keys = list(keys)

    def __len__(self) -> int:
        return len(self.keys)

    def key(self, index: int) -> Hashable:
        return self.keys[index]

    def version(self, index: int) -> Hashable:
        return 0

    def cells(self, index: int) -> Sequence[Cell]:
        raise AssertionError("a cursor reads no cells")

    def index_of(self, key: Hashable) -> int | None:
        return self.keys.index(key) if key in self.keys else None


def at(keys: str, index: int) -> tuple[Rows, Cursor]:
    rows, cursor = Rows(keys), Cursor()
    cursor.move(rows, index)
    return rows, cursor


def test_until_it_is_moved_it_stays_on_the_first_row() -> None:
    rows, cursor = Rows("xyz"), Cursor()
    cursor.follow(rows)
    rows.keys.insert(0, "a")
    assert cursor.follow(rows)
    assert (cursor.key, cursor.index) == ("a", 0)


def test_it_follows_its_row_through_a_sort() -> None:
    rows, cursor = at("abcdef", 1)
    rows.keys.reverse()
    assert not cursor.follow(rows)
    assert (cursor.key, cursor.index) == ("b", 4)


def test_when_its_row_vanishes_it_goes_to_the_next_one() -> None:
    rows, cursor = at("abcdef", 2)
    rows.keys.remove("c")
    assert cursor.follow(rows)
    assert cursor.key == "d"


def test_when_the_last_row_vanishes_it_goes_to_the_one_before() -> None:
    rows, cursor = at("abc", 2)
    rows.keys.remove("c")
    cursor.follow(rows)
    assert cursor.key == "b"


def test_it_lands_near_its_old_neighbours_though_rows_came_above() -> None:
    rows, cursor = at("abcdef", 2)
    rows.keys = list("0123456789ab") + list("ef")
    cursor.follow(rows)
    assert cursor.key == "b"


def test_it_comes_back_to_its_row_after_an_empty_list() -> None:
    rows, cursor = at("abcdef", 3)
    rows.keys, kept = [], rows.keys
    assert not cursor.follow(rows)
    assert cursor.index == -1
    rows.keys = kept
    cursor.follow(rows)
    assert (cursor.key, cursor.index) == ("d", 3)


def test_it_goes_to_an_awaited_row_when_that_comes_unless_it_is_moved_before() -> None:
    rows, cursor = Rows("xy"), Cursor()
    cursor.awaited = ("c", "d")
    cursor.follow(rows)
    assert cursor.key == "x"
    rows.keys = list("abcd")
    assert cursor.follow(rows)
    assert (cursor.key, cursor.held, cursor.awaited) == ("c", True, ())
    cursor.awaited = ("z",)
    cursor.move(rows, 0)
    rows.keys.append("z")
    assert not cursor.follow(rows)
    assert cursor.key == "a"


def test_moves_are_clamped() -> None:
    rows, cursor = at("abc", 99)
    assert cursor.key == "c"
    cursor.move(rows, -5)
    assert cursor.key == "a"
    assert not cursor.move(Rows(""), 0)


@given(st.data())
def test_any_history_keeps_the_row_or_a_neighbour_of_it(data: st.DataObject) -> None:
    rows = Rows(range(data.draw(st.integers(1, 30))))
    cursor = Cursor()
    cursor.move(rows, data.draw(st.integers(0, len(rows) - 1)))
    for _ in range(data.draw(st.integers(1, 12))):
        before, position = list(rows.keys), cursor.index
        match data.draw(st.sampled_from(["insert", "remove", "shuffle", "move"])):
            case "insert":
                new = max(before, default=0) + 1  # pyright: ignore
                rows.keys.insert(data.draw(st.integers(0, len(rows))), new)
            case "remove":
                gone = data.draw(st.sets(st.sampled_from(before), max_size=len(before) - 1))
                rows.keys = [key for key in before if key not in gone]
            case "shuffle":
                rows.keys = data.draw(st.permutations(before))
            case _:
                cursor.move(rows, data.draw(st.integers(-2, len(rows) + 2)))
                continue
        kept = cursor.key
        changed = cursor.follow(rows)
        assert rows.keys[cursor.index] == cursor.key
        if kept in rows.keys:
            assert not changed
            assert cursor.key == kept
        else:
            survivors = [abs(i - position) for i, key in enumerate(before) if key in rows.keys]
            if min(survivors) <= NEIGHBOURS:
                assert abs(before.index(cursor.key) - position) == min(survivors)
