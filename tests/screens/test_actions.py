"""Acting from the screens: the plan, what is asked, how far it is, and what is left of it when its dialog is closed.

The servers are played by the test: what is written is remembered, and the controllers answer when a test says so.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.actions.rights import Rights
from fluxtui.actions.target import Target
from fluxtui.cli.program import run as fluxtui
from fluxtui.config import Config, ContextRule
from fluxtui.kinds.table import KINDS
from fluxtui.kube.answers import Forbidden
from fluxtui.kube.transport import Resource
from fluxtui.screens.act import MANY, ActScreen
from fluxtui.screens.acting import open_menu
from fluxtui.simulator.resources import Resource as ServedResource

from .world import (
    SMALL,
    WIDE,
    StillCluster,
    World,
    command,
    kustomization,
    lines,
    loses,
    notified,
    running,
    screen,
    sees,
    until,
)

BASE, APPS = "Kustomization/flux-system/base", "Kustomization/frontend/apps"


class Servers:
    """What was written, and what the servers say to that."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self.refusals: dict[str, Exception] = {}

    def opened(self, cluster: StillCluster, permission: Any) -> "Writer":
        assert not permission.refusal(cluster.name)
        return Writer(self, cluster.name)

    def answer(self, identity: str, cluster: str = "alpha", *, ready: bool = True, message: str = "as asked") -> None:
        """The controller concludes the last request."""
        token = next(
            patch["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]
            for where, known, patch in reversed(self.sent)
            if (where, known) == (cluster, identity)
        )

        def conclude(obj: Any) -> None:
            obj["status"]["lastHandledReconcileAt"] = token
            condition = obj["status"]["conditions"][0]
            condition |= {"status": "True" if ready else "False", "reason": "Concluded", "message": message}

        self.world.edit(cluster, identity, conclude)
        self.world.tell()


class Writer:
    """As `kube.writer.Writer`."""

    def __init__(self, servers: Servers, cluster: str) -> None:
        self._servers = servers
        self._cluster = cluster

    async def merge(self, resource: Resource, namespace: str, name: str, patch: dict[str, Any]) -> bytes:
        await asyncio.sleep(0)
        kind = next(kind.name for kind in KINDS.values() if kind.plural == resource.plural)
        if name in self._servers.refusals:
            raise self._servers.refusals[name]
        self._servers.sent.append((self._cluster, f"{kind}/{namespace}/{name}", patch))
        return b'{"metadata": {"generation": 1}}'

    async def delete_pod(self, namespace: str, name: str, options: dict[str, Any]) -> bytes:
        self._servers.sent.append((self._cluster, f"Pod/{namespace}/{name}", options))
        return b'{"metadata": {}}'

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The journal lies in the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "fluxtui" / "actions.jsonl"


@pytest.fixture
def world() -> World:
    """One object that is ready, and one that waits for it."""
    world = World("", ["alpha"])
    world.put("alpha", kustomization("flux-system", "base"))
    world.put(
        "alpha",
        kustomization("frontend", "apps", ready=False, dependsOn=[{"name": "base", "namespace": "flux-system"}]),
    )
    return world


@pytest.fixture
def servers(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    def resource(_: Any, kind: str) -> Resource | None:
        known = KINDS.get(kind)
        return Resource(known.group, known.versions[0], known.plural, known.namespaced) if known is not None else None

    async def missing(_: Any, needs: Any) -> dict[Any, str]:
        return {each: f"needs {each.words}" for each in needs if each.namespace == "forbidden"}

    servers = Servers(world)
    monkeypatch.setattr(StillCluster, "resource", resource)
    monkeypatch.setattr(Rights, "missing", missing)
    monkeypatch.setattr("fluxtui.screens.acting.open_writer", servers.opened)
    yield servers


async def menu(pilot: Pilot[None], name: str = "base") -> None:
    """The menu of one Kustomization."""
    await command(pilot, f"ks name:{name}")
    await sees(pilot, f"filter name:{name}", "1 of")
    await pilot.press("R")
    await sees(pilot, "Act on Kustomization", name)


async def dialog(pilot: Pilot[None], key: str, name: str = "base") -> ActScreen:
    """The dialog of a verb."""
    await menu(pilot, name)
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
    found = pilot.app.screen
    assert isinstance(found, ActScreen)
    return found


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_plan_shows_the_very_patch_and_what_waits_before_anything_is_sent(
    world: World, servers: Servers, size: tuple[int, int]
) -> None:
    async with running(world, size) as pilot:
        await dialog(pilot, "r")
        told = await sees(pilot, "1 object waits behind it, none ready", "Kustomization frontend/apps")
        assert '"reconcile.fluxcd.io/requestedAt": "2026-03-21T02:48:00Z"' in told
        assert "PATCH /apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustom" in told
        assert servers.sent == []
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ActScreen))
        assert servers.sent == []


async def test_it_is_carried_out_told_live_and_what_waits_is_counted_down(world: World, servers: Servers) -> None:
    async with running(world) as pilot:
        await dialog(pilot, "r")
        await sees(pilot, "1 object waits behind it")
        await pilot.press("enter")
        await sees(pilot, "waiting", "leave it running")
        assert [identity for _, identity, _ in servers.sent] == [BASE]
        servers.answer(BASE, message="Applied revision: main@sha1:abc")
        await sees(pilot, "✔ done", "Concluded: Applied revision: main@sha1:abc", "esc close")
        world.put("alpha", kustomization("frontend", "apps", dependsOn=[{"name": "base", "namespace": "flux-system"}]))
        world.tell()
        await sees(pilot, "the object behind it is ready")


async def test_what_goes_wrong_is_told_for_each_object(world: World, servers: Servers) -> None:
    servers.refusals["apps"] = Forbidden(403, "Forbidden", "", "patch", "kustomizations 'apps'")
    async with running(world, WIDE) as pilot:
        await command(pilot, "ks")
        await sees(pilot, "Kustomizations", "frontend")
        await pilot.press("ctrl+a", "R", "r")
        await sees(pilot, "2 objects in alpha")
        await pilot.press("enter")
        await sees(pilot, "✖ 1 refused", "patch kustomizations 'apps'")
        servers.answer(BASE, ready=False, message="no such path")
        await sees(pilot, "✖ failed", "Concluded: no such path", "✖ refused")


async def test_left_alone_it_goes_on_is_told_on_every_screen_and_opens_again(world: World, servers: Servers) -> None:
    async with running(world) as pilot:
        await dialog(pilot, "r")
        await pilot.press("enter")
        await sees(pilot, "leave it running")
        await pilot.press("escape")
        await until(pilot, lambda: "◐ 0/1" in lines(pilot)[0])
        await pilot.press("1")
        await sees(pilot, "Triage", "◐ 0/1", "ctrl+r actions")
        servers.answer(BASE)
        assert "1 done" in await notified(pilot, "1 done")
        assert "✔ 1 done" in lines(pilot)[0]
        await pilot.press("ctrl+r")
        await sees(pilot, "reconcile  Kustomization flux-system/base", "✔ done", "Concluded: as asked")
        await pilot.press("escape")
        await until(pilot, lambda: "✔ 1 done" not in lines(pilot)[0])


async def test_several_can_be_under_way_and_each_be_looked_at(world: World, servers: Servers) -> None:
    async with running(world) as pilot:
        for name in ("base", "apps"):
            await dialog(pilot, "r", name)
            await pilot.press("enter")
            await sees(pilot, "leave it running")
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(pilot.app.screen, ActScreen))
        assert "◐ 0/2" in lines(pilot)[0]
        await pilot.press("ctrl+r")
        await sees(pilot, "reconcile  Kustomization frontend/apps")
        await pilot.press("ctrl+r")
        await sees(pilot, "reconcile  Kustomization flux-system/base")
        servers.answer(APPS, ready=False, message="no such file")
        await until(pilot, lambda: len(pilot.app._notifications))
        await pilot.press("escape")
        await until(pilot, lambda: "✖ 1/2" in lines(pilot)[0])


async def test_suspending_asks_why_and_writes_it_on_the_object(world: World, servers: Servers) -> None:
    async with running(world) as pilot:
        await dialog(pilot, "s")
        await sees(pilot, "why?", "1 object would get nothing new: Kustomization frontend/apps")
        await pilot.press("enter")
        await notified(pilot, "say why")
        assert servers.sent == []
        await pilot.press(*"freeze", "enter")
        await until(pilot, lambda: servers.sent)
        ((_, _, patch),) = servers.sent
        assert patch["metadata"]["annotations"]["metadata.weave.works/suspended-comment"] == "freeze"
        assert patch["spec"] == {"suspend": True}


async def test_many_objects_are_done_only_when_their_number_is_typed(world: World, servers: Servers) -> None:
    for number in range(MANY):
        world.put("alpha", kustomization("team", f"k{number}"))
    async with running(world, WIDE) as pilot:
        await command(pilot, "ks ns:team,frontend")
        await sees(pilot, "filter ns:team,frontend", f"{MANY + 1} of {MANY + 2}")
        await pilot.press("ctrl+a")
        await sees(pilot, f"{MANY + 1} marked")
        await pilot.press("R", "r")
        await sees(pilot, f"{MANY + 1} objects. Type their number")
        await pilot.press("1", "enter")
        await notified(pilot, f"that is not {MANY + 1}")
        assert servers.sent == []
        await pilot.press(*str(MANY + 1), "enter")
        await until(pilot, lambda: len(servers.sent) == 10)  # so many at once
        assert "Kustomization/flux-system/base" not in [identity for _, identity, _ in servers.sent]


async def test_a_protected_context_asks_for_its_name(world: World, servers: Servers) -> None:
    config = Config(contexts=(ContextRule(match="al*", protected=True),))
    async with running(world, config=config) as pilot:
        await dialog(pilot, "r")
        await sees(pilot, "alpha is protected. Type its name")
        await pilot.press(*"alp", "enter")
        await notified(pilot, "that is not alpha")
        await pilot.press(*"alpha", "enter")
        await until(pilot, lambda: servers.sent)


async def test_what_is_not_allowed_is_grey_with_the_right_that_is_missing(world: World, servers: Servers) -> None:
    world.put("alpha", kustomization("forbidden", "secret"))
    async with running(world) as pilot:
        await menu(pilot, "secret")
        await sees(pilot, "needs patch kustomizations in forbidden")
        await pilot.press("r")
        await notified(pilot, "needs patch kustomizations")
        assert not isinstance(pilot.app.screen, ActScreen)


async def test_a_pod_that_is_not_watched_can_be_deleted(world: World, servers: Servers) -> None:
    async with running(world, WIDE) as pilot:
        desk, target = pilot.app.desk, Target("alpha", "Pod/db/postgres-0", "v1", "7")
        open_menu(pilot.app.screen, desk, [target])
        await sees(pilot, "Act on Pod db/postgres-0", "delete pod")
        await pilot.press("d")
        told = await sees(pilot, "DELETE /api/v1/namespaces/db/pods/postgres-0", '"uid": "7"')
        assert "waits behind" not in told


async def test_workloads_of_any_list_are_restarted_marked_ones_too(world: World, servers: Servers) -> None:
    world.serve(
        ServedResource(
            group="apps", versions=("v1",), plural="statefulsets", singular="statefulset", kind="StatefulSet"
        )
    )
    for name in ("postgres", "redis"):
        meta = {"namespace": "db", "name": name, "uid": f"uid-{name}", "creationTimestamp": "2026-03-19T02:48:00Z"}
        spec, status = {"replicas": 1}, {"replicas": 1, "readyReplicas": 1}
        obj = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta, "spec": spec, "status": status}
        world.put("alpha", obj)
    async with running(world, WIDE) as pilot:
        await sees(pilot, "1 root cause")
        await command(pilot, "statefulsets.apps")
        await sees(pilot, " StatefulSets ", "postgres", "redis")
        await pilot.press("space", "space", "R")
        await sees(pilot, "Act on 2", "rollout restart")
        await pilot.press("o")
        await sees(pilot, "namespaces/db/statefulsets/postgres", "kubectl.kubernetes.io/restartedAt")


async def test_a_pod_of_any_list_is_deleted_and_not_a_later_one_of_its_name(servers: Servers) -> None:
    world = World("incident", ["staging-1"])
    async with running(world, WIDE, command="pods ns:frontend") as pilot:
        await sees(pilot, " Pods ", "storefront")
        cluster, identity = pilot.app.screen.chosen()  # type: ignore[attr-defined]
        uid = world.every(cluster, "Pod")[identity]["metadata"]["uid"]
        await pilot.press("R")
        await sees(pilot, "Act on Pod frontend/", "delete pod")
        await pilot.press("d")
        await sees(pilot, "DELETE /api/v1/namespaces/frontend/pods/", f'"uid": "{uid}"')
        assert servers.sent == []


async def test_what_only_shares_a_name_with_a_kind_of_flux_is_left_to_git(world: World, servers: Servers) -> None:
    async with running(world) as pilot:
        target = Target("alpha", "Provider/infra/aws", "pkg.crossplane.io/v1")
        open_menu(pilot.app.screen, pilot.app.desk, [target])
        await notified(pilot, "change it in Git")


@pytest.mark.parametrize("key", ["delete", "ctrl+d", "backspace", "ctrl+k", "D"])
async def test_no_key_deletes_an_object_of_flux(world: World, servers: Servers, key: str) -> None:
    async with running(world) as pilot:
        await menu(pilot)
        assert "delete" not in screen(pilot)
        await pilot.press(key, "enter")
        assert servers.sent == []


# --- the journal


async def test_the_journal_lists_what_was_done_and_how_it_ended(world: World, servers: Servers, state: Path) -> None:
    servers.refusals["apps"] = Forbidden(403, "Forbidden", "", "patch", "kustomizations 'apps'")
    async with running(world, WIDE) as pilot:
        await command(pilot, "journal")
        await sees(pilot, "nothing was done yet", str(state))
        await command(pilot, "ks")
        await sees(pilot, "Kustomizations", "frontend")
        await pilot.press("ctrl+a", "R", "r", "enter")
        await sees(pilot, "1 refused")
        await pilot.press("escape")
        await command(pilot, "journal")
        await sees(pilot, "2 requests on record, 1 of them did not go well", "✖ refused", "◐ under way")
        servers.answer(BASE)
        await sees(pilot, "✔ done")
        await pilot.press("/", *"name:base", "enter")
        told = await sees(pilot, "1 hidden")
        assert "Concluded: as asked" in told
        assert "requestedAt" in told
        await pilot.press("enter")
        await sees(pilot, "i Overview", "Kustomization flux-system/base")


async def test_the_journal_can_be_printed(world: World, servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    assert fluxtui(["journal"]) == 0
    assert "Nothing is on record" in capsys.readouterr().out
    async with running(world) as pilot:
        await dialog(pilot, "s")
        await pilot.press(*"freeze", "enter")
        await until(pilot, lambda: servers.sent)
        world.edit("alpha", BASE, lambda obj: obj["spec"].update(suspend=True))
        world.tell()
        await sees(pilot, "✔ done")
    assert fluxtui(["journal", "-o", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (entry,) = printed["items"]
    assert (printed["version"], printed["kind"], printed["total"]) == (1, "Journal", 1)
    assert (entry["action"], entry["object"], entry["cluster"], entry["result"]) == ("suspend", BASE, "alpha", "done")
    assert (entry["why"], entry["body"]) == ("freeze", servers.sent[0][2])
    assert fluxtui(["journal", "-o", "markdown"]) == 0
    assert f"`{BASE}` | `alpha`" in capsys.readouterr().out
    assert fluxtui(["journal", "-n", "frontend"]) == 0
    assert "Nothing is on record" in capsys.readouterr().out


async def test_read_only_there_are_commands_and_no_dialog(world: World, servers: Servers) -> None:
    async with running(world, WIDE, read_only=True) as pilot:
        await command(pilot, "ks name:base")
        await sees(pilot, "filter name:base")
        await pilot.press("R")
        told = await sees(pilot, "To hand over", "started read-only")
        assert "flux reconcile kustomization base --namespace flux-system --context alpha" in told
        await pilot.press("r", "enter", "escape", "ctrl+r")
        await sees(pilot, "nothing was done yet")
        assert servers.sent == []
        await loses(pilot, "To hand over")
