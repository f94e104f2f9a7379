"""A table for any number of rows: it paints what is visible, and nothing else is ever touched.

The rows belong to a `TableSource`. The cursor and the marks are identities, so they survive inserts,
sorts and relists. Tell the table what happened: `refresh_rows` when rows changed in place, `refresh_all`
when the list itself did.
"""

from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from fluxtui.widgets.line_view import LineView, moves, sideways
from fluxtui.widgets.palette import palette_of
from fluxtui.widgets.table_columns import ESSENTIAL, Layout, TableColumn, lay_out
from fluxtui.widgets.table_cursor import Cursor
from fluxtui.widgets.table_rows import CURSOR, CURSOR_BLURRED, GUTTER, MARKED, PLAIN, Face, RowPainter
from fluxtui.widgets.table_source import Cell, NoRows, Span, TableSource

__all__ = ["ESSENTIAL", "Cell", "Span", "TableColumn", "TableSource", "VirtualTable"]

HEADER = 1
"""Lines above the rows."""
EIGHTHS = 8
"""Steps of a scrollbar's thumb in one line."""
SIDEWAYS = 8
"""Cells that one key scrolls to the side."""


class VirtualTable(LineView):
    """A scrolling table over a source that it does not own. Its first line is the header."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *moves("list", page_down="pagedown,ctrl+f"),
        *sideways("list"),
        Binding("space", "mark", "Mark", show=False, id="list.mark"),
        Binding("ctrl+a", "mark_all", "Mark all that are listed, or none", show=False, id="list.mark-all"),
        Binding("enter", "select", "Open", show=False, id="list.open"),
    ]

    markable: ClassVar[bool] = True
    """Whether rows can be marked."""
    sort: reactive[tuple[str, bool] | None] = reactive(None)
    """The column's id that the rows are sorted by, and whether descending. Shown, not done, by the table."""
    wide: reactive[bool] = reactive(False, init=False)
    """Keep every column at its full width and scroll sideways, instead of leaving columns out."""
    placeholder: reactive[str] = reactive("")
    """A quiet line in place of the rows while there are none."""

    class Highlighted(Message):
        """The cursor stands on another row."""

        def __init__(self, table: "VirtualTable", key: Hashable) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> "VirtualTable":
            """The table."""
            return self.table

        def can_replace(self, message: Message) -> bool:
            """Only the last place of a hasty cursor is news."""
            return isinstance(message, VirtualTable.Highlighted) and message.table is self.table

    class Selected(Message):
        """A row was opened, by enter or a double click."""

        def __init__(self, table: "VirtualTable", key: Hashable) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> "VirtualTable":
            """The table."""
            return self.table

    class SortRequested(Message):
        """A column's title was clicked."""

        def __init__(self, table: "VirtualTable", column_id: str) -> None:
            super().__init__()
            self.table = table
            self.column_id = column_id

        @property
        def control(self) -> "VirtualTable":
            """The table."""
            return self.table

    class Marked(Message):
        """The set of marked rows is another one."""

        def __init__(self, table: "VirtualTable", keys: frozenset[Hashable]) -> None:
            super().__init__()
            self.table = table
            self.keys = keys

        @property
        def control(self) -> "VirtualTable":
            """The table."""
            return self.table

    def __init__(
        self,
        columns: Sequence[TableColumn] = (),
        source: TableSource | None = None,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._columns: tuple[TableColumn, ...] = tuple(columns)
        self._source: TableSource = source if source is not None else NoRows()
        self._cursor = Cursor()
        self._marks: set[Hashable] = set()
        self._layout_of_columns = Layout((), 0, 0)
        self._painter = RowPainter()
        self._faces: dict[int, Face | None] = {}
        """What was painted last on each line."""
        self._cursor.follow(self._source)

    # What it shows

    @property
    def source(self) -> TableSource:
        """The rows."""
        return self._source

    def set_source(self, source: TableSource, columns: Sequence[TableColumn] | None = None) -> None:
        """Shows other rows, and other columns if given. The cursor stays with its row if it is among them."""
        self._source = source
        if columns is not None:
            self._columns = tuple(columns)
            self._place_columns()
        self._painter.clear()
        self._faces.clear()
        self.refresh_all()

    @property
    def columns(self) -> tuple[TableColumn, ...]:
        """All columns, those that have no room included."""
        return self._columns

    @property
    def hidden_columns(self) -> int:
        """How many columns have no room now."""
        return self._layout_of_columns.hidden

    @property
    def cursor_key(self) -> Hashable | None:
        """The row under the cursor, None if there are no rows."""
        return self._cursor.key if self._cursor.index >= 0 else None

    @property
    def cursor_index(self) -> int:
        """The position of the cursor's row, -1 if there are no rows."""
        return self._cursor.index

    @property
    def marks(self) -> frozenset[Hashable]:
        """The marked rows. A row that leaves the list loses its mark: nothing unseen is acted upon."""
        return frozenset(self._marks)

    @property
    def visible_rows(self) -> range:
        """The positions of the rows on screen."""
        top = self.scroll_offset.y
        return range(top, max(top, min(len(self._source), top + self._page)))

    def move_to(self, key: Hashable) -> bool:
        """Puts the cursor on a row. Returns False if the row is not in the list."""
        index = self._source.index_of(key)
        if index is None:
            return False
        self.move_cursor(index)
        return True

    def await_row(self, *keys: Hashable) -> None:
        """Puts the cursor on one of these rows as soon as it is in the list, unless it is moved before that."""
        if not any(self.move_to(key) for key in keys):
            self._cursor.awaited = keys

    def move_cursor(self, index: int) -> None:
        """Puts the cursor on a position (clamped) and scrolls there."""
        before = self._cursor.index
        if self._cursor.move(self._source, index):
            self._paint_again((before, self._cursor.index))
            self._announce()
        self._scroll_into_view()

    def reset_cursor(self) -> None:
        """Back to the first row, and to following it."""
        self._cursor.release()
        self.refresh_all()
        self.scroll_to(y=0, animate=False, force=True)

    # What happened to the rows

    def refresh_rows(self, keys: Iterable[Hashable]) -> None:
        """These rows changed, their order did not: repaints the lines of those that are visible."""
        visible = self.visible_rows
        if isinstance(keys, AbstractSet) and len(keys) > len(visible):
            changed = [index for index in visible if self._source.key(index) in keys]
        else:
            found = (self._source.index_of(key) for key in keys)
            changed = [index for index in found if index is not None and index in visible]
        self._paint_again(changed)

    def refresh_all(self) -> None:
        """Rows came, went or moved: finds the cursor's row again and repaints the lines that show something else now.

        The cursor's row keeps its line on screen if it can, but a list at its top stays at its top.
        """
        before = self._cursor.index
        top = self.scroll_offset.y
        was_visible = top <= before < top + self._page
        awaited = bool(self._cursor.awaited)
        moved = self._cursor.follow(self._source)
        self._set_extent()
        index = self._cursor.index
        if awaited and not self._cursor.awaited:
            self._scroll_into_view()
            was_visible = False
        if was_visible and index >= 0 and index != before and (top or index >= self._page):
            self._scroll_along(index - (before - top))
        self._forget_lost_marks()
        self._repaint_changed()
        if moved:
            self._announce()

    def mark_all(self) -> None:
        """Marks every row of the list."""
        self._set_marks({self._source.key(index) for index in range(len(self._source))})

    def clear_marks(self) -> None:
        """Marks nothing."""
        self._set_marks(set())

    def toggle_mark(self, key: Hashable) -> None:
        """Marks a row, or takes its mark away."""
        self._marks ^= {key}
        self.refresh_rows((key,))
        self.post_message(self.Marked(self, self.marks))

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region; what they have in common is looked up once."""
        self._prepare()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line: the header, a row, or nothing."""
        if not self.in_frame:
            self._prepare()
        scroll_x, scroll_y = self.scroll_offset
        if y < HEADER:
            return self._painter.header(self.sort, scroll_x)
        index = scroll_y + y - HEADER
        source = self._source
        if index >= len(source):
            self._faces[y] = None
            return self._painter.blank(self.placeholder if index == 1 and not len(source) else "")
        face = self._faces[y] = self._face(index, scroll_x)
        return self._painter.row(source, index, face)

    def _prepare(self) -> None:
        self._painter.prepare(palette_of(self), self.ground, self._columns, self._layout_of_columns, self._line_width)

    def notify_style_update(self) -> None:
        """Colours may be others: nothing painted is kept."""
        super().notify_style_update()
        self._painter.clear()

    def _face(self, index: int, scroll_x: int) -> Face:
        key = self._source.key(index)
        return key, self._source.version(index), self._state_of(key), scroll_x

    def _repaint_changed(self) -> None:
        """Repaints the lines that are not as they were painted: most changes of a long list are out of sight."""
        scroll_x, top = self.scroll_offset
        count, height, width = len(self._source), self.size.height, self.size.width
        if not count:
            self.refresh()
            return
        changed = [
            y
            for y in range(HEADER, height)
            if self._faces.get(y, self)
            != (self._face(index, scroll_x) if (index := top + y - HEADER) < count else None)
        ]
        if 2 * len(changed) > height:
            self.refresh()
        elif changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def _scroll_along(self, top: int) -> None:
        """Moves the view with its rows: they stay on their lines, so this alone repaints nothing but the scrollbar."""
        top = min(max(0, top), self.max_scroll_y)
        self.set_reactive(VirtualTable.scroll_y, float(top))  # pyright: ignore[reportArgumentType] - on the class
        self.set_reactive(VirtualTable.scroll_target_y, float(top))  # pyright: ignore[reportArgumentType]
        self._move_thumb(top)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """As in a `ScrollView`, but the scrollbar is painted anew only where its thumb has moved visibly."""
        self._move_thumb(new_value)
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)

    def _move_thumb(self, top: float) -> None:
        if not self.show_vertical_scrollbar:
            return
        bar = self.vertical_scrollbar
        visible = self.virtual_size.height / max(1, EIGHTHS * self.size.height)
        if abs(bar.position - top) >= visible or top in (0, self.max_scroll_y):
            bar.position = top

    def _state_of(self, key: Hashable) -> int:
        state = MARKED if key in self._marks else PLAIN
        if key == self._cursor.key:
            state |= CURSOR if self.has_focus else CURSOR_BLURRED
        return state

    @property
    def _page(self) -> int:
        """Rows that fit on screen."""
        return max(1, self.scrollable_content_region.height - HEADER)

    @property
    def _line_width(self) -> int:
        return self.scrollable_content_region.width

    def _paint_again(self, indexes: Iterable[int]) -> None:
        """Repaints the lines of these positions, as far as they are visible."""
        top = self.scroll_offset.y
        page = self.size.height - HEADER
        width = self.size.width
        regions = [Region(0, index - top + HEADER, width, 1) for index in indexes if top <= index < top + page]
        if regions:
            self.refresh(*regions)

    def _place_columns(self) -> None:
        self._layout_of_columns = lay_out(self._columns, max(0, self._line_width - GUTTER), everything=self.wide)
        self._set_extent()
        self.refresh()

    def _set_extent(self) -> None:
        """Tells the scrollbars how much there is, without laying out the screen anew: our own size stays."""
        width = self._layout_of_columns.width + GUTTER
        extent = Size(width if width > self._line_width else 0, len(self._source) + HEADER)
        if extent != self.virtual_size:
            self.set_reactive(VirtualTable.virtual_size, extent)  # pyright: ignore[reportArgumentType] - a reactive on the class
            self._scroll_update(extent)

    def _scroll_into_view(self) -> None:
        index, top, page = self._cursor.index, self.scroll_offset.y, self._page
        if index < top:
            self.scroll_to(y=max(index, 0), animate=False, force=True)
        elif index >= top + page:
            self.scroll_to(y=index - page + 1, animate=False, force=True)

    def _announce(self) -> None:
        if self._cursor.index >= 0:
            self.post_message(self.Highlighted(self, self._cursor.key))

    def _forget_lost_marks(self) -> None:
        lost = {key for key in self._marks if self._source.index_of(key) is None}
        if lost:
            self._marks -= lost
            self.post_message(self.Marked(self, self.marks))

    def _set_marks(self, marks: set[Hashable]) -> None:
        if marks != self._marks:
            self._marks = marks
            self.refresh()
            self.post_message(self.Marked(self, self.marks))

    # What the terminal tells

    def on_mount(self) -> None:
        """Takes part in changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._place_columns())
        self._announce()

    def on_resize(self, event: events.Resize) -> None:
        """Another width is another layout; the cursor stays in sight."""
        self._place_columns()
        if self._cursor.held:
            self._scroll_into_view()

    def watch_wide(self) -> None:
        """Lays the columns out anew."""
        self._place_columns()
        self.scroll_to(x=0, animate=False, force=True)

    def on_show(self) -> None:
        """Hidden, it lost the keys; seen again it takes them, unless something else has them."""
        if self.screen.focused is None:  # at once: what is opened meanwhile must keep the keys
            self.screen.set_focus(self, scroll_visible=False)

    def on_focus(self) -> None:
        """The cursor is bright while keys reach it."""
        self._paint_again((self._cursor.index,))

    def on_blur(self) -> None:
        """The cursor is dim while they do not."""
        self._paint_again((self._cursor.index,))

    def on_click(self, event: events.Click) -> None:
        """A title sorts, a row takes the cursor, its left edge marks it, a double click opens it."""
        event.stop()
        x = event.x + (self.scroll_offset.x if event.x >= GUTTER else 0)
        if event.y < HEADER:
            column = self._layout_of_columns.column_at(x - GUTTER)
            if column is not None and self._columns[column].sortable:
                self.post_message(self.SortRequested(self, self._columns[column].id))
            return
        index = self.scroll_offset.y + event.y - HEADER
        if index >= len(self._source):
            return
        self.move_cursor(index)
        if event.x < GUTTER:
            self.toggle_mark(self._source.key(index))
        elif event.chain == 2:
            self.action_select()

    def action_cursor(self, step: int) -> None:
        """Moves by rows."""
        self.move_cursor(self._cursor.index + step)

    def action_page(self, step: int) -> None:
        """Moves by screens; the view moves along."""
        page = self._page
        self.scroll_to(y=self.scroll_offset.y + step * page, animate=False, force=True)
        self.move_cursor(self._cursor.index + step * page)

    def action_first(self) -> None:
        """To the first row."""
        self.move_cursor(0)

    def action_last(self) -> None:
        """To the last row."""
        self.move_cursor(len(self._source) - 1)

    def action_sideways(self, step: int) -> None:
        """Scrolls columns that have no room into view."""
        self.scroll_to(x=self.scroll_offset.x + step * SIDEWAYS, animate=False, force=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where rows cannot be marked there are no keys for it."""
        del parameters
        return self.markable or action not in ("mark", "mark_all")

    def action_mark(self) -> None:
        """Marks the cursor's row and goes on to the next."""
        if self._cursor.index >= 0:
            self.toggle_mark(self._source.key(self._cursor.index))
            self.move_cursor(self._cursor.index + 1)

    def action_mark_all(self) -> None:
        """Marks every row that is listed; when all are marked, none."""
        if len(self._marks) == len(self._source):
            self.clear_marks()
        else:
            self.mark_all()

    def action_select(self) -> None:
        """Opens the cursor's row."""
        if self.cursor_key is not None:
            self.post_message(self.Selected(self, self.cursor_key))
