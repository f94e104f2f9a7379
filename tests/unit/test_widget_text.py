"""Text from outside cannot move the cursor, hide, reorder, or take another width than it was given."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.widgets.text import cut, fit, plain, width_of

ANYTHING = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ASCII [red]not markup[/red]", "plain ASCII [red]not markup[/red]"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("over\rwritten", "over␍written"),
        ("two\nlines", "two↵lines"),
        ("a\ttab", "a tab"),
        ("bell\x07 and del\x7f", "bell␇ and del␡"),
        ("c1 \x9b31m", "c1 �31m"),
        ("\u202egnp.exe", "�gnp.exe"),
        ("zero\u200bwidth\ufeff", "zero�width�"),
        ("no\u00a0break", "no break"),
        ("line\u2028separator", "line↵separator"),
        ("sign⚠\ufe0f", "sign⚠"),
        ("hangul\u3164filler", "hangul�filler"),
        ("café café 漢字 ✖", "café café 漢字 ✖"),
        ("z" + "\u0300" * 40, "z" + "\u0300" * 3),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(ANYTHING)
def test_plain_text_has_nothing_that_steers_a_terminal(text: str) -> None:
    for char in plain(text):
        assert char.isprintable()
        assert unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


@given(ANYTHING)
def test_plain_is_stable(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(ANYTHING, st.integers(0, 30), st.sampled_from(["left", "right"]), st.sampled_from(["end", "start", "middle"]))
def test_fitted_text_takes_exactly_its_width(text: str, width: int, align: str, where: str) -> None:
    assert width_of(fit(text, width, align, where)) == width  # pyright: ignore


@pytest.mark.parametrize(
    ("text", "width", "where", "shown"),
    [
        ("cert-manager", 12, "end", "cert-manager"),
        ("cert-manager", 6, "end", "cert-…"),
        ("cert-manager", 6, "start", "…nager"),
        ("cert-manager", 6, "middle", "cer…er"),
        ("cert-manager", 1, "end", "…"),
        ("cert-manager", 0, "end", ""),
        ("two words", 5, "end", "two…"),
        ("漢字漢字", 6, "end", "漢字…"),
        ("漢字漢字", 5, "start", "…漢字"),
    ],
)
def test_cut_text_says_where_it_was_cut(text: str, width: int, where: str, shown: str) -> None:
    assert cut(text, width, where) == shown  # pyright: ignore


def test_alignment_counts_cells() -> None:
    assert fit("漢字", 6, "right") == "  漢字"
    assert fit("42", 5, "right") == "   42"
    assert fit("42", 5) == "42   "
