"""Pictures of screens live in ``snapshots/`` at the top of the repository, one file each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_textual_snapshot
from syrupy.location import PyTestLocation

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"


class Picture(pytest_textual_snapshot.SVGImageExtension):
    """One SVG per test, named for what it shows."""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """The folder of all pictures."""
        return str(SNAPSHOTS)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: Any = 0) -> str:
        """``test_picture[triage-80x24]`` is ``triage-80x24``."""
        _, _, name = test_location.testname.partition("[")
        return name.removesuffix("]") or test_location.testname


@pytest.fixture
def snap(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Callable[..., bool]:
    """As ``snap_compare``, with the pictures in our folder."""
    monkeypatch.setattr(pytest_textual_snapshot, "SVGImageExtension", Picture)
    return request.getfixturevalue("snap_compare")
