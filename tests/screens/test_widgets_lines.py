"""Tabs, hints, notices, sentences and the command line, from 80×24 up."""

import pytest
from textual import events
from textual.pilot import Pilot

from fluxtui.widgets.commandline import CommandLine, Completions
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.painted import Painted
from fluxtui.widgets.sparkline import Sparkline
from fluxtui.widgets.tabstrip import TabStrip
from fluxtui.widgets.virtual_table import VirtualTable

from .gallery import COMMANDS, Gallery


def lines(widget: Painted) -> list[str]:
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


class TestTabs:
    @pytest.mark.parametrize(
        ("width", "shown"),
        [
            (140, " 1 Triage  2 Tree  3 Health  4 Resources  5 Policy  6 Windows  7 Promotion  8 Artifacts  9 Changes"),
            (120, " 1 Triage  2 Tree 3 Health 4 Resources 5 Policy 6 Windows 7 Promotion 8 Artifacts 9 Changes"),
            (80, " 1 Triage  2 Tree 3 Heal 4 Res 5 Pol 6 Win 7 Prom 8 Art 9 Chg"),
            (60, " 1 Triage  2 3 4 5 6 7 8 9"),
        ],
    )
    async def test_names_shorten_and_the_active_one_stays(self, width: int, shown: str) -> None:
        app = Gallery(rows=1)
        async with app.run_test(size=(width, 24)) as pilot:
            await pilot.pause()
            line = lines(app.query_one(TabStrip))[0]
            assert line.startswith(shown + " ")
            assert line.endswith(" READ-ONLY")

    async def test_the_last_badge_outlives_everything(self) -> None:
        app = Gallery(rows=1)
        async with app.run_test(size=(20, 24)) as pilot:
            await pilot.pause()
            assert "READ-ONLY" in lines(app.query_one(TabStrip))[0]

    async def test_a_click_names_the_tab(self) -> None:
        app = Gallery(rows=1)
        async with app.run_test(size=(140, 24)) as pilot:
            await pilot.pause()
            strip = app.query_one(TabStrip)
            for word in ("Health", "Changes"):
                await pilot.click(strip, offset=(lines(strip)[0].index(word) + 2, 0))
            await pilot.pause()
            assert [e.tab_id for e in app.heard if isinstance(e, TabStrip.Activated)] == ["health", "changes"]
            strip.show(active="health")
            await pilot.pause()
            assert next(seg.text for seg in strip.render_line(0) if seg.style and seg.style.bold) == " 3 Health "


class TestKeyHints:
    async def test_hints_leave_by_priority_and_the_note_stays(self) -> None:
        app = Gallery(rows=1)
        async with app.run_test(size=(140, 24)) as pilot:
            await pilot.pause()
            hints = app.query_one(KeyHints)
            assert lines(hints)[0].startswith(" ⏎ open  t tree  c changes  a acknowledge  space mark  s sort")
            await pilot.resize_terminal(50, 24)
            await pilot.pause()
            assert lines(hints)[0].split("  ")[0:3] == [" ⏎ open", "/ filter", ": command"]
            assert lines(hints)[0].endswith("12 of 340")
            assert "…" in lines(hints)[0]

    async def test_a_click_presses(self) -> None:
        app = Gallery(rows=1)
        async with app.run_test(size=(140, 24)) as pilot:
            hints = app.query_one(KeyHints)
            hints.show([KeyHint("t", "tree", action="open_tree"), KeyHint("?", "keys")], ())
            await pilot.pause()
            await pilot.click(hints, offset=(4, 0))
            await pilot.click(hints, offset=(10, 0))
            await pilot.pause()
            assert [e.action for e in app.heard if isinstance(e, KeyHints.Pressed)] == ["open_tree", "?"]

    async def test_keys_without_an_ascii_glyph_are_named(self) -> None:
        app = Gallery(rows=1, ascii_only=True)
        async with app.run_test(size=(140, 24)) as pilot:
            await pilot.pause()
            assert lines(app.query_one(KeyHints))[0].startswith(" enter open")


class TestNotice:
    @pytest.mark.parametrize("size", [(80, 24), (160, 48), (40, 16)])
    async def test_headline_reason_and_what_to_do(self, size: tuple[int, int]) -> None:
        app = Gallery(rows=1)
        async with app.run_test(size=size) as pilot:
            await pilot.press("e")
            await pilot.pause()
            shown = lines(app.query_one(Notice))
            assert any("⊘ Kustomizations may not be" in line for line in shown)
            assert any("ask again" in line for line in shown)
            if size[0] >= 80:
                assert any("The server says" in line for line in shown)

    async def test_in_little_room_the_explanation_goes_first(self) -> None:
        notice = Notice("error", "It broke", ["because"], [("r", "try again")])
        assert [text for text, _ in notice.spans_at(40, 3)[0]][1:] == ["✖ ", "It broke"]
        said = ["".join(text for text, _ in line) for line in notice.spans_at(40, 3)]
        assert any("try again" in line for line in said)
        assert not any("because" in line for line in said)
        assert len(notice.spans_at(40, 1)) == 1


class TestSentences:
    async def test_a_sentence_takes_as_many_lines_as_it_needs(self) -> None:
        app = Gallery(rows=1)
        async with app.run_test(size=(160, 24)) as pilot:
            await pilot.pause()
            headline = app.query_one("#headline", FlowLine)
            assert headline.size.height == 1
            await pilot.resize_terminal(80, 24)
            await pilot.pause()
            assert headline.size.height == 2
            headline.show([("short", "")])
            await pilot.pause()
            assert headline.size.height == 1
            assert lines(headline) == ["short"]

    async def test_a_sparkline_leaves_room_for_its_text(self) -> None:
        app = Gallery(rows=1)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            line = lines(app.query_one(Sparkline))[0]
            assert "█" in line
            assert "212 changes" in line
            assert line.endswith("…")


class TestCommandLine:
    async def type(self, pilot: Pilot[None], text: str) -> None:
        await pilot.press(*text)
        await pilot.pause()

    async def test_a_command_is_typed_completed_and_submitted(self) -> None:
        app = Gallery(rows=5)
        async with app.run_test(size=(80, 24)) as pilot:
            line = app.query_one(CommandLine)
            assert not line.is_open
            await pilot.press("colon")
            await pilot.pause()
            assert line.completions == [command for command, _ in COMMANDS]
            await self.type(pilot, "k")
            assert line.completions == ["ks", "kustomizations"]
            popup = app.query_one(Completions)
            assert popup.region.bottom == line.region.y
            assert [text.strip() for text in lines(popup)] == [
                "ks              Kustomizations",
                "kustomizations  the same",
            ]
            await pilot.press("tab")
            assert line.text == "ks"
            await pilot.press("tab")
            assert line.text == "kustomizations"
            await pilot.press("shift+tab", "enter")
            await pilot.pause()
            assert not line.is_open
            assert not popup.display
            assert isinstance(app.focused, VirtualTable)
            events = [(e.mode, e.text) for e in app.heard if isinstance(e, CommandLine.Submitted)]
            assert events == [(":", "ks")]

    async def test_a_filter_tells_every_change(self) -> None:
        app = Gallery(rows=5)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("slash")
            await self.type(pilot, "ab")
            await pilot.press("backspace")
            await pilot.pause()
            changes = [(e.mode, e.text) for e in app.heard if isinstance(e, CommandLine.Changed)]
            assert changes == [("/", "a"), ("/", "ab"), ("/", "a")]

    @pytest.mark.parametrize("keys", [("escape",), ("backspace", "backspace")])
    async def test_escape_and_deleting_past_the_start_cancel(self, keys: tuple[str, ...]) -> None:
        app = Gallery(rows=5)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("slash", "x", *keys)
            await pilot.pause()
            assert not app.query_one(CommandLine).is_open
            assert [e.mode for e in app.heard if isinstance(e, CommandLine.Cancelled)] == ["/"]
            assert isinstance(app.focused, VirtualTable)

    async def test_history_is_by_mode_and_keeps_the_draft(self) -> None:
        app = Gallery(rows=5)
        async with app.run_test(size=(80, 24)) as pilot:
            line = app.query_one(CommandLine)
            for text in ("ns", "hr", "ns"):
                await pilot.press("colon")
                await self.type(pilot, text)
                await pilot.press("enter")
                await pilot.pause()
            assert list(line.history(":")) == ["hr", "ns"]
            await pilot.press("colon")
            await self.type(pilot, "dr")
            shown = []
            for key in ("up", "up", "up", "down", "down", "down"):
                await pilot.press(key)
                await pilot.pause()
                shown.append(line.text)
            assert shown == ["ns", "hr", "hr", "ns", "dr", "dr"]
            await pilot.press("escape", "slash", "up")
            assert line.text == ""

    async def test_keys_typed_in_a_burst_are_not_lost(self) -> None:
        app = Gallery(rows=50)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            for char in "/kg:/j":
                app.post_message(events.Key({"/": "slash", ":": "colon"}.get(char, char), char))
            await pilot.pause()
            await pilot.pause()
            assert app.query_one(CommandLine).text == "kg:/j"
            assert app.query_one(VirtualTable).cursor_index == 0

    async def test_a_note_stands_at_the_end(self) -> None:
        app = Gallery(rows=5)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("slash")
            app.query_one(CommandLine).note("12 of 340")
            await pilot.pause()
            note = app.query_one("CommandLine > .note", Painted)
            assert lines(note) == [" 12 of 340"]
            assert note.region.right == 80
