"""The API server of one simulated cluster, over HTTP: who asks, whether they may, and who answers.

The rules of reading, watching and writing are in modules of those names; what is stored is in `objects`.
"""

import asyncio
import logging

import msgspec
from aiohttp import web

from fluxtui.simulator import answers, discovery, logs, metrics, reading, refusals, reviews, writing
from fluxtui.simulator.access import Access, User
from fluxtui.simulator.calls import Call, Target, attempt_of, target_of
from fluxtui.simulator.faults import Faults
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.watching import Watches

_log = logging.getLogger(__name__)
_HEALTH = ("/healthz", "/livez", "/readyz")


class ApiServer:
    """Answers HTTP requests from the storage of one cluster."""

    def __init__(
        self, objects: Objects, access: Access, faults: Faults, log_source: logs.LogSource = logs.no_logs
    ) -> None:
        self.objects = objects
        self.access = access
        self.faults = faults
        self.log_source = log_source
        self.version = discovery.version()
        """What ``/version`` answers."""
        self.watches = Watches(objects, faults)
        faults.attach(objects)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request, from misbehaviour to answer."""
        self.faults.requests.append(f"{request.method} {request.path_qs}")
        await self._misbehave(request)
        try:
            self.faults.check()
            return await self._answer(request)
        except refusals.Refusal as refusal:
            return answers.refused(refusal)
        except ConnectionResetError:
            raise
        except Exception:
            _log.exception("%s %s", request.method, request.path_qs)
            return answers.refused(
                refusals.Refusal(500, "InternalError", "Internal error occurred: see the server's log")
            )

    async def _misbehave(self, request: web.BaseRequest) -> None:
        while self.faults.hang:  # noqa: ASYNC110 (a plain attribute that tests set)
            await asyncio.sleep(0.02)
        if self.faults.delay:
            await asyncio.sleep(self.faults.delay)
        if self.faults.refuse:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        user = self.access.authenticate(request.headers.get("Authorization"))
        target = target_of(request.path)
        attempt = attempt_of(request, target)
        groups = request.headers.getall("Impersonate-Group", [])
        user = self.access.impersonate(user, request.headers.get("Impersonate-User"), groups, attempt)
        self.access.authorize(user, attempt)
        if target is None:
            return self._document(request)
        if target.group == "authorization.k8s.io" and target.plural in reviews.PLURALS:
            return await reviews.answer(request, target.plural, user, self.access, self.objects.timestamp())
        return await self._on_resource(request, target, user, attempt.verb)

    async def _on_resource(self, request: web.BaseRequest, target: Target, user: User, verb: str) -> web.StreamResponse:
        resource = self.objects.resources.at(target.group, target.version, target.plural)
        if resource is None or (target.subresource and target.subresource not in resource.subresources):
            return answers.page_not_found()
        scoped = target.namespace and target.plural != "namespaces"
        if bool(scoped) != resource.namespaced and (scoped or target.name or verb == "create"):
            return answers.page_not_found()
        call = Call(request, target, resource, user)
        if resource.read_only:
            if verb not in resource.verbs:
                raise refusals.method_not_allowed()
            return await metrics.answer(call, self.objects)
        match verb:
            case "watch":
                return await self.watches.serve(call)
            case "list":
                return await reading.list_(call, self.objects, self.faults)
            case "get" if target.subresource == "log":
                return await logs.answer(call, self.objects, self.log_source)
            case "get":
                return await reading.get(call, self.objects)
            case "create":
                return await writing.create(call, self.objects)
            case "update":
                return await writing.update(call, self.objects)
            case "patch":
                return await writing.patch(call, self.objects)
            case "delete":
                return await writing.delete(call, self.objects)
            case "deletecollection":
                return await writing.delete_collection(call, self.objects)
            case _:
                raise refusals.method_not_allowed()

    def _document(self, request: web.BaseRequest) -> web.StreamResponse:
        """What is no resource: health, version and discovery."""
        path = request.path.rstrip("/")
        if path in _HEALTH:
            return web.Response(text="ok", headers=answers.HEADERS)
        parts = path.split("/")[1:]
        if path != "/version" and parts[0] not in ("api", "apis"):
            return answers.page_not_found()
        if request.method != "GET":
            raise refusals.method_not_allowed()
        if path == "/version":
            body = msgspec.json.format(msgspec.json.encode(self.version), indent=2)
            return web.Response(body=body, headers=answers.HEADERS | {"Content-Type": "application/json"})
        return self._discovery(request, parts)

    def _discovery(self, request: web.BaseRequest, parts: list[str]) -> web.StreamResponse:
        resources = self.objects.resources
        if len(parts) == 1:
            core = parts[0] == "api"
            if "as=APIGroupDiscoveryList" in request.headers.get("Accept", "") and "v=v2" in request.headers["Accept"]:
                told = discovery.aggregated(resources, core=core)
                return answers.document(request, told, content_type=discovery.AGGREGATED)
            return answers.document(request, discovery.core(request.host) if core else discovery.group_list(resources))
        group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2] if len(parts) > 2 else "")
        if parts[0] == "apis" and len(parts) == 2:
            found = discovery.group(resources, group)
        else:
            found = discovery.resource_list(resources, group, version)
        return answers.document(request, found) if found else answers.page_not_found()
