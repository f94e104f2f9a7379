"""When a source fails because a host does not answer: which host, and how it fails.

Five sources that cannot reach one registry are one cause (recordings, lesson 9). What counts is the message: a tag
that does not exist on a host that answers is a fault of its own, and so is a bad signature; a signature that cannot
be checked because the trust root's host is unreachable is that host's (lesson 8).
"""

FAILURES: tuple[tuple[str, str], ...] = (
    ("connection refused", "connection refused"),
    ("no such host", "no such host"),
    ("server misbehaving", "name lookup fails"),
    ("no route to host", "no route to host"),
    ("network is unreachable", "network is unreachable"),
    ("connection reset by peer", "connection reset"),
    ("TLS handshake timeout", "TLS handshake timeout"),
    ("i/o timeout", "timeout"),
    ("Client.Timeout exceeded", "timeout"),
    ("x509: ", "certificate not trusted"),
    ("502 Bad Gateway", "502 Bad Gateway"),
    ("503 Service Unavailable", "503 Service Unavailable"),
    ("504 Gateway Timeout", "504 Gateway Timeout"),
    ("429 Too Many Requests", "429 Too Many Requests"),
)
"""What Go's HTTP clients and registries say, and the words for it."""

SOURCES = frozenset(
    {
        "GitRepository",
        "OCIRepository",
        "Bucket",
        "HelmRepository",
        "HelmChart",
        "ImageRepository",
        "ResourceSetInputProvider",
        "ImageUpdateAutomation",
    }
)
"""Kinds that fetch from hosts outside the cluster."""

OPENERS = ('Get "', 'Post "', 'Head "', "GET ", "HEAD ", "clone '")
"""What stands before the URL of a request in an error message."""


def unreachable(message: str, url: str) -> tuple[str, str]:
    """(host with port, how it fails) when a message says that a host does not answer; both empty otherwise.

    The host is the one that the message's failing request names, else that of the object's own `url`.
    """
    for told, words in FAILURES:
        if told in message:
            host = _requested(message) or host_of(url)
            return (host, words) if host else ("", "")
    return "", ""


def host_of(url: str) -> str:
    """The host and port of a URL or of an image name; empty for none."""
    rest = url.partition("://")[2] or (url if "/" in url else "")
    host = rest.partition("/")[0].rpartition("@")[2]
    return host if "." in host or ":" in host or host == "localhost" else ""


def _requested(message: str) -> str:
    """The host of the request that a message tells of."""
    for opener in OPENERS:
        at = message.rfind(opener)
        if at < 0:
            continue
        rest = message[at + len(opener) :]
        end = next((index for index, char in enumerate(rest) if char in "\"' \n"), len(rest))
        if "://" in rest[:end] and (host := host_of(rest[:end])):
            return host
    return ""
