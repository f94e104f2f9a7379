"""Requests as they arrive at a server that does what the test says: credentials, TLS, proxies, failures in words."""

import asyncio
import base64
import contextlib
import json
import socket
import ssl
import subprocess
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from fluxtui.kube.answers import (
    Expired,
    Forbidden,
    GarbledAnswer,
    KubeError,
    LoginNeeded,
    NotFound,
    Refused,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from fluxtui.kube.auth import Credentials, Impersonation
from fluxtui.kube.contexts import Context, Endpoint, ExecPlugin, User
from fluxtui.kube.exec_plugin import ExecCredential
from fluxtui.kube.transport import Reader, Resource, Scope
from fluxtui.kube.wire import Call, NotPermitted, Wire, load_plumbing
from fluxtui.kube.writer import Permission, ReadOnly, Writer, open_writer

KUSTOMIZATIONS = Resource("kustomize.toolkit.fluxcd.io", "v1", "kustomizations")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Scripted:
    """A server that answers what the test tells it to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[web.Request] = []
        self.asked = asyncio.Event()
        self.bodies: list[bytes] = []
        self.answer: Handler = self.empty
        self.url = ""

    async def empty(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.BaseRequest)
        self.bodies.append(await request.read())
        self.seen.append(request)  # type: ignore[arg-type]
        self.asked.set()
        return await self.answer(request)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def serving(context: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    """A scripted server on a free port."""
    scripted = Scripted()
    runner = web.ServerRunner(web.Server(scripted), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    scripted.url = f"{'https' if context else 'http'}://localhost:{port}"
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    await asyncio.to_thread(load_plumbing)
    async with serving() as scripted:
        yield scripted


@contextlib.asynccontextmanager
async def reading(
    endpoint: Endpoint | str, user: User | None = None, asked: Impersonation | None = None, **more: object
) -> AsyncIterator[Reader]:
    """A reader for a server, closed at the end."""
    endpoint = Endpoint(server=endpoint) if isinstance(endpoint, str) else endpoint
    context = Context(name="x", endpoint=endpoint, identity=user or User())
    credentials = Credentials(context, lambda: 0.0, asked, **more)  # type: ignore[arg-type]
    reader = Reader(Wire(context, credentials, lambda: 0.0, environ={}))
    yield reader
    await reader.close()


def answering(status: int, body: object = None, **headers: str) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        text = body if isinstance(body, str) else json.dumps(body or {})
        return web.Response(status=status, text=text, headers=headers, content_type="application/json")

    return answer


# --- what is sent


async def test_lists_name_kind_place_selectors_and_page(server: Scripted) -> None:
    async with reading(server.url) as reader:
        scope = Scope("apps", "a=b,c in (d, e)", "spec.x=y")
        await reader.list_page(KUSTOMIZATIONS, scope, token="a/b+c==", limit=7)
    (request,) = server.seen
    assert request.method == "GET"
    assert request.path == "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/apps/kustomizations"
    assert dict(request.query) == {
        "labelSelector": "a=b,c in (d, e)",
        "fieldSelector": "spec.x=y",
        "limit": "7",
        "continue": "a/b+c==",
    }
    assert request.headers["User-Agent"].startswith("fluxtui/")


async def test_a_server_below_a_path_is_asked_there(server: Scripted) -> None:
    async with reading(f"{server.url}/k8s/clusters/c-1") as reader:
        await reader.get(Resource("", "v1", "namespaces", namespaced=False), "", "apps")
    assert server.seen[0].path == "/k8s/clusters/c-1/api/v1/namespaces/apps"


async def test_every_group_is_a_header_of_its_own(server: Scripted) -> None:
    async with reading(server.url, User(token="t"), Impersonation("jane", ("a", "b,c"))) as reader:
        await reader.document("/version")
    headers = server.seen[0].headers
    assert headers.getall("Impersonate-Group") == ["a", "b,c"]
    assert headers.getall("Impersonate-User") == ["jane"]
    assert headers.getall("Authorization") == ["Bearer t"]


async def test_netrc_and_proxies_of_others_are_left_alone(
    server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login someone password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with reading(server.url) as reader:
        await reader.document("/version")
    assert "Authorization" not in server.seen[0].headers


async def test_a_proxy_is_used(server: Scripted) -> None:
    endpoint = Endpoint(server="http://cluster.example.com:6443", proxy_url=server.url)
    async with reading(endpoint, User(token="t")) as reader:
        await reader.document("/version")
    request = server.seen[0]
    assert request.raw_path.startswith("http://cluster.example.com:6443/version")
    assert request.headers["Host"] == "cluster.example.com:6443"


async def test_a_table_is_asked_for_by_its_media_type(server: Scripted) -> None:
    async with reading(server.url) as reader:
        await reader.table(KUSTOMIZATIONS, Scope())
    assert server.seen[0].headers["Accept"].startswith("application/json;as=Table;g=meta.k8s.io;v=v1")


# --- credentials that change


async def test_a_refused_token_is_renewed_once_for_all_and_the_request_repeated(server: Scripted) -> None:
    runs = 0

    async def plugin(context: Context) -> ExecCredential:
        nonlocal runs
        runs += 1
        return ExecCredential(token=f"t{runs}")

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=200 if request.headers["Authorization"] == "Bearer t2" else 401)

    server.answer = answer
    async with reading(server.url, User(exec=ExecPlugin(command="p")), run_plugin=plugin) as reader:
        await asyncio.gather(*(reader.document("/version") for _ in range(20)))
        assert runs == 2
        server.answer = answering(401, {"reason": "Unauthorized", "message": "Unauthorized"})
        with pytest.raises(Unauthorized, match="log in again"):
            await reader.document("/version")
        assert runs == 3, "once more, and no more"


async def test_a_token_that_stays_the_same_is_not_sent_twice(server: Scripted) -> None:
    server.answer = answering(401)
    async with reading(server.url, User(token="t")) as reader:
        with pytest.raises(Unauthorized):
            await reader.document("/version")
    assert len(server.seen) == 1


async def test_without_credentials_nothing_is_sent(server: Scripted) -> None:
    user = User(exec=ExecPlugin(command="no-such-plugin-anywhere"))
    async with reading(server.url, user) as reader:
        with pytest.raises(LoginNeeded):
            await reader.document("/version")
    assert server.seen == []


# --- TLS


class Authority:
    """A certificate authority made by openssl, with a server's and a client's certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._openssl("req", "-x509", *NEW_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=ca")
        self.issue("server", "/CN=server", "subjectAltName=DNS:localhost,DNS:inner.example.com")
        self.issue("one", "/CN=one", "extendedKeyUsage=clientAuth")
        self.issue("two", "/CN=two", "extendedKeyUsage=clientAuth")

    def issue(self, name: str, subject: str, extension: str) -> None:
        (self.folder / "ext").write_text(extension)
        self._openssl("req", "-new", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        signer = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", *signer)

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def data(self, name: str) -> str:
        return base64.b64encode((self.folder / name).read_bytes()).decode()

    def listening(self) -> ssl.SSLContext:
        """What a server presents, and whom it asks for a certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self.folder / "ca.pem"))
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def client(self, name: str) -> User:
        return User(client_certificate_data=self.data(f"{name}.pem"), client_key_data=self.data(f"{name}.key"))


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def secure(authority: Authority) -> AsyncIterator[Scripted]:
    await asyncio.to_thread(load_plumbing)

    async def who(request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        subject = (transport.get_extra_info("peercert") or {}).get("subject", ((("", "nobody"),),))
        return web.json_response({"who": subject[-1][0][1]})

    async with serving(authority.listening()) as scripted:
        scripted.answer = who
        yield scripted


async def who(reader: Reader) -> str:
    return json.loads((await reader.document("/who")).body)["who"]


async def test_a_client_certificate_is_presented(secure: Scripted, authority: Authority) -> None:
    endpoint = Endpoint(server=secure.url, certificate_authority_data=authority.data("ca.pem"))
    async with reading(endpoint, authority.client("one")) as reader:
        assert await who(reader) == "one"
    async with reading(endpoint) as reader:
        assert await who(reader) == "nobody"


async def test_a_renewed_certificate_is_presented_while_old_requests_end(
    secure: Scripted, authority: Authority, tmp_path: Path
) -> None:
    for name in ("one.pem", "one.key"):
        (tmp_path / name).write_bytes((authority.folder / name).read_bytes())
    user = User(client_certificate=str(tmp_path / "one.pem"), client_key=str(tmp_path / "one.key"))
    answer, go = secure.answer, asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        await go.wait()
        return await answer(request)

    endpoint = Endpoint(server=secure.url, certificate_authority=str(authority.folder / "ca.pem"))
    async with reading(endpoint, user) as reader:
        secure.answer = slow
        old = asyncio.create_task(who(reader))
        await secure.asked.wait()
        for kind in ("pem", "key"):
            (tmp_path / f"one.{kind}").write_bytes((authority.folder / f"two.{kind}").read_bytes() + b"\n")
        secure.answer = answer
        assert await who(reader) == "two"
        go.set()
        assert await old == "one"


async def test_another_name_than_the_urls_can_be_asked_for(secure: Scripted, authority: Authority) -> None:
    url = secure.url.replace("localhost", "127.0.0.1")
    data = authority.data("ca.pem")
    async with reading(Endpoint(server=url, certificate_authority_data=data)) as reader:
        with pytest.raises(Unreachable, match=r"certificate is not trusted \(TLS\): .*IP address mismatch"):
            await who(reader)
    named = Endpoint(server=url, certificate_authority_data=data, tls_server_name="inner.example.com")
    async with reading(named) as reader:
        assert await who(reader) == "nobody"


async def test_a_stranger_is_not_trusted_unless_we_are_told_to(secure: Scripted) -> None:
    async with reading(secure.url) as reader:
        with pytest.raises(Unreachable, match=r"certificate is not trusted \(TLS\)"):
            await who(reader)
    async with reading(Endpoint(server=secure.url, insecure_skip_tls_verify=True)) as reader:
        assert await who(reader) == "nobody"


async def test_a_quiet_watch_costs_little_memory(secure: Scripted, authority: Authority) -> None:
    """Both ends live in this process; with asyncio's own buffers they take half a megabyte."""

    async def quiet(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        await answer.write(b"{}\n")
        await asyncio.sleep(600)
        return answer

    secure.answer = quiet
    endpoint = Endpoint(server=secure.url, certificate_authority_data=authority.data("ca.pem"))
    async with reading(endpoint) as reader, contextlib.AsyncExitStack() as stack:

        async def open_one() -> None:
            chunks = await stack.enter_async_context(reader.watch(KUSTOMIZATIONS, Scope(), version="1"))
            await anext(chunks)

        await open_one()
        tracemalloc.start()
        try:
            for _ in range(20):
                await open_one()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert held / 20 < 200_000


async def test_fifty_clusters_leave_no_descriptor(secure: Scripted, authority: Authority) -> None:
    endpoint = Endpoint(server=secure.url, certificate_authority_data=authority.data("ca.pem"))

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async with reading(endpoint, authority.client("one")) as reader:
        await who(reader)
    before = descriptors()
    for _ in range(50):
        async with reading(endpoint, authority.client("one")) as reader:
            await who(reader)
    for _ in range(1000):
        if descriptors() <= before + 5:  # the server's ends close in their own time
            return
        await asyncio.sleep(0.01)
    pytest.fail("connections were left open")


# --- what comes back


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (410, Expired),
        (429, TooManyRequests),
        (500, Refused),
        (504, Refused),
    ],
)
async def test_refusals_are_typed_and_name_verb_and_resource(
    server: Scripted, status: int, kind: type[Refused]
) -> None:
    server.answer = answering(status, {"reason": "R", "message": "because"}, **{"Retry-After": "3"})
    async with reading(server.url) as reader:
        with pytest.raises(kind) as caught:
            await reader.list_page(KUSTOMIZATIONS, Scope())
    refused = caught.value
    assert (refused.status, refused.verb, refused.resource) == (status, "list", KUSTOMIZATIONS.title)
    assert (refused.reason, refused.message, refused.retry_after) == ("R", "because", 3.0)


async def test_a_login_page_is_not_an_answer(server: Scripted) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>log in", content_type="text/html")

    server.answer = page
    async with reading(server.url) as reader:
        with pytest.raises(GarbledAnswer, match="a web page answered; does the context's server point at"):
            await reader.document("/version")


async def test_an_answer_without_end_is_not_read_to_the_end(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluxtui.kube.wire.read.__defaults__", (1024 * 1024, False))

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await answer.write(b"x" * 65_536)
        return answer

    server.answer = endless
    async with reading(server.url) as reader:
        with pytest.raises(GarbledAnswer, match="more than 1 MiB"):
            await reader.document("/version")


async def test_an_unchanged_document_is_told_by_its_tag(server: Scripted) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        unchanged = request.headers.get("If-None-Match") == '"1"'
        return web.Response(
            status=304 if unchanged else 200, body=None if unchanged else b"{}", headers={"ETag": '"1"'}
        )

    server.answer = answer
    async with reading(server.url) as reader:
        first = await reader.document("/apis")
        again = await reader.document("/apis", etag=first.etag)
    assert (first.body, first.unchanged) == (b"{}", False)
    assert (again.unchanged, again.etag) == (True, '"1"')


async def test_compressed_pages_are_unpacked(server: Scripted) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert "gzip" in request.headers["Accept-Encoding"]
        response = web.json_response({"items": ["x" * 1000]})
        response.enable_compression(web.ContentCoding.gzip)
        return response

    server.answer = answer
    async with reading(server.url) as reader:
        assert json.loads(await reader.list_page(KUSTOMIZATIONS, Scope())) == {"items": ["x" * 1000]}


async def test_watches_are_streams_and_end_with_their_reader(server: Scripted) -> None:
    closed = asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"event\n")
                await asyncio.sleep(0.001)
        except (ConnectionError, asyncio.CancelledError):
            closed.set()
            raise

    server.answer = stream
    async with reading(server.url) as reader:
        async with reader.watch(KUSTOMIZATIONS, Scope(), version="7", seconds=250) as chunks:
            assert (await anext(chunks)).startswith(b"event\n")
        await asyncio.wait_for(closed.wait(), 10)
    assert dict(server.seen[0].query) == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "250",
        "resourceVersion": "7",
    }


async def test_logs_are_streams(server: Scripted) -> None:
    async def log(request: web.Request) -> web.StreamResponse:
        return web.Response(text="2026-01-01T00:00:00Z hello\n")

    server.answer = log
    async with (
        reading(server.url) as reader,
        reader.logs("apps", "pod-1", container="main", tail=10, since=60) as chunks,
    ):
        assert b"".join([chunk async for chunk in chunks]) == b"2026-01-01T00:00:00Z hello\n"
    assert server.seen[0].path == "/api/v1/namespaces/apps/pods/pod-1/log"
    assert {**server.seen[0].query}["tailLines"] == "10"


# --- what does not come back


async def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


async def failing(endpoint: Endpoint | str) -> str:
    await asyncio.to_thread(load_plumbing)
    async with reading(endpoint) as reader:
        with pytest.raises(Unreachable) as caught:
            await reader.document("/version")
    return caught.value.reason


async def test_nobody_listens() -> None:
    assert await failing(f"http://127.0.0.1:{await free_port()}") == "connection refused"


async def test_a_name_that_does_not_resolve() -> None:
    assert await failing("http://no-such-host.invalid:6443") == "its name does not resolve (DNS)"


async def test_a_proxy_that_is_not_there() -> None:
    endpoint = Endpoint(server="https://example.com", proxy_url=f"http://127.0.0.1:{await free_port()}")
    assert await failing(endpoint) == "the proxy cannot be reached"


async def test_a_server_that_hangs_up(server: Scripted) -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.answer = hang_up
    async with reading(server.url) as reader:
        with pytest.raises(Unreachable, match=r"closed without an answer|reset"):
            await reader.document("/version")


async def test_a_server_that_says_nothing(server: Scripted) -> None:
    async def silence(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(600)
        return web.Response()

    server.answer = silence
    await asyncio.to_thread(load_plumbing)
    context = Context(name="x", endpoint=Endpoint(server=server.url))
    wire = Wire(context, Credentials(context, lambda: 0.0), lambda: 0.0, environ={})
    with pytest.raises(Unreachable, match="no answer in time"):
        async with wire.request(Call(path="/", verb="get", resource="x", silence=0.05)):
            pass
    await wire.close()


async def test_names_that_hang_do_not_delay_others(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen contexts whose DNS does not answer, on an executor with six threads."""
    stuck = asyncio.Event()
    loop, ask = asyncio.get_running_loop(), socket.getaddrinfo
    import threading

    release = threading.Event()

    def slow(host: str, *arguments: object, **more: object) -> object:
        if host.endswith(".stuck"):
            loop.call_soon_threadsafe(stuck.set)
            release.wait()
        return ask(host, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    async with contextlib.AsyncExitStack() as stack:
        names = [f"http://{number}.stuck" for number in range(16)]
        readers = [await stack.enter_async_context(reading(name)) for name in names]
        hanging = [asyncio.create_task(reader.document("/version")) for reader in readers]
        await asyncio.wait_for(stuck.wait(), 10)
        async with reading(server.url) as reader, asyncio.timeout(10):
            await reader.document("/version")
        assert not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        release.set()


# --- reading is not writing


async def test_questions_about_rights_are_the_only_posts(server: Scripted) -> None:
    server.answer = answering(201, {"status": {"allowed": True, "reason": "RBAC"}})
    async with reading(server.url) as reader:
        access = await reader.may("patch", KUSTOMIZATIONS, namespace="apps")
        assert (access.allowed, access.reason) == (True, "RBAC")
        rules = {"resourceRules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}], "incomplete": True}
        server.answer = answering(201, {"status": rules})
        told = await reader.rules("apps")
        assert (told.incomplete, told.resource_rules[0].verbs) == (True, ["get"])
    assert [request.method for request in server.seen] == ["POST", "POST"]
    assert json.loads(server.bodies[0])["spec"]["resourceAttributes"] == {
        "verb": "patch",
        "group": "kustomize.toolkit.fluxcd.io",
        "resource": "kustomizations",
        "namespace": "apps",
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_readers_wire_passes_nothing_that_changes(server: Scripted, method: str) -> None:
    context = Context(name="x", endpoint=Endpoint(server=server.url))
    wire = Wire(context, Credentials(context, lambda: 0.0), lambda: 0.0)
    with pytest.raises(NotPermitted):
        async with wire.request(Call(path="/apis/x", verb="x", resource="x", method=method)):
            pass
    await wire.close()
    assert server.seen == []


class Written:
    """A cluster as far as `open_writer` is concerned."""

    def __init__(self, url: str) -> None:
        self.context = Context(name="prod", endpoint=Endpoint(server=url))

    def wire(self, methods: frozenset[str]) -> Wire:
        return Wire(self.context, Credentials(self.context, lambda: 0.0), lambda: 0.0, methods)


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        (Permission(), "the program was started read-only"),
        (Permission(read_only=True, contexts=()), "the program was started read-only"),
        (Permission(read_only=False, contexts=("prod",)), "makes context 'prod' read-only"),
        (Permission(read_only=False, contexts=("pr*",)), "makes context 'prod' read-only"),
    ],
)
def test_no_writer_without_permission(permission: Permission, words: str) -> None:
    with pytest.raises(ReadOnly, match=words):
        open_writer(Written("http://x"), permission)


def test_a_writer_has_one_maker() -> None:
    with pytest.raises(ReadOnly, match="open_writer alone"):
        Writer(Written("http://x").wire(frozenset({"PATCH"})), object())


async def test_patches_say_what_they_are_and_who_makes_them(server: Scripted) -> None:
    writer = open_writer(Written(server.url), Permission(read_only=False))
    await writer.merge(KUSTOMIZATIONS, "apps", "x", {"spec": {"suspend": True}}, dry_run=True)
    await writer.apply(KUSTOMIZATIONS, "apps", "x", {"kind": "Kustomization"}, force=True)
    await writer.close()
    merge, apply = server.seen
    assert {merge.method, apply.method} == {"PATCH"}
    assert merge.content_type == "application/merge-patch+json"
    assert {**merge.query} == {"fieldManager": "fluxtui", "fieldValidation": "Strict", "dryRun": "All"}
    assert json.loads(server.bodies[0]) == {"spec": {"suspend": True}}
    assert apply.content_type == "application/apply-patch+yaml"
    assert {**apply.query} == {"fieldManager": "fluxtui", "fieldValidation": "Strict", "force": "true"}


async def test_a_closed_reader_fails_in_words(server: Scripted) -> None:
    async with reading(server.url) as reader:
        await reader.document("/version")
    with pytest.raises(KubeError):
        await reader.document("/version")
