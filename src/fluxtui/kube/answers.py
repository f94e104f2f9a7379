"""Everything but a good answer: how a request can fail, each failure typed and in words for people.

What failed, on what, why, and what to do next. The texts of servers and proxies are untrusted: they are cut
and cleaned before they become part of a message. Shapes: the recorded answers of a real API server.
"""

# ruff: noqa: N818 - named for what happened, which is what a reader of an except clause wants to know
import re
from collections.abc import Mapping

import msgspec

from fluxtui.kinds.text import clean

BODY_LIMIT = 65_536
"""Bytes of a failing answer that are read at most."""
MESSAGE_LIMIT = 600
RETRY_LIMIT = 600.0
"""Seconds: a server that asks for more patience than this is asked again all the same."""


class KubeError(Exception):
    """A request did not bring what it was sent for. ``str()`` is for people."""


class Refused(KubeError):
    """The server answered, and said no.

    ``verb`` and ``resource`` are those of RBAC (``list``, ``kustomizations.kustomize.toolkit.fluxcd.io``);
    ``reason`` and ``message`` are the server's; ``retry_after`` is in seconds, 0 when it does not say.
    """

    advice = ""

    def __init__(
        self, status: int, reason: str, message: str, verb: str, resource: str, retry_after: float = 0.0
    ) -> None:
        super().__init__(status, reason, message)
        self.status = status
        self.reason = reason
        self.message = message
        self.verb = verb
        self.resource = resource
        self.retry_after = retry_after

    def __str__(self) -> str:
        why = self.message or self.reason or "no reason given"
        return f"cannot {self.verb} {self.resource}: {why} ({self.status}){self.advice}"


class Unauthorized(Refused):
    """401: the server does not accept our credentials."""

    advice = "; log in again, or renew the credentials of this context's user"


class Forbidden(Refused):
    """403: we are known, and not allowed to. Says who may not do what where, which is what to ask for."""

    def __str__(self) -> str:
        told = re.search(r'User "([^"]+)".*?(at the cluster scope|in the namespace "[^"]+")', self.message)
        if told is None:
            return super().__str__()
        return f"{told[1]} may not {self.verb} {self.resource} {told[2]}"


class NotFound(Refused):
    """404: no such kind or object; ``kind_missing`` tells which."""

    @property
    def kind_missing(self) -> bool:
        """The path itself is unknown: the API server answers that in plain text, without a Status."""
        return self.reason != "NotFound"


class Expired(Refused):
    """410: a resourceVersion or continue token is too old. List again."""


class TooManyRequests(Refused):
    """429: slow down, for ``retry_after`` seconds if told."""


class LoginNeeded(KubeError):
    """Nobody but a person can get credentials: an interactive plugin, or one that failed."""


class Unreachable(KubeError):
    """The server could not be asked, or went silent: ``reason`` says whether names, network, TLS, proxy or time."""

    def __init__(self, server: str, reason: str) -> None:
        super().__init__(server, reason)
        self.server = server
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.server}: {self.reason}"


class GarbledAnswer(KubeError):
    """Something answered that is no API server, or not in its senses."""

    def __init__(self, verb: str, resource: str, reason: str) -> None:
        super().__init__(verb, resource, reason)
        self.verb = verb
        self.resource = resource
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"cannot {self.verb} {self.resource}: {self.reason}; does the context's server point at a Kubernetes API?"
        )


BY_STATUS: Mapping[int, type[Refused]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    410: Expired,
    429: TooManyRequests,
}


class _Details(msgspec.Struct):
    retry_after: float | None = msgspec.field(name="retryAfterSeconds", default=None)


class _Status(msgspec.Struct):
    reason: str | None = None
    message: str | None = None
    details: _Details | None = None


_status = msgspec.json.Decoder(_Status)
_OBJECT = re.compile(r'Invalid value: "\{.*\}"(?=: )', re.DOTALL)
"""A patch that does not fit is answered with the whole object, and what is wrong with it at the very end."""


def refusal(
    status: int, body: bytes, verb: str, resource: str, headers: Mapping[str, str] | None = None, now: float = 0.0
) -> Refused:
    """The typed refusal of an answer that is not 2xx. ``now`` (epoch s) is for dates in Retry-After."""
    told = _Status()
    try:
        told = _status.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        lines = body[:MESSAGE_LIMIT].decode("utf-8", "replace").strip().splitlines()
        if lines and not lines[0].lstrip().startswith("<"):  # a proxy's HTML page says nothing readable
            told = _Status(message=lines[0])
    wait = told.details.retry_after if told.details and told.details.retry_after else 0.0
    wait = wait or retry_after((headers or {}).get("Retry-After", ""), now)
    message = clean(_OBJECT.sub("Invalid value", told.message or ""))[:MESSAGE_LIMIT]
    made = BY_STATUS.get(status, Refused)
    return made(status, clean(told.reason or "")[:80], message, verb, resource, min(wait, RETRY_LIMIT))


def retry_after(value: str, now: float) -> float:
    """Seconds of a Retry-After header: a number or a date; 0 when there is none or it cannot be read."""
    if value.strip().isdigit():
        return float(value)
    import email.utils  # late: few servers send dates, and every start would import it

    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return 0.0


# By class name, in the order of the most telling: this module must not import aiohttp, and need not.
_WORDS: tuple[tuple[str, str], ...] = (
    ("ClientConnectorDNSError", "its name does not resolve (DNS)"),
    ("ClientProxyConnectionError", "the proxy cannot be reached"),
    ("ClientHttpProxyError", "the proxy refuses the connection"),
    ("ClientConnectorCertificateError", "its certificate is not trusted (TLS)"),
    ("ClientConnectorSSLError", "no TLS connection"),
    ("SSLError", "no TLS connection"),
    ("ConnectionRefusedError", "connection refused"),
    ("ConnectionResetError", "the connection was reset"),
    ("TimeoutError", "no answer in time"),
    ("ServerDisconnectedError", "the connection was closed without an answer"),
    ("ClientPayloadError", "the connection broke in the middle of an answer"),
    ("InvalidURL", "the server's URL is not valid"),
    ("ClientResponseError", "the answer is not HTTP"),
)


def unreachable(server: str, error: BaseException) -> Unreachable:
    """Put a network exception into words; the most specific word for it or for what caused it."""
    causes = [error, getattr(error, "os_error", None), error.__cause__, error.__context__]
    names = [{kind.__name__ for kind in type(cause).__mro__} for cause in causes if cause is not None]
    for name, words in _WORDS:
        if any(name in known for known in names):
            return Unreachable(server, words + _particulars(name, error))
    return Unreachable(server, clean(str(error) or type(error).__name__)[:MESSAGE_LIMIT])


def _particulars(name: str, error: BaseException) -> str:
    """What the exception knows beyond its name: OpenSSL's verdict, the proxy's status, the port."""
    if name in {"ClientConnectorCertificateError", "ClientConnectorSSLError", "SSLError"}:
        inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
        verdict = getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or ""
        return f": {clean(str(verdict))[:200]}" if verdict else ""
    if name == "ClientHttpProxyError":
        return f" ({getattr(error, 'status', 0)})"
    return ""
