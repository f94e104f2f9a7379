"""The fifteen questions of the first five minutes, as docs/oncall.md answers them: its keys are pressed, and the answer
is on screen.
"""

import re
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fluxtui.widgets.virtual_table import VirtualTable

from .world import WIDE, World, command, loses, running, sees

GUIDE = Path(__file__).parents[2] / "docs" / "oncall.md"
NAMES = {"⏎": "enter", "↓": "down"}
CERT_MANAGER = "HelmRelease cert-manager/cert-manager"
ANSWERS: dict[int, tuple[str, ...]] = {
    1: ("Changes", "cert-manager/infra"),
    2: ("5 root causes explain", CERT_MANAGER),
    3: ("cert-manager", "Why"),
    4: ("BUT", "green"),
    5: ("by anna",),
    6: ("ResourceSetInputProvider", "next run"),
    9: ("CONTROL", "prod-eu-1"),
    10: ("cert-manager-webhook",),
    11: ("RetriesExceeded",),
    12: ("BLOCKS", "TENANTS", "waits behind", "backend, frontend"),
    13: ("elsewhere", "staging-1 ready 1.20.0"),
    14: ("signature", "no matching signatures"),
    15: ("platform/umbrella", "HIDES"),
}
"""By question: what stands on screen after the keys, in the demo's incident."""
ELSEWHERE = {7, 8}
"""Questions that the incident does not raise: their answers are held by the tests of what answers them."""


def rows() -> dict[int, tuple[str, list[str]]]:
    """Number → (question, keys), as the guide has them."""
    found: dict[int, tuple[str, list[str]]] = {}
    for line in GUIDE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0].isdigit():
            found[int(cells[0])] = cells[1], re.findall(r"`([^`]+)`", cells[2])
    return found


def test_every_question_is_answered_in_three_keys_at_most() -> None:
    assert list(rows()) == list(range(1, 16))
    assert set(ANSWERS) | ELSEWHERE == set(rows())
    for question, keys in rows().values():
        assert question.endswith("?") and len(keys) <= 3


@pytest.mark.parametrize("number", list(ANSWERS))
async def test_the_keys_lead_to_the_answer(number: int) -> None:
    async with running(World("incident"), WIDE, read_only=True) as pilot:
        await sees(pilot, "5 root causes", CERT_MANAGER, "waits behind")
        await press(pilot, rows()[number][1])
        await sees(pilot, *ANSWERS[number])


async def press(pilot: Pilot[None], keys: list[str]) -> None:
    """The keys as the guide writes them."""
    for key in keys:
        if key.startswith(":"):
            await command(pilot, key[1:])
            await loses(pilot, CERT_MANAGER + " ·")
        else:
            await pilot.press(NAMES.get(key, key))
        await pilot.pause()


async def test_the_first_problem_is_under_the_cursor_before_any_key() -> None:
    async with running(World("incident"), WIDE) as pilot:
        await sees(pilot, CERT_MANAGER)
        assert pilot.app.screen.query_one("#causes", VirtualTable).cursor_index == 0
