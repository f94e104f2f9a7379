"""The handover: noted with one key as one goes, kept, and exported as somebody on call would write it.

After a change of the text, read what is new and accept it: ``GOLDEN=accept pytest tests/screens/test_handover.py``.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from textual.pilot import Pilot
from textual.widgets import Input

from fluxtui.cli.program import program
from fluxtui.insight.handover import Finding
from fluxtui.screens.handover import HandoverScreen, document
from fluxtui.screens.handover_export import FORMATS

from .world import SMALL, WIDE, World, burst, command, loses, notified, running, sees, until

GOLDEN = Path(__file__).with_name("golden") / "handover.md"
CERT_MANAGER = "HelmRelease cert-manager/cert-manager"


@pytest.fixture
def incident(monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("LOGNAME", "USER"):
        monkeypatch.setenv(name, "carla")
    return World("incident")


def findings(pilot: Pilot[None]) -> Sequence[Finding]:
    """What was noted."""
    app: Any = pilot.app
    return app.desk.notebook.handover.document.findings


async def note(pilot: Pilot[None], text: str, count: int) -> None:
    """H and a note; there are so many findings then."""
    await pilot.press("H")
    await sees(pilot, "Hand over: ")
    await burst(pilot, *text, "enter")
    await loses(pilot, "Hand over: ")
    await until(pilot, lambda: len(findings(pilot)) == count)


async def retype(pilot: Pilot[None], text: str) -> None:
    """Another text into the line that is open."""
    await pilot.press("ctrl+u")
    await until(pilot, lambda: not pilot.app.screen.query_one("#told", Input).value)
    await burst(pilot, *text, "enter")


async def write_up(pilot: Pilot[None], world: World) -> None:
    """A quarter of an hour on call: two problems and a suspension are noted, one is acknowledged."""
    await sees(pilot, CERT_MANAGER, "5 root causes")
    await pilot.press("enter")
    await until(pilot, lambda: len(pilot.app.screen_stack) > 1)
    await pilot.press("escape")
    await sees(pilot, "5 root causes")
    await note(pilot, "1.20.0 waits for its webhook; I would take the chart back in Git", 1)
    world.pass_time(60)
    await pilot.press("down")
    await note(pilot, "signed by the dev workflow: ask the backend team who pushed", 2)
    world.pass_time(60)
    await pilot.press("down", "down")
    await note(pilot, "", 3)
    await pilot.press("down", "a")
    await burst(pilot, *"OPS-81", "enter")
    await sees(pilot, "1 acknowledged")
    await command(pilot, "handover")
    await sees(pilot, "Handover: 3 findings")
    await pilot.press("o")
    await sees(pilot, "Open question")
    await burst(pilot, *"Does 1.20.0 want its new CRDs first?", "enter")
    await sees(pilot, "1 question of yours")


async def test_the_incident_reads_as_somebody_on_call_would_write_it(incident: World, tmp_path: Path) -> None:
    async with running(incident, WIDE, read_only=True, state=tmp_path) as pilot:
        await write_up(pilot, incident)
        written = FORMATS["m"][2](document(pilot.app.desk))  # type: ignore[attr-defined]
    if os.environ.get("GOLDEN") == "accept":
        GOLDEN.write_text(written, "utf-8")
    assert written == GOLDEN.read_text("utf-8")


async def test_a_session_that_is_cut_off_loses_nothing(incident: World, tmp_path: Path) -> None:
    async with running(incident, WIDE, state=tmp_path) as pilot:
        await write_up(pilot, incident)
    async with running(World("incident"), SMALL, state=tmp_path) as pilot:
        await sees(pilot, "root causes")
        await command(pilot, "handover")
        told = await sees(pilot, "Handover: 3 findings, 1 question of yours, 1 page looked at")
        assert [found.status for found in findings(pilot)] == ["failed", "failed", "suspended"]  # by impact
        assert "Does 1.20.0 want its new CRDs first?" in told


async def test_findings_are_reordered_edited_taken_out_and_brought_back(incident: World, tmp_path: Path) -> None:
    def titles() -> list[str]:
        return [found.title for found in findings(pilot)]

    async with running(incident, SMALL, state=tmp_path) as pilot:
        await write_up(pilot, incident)
        first, second, third = titles()
        await pilot.press("J")
        await until(pilot, lambda: titles() == [second, first, third])
        await sees(pilot, "── " + first)  # the cursor went with it
        await pilot.press("K", "n")
        await sees(pilot, "Note on " + first)
        await retype(pilot, "rolled back")
        await sees(pilot, "rolled back")
        await pilot.press("d")
        await until(pilot, lambda: titles() == [second, third])
        await pilot.press("u")
        await until(pilot, lambda: titles() == [first, second, third])


async def test_noting_it_again_brings_the_evidence_up_to_date_and_keeps_the_note(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, CERT_MANAGER)
        await note(pilot, "mine", 1)
        incident.pass_time(300)
        await note(pilot, "", 1)  # the line held the note
        await until(pilot, lambda: findings(pilot)[0].at == incident.time)
        (found,) = findings(pilot)
        assert found.note == "mine" and found.at == incident.time


async def test_an_object_behind_a_cause_is_noted_with_what_it_waits_for(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, CERT_MANAGER)
        await command(pilot, "ks status:blocked cluster:prod-eu-1")
        await sees(pilot, "Kustomizations", "▌ ◌ blocked")
        await note(pilot, "", 1)
        (found,) = findings(pilot)
        assert not found.cause and CERT_MANAGER in found.behind
        assert all(line.startswith(("#", "kubectl")) for line in found.commands)  # nothing that would act on it


async def test_it_is_written_into_a_file_and_over_one_only_when_asked_twice(
    incident: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(incident, SMALL) as pilot:
        await write_up(pilot, incident)
        await pilot.press("e")
        await sees(pilot, "Export the handover")
        await pilot.press("M")
        await sees(pilot, "handover-20260321-0250.md")
        await pilot.press("enter")
        await notified(pilot, "handover-20260321-0250.md")
        file = tmp_path / "handover-20260321-0250.md"
        assert file.read_text().startswith("# Handover 2026-03-21 02:50 UTC: 2 problems open")
        file.write_text("precious")
        await pilot.press("e")
        await sees(pilot, "Export the handover")
        await pilot.press("M", "enter")
        await sees(pilot, "exists. ⏎ again replaces it")
        assert file.read_text() == "precious"
        await pilot.press("enter")
        await until(pilot, lambda: file.read_text().startswith("# Handover"))
        await pilot.press("e")
        await sees(pilot, "Export the handover")
        await pilot.press("J")
        await sees(pilot, "handover-20260321-0250.json")
        await retype(pilot, "no/such/folder/x.json")
        await sees(pilot, "No such file or directory")


async def test_programs_and_the_command_line_get_the_same(incident: World, tmp_path: Path) -> None:
    async with running(incident, SMALL, state=tmp_path / "fluxtui") as pilot:
        await write_up(pilot, incident)
        shown = json.loads(FORMATS["j"][2](document(pilot.app.desk)))  # type: ignore[attr-defined]
    assert (shown["kind"], shown["version"], shown["written"]) == ("Handover", 1, "2026-03-21T02:50:00Z")
    first = shown["findings"][0]
    assert first["title"] == CERT_MANAGER and first["waiting"] > 30 and first["since"].startswith("2026-03-21T02:3")
    assert first["revisions"]["goodAt"].endswith("Z") and first["kindOfFailure"].startswith("helm: ")
    assert [each["cluster"] for each in shown["picture"]["clusters"] if each["phase"] != "fresh"] == ["prod-us-1"]
    assert [entry["at"] for entry in shown["timeline"]] == sorted(entry["at"] for entry in shown["timeline"])

    environment = {"XDG_STATE_HOME": str(tmp_path)}
    printed = CliRunner().invoke(program, ["handover"], env=environment, standalone_mode=False)
    assert printed.exception is None and "## Summary" in printed.output and CERT_MANAGER in printed.output
    file = tmp_path / "out.json"
    for wanted in (["handover", "-o", "json", "--to", str(file)],) * 2:
        again = CliRunner().invoke(program, wanted, env=environment, standalone_mode=False)
    assert "exists: --force replaces it" in str(again.exception)
    assert json.loads(file.read_text())["findings"][0]["title"] == CERT_MANAGER


async def test_nothing_noted_says_how(incident: World, tmp_path: Path) -> None:
    async with running(incident, SMALL, state=tmp_path) as pilot:
        await sees(pilot, "root causes")
        await command(pilot, "handover")
        await sees(pilot, "nothing to hand over yet", "H on Triage")
        assert isinstance(pilot.app.screen, HandoverScreen)
        await pilot.press("o")
        await sees(pilot, "Open question")
        await burst(pilot, *"why me?", "enter")
        await sees(pilot, "1 question of yours")
    told = CliRunner().invoke(program, ["handover"], env={"XDG_STATE_HOME": str(tmp_path / "x")}, standalone_mode=False)
    assert "nothing was noted yet" in str(told.exception)
