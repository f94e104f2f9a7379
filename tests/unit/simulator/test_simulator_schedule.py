"""Schedules: when windows are open, in every dialect of cron that the operator accepts or refuses."""

import json
from pathlib import Path

import pytest

from fluxtui.simulator.controllers import schedule
from fluxtui.simulator.controllers.times import moment, seconds, stamp

GOLDEN = Path(__file__).resolve().parents[4] / "shared" / "facts" / "schedule-golden.jsonl"
NEVER = "0001-01-01T00:00:00Z"


def one(cron, zone="UTC", window="8h", timeout=120.0):
    return schedule.parse([{"cron": cron, "timeZone": zone, "window": window}], timeout)[0]


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-06-01T07:59:59Z", False),
        ("2026-06-01T08:00:00Z", True),
        ("2026-06-01T15:57:59Z", True),
        ("2026-06-01T15:58:00Z", False),
    ],
)
def test_a_window_is_usable_until_its_end_less_the_timeout(now, is_open):
    assert one("0 8 * * 1-5").open(moment(now), 120) is is_open


@pytest.mark.parametrize(
    ("cron", "zone", "now", "following"),
    [
        ("30 1 * * *", "Europe/London", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
        ("30 1 * * *", "Europe/London", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
        ("30 1 * * *", "Europe/London", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-24T21:00:00Z"),
        ("0 8 1 * 1", "UTC", "2026-06-03T12:00:00Z", "2026-06-08T08:00:00Z"),
    ],
)
def test_triggers_in_a_gap_are_skipped_and_in_a_repeated_hour_happen_twice(cron, zone, now, following):
    assert stamp(one(cron, zone).after(moment(now))) == following


def _golden():
    if not GOLDEN.exists():
        pytest.skip(f"the answers of the real search are not here: {GOLDEN}")
    for index, line in enumerate(GOLDEN.read_text().splitlines()):
        case = json.loads(line)
        unlike = any(item["cron"].startswith("@every") or "Lord_Howe" in item["timeZone"] for item in case["schedules"])
        if index % 7 == 0 and not unlike and NEVER not in (case.get("nexts") or ()):
            yield case


def test_it_answers_as_the_real_search_does():
    compared = 0
    for case in _golden():
        timeout, now = seconds(case["timeout"]), moment(case["now"])
        compared += 1
        if "error" in case:
            with pytest.raises(schedule.ScheduleError):
                schedule.parse(case["schedules"], timeout)
            continue
        parsed = schedule.parse(case["schedules"], timeout)
        assert schedule.is_open(parsed, now, timeout) is case["open"], case
        assert [stamp(item.after(now)) for item in parsed] == case["nexts"], case
    assert compared > 100
