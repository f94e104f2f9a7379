"""Every key of the application and its screens, by binding id: what ``keys:`` in the configuration may change.

The keys of lists and of the command line belong to their widgets (``list.…``, ``line.…``).
"""

from textual.binding import Binding

APP: tuple[Binding, ...] = (
    Binding("1", "go('triage')", "Triage", show=False, id="app.triage"),
    Binding("3", "go('health')", "Health", show=False, id="app.health"),
    Binding("2", "go('tree')", "Tree", show=False, id="app.tree"),
    Binding("4", "go('resources')", "Resources", show=False, id="app.resources"),
    Binding("5", "go('policy')", "Policy", show=False, id="app.policy"),
    Binding("9", "go('changes')", "Changes", show=False, id="app.changes"),
    Binding("question_mark", "keys", "Keys", show=False, id="app.keys"),
    Binding("ctrl+r", "actions", "Actions: under way, or on record", show=False, id="app.actions"),
    Binding("ctrl+p", "command_palette", "Palette", show=False, id="app.palette"),
    Binding("ctrl+t", "next_theme", "Theme", show=False, id="app.theme"),
    Binding("left_square_bracket", "step(-1)", "The place before", show=False, id="app.place-before"),
    Binding("right_square_bracket", "step(1)", "The place after", show=False, id="app.place-after"),
    Binding("minus", "last_place", "The last place, and back", show=False, id="app.place-last"),
    Binding("q", "leave", "Quit", show=False, id="app.quit"),
    Binding("ctrl+c,ctrl+q", "quit", "Quit at once", show=False, id="app.quit-now"),
    Binding("ctrl+z", "suspend_process", "To the shell", show=False, id="app.suspend"),
)

SCREEN: tuple[Binding, ...] = (
    Binding("colon", "command", "Command", show=False, priority=True, id="screen.command"),
    Binding("slash", "filter", "Filter", show=False, priority=True, id="screen.filter"),
    Binding("escape", "back", "Back", show=False, id="screen.back"),
    Binding("0", "all", "All clusters and namespaces", show=False, id="screen.all"),
    Binding("c", "copy", "Copy the name", show=False, id="screen.copy"),
    Binding("Y", "copy_more", "Copy the link, a command, the message…", show=False, id="screen.copy-more"),
    Binding("B", "bookmark", "Bookmark this place", show=False, id="screen.bookmark"),
    Binding("y", "yaml", "YAML", show=False, id="screen.yaml"),
    Binding("t", "tree", "Show it in the tree", show=False, id="screen.tree"),
    Binding("T", "deploys", "Everything that is deployed with it, live", show=False, id="screen.app"),
    Binding("W", "preceded", "What changed before it", show=False, id="screen.preceded"),
    Binding("P", "policy", "The policy that denies it, or what it violates", show=False, id="screen.policy"),
    Binding("H", "hand_over", "Note it for the handover", show=False, id="screen.hand-over"),
    Binding("R", "act", "Act: reconcile, suspend, resume…", show=False, id="screen.act"),
    Binding("R", "how_to", "Commands to hand over", show=False, id="screen.how-to"),
)

RESOURCES: tuple[Binding, ...] = (
    Binding("N", "sort('name')", "Sort by name", show=False, id="resources.sort-name"),
    Binding("A", "sort('since')", "Sort by age", show=False, id="resources.sort-since"),
    Binding("S", "sort('status')", "Sort by status", show=False, id="resources.sort-status"),
    Binding("less_than_sign", "sort_next(-1)", "Sort by the column before", show=False, id="resources.sort-before"),
    Binding("greater_than_sign", "sort_next(1)", "Sort by the next column", show=False, id="resources.sort-next"),
    Binding("f", "faults", "Faults only", show=False, id="resources.faults"),
    Binding("ctrl+w", "wide", "All columns", show=False, id="resources.wide"),
)

KINDS: tuple[Binding, ...] = (
    Binding("N", "sort('name')", "Sort by name", show=False, id="kinds.sort-name"),
    Binding("A", "sort('age')", "Sort by age", show=False, id="kinds.sort-age"),
    Binding("S", "sort('status')", "Sort by health", show=False, id="kinds.sort-status"),
    Binding("less_than_sign", "sort_next(-1)", "Sort by the column before", show=False, id="kinds.sort-before"),
    Binding("greater_than_sign", "sort_next(1)", "Sort by the next column", show=False, id="kinds.sort-next"),
    Binding("f", "faults", "Faults only", show=False, id="kinds.faults"),
    Binding("ctrl+w", "wide", "All columns", show=False, id="kinds.wide"),
)
"""Of lists of any kind."""

TRIAGE: tuple[Binding, ...] = (
    Binding("z", "zoom", "Evidence alone", show=False, id="triage.zoom"),
    Binding("a", "acknowledge", "Acknowledge, or take it back", show=False, id="triage.acknowledge"),
    Binding("A", "acknowledged", "Show or hide what is acknowledged", show=False, id="triage.acknowledged"),
)

ROSTER: tuple[Binding, ...] = (Binding("z", "zoom", "Details alone", show=False, id="roster.zoom"),)
"""Of the lists of one report: green but, suspended, changes."""

ORPHANS: tuple[Binding, ...] = (Binding("r", "again", "Look again", show=False, id="orphans.again"),)

READINESS_LIST: tuple[Binding, ...] = (
    Binding("space", "screen.choose", "Choose the policy, or not", show=False, id="readiness.choose"),
)
"""Of the list itself, where they stand before the list's own keys."""
READINESS: tuple[Binding, ...] = (
    Binding("e", "export", "Export: Markdown by tenant, JSON", show=False, id="readiness.export"),
    Binding("v", "answer", "The answer alone, or all policies", show=False, id="readiness.answer"),
    Binding("u", "none", "Choose nothing", show=False, id="readiness.none"),
)

GUARDRAILS: tuple[Binding, ...] = (Binding("r", "again", "Read the lists again", show=False, id="guardrails.again"),)

CHANGES: tuple[Binding, ...] = (Binding("w", "window", "Next window of time", show=False, id="changes.window"),)

HANDOVER: tuple[Binding, ...] = (
    Binding("n", "annotate", "Edit the note", show=False, id="handover.note"),
    Binding("shift+up,K", "move(-1)", "Move it up", show=False, id="handover.up"),
    Binding("shift+down,J", "move(1)", "Move it down", show=False, id="handover.down"),
    Binding("d", "remove", "Take it out", show=False, id="handover.remove"),
    Binding("u", "undo", "Undo", show=False, id="handover.undo"),
    Binding("o", "ask", "Add an open question", show=False, id="handover.question"),
    Binding("p", "preview", "Read it as Markdown", show=False, id="handover.preview"),
    Binding("e", "export", "Export: Markdown, JSON", show=False, id="handover.export"),
    Binding("X", "start_over", "Begin a new one, keep this", show=False, id="handover.start-over"),
)

HEALTH: tuple[Binding, ...] = (
    Binding("z", "zoom", "Details alone", show=False, id="health.zoom"),
    Binding("i", "instance", "The FluxInstance", show=False, id="health.instance"),
)

PLANE: tuple[Binding, ...] = (
    Binding("f", "faults", "Faults of the kind", show=False, id="plane.faults"),
    Binding("z", "zoom", "Details alone", show=False, id="plane.zoom"),
    Binding("i", "instance", "The FluxInstance", show=False, id="plane.instance"),
)

BOOKMARKS: tuple[Binding, ...] = (
    Binding("d", "delete", "Delete the bookmark", show=False, id="bookmarks.delete"),
    Binding("r", "rename", "Rename it", show=False, id="bookmarks.rename"),
)

TREE_LIST: tuple[Binding, ...] = (
    Binding("space", "screen.fold", "Fold or unfold", show=False, id="tree.toggle"),
    Binding("left", "screen.left", "Fold, or go to what it waits for", show=False, id="tree.fold"),
    Binding("right", "screen.right", "Unfold, or go to what waits for it", show=False, id="tree.unfold"),
)
"""Of the tree itself, where they stand before the list's own keys."""
TREE: tuple[Binding, ...] = (
    Binding("n", "cause(1)", "Next root cause", show=False, id="tree.next-cause"),
    Binding("N", "cause(-1)", "Previous root cause", show=False, id="tree.previous-cause"),
    Binding("r", "reverse", "Blast radius: what waits behind it", show=False, id="tree.reverse"),
    Binding("v", "view", "Next view: dependencies, ownership, sources", show=False, id="tree.view"),
    Binding("l", "longest", "Longest chain", show=False, id="tree.longest"),
    Binding("m", "most", "Most waited for, and the next", show=False, id="tree.most"),
    Binding("w", "assume", "What if it failed, were suspended", show=False, id="tree.what-if"),
    Binding("x", "compare", "Compare two clusters, differences only", show=False, id="tree.compare"),
    Binding("e", "export", "Export what is drawn", show=False, id="tree.export"),
    Binding("asterisk", "open_below", "Unfold everything under it", show=False, id="tree.unfold-below"),
    Binding("E", "open_all", "Unfold everything", show=False, id="tree.unfold-all"),
    Binding("C", "reset", "Fold what is healthy", show=False, id="tree.reset"),
)

POLICY_LIST: tuple[Binding, ...] = (
    Binding("space", "fold", "Fold or unfold", show=False, id="policy.toggle"),
    Binding("left", "left", "Fold; in the matrix, the clusters before", show=False, id="policy.fold"),
    Binding("right", "right", "Unfold; in the matrix, the clusters after", show=False, id="policy.unfold"),
    Binding("x", "mark", "Mark", show=False, id="policy.mark"),
    Binding("asterisk", "open_below", "Unfold everything under it", show=False, id="policy.unfold-below"),
    Binding("E", "open_all", "Unfold everything", show=False, id="policy.unfold-all"),
    Binding("C", "reset", "Fold everything", show=False, id="policy.reset"),
)
"""Of the list of violations itself, where they stand before the list's own keys."""
POLICY: tuple[Binding, ...] = (
    Binding("v", "view", "Next grouping: policy, owner, resource", show=False, id="policy.view"),
    Binding("m", "matrix", "Policies and clusters as a matrix", show=False, id="policy.matrix"),
    Binding("s", "skips", "Show what was skipped, or hide it", show=False, id="policy.skips"),
    Binding("r", "readiness", "What enforcing would deny", show=False, id="policy.readiness"),
    Binding("e", "export", "Export: Markdown, JSON, CSV, SARIF", show=False, id="policy.export"),
    Binding("z", "zoom", "Details alone", show=False, id="policy.zoom"),
    Binding("N", "sort('name')", "Sort by name", show=False, id="policy.sort-name"),
    Binding("A", "sort('since')", "Sort by age", show=False, id="policy.sort-since"),
    Binding("S", "sort('severity')", "Sort by severity", show=False, id="policy.sort-severity"),
    Binding("less_than_sign", "sort_next(-1)", "Sort by the column before", show=False, id="policy.sort-before"),
    Binding("greater_than_sign", "sort_next(1)", "Sort by the next column", show=False, id="policy.sort-next"),
)
VIOLATION: tuple[Binding, ...] = (
    Binding("tab,right", "turn(1)", "Next tab", show=False, id="violation.next"),
    Binding("shift+tab,left", "turn(-1)", "Previous tab", show=False, id="violation.previous"),
    Binding("i", "page('overview')", "Overview", show=False, id="violation.overview"),
    Binding("o", "page('object')", "The object, with the place pointed at", show=False, id="violation.object"),
    Binding("p", "page('policy')", "The rule", show=False, id="violation.rule"),
    Binding("x", "page('draft')", "Draft an exception", show=False, id="violation.draft"),
    Binding("e", "export", "Copy or save the draft", show=False, id="violation.export"),
)

APPLICATION: tuple[Binding, ...] = (
    Binding("n", "trouble(1)", "Next line that is not well", show=False, id="application.next"),
    Binding("N", "trouble(-1)", "Previous line that is not well", show=False, id="application.previous"),
    Binding("l", "logs", "Logs", show=False, id="application.logs"),
    Binding("r", "again", "Ask again", show=False, id="application.again"),
    Binding("asterisk", "open_below", "Unfold everything under it", show=False, id="application.unfold-below"),
    Binding("E", "open_all", "Unfold everything", show=False, id="application.unfold-all"),
    Binding("C", "reset", "Fold what is healthy", show=False, id="application.reset"),
)
"""Of an application; its list has the keys of a tree."""

COMPARE: tuple[Binding, ...] = (
    Binding("x", "next", "Compare with the next cluster", show=False, id="compare.next"),
    Binding("s", "swap", "Swap the sides", show=False, id="compare.swap"),
)

RESOURCE: tuple[Binding, ...] = (
    Binding("tab,right", "turn(1)", "Next tab", show=False, id="resource.next"),
    Binding("shift+tab,left", "turn(-1)", "Previous tab", show=False, id="resource.previous"),
    Binding("i", "page('overview')", "Overview", show=False, id="resource.overview"),
    Binding("x", "page('why')", "Why", show=False, id="resource.why"),
    Binding("m", "page('objects')", "Managed objects", show=False, id="resource.objects"),
    Binding("h", "page('history')", "History", show=False, id="resource.history"),
    Binding("e", "page('events')", "Events", show=False, id="resource.events"),
    Binding("l", "page('logs')", "Logs", show=False, id="resource.logs"),
    Binding("u", "page('values')", "Values, variables, inputs", show=False, id="resource.values"),
    Binding("y", "page('yaml')", "YAML", show=False, id="resource.yaml"),
)

PAGE_YAML: tuple[Binding, ...] = (
    Binding("f", "fold_status", "Fold the status", show=False, id="yaml.fold"),
    Binding("z", "fold", "Fold or unfold what is under the cursor", show=False, id="yaml.fold-here"),
    Binding("Z", "fold_all", "Fold everything, or unfold it", show=False, id="yaml.fold-all"),
    Binding("F", "managed_fields", "managedFields", show=False, id="yaml.managed"),
    Binding("p", "copy_path", "Copy the path", show=False, id="yaml.path"),
    Binding("d", "compare", "Compare: next", show=False, id="yaml.compare"),
    Binding("b", "side_by_side", "Compare side by side", show=False, id="yaml.beside"),
)

PAGE_EVENTS: tuple[Binding, ...] = (
    Binding("f", "warnings", "Warnings alone", show=False, id="events.warnings"),
    Binding("M", "managed", "Events of what it manages too", show=False, id="events.managed"),
    Binding("p", "copy_message", "Copy the message", show=False, id="events.copy"),
)

PAGE_LOGS: tuple[Binding, ...] = (
    Binding("s", "side", "The controller's log, or the pods'", show=False, id="logs.side"),
    Binding("A", "everything", "All lines of the controller", show=False, id="logs.everything"),
    Binding("L", "level", "Warnings, errors, everything", show=False, id="logs.level"),
    Binding("p", "previous", "The life of the container before", show=False, id="logs.previous"),
    Binding("o", "only", "This container alone", show=False, id="logs.only"),
)

PAGE_OBJECTS: tuple[Binding, ...] = (
    Binding("p", "pods", "All pods, or those in trouble", show=False, id="objects.pods"),
    Binding("r", "again", "Ask again", show=False, id="objects.again"),
)

CONTEXT_LIST: tuple[Binding, ...] = (
    Binding("space", "screen.watch", "Watch or leave", show=False, id="contexts.watch"),
)
"""Of the list itself, where they stand before the list's own keys."""
CONTEXTS: tuple[Binding, ...] = (Binding("r", "retry", "Connect again", show=False, id="contexts.retry"),)


def all_ids() -> set[str]:
    """Every id that the configuration may name, those of the widgets included."""
    from fluxtui.widgets.commandline import CommandLine
    from fluxtui.widgets.document import DocumentView
    from fluxtui.widgets.log_view import LogView
    from fluxtui.widgets.sheet import Sheet
    from fluxtui.widgets.virtual_table import VirtualTable

    widgets = (
        *CommandLine.BINDINGS,
        *DocumentView.BINDINGS,
        *LogView.BINDINGS,
        *Sheet.BINDINGS,
        *VirtualTable.BINDINGS,
    )
    every = (
        *APP,
        *SCREEN,
        *TRIAGE,
        *ROSTER,
        *ORPHANS,
        *READINESS_LIST,
        *READINESS,
        *GUARDRAILS,
        *CHANGES,
        *HANDOVER,
        *BOOKMARKS,
        *HEALTH,
        *PLANE,
        *RESOURCES,
        *KINDS,
        *TREE_LIST,
        *TREE,
        *POLICY_LIST,
        *POLICY,
        *VIOLATION,
        *APPLICATION,
        *COMPARE,
        *RESOURCE,
        *PAGE_YAML,
        *PAGE_EVENTS,
        *PAGE_LOGS,
        *PAGE_OBJECTS,
        *CONTEXT_LIST,
        *CONTEXTS,
        *(held for held in widgets if isinstance(held, Binding)),
    )
    return {binding.id for binding in every if binding.id}
