"""What the shell offers after a tab. Runs at each tab: nothing here connects, and what is imported is little."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem


def contexts(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the kubeconfig's contexts."""
    from fluxtui.cli.settings import Settings
    from fluxtui.kube.contexts import load

    told = context.find_object(Settings)
    found = load((told.kubeconfig if told is not None else "") or None)
    return [CompletionItem(each.name, help=each.server) for each in found.contexts if each.name.startswith(incomplete)]


def kinds(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Kinds, by plural and abbreviation; after a comma, the next one."""
    from fluxtui.kinds.table import KINDS

    before, comma, last = incomplete.rpartition(",")
    offered = [(word, kind.name) for kind in KINDS.values() for word in (*kind.short[:1], kind.plural)]
    return [
        CompletionItem(f"{before}{comma}{word}", help=name)
        for word, name in [*offered, ("all", "every kind of Flux")]
        if word.startswith(last.lower())
    ]


def objects(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The kinds with which an object begins; names would need a cluster."""
    from fluxtui.kinds.table import KINDS

    offered = [(f"{word}/", kind.name) for kind in KINDS.values() if kind.flux for word in (*kind.short[:1], kind.name)]
    return [CompletionItem(word, help=name) for word, name in offered if word.lower().startswith(incomplete.lower())]


def links(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The contexts with which a link begins, then the kinds; names would need a cluster."""
    from fluxtui.kinds.table import KINDS

    known = [item.value for item in contexts(context, parameter, "")]
    within = [name for name in known if incomplete.startswith(f"{name}/")]
    if not within:
        return [CompletionItem(f"{name}/") for name in known if name.startswith(incomplete)]
    start = f"{max(within, key=len)}/"
    offered = [(f"{start}{kind.short[0] if kind.short else kind.name}/", kind.name) for kind in KINDS.values()]
    return [CompletionItem(word, help=name) for word, name in offered if word.lower().startswith(incomplete.lower())]


def filters(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Fields of the filter language, and the values of those that are known without a cluster."""
    from fluxtui.insight.filter import complete

    found = complete(incomplete, len(incomplete), {})
    return [CompletionItem(f"{incomplete[: found.start]}{choice}") for choice in found.choices]


def violations(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Fields of the filter of violations, and the values of those that are known without a cluster."""
    from fluxtui.insight.policy.narrowing import complete

    found = complete(incomplete, len(incomplete), {})
    return [CompletionItem(f"{incomplete[: found.start]}{choice}") for choice in found.choices]


def planes(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Fields of the filter of control planes, the statuses, and the contexts."""
    from fluxtui.kinds.status import WORDS

    if incomplete.startswith("cluster:"):
        names = contexts(context, parameter, incomplete.removeprefix("cluster:"))
        return [CompletionItem(f"cluster:{item.value}", help=item.help) for item in names]
    offered = ["cluster:", *(f"status:{word}" for word in WORDS)]
    return [CompletionItem(word) for word in offered if word.startswith(incomplete)]


def commands(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``:`` commands of the screen."""
    from fluxtui.screens.commands import suggest

    return [CompletionItem(line, help=about) for line, about in suggest(incomplete, (), (), ())]


def themes(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Our themes and the user's, by their files: reading them would need more than a tab is worth."""
    import fluxtui
    from fluxtui.config import folder

    folders = (Path(fluxtui.__file__).parent / "themes", folder("config") / "themes")
    files = [file for place in folders if place.is_dir() for file in place.iterdir()]
    names = sorted({file.stem for file in files if file.suffix in (".yaml", ".yml")})
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
