"""The viewer of long texts."""

import time

import pytest

from fluxtui.widgets.document import DocumentView

from .gallery import YAML, Gallery


def page() -> Gallery:
    """The gallery with the document open."""
    return Gallery(rows=5, opens="document")


def rows(view: DocumentView) -> list[str]:
    return [view.render_line(y).text for y in range(view.scrollable_content_region.height)]


def searched(app: Gallery) -> list[tuple[int, int]]:
    return [(e.position, e.count) for e in app.heard if isinstance(e, DocumentView.Searched)]


async def test_lines_have_numbers_and_end_in_an_ellipsis_when_they_go_on() -> None:
    app = page()
    async with app.run_test(size=(80, 48)) as pilot:
        await pilot.pause()
        view = app.query_one(DocumentView)
        shown = rows(view)
        assert shown[0].startswith("▌  1 # what")
        assert shown[1].split() == ["2", "apiVersion:", "kustomize.toolkit.fluxcd.io/v1"]
        assert shown[24].endswith("…")
        await pilot.press(*["right"] * 12)
        assert "out of the screen" in rows(view)[24]
        assert "…" in rows(view)[24][:8]


async def test_wrapping_shows_all_of_a_line() -> None:
    app = page()
    async with app.run_test(size=(80, 60)) as pilot:
        await pilot.press("w")
        await pilot.pause()
        shown = rows(app.query_one(DocumentView))
        assert not any(row.rstrip().endswith("…") for row in shown)
        assert (
            "".join(row[5:] for row in shown).replace(" ", "").startswith(YAML.replace("\n", "").replace(" ", "")[:900])
        )
        assert shown[25][:5].strip() == ""  # the rest of line 25 has no number


async def test_search_goes_round_and_shows_what_it_found() -> None:
    app = page()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(DocumentView)
        assert view.search("infra-configs") == 2
        first = view.line
        assert YAML.splitlines()[first].endswith("infra-configs")
        await pilot.press("n")
        second = view.line
        await pilot.press("n")
        assert (view.line, second > first) == (first, True)
        await pilot.press("N")
        assert view.line == second
        top = view.scroll_offset.y
        assert top <= second < top + view.scrollable_content_region.height
        await pilot.pause()
        assert searched(app) == [(1, 2), (2, 2), (1, 2), (2, 2)]
        assert "infra-configs" in rows(view)[second - top]
        backgrounds = {seg.text: seg.style.bgcolor for seg in view.render_line(second - top) if seg.style}
        assert backgrounds["infra-configs"] not in (None, backgrounds.get("message"))
        assert view.search("nowhere") == 0
        await pilot.pause()
        assert searched(app)[-1] == (0, 0)


async def test_keys_move_by_lines_and_pages() -> None:
    app = page()
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        view = app.query_one(DocumentView)
        view.show("\n".join(map(str, range(500))))
        height = view.scrollable_content_region.height
        for key, line in [("down", 1), ("j", 2), ("k", 1), ("G", 499), ("g", 0), ("pagedown", height), ("end", 499)]:
            await pilot.press(key)
            assert view.line == line, key
        await pilot.pause()
        assert any(row.startswith("▌") for row in rows(view))


async def test_a_line_or_a_selection_is_copied() -> None:
    app = page()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "y")
        assert app.clipboard == "apiVersion: kustomize.toolkit.fluxcd.io/v1"
        await pilot.press("v", "down", "down", "y")
        assert app.clipboard == "\n".join(YAML.splitlines()[1:4])
        await pilot.pause()
        assert [e.lines for e in app.heard if isinstance(e, DocumentView.Copied)] == [1, 3]


async def test_a_newer_version_of_the_text_keeps_the_place() -> None:
    app = page()
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        view = app.query_one(DocumentView)
        await pilot.press("pagedown")
        place = (view.line, view.scroll_offset)
        view.show(YAML.replace("replicas: 3", "replicas: 4"), "yaml", keep=True)
        await pilot.pause()
        assert (view.line, view.scroll_offset) == place
        view.show(YAML, "yaml")
        assert view.line == 0


async def test_hostile_text_is_made_visible_and_an_empty_one_does_no_harm() -> None:
    app = page()
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(DocumentView)
        view.show("\x1b[2Jcleared\na\rb\n\u202ex\n[red]y[/]\n漢字" * 20)
        await pilot.pause()
        shown = rows(view)
        assert all(row.isprintable() for row in shown)
        assert "␛[2Jcleared" in shown[0]
        assert "[red]y[/]" in shown[3]
        assert {view.render_line(y).cell_length for y in range(5)} == {view.scrollable_content_region.width}
        view.show("")
        await pilot.press("down", "G", "y", "w", "n", "pagedown")
        assert view.line == 0


@pytest.mark.parametrize("wrap", [False, True])
async def test_five_megabytes_are_painted_by_the_line(wrap: bool) -> None:
    coloured: list[str] = []

    def highlight(line: str) -> list[tuple[str, str]]:
        coloured.append(line)
        return [(line, "")]

    app = page()
    async with app.run_test(size=(120, 40)) as pilot:
        view = app.query_one(DocumentView)
        view.wrap = wrap
        text = "\n".join(f"key-{i}: a value of some length, and a number {i}" for i in range(100_000))
        started = time.process_time()
        view.show(text, highlight)
        assert time.process_time() - started < 2.0  # a bound against O(n²), not a measurement
        await pilot.pause()
        height = view.scrollable_content_region.height
        for key in ("pagedown", "G", "g"):
            coloured.clear()
            await pilot.press(key)
            await pilot.pause()
            assert len(coloured) <= height + 2
        assert view.search("number 99999") == 1
        assert view.line == 99_999
