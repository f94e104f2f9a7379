"""How many fail, minute by minute."""

import msgspec

from fluxtui.insight.policy.model import Action, Owner, Picture, Violation
from fluxtui.insight.policy.trend import MINUTES, Trend
from fluxtui.kinds.policy.reports import Check, Finding, Subject


def violation(policy: str, result: str = "fail") -> Violation:
    finding = Finding(Check("kyverno", policy), result)
    return Violation(
        "prod", Subject("", "Pod", "a", "b"), finding, policy, "", False, Action.AUDIT, Owner("prod"), "r", 0
    )


def picture(minute: float, *violations: Violation) -> Picture:
    return Picture(minute * 60, violations)


def test_nothing_is_known_before_the_first_picture() -> None:
    assert (Trend().of(), Trend().since) == ([], 0)


def test_the_last_picture_of_a_minute_counts() -> None:
    trend = Trend()
    trend.note(picture(10, violation("a"), violation("b")))
    trend.note(picture(10.5, violation("a"), violation("a"), violation("a"), violation("b", "skip")))
    assert (trend.of(), trend.of("a"), trend.of("b"), trend.since) == ([3], [3], [0], 600)


def test_minutes_without_a_picture_are_as_the_one_before() -> None:
    trend = Trend()
    trend.note(picture(10, violation("a")))
    trend.note(picture(13))
    assert trend.of("a") == [1, 1, 1, 0]


def test_it_is_bounded_and_a_clock_that_goes_back_does_no_harm() -> None:
    trend = Trend()
    trend.note(picture(0, violation("a")))
    trend.note(picture(MINUTES * 100, violation("a"), violation("a")))
    assert len(trend.of("a")) <= MINUTES
    trend.note(msgspec.structs.replace(picture(5), violations=(violation("a"),)))
    assert trend.of("a")[-1] == 1
