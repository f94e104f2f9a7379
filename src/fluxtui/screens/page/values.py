"""Values, variables, inputs: what goes into what the object applies, and where each of it comes from.

A HelmRelease has values, a Kustomization variables, a ResourceSet a matrix of inputs, its provider what it exports.
What they refer to is read when the tab is opened; Secrets are read without their values.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult

from fluxtui.insight.effective import INLINE, Effective, Held, Leaf, Use, references, refused, uses, values, variables
from fluxtui.insight.fields import Json, items, mapping, mappings, moment, text, texts
from fluxtui.insight.graph import Graph
from fluxtui.insight.inputs import InputSet, Matrix, matrix, named_providers
from fluxtui.insight.next_run import next_run
from fluxtui.kinds.ages import age, exact
from fluxtui.kube.references import read
from fluxtui.screens.details import named
from fluxtui.screens.page.overview import linked
from fluxtui.screens.page.tab import PageTab, Subject
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.sheet import Line, Sheet, heading
from fluxtui.widgets.table_source import Span

SCANNED = 12
"""Objects that a Kustomization applied in which variables that were left as they are are looked for."""
SHOWN = 60
"""Objects of one input set that are named."""


class ValuesTab(PageTab):
    """A sheet; enter on the name of an object opens that."""

    name_of_tab: ClassVar[str] = "values"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._held: dict[str, Json | str | None] = {}
        self._applied: tuple[Json, ...] = ()
        """Objects that a Kustomization applied, to look for variables in."""
        self._read: object = None
        """The object whose references were read last."""

    def compose(self) -> ComposeResult:
        """The sheet, or a word where there is nothing to tell."""
        yield Sheet(id="values")
        yield Notice()

    def on_mount(self) -> None:
        """Nothing is said yet."""
        self.query_one(Notice).display = False

    @property
    def rest(self) -> Sheet:
        """The sheet."""
        return self.query_one(Sheet)

    def enter(self) -> None:
        """What is referred to may have changed since: it is read again."""
        self._read = None
        super().enter()

    def leave(self) -> None:
        """What is under way is given up."""
        self.workers.cancel_group(self, "read")

    def update(self) -> None:
        """The object, or time."""
        told = self.why_not()
        if told is not None:
            tone, headline, lines = told
            self.say(content=self.rest, tone=tone, headline=headline, lines=lines)
            return
        if self.subject.value is not self._read:
            self._read = self.subject.value
            self._fetch()
        self._show()

    @work(exclusive=True, group="read", exit_on_error=True)
    async def _fetch(self) -> None:
        cluster = self.subject.watched
        if cluster is None:
            return
        value = self.subject.value
        self._held = await read(cluster, self._wanted(value))
        self._show()
        if self.subject.kind == "Kustomization" and self.subject.row is not None:
            produced = [each for each in self.subject.row.record.produced if not each.startswith("Namespace/")]
            found = await read(cluster, produced[:SCANNED])
            self._applied = tuple(each for each in found.values() if each is not None and not isinstance(each, str))
            self._show()

    def _wanted(self, value: Json) -> list[str]:
        if self.subject.kind != "ResourceSet":
            return references(value)
        data, row = self.subject.data, self.subject.row
        found = named_providers(value)
        if data is not None and row is not None:
            graph = Graph(data)
            for term in row.record.inputs:
                found += graph.selected(term) if "/?" in term else []
        return list(dict.fromkeys(found))

    def _show(self) -> None:
        if not self.is_mounted:
            return
        held: Held = {**dict.fromkeys(self._wanted(self.subject.value), ""), **self._held}
        lines = list(self._lines(held))
        while lines and not lines[0].spans and not lines[0].label:
            lines.pop(0)
        if lines:
            self.rest.show(lines)
            self.say(content=self.rest)
            return
        headline, why = NOTHING_TO_TELL.get(self.subject.kind, ("there is nothing to tell", ""))
        self.say(content=self.rest, tone="empty", headline=headline, lines=[why])

    def _lines(self, held: Held) -> Iterator[Line]:
        subject, value = self.subject, self.subject.value
        match subject.kind:
            case "HelmRelease":
                yield from effective_lines(subject, values(value, held), "Values")
            case "Kustomization":
                found = variables(value, held)
                yield from effective_lines(subject, found, "Variables")
                yield from undefined_lines(subject, found, self._applied)
            case "ResourceSet":
                yield from matrix_lines(subject, matrix(value, held))
            case _:
                yield from provider_lines(subject)

    def search(self, text: str) -> str:
        """To the next line that holds the text."""
        return "" if not text or self.rest.search(text) else f"{text!r} is not on this sheet"

    def hints(self) -> Sequence[KeyHint]:
        """What can be done with the sheet."""
        return (KeyHint("⏎", "open the name", 50, "enter"), KeyHint("/", "search", 45), KeyHint("n", "next match", 20))


NOTHING_TO_TELL = {
    "HelmRelease": ("it sets no values", "The release runs on the chart's own defaults alone."),
    "Kustomization": ("it has no variables", "What it applies is taken as it stands in the artifact."),
    "ResourceSet": ("it has no inputs", "Its templates are applied once, as they are."),
}


# Values and variables


def effective_lines(subject: Subject, found: Effective, title: str) -> Iterator[Line]:
    """The layers in the order in which they are laid over one another, then what they come to."""
    if not found.layers:
        return
    yield from heading("Where they come from", ("  the later ones win", "muted"))
    for place, layer in enumerate(found.layers, 1):
        words = "the object itself" if layer.title == INLINE else layer.title
        spans: list[Span] = [(f"{place}  ", "muted")]
        spans += linked(subject, layer.target, words) if layer.target else [(words, "")]
        if layer.trouble:
            glyph = "✖" if layer.blocks else "–"
            spans.append(
                (f"  {glyph} {' '.join(layer.trouble.split())}", "status-failed" if layer.blocks else "warning")
            )
        else:
            count = "1 value" if layer.count == 1 else f"{layer.count:,} values"
            spans.append((f"  {count}", "muted"))
            if layer.secret:
                spans.append(("  a Secret: what they are is not read", "faint"))
        yield Line("", spans, key=layer.target or None, hang=3)
    note = f"  {len(found.leaves):,}" + (", cut: there are more" if found.cut else "")
    yield from heading(title, (note, "muted"))
    for leaf in found.leaves:
        yield _leaf(leaf)


def _leaf(leaf: Leaf) -> Line:
    style = "faint" if leaf.secret else "strong"
    spans: list[Span] = [(leaf.path, "accent"), (" = ", "muted"), (leaf.value, style), ("  ← ", "faint")]
    spans.append(("the object itself" if leaf.origin == INLINE else leaf.origin, "muted"))
    if leaf.value == '""' or leaf.value == "null":
        spans.append(("  empty", "warning"))
    for value, origin in leaf.replaced:
        whose = "the object itself" if origin == INLINE else origin
        spans.append((f" · instead of {value} of {whose}", "warning"))
    return Line("", spans, hang=4)


def undefined_lines(subject: Subject, found: Effective, applied: Iterable[Json]) -> Iterator[Line]:
    """Variables that are written somewhere and that nobody defines, or that were never put in."""
    defined = {leaf.path for leaf in found.leaves}
    value, unread = subject.value, any(layer.trouble for layer in found.layers)
    own = uses(value, subject.identity)
    left = [each for one in applied for each in uses(one, _identity(one))]
    said = "  the controller says: not set"
    lines = [Line("", [("✖ ", "status-failed"), (f"${{{name}}}", "accent"), (said, "")]) for name in refused(value)]
    lines += [
        _use(subject, each, defined, mine=each.where == subject.identity, unread=unread) for each in (*own, *left)
    ]
    if lines:
        yield from heading("Not put in", ("  ${VAR} that stand where a value ought to", "muted"))
        yield from lines
    elif found.layers:
        yield Line()
        told = "which files use them is not known here; in what was applied, as far as it was looked at, none was left"
        yield Line("", [(told, "muted")])


def _identity(value: Json) -> str:
    return f"{text(value, 'kind')}/{text(value, 'metadata', 'namespace')}/{text(value, 'metadata', 'name')}"


def _use(subject: Subject, use: Use, defined: set[str], *, mine: bool, unread: bool) -> Line:
    if mine:
        why = "whoever applies this object did not put it in"
    elif use.name in defined:
        why = "is defined, but substitution is off for this object"
    elif unread:
        why = "is not among what could be read"
    else:
        why = "nobody defines it" + (", and its default was not used" if use.default else "")
    spans: list[Span] = [("✖ ", "status-failed"), (f"${{{use.name}}}", "accent"), (f"  {why}  ", "")]
    if mine:
        return Line("", [*spans, (f".{use.field}", "muted")], hang=2)
    spans += [*linked(subject, use.where), (f" .{use.field}", "muted")]
    return Line("", spans, key=use.where, hang=2)


# Inputs


def matrix_lines(subject: Subject, found: Matrix) -> Iterator[Line]:
    """What is dangerous, the providers, each input set with what is made of it, and what is left."""
    for words in found.hazards:
        bad = "deletes everything that it made" in words or "last run had no inputs" in words
        yield Line(
            "", [("⚠ ", "status-failed" if bad else "warning"), (words, "status-failed" if bad else "warning")], hang=2
        )
    for words in found.missing:
        spans: list[Span] = [("✖ ", "status-failed"), (f"input {words}", "status-failed")]
        yield Line("", [*spans, (": its templates stall over that", "")], hang=2)
    for held in mappings(subject.value, "status", "conditions"):
        if held.get("type") == "Stalled" and held.get("status") == "True":
            told = f"stalled, {text(held, 'reason')}: {text(held, 'message')}"
            yield Line("", [("✖ ", "status-failed"), (told, "status-failed")], hang=2)
    if found.providers:
        yield from heading("Providers")
    for each in found.providers:
        count = "1 input set" if each.count == 1 else f"{each.count:,} input sets"
        told = (
            (f"  {each.trouble}", "status-failed")
            if each.trouble
            else (f"  exports {count}", "muted" if each.count else "warning")
        )
        yield Line("", [*linked(subject, each.identity), told], key=each.identity)
    if found.total or found.sets:
        more = f", the first {len(found.sets)} are shown" if found.total > len(found.sets) else ""
        how = ", each of every provider with each of the others" if found.strategy == "Permute" else ""
        yield from heading("Input sets", (f"  {found.total:,}{how}{more}", "muted"))
    for place, each in enumerate(found.sets, 1):
        yield from _input_set(subject, place, each)
    if found.shared:
        yield from heading("Made as well", (f"  {found.why_shared or 'from no input'}", "muted"))
        for entry in found.shared[:SHOWN]:
            yield Line("", [("  ", ""), *linked(subject, entry.identity)], key=entry.identity)
        if len(found.shared) > SHOWN:
            yield Line("", [(f"  and {len(found.shared) - SHOWN:,} more: m shows all", "muted")])


def _input_set(subject: Subject, place: int, found: InputSet) -> Iterator[Line]:
    spans: list[Span] = [(f"{place}  ", "muted")]
    for number, (name, value) in enumerate(found.values):
        spans += [("  " if number else "", ""), (f"{name}=", "muted"), (value, "strong" if number == 0 else "")]
    yield Line("", [*spans, (f"  ← {found.origin}", "faint")], key=found.target or None, hang=3)
    for entry in found.made[:SHOWN]:
        yield Line("", [("   → ", "faint"), *linked(subject, entry.identity)], key=entry.identity, hang=5)
    for identity in found.planned[:SHOWN]:
        words = "  not in its inventory: not made yet, or made no more"
        yield Line("", [("   → ", "faint"), (named(identity), ""), (words, "warning")], hang=5)


def provider_lines(subject: Subject) -> Iterator[Line]:
    """What a provider exports, and when it may look again."""
    value, now = subject.value, subject.now
    exported = items(value, "status", "exportedInputs")
    users = _users(subject)
    yield from heading("Exports", (f"  {len(exported):,} input sets", "muted" if exported else "warning"))
    if not exported:
        told = "nothing: a ResourceSet that has no other inputs applies an empty set, which deletes all that it made"
        yield Line("", [("⚠ ", "warning"), (told, "warning")], hang=2)
    for place, held in enumerate(exported[:500], 1):
        spans: list[Span] = [(f"{place}  ", "muted")]
        for number, (name, said) in enumerate(texts(mapping(held)).items()):
            spans += [
                ("  " if number else "", ""),
                (f"{name}=", "muted"),
                (said or "…", "strong" if number == 0 else ""),
            ]
        yield Line("", spans, hang=3)
    if users:
        yield from heading("Read by")
        for identity in users:
            yield Line("", linked(subject, identity), key=identity)
    yield from heading("When it looks")
    after = next_run(subject.row.record, value, now) if subject.row is not None else None
    if after is not None:
        when = f"in {age(after.at - now)}  {exact(after.at)}  " if after.at > now else ""
        yield Line("next run", [(when, "strong"), (after.words, "muted" if when else "")])
    for held in mappings(value, "spec", "schedule"):
        window = text(held, "window") or "0s"
        opens = "at that moment alone" if window in ("0s", "0") else f"for {window}"
        yield Line(
            "schedule", [(text(held, "cron"), "strong"), (f"  {text(held, 'timeZone') or 'UTC'}, open {opens}", "")]
        )
    said = mapping(value, "status", "nextSchedule")
    if when := moment(said, "when"):
        passed = when < now
        told = "has passed: it has not told of another since" if passed else f"in {age(when - now)}"
        yield Line("as it told", [(exact(when), ""), (f"  {told}", "warning" if passed else "muted")])


def _users(subject: Subject) -> list[str]:
    data = subject.data
    if data is None:
        return []
    found = [edge.source for edge in Graph(data).dependents(subject.identity) if edge.kind == "provides"]
    return sorted(dict.fromkeys(found))
