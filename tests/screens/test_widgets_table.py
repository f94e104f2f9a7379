"""The virtual table: it keeps its cursor, and touches only what is on screen."""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.geometry import Region

from fluxtui.widgets.virtual_table import Cell, VirtualTable

from .gallery import COLUMNS, Gallery, Rows

TOP = 1
"""The header's line."""


def line(table: VirtualTable, y: int) -> str:
    return table.render_line(y).text


def heard(app: Gallery, kind: type) -> list[object]:
    return [event for event in app.heard if isinstance(event, kind)]


@contextmanager
def repainted(table: VirtualTable) -> Iterator[list[Region]]:
    """The regions that a table asked to be painted again."""
    regions: list[Region] = []
    original = table.refresh

    def refresh(*some: Region, **options: bool) -> VirtualTable:
        regions.extend(some or (table.size.region,))
        return original(*some, **options)

    table.refresh = refresh  # type: ignore[method-assign]
    try:
        yield regions
    finally:
        del table.refresh


async def test_the_number_of_rows_costs_nothing() -> None:
    app = Gallery(rows=100_000)
    async with app.run_test(size=(120, 40)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        page = len(table.visible_rows)
        for key in ("pagedown", "end", "home", "pagedown", "G", "g"):
            app.rows.asked = 0
            await pilot.press(key)
            await pilot.pause()
            assert app.rows.asked <= page + 2, key
        await pilot.press("down")
        for key in ("down", "j", "up", "k"):
            app.rows.asked = 0
            await pilot.press(key)
            await pilot.pause()
            assert app.rows.asked <= 2, key  # the row left and the row reached


async def test_keys_move_the_cursor() -> None:
    app = Gallery(rows=1000)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        page = len(table.visible_rows)
        for key, index in [
            ("down", 1),
            ("j", 2),
            ("k", 1),
            ("up", 0),
            ("up", 0),
            ("pagedown", page),
            ("end", 999),
            ("down", 999),
            ("pageup", 999 - page),
            ("home", 0),
            ("G", 999),
            ("g", 0),
        ]:
            await pilot.press(key)
            assert table.cursor_index == index, key
            assert index in table.visible_rows


async def test_a_changed_row_on_screen_repaints_one_line_and_one_off_screen_none() -> None:
    app = Gallery(rows=1000)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        before = line(table, 3 + TOP)
        app.rows.asked = 0
        app.rows.change(3)
        app.rows.change(900)
        with repainted(table) as regions:
            table.refresh_rows({3, 900})
            await pilot.pause()
        assert [(region.y, region.height) for region in regions] == [(3 + TOP, 1)]
        assert app.rows.asked == 1
        assert line(table, 3 + TOP) != before


async def test_a_storm_of_changes_asks_only_for_what_is_visible() -> None:
    app = Gallery(rows=1000)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        for key in range(1000):
            app.rows.change(key)
        app.rows.asked = 0
        table.refresh_rows(set(range(1000)))
        await pilot.pause()
        assert app.rows.asked == len(table.visible_rows)


async def test_unchanged_rows_are_not_painted_twice() -> None:
    app = Gallery(rows=100)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        app.rows.asked = 0
        table.refresh_all()
        await pilot.pause()
        assert app.rows.asked == 0


@given(st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cursor_and_marks_are_identities(data: st.DataObject) -> None:
    import asyncio

    async def scenario() -> None:
        app = Gallery(rows=60)
        async with app.run_test(size=(100, 24)) as pilot:
            table, rows = app.query_one(VirtualTable), app.rows
            await pilot.pause()
            chosen = data.draw(st.integers(0, 59))
            table.move_to(chosen)
            table.toggle_mark(chosen)
            for _ in range(4):
                keys = list(data.draw(st.permutations(rows.keys)))
                gone = data.draw(st.sets(st.sampled_from(keys), max_size=10)) - {chosen}
                new = data.draw(st.sets(st.integers(100, 300), max_size=10)) - set(keys)
                rows.set([*new, *(key for key in keys if key not in gone)])
                table.refresh_all()
                await pilot.pause()
                assert table.cursor_key == chosen == rows.keys[table.cursor_index]
                assert table.marks == {chosen}
                assert table.cursor_index in table.visible_rows
            shown = [rows.keys[i] for i in table.visible_rows]
            assert line(table, TOP + shown.index(chosen)).startswith("▌◆")
            rows.set([key for key in rows.keys if key != chosen])
            table.refresh_all()
            assert table.marks == frozenset()
            assert table.cursor_key in rows.keys

    asyncio.run(scenario())


async def test_the_row_under_the_cursor_keeps_its_line_when_rows_come_above() -> None:
    app = Gallery(rows=500)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        await pilot.press("pagedown", "pagedown", "up", "up", "up")
        on_screen = table.cursor_index - table.scroll_offset.y
        app.rows.set([*range(1000, 1040), *app.rows.keys])
        table.refresh_all()
        await pilot.pause()
        assert table.cursor_index - table.scroll_offset.y == on_screen


async def test_an_untouched_list_stays_at_its_top_while_it_fills() -> None:
    app = Gallery(rows=0)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        table.placeholder = "nothing here"
        await pilot.pause()
        assert "nothing here" in line(table, 2)
        for start in (300, 200, 0):
            app.rows.set(range(start, 400))
            table.refresh_all()
            await pilot.pause()
            assert (table.cursor_key, table.scroll_offset.y) == (start, 0)
        assert [event.key for event in heard(app, VirtualTable.Highlighted)][-1] == 0


async def test_marks_are_shown_and_told() -> None:
    app = Gallery(rows=10)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.press("space", "space", "up", "space")
        await pilot.pause()
        assert table.marks == {0}
        assert [event.keys for event in heard(app, VirtualTable.Marked)] == [{0}, {0, 1}, {0}]
        assert line(table, TOP).startswith(" ◆")
        assert line(table, TOP + 1).startswith("  ")
        table.mark_all()
        assert len(table.marks) == 10
        table.clear_marks()
        assert table.marks == frozenset()


async def test_enter_and_a_double_click_open_a_row() -> None:
    app = Gallery(rows=10)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("down", "enter")
        await pilot.double_click(VirtualTable, offset=(20, TOP + 4))
        await pilot.pause()
        assert [event.key for event in heard(app, VirtualTable.Selected)] == [1, 4]


async def test_clicks() -> None:
    app = Gallery(rows=50)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        await pilot.click(table, offset=(20, TOP + 6))
        assert table.cursor_key == 6
        await pilot.click(table, offset=(1, TOP + 2))
        assert table.marks == {2}
        header = line(table, 0)
        await pilot.click(table, offset=(header.index("NAME") + 1, 0))
        await pilot.click(table, offset=(header.index("SINCE") + 1, 0))
        await pilot.pause()
        assert [event.column_id for event in heard(app, VirtualTable.SortRequested)] == ["name", "since"]


async def test_the_header_shows_the_order() -> None:
    app = Gallery(rows=5)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        assert "SINCE▼" in line(table, 0)
        table.sort = ("since", False)
        assert "SINCE▲" in line(table, 0)
        table.sort = None
        assert "▲" not in line(table, 0)


@pytest.mark.parametrize("width", [20, 40, 80, 100, 160, 250])
async def test_every_line_has_the_width_of_the_table_and_no_title_runs_into_the_next(width: int) -> None:
    app = Gallery(rows=30)
    async with app.run_test(size=(width, 24)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        for y in range(6):
            assert table.render_line(y).cell_length == table.scrollable_content_region.width
        titles = line(table, 0).replace("▼", " ").split()
        known = {column.title for column in COLUMNS}
        assert all(title.rstrip("…") and any(name.startswith(title.rstrip("…")) for name in known) for title in titles)
        assert len(titles) == len(COLUMNS) - table.hidden_columns


async def test_a_narrower_terminal_drops_columns_and_keeps_the_cursor_in_sight() -> None:
    app = Gallery(rows=300)
    async with app.run_test(size=(200, 50)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        assert table.hidden_columns == 0
        await pilot.press("pagedown", "pagedown")
        key = table.cursor_key
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert table.hidden_columns == 3
        assert table.cursor_key == key
        assert table.cursor_index in table.visible_rows


async def test_a_wide_table_keeps_its_columns_and_scrolls_sideways() -> None:
    app = Gallery(rows=30)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        assert "REVISION" not in line(table, 0)
        table.wide = True
        await pilot.pause()
        assert table.hidden_columns == 0
        assert line(table, TOP).endswith("…")
        for _ in range(20):
            await pilot.press("right")
        assert "MESSAGE" in line(table, 0)
        assert line(table, TOP)[:3] == "▌ …"
        await pilot.press(*["left"] * 20)
        assert line(table, 0).startswith("  BLOCKS")


async def test_rows_are_few_segments() -> None:
    class Typical(Rows):
        def cells(self, index: int) -> Sequence[Cell]:
            return (
                "",
                ("✖ failed", "status-failed"),
                "Kustomization",
                ("apps", "strong"),
                "eu",
                ("3m", "muted"),
                "",
                "",
                "why",
            )

    app = Gallery(rows=0)
    async with app.run_test(size=(120, 24)) as pilot:
        table = app.query_one(VirtualTable)
        table.set_source(Typical(20))
        await pilot.pause()
        assert len(list(table.render_line(TOP + 3))) <= 8


async def test_text_from_outside_is_neither_markup_nor_control() -> None:
    class Hostile(Rows):
        def cells(self, index: int) -> Sequence[Cell]:
            text = ("[red]x[/]", "\x1b[31m\x1b[2J", "a\rb", "\u202egnp", "a\tb", "漢字漢字漢字漢字漢字漢字漢字")[index]
            return (text, (text, "status-failed"), [(text, ""), (text, "muted")], text, text, text, text, text, text)

    app = Gallery(rows=0)
    async with app.run_test(size=(160, 24)) as pilot:
        table = app.query_one(VirtualTable)
        table.set_source(Hostile(6))
        await pilot.pause()
        lines = [table.render_line(TOP + y) for y in range(6)]
        assert all(strip.text.isprintable() for strip in lines)
        assert {strip.cell_length for strip in lines} == {table.scrollable_content_region.width}
        assert "[red]x[/]" in lines[0].text
        assert "␛[31m␛[2J" in lines[1].text
        assert "a␍b" in lines[2].text
        assert "…" in lines[5].text


async def test_another_source_keeps_the_row_if_it_has_it() -> None:
    app = Gallery(rows=50)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.press("down", "down", "down")
        other = Rows(0)
        other.set(["a", "b", 3, "c"])
        table.set_source(other)
        assert (table.cursor_key, table.cursor_index) == (3, 2)
        table.reset_cursor()
        assert table.cursor_key == "a"
        assert not table.move_to("nowhere")


async def test_the_cursor_is_dim_without_focus() -> None:
    app = Gallery(rows=5)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.pause()
        focused = next(iter(table.render_line(TOP))).style
        app.set_focus(None)
        await pilot.pause()
        assert next(iter(table.render_line(TOP))).style != focused
        assert line(table, TOP).startswith("▌")


def keys_of(events: list[object]) -> list[Hashable]:
    return [event.key for event in events if isinstance(event, VirtualTable.Highlighted)]


async def test_only_a_new_row_is_highlighted() -> None:
    app = Gallery(rows=20)
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.query_one(VirtualTable)
        await pilot.press("down")
        await pilot.pause()
        app.rows.set(list(reversed(app.rows.keys)))
        table.refresh_all()
        await pilot.press("home")
        await pilot.pause()
        assert keys_of(app.heard) == [0, 1, 19]


async def test_a_list_that_was_hidden_has_the_keys_again() -> None:
    app = Gallery(rows=10)
    async with app.run_test(size=(120, 40)) as pilot:
        table = app.query_one(VirtualTable)
        table.focus()
        table.display = False
        await pilot.pause()
        assert app.focused is None
        table.display = True
        await pilot.pause()
        await pilot.press("down")
        assert table.cursor_index == 1
