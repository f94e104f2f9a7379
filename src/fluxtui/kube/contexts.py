"""Which clusters there are: contexts of the kubeconfig files, merged as kubectl merges them.

The order of search is kubectl's: ``--kubeconfig`` (that file alone), ``$KUBECONFIG`` (several files), then
``~/.kube/config``, then the service account of the pod that the program runs in. Across files the first to
name a context, cluster or user wins, and the first non-empty ``current-context``; relative paths are relative
to the file that holds them. A context that cannot work is kept, with its problem in words: it is a row on
screen. A file that cannot be read is an error with file and line, and the other files still count.
"""

# ruff: noqa: N818 - named for what happened, which is what a reader of an except clause wants to know
import base64
import binascii
import difflib
import fnmatch
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

FILE_LIMIT = 32 * 1024 * 1024
"""Bytes: a larger kubeconfig is refused. 500 contexts with certificates are about 3 MB."""
IN_CLUSTER = "in-cluster"
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")

T = TypeVar("T")


class FileError(msgspec.Struct, frozen=True):
    """What is wrong with a kubeconfig file; ``line`` is 0 when the whole file is meant."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.reason}"


class NoContext(Exception):
    """No context answers to what was asked for; the text says which there are. A usage error."""


class EnvVar(msgspec.Struct, frozen=True):
    """One variable that an exec plugin is given."""

    name: str
    value: str = ""


class ExecPlugin(msgspec.Struct, frozen=True, rename="camel"):
    """The ``exec`` stanza of a user: a command that prints credentials (client.authentication.k8s.io)."""

    command: str = ""
    args: list[str] | None = None
    env: list[EnvVar] | None = None
    api_version: str = "client.authentication.k8s.io/v1"
    install_hint: str = ""
    interactive_mode: str = "IfAvailable"
    provide_cluster_info: bool = False


class User(msgspec.Struct, frozen=True, rename="kebab"):
    """A ``user`` stanza: who we are. File paths are absolute, data is base64 as written."""

    token: str = ""
    token_file: str = msgspec.field(name="tokenFile", default="")
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    username: str = ""
    password: str = ""
    exec: ExecPlugin | None = None
    auth_provider: dict[str, Any] | None = None
    as_user: str = msgspec.field(name="as", default="")
    as_uid: str = ""
    as_groups: list[str] = []
    as_user_extra: dict[str, list[str]] = {}


class Endpoint(msgspec.Struct, frozen=True, rename="kebab"):
    """A ``cluster`` stanza: where the API server is and how it proves itself."""

    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """One context, ready to connect, or with the reason in words why it never will."""

    name: str
    cluster: str = ""
    """Name of the cluster stanza."""
    user: str = ""
    """Name of the user stanza."""
    namespace: str = ""
    """The namespace that the context names; empty without one."""
    origin: str = ""
    """The file that defines the context."""
    problem: str | None = None
    endpoint: Endpoint = Endpoint()
    identity: User = User()

    @property
    def server(self) -> str:
        """The API server's URL, empty when the context names none."""
        return self.endpoint.server


class Kubeconfig(msgspec.Struct, frozen=True):
    """What the files say together."""

    contexts: tuple[Context, ...] = ()
    current: str = ""
    errors: tuple[FileError, ...] = ()
    files: tuple[str, ...] = ()
    """The files that were read or tried, in order."""

    def context(self, name: str) -> Context | None:
        """The context of that name."""
        return next((context for context in self.contexts if context.name == name), None)


class _Entries(msgspec.Struct):
    """Stanzas by name, each with the file that gave it."""

    contexts: dict[str, tuple[Path, Any]] = {}
    clusters: dict[str, tuple[Path, Any]] = {}
    users: dict[str, tuple[Path, Any]] = {}


def load(
    explicit: str | None = None,
    environ: Mapping[str, str] = os.environ,
    home: Path | None = None,
    service_account: Path = SERVICE_ACCOUNT,
) -> Kubeconfig:
    """Read every kubeconfig file that applies and merge them; never raises.

    ``explicit`` is ``--kubeconfig``. With no context in any file, the pod's own service account is the context
    ``in-cluster``, if there is one.
    """
    paths, required = _search(explicit, environ, home or Path.home())
    entries, errors, current = _Entries(), list[FileError](), ""
    for path in paths:
        if not required and not path.exists():
            continue
        document = _read(path, errors)
        if document is None:
            continue
        _collect(path, document, entries, errors)
        current = current or _text(document.get("current-context"))
    contexts = tuple(_context(name, *found, entries) for name, found in entries.contexts.items())
    if not contexts and not explicit:
        contexts, current = _in_cluster(environ, service_account)
    return Kubeconfig(contexts, current, tuple(errors), tuple(str(path) for path in paths))


def select(kubeconfig: Kubeconfig, patterns: Sequence[str] = ()) -> tuple[Context, ...]:
    """The contexts that the patterns name (exact names, else globs), in the order of the files.

    Without patterns: the current context; without one, the only context there is. Raises `NoContext` for a
    pattern that matches nothing and when nothing at all is selected.
    """
    names = [context.name for context in kubeconfig.contexts]
    wanted = set[str]()
    for pattern in patterns:
        found = [pattern] if pattern in names else fnmatch.filter(names, pattern)
        if not found:
            raise NoContext(f"no context matches {pattern!r}: {_alternatives(pattern, names)}")
        wanted.update(found)
    if patterns:
        return tuple(context for context in kubeconfig.contexts if context.name in wanted)
    if kubeconfig.current:
        current = kubeconfig.context(kubeconfig.current)
        return (
            current or Context(name=kubeconfig.current, problem="current-context names a context that no file defines"),
        )
    if len(kubeconfig.contexts) == 1:
        return kubeconfig.contexts
    raise NoContext(_nothing_selected(kubeconfig, names))


class Chosen(NamedTuple):
    """Every context of the kubeconfig, those to watch, and what was not as it was asked for, in words for people."""

    every: tuple[Context, ...]
    watched: tuple[Context, ...]
    warnings: tuple[str, ...] = ()


def unmatched(kubeconfig: Kubeconfig, patterns: Sequence[str]) -> list[str]:
    """The patterns that no context matches. Raises `NoContext`, naming the contexts there are, if none of them does."""
    names = [context.name for context in kubeconfig.contexts]
    missing = [pattern for pattern in patterns if pattern not in names and not fnmatch.filter(names, pattern)]
    if missing and len(missing) == len(patterns):
        told = ", ".join(map(repr, missing))
        raise NoContext(f"no context matches {told}: there are {_alternatives(missing[0], names)}")
    return missing


def _nothing_selected(kubeconfig: Kubeconfig, names: list[str]) -> str:
    if names:
        return f"no current context is set: pass --context with {_alternatives('', names)}"
    if kubeconfig.errors:
        return "no usable kubeconfig: " + "; ".join(map(str, kubeconfig.errors))
    return f"no context found in {', '.join(kubeconfig.files)}: set KUBECONFIG or pass --kubeconfig"


def _alternatives(pattern: str, names: list[str]) -> str:
    close = difflib.get_close_matches(pattern, names, n=3, cutoff=0.5) or names[:5]
    more = len(names) - len(close)
    return (", ".join(close) + (f" or {more} more" if more > 0 else "")) or "there are no contexts"


# --- files


def _search(explicit: str | None, environ: Mapping[str, str], home: Path) -> tuple[list[Path], bool]:
    """The files to read, and whether their absence is an error."""
    if explicit:
        return [Path(explicit).expanduser()], True
    listed = [Path(part).expanduser() for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return list(dict.fromkeys(listed)) or [home / ".kube" / "config"], False


def _read(path: Path, errors: list[FileError]) -> dict[str, Any] | None:
    import yaml

    def broken(reason: str, line: int = 0) -> None:
        errors.append(FileError(str(path), line, reason))

    try:
        if path.stat().st_size > FILE_LIMIT:
            return broken(f"larger than {FILE_LIMIT >> 20} MiB: not a kubeconfig")
        text = path.read_bytes()
        document: object = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both safe
    except OSError as error:
        return broken(error.strerror or str(error))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return broken(f"not valid YAML: {error.problem or error.context or 'cannot be read'}", line)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return broken(f"not valid YAML: {error}".splitlines()[0])
    if document is None:
        return {}
    if not isinstance(document, dict):
        return broken("not a kubeconfig: a mapping with clusters, users and contexts is expected", 1)
    document = cast("dict[str, Any]", document)
    for section in ("contexts", "clusters", "users"):
        if not isinstance(document.get(section) or [], list):
            broken(f"{section}: a list is expected", _line_of(text, section))
            document[section] = None
    return document


def _line_of(text: bytes, key: str) -> int:
    match = re.search(rb"(?m)^[\"']?" + key.encode() + rb"[\"']?\s*:", text)
    return text.count(b"\n", 0, match.start()) + 1 if match else 1


def _collect(path: Path, document: dict[str, Any], entries: _Entries, errors: list[FileError]) -> None:
    for section, key, into in (
        ("contexts", "context", entries.contexts),
        ("clusters", "cluster", entries.clusters),
        ("users", "user", entries.users),
    ):
        for position, entry in enumerate(cast("Iterable[Any]", document.get(section) or ())):
            fields = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
            name = _text(fields.get("name"))
            if not name:
                errors.append(FileError(str(path), 0, f"{section}[{position}]: an entry with a name is expected"))
                continue
            into.setdefault(name, (path, fields.get(key)))


def _text(value: object) -> str:
    """Names written as numbers (``name: 42``) are names all the same."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


# --- one context


class _Flaw(Exception):
    """Why a context cannot work."""


class _ContextStanza(msgspec.Struct):
    cluster: str = ""
    user: str = ""
    namespace: str = ""


def _context(name: str, path: Path, raw: Any, entries: _Entries) -> Context:
    made = Context(name=name, origin=str(path))
    try:
        stanza = _shape(raw or {}, _ContextStanza, "context")
        made = msgspec.structs.replace(made, cluster=stanza.cluster, user=stanza.user, namespace=stanza.namespace)
        endpoint = _endpoint(stanza.cluster, entries)
        made = msgspec.structs.replace(made, endpoint=endpoint)
        return msgspec.structs.replace(made, identity=_user(stanza.user, entries))
    except _Flaw as flaw:
        return msgspec.structs.replace(made, problem=str(flaw))


def _shape(raw: object, shape: type[T], what: str) -> T:
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).replace("`", "").partition(" - at $.")
        raise _Flaw(f"{what}{f' {place}' if place else ''}: {reason[:1].lower()}{reason[1:]}") from None


def _endpoint(name: str, entries: _Entries) -> Endpoint:
    path, raw = _named(name, "cluster", entries.clusters)
    endpoint = _shape(raw or {}, Endpoint, f"cluster {name!r}")
    if not endpoint.server:
        raise _Flaw(f"cluster {name!r} has no server")
    server = endpoint.server if "://" in endpoint.server else f"https://{endpoint.server}"
    if not _is_url(server):
        raise _Flaw(f"cluster {name!r}: server {endpoint.server!r} is not an http or https URL")
    if endpoint.proxy_url and not _is_url(endpoint.proxy_url):
        raise _Flaw(
            f"cluster {name!r}: proxy-url {endpoint.proxy_url!r} is not an http or https URL (SOCKS is not supported)"
        )
    if endpoint.insecure_skip_tls_verify and (endpoint.certificate_authority or endpoint.certificate_authority_data):
        raise _Flaw(f"cluster {name!r}: insecure-skip-tls-verify and a certificate authority exclude each other")
    _check_data(f"cluster {name!r}: certificate-authority-data", endpoint.certificate_authority_data)
    authority = (
        ""
        if endpoint.certificate_authority_data
        else _file(path, endpoint.certificate_authority, f"cluster {name!r}: certificate-authority")
    )
    return msgspec.structs.replace(endpoint, server=server.rstrip("/"), certificate_authority=authority)


def _is_url(text: str) -> bool:
    """Whether it is http or https with a host, and a port if any, that can be connected to."""
    try:
        url = urlsplit(text)
        return re.match(r"https?://[^/\s]+", text) is not None and bool(url.hostname) and url.port != 0
    except ValueError:  # brackets around what is no IPv6 address, a port that is no number
        return False


def _user(name: str, entries: _Entries) -> User:
    path, raw = _named(name, "user", entries.users)
    user = _shape(raw or {}, User, f"user {name!r}")
    if user.auth_provider is not None:
        raise _Flaw(f"user {name!r}: auth-provider is no longer supported by Kubernetes clients: use an exec plugin")
    _check_data(f"user {name!r}: client-certificate-data", user.client_certificate_data)
    _check_data(f"user {name!r}: client-key-data", user.client_key_data)
    certificate = user.client_certificate_data or user.client_certificate
    if bool(certificate) != bool(user.client_key_data or user.client_key):
        raise _Flaw(f"user {name!r}: a client certificate needs a client key, and the key a certificate")
    files = {
        "token_file": _file(path, user.token_file, f"user {name!r}: tokenFile"),
        "client_certificate": ""
        if user.client_certificate_data
        else _file(path, user.client_certificate, f"user {name!r}: client-certificate"),
        "client_key": "" if user.client_key_data else _file(path, user.client_key, f"user {name!r}: client-key"),
    }
    plugin = _plugin(path, user.exec, name) if user.exec is not None else None
    return msgspec.structs.replace(user, exec=plugin, **files)


def _plugin(path: Path, plugin: ExecPlugin, user: str) -> ExecPlugin:
    if not plugin.command:
        raise _Flaw(f"user {user!r}: the exec plugin has no command")
    if "/" in plugin.command:  # a bare name is looked up in PATH when it is run
        return msgspec.structs.replace(plugin, command=_absolute(path, plugin.command))
    return plugin


def _named(name: str, what: str, entries: dict[str, tuple[Path, Any]]) -> tuple[Path, Any]:
    if not name:
        raise _Flaw(f"the context names no {what}")
    if name not in entries:
        raise _Flaw(f"{what} {name!r} is not defined in any file")
    return entries[name]


def _check_data(what: str, data: str) -> None:
    if data and not decode_data(data).strip():
        raise _Flaw(f"{what} is not valid base64")


def decode_data(data: str) -> bytes:
    """The bytes of a ``…-data`` field; empty when it is not base64."""
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _absolute(origin: Path, name: str) -> str:
    return str(origin.absolute().parent / Path(name).expanduser())


def _file(origin: Path, name: str, what: str) -> str:
    if not name:
        return ""
    path = _absolute(origin, name)
    if not os.access(path, os.R_OK):
        raise _Flaw(f"{what}: {path} {'cannot be read' if Path(path).exists() else 'does not exist'}")
    return path


def _in_cluster(environ: Mapping[str, str], account: Path) -> tuple[tuple[Context, ...], str]:
    host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "443")
    token, authority, namespace = account / "token", account / "ca.crt", account / "namespace"
    if not host or not token.exists():
        return (), ""
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    context = Context(
        name=IN_CLUSTER,
        cluster=IN_CLUSTER,
        user="serviceaccount",
        namespace=namespace.read_text().strip() if namespace.exists() else "",
        origin=str(account),
        endpoint=Endpoint(server=server, certificate_authority=str(authority) if authority.exists() else ""),
        identity=User(token_file=str(token)),
    )
    return (context,), IN_CLUSTER
