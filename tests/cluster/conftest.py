"""One suite, two servers: the simulator always, and a real kube-apiserver where its binaries are at hand.

``KUBEBUILDER_ASSETS`` names a folder with ``etcd``, ``kube-apiserver`` and ``crds/*.yaml``. Without it the real half
skips; with ``FLUXTUI_REQUIRE_REAL=1`` it fails instead. What a test does to one server it does to the other, by the
same calls.
"""

import asyncio
import contextlib
import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from fluxtui.simulator.access import ADMIN, User
from fluxtui.simulator.cluster import SimulatedCluster
from fluxtui.simulator.faults import Faults
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.registry import ALL
from fluxtui.simulator.resources import Resource, to_crd

ADMIN_TOKEN, VIEWER_TOKEN = "admin-token", "viewer-token"
KINDS: dict[str, Resource] = {resource.key: resource for resource in ALL}
Json = dict[str, Any]


@dataclass
class Answer:
    """A response, read to its end."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self.body.splitlines()]


@dataclass
class Server:
    """A cluster under test. Namespaces are new for each test, and everything created is deleted after it."""

    name: str
    url: str
    session: aiohttp.ClientSession
    admin_token: str = ADMIN_TOKEN
    viewer_token: str = VIEWER_TOKEN
    """Of the user ``viewer`` in the group ``viewers``, who has no rights until `grant`."""
    crds: Path | None = None
    created: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    @property
    def real(self) -> bool:
        return self.name == "real"

    # -- addresses -------------------------------------------------------------------------------------------

    def path(self, kind: str, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of a kind's collection, of one object, or of its subresource."""
        resource = KINDS[kind]
        root = f"/apis/{resource.group}/{resource.versions[0]}" if resource.group else f"/api/{resource.versions[0]}"
        within = f"/namespaces/{namespace}" if namespace and resource.namespaced else ""
        return "/".join(part for part in (f"{root}{within}/{resource.plural}", name, subresource) if part)

    def kubeconfig(self, path: Path) -> Path:
        """Writes a kubeconfig with the contexts ``NAME-admin`` and ``NAME-viewer``."""
        cluster = {"server": self.url} | ({"insecure-skip-tls-verify": True} if self.real else {})
        users = {f"{self.name}-admin": self.admin_token, f"{self.name}-viewer": self.viewer_token}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self.name, "cluster": cluster}],
            "users": [{"name": name, "user": {"token": token}} for name, token in users.items()],
            "contexts": [{"name": name, "context": {"cluster": self.name, "user": name}} for name in users],
            "current-context": f"{self.name}-admin",
        }
        path.write_text(yaml.safe_dump(content))
        path.chmod(0o600)
        return path

    # -- requests --------------------------------------------------------------------------------------------

    def open(self, method: str, path: str, *, token: str | None = ADMIN_TOKEN, **options: Any) -> Any:
        """An aiohttp request context; ``token=None`` comes as nobody."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers.setdefault("Authorization", f"Bearer {token}")
        return self.session.request(method, self.url + path, headers=headers, ssl=False, **options)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        """A request and its whole answer; bodies are given as ``json`` or ``data``, parameters as ``params``."""
        async with self.open(method, path, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    # -- objects ---------------------------------------------------------------------------------------------

    @staticmethod
    def kustomization(namespace: str, name: str, *, labels: dict[str, str] | None = None, **spec: Any) -> Json:
        """A Kustomization that the server accepts; ``spec`` adds to it."""
        return {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": name, "namespace": namespace} | ({"labels": labels} if labels else {}),
            "spec": {"interval": "10m", "prune": True, "sourceRef": {"kind": "OCIRepository", "name": "apps"}} | spec,
        }

    async def namespace(self, prefix: str = "t") -> str:
        """A new namespace."""
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        await self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    async def create(self, obj: Json, *, status: Json | None = None) -> Json:
        """Creates an object, and writes its status when one is given. Returns it as stored."""
        meta = obj["metadata"]
        answer = await self.ask("POST", self.path(obj["kind"], meta.get("namespace", "")), json=obj)
        assert answer.status == 201, answer.text
        stored = answer.json
        meta = stored["metadata"]
        self.created.append(self.path(obj["kind"], meta.get("namespace", ""), meta["name"]))
        if status is not None:
            stored = await self.patch_status(obj["kind"], meta.get("namespace", ""), meta["name"], status)
        return stored

    async def patch(self, kind: str, namespace: str, name: str, merge: Json, *, subresource: str = "") -> Json:
        """A merge patch. Returns the object as stored."""
        headers = {"Content-Type": "application/merge-patch+json"}
        path = self.path(kind, namespace, name, subresource)
        answer = await self.ask("PATCH", path, data=json.dumps(merge), headers=headers)
        assert answer.status == 200, answer.text
        return answer.json

    async def patch_status(self, kind: str, namespace: str, name: str, status: Json) -> Json:
        """What a controller does: writes the status alone."""
        return await self.patch(kind, namespace, name, {"status": status}, subresource="status")

    async def delete(self, kind: str, namespace: str, name: str) -> None:
        """Deletes an object; one that is gone already is fine."""
        answer = await self.ask("DELETE", self.path(kind, namespace, name))
        assert answer.status in (200, 202, 404), answer.text

    # -- rights and kinds ------------------------------------------------------------------------------------

    async def grant(
        self, verbs: list[str], resources: list[str], *, groups: list[str] | None = None, namespace: str = ""
    ) -> None:
        """Lets the viewer do something, everywhere or in one namespace, and waits until the server knows."""
        name = f"viewers-{uuid.uuid4().hex[:8]}"
        rbac = "rbac.authorization.k8s.io"
        rule = {"verbs": verbs, "apiGroups": groups or ["*"], "resources": resources}
        role = {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]}
        await self.create(role)
        binding = {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
            "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": rbac, "kind": "Group", "name": "viewers"}],
        }
        await self.create(binding)
        group = (groups or ["apps"])[0]
        wanted = {
            "verb": verbs[0],
            "group": "" if group == "*" else group,
            "resource": resources[0],
            "namespace": namespace,
        }
        await self.until(lambda: self.allowed(wanted))

    async def allowed(self, attributes: Json, token: str = VIEWER_TOKEN) -> bool:
        """What a SelfSubjectAccessReview says."""
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        review["spec"] = {"resourceAttributes": attributes}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        answer = await self.ask("POST", path, json=review, token=token)
        assert answer.status == 201, answer.text
        return answer.json["status"]["allowed"]

    async def remove_kind(self, kind: str) -> None:
        """Deletes the CRD of a kind and waits until the kind is not served; it is installed again after the test."""
        await self.delete("CustomResourceDefinition", "", KINDS[kind].crd_name)
        self.removed.append(kind)

        async def gone() -> bool:
            return (await self.get(self.path(kind))).status == 404

        await self.until(gone)

    async def install_kind(self, kind: str) -> None:
        """Installs the CRD of a kind and waits until the kind is served."""
        name = KINDS[kind].crd_name
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        body = (self.crds / f"{name}.yaml").read_bytes() if self.crds else yaml.safe_dump(_crd(kind)).encode()

        async def installed() -> bool:
            answer = await self.ask("POST", path, data=body, headers={"Content-Type": "application/yaml"})
            return answer.status == 201 or (
                answer.status == 409 and answer.json["reason"] == "AlreadyExists" and await served()
            )

        async def served() -> bool:
            return (await self.get(self.path(kind))).status == 200

        await self.until(installed)
        await self.until(served)
        if kind in self.removed:
            self.removed.remove(kind)

    async def until(self, condition: Any, seconds: float = 10.0) -> None:
        """Waits until an async condition holds."""
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 (the server tells nobody)
                await asyncio.sleep(0.05)

    async def clean(self) -> None:
        """Deletes what the test created, the last first, and installs the kinds that it removed."""
        for kind in list(self.removed):
            await self.install_kind(kind)
        for path in reversed(self.created):
            answer = await self.ask("DELETE", path)
            if answer.status == 200 and (answer.json.get("metadata") or {}).get("finalizers"):
                headers = {"Content-Type": "application/merge-patch+json"}
                await self.ask("PATCH", path, data='{"metadata":{"finalizers":null}}', headers=headers)


def _crd(kind: str) -> Json:
    return to_crd(KINDS[kind])


# -- the real server -----------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _call(url: str, body: bytes | None = None) -> int:
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": "application/yaml"}
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _await(condition: Any, what: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"the real server: {what} took more than {seconds:.0f} s")
        time.sleep(0.1)


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """etcd and kube-apiserver on ports of their own, with every CRD: (url, folder of the CRDs)."""
    assets = Path(os.environ.get("KUBEBUILDER_ASSETS", "/nonexistent"))
    if not (assets / "kube-apiserver").exists():
        reason = "no real API server: KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver"
        if os.environ.get("FLUXTUI_REQUIRE_REAL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("kube-apiserver")
    port, client, peer = _free_port(), _free_port(), _free_port()
    (folder / "tokens.csv").write_text(
        f'{ADMIN_TOKEN},admin,admin,"system:masters"\n{VIEWER_TOKEN},viewer,viewer,"viewers"\n'
    )
    subprocess.run(["openssl", "genrsa", "-out", folder / "sa.key", "2048"], check=True, capture_output=True)
    etcd = [assets / "etcd", "--data-dir", folder / "etcd", "--unsafe-no-fsync"]
    etcd += [
        "--listen-client-urls",
        f"http://127.0.0.1:{client}",
        "--advertise-client-urls",
        f"http://127.0.0.1:{client}",
    ]
    etcd += ["--listen-peer-urls", f"http://127.0.0.1:{peer}"]
    etcd += [
        "--initial-advertise-peer-urls",
        f"http://127.0.0.1:{peer}",
        "--initial-cluster",
        f"default=http://127.0.0.1:{peer}",
    ]
    server = [assets / "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{client}", "--bind-address=127.0.0.1"]
    server += [f"--secure-port={port}", f"--cert-dir={folder / 'certs'}", f"--token-auth-file={folder / 'tokens.csv'}"]
    server += [
        f"--service-account-key-file={folder / 'sa.key'}",
        f"--service-account-signing-key-file={folder / 'sa.key'}",
    ]
    server += ["--service-account-issuer=https://test.invalid", "--service-cluster-ip-range=10.0.0.0/24"]
    server += [
        "--etcd-compaction-interval=5s",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",
    ]
    url = f"https://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        for command in (etcd, server):
            log = stack.enter_context((folder / f"{Path(command[0]).name}.log").open("wb"))
            process = stack.enter_context(subprocess.Popen(command, stdout=log, stderr=log))
            stack.callback(process.kill)
        _await(lambda: _call(f"{url}/readyz") == 200, "getting ready")
        for crd in sorted((assets / "crds").glob("*.yaml")):
            path = f"{url}/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            assert _call(path, crd.read_bytes()) in (201, 409), crd.name
        custom = [resource for resource in ALL if resource.custom]
        for resource in custom:
            if not (
                assets / "crds" / f"{resource.crd_name}.yaml"
            ).exists():  # OpenReports come with a chart of their own
                path = f"{url}/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
                assert _call(path, yaml.safe_dump(to_crd(resource)).encode()) in (201, 409), resource.crd_name
            path = f"{url}/apis/{resource.group}/{resource.versions[0]}/{resource.plural}"
            _await(lambda path=path: _call(path) == 200, f"serving {resource.plural}")
        yield url, assets / "crds"


# -- fixtures ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the test's own."""
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": "suite/1.0"}) as client:
        yield client


def _simulated() -> SimulatedCluster:
    objects = Objects(time.time)
    for name in ("default", "kube-system"):
        objects.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    tokens = {ADMIN_TOKEN: ADMIN, VIEWER_TOKEN: User("viewer", ("viewers",))}
    return SimulatedCluster("simulator", objects, tokens=tokens)


@pytest.fixture
async def cluster() -> AsyncIterator[SimulatedCluster]:
    """A simulated cluster, empty but for what every cluster has."""
    async with _simulated() as running:
        yield running


@pytest.fixture
def simulator(cluster: SimulatedCluster, session: aiohttp.ClientSession) -> Server:
    """The simulated cluster alone, for what no real server can be made to do (see `faults`)."""
    return Server("simulator", cluster.url, session)


@pytest.fixture
def faults(cluster: SimulatedCluster) -> Faults:
    """What goes wrong with the `simulator`."""
    return cluster.faults


@pytest.fixture(params=["simulator", "real"])
async def server(request: pytest.FixtureRequest, session: aiohttp.ClientSession) -> AsyncIterator[Server]:
    """Each of the two servers in turn."""
    if request.param == "real":
        url, crds = request.getfixturevalue("real_server")
        under_test = Server("real", url, session, crds=crds)
        yield under_test
        await under_test.clean()
        return
    async with _simulated() as running:
        under_test = Server("simulator", running.url, session)
        yield under_test
        await under_test.clean()
