"""The end of the program is quiet, whatever is under way."""

from fluxtui.screens.triage import TriageScreen

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
