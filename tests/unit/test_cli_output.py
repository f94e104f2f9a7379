"""How answers are printed: tables that fit, Markdown that nothing breaks, shapes that programs can rely on."""

import io
import json
import re

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.cli import coverage, lists, markdown, reports
from fluxtui.cli.outcome import PipeClosed
from fluxtui.cli.output import Out, as_json, as_yaml, wants_colour
from fluxtui.cli.printing import Answer, Printer, accepting
from fluxtui.cli.tables import Column, table
from fluxtui.insight import causes, export
from fluxtui.insight.standing import Gap, standing
from fluxtui.kinds.cluster import EventRecord
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.widgets.text import width_of

ANYTHING = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


def unpainted(text, style):
    return text


def painted(text, style):
    return f"<{style}>{text}</>" if style and text else text


# -- tables

COLUMNS = (Column("STATUS"), Column("NAME", least=6), Column("MESSAGE", least=8), Column("N", right=True))
ROWS = [
    [("✖ failed", "failed"), "podinfo", "a message that goes on and on and on", "7"],
    [("● ready", "ready"), "漢字", "short", "1234"],
]


def test_without_a_terminal_nothing_is_cut_and_columns_align():
    lines = table(COLUMNS, ROWS, None, unpainted)
    assert lines == [
        "STATUS    NAME     MESSAGE                                  N",
        "✖ failed  podinfo  a message that goes on and on and on     7",
        "● ready   漢字     short                                 1234",
    ]


def test_on_a_terminal_the_longest_texts_are_cut_first():
    lines = table(COLUMNS, ROWS, 40, unpainted)
    assert max(map(width_of, lines)) == 40
    assert lines[1] == "✖ failed  podinfo  a message that…     7"
    assert lines[2].endswith("1234")
    assert lines[2].startswith("● ready   漢字     short")


def test_columns_that_tell_what_cannot_be_cut_stay_whole_on_a_narrow_terminal():
    lines = table(COLUMNS, ROWS, 10, unpainted)
    assert lines[1] == "✖ failed  podin…  a messa…     7"


def test_styles_do_not_count_as_width():
    plain = table(COLUMNS, ROWS, 40, unpainted)
    coloured = table(COLUMNS, ROWS, 40, painted)
    assert [re.sub("<[^>]*>", "", line) for line in coloured] == plain
    assert "<failed>✖ failed</>" in coloured[1]


@given(ANYTHING)
def test_a_cell_is_one_line_and_moves_no_cursor(text):
    lines = table((Column("A", least=4), Column("B")), [[text, "end"]], 60, unpainted)
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert lines[1].endswith("end")


@pytest.mark.parametrize(
    ("terminal", "environment", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(terminal, environment, expected):
    class Stream(io.StringIO):
        def isatty(self):
            return terminal

    stream = Stream()
    assert wants_colour(stream, environment) is expected
    assert ("\x1b[31m" in Out(stream, environment).paint("x", "failed")) is expected


def test_a_terminal_without_unicode_gets_ascii():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Out(stream, {}).write("✖ podinfo → ready · …")
    assert raw.getvalue().startswith(b"x podinfo > ready")


def test_a_reader_that_went_away_is_noticed():
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    with pytest.raises(PipeClosed):
        Out(Closed(), {}).write("x")


# -- Markdown


@given(ANYTHING)
def test_a_code_span_holds_whatever_it_is_given(text):
    span = markdown.code(text)
    if not span:
        return
    ticks = re.match("`+", span)[0]
    inner = span[len(ticks) : -len(ticks)]
    assert span.endswith(ticks)
    assert not re.search(f"(?<!`){ticks}(?!`)", inner)
    assert "\n" not in span
    assert span.isprintable()


@given(st.lists(st.sampled_from(["`", "``", "````", "a", "\n", "|", "@team", "<b>"]), max_size=12).map("".join))
def test_a_fence_is_longer_than_any_in_its_text(text):
    block = markdown.fence(text).splitlines()
    assert block[0].removesuffix("text") == block[-1]
    assert all(not line.startswith(block[-1]) for line in block[1:-1])


@given(ANYTHING, ANYTHING)
def test_cells_stay_in_their_columns(first, second):
    last = markdown.table(("a", "b"), [[markdown.code(first), markdown.code(second)]]).splitlines()[-1]
    assert len(re.findall(r"(?<!\\)\|", last)) == 3


# -- what is told of a fleet


@pytest.fixture
def broken(fleet):
    """One cluster with a failing source that blocks an application, and one that cannot be reached."""
    fleet.put("prod", "OCIRepository", "apps/podinfo", fleet.failed("FetchFailed", "denied: `x` | @ops\nsecond line"))
    fleet.put(
        "prod", "Kustomization", "apps/podinfo", fleet.blocked, source="OCIRepository/apps/podinfo", message="waits"
    )
    fleet.put("prod", "Kustomization", "infra/dns", source="")
    fleet.cluster("edge", Phase.UNREACHABLE, "connection refused")
    return fleet


def told(fleet, problems=None, words=""):
    report = fleet.triage()
    return reports.Told(fleet.store, report, report.problems if problems is None else problems, words)


def test_the_text_has_verdict_cause_message_and_every_cluster(broken):
    text = reports.text(told(broken), None, unpainted, wide=False)
    lines = text.splitlines()
    assert lines[0].startswith("✖ 1 root cause explains 2 of 2 failing objects")
    assert lines[0].endswith("1 of 2 clusters fresh")
    assert re.search(r"✖ failed +OCIRepository apps/podinfo +prod +1 +10m +FetchFailed +apps", lines[3])
    assert lines[4] == "  denied: `x` | @ops second line"
    assert re.search(r"^prod +fresh +3 +1 +1 +- +- +- +1$", text, re.MULTILINE)
    assert re.search(r"^edge +unreachable 2m +- ", text, re.MULTILINE)


def test_wide_text_adds_the_evidence(broken):
    short = reports.text(told(broken), None, unpainted, wide=False)
    text = reports.text(told(broken), None, unpainted, wide=True)
    assert "waiting behind it: Kustomization/apps/podinfo (prod)" in text
    assert "elsewhere: edge: unreachable" in text
    assert "waiting behind it" not in short


def test_what_a_filter_hides_is_counted(broken):
    text = reports.text(told(broken, [], "ns:infra"), None, unpainted, wide=False)
    assert "1 hidden by 'ns:infra'" in text.splitlines()[0]
    assert not text.startswith(("✖", "●"))


def test_markdown_has_the_message_whole_and_pings_nobody(broken):
    text = reports.markdown_text(told(broken))
    assert "```text\ndenied: `x` | @ops\nsecond line\n```" in text
    outside = re.sub(r"```text.*?```", "", text, flags=re.DOTALL)
    assert "@ops" not in re.sub(r"`+[^`].*?`+", "", outside)
    assert "1 object waits behind it: `Kustomization/apps/podinfo (prod)`" in text
    assert "- `edge: unreachable for 2m: connection refused`" in text


def test_healthy_and_complete_is_told_by_the_glyph_of_ready(fleet):
    fleet.put("prod", "Kustomization", "infra/dns", source="")
    assert reports.text(told(fleet), None, unpainted, wide=False).startswith("● 1 of 1 objects ready")
    fleet.cluster("edge", Phase.UNREACHABLE)
    assert reports.text(told(fleet), None, unpainted, wide=False).startswith("? 1 of 1 objects ready")


def test_what_could_not_be_seen_is_named_with_its_reason(fleet):
    fleet.cluster("ok")
    fleet.cluster("away", Phase.UNREACHABLE, "timed out")
    fleet.cluster("locked", Phase.LOGIN, "log in again")
    fleet.cluster("partly")
    for kind in ("HelmRelease", "Bucket", "Alert", "Receiver", "Provider"):
        fleet.store.table("partly", kind).set_state(DataState(Phase.FORBIDDEN, fleet.now, fleet.now, "no"))
    assert coverage.missing(fleet.triage().clusters, fleet.now) == [
        "away: unreachable for 2m: timed out",
        "locked: login needed for 2m: log in again",
        "partly: may not list HelmReleases, Buckets, Receivers, Alerts and 1 more kinds",
    ]


# -- shapes


def test_the_report_as_json_is_what_its_documentation_says(broken):
    shape = export.triage_shape(broken.store, broken.triage())
    tree = json.loads(as_json(shape))
    assert list(tree)[:3] == ["version", "kind", "time"]
    assert (tree["version"], tree["kind"], tree["time"]) == (1, "Triage", "2027-01-15T08:00:00Z")
    assert (tree["healthy"], tree["complete"], tree["hidden"]) == (False, False, 0)
    (problem,) = tree["problems"]
    assert problem["members"] == [{"cluster": "prod", "kind": "OCIRepository", "namespace": "apps", "name": "podinfo"}]
    assert [each["kind"] for each in problem["blocked"]] == ["Kustomization"]
    assert problem["since"] == "2027-01-15T07:50:00Z"
    assert problem["evidence"]["messages"][0]["text"] == "denied: `x` | @ops\nsecond line"
    states = {each["name"]: (each["state"], each["detail"]) for each in tree["clusters"]}
    assert states == {"prod": ("fresh", ""), "edge": ("unreachable", "connection refused")}


def test_yaml_says_the_same_as_json(broken):
    shape = export.triage_shape(broken.store, broken.triage())
    assert yaml.safe_load(as_yaml(shape)) == json.loads(as_json(shape))
    assert "\n" not in as_json(shape, compact=True)


def test_times_that_nobody_told_are_null(fleet):
    row = fleet.put("prod", "Kustomization", "infra/dns", source="", created=0, ready_since=0)
    tree = msgspec.to_builtins(export.object_shape(row, DataState(Phase.STALE, 0, 0)))
    assert (tree["created"], tree["since"], tree["dataContact"], tree["dataState"]) == (None, None, None, "stale")
    assert export.moment(1e30) is None


def test_two_reports_say_the_same_when_only_time_has_passed(broken):
    first = export.triage_shape(broken.store, broken.triage())
    later = export.triage_shape(broken.store, broken.triage(broken.now + 5))
    assert first != later
    assert export.timeless(first) == export.timeless(later)
    broken.put("prod", "Kustomization", "infra/dns", broken.failed("BuildFailed"), source="")
    assert export.timeless(export.triage_shape(broken.store, broken.triage())) != export.timeless(first)


def test_a_cause_concerns_who_waits_behind_it(broken):
    (cause,) = broken.triage().problems
    for words, concerned in (("kind:oci", True), ("kind:ks ns:apps", True), ("name:dns", False)):
        _, accept = accepting(words, "", broken.now)
        assert causes.concerns(broken.store, cause, accept) is concerned
    _, accept = accepting("", "infra", broken.now)
    assert not causes.concerns(broken.store, cause, accept)


def test_a_kind_that_is_not_installed_is_not_missing_data(fleet):
    data = fleet.cluster("prod", Phase.MISSING)
    assert export.covers(standing(data))
    assert not export.covers(msgspec.structs.replace(standing(data), gaps=(Gap("Bucket", Phase.FORBIDDEN, ""),)))
    assert not export.covers(standing(fleet.cluster("other", Phase.LOADING)))


# -- lists


def listed(fleet, *kinds, words=""):
    chosen = tuple(KINDS[kind] for kind in kinds)
    _, accept = accepting(words, "", fleet.now)
    every = [row for kind in chosen for each in fleet.store.tables(kind.name) for row in each.rows.values()]
    rows = lists.in_order(filter(accept, every), chosen)
    pairs = tuple((row, fleet.store.table(row.cluster, row.record.kind).state) for row in rows)
    return lists.Listed(chosen, pairs, len(every), tuple(map(standing, fleet.store.clusters())), fleet.now, words)


def test_a_list_has_the_worst_first_and_the_columns_of_its_kind(fleet):
    fleet.put("prod", "Kustomization", "apps/a", revision="main@sha1:0123456789", inventory_size=3, path="./a")
    fleet.put("prod", "Kustomization", "apps/z", fleet.failed("BuildFailed", "no\nsuch file"))
    lines = lists.text(listed(fleet, "Kustomization"), None, unpainted, wide=False).splitlines()
    assert lines[0].split() == ["STATUS", "NAMESPACE", "NAME", "SINCE", "REASON", "REVISION", "OBJECTS"]
    assert lines[1].split() == ["✖", "failed", "apps", "z", "10m", "BuildFailed"]
    assert lines[2].split() == ["●", "ready", "apps", "a", "10m", "ReconciliationSucceeded", "main@0123456", "3"]
    wide = lists.text(listed(fleet, "Kustomization"), None, unpainted, wide=True).splitlines()
    assert wide[0].split()[-3:] == ["PATH", "SOURCE", "MESSAGE"]
    assert wide[1].endswith("no such file")


def test_several_clusters_and_kinds_are_told_apart(fleet):
    fleet.put("prod", "Kustomization", "apps/a")
    fleet.put("test", "Namespace", "/apps")
    text = lists.text(listed(fleet, "Kustomization", "Namespace", "Bucket"), None, unpainted, wide=False)
    assert [line.split()[0] for line in text.splitlines() if line] == [
        "Kustomizations",
        "STATUS",
        "●",
        "Namespaces",
        "STATUS",
        "●",
    ]
    assert "CLUSTER" in text
    assert text.splitlines()[-2].split()[:3] == ["STATUS", "CLUSTER", "NAME"]


def test_a_stale_green_is_told_as_stale(fleet):
    fleet.put("prod", "Kustomization", "apps/a")
    fleet.store.table("prod", "Kustomization").set_state(DataState(Phase.STALE, fleet.now - 60, fleet.now - 300, "cut"))
    assert "● ready (stale, 5m old)" in lists.text(listed(fleet, "Kustomization"), None, unpainted, wide=False)
    assert "0 of 1 clusters current" in listed(fleet, "Kustomization").summary
    assert "- `prod: stale for 60s: cut`" in lists.markdown_text(listed(fleet, "Kustomization"))


def test_the_summary_counts_what_the_filter_hides(fleet):
    fleet.put("prod", "Kustomization", "apps/a")
    fleet.put("prod", "Kustomization", "apps/b", suspended=True)
    assert (
        listed(fleet, "Kustomization").summary == "2 Kustomizations · 1 suspended · 1 ready · 1 of 1 clusters current"
    )
    narrow = listed(fleet, "Kustomization", words="name:b")
    assert narrow.summary == "1 of 2 Kustomizations · 1 suspended · 1 of 1 clusters current"
    assert "`name:b`" in lists.markdown_text(narrow)


# -- once, or whenever it changes


class Screen(io.StringIO):
    """A terminal, or not."""

    def __init__(self, terminal):
        super().__init__()
        self._terminal = terminal

    def isatty(self):
        return self._terminal


class Speaker:
    """Says what it is told to say."""

    essence: object = "a"

    async def ask(self):
        return Answer(
            shape={"essence": self.essence},
            essence=self.essence,
            text=lambda width, paint, wide: f"text of {self.essence}",
            markdown=lambda: f"# {self.essence}",
            unseen=[],
            problems=self.essence == "b",
            complete=True,
            now=0,
        )


async def test_a_watch_prints_when_something_changes_and_returns_the_last_code():
    speaker, stream = Speaker(), Screen(False)
    printer = Printer(speaker.ask, "json", watch=True, out=Out(stream, {}))
    assert await printer.show() == 0
    assert await printer.show(aged=False) is None
    speaker.essence = "b"
    assert await printer.show(aged=False) == 1
    assert stream.getvalue() == '{"essence":"a"}\n{"essence":"b"}\n'
    assert not printer.ageing


async def test_on_a_terminal_a_watched_table_replaces_the_one_before():
    speaker, stream = Speaker(), Screen(True)
    printer = Printer(speaker.ask, "table", watch=True, out=Out(stream, {"NO_COLOR": "1"}))
    assert printer.ageing
    await printer.show()
    await printer.show(aged=True)
    assert stream.getvalue().count("\x1b[H\x1b[2J") == 2
    assert stream.getvalue().count("text of a") == 2


async def test_in_a_file_watched_tables_follow_each_other_and_clear_nothing():
    speaker, stream = Speaker(), Screen(False)
    printer = Printer(speaker.ask, "table", watch=True, out=Out(stream, {}))
    await printer.show()
    assert "\x1b" not in stream.getvalue()
    assert "text of a\n" in stream.getvalue()


# -- events


def test_an_event_is_not_called_ready_and_the_latest_comes_first(fleet):
    """A Warning that a health check failed once stood there as "ready"."""
    kind = KINDS["Event"]
    fleet.cluster("eu")
    fleet.cluster("us")
    table = fleet.store.table("eu", "Event")
    for age, name in ((300, "old"), (5, "new"), (60, "middle")):
        told = {"type": "Warning", "reason": "HealthCheckFailed", "last": fleet.now - age, "created": fleet.now - 900}
        table.upsert(EventRecord(kind="Event", id=f"Event/a/{name}", namespace="a", name=name, version=name, **told))
    rows = lists.in_order(table.rows.values(), [kind])
    assert [row.record.name for row in rows] == ["new", "middle", "old"]
    clusters = tuple(standing(data) for data in fleet.store.clusters())
    listed = lists.Listed((kind,), tuple((row, table.state) for row in rows), 3, clusters, fleet.now)
    told = lists.text(listed, None, unpainted, wide=False) + lists.markdown_text(listed) + listed.summary
    assert "3 Events · 2 of 2 clusters current" in told
    assert "HealthCheckFailed" in told
    assert "ready" not in told.lower()
