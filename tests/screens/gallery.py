"""Every widget on one screen, over made-up rows: for the tests, and to look at.

Run it: `python tests/screens/gallery.py [theme]`; `t` changes the theme, `d` the document, `e` the notice.
"""

import random
from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.filter import LineFilter
from textual.widgets import Input

from fluxtui import themes
from fluxtui.widgets.bar import bar, stacked
from fluxtui.widgets.commandline import CommandLine
from fluxtui.widgets.document import DocumentView
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.glyphs import ASCII
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.sparkline import Sparkline
from fluxtui.widgets.tabstrip import Tab, TabStrip
from fluxtui.widgets.virtual_table import ESSENTIAL, Cell, TableColumn, VirtualTable

STATES = (
    ("✖ failed", "status-failed"),
    ("◌ blocked", "status-blocked"),
    ("◐ progressing", "status-progressing"),
    ("‖ suspended", "status-suspended"),
    ("? unknown", "status-unknown"),
    ("⊘ no data", "status-nodata"),
    ("● ready", "status-ready"),
)

COLUMNS = (
    TableColumn("blocks", "BLOCKS", 11, priority=45),
    TableColumn("status", "STATUS", 13, priority=ESSENTIAL),
    TableColumn("kind", "KIND", 14, priority=40, min=9),
    TableColumn("name", "NAME", 24, min=16, flex=2, priority=ESSENTIAL),
    TableColumn("cluster", "CLUSTER", 10, priority=60),
    TableColumn("since", "SINCE", 6, align="right", priority=90),
    TableColumn("health", "HEALTH", 15, priority=20),
    TableColumn("revision", "REVISION", 22, min=12, priority=10, cut="middle"),
    TableColumn("message", "MESSAGE", 20, min=10, flex=3, priority=70),
)

MESSAGES = (
    "install retries exhausted: timed out waiting for Deployment cert-manager/cert-manager-webhook (0/1 ready)",
    "dependency 'flux-system/infra-controllers' is not ready",
    "Applied revision: latest-stable@sha256:9ab3c1d2e4f5a6b7c8d9e0f1a2b3c4d5",
    "[red]not markup[/red] \x1b[31mescape\x1b[0m and a \u202ereversal",
    "检查未通过: 策略 require-labels ✓",
)


class Rows:
    """Rows in a list, by number: key → (state, message)."""

    def __init__(self, count: int = 0) -> None:
        self.keys: list[Hashable] = list(range(count))
        self.position: dict[Hashable, int] = {key: index for index, key in enumerate(self.keys)}
        self.versions: dict[Hashable, int] = {}
        self.asked = 0
        """How often cells were asked for."""

    def set(self, keys: Sequence[Hashable]) -> None:
        """Another list."""
        self.keys = list(keys)
        self.position = {key: index for index, key in enumerate(self.keys)}

    def change(self, key: Hashable) -> None:
        """A row that changed in place."""
        self.versions[key] = self.versions.get(key, 0) + 1

    def __len__(self) -> int:
        return len(self.keys)

    def key(self, index: int) -> Hashable:
        return self.keys[index]

    def version(self, index: int) -> Hashable:
        return self.versions.get(self.keys[index], 0)

    def index_of(self, key: Hashable) -> int | None:
        return self.position.get(key)

    def cells(self, index: int) -> Sequence[Cell]:
        self.asked += 1
        key = self.keys[index]
        dice = random.Random(f"{key}-{self.version(index)}")
        number = int(key) if isinstance(key, int) else 0
        state = STATES[min(number, 5)] if number < 9 else STATES[6]
        waiting = max(0, 38 - 5 * number)
        blocks = (
            [(f"{waiting:>3} ", "strong"), *bar(waiting, 38, 7, style="status-blocked", rest="faint")]
            if waiting
            else ""
        )
        failed = dice.choice((0, 0, 0, 3, 12))
        return (
            blocks,
            state,
            ("HelmRelease", "Kustomization", "OCIRepository")[number % 3],
            [
                (f"team-{number % 7}/", "muted"),
                (f"{dice.choice(('cert-manager', 'frontend', 'backend', 'infra'))}-{number}", "strong"),
            ],
            ("prod-eu-1", "staging-1", "prod-us-1")[number % 3],
            (f"{dice.randint(1, 59)}m", "muted"),
            [
                *stacked([(20, "status-ready", "━"), (failed, "status-failed", "╍")], 8),
                (f" ✖{failed}" if failed else "", "status-failed"),
            ],
            (f"latest-stable@sha256:{dice.getrandbits(64):016x}", "muted"),
            MESSAGES[number % len(MESSAGES)],
        )


YAML = """\
# what the server says
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: "apps"
  namespace: flux-system
  labels: {team: payments}
spec:
  interval: 10m
  retryInterval: 30s # soon
  prune: true
  path: ./clusters/prod-eu-1/apps
  dependsOn:
    - name: infra-configs
      readyExpr: dep.status.conditions.exists(c, c.type == 'Ready')
  sourceRef: &source
    kind: OCIRepository
    name: apps
  replicas: 3
status:
  conditions:
    - type: Ready
      status: "False"
      reason: DependencyNotReady
      message: "dependency 'flux-system/infra-configs' is not ready, and this message goes on and on, out of the screen"
      lastTransitionTime: 2026-11-21T02:46:12Z
  observedGeneration: 7
  lastAppliedRevision: null
"""

TABS = tuple(
    Tab(name.lower(), str(number), name, short)
    for number, (name, short) in enumerate(
        (
            ("Triage", "Triage"),
            ("Tree", "Tree"),
            ("Health", "Heal"),
            ("Resources", "Res"),
            ("Policy", "Pol"),
            ("Windows", "Win"),
            ("Promotion", "Prom"),
            ("Artifacts", "Art"),
            ("Changes", "Chg"),
        ),
        1,
    )
)

HINTS = (
    KeyHint("⏎", "open", 90),
    KeyHint("t", "tree", 60),
    KeyHint("c", "changes", 50),
    KeyHint("a", "acknowledge", 40),
    KeyHint("space", "mark", 45),
    KeyHint("s", "sort", 30),
    KeyHint("/", "filter", 80),
    KeyHint(":", "command", 85),
    KeyHint("?", "keys", 99),
)

COMMANDS = (
    ("ks", "Kustomizations"),
    ("kustomizations", "the same"),
    ("hr", "HelmReleases"),
    ("ctx", "clusters"),
    ("ns", "namespaces"),
)


def suggest(text: str) -> Sequence[tuple[str, str]]:
    """Commands that start with the text."""
    return [pair for pair in COMMANDS if pair[0].startswith(text)]


class Gallery(App[None]):
    """All widgets, in a layout like the real screens'."""

    CSS = """
    #table { height: 1fr; }
    #lower { height: auto; padding: 0 1; border-top: solid $border; border-title-color: $foreground; }
    #headline, #spark { padding: 0 1; width: 100%; }
    Notice, DocumentView { display: none; }
    """
    BINDINGS: ClassVar = [
        Binding("t", "next_theme"),
        Binding("d", "show('document')"),
        Binding("e", "show('notice')"),
        Binding("colon", "command", priority=True),
        Binding("slash", "filter", priority=True),
    ]

    def __init__(
        self, theme: str = themes.DEFAULT, rows: int = 5000, *, ascii_only: bool = False, opens: str = "table"
    ) -> None:
        super().__init__()
        for name in themes.BUILTIN:
            self.register_theme(themes.builtin(name))
        self.theme = theme
        self.ascii_only = ascii_only
        self.opens = opens
        self.rows = Rows(rows)
        self.heard: list[object] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.variable_defaults(dark=self.current_theme.dark)

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = themes.line_filters(super().get_line_filters(), ansi=self.native_ansi_color)
        return [*filters, ASCII] if self.ascii_only else filters

    def compose(self) -> ComposeResult:
        yield TabStrip(TABS, "triage", [("3/4 clusters", "badge"), ("READ-ONLY", "badge-warning")])
        yield FlowLine(
            [
                ("✖ ", "status-failed"),
                ("2 root causes", "strong"),
                (" explain ", ""),
                ("41 of 43", "strong"),
                (" failing objects · ", ""),
                ("3 of 4 clusters fresh", "status-ready"),
                (" · ", "faint"),
                ("⊘ prod-us-1 unreachable for 2m", "status-nodata"),
            ],
            lines=2,
            indent=2,
            id="headline",
        )
        yield Sparkline(
            [0, 0, 1, 2, 0, 0, None, 0, 4, 9, 24, 12, 3, 1, 0, 0, 2, 1],
            marked=10,
            after=[
                ("212 changes", "strong"),
                (" in the last hour, 24 in the minute before the first failure (02:46)", "muted"),
            ],
            id="spark",
        )
        yield VirtualTable(COLUMNS, self.rows, id="table")
        yield Notice(
            "forbidden",
            "Kustomizations may not be listed in prod-us-1",
            [
                'The server says: kustomizations.kustomize.toolkit.fluxcd.io: forbidden: User "anna" cannot list.',
                "Rows of the other 3 clusters are not affected.",
            ],
            [("r", "ask again"), (":ctx", "choose other clusters"), ("?", "what rights fluxtui needs")],
        )
        yield DocumentView(YAML, "yaml")
        with Vertical(id="lower") as lower:
            lower.border_title = "evidence: HelmRelease cert-manager/cert-manager"
            yield FlowLine(
                [(f"“{MESSAGES[0]}”", "strong")],
                lines=2,
                indent=1,
            )
            yield FlowLine(
                [("   Ready=False", "status-failed"), (" · 14m ago · generation 7 of 7 · seen 3s ago", "muted")]
            )
            yield FlowLine(
                [
                    ("waits behind  ", "muted"),
                    ("infra-configs → monitoring → ingress → 35 more · tenants frontend, backend", ""),
                ]
            )
            yield FlowLine([("documents     ", "muted"), ("https://fluxcd.io/flux", "link")])
        yield KeyHints(HINTS, [("12 of 340", "muted")])
        yield CommandLine()

    def on_mount(self) -> None:
        self.action_show(self.opens)
        self.query_one(VirtualTable).sort = ("since", True)

    def action_next_theme(self) -> None:
        at = themes.BUILTIN.index(self.theme) if self.theme in themes.BUILTIN else -1
        self.theme = themes.BUILTIN[(at + 1) % len(themes.BUILTIN)]

    def action_show(self, what: str) -> None:
        kinds = {"document": DocumentView, "notice": Notice, "table": VirtualTable}
        for name, kind in kinds.items():
            self.query_one(kind).display = name == what
        if what != "notice":
            self.query_one(kinds[what]).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`:` and `/` are text while a line is written."""
        return not (action in ("command", "filter") and isinstance(self.focused, Input))

    def action_command(self) -> None:
        self.query_one(CommandLine).open(":", suggest=suggest)

    def action_filter(self) -> None:
        self.query_one(CommandLine).open("/")

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        self.heard.append(event)

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        self.heard.append(event)

    def on_virtual_table_sort_requested(self, event: VirtualTable.SortRequested) -> None:
        self.heard.append(event)

    def on_virtual_table_marked(self, event: VirtualTable.Marked) -> None:
        self.heard.append(event)

    def on_command_line_submitted(self, event: CommandLine.Submitted) -> None:
        self.heard.append(event)

    def on_command_line_changed(self, event: CommandLine.Changed) -> None:
        self.heard.append(event)

    def on_command_line_cancelled(self, event: CommandLine.Cancelled) -> None:
        self.heard.append(event)

    def on_tab_strip_activated(self, event: TabStrip.Activated) -> None:
        self.heard.append(event)

    def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        self.heard.append(event)

    def on_document_view_searched(self, event: DocumentView.Searched) -> None:
        self.heard.append(event)

    def on_document_view_copied(self, event: DocumentView.Copied) -> None:
        self.heard.append(event)


if __name__ == "__main__":
    import sys

    Gallery(*sys.argv[1:2]).run()
