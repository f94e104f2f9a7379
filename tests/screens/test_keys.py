"""Keys, the sheet of them, themes, and terminals that change their size."""

import os
from typing import Any

import pytest
from textual import actions
from textual.pilot import Pilot

from fluxtui import keymap, themes
from fluxtui.config import Config
from fluxtui.screens.keys import KeysScreen
from fluxtui.widgets.factsheet import FactSheet
from fluxtui.widgets.keyhints import KeyHint, KeyHints

from .world import SMALL, WIDE, World, burst, command, lines, notified, running, screen, sees, until

WRITING = ("reconcile", "suspend", "resume", "delete", "restart", "edit", "force")


@pytest.fixture
def incident() -> World:
    return World("incident")


def sheet(pilot: Pilot[None]) -> str:
    """Everything on the sheet, whatever of it is in sight."""
    facts = pilot.app.screen.query_one(FactSheet)._facts
    return "\n".join(f"{fact.label}  {''.join(text for text, _ in fact.spans)}" for fact in facts)


async def shown_keys(pilot: Pilot[None]) -> str:
    await pilot.press("question_mark")
    await until(pilot, lambda: isinstance(pilot.app.screen, KeysScreen))
    await pilot.pause()
    return sheet(pilot)


async def test_the_sheet_has_the_keys_of_this_screen_and_of_no_other(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, "cert-manager")
        told = await shown_keys(pilot)
        assert "app.triage" in told and "screen.filter" in told and "list.down" in told
        assert "resources." not in told and "contexts." not in told and "document." not in told
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, KeysScreen))
        await pilot.press("4")
        await sees(pilot, "Kustomizations")
        assert "resources.faults" in await shown_keys(pilot)
        await pilot.press("question_mark")
        await command(pilot, "ctx")
        await sees(pilot, "Contexts")
        told = await shown_keys(pilot)
        assert "contexts.watch" in told and "contexts.retry" in told
        assert "list.mark" not in told  # the key for marks does something else here
        await pilot.press("q", "escape", "enter")
        await sees(pilot, "Where it stands")
        await pilot.press("y")
        await sees(pilot, "apiVersion")
        told = await shown_keys(pilot)
        assert "document.wrap" in told and "resource.why" in told and "resources.faults" not in told


async def test_every_key_on_the_sheet_does_something(incident: World) -> None:
    """Each binding's action exists where it is looked for: a key that is listed works."""
    async with running(incident, WIDE) as pilot:
        await sees(pilot, "cert-manager")
        for go in ("1", "4"):
            await pilot.press(go)
            await pilot.pause()
            for held in pilot.app.screen.active_bindings.values():
                if held.binding.id:
                    where, name, _ = actions.parse(held.binding.action)
                    node = {"": held.node, "app": pilot.app, "screen": pilot.app.screen}[where]
                    assert hasattr(node, f"action_{name}"), held.binding


async def test_the_sheet_fits_every_terminal(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        await pilot.press("4")
        await sees(pilot, "Kustomizations")
        await pilot.press("question_mark")
        told = await sees(pilot, "Keys that work here")
        assert "╭" in told and "╰" in told
        await pilot.press(*["pagedown"] * 3)
        told = await sees(pilot, "Filter language", "status:failed,blocked", "not; exactly")
        assert "…" not in "\n".join(line[:78] for line in told.splitlines()[1:-2])


async def test_no_key_hint_or_command_writes(incident: World) -> None:
    async with running(incident, WIDE, read_only=True) as pilot:
        await sees(pilot, "cert-manager")
        assert "READ-ONLY" in lines(pilot)[0]
        for held in pilot.app.screen.active_bindings.values():
            assert not [word for word in WRITING if word in held.binding.description.lower()], held.binding
        for hint in pilot.app.screen.query_one(KeyHints)._hints:
            assert not [word for word in WRITING if word in hint.label]


@pytest.mark.parametrize("go", ["triage", "ks", "ctx", "page"])
async def test_every_hint_in_the_last_line_names_a_key_that_works_there(incident: World, go: str) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, "cert-manager")
        await (pilot.press("enter") if go == "page" else command(pilot, go))
        await sees(
            pilot, {"triage": "waits behind", "ks": " Kustomizations ", "ctx": "Contexts", "page": "Conditions"}[go]
        )
        bindings = pilot.app.screen.active_bindings
        names = {"⏎": "enter", "/": "slash", ":": "colon", "?": "question_mark", "esc": "escape"}

        def works(hint: KeyHint) -> bool:
            keys = [names.get(key, key) for key in (hint.key.split() if not hint.key.startswith(":") else [":"])]
            return all(key in bindings or names.get(key) in bindings for key in keys)

        assert [hint for hint in pilot.app.screen.query_one(KeyHints)._hints if not works(hint)] == []


async def test_a_click_on_a_hint_is_its_key(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        await sees(pilot, "cert-manager")
        at = lines(pilot)[-1].index("? keys")
        await pilot.click("#hints", offset=(at, 0))
        await until(pilot, lambda: isinstance(pilot.app.screen, KeysScreen))


async def test_a_click_on_a_tab_shows_it(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        await sees(pilot, "cert-manager")
        await pilot.click("#tabs", offset=(lines(pilot)[0].index("Resources"), 0))
        await sees(pilot, " Kustomizations ")


async def test_keys_may_be_changed_in_the_configuration(incident: World) -> None:
    config = Config(keys={"resources.faults": "x", "app.resources": "9"})
    async with running(incident, WIDE, config=config) as pilot:
        await sees(pilot, "cert-manager")
        await pilot.press("9")
        await sees(pilot, " Kustomizations ")
        await pilot.press("x")
        await sees(pilot, "filter status:failed")
        assert "x  Faults only" in await shown_keys(pilot)


async def test_an_id_in_the_configuration_that_no_key_has_is_told(incident: World) -> None:
    async with running(incident, config=Config(keys={"resource.faults": "x"})) as pilot:
        await notified(pilot, "resource.faults")


def test_every_binding_of_ours_has_an_id_of_its_own() -> None:
    groups: Any = [group for group in vars(keymap).values() if isinstance(group, tuple)]
    ids = [binding.id for group in groups for binding in group]
    assert all(ids) and len(ids) == len(set(ids))
    assert set(ids) <= keymap.all_ids()


async def test_q_closes_what_is_on_top_before_it_quits(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("q")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert pilot.app.is_running
        await pilot.press("q")
        await until(pilot, lambda: not pilot.app.is_running)
    assert pilot.app.return_code == 0


# --- themes


@pytest.mark.parametrize("name", themes.BUILTIN)
async def test_every_theme_shows_the_same_words(incident: World, name: str) -> None:
    async with running(incident, theme="fluxtui-dark") as pilot:
        await sees(pilot, "cert-manager", "waits behind", "elsewhere")
        before = screen(pilot)
        await command(pilot, f"theme {name}")
        await until(pilot, lambda: pilot.app.theme == name)
        await pilot.pause()
        assert screen(pilot) == before


async def test_themes_take_turns_and_every_line_is_painted_anew(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        seen = [pilot.app.theme]
        grounds = []
        for _ in themes.BUILTIN:
            grounds.append(
                {
                    str(strip._segments[0].style.bgcolor)
                    for strip in pilot.app.screen._compositor.render_strips(pilot.app.size)
                }
            )
            await pilot.press("ctrl+t")
            await pilot.pause()
            seen.append(pilot.app.theme)
        assert seen == [*themes.BUILTIN, themes.BUILTIN[0]]
        assert grounds[0].isdisjoint(grounds[1])  # no dark line is left on the light one


async def test_a_theme_that_does_not_exist_is_told_and_changes_nothing(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        await command(pilot, "theme solarised")
        told = await sees(pilot, "there is no theme 'solarised'", "fluxtui-light")
        assert told.splitlines()[-1].startswith(" : theme solarised")
        assert pilot.app.theme == themes.DEFAULT


async def test_without_colour_wanted_there_is_none(incident: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        colours = {
            segment.style.color.name
            for strip in pilot.app.screen._compositor.render_strips(pilot.app.size)
            for segment in strip
            if segment.style and segment.style.color and not segment.style.color.is_default
        }
        assert colours == set()


async def test_without_colours_the_cursor_is_one_bar(incident: World) -> None:
    async with running(incident, theme="fluxtui-mono") as pilot:
        await sees(pilot, "cert-manager", "waits behind")
        strips = pilot.app.screen._compositor.render_strips(pilot.app.size)
        row = next(strip for strip in strips if strip.text.startswith("▌"))
        under = {
            (style.color, style.bgcolor, style.reverse)
            for segment in list(row)[:-1]
            if (style := segment.style) and segment.text.strip()
        }
        assert len(under) == 1 and under.pop()[2]


async def test_in_ascii_every_glyph_has_a_stand_in(incident: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "FLUXTUI_ASCII", "1")
    async with running(incident, WIDE) as pilot:
        for go in ("triage", "ks", "ctx"):
            await command(pilot, go)
            await pilot.pause()
            told = await sees(pilot, {"triage": "x HelmRelease", "ks": "x failed", "ctx": "! unreachable"}[go])
            assert told.isascii()
            assert {len(line) for line in lines(pilot)} == {WIDE[0]}


# --- sizes


async def test_a_terminal_may_change_its_size_at_any_time(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "cert-manager")
        for size in (WIDE, (20, 6), (250, 70), (1, 1), SMALL):
            for key in ("1", "4"):
                await pilot.press(key)
                await pilot.resize_terminal(*size)
                await until(pilot, lambda size=size: {len(line) for line in lines(pilot)} == {size[0]}, str(size))
        await burst(pilot, "1")
        await sees(pilot, "cert-manager/cert-manager", "waits behind")


@pytest.mark.parametrize("go", ["1", "4"])
async def test_the_sheet_has_the_key_that_quits_at_once(incident: World, go: str) -> None:
    async with running(incident, (160, 80)) as pilot:
        await pilot.press(go)
        told = await shown_keys(pilot)
        assert next(line for line in told.splitlines() if "app.quit-now" in line).split()[:2] == ["ctrl+c", "ctrl+q"]
        await pilot.press("escape", "ctrl+c")
        await until(pilot, lambda: not pilot.app.is_running)
