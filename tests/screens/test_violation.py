"""The page of a violation: what is fetched, what is pointed at, who delivers it, and a draft that is never applied."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from fluxtui.insight.policy.reasons import elsewhere, reason
from fluxtui.kinds.policy.match import Requirement
from fluxtui.kinds.policy.policies import Override, PolicyRecord, PolicyRule
from fluxtui.kube.answers import Forbidden, NotFound
from fluxtui.screens.policy import PolicyScreen
from fluxtui.screens.resource import ResourceScreen
from fluxtui.screens.violation import ViolationScreen

from .world import SMALL, WIDE, World, command, lines, notified, running, sees, until

WORKER = "Deployment/backend/orders-worker"
KEY = "prod-eu-1|kyverno|require-labels|check-for-team|apps|Deployment|backend|orders-worker"


@asynccontextmanager
async def page(
    world: World | None = None, size: tuple[int, int] = WIDE, key: str = KEY, tab: str = ""
) -> AsyncIterator[Pilot[None]]:
    """The page of a violation of the incident."""
    async with running(world or World("incident"), size) as pilot:
        await command(pilot, "policy")
        await sees(pilot, "require-labels")
        desk = pilot.app.desk  # type: ignore[attr-defined]
        pilot.app.push_screen(ViolationScreen(desk, key, tab))
        await until(pilot, lambda: isinstance(pilot.app.screen, ViolationScreen) and pilot.app.screen.is_mounted)
        yield pilot


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_enter_on_a_violation_opens_its_page_and_escape_leads_back(size: tuple[int, int]) -> None:
    async with running(World("incident"), size) as pilot:
        await command(pilot, "policy name:orders-worker rule:check-for-team cluster:prod-eu-1")
        await sees(pilot, "require-labels")
        await pilot.press("right", "j", "enter")
        await sees(pilot, "✖ fail require-labels / check-for-team", "by Deployment backend/orders-worker")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PolicyScreen))


async def test_the_overview_tells_rule_action_owner_git_and_where_else() -> None:
    async with page() as pilot:
        told = flat(await sees(pilot, "Delivered by", "The same elsewhere", "audit"))
        assert "failed at path /spec/template/metadata/labels/team/" in told
        assert "spec.template.metadata.labels.team o shows it in the object" in told
        assert "delivered by HelmRelease backend/orders tenant backend" in told
        assert "edit it git https://github.com/acme/d2-apps" in told
        assert "made by Kyverno for what makes pods, from check-for-team" in told
        assert "the same object ✖ staging-1" in told
        assert "⊘ not known of prod-us-1" in told
        assert "because the rule's failureAction is Audit" in told


async def test_the_object_is_shown_with_the_place_pointed_at() -> None:
    async with page(size=SMALL) as pilot:
        await sees(pilot, "Rule")
        await pilot.press("o")
        await sees(pilot, "labels:  # ◀ check-for-team: team is missing here")
        assert "▌" in next(line for line in lines(pilot) if "◀" in line)


async def test_the_rule_is_shown_as_the_policy_has_it() -> None:
    async with page() as pilot:
        await pilot.press("p")
        told = await sees(pilot, "kind: ClusterPolicy", "check-for-team")
        assert "configmap-team" not in told  # its other rules are left out, and that is said
        assert "one of 3" in told


async def test_a_draft_is_copied_or_saved_and_never_applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with page() as pilot:
        await pilot.press("x")
        await sees(pilot, "kind: PolicyException", "orders-worker", "e copy, save")
        await pilot.press("e")
        await sees(pilot, "Save the draft of an exception", "nothing is applied")
        await pilot.press("y")
        await notified(pilot, "YAML")
        await pilot.press("e")
        await sees(pilot, "nothing is applied")
        await pilot.press("Y")
        await sees(pilot, "into which file?")
        pilot.app.screen.query_one("#told", Input).value = "~nobody-of-that-name/draft.yaml"
        await pilot.press("enter")
        await sees(pilot, "Could not determine home directory. Give another")
        pilot.app.screen.query_one("#told", Input).value = "exception-worker.yaml"
        await pilot.press("enter")
        await until(pilot, lambda: list(tmp_path.glob("exception-*.yaml")))
        assert "kind: PolicyException" in written(tmp_path)


def written(folder: Path) -> str:
    (file,) = folder.glob("exception-*.yaml")
    return file.read_text()


async def test_names_lead_to_objects_and_to_the_same_violation_elsewhere() -> None:
    async with page() as pilot:
        await sees(pilot, "the same object")
        await pilot.press("/", *"HelmRelease", "enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ViolationScreen))
        await pilot.press("/", "ctrl+u", *"staging-1", "enter", "enter")
        await sees(pilot, "by Deployment backend/orders-worker in staging-1")


@pytest.mark.parametrize(
    ("identity", "error", "told"),
    [
        (WORKER, NotFound(404, "NotFound", "not found", "get", "deployments"), "the object is gone"),
        (WORKER, Forbidden(403, "Forbidden", "no", "get", "deployments.apps"), "the object cannot be read"),
    ],
)
async def test_what_cannot_be_fetched_is_told(identity: str, error: Exception, told: str) -> None:
    world = World("incident")
    world.refusals[identity] = error
    async with page(world) as pilot:
        await sees(pilot, told)
        await pilot.press("o")
        await sees(pilot, f"# {told}")


async def test_a_policy_that_may_not_be_read_is_told() -> None:
    world = World("incident")
    world.refusals["ClusterPolicy//require-labels"] = Forbidden(403, "Forbidden", "no", "get", "clusterpolicies")
    async with page(world, tab="policy") as pilot:
        await sees(pilot, "# the policy cannot be read")


async def test_a_violation_that_nobody_knows_says_so() -> None:
    async with page(key="prod-eu-1|kyverno|gone|rule|apps|Deployment|a|b") as pilot:
        await sees(pilot, "no such violation is known", "esc")
        await pilot.press("tab", "tab", "o", "x", "e", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PolicyScreen))


async def test_places_and_bookmarks_lead_to_the_page_and_its_tab() -> None:
    async with page() as pilot:
        await pilot.press("o")
        await sees(pilot, "◀")
        await pilot.press("B")
        await notified(pilot, "require-labels / check-for-team by Deployment backend/orders-worker in prod-eu-1")
        await command(pilot, "triage")
        await sees(pilot, "root cause")
        await pilot.press("left_square_bracket")
        await sees(pilot, "by Deployment backend/orders-worker", "◀")


def record(**more: object) -> PolicyRecord:
    return PolicyRecord(kind="ClusterPolicy", id="ClusterPolicy//p", name="p", namespace="", ready="True", **more)  # type: ignore[arg-type]


def test_why_a_rule_does_what_it_does() -> None:
    ours = Override("Enforce", ("prod-*",))
    selected = Override("Enforce", (), "env=prod", (Requirement("env", "In", ("prod",)),))
    legacy = record(group="kyverno.io", action="Audit", overrides=(ours,), rules=(PolicyRule("r"),))
    known = {"prod-a": "env=prod", "dev": "env=dev"}.get
    assert reason(legacy, "r", "dev", known) == "spec.validationFailureAction is Audit"
    assert reason(legacy, "r", "prod-a", known) == "spec.validationFailureActionOverrides (namespaces prod-*: Enforce)"
    assert elsewhere(legacy, "r") == ["deny in namespaces prod-*"]
    assert reason(legacy, "gone", "dev", known) == "the policy has no such rule any more"
    own = record(group="kyverno.io", action="Audit", rules=(PolicyRule("r", action="Enforce", overrides=(selected,)),))
    assert reason(own, "r", "dev", known) == "the rule's failureAction is Enforce"
    assert reason(own, "r", "prod-a", known) == "an override of the rule (namespaces with env=prod: Enforce)"
    assert "the namespace's labels are not known" in reason(own, "r", "unseen", known)
    cel = record(group="policies.kyverno.io", actions=("Audit", "Warn"), rules=(PolicyRule(""),))
    assert reason(cel, "", "dev", known) == "spec.validationActions: Audit, Warn"
    assert reason(record(group="kyverno.io", admission=False), "", "dev", known).startswith("spec.admission is false")
