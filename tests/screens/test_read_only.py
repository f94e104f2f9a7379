"""A whole session asks and never writes: what the servers of the simulated fleet were sent is read line by line."""

import gc
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fluxtui.app import FluxtuiApp, Start
from fluxtui.kube import contexts
from fluxtui.kube.writer import Writer
from fluxtui.simulator import demo

from .world import WIDE, burst, command, lines, sees, type_filter, until

KEYS = "abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ023456789<>+-=_.,;'"
"""Every key of a keyboard, but those that leave or open a line."""
REVIEWS = ("/selfsubjectaccessreviews", "/selfsubjectrulesreviews")


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[tuple[demo.Demo, Path]]:
    """The incident, served over HTTP."""
    built = demo.build("incident", opening=time.time())
    async with demo.serving(built, tmp_path / "kubeconfig"):
        yield built, tmp_path / "kubeconfig"


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_session_through_everything_sends_questions_only(
    fleet: tuple[demo.Demo, Path], read_only: bool
) -> None:
    built, kubeconfig = fleet
    known = contexts.load(str(kubeconfig)).contexts
    app = FluxtuiApp(Start(lambda: contexts.Chosen(known, known), time.time, read_only=read_only))
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await sees(pilot, "HelmRelease cert-manager/cert-manager", "waits behind")
        assert ("READ-ONLY" in lines(pilot)[0]) == read_only
        await pilot.press("enter")
        await sees(pilot, "HelmRelease cert-manager/cert-manager", "Conditions")
        await pilot.press("escape")
        for word, title in {
            "ks": "Kustomizations",
            "hr": "HelmReleases",
            "rset": "ResourceSets",
            "ev": "Events",
        }.items():
            await command(pilot, word)
            await sees(pilot, f" {title} ")
            await burst(pilot, *KEYS, "ctrl+d", "ctrl+s", "ctrl+r", "ctrl+e", "delete", "space")
            await burst(pilot, *["escape"] * 4, "4")  # dialogs and pages that the keys have opened
            await until(pilot, lambda: len(app.screen_stack) == 1)
        await command(pilot, "ks")
        await sees(pilot, " Kustomizations ")
        await type_filter(pilot, "status:failed,blocked")
        await pilot.press("enter")
        await sees(pilot, "filter status:failed,blocked")
        await pilot.press("enter")
        await sees(pilot, "Conditions", "Where it stands")
        await pilot.press("y")
        await sees(pilot, "apiVersion: kustomize.toolkit.fluxcd.io")
        await pilot.press("escape")
        await command(pilot, "ctx")
        await sees(pilot, "5 of 5 watched")
        await pilot.press("r", "space")
        await sees(pilot, "4 of 5 watched")
        await command(pilot, "retry")
        if read_only:
            assert not [held for held in gc.get_objects() if type(held) is Writer]
    sent = [line for server in built.servers.values() for line in server.faults.requests]
    assert len(sent) > 60
    assert [line for line in sent if not line.startswith("GET ") and not line.split("?")[0].endswith(REVIEWS)] == []
