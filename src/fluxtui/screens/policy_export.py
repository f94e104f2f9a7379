"""Takes what the Policy screen lists out of the program: for people, programs, spreadsheets and code scanning."""

from datetime import UTC, datetime

import msgspec
from textual.screen import Screen

from fluxtui.insight.policy.checklist import markdown
from fluxtui.insight.policy.export import csv_text, left_out, violations_shape, words_left_out
from fluxtui.insight.policy.sarif import sarif
from fluxtui.screens.desk import Desk
from fluxtui.screens.policy_board import Board
from fluxtui.screens.saving import Form, SaveScreen
from fluxtui.screens.tree_words import plural


def open_export(screen: Screen[None], board: Board, desk: Desk, filter_text: str) -> None:
    """Offer the forms that there are."""
    stamp = datetime.fromtimestamp(board.picture.now, UTC).strftime("%Y%m%d-%H%M")
    count = plural(len(board.shown), "violation")
    told = words_left_out(left_out(board.picture, board.hidden))
    screen.app.push_screen(SaveScreen(f"Export {count}", forms(board, desk, filter_text, f"violations-{stamp}"), told))


def forms(board: Board, desk: Desk, filter_text: str, stem: str) -> list[Form]:
    """What violations can be written as; nothing is written before it is asked for."""
    picture, shown, hidden = board.picture, board.shown, board.hidden

    def as_json() -> str:
        shape = violations_shape(picture, shown, hidden, filter_text, plural(len(shown), "violation"))
        return msgspec.json.format(msgspec.json.encode(shape), indent=2).decode() + "\n"

    def as_sarif() -> str:
        told = sarif(picture, shown, hidden, desk.store)
        return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"

    return [
        Form("m", "Markdown checklist", f"{stem}.md", lambda: markdown(picture, shown, hidden, filter_text)),
        Form("j", "JSON", f"{stem}.json", as_json),
        Form("c", "CSV", f"{stem}.csv", lambda: csv_text(shown)),
        Form("s", "SARIF for code scanning", f"{stem}.sarif", as_sarif),
    ]
