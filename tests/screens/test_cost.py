"""What things may cost: keys the rows on screen, hidden screens nothing. Counted, not timed."""

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from fluxtui.screens import resources as resources_module
from fluxtui.screens.resources import ResourcesScreen
from fluxtui.screens.rows import ObjectRows
from fluxtui.screens.triage import TriageScreen
from fluxtui.store.listing import Listing
from fluxtui.widgets.virtual_table import VirtualTable

from .world import Counter, World, command, kustomization, running, screen, sees, type_filter, until

MANY = 3000


@pytest.fixture(scope="module")
def many() -> Iterator[World]:
    world = World("", ["alpha"])
    world.put("alpha", *(kustomization(f"ns-{n % 7}", f"app-{n:04}", ready=n >= 40) for n in range(MANY)))
    yield world


def counting(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> Counter:
    """Count the calls of a method of a class."""
    counter, method = Counter(), getattr(owner, name)

    def counted(self: object, *args: object, **named: object) -> object:
        counter.calls.append(args)
        return method(self, *args, **named)

    monkeypatch.setattr(owner, name, counted)
    return counter


async def opened(pilot: Pilot[None]) -> VirtualTable:
    await pilot.press("4")
    await sees(pilot, f"Kustomizations {MANY}")
    return pilot.app.screen.query_one("#table", VirtualTable)


async def test_a_key_press_looks_at_no_more_than_the_rows_on_screen(
    many: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(many) as pilot:
        table = await opened(pilot)
        page = len(table.visible_rows)
        cells, rows = counting(monkeypatch, ObjectRows, "cells"), counting(monkeypatch, Listing, "row")
        keys = counting(monkeypatch, Listing, "key")
        rebuilt = counting(monkeypatch, Listing, "rebuild")
        for key, most in {"j": 2, "k": 2, "pagedown": page + 2, "G": page + 2, "g": page + 2, "space": 4}.items():
            for counter in (cells, rows, keys):
                counter.calls.clear()
            await pilot.press(key)
            await pilot.pause()
            assert len(cells) <= most, key
            assert len(rows) <= 2 * page + 4, key
            assert len(keys) <= 6 * page, key
        assert len(rebuilt) == 0


async def test_a_row_that_changes_in_place_repaints_itself_alone(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(many) as pilot:
        await opened(pilot)
        cells, rebuilt = counting(monkeypatch, ObjectRows, "cells"), counting(monkeypatch, Listing, "rebuild")
        many.put("alpha", kustomization("ns-0", "app-0000", ready=False, message="another message"))
        many.tell()
        await pilot.pause()
        assert len(cells) <= 1 and len(rebuilt) == 0
        many.put("alpha", kustomization("ns-6", "app-2939", message="far below"))
        many.tell()
        await pilot.pause()
        assert len(cells) <= 1


async def test_rows_that_come_and_go_cost_what_is_seen(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(many) as pilot:
        table = await opened(pilot)
        page = len(table.visible_rows)
        cells, rebuilt = counting(monkeypatch, ObjectRows, "cells"), counting(monkeypatch, Listing, "rebuild")
        many.put("alpha", kustomization("ns-0", "aaa", ready=False))
        many.tell()
        await sees(pilot, f"Kustomizations {MANY + 1}")
        many.remove("alpha", "Kustomization/ns-0/aaa")
        many.tell()
        await sees(pilot, f"Kustomizations {MANY}")
        assert len(cells) <= 2 * (page + 2) and len(rebuilt) == 0


async def test_changes_out_of_sight_repaint_no_row(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(many) as pilot:
        table = await opened(pilot)
        await pilot.press("pagedown", "pagedown", "j")
        await pilot.pause()
        chosen, line = table.cursor_key, table.cursor_index - table.scroll_offset.y
        painted = counting(monkeypatch, VirtualTable, "render_line")
        for number in range(5):  # above: the rows in sight stay on their lines
            many.put("alpha", kustomization("a", f"above-{number}", ready=False))
            many.tell()
            await sees(pilot, f"Kustomizations {MANY + number + 1}")
        many.put("alpha", kustomization("ns-6", "app-2939", ready=False, message="below"))
        many.tell()
        await pilot.pause()
        assert len(painted) == 0
        assert (table.cursor_key, table.cursor_index - table.scroll_offset.y) == (chosen, line)
        many.put("alpha", kustomization("ns-6", "app-2939"))
        for number in range(5):
            many.remove("alpha", f"Kustomization/a/above-{number}")


async def test_what_is_not_seen_is_not_touched(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(many) as pilot:
        await opened(pilot)
        hidden = next(screen for screen in pilot.app.screen_stack if isinstance(screen, ResourcesScreen))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(pilot.app.screen, TriageScreen))
        followed = counting(monkeypatch, ResourcesScreen, "follow")
        applied, ordered = counting(monkeypatch, Listing, "apply"), Counter().on(resources_module, "order")
        cells = counting(monkeypatch, ObjectRows, "cells")
        shown = counting(monkeypatch, ResourcesScreen, "show_all")
        for number in range(20):
            many.put("alpha", kustomization("ns-0", "app-0000", ready=bool(number % 2)))
            many.tell()
            hidden.app.screen.tick()  # type: ignore[attr-defined]
        await pilot.pause()
        assert not any(map(len, (followed, applied, ordered, cells, shown)))
        await pilot.press("4")  # and it has caught up when it is seen again
        await sees(pilot, "✖ 39")
        many.put("alpha", kustomization("ns-0", "app-0000", ready=False))


async def test_triage_is_not_painted_while_a_list_is_seen(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(many) as pilot:
        await sees(pilot, "root cause")
        await opened(pilot)
        listed = counting(monkeypatch, TriageScreen, "_list")
        many.put("alpha", kustomization("ns-1", "app-0001", ready=False, message="again"))
        many.tell()
        await pilot.pause()
        assert len(listed) == 0


async def test_the_list_below_a_page_is_not_followed_until_the_page_closes(
    many: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(many) as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await sees(pilot, "Where it stands")
        applied = counting(monkeypatch, Listing, "apply")
        many.put("alpha", kustomization("ns-0", "bbb", ready=False))
        many.tell()
        await pilot.pause()
        assert len(applied) == 0
        await pilot.press("escape")
        await sees(pilot, f"Kustomizations {MANY + 1}")
        many.remove("alpha", "Kustomization/ns-0/bbb")


async def test_a_filter_is_one_pass_for_a_burst_of_keys_and_moving_in_it_none(
    many: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(many) as pilot:
        await opened(pilot)
        rebuilt = counting(monkeypatch, Listing, "rebuild")
        await type_filter(pilot, "name:app-00*")
        await sees(pilot, f"100 of {MANY}")
        assert len(rebuilt) <= len("name:app-00*")
        await pilot.press("enter")
        await pilot.pause()
        rebuilt.calls.clear()
        await pilot.press("j", "j", "k", "space")
        assert len(rebuilt) == 0


async def test_a_batch_that_concerns_another_kind_does_not_repaint(
    many: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(many) as pilot:
        await opened(pilot)
        await command(pilot, "hr")
        await sees(pilot, "no HelmReleases")
        shown = counting(monkeypatch, ResourcesScreen, "show_all")
        many.put("alpha", kustomization("ns-2", "app-0002", ready=False, message="once more"))
        many.tell()
        await pilot.pause()
        assert len(shown) == 0
        assert "no HelmReleases" in screen(pilot)
