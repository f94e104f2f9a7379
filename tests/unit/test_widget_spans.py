"""Spans keep their text: wrapped, cut, coloured or laid out, nothing is lost without an ellipsis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.widgets.bar import FULL, HALF, REST, bar, stacked
from fluxtui.widgets.document_text import LONGEST, MOST_MATCHES, DocumentText, Wrapping, restyled, sliced
from fluxtui.widgets.flowline import flow
from fluxtui.widgets.glyphs import TO_ASCII, to_ascii, wants_ascii
from fluxtui.widgets.keyhints import KeyHint, fitting
from fluxtui.widgets.lines import clipped, merged, span_width
from fluxtui.widgets.palette import Palette
from fluxtui.widgets.sparkline import LEVELS, NO_VALUE, resample, sparkline
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import width_of
from fluxtui.widgets.yaml_tokens import yaml_spans

SPANS = st.lists(st.tuples(st.text("ab c漢", max_size=9), st.sampled_from(["", "muted", "strong"])), max_size=6)


def text_of(spans: list[Span]) -> str:
    return "".join(text for text, _ in spans)


class TestClipped:
    def test_what_fits_is_kept(self) -> None:
        assert clipped([("ab", "muted"), ("cd", "")], 4) == [("ab", "muted"), ("cd", "")]

    @pytest.mark.parametrize(("width", "shown"), [(3, "ab…"), (2, "a…"), (1, "…"), (0, "")])
    def test_a_cut_is_shown(self, width: int, shown: str) -> None:
        assert text_of(clipped([("ab", "muted"), ("cd", "")], width)) == shown

    def test_control_characters_do_not_get_through(self) -> None:
        assert text_of(clipped([("\x1b[2J", "")], 9)) == "␛[2J"

    @given(SPANS, st.integers(0, 30))
    def test_never_wider_than_asked(self, spans: list[Span], width: int) -> None:
        kept = clipped(spans, width)
        assert span_width(kept) <= width
        if span_width(spans) > width > 0:
            assert text_of(kept).endswith("…")
        else:
            assert width == 0 or text_of(kept) == text_of(spans)


class TestMerged:
    PALETTE = Palette({"foreground-muted": "#888888", "text-accent": "#0000ff"})

    def test_neighbours_of_a_style_are_one(self) -> None:
        assert merged([("a", ""), ("b", ""), ("", "muted"), ("c", "muted")], self.PALETTE) == [
            ("ab", ""),
            ("c", "muted"),
        ]

    def test_blanks_take_the_style_before_them_unless_it_shows(self) -> None:
        assert merged([("a", "muted"), ("  ", "")], self.PALETTE) == [("a  ", "muted")]
        assert merged([("a", "link"), ("  ", "")], self.PALETTE) == [("a", "link"), ("  ", "")]


class TestFlow:
    def test_breaks_between_words(self) -> None:
        lines = flow([("one two ", "muted"), ("three four", "strong")], 9, 9)
        assert [text_of(line) for line in lines] == ["one two", "three", "four"]
        assert lines[1] == [("three", "strong")]

    def test_a_word_in_two_styles_stays_whole(self) -> None:
        lines = flow([("see team/", ""), ("apps", "strong")], 9, 9)
        assert [text_of(line) for line in lines] == ["see", "team/apps"]

    def test_a_word_longer_than_a_line_is_broken(self) -> None:
        assert [text_of(line) for line in flow([("abcdefgh", "")], 3, 9)] == ["abc", "def", "gh"]

    def test_the_last_line_ends_in_an_ellipsis_if_there_is_more(self) -> None:
        assert [text_of(line) for line in flow([("one two three four", "")], 9, 2)] == ["one two", "three fo…"]

    def test_later_lines_are_indented(self) -> None:
        assert [text_of(line) for line in flow([("one two three", "")], 6, 9, indent=2)] == [
            "one",
            "  two",
            "  thre",
            "  e",
        ]

    @given(SPANS, st.integers(1, 12), st.integers(1, 6), st.integers(0, 3))
    def test_lines_keep_to_the_width_and_lose_only_spaces(
        self, spans: list[Span], width: int, lines: int, indent: int
    ) -> None:
        wrapped = flow(spans, width, lines, indent=indent)
        assert len(wrapped) <= lines
        if width >= 2:
            assert all(span_width(line) <= width for line in wrapped)
        shown = "".join(map(text_of, wrapped)).replace(" ", "")
        whole = text_of(spans).replace(" ", "")
        assert shown == whole or ("…" in shown and whole.startswith(shown.split("…")[0]))


class TestSparkline:
    def test_zero_is_lowest_and_the_least_above_it_is_higher(self) -> None:
        assert text_of(sparkline([0, 1, 1000], 9)) == LEVELS[0] + LEVELS[1] + LEVELS[-1]

    def test_no_value_is_not_zero(self) -> None:
        assert text_of(sparkline([0, None, 4], 9)) == LEVELS[0] + NO_VALUE + LEVELS[-1]
        assert resample([None, None, 1, None], 2) == [None, 1]

    def test_peaks_survive_resampling(self) -> None:
        values = [0.0] * 100
        values[37] = 9
        assert max(value or 0 for value in resample(values, 10)) == 9

    @given(st.integers(1, 60), st.integers(1, 60), st.data())
    def test_the_marked_bucket_holds_the_marked_value(self, count: int, width: int, data: st.DataObject) -> None:
        marked = data.draw(st.integers(0, count - 1))
        values = [0.0] * count
        values[marked] = 1
        spans = sparkline(values, width, marked=marked)
        assert [text for text, style in spans if style == "peak"] == [LEVELS[-1]]
        assert len(text_of(spans)) == min(count, width)

    def test_nothing_to_draw(self) -> None:
        assert sparkline([], 9) == []
        assert sparkline([1], 0) == []


class TestBar:
    @pytest.mark.parametrize(
        ("value", "drawn"),
        [
            (0, REST * 4),
            (1, HALF + REST * 3),
            (50, FULL * 2 + REST * 2),
            (99, FULL * 3 + HALF),
            (100, FULL * 4),
            (300, FULL * 4),
        ],
    )
    def test_something_shows_and_not_all_is_not_full(self, value: float, drawn: str) -> None:
        assert text_of(bar(value, 100, 4)) == drawn

    def test_a_total_of_nothing_is_empty(self) -> None:
        assert text_of(bar(5, 0, 3)) == REST * 3

    @given(st.lists(st.integers(0, 1000), max_size=4), st.integers(0, 20))
    def test_parts_fill_the_width_and_none_is_forgotten(self, amounts: list[int], width: int) -> None:
        spans = stacked([(amount, f"style-{i}", "abcd"[i]) for i, amount in enumerate(amounts)], width)
        assert len(text_of(spans)) == width
        counted = [i for i, amount in enumerate(amounts) if amount]
        if width >= len(counted) and counted:
            assert [style for _, style in spans] == [f"style-{i}" for i in counted]


class TestKeyHints:
    HINTS = (KeyHint("⏎", "open", 90), KeyHint("t", "tree", 10), KeyHint("?", "keys", 99))

    def test_all_when_they_fit(self) -> None:
        assert fitting(self.HINTS, 6 + 2 + 6 + 2 + 6) == list(self.HINTS)

    def test_the_least_important_leaves_first_and_the_order_stays(self) -> None:
        assert [hint.key for hint in fitting(self.HINTS, 19)] == ["⏎", "?"]
        assert [hint.key for hint in fitting(self.HINTS, 10)] == ["?"]
        assert fitting(self.HINTS, 3) == []


class TestYaml:
    @pytest.mark.parametrize(
        ("line", "spans"),
        [
            (
                "kind: Kustomization",
                [("kind", "syntax-key"), (":", "syntax-punctuation"), (" ", ""), ("Kustomization", "syntax-string")],
            ),
            (
                "  - name: apps",
                [
                    ("  - ", "syntax-punctuation"),
                    ("name", "syntax-key"),
                    (":", "syntax-punctuation"),
                    (" ", ""),
                    ("apps", "syntax-string"),
                ],
            ),
            (
                "replicas: 3",
                [("replicas", "syntax-key"), (":", "syntax-punctuation"), (" ", ""), ("3", "syntax-number")],
            ),
            ("- true", [("- ", "syntax-punctuation"), ("true", "syntax-constant")]),
            ("# why", [("# why", "syntax-comment")]),
            (
                "a: b # c",
                [
                    ("a", "syntax-key"),
                    (":", "syntax-punctuation"),
                    (" ", ""),
                    ("b ", "syntax-string"),
                    ("# c", "syntax-comment"),
                ],
            ),
            (
                'url: "http://x#y"',
                [("url", "syntax-key"), (":", "syntax-punctuation"), (" ", ""), ('"http://x#y"', "syntax-string")],
            ),
            (
                "text: |-",
                [("text", "syntax-key"), (":", "syntax-punctuation"), (" ", ""), ("|-", "syntax-punctuation")],
            ),
        ],
    )
    def test_parts_of_a_line(self, line: str, spans: list[Span]) -> None:
        assert yaml_spans(line) == spans

    @given(st.text(" -:#'\"ab1|", max_size=40))
    def test_colouring_changes_no_text(self, line: str) -> None:
        assert text_of(yaml_spans(line)) == line


class TestDocument:
    def test_line_ends_and_tabs_are_made_alike(self) -> None:
        assert DocumentText("a\r\nb\n\tc\n").lines == ["a", "b", "    c"]
        assert len(DocumentText("")) == 0

    def test_a_huge_line_is_cut_with_a_word_about_the_rest(self) -> None:
        document = DocumentText("x" * (LONGEST + 5))
        assert document.shown(0).endswith("x … 5 more characters")

    def test_search_ignores_case_unless_the_pattern_has_capitals(self) -> None:
        document = DocumentText("Ready ready\nREADY")
        assert [tuple(match) for match in document.find("ready")] == [(0, 0, 5), (0, 6, 11), (1, 0, 5)]
        assert [tuple(match) for match in document.find("Ready")] == [(0, 0, 5)]
        assert document.find("r.ady") == []
        assert len(document.find("r.ady", regex=True)) == 3
        assert document.find("") == []

    def test_matches_are_bounded(self) -> None:
        assert len(DocumentText("aaaa\n" * MOST_MATCHES).find("a")) == MOST_MATCHES

    @given(st.text("ab漢\n", max_size=60), st.integers(2, 9))
    def test_wrapped_rows_join_to_the_lines(self, text: str, width: int) -> None:
        document = DocumentText(text)
        wrapping = Wrapping(document, width)
        rows: dict[int, str] = dict.fromkeys(range(len(document)), "")
        for row in range(len(wrapping)):
            line, part = wrapping.place(row)
            assert wrapping.row_of(line) == row - part
            piece = document.lines[line][slice(*wrapping.breaks(line)[part])]
            assert width_of(piece) <= width
            rows[line] += piece
        assert list(rows.values()) == document.lines

    def test_marks_are_laid_over_spans(self) -> None:
        spans = [("kind", "key"), (": ", ""), ("apps", "string")]
        assert restyled(spans, [(2, 8, "match"), (9, 10, "match")]) == [
            ("ki", "key"),
            ("nd", "key match"),
            (": ", "match"),
            ("ap", "string match"),
            ("p", "string"),
            ("s", "string match"),
        ]

    @given(SPANS, st.integers(0, 20), st.integers(0, 20))
    def test_a_slice_of_spans_is_the_slice_of_their_text(self, spans: list[Span], first: int, size: int) -> None:
        assert text_of(sliced(spans, first, first + size)) == text_of(spans)[first : first + size]


class TestAscii:
    def test_every_glyph_has_a_stand_in_of_its_width(self) -> None:
        for code, stand_in in TO_ASCII.items():
            assert stand_in.isascii()
            assert width_of(chr(code)) == width_of(stand_in) == 1, chr(code)

    @given(st.text(st.characters(exclude_categories=("C", "M", "Zl", "Zp")), max_size=20))
    def test_any_text_becomes_ascii_of_the_same_width(self, text: str) -> None:
        assert to_ascii(text).isascii()
        assert len(to_ascii(text)) == width_of(text)

    @pytest.mark.parametrize(
        ("environ", "encoding", "ascii_only"),
        [
            ({}, "UTF-8", False),
            ({}, "utf8", False),
            ({}, "ANSI_X3.4-1968", True),
            ({"FLUXTUI_ASCII": "1"}, "UTF-8", True),
            ({"FLUXTUI_ASCII": "0"}, "latin-1", False),
            ({"LANG": "C"}, "UTF-8", True),
            ({"LANG": "POSIX"}, "UTF-8", True),
            ({"LANG": "C.UTF-8"}, "ANSI_X3.4-1968", False),
            ({"LANG": "C", "LC_CTYPE": "C.utf8"}, "UTF-8", False),
            ({"LANG": "en_US.UTF-8", "LC_CTYPE": "C"}, "UTF-8", True),
            ({"LANG": "en_US.UTF-8", "LC_CTYPE": "C.UTF-8", "LC_ALL": "C"}, "UTF-8", True),
            ({"LANG": "C", "LC_ALL": "de_DE.UTF-8"}, "UTF-8", False),
            ({"LANG": "de_DE.ISO-8859-1@euro"}, "UTF-8", True),
            ({"LANG": "de_DE"}, "ISO-8859-1", True),
            ({"LANG": "C.UTF-8", "TERM": "linux"}, "UTF-8", True),
            ({"TERM": "linux", "FLUXTUI_ASCII": "0"}, "UTF-8", False),
        ],
    )
    def test_who_gets_ascii(self, environ: dict[str, str], encoding: str, ascii_only: bool) -> None:
        assert wants_ascii(environ, encoding) is ascii_only
