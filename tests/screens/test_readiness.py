"""Readiness: policies are chosen, and what enforcing them would deny stands there at once."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.screens.readiness import ReadinessScreen
from fluxtui.screens.resource import ResourceScreen
from fluxtui.simulator.registry import ALL
from fluxtui.store.state import Phase

from .world import (
    SMALL,
    WIDE,
    World,
    command,
    kustomization,
    lines,
    notified,
    running,
    screen,
    sees,
    type_filter,
    until,
)


def policy(name: str = "require-limits", action: str = "Audit", **more: Any) -> dict[str, Any]:
    rule = {"apiGroups": ["apps"], "resources": ["deployments"], "operations": ["CREATE", "UPDATE"]}
    return {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ValidatingPolicy",
        "metadata": {"name": name, "annotations": {"policies.kyverno.io/title": "Require limits"}},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "validationActions": [action],
            "validations": [{"expression": "false", "message": "limits are required"}],
            **more,
        },
        "status": {"conditionStatus": {"ready": True}},
    }


def legacy(name: str = "require-labels") -> dict[str, Any]:
    match = {"any": [{"resources": {"kinds": ["Pod"]}}]}
    rule = {"name": "check", "match": match, "validate": {"message": "label it", "pattern": {}}}
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": name},
        "spec": {"rules": [rule], "validationFailureAction": "Audit"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def report(namespace: str, name: str, *results: tuple[str, str, str, str], now: int = 1_774_061_200) -> dict[str, Any]:
    """A report about a Deployment; each result is (source, policy, rule, result)."""
    told = [
        {
            "source": source,
            "policy": of,
            "rule": rule,
            "result": result,
            "message": f"{of} says no",
            "timestamp": {"seconds": now, "nanos": 0},
        }
        for source, of, rule, result in results
    ]
    return {
        "apiVersion": "wgpolicyk8s.io/v1alpha2",
        "kind": "PolicyReport",
        "metadata": {"name": f"uid-{name}", "namespace": namespace},
        "scope": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": namespace, "name": name},
        "results": told,
    }


LIMITS = ("KyvernoValidatingPolicy", "require-limits", "", "fail")
LABELS = ("kyverno", "require-labels", "autogen-check", "fail")


def applying(namespace: str, name: str, deployments: Iterable[str], *, ready: bool = True) -> dict[str, Any]:
    made = kustomization(namespace, name, ready=ready)
    entries = [{"id": f"{namespace}_{each}_apps_Deployment", "v": "v1"} for each in deployments]
    made["status"]["inventory"] = {"entries": entries}
    return made


def namespace(name: str) -> dict[str, Any]:
    labels = {"toolkit.fluxcd.io/tenant": name}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def kyverno(*clusters: str) -> World:
    """Empty clusters that serve Kyverno's kinds."""
    world = World("", list(clusters or ("c",)))
    for resource in ALL:
        world.serve(resource)
    return world


def shop(*policies: dict[str, Any], clusters: tuple[str, ...] = ("c",)) -> World:
    """Two tenants, three Deployments without limits, one of them without labels too."""
    world = kyverno(*clusters)
    for cluster in clusters:
        world.put(cluster, namespace("shop"), namespace("blog"))
        world.put(cluster, applying("shop", "apps", ["cart", "till"]), applying("blog", "apps", ["web"]))
        world.put(cluster, *(policies or (policy(), legacy())))
        world.put(cluster, report("shop", "cart", LIMITS, LABELS), report("shop", "till", LIMITS))
        world.put(cluster, report("blog", "web", LIMITS))
    return world


def rows(pilot: Pilot[None]) -> list[str]:
    """The lines of the list."""
    told = lines(pilot)
    first = next(at for at, line in enumerate(told) if "ACTION / DENIED" in line)
    last = next(at for at, line in enumerate(told) if line.startswith("── "))
    return [line.strip() for line in told[first + 1 : last] if line.strip()]


def written(folder: Path) -> list[str]:
    """The texts of the files in a folder."""
    return [file.read_text() for file in folder.iterdir()]


async def test_policies_are_offered_and_the_answer_follows_the_choice() -> None:
    async with running(shop(), SMALL) as pilot:
        await command(pilot, "readiness")
        told = await sees(pilot, "2 policies only watch, with 4 fails", "○ require-limits vpol")
        assert told.index("require-limits") < told.index("require-labels"), "what fails the most comes first"
        assert "choose it: 3 results of 2 tenants would be judged" in told
        await pilot.press("space")
        told = await sees(pilot, "would deny 3 objects of 2 tenants; 2 Kustomizations turn red at their next")
        assert "◉ require-limits vpol" in told
        assert "3 next reconcile" in told
        await pilot.press("space")
        await sees(pilot, "2 policies only watch, with 4 fails")


async def test_what_would_be_denied_stands_under_who_delivers_it() -> None:
    async with running(shop(), WIDE) as pilot:
        await command(pilot, "readiness require-limits")
        await sees(pilot, "would deny 3 objects of 2 tenants")
        await pilot.press("v")
        await until(pilot, lambda: "require-labels" not in screen(pilot), "the answer alone")
        told = [" ".join(line.replace("▌", " ").split()) for line in rows(pilot)]
        assert told[0].startswith("◉ require-limits vpol audit 3 2")
        assert told[1:] == [
            "blog next reconcile 1 c",
            "✖ Kustomization blog/apps next reconcile 1 c turns red",
            "Deployment blog/web next reconcile 1 · c require-limits says no",
            "shop next reconcile 2 c",
            "✖ Kustomization shop/apps next reconcile 2 c turns red",
            "Deployment shop/cart next reconcile 1 · c require-limits says no",
            "Deployment shop/till next reconcile 1 · c require-limits says no",
        ]
        await pilot.press("down", "down", "down")
        await sees(pilot, "at the next reconcile of what delivers it", "require-limits: require-limits says no")
        await pilot.press("up")
        await sees(pilot, "ready now; it fails at its next reconcile")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen), "the page")


async def test_several_policies_are_judged_together() -> None:
    async with running(shop(), WIDE) as pilot:
        await command(pilot, "readiness require-labels")
        told = await sees(pilot, "would deny 1 object of 1 tenant; nothing fails at its next reconcile")
        assert "made anew" in told, "what violated before may be updated"
        await command(pilot, "readiness require-labels require-limits")
        await sees(pilot, "would deny 3 objects of 2 tenants")
        await pilot.press("u")
        await sees(pilot, "2 policies only watch")


async def test_a_name_that_no_policy_has_is_refused_with_the_nearest() -> None:
    async with running(shop(), SMALL) as pilot:
        await command(pilot, "readiness")
        await sees(pilot, "2 policies only watch")
        await command(pilot, "readiness require-limit")
        await sees(pilot, "there is no policy 'require-limit': try require-limits")


async def test_it_follows_what_changes_and_a_fixed_object_is_gone() -> None:
    world = shop()
    async with running(world, SMALL, command="readiness require-limits") as pilot:
        await sees(pilot, "would deny 3 objects of 2 tenants")
        world.put("c", report("blog", "web", ("KyvernoValidatingPolicy", "require-limits", "", "pass")))
        world.tell()
        await sees(pilot, "would deny 2 objects of 1 tenant; 1 Kustomization turns red")


async def test_nothing_denied_is_only_good_with_confidence() -> None:
    clean = ("KyvernoValidatingPolicy", "require-limits", "", "pass")
    world = kyverno()
    world.put("c", policy(), report("shop", "cart", clean))
    async with running(world, SMALL, command="readiness require-limits") as pilot:
        told = await sees(pilot, "nothing would be denied")
        assert "may be enforced" not in told, "there is no engine, and nobody scans"
        await sees(pilot, "because")


async def test_the_scope_is_that_of_the_answer() -> None:
    world = shop(clusters=("a", "b"))
    async with running(world, WIDE, command="readiness require-limits") as pilot:
        await sees(pilot, "would deny 6 objects of 2 tenants; 4 Kustomizations")
        await command(pilot, "ctx a")
        await command(pilot, "readiness")
        await sees(pilot, "would deny 3 objects of 2 tenants; 2 Kustomizations")


async def test_a_filter_narrows_to_objects_and_says_what_it_hides() -> None:
    async with running(shop(), WIDE, command="readiness require-limits") as pilot:
        await sees(pilot, "would deny 3 objects")
        await type_filter(pilot, "ns:blog")
        await sees(pilot, "6 hidden by filter")
        assert "blog/web" in screen(pilot)
        assert "shop/cart" not in screen(pilot)


async def test_the_checklist_is_copied_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copied: list[str] = []
    async with running(shop(), SMALL, command="readiness require-limits") as pilot:
        await sees(pilot, "would deny 3 objects")
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        await pilot.press("e")
        await sees(pilot, "Export what would be denied")
        await pilot.press("m")
        await notified(pilot, "Markdown, a checklist by tenant, ")
        assert "- [ ] `Deployment shop/cart`: denied at the next reconcile" in copied[0]
        await pilot.press("e")
        await sees(pilot, "Export what would be denied")
        await pilot.press("J")
        await sees(pilot, "into which file?")
        await pilot.press("enter")
        await notified(pilot, ".json")
    (file,) = written(tmp_path)
    assert len(json.loads(file)["denied"]) == 3


# --- states


async def test_a_fleet_where_every_policy_denies_says_so() -> None:
    world = kyverno()
    world.put("c", policy(action="Deny"))
    async with running(world, SMALL, command="readiness") as pilot:
        await sees(pilot, "nothing only watches", "All 1 policy deny already")


async def test_a_fleet_without_kyverno_says_so() -> None:
    world = World("", ["c"])
    async with running(world, SMALL, command="readiness") as pilot:
        await sees(pilot, "there are no policies")


async def test_policies_that_may_not_be_listed_are_no_absence() -> None:
    world = kyverno()
    world.phase("c", Phase.FORBIDDEN, "may not list", kinds=["ValidatingPolicy", "ClusterPolicy"])
    async with running(world, SMALL, command="readiness") as pilot:
        told = await sees(pilot, "? policies cannot be seen", "c: may not be listed")
        assert "only watch" not in told
    async with running(world, SMALL, command="policy") as pilot:
        await sees(pilot, "no policy is known")


async def test_reports_that_may_not_be_listed_are_a_doubt() -> None:
    world = shop()
    world.phase("c", Phase.FORBIDDEN, "may not list", kinds=["PolicyReport"])
    async with running(world, WIDE, command="readiness require-limits") as pilot:
        await sees(pilot, "nothing would be denied", "(low confidence)", "PolicyReports may not be listed")


async def test_a_hostile_message_is_text() -> None:
    world = shop()
    world.put("c", report("shop", "cart", ("KyvernoValidatingPolicy", "require-limits", "", "fail")))
    hostile = report("shop", "till", LIMITS)
    hostile["results"][0]["message"] = "[red]no[/] \x1b[31m"
    world.put("c", hostile)
    async with running(world, WIDE, command="readiness require-limits") as pilot:
        await sees(pilot, "[red]no[/] \\x1b[31m")
        assert isinstance(pilot.app.screen, ReadinessScreen)
