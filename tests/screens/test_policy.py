"""Policy: who breaks which rule, grouped three ways and as a matrix; what is not known is never nothing."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from fluxtui.insight.policy import board as board_module
from fluxtui.insight.policy.board import By, asked
from fluxtui.screens.policy import PolicyScreen
from fluxtui.screens.policy_rows import Painter, abbreviated
from fluxtui.screens.steering import Steering
from fluxtui.store.state import Phase

from .policing import (
    BACKEND,
    CLUSTERS,
    TEAM,
    StillGuard,
    covered,
    guarded,
    picture,
    violation,
    violations,
)
from .test_cost import counting
from .world import SMALL, WIDE, World, command, lines, loses, notified, screen, sees, type_filter, until


@asynccontextmanager
async def policy(
    size: tuple[int, int] = SMALL, shown: object = None, words: str = "policy"
) -> AsyncIterator[Pilot[None]]:
    """The screen over a made-up picture."""
    world = World("incident", list(CLUSTERS))
    app = guarded(world, shown)  # type: ignore[arg-type]
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: world.fleet.started)
        await command(pilot, words)
        await until(pilot, lambda: isinstance(pilot.app.screen, PolicyScreen))
        yield pilot


def row(pilot: Pilot[None], *words: str) -> str:
    """The first line on screen that has all words."""
    return next(line for line in lines(pilot) if all(word in line for word in words))


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_sentence_says_who_breaks_what_and_how_much_is_known(size: tuple[int, int]) -> None:
    async with policy(size) as pilot:
        told = " ".join((await sees(pilot, "21 fails", "require-labels")).split())
        assert "21 fails, 4 warnings, 1 error in 24 objects, 22 delivered by 5 owners" in told
        assert "3 audit, 2 deny" in told
        assert "1 audited rule that nobody is known to break" in told
        assert "11 skipped hidden" in told
        assert "⊘ prod-us-1 unreachable 2m" in told and "update-1 has no reports" in told


async def test_the_list_is_ordered_by_fails_and_tells_zero_from_no_data() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "require-labels / check-for-team")
        names = [line for line in lines(pilot) if "▸ " in line or "verify-images" in line]
        assert [name.split()[1 + (name[0] == "▌")] for name in names[:3]] == [
            "require-labels",
            "pod-security",
            "disallow-latest-tag",
        ]
        assert "≥2h" in row(pilot, "require-labels")
        assert " 6m" in row(pilot, "disallow-latest-tag")
        strip = row(pilot, "pod-security")
        assert "⊘" in strip and "–" in strip and "·" in strip  # unreachable, no reports, none there
        assert row(pilot, "verify-images").count("⊘") == 1  # nobody breaks it; not known of one cluster


async def test_evidence_below_names_policy_action_overrides_and_owners() -> None:
    async with policy(WIDE) as pilot:
        told = await sees(pilot, "Require labels", "whoever is paged")
        assert "audit, deny in ns platform, prod-*" in told
        assert "not held in update-1" in told
        assert "Deployment backend/api · prod-eu-1 · ks backend/apps @ latest-stable@9ab3f00" in told
        assert "ConfigMap default/notes · staging-1 · not delivered by Flux" in told


async def test_where_a_policy_is_not_held_is_told_apart_from_where_that_is_not_known() -> None:
    shown = picture()
    held = {(cluster, identity): each for (cluster, identity), each in shown.policies.items() if cluster != "prod-us-1"}
    async with policy(WIDE, msgspec.structs.replace(shown, policies=held)) as pilot:
        await sees(pilot, "not held in update-1 · ? not known of prod-us-1 (unreachable)")


async def test_warnings_are_not_drawn_in_the_color_of_fails() -> None:
    at = {"staging-1": BACKEND["staging-1"], "prod-eu-1": BACKEND["prod-eu-1"]}
    found = [violation("staging-1", "Deployment", "backend/api", TEAM, at["staging-1"], "warn")]
    found.append(violation("prod-eu-1", "Deployment", "backend/api", TEAM, at["prod-eu-1"]))
    async with policy(WIDE, picture(found)) as pilot:
        await sees(pilot, "1 fail, 1 warning")
        shown = pilot.app.screen
        assert isinstance(shown, PolicyScreen)
        line, board = shown.table.line(), shown._board
        assert line is not None and board is not None
        painter = Painter(board, lambda: 0.0, set(), roomy=True)
        styles = [painter.heat(line.group, cluster)[1] for cluster in at]
        assert styles == ["warning", "status-failed"]


async def test_groups_unfold_into_rules_and_violations_and_fold_again() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "disallow-latest-tag  2 rules")
        await pilot.press("j", "j", "right")
        await sees(pilot, "▾ disallow-latest-tag", "▸ validate-image-tag", "▸ require-image-tag")
        await pilot.press("right", "space")
        await sees(pilot, "▾ validate-image-tag", "Pod backend/redis-0")
        await pilot.press("down", "left", "left", "left", "left")
        await loses(pilot, "▸ require-image-tag")
        await pilot.press("E")
        await sees(pilot, "Deployment frontend/web-3")
        await pilot.press("C")
        await loses(pilot, "Deployment frontend/web-3")


async def test_a_key_goes_through_the_groupings_and_nobody_of_flux_is_a_group() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "by policy", "v by owner")
        await pilot.press("v")
        told = await sees(pilot, "TENANT / OWNER", "backend  2 owners", "not delivered by Flux")
        assert "13" in row(pilot, "▸ backend") and "mixed" in row(pilot, "▸ backend"), told
        await pilot.press("v")
        await sees(pilot, "RESOURCE", "DELIVERED BY", "Deployment frontend/web-0")
        assert "prod-eu-1" in row(pilot, "Deployment frontend/web-0")
        await pilot.press("v")
        await sees(pilot, "POLICY / RULE")


async def test_commands_ask_for_a_grouping_a_matrix_and_a_filter_and_wrong_ones_are_refused() -> None:
    async with policy(WIDE, words="policy by tenant severity:high") as pilot:
        told = " ".join((await sees(pilot, "by tenant and owner", "filter severity:high")).split())
        assert "6 fails, 1 error" in told and "11 skipped, 19 others and 2 sources hidden" in told
        await command(pilot, "policy severity:nonsense")
        await sees(pilot, "there is no severity 'nonsense'")
        await pilot.press("escape")
        await command(pilot, "policy matrix")
        await sees(pilot, "staging-1", "prod-us-1", "m list")


def test_what_follows_the_command_is_read() -> None:
    assert asked("by own ns:a b") == board_module.Asked(By.OWNER, False, "ns:a b")
    assert asked("by tenant").by is By.OWNER and asked("by resource").by is By.RESOURCE
    assert asked("matrix x") == board_module.Asked(By.POLICY, True, "x")
    assert asked("by nothing") == board_module.Asked(None, False, "by nothing")


async def test_a_filter_narrows_while_it_is_typed_and_what_it_hides_is_counted() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "require-limits")
        await type_filter(pilot, "ns:default")
        told = await loses(pilot, "require-limits")
        await sees(pilot, "2 fails", "36 others" if "36 others" in told else "others")
        await pilot.press("escape")
        await sees(pilot, "require-limits", "21 fails")


async def test_skips_are_shown_when_asked_for() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "11 skipped", "verify-images")
        await pilot.press("s")
        await sees(pilot, "nothing hidden")
        await command(pilot, "policy result:skip")
        await sees(pilot, "require-limits", "filter result:skip")


async def test_the_matrix_counts_by_cluster_and_leads_to_the_rule() -> None:
    async with policy(SMALL) as pilot:
        await sees(pilot, "require-labels")
        await pilot.press("m")
        told = await sees(pilot, "staging", "update", "m list")
        cells = row(pilot, "require-labels").split()
        assert cells[cells.index("audit") + 1 :] == ["5", "▅", "9", "█", "⊘", "–"], told
        assert "validate-image-tag" in row(pilot, "disallow-latest-tag / validate")[:60] or "validate" in told
        await pilot.press("j", "j", "enter")
        await sees(pilot, "▾ disallow-latest-tag", "v by owner")
        assert row(pilot, "▌").strip("▌ ").startswith("▸ validate-image-tag")


async def test_many_clusters_are_shown_some_at_a_time() -> None:
    names = [f"edge-{number:02}" for number in range(40)]
    found = [violation(name, "Deployment", "backend/api", TEAM, BACKEND["staging-1"]) for name in names]
    async with policy(SMALL, picture(found, [covered(name) for name in names])) as pilot:
        await sees(pilot, "40 fails", "40 of 40")
        await pilot.press("m")
        told = await sees(pilot, "clusters 1–6 of 40")
        assert "edge-00" in told and "edge-39" not in told
        await pilot.press("right")
        await sees(pilot, "clusters 7–12 of 40")
        await pilot.press(*["right"] * 8)
        await sees(pilot, "of 40", "39")
        await pilot.press("left")
        await loses(pilot, "–40 of 40")


async def test_lines_are_sorted_by_column_and_the_order_is_shown() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "FAILS▲")
        await pilot.press("S")
        await sees(pilot, "SEVERITY▲")
        assert "CVE-2026-1234" in next(line for line in lines(pilot) if "▸" in line)
        await pilot.press("N")
        await sees(pilot, "POLICY / RULE▲")
        await pilot.press("greater_than_sign")
        await loses(pilot, "POLICY / RULE▲")


async def test_marks_name_the_policies_that_are_meant() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "require-labels")
        await pilot.press("x", "x")
        await sees(pilot, "2 marked")
        shown = pilot.app.screen
        assert isinstance(shown, PolicyScreen)
        assert shown.table.marked_policies() == ["ClusterPolicy//require-labels", "ClusterPolicy//pod-security"]
        await pilot.press("escape", "g")
        await pilot.press("c")
        await notified(pilot, "names")


async def test_what_is_listed_is_exported_in_four_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with policy(WIDE, words="policy severity:high") as pilot:
        await sees(pilot, "filter severity:high")
        for key, name in (("M", "md"), ("J", "json"), ("C", "csv"), ("S", "sarif")):
            await pilot.press("e")
            await sees(pilot, "Export 7 violations", "left out: 11 skipped, 19 by the filter, 240 passed")
            await pilot.press(key)
            await sees(pilot, "into which file?", f".{name}")
            await pilot.press("enter")
            await loses(pilot, "into which file?")
    told = {file.suffix: file.read_text() for file in folder(tmp_path)}
    assert set(told) == {".md", ".json", ".csv", ".sarif"}
    assert "## backend" in told[".md"] and "- [ ] **fail** Pod `backend/redis-0` in prod-eu-1" in told[".md"]
    assert "Not known: prod-us-1 (unreachable)." in told[".md"]
    assert json.loads(told[".json"])["shown"] == 7 and len(told[".csv"].splitlines()) == 8
    assert len(json.loads(told[".sarif"])["runs"]) >= 1


def folder(path: Path) -> list[Path]:
    return sorted(path.iterdir())


async def test_readiness_is_asked_of_the_marked_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    async with policy(WIDE) as pilot:
        await sees(pilot, "require-labels")

        async def execute(steering: object, text: str) -> None:
            given.append(text)

        monkeypatch.setattr(Steering, "execute", execute)
        await pilot.press("x", "x", "r")
        await until(pilot, lambda: given)
    assert given == ["readiness require-labels pod-security"]


async def test_copy_names_the_policy_and_y_opens_it() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "require-labels")
        await pilot.press("c")
        await notified(pilot, "require-labels")


async def test_a_new_picture_keeps_cursor_and_folding() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "require-labels")
        await pilot.press("right", "j", "j")
        before = row(pilot, "▌")
        guard = pilot.app.desk.guard  # type: ignore[attr-defined]
        assert isinstance(guard, StillGuard)
        more = violation("prod-eu-1", "Deployment", "aaa/first", TEAM, BACKEND["prod-eu-1"], certain=True)
        guard.show(picture([*violations(), more]))
        await sees(pilot, "22 fails", "Deployment aaa/first")
        assert row(pilot, "▌") == before


@pytest.mark.parametrize(
    ("coverage", "told"),
    [
        ([covered("staging-1", Phase.LOADING)], "reading the reports of the policy engines"),
        ([covered("staging-1", Phase.FORBIDDEN)], "no violation is known, but not everything is"),
        ([covered("staging-1", Phase.UNREACHABLE)], "no violation is known, but not everything is"),
        ([covered("staging-1", Phase.MISSING)], "no policy engine reports here"),
        ([covered("staging-1", count=9, unread=7)], "no violation is known, but not everything is"),
        ([covered("staging-1"), covered("prod-eu-1", Phase.MISSING)], "nobody breaks a rule"),
        ([covered("staging-1", cut=4000)], "no violation is known, but not everything is"),
    ],
)
async def test_nothing_known_is_never_green(coverage: list[object], told: str) -> None:
    empty = msgspec.structs.replace(picture([], coverage), policies={})  # type: ignore[arg-type]
    async with policy(SMALL, empty) as pilot:
        shown = await sees(pilot, told)
        green = "● nobody breaks a rule" in shown
        assert green == (told == "nobody breaks a rule")


async def test_without_a_picture_it_says_that_it_reads() -> None:
    world = World("incident", list(CLUSTERS))
    app = guarded(world)
    app.desk.guard.picture = None
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: world.fleet.started)
        await pilot.press("5")
        await sees(pilot, "reading the reports of the policy engines")
        app.desk.guard.show(picture())
        await sees(pilot, "21 fails")


async def test_scope_narrows_it_and_places_lead_back() -> None:
    async with policy(WIDE) as pilot:
        await sees(pilot, "21 fails")
        await pilot.press("v")
        await sees(pilot, "TENANT / OWNER")
        await pilot.press("4")
        await sees(pilot, "Kustomizations")
        await pilot.press("left_square_bracket")
        await sees(pilot, "TENANT / OWNER")
        await pilot.press("left_square_bracket")
        await sees(pilot, "POLICY / RULE")
        await command(pilot, "ns default")
        await sees(pilot, "2 fails", "others")


def test_clusters_are_abbreviated_by_what_tells_them_apart() -> None:
    assert abbreviated(["staging-1", "prod-eu-1", "prod-us-1", "update-1"]) == {
        "staging-1": "stg",
        "prod-eu-1": "eu",
        "prod-us-1": "us",
        "update-1": "upd",
    }
    assert abbreviated(["staging-1", "prod-eu-1"], 6)["staging-1"] == "stagng"
    short = abbreviated([f"c{number:03}" for number in range(300)])
    assert len(set(short.values())) == 300 and all(len(each) <= 3 for each in short.values())
    assert len(set(abbreviated(["production", "prodection", "a"]).values())) == 3


async def test_a_key_looks_at_no_more_than_the_rows_on_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        violation("staging-1", "Deployment", f"ns-{number % 50}/app-{number:05}", TEAM, BACKEND["staging-1"])
        for number in range(4000)
    ]
    async with policy(SMALL, picture(found)) as pilot:
        await sees(pilot, "4000 fails")
        cells, ordered = counting(monkeypatch, Painter, "cells"), counting(monkeypatch, board_module._Tally, "add")
        orders = []
        real = board_module.order
        monkeypatch.setattr(board_module, "order", lambda each: orders.append(each) or real(each))
        for key in ("right", "j", "G", "k", "pagedown", "g", "x", "z", "z", "left"):
            cells.calls.clear()
            await pilot.press(key)
            await pilot.pause()
            assert len(cells) <= 60, key
        assert not len(ordered) and not orders
        assert "4000 fails" in screen(pilot)
