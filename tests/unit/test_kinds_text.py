"""Untrusted text is harmless, and times and durations are read as the API means them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.kinds.columns import revision
from fluxtui.kinds.flatten import epoch, produced_id, seconds
from fluxtui.kinds.text import clean, line, lines, shared, word


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode 漢字 ●", "plain ünïcode 漢字 ●"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("nul\x00 del\x7f c1\x9b", "nul\\x00 del\\x7f c1\\x9b"),
        ("lone\ud800", "lone\\ud800"),
        ("tab\there", "tab here"),
        ("no\u00a0break", "no break"),
        ("[red]markup[/red]", "[red]markup[/red]"),
        ("", ""),
        (None, ""),
    ],
)
def test_what_could_harm_a_terminal_is_shown_instead(text, shown):
    assert clean(text) == line(text) == shared(text) == word(text) == shown


def test_only_messages_have_line_breaks():
    assert clean("a\nb\u2028c\r") == "a\nb\nc\\x0d"
    assert line("a\nb\u2028c") == "a\\x0ab c"
    assert lines(["a\nb", "c"]) == "a\\x0ab\nc"
    assert lines(["a", "b"]) == "a\nb"
    assert lines([]) == ""


@given(st.text(st.characters(), max_size=60))
def test_whatever_comes_what_goes_on_prints_and_stays_the_same(text):
    told = clean(text)
    assert all(char == "\n" or char.isprintable() for char in told)
    assert clean(told) == told
    assert line(text).isprintable() or text == ""
    assert line(text) == lines([text])
    told.encode()


@given(st.lists(st.text(st.characters(), max_size=20), max_size=5))
def test_lines_are_as_many_as_the_texts(texts):
    assert len(lines(texts).split("\n")) == max(1, len(texts))


def test_one_copy_of_what_many_say():
    assert shared("".join(["la", "test"])) is shared("".join(["lat", "est"]))


@pytest.mark.parametrize(
    ("time", "at"),
    [
        ("2026-09-21T14:13:20Z", 1_790_000_000),
        ("2026-09-21T16:13:20+02:00", 1_790_000_000),
        ("2026-09-21T14:13:20.987654321Z", 1_790_000_000),
        ("2026-09-21T14:13:20", 1_790_000_000),
        ("0001-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59-23:59", 253_402_387_139),
        ("2026-13-40T99:00:00Z", 0),
        ("yesterday", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_times_of_the_api(time, at):
    assert epoch(time) == at


@pytest.mark.parametrize(
    ("duration", "whole"),
    [
        ("1h30m", 5400),
        ("10m0s", 600),
        ("45s", 45),
        ("1.5m", 90),
        ("1500ms", 1),
        (".5h", 1800),
        ("100us", 0),
        ("1d", 0),
        ("ten", 0),
        ("10", 0),
        ("-5m", 0),
        ("²s", 0),
        ("9" * 400 + "h", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_durations_of_go(duration, whole):
    assert seconds(duration) == whole


@pytest.mark.parametrize("entry", ["", "_", "__", "___", "Kustomization", "a_b_c", "_x_apps_Namespace"])
def test_odd_inventory_entries_are_nothing(entry):
    assert produced_id(entry) == ""


def test_revisions_are_cut_to_what_people_compare():
    assert revision("latest@sha256:0123456789") == "latest@0123456"
    assert revision("main@sha1:abcdef0123") == "main@abcdef0"
    assert revision("sha256:0123456789") == "0123456"
    assert revision("v1.2.3-rc.1") == "v1.2.3-rc.1"
    assert revision("") == ""
