"""Markdown that survives what clusters say: names in code spans, messages in fences, nothing that pings or links."""

import re
from collections.abc import Sequence

from fluxtui.widgets.text import plain


def code(text: str) -> str:
    """A code span, empty for no text. Its content is never markup, mention or reference."""
    text = plain(text)
    if not text.strip():
        return ""
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    edge = " " if text.startswith("`") or text.endswith("`") or (text[0] == " " and text[-1] == " ") else ""
    return f"{ticks}{edge}{text}{edge}{ticks}"


def fence(text: str) -> str:
    """A block of text, line breaks and all."""
    body = "\n".join(plain(line) for line in text.splitlines())
    ticks = "`" * max(3, max((len(run) for run in re.findall("`+", body)), default=0) + 1)
    return f"{ticks}text\n{body}\n{ticks}"


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; bars in them are escaped, as tables want it."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
