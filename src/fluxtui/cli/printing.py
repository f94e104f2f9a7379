"""Prints an answer in the format that was asked for, once or whenever it changes; what was not seen is always told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import click
import msgspec

from fluxtui.cli import outcome
from fluxtui.cli.output import Format, Out, as_json, as_yaml
from fluxtui.cli.tables import Paint
from fluxtui.insight.filter import Filter
from fluxtui.insight.filter import compile as compile_filter
from fluxtui.kinds.ages import exact
from fluxtui.store.row import Row
from fluxtui.store.store import Store


class Answer(msgspec.Struct, frozen=True):
    """What a command has to say, in every form; `essence` is equal for two answers that say the same. `drawn` has the
    forms that only some answers have, by format.
    """

    shape: Any
    essence: object
    text: Callable[[int | None, Paint, bool], str]
    markdown: Callable[[], str]
    unseen: Sequence[str]
    problems: bool
    complete: bool
    now: float
    summary: str = ""
    """A line beside a table that is read by other programs: it goes to standard error."""
    drawn: Mapping[str, Callable[[], str]] = {}


class Printer:
    """Prints answers to standard output; remembers the last one, so as not to say the same twice."""

    def __init__(
        self, ask: Callable[[], Awaitable[Answer]], output: str, *, watch: bool, out: Out | None = None
    ) -> None:
        self._ask = ask
        self._format = Format(output)
        self._watch = watch
        self._out = out or Out()
        self._last: object = None

    @property
    def watching(self) -> bool:
        """Whether to print again whenever something changes."""
        return self._watch

    @property
    def ageing(self) -> bool:
        """Whether to print anew when only time has passed: on a terminal, where one table replaces the other."""
        return self._format.text and self._out.terminal

    async def show(self, aged: bool = True) -> int | None:
        """Print the state as it is, unless it is the one that was printed (``aged``: even then). Returns its exit
        code, None when nothing was printed. Raises `PipeClosed`.
        """
        answer = await self._ask()
        if not aged and answer.essence == self._last:
            return None
        self._last = answer.essence
        self._print(answer)
        return outcome.code(problems=answer.problems, complete=answer.complete)

    def _print(self, answer: Answer) -> None:
        out = self._out
        match self._format:
            case Format.JSON:
                out.write(as_json(answer.shape, compact=self._watch))
            case Format.YAML:
                out.write(("---\n" if self._watch else "") + as_yaml(answer.shape))
            case Format.MARKDOWN:
                out.write(answer.markdown() + ("\n\n---\n" if self._watch else ""))
            case Format.MERMAID | Format.DOT | Format.SARIF:
                out.write(answer.drawn[self._format]())
            case Format.CSV:
                out.write(answer.drawn[self._format]())
                self._print_beside(answer)
            case Format.TABLE | Format.WIDE:
                self._print_text(answer)

    def _print_text(self, answer: Answer) -> None:
        out = self._out
        if self._watch:
            out.clear()
            out.write(out.paint(exact(answer.now), "muted"))
        text = answer.text(out.width, out.paint, self._format is Format.WIDE)
        if text:
            out.write(text)
        if self._watch and not out.terminal:
            out.write("")
        self._print_beside(answer)

    @staticmethod
    def _print_beside(answer: Answer) -> None:
        for line in ([answer.summary] if answer.summary else []) + [f"not seen: {line}" for line in answer.unseen]:
            click.echo(line, err=True)


def accepting(
    words: str, namespace: str, now: float, store: Store | None = None
) -> tuple[Filter, Callable[[Row], bool]]:
    """The compiled filter, and the test that also holds the namespace. Raises `UsageError` for what is no filter."""
    compiled = compile_filter(words, now, store=store)
    if compiled.problems:
        problem = compiled.problems[0]
        raise click.UsageError(f"FILTER {words!r}, at character {problem.position + 1}: {problem.text}")
    if not namespace:
        return compiled, compiled
    return compiled, lambda row: (row.record.namespace == namespace or _is_namespace(row, namespace)) and compiled(row)


def _is_namespace(row: Row, namespace: str) -> bool:
    return row.record.kind == "Namespace" and row.record.name == namespace


def narrowed(words: str, namespace: str) -> str:
    """What hides things, as the user would write it."""
    return " ".join(part for part in (f"ns:{namespace}" if namespace else "", words) if part)
