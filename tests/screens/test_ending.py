"""The end of the program is quiet, whatever is under way."""

from fluxtui.app import FluxtuiApp
from fluxtui.screens.triage import TriageScreen
from fluxtui.store.changes import Batch

from .world import World, running, sees


async def test_a_report_that_is_ready_when_the_program_has_ended_is_dropped() -> None:
    """It looked for its list, and the user who quit got a traceback."""
    async with running(World("incident")) as pilot:
        await sees(pilot, "root causes explain")
        screen = pilot.app.screen
        assert isinstance(screen, TriageScreen)
        report = screen._report
        assert report is not None
        await pilot.app._prune(screen)
        assert not screen.query("#causes")
        screen.show_report(report)


async def test_ages_and_batches_that_come_when_the_last_screen_is_gone_are_dropped() -> None:
    """A timer that was due between the end of the last screen and its own end brought the program down."""
    async with running(World("incident")) as pilot:
        await sees(pilot, "root causes explain")
        app = pilot.app
    assert isinstance(app, FluxtuiApp)
    assert not app.screen_stack
    app._tick()
    app._steering.catch_up()
    app._steering.follow(Batch())
