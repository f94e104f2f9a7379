"""Whatever a cluster sends is shown, never obeyed, and stays in its cell."""

import unicodedata
from typing import Any

import pytest
from rich.cells import cell_len

from .world import (
    SMALL,
    WIDE,
    World,
    command,
    kustomization,
    lines,
    loses,
    notified,
    running,
    screen,
    sees,
    type_filter,
)

NASTY = [
    "[red]x[/]",
    "[/]",
    "[@click=app.quit]quit[/]",
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b[2J\x1b[H",
    "\u202egnp.exe",
    "a\u200bb\ufeffc",
    "名前空間",
    "👩‍👩‍👧‍👦 family 🇩🇪",
    "e\u0301\u0301\u0301\u0301\u0301\u0301",
    "\r\nsecond line",
    "tab\tstop",
    "\x9b31m",
    "\ud7ff\ue000",
    "a" * 5000,
    "{{ .Values }} ${HOME} %s {0}",
    "\\[bold]",
]


def nasty(namespace: str, name: str, message: str) -> dict[str, Any]:
    obj = kustomization(namespace, name, ready=False, message=message)
    obj["status"]["conditions"][0]["reason"] = message[:100]
    obj["metadata"]["labels"] = {"x": message[:60]}
    obj["spec"]["path"] = message
    obj["spec"]["sourceRef"] = {"kind": "OCIRepository", "name": name, "namespace": namespace}
    return obj


def harmless(told: list[str], width: int) -> None:
    """Nothing that moves the cursor, hides or reorders text is left, and every line is as wide as the terminal."""
    for line in told:
        assert cell_len(line) == width, repr(line)
        odd = [char for char in line if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"}]
        assert not odd, repr(line)


@pytest.mark.parametrize("text", NASTY, ids=ascii)
@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_names_and_messages_are_text_on_every_screen(text: str, size: tuple[int, int]) -> None:
    world = World("", ["alpha"])
    world.put("alpha", nasty(text, text, text), kustomization("plain", "zz-neighbour"))
    async with running(world, size) as pilot:
        await sees(pilot, "1 root cause")
        harmless(lines(pilot), size[0])
        await pilot.press("4")
        told = await sees(pilot, "Kustomizations 2", "zz-neighbour")
        harmless(lines(pilot), size[0])
        head = next(line for line in told.splitlines() if " NAME " in line)
        rows = [line for line in told.splitlines() if "BuildFailed" in line or "zz-neighbour" in line]
        assert cell_len(rows[-1][: rows[-1].index("zz-neighbour")]) == head.index(" NAME ") + 1  # columns stand
        await pilot.press("enter")
        await sees(pilot, "i Overview", "status ", "message")
        harmless(lines(pilot), size[0])
        await pilot.press("y")
        await sees(pilot, "apiVersion")
        harmless(lines(pilot), size[0])
        assert pilot.app.is_running


async def test_markup_is_shown_as_it_was_written() -> None:
    world = World("", ["alpha"])
    world.put("alpha", nasty("team", "[red]x[/]", "[bold]really[/bold] [@click=app.quit]press[/]"))
    async with running(world, WIDE) as pilot:
        await sees(pilot, "team/[red]x[/]", "[bold]really[/bold] [@click=app.quit]press[/]")
        await pilot.press("c")
        await notified(pilot, "team/[red]x[/]")
        await sees(pilot, "copied")
        toast = pilot.app.screen.query_one("Toast").region
        told = [line[toast.x : toast.right] for line in lines(pilot)[toast.y : toast.bottom]]
        assert any("team/[red]x[/]" in line for line in told)


@pytest.mark.parametrize("text", ["[red]", "[/]", "\x1b[31m", "(((", "a" * 3000, "\u202e", "名前"], ids=ascii)
async def test_filters_and_commands_may_hold_anything(text: str) -> None:
    world = World("", ["alpha"])
    world.put("alpha", kustomization("team", "app"))
    async with running(world) as pilot:
        await pilot.press("4")
        await sees(pilot, "Kustomizations 1")
        await type_filter(pilot, "".join(char for char in text if char.isprintable()))
        await pilot.pause()
        harmless(lines(pilot), SMALL[0])
        await pilot.press("escape")
        await command(pilot, "".join(char for char in text if char.isprintable()))
        await pilot.pause()
        harmless(lines(pilot), SMALL[0])
        assert pilot.app.is_running


async def test_clusters_with_odd_names_and_reasons_do_no_harm() -> None:
    from fluxtui.store.state import Phase

    world = World("", ["[red]prod[/]", "arn:aws:eks:eu-west-1:123456789012:cluster/\u202eprod"])
    for name in world.objects:
        world.phase(name, Phase.UNREACHABLE, "\x1b[31mno [b]host[/b]\u202e", contact=0)
    async with running(world, WIDE) as pilot:
        await sees(pilot, "no cluster can be read", "[red]prod[/]: unreachable")
        harmless(lines(pilot), WIDE[0])
        await command(pilot, "ctx")
        await sees(pilot, "Contexts", "no [b]host[/b]")
        harmless(lines(pilot), WIDE[0])
        await pilot.press("space")
        await notified(pilot, "[red]prod[/]")
        await loses(pilot, "2 of 2 watched")
        assert "1 of 2 watched" in screen(pilot)
