"""Actions over HTTP, on both servers: what is sent, byte for byte, and every way in which a server can say no.

A proxy between the program and the server writes down each request. The test plays the controllers.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import msgspec
import pytest
from aiohttp import web

from fluxtui.actions import plan as planning
from fluxtui.actions.patches import COMMENT, FORCED, GENERATOR_SWITCH, REQUESTED, RESET, SUSPENDED_BY, SWITCH
from fluxtui.actions.plan import Plan
from fluxtui.actions.rights import Rights, need
from fluxtui.actions.run import Crew, Run, Stage
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import OPERATED, SILENT, Verb
from fluxtui.insight.status import assess
from fluxtui.kinds.table import KINDS
from fluxtui.kube.contexts import Context, Endpoint, User
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.site import Timing
from fluxtui.kube.writer import Permission, open_writer
from fluxtui.store.store import Store

from .conftest import ADMIN_TOKEN, VIEWER_TOKEN, Server

QUICK = Timing(base=0.02, cap=0.1, brief=0.0, poll=0.1, discover=0.05, discover_cap=0.1, stagger=0.1, listing=5.0)
MERGE = "application/merge-patch+json"
STRICT = {"fieldManager": "fluxtui", "fieldValidation": "Strict"}
SPECS: dict[str, dict[str, Any]] = {
    "Kustomization": {"interval": "10m", "prune": True, "sourceRef": {"kind": "OCIRepository", "name": "src"}},
    "HelmRelease": {"interval": "10m", "chartRef": {"kind": "OCIRepository", "name": "src"}},
    "OCIRepository": {"interval": "10m", "url": "oci://registry.example/src"},
    "GitRepository": {"interval": "10m", "url": "https://git.example/src"},
    "Bucket": {"interval": "10m", "bucketName": "b", "endpoint": "s3.example"},
    "HelmRepository": {"interval": "10m", "url": "https://charts.example"},
    "HelmChart": {"interval": "10m", "chart": "redis", "sourceRef": {"kind": "HelmRepository", "name": "src"}},
    "Receiver": {
        "type": "generic",
        "resources": [{"kind": "GitRepository", "name": "src"}],
        "secretRef": {"name": "token"},
    },
    "Alert": {"eventSources": [{"kind": "Kustomization", "name": "*"}], "providerRef": {"name": "chat"}},
    "Provider": {"type": "generic", "address": "https://chat.example"},
    "ImageRepository": {"interval": "10m", "image": "registry.example/app"},
    "ImagePolicy": {"imageRepositoryRef": {"name": "app"}, "policy": {"semver": {"range": "1.x"}}},
    "ImageUpdateAutomation": {
        "interval": "10m",
        "sourceRef": {"kind": "GitRepository", "name": "src"},
        "git": {"commit": {"author": {"email": "flux@example.com"}}},
    },
    "FluxInstance": {"distribution": {"version": "2.x", "registry": "ghcr.io/fluxcd"}},
    "FluxReport": {"distribution": {"entitlement": "Issued", "status": "Installed"}},
    "ResourceSet": {"resources": []},
    "ResourceSetInputProvider": {"type": "Static", "defaultValues": {"env": "prod"}},
    "ArtifactGenerator": {
        "sources": [{"alias": "src", "kind": "GitRepository", "name": "src"}],
        "artifacts": [{"name": "out", "copy": [{"from": "@src/**", "to": "@artifact/"}]}],
    },
}
READY = {"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "as asked"}


# --- what is between


@dataclass
class Sent:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    content_type: str
    body: str


@dataclass
class Proxy:
    """Passes everything on to a server; `writes` are the requests that are no questions."""

    target: str
    token: str
    url: str = ""
    sent: list[Sent] = field(default_factory=list)

    @property
    def writes(self) -> list[Sent]:
        return [sent for sent in self.sent if sent.method != "GET" and "selfsubject" not in sent.path]

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Proxy"]:
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as self.session:
            runner = web.ServerRunner(web.Server(self._pass), shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            try:
                yield self
            finally:
                await runner.cleanup()

    async def _pass(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        kind = request.headers.get("Content-Type", "").partition(";")[0]
        query = dict(parse_qsl(request.query_string, keep_blank_values=True))
        self.sent.append(Sent(request.method, request.path, query, kind, body.decode()))
        kept = {key: value for key, value in request.headers.items() if key.lower() not in ("host", "content-length")}
        url = self.target + request.path_qs
        async with self.session.request(request.method, url, headers=kept, data=body, ssl=False) as answer:
            hop = ("transfer-encoding", "content-length", "connection")
            headers = {key: value for key, value in answer.headers.items() if key.lower() not in hop}
            response = web.StreamResponse(status=answer.status, headers=headers)
            await response.prepare(request)
            with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            return response


class Scene:
    """A server, the program's fleet of that one cluster seen through the proxy, and the controllers, which are us."""

    def __init__(self, server: Server, proxy: Proxy, fleet: Fleet, namespace: str) -> None:
        self.server = server
        self.proxy = proxy
        self.fleet = fleet
        self.namespace = namespace

    # the fleet as plans see it

    def row(self, cluster, identity):
        return self.fleet.store.row(cluster, identity)

    def state(self, cluster, kind):
        return self.fleet.store.state(cluster, kind)

    def resource(self, cluster, kind):
        return self.fleet.clusters[cluster].resource(kind)

    def refusal(self, cluster):
        return ""

    # objects and their controllers

    async def create(self, kind: str, name: str = "", *, status: bool = True, **spec: Any) -> str:
        """An object whose controller has concluded that all is well; its id."""
        name = name or ("flux" if kind in ("FluxInstance", "FluxReport") else "x")
        known = KINDS[kind]
        versions = [resource.version for resource in [self.fleet.clusters["c"].resource(kind)] if resource]
        obj = {
            "apiVersion": f"{known.group}/{versions[0]}",
            "kind": kind,
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": SPECS[kind] | spec,
        }
        path = f"/apis/{known.group}/{versions[0]}/namespaces/{self.namespace}/{known.plural}"
        answer = await self.server.ask("POST", path, json=obj)
        assert answer.status == 201, answer.text
        self.server.created.append(f"{path}/{name}")
        identity = f"{kind}/{self.namespace}/{name}"
        if status and kind not in SILENT:
            await self.conclude(identity, "")
        await self.until(lambda: self.row("c", identity) is not None)
        if status and kind not in SILENT:
            await self.until(lambda: self.row("c", identity).record.ready == "True")
        return identity

    def path(self, identity: str) -> str:
        kind, namespace, name = identity.split("/")
        resource = self.fleet.clusters["c"].resource(kind)
        assert resource is not None
        return resource.path(namespace, name)

    async def conclude(self, identity: str, handled: str, **condition: Any) -> None:
        """What a controller writes at the end of a run."""
        obj = (await self.server.get(self.path(identity))).json
        generation = obj["metadata"]["generation"]
        ready = READY | {"lastTransitionTime": "2026-11-21T02:46:10Z", "observedGeneration": generation} | condition
        status = {"conditions": [ready]}
        if identity.split("/")[0] not in OPERATED:
            status["observedGeneration"] = generation
        if handled:
            status["lastHandledReconcileAt"] = handled
        headers = {"Content-Type": MERGE}
        data = json.dumps({"status": status})
        answer = await self.server.ask("PATCH", f"{self.path(identity)}/status", data=data, headers=headers)
        assert answer.status == 200, answer.text

    async def control(self, identity: str, **condition: Any) -> None:
        """A controller: answers the next request, once."""
        while True:
            obj = (await self.server.get(self.path(identity))).json
            asked = obj["metadata"].get("annotations", {}).get(REQUESTED, "")
            if asked and asked != obj.get("status", {}).get("lastHandledReconcileAt"):
                await self.conclude(identity, asked, **condition)
                return
            await asyncio.sleep(0.05)

    # acting

    def plan(self, verb: Verb, *identities: str, why: str = "") -> Plan:
        return planning.make(self, verb, [("c", each) for each in identities], time.time(), who="anna", why=why)

    async def act(self, plan: Plan, *answering: Any, patience: float = 10.0) -> list[tuple[str, str]]:
        """Carry a plan out while controllers answer; (stage, text) of each object."""
        permission = Permission(read_only=False)
        crew = Crew(
            self,
            lambda name: open_writer(self.fleet.clusters[name], permission),
            self.fleet.subscribe,
            time.time,
            patience=patience,
            fetch=lambda name, *where: self.fleet.clusters[name].fetch_from(*where),
        )
        run = Run(plan, crew)
        await asyncio.gather(run.carry_out(), *answering)
        return [(progress.stage.value, progress.text) for progress in run.progress]

    @staticmethod
    async def until(condition: Any, seconds: float = 15.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - the store tells nobody here
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def staged(server: Server, token: str, kinds: tuple[str, ...]) -> AsyncIterator[Scene]:
    async with Proxy(server.url, token).serving() as proxy:
        context = Context(name="c", user="u", endpoint=Endpoint(server=proxy.url), identity=User(token=token))
        fleet = Fleet(Store(assess), [context], kinds={kind: KINDS[kind] for kind in kinds}, timing=QUICK)
        namespace = await server.namespace()
        await fleet.start()
        try:
            async with asyncio.timeout(20):
                await fleet.settled()
            yield Scene(server, proxy, fleet, namespace)
        finally:
            await fleet.stop()


def annotated(*pairs: tuple[str, str | None], **more: Any) -> str:
    return json.dumps({"metadata": {"annotations": dict(pairs)}, **more})


NOBODY = ((SUSPENDED_BY, None), (COMMENT, None), ("metadata.weave.works/suspended-by", None))


def wanted(verb: Verb, kind: str, token: str) -> str:
    """The table of actions (facts: flux §2), written down once more."""
    asked = (REQUESTED, token)
    who = ((SUSPENDED_BY, "anna"), (COMMENT, "it's broken"))
    if verb is Verb.FORCE:
        return annotated(asked, (FORCED, token))
    if verb is Verb.RESET:
        return annotated(asked, (RESET, token))
    if verb is Verb.SUSPEND:
        if kind == "ArtifactGenerator":
            return annotated((GENERATOR_SWITCH, "disabled"), *who)
        if kind in OPERATED:
            return annotated((SWITCH, "disabled"), *who)
        return annotated(*who, spec={"suspend": True})
    if verb is Verb.RESUME:
        if kind == "ArtifactGenerator":
            return annotated((GENERATOR_SWITCH, "enabled"), *NOBODY)
        if kind in OPERATED:
            return annotated((SWITCH, "enabled"), asked, *NOBODY)
        return annotated(asked, *NOBODY, spec={"suspend": None})
    return annotated(asked)


# --- byte for byte


@pytest.mark.parametrize("kind", sorted(SPECS))
async def test_each_action_sends_the_patch_of_the_table_and_is_answered(server: Server, kind: str) -> None:
    async with staged(server, ADMIN_TOKEN, (kind,)) as scene:
        identity = await scene.create(kind)
        path = scene.path(identity)
        for verb in (Verb.RECONCILE, Verb.FORCE, Verb.RESET, Verb.SUSPEND, Verb.RESUME):
            if planning.possible(scene, verb, Target("c", identity)):
                assert verb in (Verb.RECONCILE, Verb.FORCE, Verb.RESET)
                continue
            plan = scene.plan(verb, identity, why="it's broken")
            (step,) = plan.steps
            answers = [scene.control(identity)] if step.wait is planning.Wait.HANDLED else []
            told = await scene.act(plan, *answers)
            assert [stage for stage, _ in told] == ["done"], told
            if answers:
                assert told == [("done", "ReconciliationSucceeded: as asked")]
            sent = scene.proxy.writes[-1]
            assert (sent.method, sent.path, sent.query, sent.content_type) == ("PATCH", path, STRICT, MERGE)
            assert sent.body == wanted(verb, kind, plan.token) == step.text
            if verb is Verb.SUSPEND:
                record = scene.row("c", identity).record
                assert (record.suspended, record.suspended_by) == (True, "anna: it's broken")
        await scene.until(lambda: not scene.row("c", identity).record.suspended)
        assert scene.row("c", identity).record.suspended_by == ""
        obj = (await server.get(path)).json
        assert {entry["manager"] for entry in obj["metadata"]["managedFields"]} >= {"fluxtui"}


async def test_the_source_has_answered_before_the_object_is_asked(server: Server) -> None:
    async with staged(server, ADMIN_TOKEN, ("Kustomization", "OCIRepository")) as scene:
        source, itself = await scene.create("OCIRepository", "src"), await scene.create("Kustomization")
        plan = scene.plan(Verb.WITH_SOURCE, itself)
        told = await scene.act(plan, scene.control(source), scene.control(itself))
        assert told == [("done", "ReconciliationSucceeded: as asked")]
        assert [sent.path for sent in scene.proxy.writes] == [scene.path(source), scene.path(itself)]
        assert [sent.body for sent in scene.proxy.writes] == [annotated((REQUESTED, plan.token))] * 2


async def test_what_the_controller_says_is_the_end_of_it(server: Server) -> None:
    async with staged(server, ADMIN_TOKEN, ("Kustomization",)) as scene:
        well, ill, mute = [await scene.create("Kustomization", name) for name in ("well", "ill", "mute")]
        plan = scene.plan(Verb.RECONCILE, well, ill, mute)
        failing = {"status": "False", "reason": "BuildFailed", "message": "no such path"}
        told = await scene.act(plan, scene.control(well), scene.control(ill, **failing), patience=2.0)
        assert told == [
            ("done", "ReconciliationSucceeded: as asked"),
            ("failed", "BuildFailed: no such path"),
            ("timed out", "no answer within 2s"),
        ]


# --- how a server says no


async def test_who_may_not_is_told_before_and_after(server: Server) -> None:
    await server.grant(["get", "list", "watch"], ["*"])
    async with staged(server, VIEWER_TOKEN, ("Kustomization",)) as scene:
        identity = await scene.create("Kustomization")
        plan = scene.plan(Verb.SUSPEND, identity, why="x")
        rights = Rights(lambda name: scene.fleet.clusters[name].reader, time.time)
        missing = await rights.missing(map(need, plan.steps))
        assert list(missing.values()) == [
            f"needs patch kustomizations.kustomize.toolkit.fluxcd.io in {scene.namespace}"
        ]
        ((stage, text),) = await scene.act(plan)
        assert stage == Stage.REFUSED
        assert text.startswith("viewer may not patch kustomizations.kustomize.toolkit.fluxcd.io 'x'")
        assert not (await server.get(scene.path(identity))).json["spec"].get("suspend")
        assert {sent.method for sent in scene.proxy.sent} == {"GET", "POST", "PATCH"}


async def test_an_object_that_is_gone_has_vanished(server: Server) -> None:
    async with staged(server, ADMIN_TOKEN, ("Kustomization",)) as scene:
        gone, there = await scene.create("Kustomization", "gone"), await scene.create("Kustomization", "there")
        plan = scene.plan(Verb.RECONCILE, gone, there)
        await server.delete("Kustomization", scene.namespace, "gone")
        told = await scene.act(plan, scene.control(there))
        assert told[0] == ("vanished", "it was deleted meanwhile: there is nothing to patch")
        assert told[1][0] == "done"


async def test_a_conflict_is_tried_once_more_and_then_told(server: Server) -> None:
    async with staged(server, ADMIN_TOKEN, ("Kustomization",)) as scene:
        identity = await scene.create("Kustomization")
        plan = scene.plan(Verb.SUSPEND, identity, why="x")
        old = {"metadata": {"resourceVersion": "1"}, "spec": {"suspend": True}}
        (item,) = plan.items
        step = msgspec.structs.replace(item.steps[0], body=old)
        plan = msgspec.structs.replace(plan, items=(msgspec.structs.replace(item, steps=(step,)),))
        ((stage, text),) = await scene.act(plan)
        assert stage == Stage.CONFLICT
        assert "the object has been modified" in text
        assert len(scene.proxy.writes) == 2


async def test_a_field_that_the_server_does_not_know_is_refused(server: Server) -> None:
    if not server.real:
        pytest.skip("the simulator prunes by no schema")
    async with staged(server, ADMIN_TOKEN, ("Kustomization",)) as scene:
        identity = await scene.create("Kustomization")
        plan = scene.plan(Verb.SUSPEND, identity)
        (item,) = plan.items
        step = msgspec.structs.replace(item.steps[0], body={"spec": {"suspended": True}})
        plan = msgspec.structs.replace(plan, items=(msgspec.structs.replace(item, steps=(step,)),))
        ((stage, text),) = await scene.act(plan)
        assert stage == Stage.REFUSED
        assert 'unknown field "spec.suspended"' in text


# --- workloads

POD = {"containers": [{"name": "main", "image": "registry.example/app:1"}]}
LABELS = {"app.kubernetes.io/part-of": "flux", "app": "x"}


async def test_a_rollout_restart_is_a_new_template_and_is_waited_for(server: Server) -> None:
    async with staged(server, ADMIN_TOKEN, ("Deployment",)) as scene:
        meta = {"name": "x", "namespace": scene.namespace, "labels": LABELS}
        template = {"metadata": {"labels": {"app": "x"}}, "spec": POD}
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": template}
        await server.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
        identity = f"Deployment/{scene.namespace}/x"
        await scene.until(lambda: scene.row("c", identity) is not None)
        plan = scene.plan(Verb.RESTART, identity)

        async def roll_out() -> None:
            await scene.until(lambda: scene.row("c", identity).record.generation == 2)
            conditions = [
                {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
            ]
            counts = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
            status = {"observedGeneration": 2, "conditions": conditions, **counts}
            await server.patch_status("Deployment", scene.namespace, "x", status)

        assert await scene.act(plan, roll_out()) == [("done", "rolled out")]
        stored = (await server.get(scene.path(identity))).json
        restarted = {"kubectl.kubernetes.io/restartedAt": plan.token}
        assert stored["spec"]["template"]["metadata"]["annotations"] == restarted
        wanted = {"spec": {"template": {"metadata": {"annotations": restarted}}}}
        assert [sent.body for sent in scene.proxy.writes] == [json.dumps(wanted)]


async def test_a_pod_is_deleted_by_its_uid_and_no_other_one(server: Server) -> None:
    async with staged(server, ADMIN_TOKEN, ("Pod",)) as scene:
        for name in ("x", "y"):
            meta = {"name": name, "namespace": scene.namespace, "labels": LABELS}
            await server.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": POD})
        one, other = (f"Pod/{scene.namespace}/{name}" for name in ("x", "y"))
        await scene.until(lambda: scene.row("c", one) and scene.row("c", other))
        plan = scene.plan(Verb.DELETE_POD, one, other)
        first, second = plan.items
        replaced = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "another"}}
        step = msgspec.structs.replace(second.steps[0], body=replaced)
        plan = msgspec.structs.replace(plan, items=(first, msgspec.structs.replace(second, steps=(step,))))
        told = await scene.act(plan)
        assert told[0] in (("done", "gone"), ("done", "gone already"))
        assert told[1][0] == Stage.CONFLICT
        assert (await server.get(scene.path(one))).status == 404
        assert (await server.get(scene.path(other))).status == 200


async def test_what_is_not_watched_is_acted_upon_and_looked_at_all_the_same(server: Server) -> None:
    async with staged(server, ADMIN_TOKEN, ("Kustomization",)) as scene:
        meta = {"name": "x", "namespace": scene.namespace, "labels": LABELS}
        template = {"metadata": {"labels": {"app": "x"}}, "spec": POD}
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": template}
        await server.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
        await server.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": POD})
        deployment = Target("c", f"Deployment/{scene.namespace}/x", "apps/v1")
        path = f"/apis/apps/v1/namespaces/{scene.namespace}/deployments/x"

        async def roll_out() -> None:
            while (await server.get(path)).json["metadata"]["generation"] != 2:  # noqa: ASYNC110 - it is not watched
                await asyncio.sleep(0.05)
            conditions = [
                {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
            ]
            counts = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
            status = {"observedGeneration": 2, "conditions": conditions, **counts}
            await server.patch_status("Deployment", scene.namespace, "x", status)

        plan = planning.make(scene, Verb.RESTART, [deployment], time.time())
        assert await scene.act(plan, roll_out()) == [("done", "rolled out")]
        pod = f"/api/v1/namespaces/{scene.namespace}/pods/x"
        uid = (await server.get(pod)).json["metadata"]["uid"]
        spared = Target("c", f"Pod/{scene.namespace}/x", "v1", uid="another")
        ((stage, _),) = await scene.act(planning.make(scene, Verb.DELETE_POD, [spared], time.time()))
        assert stage == Stage.CONFLICT
        meant = spared._replace(uid=uid)
        assert await scene.act(planning.make(scene, Verb.DELETE_POD, [meant], time.time())) == [("done", "gone")]
        assert (await server.get(pod)).status == 404
