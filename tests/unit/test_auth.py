"""Who we are: every kind of credential, renewed when it has to be, and never at the terminal's expense."""

import asyncio
import base64
import json
import os
import stat
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fluxtui.kube import tls
from fluxtui.kube.answers import LoginNeeded, Unreachable
from fluxtui.kube.auth import Certificate, Credentials, Identity, Impersonation
from fluxtui.kube.contexts import Context, Endpoint, EnvVar, ExecPlugin, User
from fluxtui.kube.exec_plugin import ExecCredential, run

V1 = "client.authentication.k8s.io/v1"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


def credentials(user: User, asked: Impersonation | None = None, **more: object) -> Credentials:
    context = Context(name="x", endpoint=Endpoint(server="https://x"), identity=user)
    return Credentials(context, more.pop("now", Clock()), asked, **more)  # type: ignore[arg-type]


async def headers(user: User, asked: Impersonation | None = None) -> list[tuple[str, str]]:
    return list((await credentials(user, asked).identity()).headers)


# --- what a request carries


async def test_a_token() -> None:
    assert await headers(User(token="abc")) == [("Authorization", "Bearer abc")]


async def test_basic_authentication() -> None:
    assert await headers(User(username="Aladdin", password="open sesame")) == [
        ("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    ]


async def test_nobody() -> None:
    assert await headers(User()) == []


async def test_a_token_file_is_read_again_when_it_changes_and_comes_before_a_token(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one\n")
    known = credentials(User(token_file=str(path), token="other"))
    assert (await known.identity()).headers == (("Authorization", "Bearer one"),)
    path.write_text("second\n")
    assert (await known.identity()).headers == (("Authorization", "Bearer second"),)
    path.unlink()
    with pytest.raises(LoginNeeded, match="No such file"):
        await known.identity()


async def test_flags_impersonate_and_the_groups_of_the_file_do_not_follow() -> None:
    user = User(token="t", as_user="file", as_groups=["f1"], as_uid="7", as_user_extra={"scopes": ["a", "b"]})
    assert (await headers(user))[1:] == [
        ("Impersonate-User", "file"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Extra-scopes", "a"),
        ("Impersonate-Extra-scopes", "b"),
        ("Impersonate-Group", "f1"),
    ]
    assert (await headers(user, Impersonation("flag", ("g1", "g2"))))[1:] == [
        ("Impersonate-User", "flag"),
        ("Impersonate-Group", "g1"),
        ("Impersonate-Group", "g2"),
    ]


async def test_certificates_come_from_data_or_files(tmp_path: Path) -> None:
    chain, key = tmp_path / "c", tmp_path / "k"
    chain.write_bytes(b"file chain")
    key.write_bytes(b"file key")
    files = credentials(User(client_certificate=str(chain), client_key=str(key)))
    assert (await files.identity()).certificate == Certificate(b"file chain", b"file key")
    data = {name: base64.b64encode(name.encode()).decode() for name in ("client_certificate_data", "client_key_data")}
    known = await credentials(User(**data)).identity()
    assert known.certificate == Certificate(b"client_certificate_data", b"client_key_data")


# --- exec plugins: when


class Plugin:
    """A plugin that counts how often it is run."""

    def __init__(self, lifetime: float | None = None, clock: Clock | None = None) -> None:
        self.runs = 0
        self._lifetime = lifetime
        self._clock = clock

    async def __call__(self, context: Context) -> ExecCredential:
        self.runs += 1
        await asyncio.sleep(0)
        until = None
        if self._lifetime is not None and self._clock is not None:
            until = datetime.fromtimestamp(self._clock() + self._lifetime, UTC)
        return ExecCredential(token=f"t{self.runs}", expiration_timestamp=until)


def bearer(identity: Identity) -> str:
    return dict(identity.headers)["Authorization"].removeprefix("Bearer ")


async def test_a_plugin_runs_once_for_many_until_its_credential_expires() -> None:
    clock = Clock()
    plugin = Plugin(600.0, clock)
    known = credentials(User(exec=ExecPlugin(command="p")), now=clock, run_plugin=plugin)
    assert {bearer(identity) for identity in await asyncio.gather(*(known.identity() for _ in range(20)))} == {"t1"}
    clock.time += 500
    assert bearer(await known.identity()) == "t1"
    clock.time += 90  # within half a minute of the expiry
    assert bearer(await known.identity()) == "t2"


async def test_many_refusals_at_once_renew_once() -> None:
    plugin = Plugin()
    known = credentials(User(exec=ExecPlugin(command="p")), run_plugin=plugin)
    refused = await known.identity()
    assert await asyncio.gather(*(known.renew(refused) for _ in range(20))) == [True] * 20
    assert plugin.runs == 2
    assert await known.renew(refused), "what was refused is not what we have now: try again"
    assert plugin.runs == 2


async def test_a_fixed_token_cannot_be_renewed_and_a_changed_file_can(tmp_path: Path) -> None:
    fixed = credentials(User(token="t"))
    assert not await fixed.renew(await fixed.identity())
    path = tmp_path / "token"
    path.write_text("one")
    file = credentials(User(token_file=str(path)))
    refused = await file.identity()
    path.write_text("second")
    assert await file.renew(refused)


# --- exec plugins: how


def script(tmp_path: Path, body: str) -> list[str]:
    path = tmp_path / "plugin.py"
    path.write_text("import json, os, sys, time\n" + textwrap.dedent(body))
    return [sys.executable, str(path)]


async def run_script(tmp_path: Path, body: str, limit: float = 10.0, **fields: object) -> ExecCredential:
    command, path = script(tmp_path, body)
    plugin = ExecPlugin(command=command, args=[path], **fields)  # type: ignore[arg-type]
    context = Context(name="x", endpoint=Endpoint(server="https://x"), identity=User(exec=plugin))
    return await run(plugin, context, timeout=limit)


GOOD = f"""
status = {{'token': 'abc', 'expirationTimestamp': '2030-01-01T00:00:00Z'}}
print(json.dumps({{'apiVersion': '{V1}', 'status': status}}))
"""


async def test_a_plugin_gives_a_token_and_its_expiry(tmp_path: Path) -> None:
    granted = await run_script(tmp_path, GOOD)
    assert granted.token == "abc"
    assert granted.expires == datetime(2030, 1, 1, tzinfo=UTC).timestamp()


async def test_a_plugin_gets_its_variables_and_what_to_do_but_no_terminal(tmp_path: Path) -> None:
    body = f"""
    told = {{'info': json.loads(os.environ['KUBERNETES_EXEC_INFO']),
            'own': os.environ['OWN'], 'path': 'PATH' in os.environ,
            'input': sys.stdin.read(), 'leader': os.getsid(0) == os.getpid()}}
    print(json.dumps({{'apiVersion': '{V1}', 'status': {{'token': json.dumps(told)}}}}))
    """
    granted = await run_script(tmp_path, body, env=[EnvVar("OWN", "value")], provide_cluster_info=True)
    told = json.loads(granted.token)
    info = told.pop("info")
    assert told == {"own": "value", "path": True, "input": "", "leader": True}
    assert (info["apiVersion"], info["kind"], info["spec"]["interactive"]) == (V1, "ExecCredential", False)
    assert info["spec"]["cluster"]["server"] == "https://x"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.stderr.write('please \\x1b[31mlog in'); sys.exit(3)", r"exit code 3: please \\x1b\[31mlog in\. try this"),
        ("print('hello')", "did not print an ExecCredential"),
        (f"print(json.dumps({{'apiVersion': '{V1}', 'status': {{}}}}))", "no token and no certificate"),
        ("print(json.dumps({'apiVersion': 'v0', 'status': {'token': 'x'}}))", "answered in 'v0'"),
        (
            f"print(json.dumps({{'apiVersion': '{V1}', 'status': {{'clientCertificateData': 'x'}}}}))",
            "a certificate without its key",
        ),
    ],
)
async def test_a_plugin_that_fails_says_how(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(LoginNeeded, match=words):
        await run_script(tmp_path, body, install_hint="try this")


async def test_a_plugin_that_is_not_there_comes_with_its_install_hint() -> None:
    plugin = ExecPlugin(command="no-such-plugin-anywhere", install_hint="brew install it")
    with pytest.raises(LoginNeeded, match=r"cannot run no-such-plugin-anywhere: No such file.*brew install it"):
        await run(plugin, Context(name="x"))


async def test_a_plugin_that_wants_a_person_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(LoginNeeded, match="asks for a person"):
        await run_script(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')", interactive_mode="Always")
    assert not (tmp_path / "ran").exists()


async def test_logging_in_gives_the_plugin_the_terminal_and_keeps_what_it_granted(
    tmp_path: Path,
) -> None:
    body = f"""
    info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])
    told = str(info['spec']['interactive']) + sys.stdin.read()
    print(json.dumps({{'apiVersion': '{V1}', 'status': {{'token': told}}}}))
    """
    command, path = script(tmp_path, body)
    plugin = ExecPlugin(command=command, args=[path], interactive_mode="Always")
    (tmp_path / "keys").write_text("secret")
    known = credentials(User(exec=plugin))
    with pytest.raises(LoginNeeded, match="asks for a person"):
        await known.identity()
    kept = os.dup(0)
    try:
        with (tmp_path / "keys").open() as keys:
            os.dup2(keys.fileno(), 0)
            known.log_in()
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert bearer(await known.identity()) == "Truesecret"
    with pytest.raises(LoginNeeded, match="no exec plugin"):
        credentials(User(token="t")).log_in()


async def test_a_plugin_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    body = f"""
    child = os.fork()
    with open({str(pids)!r}, 'a') as file:
        file.write(f'{{os.getpid()}}\\n')
    time.sleep(600)
    """
    with pytest.raises(LoginNeeded, match="no credentials within 1 s"):
        await run_script(tmp_path, body, limit=1.0)
    started = [int(line) for line in pids.read_text().split()]
    assert len(started) == 2
    for _ in range(500):
        if not any(alive(pid) for pid in started):
            return
        await asyncio.sleep(0.01)
    pytest.fail("a process outlived its plugin")


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_a_plugin_that_prints_without_end_is_stopped_and_costs_no_memory(tmp_path: Path) -> None:
    with pytest.raises(LoginNeeded):
        await run_script(tmp_path, "sys.stdout.write('x' * 50_000_000)", limit=20.0)


# --- TLS


PAIR = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A self-signed certificate, made by openssl."""
    import subprocess

    folder = tmp_path_factory.mktemp("pair")
    files = ("-keyout", str(folder / "key"), "-out", str(folder / "chain"), "-subj", "/CN=localhost")
    subprocess.run([*PAIR, *files], check=True, capture_output=True)
    return Certificate((folder / "chain").read_bytes(), (folder / "key").read_bytes())


def test_client_certificates_leave_no_file_and_no_descriptor(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    present = tls.ssl.SSLContext.load_cert_chain

    def spy(self: object, chain: Path, key: Path, password: object) -> None:
        seen.extend(stat.S_IMODE(Path(path).stat().st_mode) for path in (chain, key, Path(chain).parent))
        present(self, chain, key, password)  # type: ignore[arg-type]

    monkeypatch.setattr(tls.ssl.SSLContext, "load_cert_chain", spy)
    authority = base64.b64encode(certificate.chain).decode()
    endpoint = Endpoint(server="https://x", certificate_authority_data=authority)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        assert tls.tls_context(endpoint, certificate) is not None
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert list(tmp_path.iterdir()) == []
    assert seen[:3] == [0o600, 0o600, 0o700]


def test_a_private_authority_is_trusted_alone_and_not_by_the_letter(certificate: Certificate) -> None:
    authority = base64.b64encode(certificate.chain).decode()
    context = tls.tls_context(Endpoint(server="https://x", certificate_authority_data=authority), None)
    assert context is not None
    assert len(context.get_ca_certs()) == 1
    assert not context.verify_flags & tls.ssl.VERIFY_X509_STRICT
    assert (context.verify_mode, context.check_hostname) == (tls.ssl.CERT_REQUIRED, True)


def test_no_verification_only_when_asked_for_and_none_for_http() -> None:
    context = tls.tls_context(Endpoint(server="https://x", insecure_skip_tls_verify=True), None)
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (tls.ssl.CERT_NONE, False)
    assert tls.tls_context(Endpoint(server="http://x"), None) is None


def test_certificates_that_are_none_are_told() -> None:
    with pytest.raises(Unreachable, match="the context's certificates cannot be used"):
        tls.tls_context(Endpoint(server="https://x"), Certificate(b"not", b"pem"))


@pytest.mark.parametrize(
    ("server", "proxy_url", "environ", "expected"),
    [
        ("https://a.b", "http://own:1", {"HTTPS_PROXY": "http://env:2"}, "http://own:1"),
        ("https://a.b", "", {"HTTPS_PROXY": "http://env:2"}, "http://env:2"),
        ("https://a.b", "", {"https_proxy": "env:2"}, "http://env:2"),
        ("http://a.b", "", {"HTTPS_PROXY": "http://env:2"}, ""),
        ("https://a.b", "", {"HTTPS_PROXY": "http://env:2", "NO_PROXY": "x,.b"}, ""),
        ("https://ab", "", {"HTTPS_PROXY": "http://env:2", "NO_PROXY": ".b"}, "http://env:2"),
        ("https://10.1.2.3:6443", "", {"HTTPS_PROXY": "http://env:2", "NO_PROXY": "10.0.0.0/8"}, ""),
        ("https://11.1.2.3:6443", "", {"HTTPS_PROXY": "http://env:2", "NO_PROXY": "10.0.0.0/8"}, "http://env:2"),
        ("https://a.b", "", {"HTTPS_PROXY": "http://env:2", "NO_PROXY": "*"}, ""),
        ("https://127.0.0.1:1", "", {"HTTPS_PROXY": "http://env:2"}, ""),
    ],
)
def test_which_proxy(server: str, proxy_url: str, environ: dict[str, str], expected: str) -> None:
    assert tls.proxy_for(Endpoint(server=server, proxy_url=proxy_url), environ) == expected


def test_expiry_without_a_time_is_never() -> None:
    assert ExecCredential(token="t").expires > time.time() * 1000
