"""One request, understood: the path taken apart, the verb, who asks, and what form of answer they want."""

import msgspec
from aiohttp import web

from fluxtui.simulator import refusals
from fluxtui.simulator.access import Attempt, User
from fluxtui.simulator.resources import Resource

ACCEPTED = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")


class Target(msgspec.Struct, frozen=True):
    """What a resource path names: ``/apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME/SUBRESOURCE``, by parts."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def target_of(path: str) -> Target | None:
    """The parts of a resource path; None when the path is none."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) >= 3:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) >= 4:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in ("status", "finalize"):
            rest = rest[2:]
    if len(rest) > 3:
        return None
    rest += [""] * (3 - len(rest))
    return Target(group, version, rest[0], namespace, rest[1], rest[2])


class Form(msgspec.Struct, frozen=True):
    """The form of the answer: ``as_`` is empty, ``Table`` or ``Metadata``."""

    yaml: bool = False
    as_: str = ""
    content_type: str = "application/json"


def form_of(accept: str | None) -> Form:
    """The first form of an ``Accept`` header that can be given. Raises `refusals.Refusal` (406) when none can."""
    for choice in (accept or "*/*").split(","):
        media, *parameters = (part.strip() for part in choice.split(";"))
        given = {name: value for name, _, value in (part.partition("=") for part in parameters)}
        if "as" in given:
            if (given.get("g"), given.get("v")) != ("meta.k8s.io", "v1") or media != "application/json":
                continue
            if given["as"] == "Table":
                return Form(as_="Table")
            if given["as"].startswith("PartialObjectMetadata"):
                return Form(as_="Metadata")
            continue
        if media in ("*/*", "application/*", "application/json"):
            return Form()
        if media == "application/yaml":
            return Form(yaml=True, content_type="application/yaml")
    text = f"only the following media types are accepted: {', '.join(ACCEPTED)}"
    raise refusals.Refusal(406, "NotAcceptable", text)


class Call:
    """A request on a resource that is served, by somebody who may make it."""

    def __init__(self, request: web.BaseRequest, target: Target, resource: Resource, user: User) -> None:
        self.request = request
        self.target = target
        self.resource = resource
        self.user = user
        self.query = request.query

    @property
    def api_version(self) -> str:
        """The apiVersion that the client speaks."""
        return self.resource.in_version(self.target.version)

    @property
    def namespace(self) -> str | None:
        """The namespace that a list is of; None for all of them."""
        return (self.target.namespace or None) if self.resource.namespaced else None

    @property
    def form(self) -> Form:
        """The form of the answer. Raises `refusals.Refusal` (406)."""
        return form_of(self.request.headers.get("Accept"))

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be stored."""
        return "dryRun" in self.query

    def flag(self, name: str) -> bool:
        """A yes/no parameter, as the server reads them: anything but ``false`` and ``0`` is yes."""
        return name in self.query and self.query[name].lower() not in ("false", "0")

    def number(self, name: str) -> int:
        """A whole number, 0 without it. Raises `refusals.Refusal` (400)."""
        text = self.query.get(name) or "0"
        try:
            return int(text)
        except ValueError:
            raise refusals.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def attempt_of(request: web.BaseRequest, target: Target | None) -> Attempt:
    """What the request attempts, in the words of access control."""
    verb = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}.get(
        request.method, request.method.lower()
    )
    if target is None:
        return Attempt(verb, path=request.path)
    if not target.name and verb == "get":
        watching = "watch" in request.query and request.query["watch"].lower() not in ("false", "0")
        verb = "watch" if watching else "list"
    if not target.name and verb == "delete":
        verb = "deletecollection"
    name = target.name if verb != "create" or target.subresource else ""
    return Attempt(verb, target.group, target.plural, target.subresource, target.namespace, name)
