"""The screens that have a tab or a command, by mode. Each module is loaded when its screen is first shown."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from fluxtui.screens.base import FleetScreen
from fluxtui.screens.desk import Desk

MODES: Mapping[str, str] = {
    "triage": "triage.TriageScreen",
    "tree": "tree.TreeScreen",
    "health": "health.HealthScreen",
    "resources": "resources.ResourcesScreen",
    "policy": "policy.PolicyScreen",
    "changes": "changes.ChangesScreen",
    "app": "application.ApplicationScreen",
    "kinds": "kinds.KindsScreen",
    "lenses": "lenses.LensesScreen",
    "suspended": "suspended.SuspendedScreen",
    "orphans": "orphans.OrphansScreen",
    "engine": "engine.EngineScreen",
    "guardrails": "guardrails.GuardrailsScreen",
    "readiness": "readiness.ReadinessScreen",
    "handover": "handover.HandoverScreen",
    "journal": "journal.JournalScreen",
    "bookmarks": "bookmarks.BookmarksScreen",
    "kiosk": "kiosk.KioskScreen",
}
"""Module of `fluxtui.screens` and class, by mode."""


def screen_of(mode: str, desk: Desk) -> FleetScreen:
    """The screen of one of `MODES`."""
    module, _, name = MODES[mode].partition(".")
    made = cast("Callable[[Desk], FleetScreen]", getattr(import_module(f"fluxtui.screens.{module}"), name))
    return made(desk)
