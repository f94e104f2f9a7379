"""Watch bytes cut at line ends: nothing lost, nothing joined, whatever the chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.kube.lines import LineCutter, LineTooLong

LINES = st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=30)


@given(LINES, st.lists(st.integers(1, 40), min_size=1, max_size=50), st.integers(1, 100))
def test_slices_are_whole_lines_in_order(lines: list[bytes], cuts: list[int], size: int) -> None:
    data = b"".join(line + b"\n" for line in lines) + b"rest"
    cutter, slices, at = LineCutter(size=size), [], 0
    while at < len(data):
        step = cuts[at % len(cuts)]
        slices += cutter.feed(data[at : at + step])
        at += step
    assert b"".join(slices) + cutter.rest == data
    assert cutter.rest == b"rest"
    assert all(piece.endswith(b"\n") for piece in slices)
    assert all(len(piece) <= size or piece.count(b"\n") == 1 for piece in slices)


def test_a_line_without_an_end_is_given_up() -> None:
    cutter = LineCutter(limit=1000)
    with pytest.raises(LineTooLong):
        for _ in range(11):
            list(cutter.feed(b"x" * 100))
