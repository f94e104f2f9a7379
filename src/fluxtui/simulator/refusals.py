"""How the API server says no: every refusal is a Kubernetes ``Status`` with the words of the real one.

The texts follow k8s.io/apimachinery/pkg/api/errors; tests/cluster holds them against a real server.
"""

from typing import Any

import msgspec


class Refusal(Exception):  # noqa: N818 (an answer, not an error)
    """An answer with a ``Status`` body instead of an object.

    ``code`` is the HTTP status, ``reason`` the machine-readable word ("" leaves it out, as the server does for plain
    internal errors), ``details`` and ``metadata`` go into the body as they are, ``headers`` into the response.
    """

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.metadata = metadata or {}
        self.headers = headers or {}

    def status(self) -> dict[str, Any]:
        """The ``Status`` object, fields in the server's order."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


class NotFound(Refusal):
    """The object, or its kind, is not there."""


class AlreadyExists(Refusal):
    """An object of that name is there already."""


class Conflict(Refusal):
    """The object changed since it was read, or somebody else owns the field."""


class Expired(Refusal):
    """The resourceVersion or continue token is older than what the server remembers."""


class Invalid(Refusal):
    """The object does not fit its kind."""


def qualified(plural: str, group: str) -> str:
    """``kustomizations.kustomize.toolkit.fluxcd.io``; the core group has no suffix."""
    return f"{plural}.{group}" if group else plural


def _details(name: str, group: str, kind: str, **more: Any) -> dict[str, Any]:
    shown = {"name": name, "group": group, "kind": kind}
    return {key: value for key, value in shown.items() if value} | more


def not_found(plural: str, group: str, name: str) -> NotFound:
    """404 for one object."""
    text = f'{qualified(plural, group)} "{name}" not found'
    return NotFound(404, "NotFound", text, details=_details(name, group, plural))


def already_exists(plural: str, group: str, name: str) -> AlreadyExists:
    """409 on creation."""
    text = f'{qualified(plural, group)} "{name}" already exists'
    return AlreadyExists(409, "AlreadyExists", text, details=_details(name, group, plural))


def modified(plural: str, group: str, name: str) -> Conflict:
    """409 for a write on a stale resourceVersion."""
    text = (
        f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return Conflict(409, "Conflict", text, details=_details(name, group, plural))


def wrong_uid(plural: str, group: str, name: str, wanted: str, found: str) -> Conflict:
    """409 for a write or delete with the uid of another object of that name."""
    text = (
        f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": Precondition failed: '
        f"UID in precondition: {wanted}, UID in object meta: {found}"
    )
    return Conflict(409, "Conflict", text, details=_details(name, group, plural))


def invalid(kind: str, group: str, name: str, causes: list[tuple[str, str, str]]) -> Invalid:
    """422; ``causes`` are (field, message, reason), e.g. ("spec.interval", 'Required value', "FieldValueRequired")."""
    listed = [{"reason": reason, "message": message, "field": field} for field, message, reason in causes]
    errors = [f"{field}: {message}" for field, message, _ in causes]
    text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    details = _details(name, group, kind, causes=listed)
    return Invalid(422, "Invalid", f'{qualified(kind, group)} "{name}" is invalid: {text}', details=details)


def bad_request(message: str) -> Refusal:
    """400."""
    return Refusal(400, "BadRequest", message)


def unauthorized() -> Refusal:
    """401."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def forbidden(plural: str, group: str, name: str, why: str) -> Refusal:
    """403; ``why`` is the sentence after the colon."""
    target = f'{qualified(plural, group)} "{name}"' if name else qualified(plural, group)
    return Refusal(403, "Forbidden", f"{target} is forbidden: {why}", details=_details(name, group, plural))


def method_not_allowed() -> Refusal:
    """405."""
    text = "the server does not allow this method on the requested resource"
    return Refusal(405, "MethodNotAllowed", text, details={})


def unsupported_media_type(accepted: tuple[str, ...]) -> Refusal:
    """415 for a body whose content type the server does not read."""
    text = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return Refusal(415, "UnsupportedMediaType", text)


def too_old(version: int, oldest: int) -> Expired:
    """410 for a watch (as an ERROR event) from before the history."""
    return Expired(410, "Expired", f"too old resource version: {version} ({oldest})")


def compacted() -> Expired:
    """410 for a list at an exact version that is gone."""
    return Expired(410, "Expired", "The resourceVersion for the provided list is too old.")


def from_the_future(version: int, current: int) -> Refusal:
    """504 for a read at a version that the server has not reached; the client is told to wait a second."""
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    return Refusal(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {version}, current: {current}",
        details={"causes": causes, "retryAfterSeconds": 1},
        headers={"Retry-After": "1"},
    )


def throttled(retry_after: int, code: int = 429) -> Refusal:
    """429 (or another code of the caller's choice) with ``Retry-After`` in seconds."""
    return Refusal(
        code,
        "TooManyRequests" if code == 429 else "ServiceUnavailable",
        "Too many requests, please try again later."
        if code == 429
        else "the server is currently unable to handle the request",
        details={"retryAfterSeconds": retry_after},
        headers={"Retry-After": str(retry_after)},
    )


def encode(refusal: Refusal) -> bytes:
    """The body of the answer, with the newline that the server ends it with."""
    return msgspec.json.encode(refusal.status()) + b"\n"
