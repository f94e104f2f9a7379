"""Every theme paints every widget; a change of theme leaves nothing of the old one."""

import pytest
from rich.style import Style
from textual.color import Color

from fluxtui import themes
from fluxtui.widgets.palette import INKS, Palette, palette_of
from fluxtui.widgets.virtual_table import VirtualTable

from .gallery import Gallery


def styles(app: Gallery) -> dict[str, Style]:
    """The styles of the first lines of the table, by text."""
    table = app.query_one(VirtualTable)
    return {seg.text.strip(): seg.style for y in range(8) for seg in table.render_line(y) if seg.style}


async def test_a_change_of_theme_repaints_in_its_colours() -> None:
    app = Gallery(rows=20)
    async with app.run_test(size=(120, 30)) as pilot:
        for name in ("fluxtui-dark", "fluxtui-colorblind", "fluxtui-light", "textual-light", "fluxtui-dark"):
            app.theme = name
            await pilot.pause()
            variables = {**themes.variable_defaults(dark=app.current_theme.dark), **app.current_theme.variables}
            failed = styles(app)["✖ failed"].color
            assert failed is not None
            assert failed.name.lower() == Color.parse(variables["status-failed"]).hex.lower(), name
            grounds = {style.bgcolor.name for style in styles(app).values() if style.bgcolor}
            assert app.query_one(VirtualTable).background_colors[1].hex.lower() in grounds, name


@pytest.mark.parametrize("name", themes.BUILTIN)
@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_every_widget_paints_in_every_theme(name: str, size: tuple[int, int]) -> None:
    app = Gallery(name, rows=30)
    async with app.run_test(size=size) as pilot:
        for what in ("table", "document", "notice"):
            app.action_show(what)
            await pilot.pause()
            svg = app.export_screenshot()
            assert "READ-ONLY" in svg


@pytest.mark.parametrize("no_color", [False, True])
async def test_mono_uses_no_colour(no_color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    app = Gallery("fluxtui-mono", rows=30)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("down", "space")
        await pilot.pause()
        for what in ("table", "document", "notice"):
            app.action_show(what)
            await pilot.pause()
            for strip in app.screen._compositor.render_strips():
                for segment in strip:
                    for color in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                        assert color is None or color.is_default, segment


async def test_mono_shows_the_cursor_and_what_failed_without_colour() -> None:
    app = Gallery("fluxtui-mono", rows=30)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("down")
        await pilot.pause()
        shown = styles(app)
        assert shown["✖ failed"].bold
        assert shown["◌ blocked"].reverse  # the cursor's row
        assert not shown["✖ failed"].reverse


async def test_ascii_mode_leaves_no_other_character() -> None:
    app = Gallery(rows=30, ascii_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        for what in ("table", "document", "notice"):
            app.action_show(what)
            await pilot.pause()
            text = "".join(strip.text for strip in app.screen._compositor.render_strips())
            assert text.isascii()
            assert len(text) == 120 * 40


def test_an_unknown_style_name_and_a_foreign_theme_do_no_harm() -> None:
    palette = Palette(
        {"error": "#ff0000", "background": "#000000", "foreground-muted": "#ffffff 50%", "primary": "auto 60%"}
    )
    assert palette.style("no-such-name") == Style.null()
    assert palette.style("status-failed").color.name == "#ff0000"  # type: ignore[union-attr]
    assert palette.style("muted").color.triplet.red == pytest.approx(127, abs=1)  # type: ignore[union-attr]
    assert palette.style("info") == Style.null()
    assert palette.style("status-failed strong").bold
    for name in INKS:
        palette.style(name)


async def test_the_palette_is_the_same_until_the_theme_changes() -> None:
    app = Gallery(rows=1)
    async with app.run_test() as pilot:
        table = app.query_one(VirtualTable)
        before = palette_of(table)
        await pilot.press("down")
        assert palette_of(table) is before
        app.theme = "fluxtui-light"
        await pilot.pause()
        assert palette_of(table) is not before
