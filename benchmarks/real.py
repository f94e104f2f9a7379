"""A real API server: etcd and kube-apiserver with the CRDs of Flux, on ports and in folders of their own.

From the folder that KUBEBUILDER_ASSETS names, as envtest has it, with the CRDs in ``crds/*.yaml``.
"""

import asyncio
import contextlib
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import yaml

from benchmarks.figures import Figure, Plan
from benchmarks.fill import ADMIN, fill
from benchmarks.thousands import OBJECTS, RATE, Served
from benchmarks.thousands import measure as measure_thousands

PATIENCE = 90.0
"""Seconds that the server has to come up."""


def measure(plan: Plan) -> Iterator[Figure]:
    """10,000 Kustomizations, quiet and changing; nothing without the binaries."""
    if plan.assets is None:
        print("  KUBEBUILDER_ASSETS names no folder with kube-apiserver: skipped", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="fluxtui-bench-") as name, running(plan.assets, Path(name)) as url:
        asyncio.run(fill(url, OBJECTS))
        served = Served("kube-apiserver", str(kubeconfig(Path(name, "kubeconfig"), url)), "real", OBJECTS)
        time.sleep(5)  # it is still busy with what it was given
        yield from measure_thousands(plan, served, busy=False)
        command = [sys.executable, "-m", "benchmarks.churn", url, str(RATE), str(OBJECTS)]
        with _process(command, Path(name, "churn.log")):
            yield from measure_thousands(plan, served, busy=True)


@contextlib.contextmanager
def running(assets: Path, folder: Path) -> Iterator[str]:
    """The URL of a server that is up and serves the CRDs."""
    port, client, peer = _free(), _free(), _free()
    (folder / "tokens.csv").write_text('admin-token,admin,admin,"system:masters"\n')
    key = folder / "sa.key"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    peers = f"http://127.0.0.1:{peer}"
    etcd = {
        "data-dir": folder / "etcd",
        "listen-client-urls": f"http://127.0.0.1:{client}",
        "advertise-client-urls": f"http://127.0.0.1:{client}",
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"default={peers}",
    }
    server = {
        "etcd-servers": f"http://127.0.0.1:{client}",
        "bind-address": "127.0.0.1",
        "secure-port": port,
        "cert-dir": folder / "certs",
        "token-auth-file": folder / "tokens.csv",
        "service-account-key-file": key,
        "service-account-signing-key-file": key,
        "service-account-issuer": "https://bench.invalid",
        "authorization-mode": "RBAC",
        "disable-admission-plugins": "ServiceAccount",
    }
    url = f"https://127.0.0.1:{port}"
    etcd_command = [str(assets / "etcd"), "--unsafe-no-fsync", *_flags(etcd)]
    server_command = [str(assets / "kube-apiserver"), *_flags(server)]
    with _process(etcd_command, folder / "etcd.log"), _process(server_command, folder / "server.log"):
        _until(f"{url}/readyz")
        for crd in sorted((assets / "crds").glob("*.yaml")):
            _call(f"{url}/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd.read_bytes())
        _until(f"{url}/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations?limit=1")
        yield url


def _flags(options: dict[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in options.items()]


@contextlib.contextmanager
def _process(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            yield
        finally:
            process.kill()


def _free() -> int:
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _call(url: str, body: bytes | None = None) -> int:
    request = urllib.request.Request(url, data=body, headers=ADMIN | {"Content-Type": "application/yaml"})
    try:
        with urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _until(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while _call(url) != 200:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{url} did not answer within {PATIENCE:.0f} s")
        time.sleep(0.2)


def kubeconfig(path: Path, url: str) -> Path:
    """Write one with the context ``real`` there."""
    cluster = {"server": url, "insecure-skip-tls-verify": True}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "real", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": "admin-token"}}],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "admin"}}],
        "current-context": "real",
    }
    path.write_text(yaml.safe_dump(content))
    return path
