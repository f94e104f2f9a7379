"""Columns share a width: nothing overlaps, nothing leaves while it fits, the unimportant leave first."""

from hypothesis import given
from hypothesis import strategies as st

from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn, lay_out

STATUS = TableColumn("status", "STATUS", 10, priority=ESSENTIAL)
NAME = TableColumn("name", "NAME", 20, min=8, flex=2, priority=ESSENTIAL)
AGE = TableColumn("age", "AGE", 5, align="right", priority=90)
REVISION = TableColumn("revision", "REVISION", 20, min=10, max=24, flex=1, priority=10)
ALL = (STATUS, NAME, AGE, REVISION)


def shown(width: int, *, everything: bool = False) -> dict[str, int]:
    return {ALL[place.column].id: place.width for place in lay_out(ALL, width, everything=everything).places}


def test_columns_have_the_width_they_ask_for_when_it_fits_exactly() -> None:
    assert shown(10 + 20 + 5 + 20 + 3 * 2) == {"status": 10, "name": 20, "age": 5, "revision": 20}


def test_flexible_columns_share_the_rest_by_weight_and_stop_at_their_limit() -> None:
    assert shown(61 + 6) == {"status": 10, "name": 24, "age": 5, "revision": 22}
    assert shown(61 + 40) == {"status": 10, "name": 56, "age": 5, "revision": 24}


def test_columns_shrink_before_any_leaves() -> None:
    assert set(shown(10 + 8 + 5 + 10 + 3)) == {"status", "name", "age", "revision"}


def test_the_least_important_column_leaves_first_and_the_essential_never() -> None:
    assert set(shown(35)) == {"status", "name", "age"}
    assert set(shown(23)) == {"status", "name"}
    narrow = lay_out(ALL, 5)
    assert [ALL[place.column].id for place in narrow.places] == ["status", "name"]
    assert narrow.hidden == 2
    assert narrow.width > 5  # to be scrolled sideways


def test_everything_keeps_all_columns_at_their_full_width() -> None:
    assert shown(30, everything=True) == {"status": 10, "name": 20, "age": 5, "revision": 24}


def test_a_cell_belongs_to_the_column_left_of_the_next() -> None:
    layout = lay_out(ALL, 61)
    assert [layout.column_at(x) for x in (0, 9, 11, 12, 60)] == [0, 0, 0, 1, 3]
    assert lay_out((), 10).column_at(3) is None


columns = st.builds(
    TableColumn,
    id=st.just("c"),
    title=st.just("C"),
    width=st.integers(1, 30),
    min=st.integers(0, 12),
    max=st.none() | st.integers(1, 60),
    flex=st.integers(0, 3),
    priority=st.integers(0, ESSENTIAL),
).filter(lambda column: column.min <= column.width)


@given(st.lists(columns, max_size=8), st.integers(0, 200))
def test_columns_never_overlap_and_fit_unless_essential(some: list[TableColumn], width: int) -> None:
    layout = lay_out(some, width)
    x = 0
    for place in layout.places:
        assert place.x >= x
        assert some[place.column].smallest <= place.width <= some[place.column].largest
        x = place.x + place.width
    assert layout.width == x
    assert layout.hidden == len(some) - len(layout.places)
    if any(some[place.column].priority < ESSENTIAL for place in layout.places):
        assert layout.width <= width
