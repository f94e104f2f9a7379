"""The filter language, the same on every screen and in every command (design §6).

::

    cert manager          words: each must match kind, namespace, name or cluster, as a part or as letters in order
    "apps"                exactly this, as one of these
    ns:frontend kind:ks   fields; a value is a part of the field, a glob with ``*``, exact in quotes
    status:failed,blocked a comma means or
    label:team=payments   a label with this value; ``label:team`` has it at all
    age:<30m since:>2h    created less than 30 minutes ago; in its status for more than two hours
    !ns:flux-system       not

Every term must hold. What cannot be understood is told with its position and is not applied; nothing raises. Patterns
are matched in time linear in the text: no input can make it slow.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from fluxtui.insight.blast import TENANT_LABEL
from fluxtui.insight.failure_rules import CLASSES
from fluxtui.insight.failures import of_row
from fluxtui.insight.lenses import LENSES, lenses
from fluxtui.insight.tenants import FleetTenants
from fluxtui.insight.terms import MAX_LENGTH, MAX_TERMS, Problem, Term, Value, split
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS, by_name
from fluxtui.store.row import Row
from fluxtui.store.store import Store

T = TypeVar("T")
Test = Callable[[T], bool]
Predicate = Test[Row]
TenantOf = Callable[[str, str], str]
"""Tells the tenant of a (cluster, namespace)."""


def _class(row: Row) -> str:
    """The class of an object's failure, empty for none and for words that are not known."""
    failure = of_row(row)
    return failure.group if failure is not None else ""


DIGITS = 15
"""Digits of a number that is compared."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

TEXTS: dict[str, Callable[[Row], str]] = {
    "ns": lambda row: row.record.namespace,
    "name": lambda row: row.record.name,
    "cluster": lambda row: row.cluster,
    "reason": lambda row: row.reason,
    "message": lambda row: row.message,
    "source": lambda row: row.record.source,
    "revision": lambda row: row.record.revision or row.record.attempted,
    "owner": lambda row: row.record.owner,
    "url": lambda row: row.record.url,
    "path": lambda row: row.record.path,
    "class": _class,
}
"""Fields that are texts."""

ALIASES = {"namespace": "ns", "ctx": "cluster", "context": "cluster", "rev": "revision", "labels": "label"}
FIELDS = (*TEXTS, "kind", "status", "tenant", "label", "age", "since", "but")


class Filter(msgspec.Struct, frozen=True):
    """A compiled filter: call it with a row. `problems` are what was not understood; `empty` lets everything pass."""

    text: str
    matches: Predicate
    problems: tuple[Problem, ...] = ()
    empty: bool = False

    def __call__(self, row: Row) -> bool:
        """Whether the row passes."""
        return self.matches(row)

    def keep(self, rows: Iterable[Row]) -> list[Row]:
        """The rows that pass."""
        return list(rows) if self.empty else list(filter(self.matches, rows))


def compile(  # noqa: A001
    text: str,
    now: float,
    tenant_of: TenantOf | None = None,
    store: Store | None = None,
    columns: Mapping[str, Callable[[Row], str]] | None = None,
) -> Filter:
    """Compile a filter. `now` (epoch seconds) is what ages are measured from. Tenants are told by an object's own
    label, else by `tenant_of`, by default the labels of its namespace in the `store`, without that by the namespace
    itself. Without the `store` nothing is seen through a lens (``but:``).
    `columns` are fields of a list besides, by name in lower case; numbers in them compare (``restarts:>3``).
    Never raises."""
    terms, problems = split(text)
    if tenant_of is None and store is not None:
        tenant_of = FleetTenants(store)
    tests: list[Predicate] = []
    for term in terms:
        if columns is not None and term.field in columns and term.values:
            read = columns[term.field]
            test = any_of([_column(read, value) for value in term.values])
        elif term.field == "but" and term.values:
            test = _but(term, now, store, problems)
        else:
            test = _test(term, now, tenant_of, problems, tuple(columns or ()))
        if test is not None:
            tests.append(negated(test) if term.negated else test)
    return Filter(text, all_of(tests), tuple(problems), not tests)


def _but(term: Term, now: float, store: Store | None, problems: list[Problem]) -> Predicate | None:
    """Green, but: ``old``, ``stale``, ``suspended`` or ``any`` of them (`lenses`)."""
    wanted: set[str] = set()
    for value in term.values:
        found = [name for name in LENSES if value.text.lower() in (name, "any")]
        if not found:
            known = ", ".join(("any", *LENSES))
            problems.append(Problem(term.position, f"there is no lens {value.text!r} (there are {known})"))
        wanted.update(found)
    if not wanted:
        return None

    def test(row: Row) -> bool:
        data = store.find(row.cluster) if store is not None else None
        return data is not None and any(lens.name in wanted for lens in lenses(data, row, now))

    return test


def negated(test: Test[T]) -> Test[T]:
    """What does not pass."""
    return lambda row: not test(row)


def all_of(tests: Sequence[Test[T]]) -> Test[T]:
    """What passes every test; without any, everything."""
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def any_of(tests: Sequence[Test[T]]) -> Test[T] | None:
    """What passes one of the tests; None without any."""
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)


def _test(
    term: Term, now: float, tenant_of: TenantOf | None, problems: list[Problem], others: tuple[str, ...] = ()
) -> Predicate | None:
    """The predicate of a term, None if it means nothing; `others` are the fields that a list has besides."""
    field = ALIASES.get(term.field, term.field)
    if not field:
        return any_of([_word(value) for value in term.values])
    if field not in FIELDS:
        known = ", ".join(dict.fromkeys((*FIELDS, *others)))
        problems.append(Problem(term.position, f"there is no field {term.field!r} (there are {known})"))
        return None
    if not term.values:
        problems.append(Problem(term.position, f"{term.field}: wants a value"))
        return None
    if field == "status":
        return _status(term, problems)
    if field in ("age", "since"):
        tests = [test for value in term.values if (test := _age(field, term, value, now, problems)) is not None]
        return any_of(tests)
    if field == "kind":
        return _kind(term)
    if field == "label":
        return any_of([_label(value) for value in term.values])
    read = _tenant(tenant_of) if field == "tenant" else TEXTS[field]
    return any_of([text_test(read, value) for value in term.values])


def _word(value: Value) -> Predicate:
    """A word: a part of ``Kind/namespace/name`` or of the cluster, or letters in order from the start of a part."""
    wanted = value.text.lower()
    if value.exact:
        return lambda row: (
            wanted
            in (
                row.record.name.lower(),
                row.record.namespace.lower(),
                row.cluster.lower(),
                row.record.kind.lower(),
                row.record.id.lower(),
            )
        )
    if "*" in wanted:
        pieces = wanted.split("*")
        return lambda row: glob(row.record.name.lower(), pieces) or glob(row.record.id.lower(), pieces)
    in_order = letters_in_order(wanted)

    def test(row: Row) -> bool:
        identity = row.record.id.lower()
        return wanted in identity or wanted in row.cluster.lower() or in_order(identity)

    return test


def letters_in_order(wanted: str) -> Callable[[str], bool]:
    """Whether letters occur in order in namespace and name, the first of them at the start of a part (``cmw`` finds
    ``cert-manager-webhook``)."""
    first, rest = wanted[:1], wanted[1:]
    starts = tuple(mark + first for mark in "/-.")
    if len(wanted) < 2 or not wanted.isprintable():
        return lambda identity: False

    def test(identity: str) -> bool:
        at = len(identity)
        for start in starts:
            found = identity.find(start)
            if 0 <= found < at:
                at = found
        at += 1
        for letter in rest:
            at = identity.find(letter, at + 1)
            if at < 0:
                return False
        return at < len(identity)

    return test


def text_test(read: Callable[[T], str], value: Value) -> Test[T]:
    """A value of a text: a part of it, a glob with ``*``, exact in quotes."""
    wanted = value.text.lower()
    if value.exact:
        return lambda row: read(row).lower() == wanted
    if "*" in wanted:
        pieces = wanted.split("*")
        return lambda row: glob(read(row).lower(), pieces)
    return lambda row: wanted in read(row).lower()


def _column(read: Callable[[Row], str], value: Value) -> Predicate:
    """A cell of a list: as texts are matched, and with ``<`` or ``>`` by the number that it begins with."""
    bound = value.text[1:]
    if value.exact or value.text[:1] not in "<>" or not bound.isdigit() or len(bound) > DIGITS:
        return text_test(read, value)
    limit, below = int(bound), value.text[0] == "<"

    def test(row: Row) -> bool:
        cell = read(row)
        digits = cell[: len(cell) - len(cell.lstrip("0123456789"))]
        if not digits or len(digits) > DIGITS:
            return False
        return int(digits) < limit if below else int(digits) > limit

    return test


def glob(text: str, pieces: list[str]) -> bool:
    """Whether a text matches a pattern that was split at its stars: first and last piece at the ends, the others in
    order between. Linear: the earliest place for a piece is always the best."""
    first, last = pieces[0], pieces[-1]
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in pieces[1:-1]:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _kind(term: Term) -> Predicate | None:
    """Kinds by name, plural or abbreviation (``ks``), by a glob, else by a part of the name."""
    names: set[str] = set()
    for value in term.values:
        wanted = value.text.lower()
        known = by_name(wanted)
        if known is not None:
            names.add(known.name)
        elif "*" in wanted:
            names.update(name for name in KINDS if glob(name.lower(), wanted.split("*")))
        elif not value.exact:
            names.update(name for name in KINDS if wanted in name.lower())
    return lambda row: row.record.kind in names


def _status(term: Term, problems: list[Problem]) -> Predicate | None:
    wanted: set[Status] = set()
    for value in term.values:
        text = value.text.lower()
        found = [status for status in Status if status.word.startswith(text.rstrip("*"))]
        if not found:
            words = ", ".join(status.word for status in Status)
            problems.append(Problem(term.position, f"there is no status {value.text!r} (there are {words})"))
        wanted.update(found)
    return (lambda row: row.status in wanted) if wanted else None


def _label(value: Value) -> Predicate:
    key, equals, wanted = value.text.partition("=")
    if not equals:
        return lambda row: any(line.partition("=")[0] == key for line in row.record.labels.split("\n") if line)
    if "*" in wanted and not value.exact:
        pieces = wanted.split("*")
        return lambda row: _has(row, key) and glob(row.record.label(key), pieces)
    line = f"{key}={wanted}"
    return lambda row: line in row.record.labels and line in row.record.labels.split("\n")


def _has(row: Row, key: str) -> bool:
    return any(line.startswith(f"{key}=") for line in row.record.labels.split("\n"))


def _tenant(tenant_of: TenantOf | None) -> Callable[[Row], str]:
    """A namespace is in itself."""
    whose: TenantOf = tenant_of if tenant_of is not None else lambda cluster, namespace: namespace

    def read(row: Row) -> str:
        record = row.record
        home = record.name if record.kind == "Namespace" else record.namespace
        return record.label(TENANT_LABEL) or whose(row.cluster, home)

    return read


def _age(field: str, term: Term, value: Value, now: float, problems: list[Problem]) -> Predicate | None:
    """``<30m`` and ``30m``: at most that old; ``>2h``: at least. A time that is not told is neither."""
    text = value.text.lower().replace("=", "")
    older = text.startswith(">")
    age = duration(text.lstrip("<>"))
    if age is None:
        problems.append(Problem(term.position, f"{value.text!r} is no age (like <30m, >2h, 1d)"))
        return None
    edge = now - age
    created = field == "age"
    if older:
        return lambda row: 0 < (row.record.created if created else row.since) <= edge
    return lambda row: (row.record.created if created else row.since) >= max(edge, 1)


def duration(text: str) -> int | None:
    """Seconds of a duration like ``90s``, ``30m``, ``1h30m``, ``2d``, ``1w``; None if it is none."""
    total, number, seen = 0, "", False
    for char in text:
        if "0" <= char <= "9" and len(number) < 9:
            number += char
        elif char in UNITS and number:
            total += int(number) * UNITS[char]
            number, seen = "", True
        else:
            return None
    return total if seen and not number else None


class Completion(msgspec.Struct, frozen=True):
    """What may stand instead of ``text[start:end]``, the likeliest first."""

    start: int
    end: int
    choices: tuple[str, ...]


CHOICES_LIMIT = 50


def complete(
    text: str,
    cursor: int,
    known: Mapping[str, Iterable[str]],
    fields: Sequence[str] = FIELDS,
    values_of: Callable[[str, Mapping[str, Iterable[str]]], Iterable[str]] | None = None,
) -> Completion:
    """Candidates at the cursor: fields, or the values of the field before the colon.

    `known` has the values of fields by name (``ns``, ``cluster``, ``reason``, ``tenant``…); kinds and statuses are
    known already. A filter of something else has its own `fields`, and its own `values_of` them.
    """
    cursor = max(0, min(cursor, len(text), MAX_LENGTH))
    start = text.rfind(" ", 0, cursor) + 1
    if text[start : start + 1] == "!":
        start += 1
    field, colon, value = text[start:cursor].partition(":")
    if not colon:
        choices = [f"{name}:" for name in fields if name.startswith(field.lower())]
        return Completion(start, cursor, tuple(choices))
    start = cursor - len(value.rpartition(",")[2])
    wanted = text[start:cursor].strip('"').lower()
    name = ALIASES.get(field.lower(), field.lower())
    values = sorted({each for each in (values_of or _values)(name, known) if wanted in each.lower()})
    values.sort(key=lambda each: not each.lower().startswith(wanted))
    quoted = [f'"{each}"' if " " in each or "," in each else each for each in values[:CHOICES_LIMIT]]
    return Completion(start, cursor, tuple(quoted))


def _values(field: str, known: Mapping[str, Iterable[str]]) -> Iterable[str]:
    if field == "status":
        return [status.word for status in Status]
    if field == "kind":
        return list(KINDS)
    if field == "class":
        return list(CLASSES)
    if field == "but":
        return ["any", *LENSES]
    if field in ("age", "since"):
        return ["<5m", "<30m", "<1h", "<1d", ">1h", ">1d"]
    return known.get(field, ())


__all__ = [
    "ALIASES",
    "FIELDS",
    "MAX_LENGTH",
    "MAX_TERMS",
    "Completion",
    "Filter",
    "Problem",
    "Test",
    "all_of",
    "any_of",
    "compile",
    "complete",
    "duration",
    "glob",
    "letters_in_order",
    "negated",
    "text_test",
]
