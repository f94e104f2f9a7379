"""The least that a Textual program can be: what the start of ours is held against."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Trivial(App[None]):
    """One word on the screen."""

    def compose(self) -> ComposeResult:
        """The word."""
        yield Static("Triage")


if __name__ == "__main__":
    Trivial().run()
