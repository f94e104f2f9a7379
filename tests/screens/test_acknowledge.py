"""Acknowledging on Triage: known problems sink and are counted, others stand out."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.screens.triage import TriageScreen
from fluxtui.widgets.virtual_table import VirtualTable

from .world import SMALL, WIDE, World, burst, kustomization, loses, notified, running, screen, sees, until

CERT_MANAGER = "HelmRelease cert-manager/cert-manager"


@pytest.fixture
def incident() -> World:
    return World("incident")


def listed(pilot: Pilot[None]) -> list[str]:
    source: Any = pilot.app.screen.query_one("#causes", VirtualTable).source
    return [cause.title for cause in source.causes]


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_what_is_acknowledged_leaves_the_list_and_stays_in_every_total(
    incident: World, size: tuple[int, int]
) -> None:
    async with running(incident, size) as pilot:
        before = await sees(pilot, CERT_MANAGER, "5 root causes")
        await pilot.press("a")
        await sees(pilot, "Acknowledge: " + CERT_MANAGER, "until 2026-03-21 10:48:00 UTC")  # eight hours
        await burst(pilot, *"OPS-12", "enter")
        told = await sees(pilot, "1 acknowledged")
        assert CERT_MANAGER not in listed(pilot)
        explained = "explain " + before.split("explain ")[1][:2]
        assert "5 root causes" in told and explained in told  # as before
        await pilot.press("A")
        await until(pilot, lambda: CERT_MANAGER in listed(pilot))
        assert listed(pilot)[-1] == CERT_MANAGER  # below the others
        await pilot.press("end")
        told = await sees(pilot, "acknowledged", "OPS-12", "for 8h more")
        assert " ack " in told
        await pilot.press("a")  # taken back
        await until(pilot, lambda: listed(pilot)[0] == CERT_MANAGER)
        assert "acknowledged" not in screen(pilot).replace("acknowledge  ", "")


async def test_a_term_is_chosen_without_leaving_the_note(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, CERT_MANAGER)
        await pilot.press("a")
        await sees(pilot, "until 2026-03-21 10:48:00 UTC")
        await pilot.press("up", "up")
        await sees(pilot, "until 2026-03-21 03:48:00 UTC")
        await pilot.press("up")
        await sees(pilot, "for good, or sooner")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TriageScreen))
        assert CERT_MANAGER in listed(pilot)


async def test_it_is_back_when_it_reaches_another_cluster(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, CERT_MANAGER)
        await pilot.press("a", "enter")
        await sees(pilot, "1 acknowledged")
        broken = incident.found("prod-eu-1", "HelmRelease/cert-manager/cert-manager")
        incident.put("staging-1", broken)
        incident.tell()
        await until(pilot, lambda: any(title.startswith(CERT_MANAGER) for title in listed(pilot)))
        await sees(pilot, "now in staging-1 too", " back ")
        await loses(pilot, "1 acknowledged")


async def test_everything_acknowledged_is_not_everything_well(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, CERT_MANAGER)
        await pilot.press("space", "space", "space", "space", "space", "a")
        await sees(pilot, "Acknowledge: 5 problems")
        await pilot.press("enter")
        told = await sees(pilot, "nothing stands out", "All 5 root causes are acknowledged", "5 root causes")
        assert "nothing is wrong" not in told
        await pilot.press("A")
        await sees(pilot, CERT_MANAGER)


async def test_what_comes_while_nobody_looks_is_marked_new_once(incident: World, tmp_path: Path) -> None:
    async with running(incident, WIDE, state=tmp_path) as pilot:
        await sees(pilot, CERT_MANAGER)
        assert " new " not in screen(pilot)  # the first look ever
    async with running(incident, WIDE, state=tmp_path) as pilot:
        await sees(pilot, CERT_MANAGER)
        incident.put("update-1", kustomization("team", "late", ready=False))
        incident.tell()
        told = await sees(pilot, "Kustomization team/late", "1 new")
        assert " new " in next(line for line in told.splitlines() if "team/late" in line)
        await pilot.press("question_mark")  # a dialog is no look elsewhere
        await pilot.press("escape")
        await sees(pilot, "1 new")
        await pilot.press("4")
        await sees(pilot, "Kustomizations")
        await pilot.press("1")
        await sees(pilot, "Kustomization team/late")
        await loses(pilot, "1 new")


async def test_a_broken_file_is_told_and_kept(incident: World, tmp_path: Path) -> None:
    (tmp_path / "acknowledged.json").write_text("{ torn")
    async with running(incident, state=tmp_path) as pilot:
        await sees(pilot, CERT_MANAGER)
        await notified(pilot, "acknowledged.json", "cannot be read")
        assert (tmp_path / "acknowledged.json").read_text() == "{ torn"
