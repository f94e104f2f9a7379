"""Carrying out plans against a store that a test writes: every end that an object can come to, told for itself."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from fluxtui.actions import plan as planning
from fluxtui.actions.journal import Journal, Origin, read
from fluxtui.actions.plan import Step
from fluxtui.actions.run import AT_ONCE, Crew, Run, Stage
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import POD, Verb
from fluxtui.kube.answers import Forbidden, NotFound, Refused, TooManyRequests, Unreachable
from fluxtui.kube.writer import ReadOnly
from fluxtui.store.state import DataState, Phase

from .conftest import NOW, Fleet
from .test_action_plan import AT, Sight


class Scene:
    """A fleet, the requests that reached it, and what it does about them."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.sight = Sight(fleet)
        self.sent: list[tuple[str, str]] = []
        self.closed = 0
        self.under_way = self.most = 0
        self.faults: dict[str, list[Exception]] = {}
        self.subscribers = []
        self.reacts = True
        self.journal: Journal | None = None
        self.patience = 5.0
        self.told: list[tuple[int, Stage, str]] = []
        self.shown: list[Any] = []
        """What fetching an object that is not watched shows, one after the other, the last for good."""

    # what a writer does

    async def merge(self, resource, namespace, name, patch):
        return await self._request(resource.plural, namespace, name, patch)

    async def delete_pod(self, namespace, name, options):
        return await self._request("pods", namespace, name, options)

    async def close(self):
        self.closed += 1

    async def _request(self, plural, namespace, name, body):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.sent.append((f"{plural}/{namespace}/{name}", json.dumps(body)))
        if faults := self.faults.get(name):
            raise faults.pop(0)
        return b'{"metadata": {"generation": 2, "uid": "1"}}'

    # what the cluster does

    def tell(self) -> None:
        batch = self.fleet.store.drain()
        for subscriber in tuple(self.subscribers):
            subscriber(batch)

    def answer(self, kind: str, ref: str, *states, **fields) -> None:
        self.fleet.put("c", kind, ref, *states, **({"handled": AT} | fields))
        self.tell()

    def subscribe(self, subscriber):
        self.subscribers.append(subscriber)
        return lambda: self.subscribers.remove(subscriber)

    # a run

    def run(self, verb: Verb, *given: str | Target, **told: str) -> Run:
        targets = [("c", each) if isinstance(each, str) else each for each in given]
        plan = planning.make(self.sight, verb, targets, NOW, **told)
        crew = Crew(
            self.sight,
            lambda _: self,
            self.subscribe,
            lambda: NOW,
            self.journal,
            lambda _: Origin("https://c.example", "admin"),
            self.patience,
            self._fetch,
        )
        self.fleet.store.drain()

        def tell(at: int) -> None:
            self.told.append((at, run.progress[at].stage, run.progress[at].text))

        run = Run(plan, crew, tell)
        return run

    async def _fetch(self, cluster, resource, namespace, name):
        shown = self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        if isinstance(shown, Exception):
            raise shown
        return shown

    async def until(self, condition) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - what is waited for is a state, not an event
                await asyncio.sleep(0)


@pytest.fixture
def scene(fleet: Fleet) -> Scene:
    return Scene(fleet)


def ends(run: Run) -> list[tuple[str, str]]:
    return [(progress.stage.value, progress.text) for progress in run.progress]


async def test_it_is_done_when_the_controller_answers_and_not_before(scene: Scene) -> None:
    scene.fleet.put("c", "Kustomization", "apps/a")
    run = scene.run(Verb.RECONCILE, "Kustomization/apps/a")
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.progress[0].stage is Stage.WAITING)
    scene.answer("Kustomization", "apps/a", ready="Unknown", reason="Progressing", message="Detecting drift")
    await scene.until(lambda: "Detecting drift" in run.progress[0].text)
    assert not run.over
    scene.answer(
        "Kustomization", "apps/a", ready="True", reason="ReconciliationSucceeded", message="Applied revision: x"
    )
    await task
    assert ends(run) == [("done", "ReconciliationSucceeded: Applied revision: x")]
    assert [stage for _, stage, _ in scene.told] == [Stage.SENDING, Stage.WAITING, Stage.WAITING, Stage.DONE]
    assert scene.sent == [("kustomizations/apps/a", run.plan.steps[0].text)]
    assert (scene.closed, scene.subscribers) == (1, [])


async def test_a_failure_that_the_controller_tells_is_no_success(scene: Scene) -> None:
    scene.fleet.put("c", "Kustomization", "apps/a")
    run = scene.run(Verb.RECONCILE, "Kustomization/apps/a")
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.progress[0].stage is Stage.WAITING)
    scene.answer("Kustomization", "apps/a", ready="False", reason="BuildFailed", message="no such file")
    await task
    assert ends(run) == [("failed", "BuildFailed: no such file")]


async def test_the_source_answers_before_the_objects_are_asked_and_is_asked_once(scene: Scene) -> None:
    scene.fleet.put("c", "OCIRepository", "s/src")
    for name in "ab":
        scene.fleet.put("c", "Kustomization", f"apps/{name}", source="OCIRepository/s/src")
    run = scene.run(Verb.WITH_SOURCE, "Kustomization/apps/a", "Kustomization/apps/b")
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: all("first its source OCIRepository s/src" in p.text for p in run.progress))
    await asyncio.sleep(0.02)
    assert [where for where, _ in scene.sent] == ["ocirepositories/s/src"]
    scene.answer("OCIRepository", "s/src", ready="True", reason="Succeeded", message="stored artifact")
    await scene.until(lambda: len(scene.sent) == 3)
    for name in "ba":
        scene.answer(
            "Kustomization", f"apps/{name}", ready="True", reason="ok", message="", source="OCIRepository/s/src"
        )
    await task
    assert [stage for stage, _ in ends(run)] == ["done", "done"]


async def test_a_source_that_fails_leaves_its_objects_unasked_and_says_so(scene: Scene) -> None:
    scene.fleet.put("c", "OCIRepository", "s/src")
    scene.fleet.put("c", "Kustomization", "apps/a", source="OCIRepository/s/src")
    run = scene.run(Verb.WITH_SOURCE, "Kustomization/apps/a")
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.progress[0].stage is Stage.WAITING)
    scene.answer("OCIRepository", "s/src", ready="False", reason="OCIArtifactPullFailed", message="503")
    await task
    assert ends(run) == [
        ("failed", "its source OCIRepository s/src: OCIArtifactPullFailed: 503; it was not asked itself")
    ]
    assert len(scene.sent) == 1


async def test_everyone_has_an_end_of_their_own(scene: Scene) -> None:
    names = ("good", "denied", "gone", "clash", "invalid", "silent", "off")
    for name in names:
        scene.fleet.put("c", "Kustomization", f"apps/{name}", suspended=name == "off")
    clash = Refused(409, "Conflict", "the object has been modified", "patch", "kustomizations")
    scene.faults = {
        "denied": [Forbidden(403, "Forbidden", 'User "jane" cannot patch in the namespace "apps"', "patch", "ks")],
        "gone": [NotFound(404, "NotFound", "not found", "patch", "ks")],
        "clash": [clash, clash],
        "invalid": [Refused(422, "Invalid", "spec.suspend: unknown field", "patch", "ks")],
        "silent": [Unreachable("https://c.example", "connection refused")],
    }
    run = scene.run(Verb.RECONCILE, *(f"Kustomization/apps/{name}" for name in names))
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.progress[0].stage is Stage.WAITING)
    scene.answer("Kustomization", "apps/good", ready="True", reason="ok", message="")
    await task
    found = dict(zip(names, ends(run), strict=True))
    assert found["good"] == ("done", "ok")
    assert found["denied"] == ("refused", 'jane may not patch ks in the namespace "apps"')
    assert found["gone"] == ("vanished", "it was deleted meanwhile: there is nothing to patch")
    assert found["clash"] == ("conflict", "the object has been modified")
    assert found["invalid"][0] == "refused"
    assert "spec.suspend: unknown field (422)" in found["invalid"][1]
    assert found["silent"] == ("no answer", "https://c.example: connection refused; whether it arrived is not known")
    assert found["off"] == ("not done", "is suspended: resume it first")
    assert [where for where, _ in scene.sent].count("kustomizations/apps/clash") == 2
    assert "kustomizations/apps/off" not in [where for where, _ in scene.sent]
    assert run.over
    assert run.counts()[Stage.DONE] == 1


@pytest.mark.parametrize(
    "fault",
    [Refused(409, "Conflict", "modified", "patch", "ks"), TooManyRequests(429, "", "slow down", "patch", "ks", 0.01)],
)
async def test_a_conflict_and_a_busy_server_are_tried_once_more(scene: Scene, fault: Refused) -> None:
    scene.fleet.put("c", "Kustomization", "apps/a")
    scene.faults = {"a": [fault]}
    run = scene.run(Verb.SUSPEND, "Kustomization/apps/a", who="anna", why="freeze")
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.progress[0].stage is Stage.WAITING)
    scene.answer("Kustomization", "apps/a", suspended=True)
    await task
    assert ends(run) == [("done", "suspended")]
    assert len(scene.sent) == 2
    assert (0, Stage.SENDING, f"once more: {fault.message}") in scene.told


async def test_what_is_deleted_while_we_wait_has_vanished(scene: Scene) -> None:
    scene.fleet.put("c", "Kustomization", "apps/a")
    run = scene.run(Verb.RECONCILE, "Kustomization/apps/a")
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.progress[0].stage is Stage.WAITING)
    scene.fleet.remove("c", "Kustomization", "apps/a")
    scene.tell()
    await task
    assert ends(run) == [("vanished", "it was deleted while we waited for its controller")]


async def test_a_pod_that_goes_is_what_was_wanted(scene: Scene) -> None:
    scene.fleet.put("c", "Pod", "db/x", uid="1")
    scene.fleet.put("c", "Pod", "db/y", uid="2")
    scene.faults = {"y": [NotFound(404, "NotFound", "not found", "delete", "pods")]}
    run = scene.run(Verb.DELETE_POD, "Pod/db/x", "Pod/db/y")
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.progress[0].stage is Stage.WAITING)
    scene.fleet.remove("c", "Pod", "db/x")
    scene.tell()
    await task
    assert ends(run) == [("done", "gone"), ("done", "gone already")]


def stateful(ready: int, **spec: Any) -> dict[str, Any]:
    counts = {"replicas": 2, "readyReplicas": ready, "currentReplicas": ready, "updatedReplicas": ready}
    revisions = {"currentRevision": "b", "updateRevision": "b"}
    status = {"observedGeneration": 2, **counts, **revisions}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "generation": 2, "uid": "1"},
        "spec": {"replicas": 2, **spec},
        "status": status,
    }


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluxtui.actions.run.LOOK", 0.001)


@pytest.mark.usefixtures("hasty")
async def test_a_workload_that_is_not_watched_is_fetched_until_it_is_rolled_out(scene: Scene) -> None:
    lost = Unreachable("https://c.example", "connection refused")
    scene.shown = [stateful(0), stateful(1), lost, stateful(2)]
    run = scene.run(Verb.RESTART, "StatefulSet/db/db")
    await run.carry_out()
    assert ends(run) == [("done", "rolled out")]
    waiting = [text for _, stage, text in scene.told if stage is Stage.WAITING]
    assert waiting[0].startswith("0 of 2 replicas ready")
    assert waiting[-1] == "no news of it: https://c.example: connection refused"


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("shown", "end"),
    [
        (stateful(2, paused=True), ("failed", "its rollout is paused: no pod is replaced until somebody resumes it")),
        (NotFound(404, "NotFound", "not found", "get", "sts"), ("vanished", "it was deleted while we waited")),
        (
            Forbidden(403, "Forbidden", "", "get", "sts 'db'"),
            ("no answer", "it was accepted; what becomes of it cannot be seen"),
        ),
    ],
)
async def test_a_restart_that_does_not_end_well_is_told(scene: Scene, shown: Any, end: tuple[str, str]) -> None:
    scene.shown = [shown]
    run = scene.run(Verb.RESTART, "StatefulSet/db/db")
    await run.carry_out()
    ((stage, text),) = ends(run)
    assert (stage, text[: len(end[1])]) == end


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("uid", "end"), [("", "gone: another pod of that name is there"), ("1", "gone: another pod of that name is there")]
)
async def test_another_pod_of_that_name_is_not_the_one_that_was_deleted(scene: Scene, uid: str, end: str) -> None:
    """Without a uid in the plan, that of the server's answer counts."""
    old = {"apiVersion": "v1", "kind": "Pod", "metadata": {"uid": "1", "deletionTimestamp": "2027-01-15T08:00:00Z"}}
    scene.shown = [old, old, {"apiVersion": "v1", "kind": "Pod", "metadata": {"uid": "2"}}]
    run = scene.run(Verb.DELETE_POD, Target("c", "Pod/db/db-0", "v1", uid))
    await run.carry_out()
    assert ends(run) == [("done", end)]
    assert (0, Stage.WAITING, "is being deleted") in scene.told


async def test_a_controller_that_never_answers_times_out_with_what_was_last_seen(scene: Scene) -> None:
    scene.patience = 0.05
    scene.fleet.put("c", "Kustomization", "apps/a", ready="Unknown", reason="Progressing", message="Detecting drift")
    run = scene.run(Verb.RECONCILE, "Kustomization/apps/a")
    await run.carry_out()
    ((stage, text),) = ends(run)
    assert stage == "timed out"
    assert text == "no answer within 0s; last seen: Progressing: Detecting drift"


async def test_a_cluster_that_falls_silent_is_told_and_its_rows_do_not_count_as_gone(scene: Scene) -> None:
    scene.fleet.put("c", "Kustomization", "apps/a")
    run = scene.run(Verb.RECONCILE, "Kustomization/apps/a")
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.progress[0].stage is Stage.WAITING)
    table = scene.fleet.store.table("c", "Kustomization")
    table.set_state(DataState(Phase.UNREACHABLE, NOW, NOW, "connection refused"))
    table.replace(())
    scene.tell()
    await scene.until(lambda: run.progress[0].text == "no news of c: unreachable, connection refused")
    table.set_state(DataState(Phase.FRESH, NOW, NOW))
    scene.answer("Kustomization", "apps/a", ready="True", reason="ok", message="")
    await task
    assert ends(run) == [("done", "ok")]


async def test_cancelling_sends_nothing_more(scene: Scene) -> None:
    identities = []
    for number in range(AT_ONCE + 3):
        scene.fleet.put("c", "Kustomization", f"apps/k{number}")
        identities.append(f"Kustomization/apps/k{number}")
    run = scene.run(Verb.RECONCILE, *identities)
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.counts().get(Stage.WAITING) == AT_ONCE)
    run.cancel()
    await task
    assert len(scene.sent) == AT_ONCE
    assert ends(run)[0] == ("cancelled", "not waited for any more")
    assert ends(run)[-1] == ("cancelled", "nothing was sent")
    assert run.over


async def test_no_more_than_so_many_objects_are_under_way(scene: Scene) -> None:
    identities = []
    for number in range(AT_ONCE * 3):
        scene.fleet.put("c", "FluxReport", f"ns/r{number}")
        identities.append(f"FluxReport/ns/r{number}")
    run = scene.run(Verb.RECONCILE, *identities)
    await run.carry_out()
    assert scene.most == AT_ONCE
    assert run.counts() == {Stage.DONE: AT_ONCE * 3}
    assert ends(run)[0] == ("done", "sent; there is nothing to wait for")


async def test_a_writer_that_may_not_be_made_refuses_its_objects(scene: Scene, fleet: Fleet) -> None:
    scene.fleet.put("c", "Kustomization", "apps/a")
    plan = planning.make(scene.sight, Verb.RECONCILE, [("c", "Kustomization/apps/a")], NOW)

    def none(cluster: str):
        raise ReadOnly("the program was started read-only")

    run = Run(plan, Crew(scene.sight, none, scene.subscribe, lambda: NOW))
    await run.carry_out()
    assert ends(run) == [("refused", "the program was started read-only")]


# --- the journal


async def test_every_request_is_on_record_with_its_result(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "state" / "actions.jsonl"
    scene.journal = Journal(path, lambda: NOW + 0.5, "anna")
    scene.fleet.put("c", "Kustomization", "apps/a")
    scene.fleet.put("c", "Kustomization", "apps/b")
    scene.faults = {"b": [NotFound(404, "NotFound", "not found", "patch", "ks")]}
    run = scene.run(Verb.SUSPEND, "Kustomization/apps/a", "Kustomization/apps/b", who="anna", why="freeze")
    task = asyncio.create_task(run.carry_out())
    await scene.until(lambda: run.progress[0].stage is Stage.WAITING and run.progress[1].stage.over)
    assert [(action.result, action.message[:7]) for action in read(path)] == [
        ("not known", ""),
        ("vanished", "it was "),
    ]
    scene.answer("Kustomization", "apps/a", suspended=True)
    await task
    done = read(path)[0]
    asked = done.asked
    assert (done.result, done.message, done.ended) == ("done", "suspended", "2027-01-15T08:00:00.500Z")
    assert (asked.user, asked.identity, asked.cluster, asked.server) == ("anna", "admin", "c", "https://c.example")
    assert (asked.object, asked.action, asked.why) == ("Kustomization/apps/a", "suspend", "freeze")
    assert asked.request == "PATCH /apis/kustomize.toolkit.fluxcd.io/v1/namespaces/apps/kustomizations/a"
    assert asked.patch == run.plan.steps[0].body
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_torn_line_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "actions.jsonl"
    path.write_bytes(b'{"id": "1", "time": "t", "request": "PATCH /x"}\n{"id": "2", "ti')
    path.chmod(0o644)
    journal = Journal(path, lambda: NOW)
    journal.result("1", "done", "ok")
    assert [(action.asked.id, action.result) for action in read(path)] == [("1", "done")]
    assert path.read_bytes().count(b"\n") == 3
    assert path.stat().st_mode & 0o777 == 0o600
    assert journal.trouble == ""


def test_no_journal_is_an_empty_one_and_one_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    assert read(tmp_path / "none.jsonl") == []
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "actions.jsonl", lambda: NOW)
    journal.result("1", "done", "")
    assert "cannot be written" in journal.trouble


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("precious\n")
    (tmp_path / "actions.jsonl").symlink_to(tmp_path / "other")
    journal = Journal(tmp_path / "actions.jsonl", lambda: NOW)
    journal.result("1", "done", "")
    assert journal.trouble
    assert (tmp_path / "other").read_text() == "precious\n"


def test_a_journal_that_grows_too_long_is_put_aside_and_both_files_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxtui.actions.journal.LIMIT", 2_000)
    path = tmp_path / "actions.jsonl"
    two = [Journal(path, lambda: NOW, who) for who in ("anna", "boris")]  # two programs at once
    step = Step(
        cluster="c", identity="Pod/db/x", resource=POD, wait=planning.Wait.GONE, body={}, token="t", method="DELETE"
    )
    plan = planning.Plan(Verb.DELETE_POD, (), "t")
    marks = [two[turn % 2].sent(plan, step, Origin()) for turn in range(40)]
    for turn, mark in enumerate(marks):
        two[turn % 2].result(mark, "done", "gone")
    assert all(journal.trouble == "" for journal in two)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["actions.1.jsonl", "actions.jsonl"]
    assert all(found.stat().st_size <= 2_000 for found in tmp_path.iterdir())
    assert all(found.stat().st_mode & 0o777 == 0o600 for found in tmp_path.iterdir())


def test_a_result_finds_its_request_in_the_file_before(tmp_path: Path) -> None:
    (tmp_path / "actions.1.jsonl").write_text('{"id": "1", "time": "t", "request": "PATCH /x"}\n')
    (tmp_path / "actions.jsonl").write_text('{"id": "1", "time": "u", "result": "done", "message": "ok"}\n')
    assert [(each.asked.time, each.result, each.ended) for each in read(tmp_path / "actions.jsonl")] == [
        ("t", "done", "u")
    ]
