"""``fluxtui open``: the screen, on the page of one object."""

from __future__ import annotations

import click

from fluxtui.cli import completing, options


@click.command("open", short_help="The screen, on the page of one object.", context_settings=options.CONTEXT_SETTINGS)
@click.argument("link", metavar="CLUSTER/KIND/NAMESPACE/NAME[/TAB]", shell_complete=completing.links)
@options.connecting
@options.on_screen
@click.pass_context
def command(context: click.Context, link: str) -> int:
    """Open the page of an object, as a link from a chat names it; Y in the program copies such a link.

    KIND goes by any of its names (hr, HelmRelease). Of what has no namespace: CLUSTER/KIND/NAME. The cluster is watched
    besides those that are watched anyway. Tabs are those of the page: overview, why, events, yaml...
    """
    from fluxtui.cli.logs import start_logging
    from fluxtui.cli.outcome import Failure
    from fluxtui.cli.tui import open_screen
    from fluxtui.insight.link import LinkError, parse_link
    from fluxtui.kube.contexts import NoContext

    told = options.settings(context)
    start_logging(told.log_file)
    try:
        names = [each.name for each in told.load().contexts]
        place = parse_link(link, names, page_tabs())
    except NoContext as error:
        raise Failure(str(error)) from error
    except LinkError as error:
        raise Failure(f"open: {error}") from error
    return open_screen(told, at_end=told.demo.end if told.demo is not None else None, place=place)


def page_tabs() -> list[str]:
    """The tabs that a page may have, by their ids."""
    from fluxtui.screens.resource import PAGES

    return [page.tab.id for page in PAGES]
