"""The lines of a log that is read for hours: bounded, ordered, narrowed."""

import random

from hypothesis import given
from hypothesis import strategies as st

from fluxtui.widgets.log_buffer import SPARE, LogBuffer, LogLine


def line(when, text="", level=2):
    return LogLine(float(when), 0, level, text or str(when))


def texts(buffer):
    return [buffer.line(at).text for at in range(len(buffer))]


def narrowed(buffer, wanted):
    for _ in buffer.narrow(wanted):
        pass


def test_the_oldest_are_dropped_and_counted():
    buffer = LogBuffer(most=5_000)
    buffer.extend(line(at) for at in range(5_000 + SPARE + 1))
    assert buffer.total == 5_000
    assert buffer.dropped == SPARE + 1
    assert buffer.line(0).text == str(SPARE + 1)
    assert buffer.number(0) == SPARE + 1
    assert buffer.position(SPARE + 1) == buffer.position(3) == 0


def test_large_lines_are_dropped_by_their_size():
    buffer = LogBuffer(characters=1_000_000)
    for at in range(200):
        buffer.extend([line(at * 100 + step, "x" * 1_000) for step in range(100)])
    assert buffer.total < 1_000 + SPARE
    assert buffer.dropped == 20_000 - buffer.total


def test_late_lines_find_their_place():
    buffer = LogBuffer()
    buffer.extend([line(1), line(3)])
    buffer.extend([line(2), line(4)])
    assert texts(buffer) == ["1", "2", "3", "4"]


def test_narrowing_hides_and_follows():
    buffer = LogBuffer()
    buffer.extend(line(at) for at in range(20_000))
    narrowed(buffer, lambda each: each.text.endswith("7"))
    assert (len(buffer), buffer.hidden) == (2_000, 18_000)
    buffer.extend([line(20_000, "a7"), line(20_001, "b8")])
    assert buffer.line(len(buffer) - 1).text == "a7"
    narrowed(buffer, None)
    assert (len(buffer), buffer.hidden) == (20_002, 0)


def test_lines_that_come_while_it_is_narrowed_are_not_lost():
    buffer = LogBuffer()
    buffer.extend(line(at) for at in range(20_000))
    steps = buffer.narrow(lambda each: each.level == 4)
    next(steps)
    buffer.extend([line(19_999.5, "late", level=4), line(30_000, "new", level=4)])
    for _ in steps:
        pass
    assert texts(buffer) == ["late", "new"]


def test_the_next_error_goes_round_and_keeps_to_what_is_shown():
    buffer = LogBuffer()
    buffer.extend(line(at, level=4 if at in (10, 50, 90) else 2) for at in range(100))
    assert [buffer.next_error(at, 1) for at in (0, 10, 60, 95)] == [10, 50, 90, 10]
    assert [buffer.next_error(at, -1) for at in (0, 10, 60, 95)] == [90, 90, 50, 90]
    narrowed(buffer, lambda each: each.when >= 40)
    assert buffer.line(buffer.next_error(0, 1)).text == "50"
    assert buffer.line(buffer.next_error(0, -1)).text == "90"
    assert buffer.next_error(buffer.position(90), 1) == buffer.position(50)
    buffer.clear()
    assert (buffer.errors, buffer.next_error(0, 1)) == (0, None)


@given(st.lists(st.lists(st.integers(1, 400), max_size=30), max_size=40), st.integers(0, 3))
def test_it_is_as_a_sorted_list_would_be(batches, wanted):
    buffer = LogBuffer(most=300)
    keep = (lambda each: each.when % 4 == wanted) if wanted else None
    narrowed(buffer, keep)
    told = []
    for batch in batches:
        buffer.extend(line(at, level=4 if at % 5 == 0 else 2) for at in batch)
        told = sorted([*told, *batch])
        told = told[-buffer.total :] if buffer.total else []
    shown = [at for at in told if keep is None or at % 4 == wanted]
    assert [int(buffer.line(at).when) for at in range(len(buffer))] == shown
    assert buffer.errors == sum(at % 5 == 0 for at in told)
    if shown:
        at = random.Random(1).randrange(len(shown))
        assert buffer.position(buffer.number(at)) == at
