"""Failures in words: the recorded refusals of a real API server, and the network's."""

import errno
import json
import socket
import ssl
from unittest.mock import Mock

import pytest

from fluxtui.kube import answers
from fluxtui.kube.answers import (
    Expired,
    Forbidden,
    NotFound,
    Refused,
    TooManyRequests,
    Unauthorized,
    refusal,
    unreachable,
)

TITLE = "kustomizations.kustomize.toolkit.fluxcd.io"
MESSAGE = (
    f'{TITLE} is forbidden: User "viewer" cannot list resource "kustomizations" in API group '
    '"kustomize.toolkit.fluxcd.io" at the cluster scope'
)
FORBIDDEN = json.dumps(
    {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": MESSAGE, "reason": "Forbidden", "code": 403}
).encode()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (410, Expired),
        (429, TooManyRequests),
        (400, Refused),
        (503, Refused),
    ],
)
def test_each_status_has_its_type(status: int, kind: type[Refused]) -> None:
    made = refusal(status, b"{}", "list", TITLE)
    assert type(made) is kind
    assert (made.status, made.verb, made.resource) == (status, "list", TITLE)


def test_a_refusal_says_what_on_what_why_and_what_next() -> None:
    assert str(refusal(403, FORBIDDEN, "list", TITLE)) == f"viewer may not list {TITLE} at the cluster scope"
    other = b'{"kind":"Status","message":"denied by policy","reason":"Forbidden","code":403}'
    assert str(refusal(403, other, "list", TITLE)) == f"cannot list {TITLE}: denied by policy (403)"
    unknown = str(refusal(401, b'{"message":"Unauthorized"}', "list", TITLE))
    assert unknown.startswith(f"cannot list {TITLE}: Unauthorized (401); log in again")


def test_a_missing_kind_is_not_a_missing_object() -> None:
    kind = refusal(404, b"404 page not found\n", "list", "nothings")
    thing = refusal(404, b'{"kind":"Status","reason":"NotFound","message":"x not found"}', "get", "x")
    assert isinstance(kind, NotFound)
    assert isinstance(thing, NotFound)
    assert (kind.kind_missing, thing.kind_missing) == (True, False)
    assert kind.message == "404 page not found"


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, b"", 7.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}, b"", 90.0),
        ({"Retry-After": "soon"}, b"", 0.0),
        ({"Retry-After": "-3"}, b"", 0.0),
        ({"Retry-After": "99999999"}, b"", answers.RETRY_LIMIT),
        ({}, b'{"details":{"retryAfterSeconds":1}}', 1.0),
    ],
)
def test_how_long_the_server_asks_to_wait(headers: dict[str, str], body: bytes, seconds: float) -> None:
    assert refusal(429, body, "list", TITLE, headers, now=10.0).retry_after == seconds


@pytest.mark.parametrize("body", [b"<html><body>Bad gateway", b"\xff\xfe\x00", b'{"message": 3}', b'{"message"', b""])
def test_bodies_that_are_no_status_are_no_trouble(body: bytes) -> None:
    words = str(refusal(502, body, "list", TITLE))
    assert "502" in words
    assert "html" not in words


def test_texts_of_servers_are_cut_and_harmless() -> None:
    words = str(refusal(500, b'{"message":"\\u001b[31mred' + b"x" * 5000 + b'"}', "list", TITLE))
    assert "\x1b" not in words
    assert len(words) < 1000


def network(name: str, base: type[Exception] = OSError, **fields: object) -> Exception:
    """An exception as the network layer names it, without importing that layer."""
    error = type(name, (base,), {})()
    for key, value in fields.items():
        setattr(error, key, value)
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (network("ClientConnectorDNSError", os_error=socket.gaierror(-2, "x")), "does not resolve (DNS)"),
        (
            network("ClientConnectorError", os_error=ConnectionRefusedError(errno.ECONNREFUSED, "x")),
            "connection refused",
        ),
        (ConnectionResetError(), "reset"),
        (TimeoutError(), "no answer in time"),
        (network("ClientProxyConnectionError", os_error=ConnectionRefusedError()), "the proxy cannot be reached"),
        (network("ClientHttpProxyError", status=407), "the proxy refuses the connection (407)"),
        (
            network(
                "ClientConnectorCertificateError", certificate_error=Mock(verify_message="self-signed certificate")
            ),
            "its certificate is not trusted (TLS): self-signed certificate",
        ),
        (ssl.SSLError(1, "x"), "no TLS connection"),
        (network("ServerDisconnectedError"), "closed without an answer"),
        (network("ClientPayloadError"), "in the middle of an answer"),
        (OSError("something new\x1b"), "something new\\x1b"),
    ],
)
def test_the_network_in_words(error: Exception, words: str) -> None:
    told = unreachable("https://example.com", error)
    assert words in told.reason
    assert str(told).startswith("https://example.com: ")


def test_an_object_within_a_message_does_not_hide_what_is_wrong_with_it() -> None:
    held = '{\\"apiVersion\\":\\"v1\\",\\"spec\\":{' + "x" * 5000 + "}}"
    text = f'\\"\\" is invalid: patch: Invalid value: \\"{held}\\": strict decoding error: unknown field \\"spec.x\\"'
    body = f'{{"reason": "Invalid", "message": "{text}"}}'.encode()
    told = refusal(422, body, "patch", "kustomizations")
    assert told.message == '"" is invalid: patch: Invalid value: strict decoding error: unknown field "spec.x"'
