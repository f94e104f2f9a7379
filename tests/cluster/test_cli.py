"""The commands against API servers, as users run them: in a process of their own, with a kubeconfig."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

SECONDS = 30
READY = {"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "applied"}
FAILED = {
    "type": "Ready",
    "status": "False",
    "reason": "BuildFailed",
    "message": "no such file: [red]kustomization.yaml",
}


@contextlib.asynccontextmanager
async def running(tmp_path: Path, *arguments: str, **environment: str) -> AsyncIterator[Process]:
    """The program at work, without a terminal and without anyone's configuration."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fluxtui", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        limit=1 << 24,
        env={**kept, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), **environment},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def fluxtui(tmp_path: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    async with running(tmp_path, *arguments, **environment) as process, asyncio.timeout(SECONDS):
        out, errors = await process.communicate()
    assert "Traceback" not in errors.decode()
    return process.returncode, out.decode(), errors.decode()


def condition(told: dict[str, str]) -> dict[str, Any]:
    return {
        "observedGeneration": 1,
        "conditions": [{**told, "observedGeneration": 1, "lastTransitionTime": "2026-01-02T03:04:05Z"}],
    }


async def deploy(server, namespace: str, name: str, told: dict[str, str]) -> None:
    """A Kustomization with this condition, on a source that is ready."""
    source = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "OCIRepository",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"interval": "10m", "url": f"oci://registry.example/{name}", "ref": {"tag": "latest"}},
    }
    await server.create(source, status=condition(READY))
    applied = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"interval": "10m", "prune": True, "sourceRef": {"kind": "OCIRepository", "name": name}},
    }
    await server.create(applied, status=condition(told))


def add_cluster(path: Path, name: str, url: str, user: str) -> None:
    """One more cluster and context in a kubeconfig."""
    content = yaml.safe_load(path.read_text())
    content["clusters"].append({"name": name, "cluster": {"server": url}})
    content["contexts"].append({"name": name, "context": {"cluster": name, "user": user}})
    write(path, content)


def write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content))


@pytest.fixture
def kubeconfig(server, tmp_path) -> str:
    return str(server.kubeconfig(tmp_path / "kubeconfig"))


async def test_a_healthy_cluster_exits_with_0(server, kubeconfig, tmp_path):
    namespace = await server.namespace()
    await deploy(server, namespace, "podinfo", READY)
    code, out, errors = await fluxtui(tmp_path, "triage", "--kubeconfig", kubeconfig, "-n", namespace)
    assert (code, errors) == (0, "")
    assert out.startswith("● ")
    assert "1 of 1 clusters fresh" in out


async def test_a_failure_exits_with_1_and_is_told_in_every_format(server, kubeconfig, tmp_path):
    namespace = await server.namespace()
    await deploy(server, namespace, "podinfo", FAILED)
    told = {}
    for output in ("table", "wide", "json", "yaml", "markdown"):
        code, told[output], errors = await fluxtui(
            tmp_path, "triage", "-o", output, "--kubeconfig", kubeconfig, f"ns:{namespace}"
        )
        assert (code, errors) == (1, ""), output
        assert FAILED["message"] in told[output], output
    tree = json.loads(told["json"])
    (problem,) = tree["problems"]
    assert (problem["title"], problem["reason"], problem["clusters"]) == (
        f"Kustomization {namespace}/podinfo",
        "BuildFailed",
        [f"{server.name}-admin"],
    )
    assert tree["complete"]
    assert yaml.safe_load(told["yaml"])["problems"] == tree["problems"]


async def test_get_lists_what_passes_and_judges_only_that(server, kubeconfig, tmp_path):
    namespace = await server.namespace()
    await deploy(server, namespace, "good", READY)
    await deploy(server, namespace, "bad", FAILED)
    code, out, errors = await fluxtui(
        tmp_path, "get", "ks,oci", "--kubeconfig", kubeconfig, "-n", namespace, "-o", "json"
    )
    assert code == 1
    tree = json.loads(out)
    assert [(item["kind"], item["name"], item["status"]) for item in tree["items"]] == [
        ("Kustomization", "bad", "failed"),
        ("Kustomization", "good", "ready"),
        ("OCIRepository", "bad", "ready"),
        ("OCIRepository", "good", "ready"),
    ]
    assert tree["items"][0]["since"] == "2026-01-02T03:04:05Z"
    assert tree["complete"]
    code, out, errors = await fluxtui(tmp_path, "get", "ks", "good", f"ns:{namespace}", "--kubeconfig", kubeconfig)
    assert code == 0
    assert out.splitlines()[1].split()[:4] == ["●", "ready", namespace, "good"]
    assert errors.startswith("1 of ")


async def test_a_viewer_without_rights_is_told_so_and_exits_with_3(server, kubeconfig, tmp_path):
    context = f"{server.name}-viewer"
    for command in (["triage"], ["get", "ks"]):
        code, _, errors = await fluxtui(tmp_path, *command, "--kubeconfig", kubeconfig, "--context", context)
        assert code == 3
        assert f"not seen: {context}: may not list" in errors
        assert "kustomizations.kustomize.toolkit.fluxcd.io" in errors
    code, out, errors = await fluxtui(
        tmp_path, "triage", "-o", "json", "--kubeconfig", kubeconfig, "--context", context
    )
    tree = json.loads(out)
    assert (code, tree["complete"], tree["clusters"][0]["state"]) == (3, False, "forbidden")


async def test_a_viewer_of_some_kinds_sees_these_and_is_told_of_the_others(server, kubeconfig, tmp_path):
    namespace = await server.namespace()
    await deploy(server, namespace, "podinfo", READY)
    await server.grant(["get", "list", "watch"], ["kustomizations"], groups=["kustomize.toolkit.fluxcd.io"])
    viewer = ("--kubeconfig", kubeconfig, "--context", f"{server.name}-viewer")
    code, out, _ = await fluxtui(tmp_path, "get", "ks", *viewer, "-n", namespace)
    assert (code, out.splitlines()[1].split()[:2]) == (0, ["●", "ready"])
    code, out, errors = await fluxtui(tmp_path, "get", "ks,hr,oci", "-o", "json", *viewer, "-n", namespace)
    tree = json.loads(out)
    assert (code, tree["complete"], tree["shown"]) == (3, False, 1)
    gaps = {gap["kind"]: gap["state"] for gap in tree["clusters"][0]["gaps"]}
    assert gaps == {"HelmRelease": "forbidden", "OCIRepository": "forbidden"}
    code, _, errors = await fluxtui(tmp_path, "get", "ks,hr,oci", *viewer, "-n", namespace)
    assert "may not list HelmReleases, OCIRepositories" in errors


async def test_acting_as_someone_is_their_rights(server, kubeconfig, tmp_path):
    arguments = ("get", "ks", "--kubeconfig", kubeconfig, "--as", "viewer", "--as-group", "viewers")
    code, _, errors = await fluxtui(tmp_path, *arguments)
    assert code == 3
    assert "viewer may not list" in errors


async def test_info_tells_how_each_context_answers(server, kubeconfig, tmp_path):
    await server.grant(["get", "list", "watch"], ["kustomizations"], groups=["kustomize.toolkit.fluxcd.io"])
    code, out, errors = await fluxtui(tmp_path, "info", "-o", "json", KUBECONFIG=kubeconfig)
    assert (code, errors) == (3, "")
    admin, viewer = json.loads(out)["contexts"]
    assert (admin["reachable"], admin["watched"], admin["forbidden"], admin["problem"]) == (True, True, [], "")
    assert admin["version"]
    assert admin["latency"] >= 0
    assert (viewer["reachable"], viewer["watched"]) == (True, False)
    assert "HelmRelease" in viewer["forbidden"]
    assert "Kustomization" not in viewer["forbidden"]
    code, out, _ = await fluxtui(tmp_path, "info", "--context", f"{server.name}-admin", KUBECONFIG=kubeconfig)
    assert code == 0
    assert f"{server.name}-admin *" in out


async def test_a_watch_tells_each_change_and_ends_with_the_code_of_the_last_state(server, kubeconfig, tmp_path):
    namespace = await server.namespace()
    await deploy(server, namespace, "podinfo", READY)
    arguments = ("triage", "-w", "-o", "json", "--kubeconfig", kubeconfig, "-n", namespace)
    async with running(tmp_path, *arguments) as process, asyncio.timeout(SECONDS):
        first = json.loads(await process.stdout.readline())
        assert (first["healthy"], first["problems"]) == (True, [])
        await server.patch_status("Kustomization", namespace, "podinfo", condition(FAILED))
        while (then := json.loads(await process.stdout.readline()))["healthy"]:
            pass  # other objects of a shared server may change meanwhile
        assert [problem["title"] for problem in then["problems"]] == [f"Kustomization {namespace}/podinfo"]
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (1, b"")


async def test_ctrl_c_ends_a_command_that_waits_without_a_traceback(tmp_path):
    async with asyncio.timeout(SECONDS):
        reached = asyncio.Event()
        server = await asyncio.start_server(
            lambda reader, writer: reached.set(), "127.0.0.1", 0
        )  # accepts, says nothing
        path = tmp_path / "kubeconfig"
        content = {"clusters": [], "users": [{"name": "u", "user": {"token": "t"}}], "contexts": []}
        write(path, content | {"current-context": "mute"})
        add_cluster(path, "mute", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", user="u")
        async with running(tmp_path, "triage", "--kubeconfig", str(path)) as process:
            await reached.wait()
            process.send_signal(signal.SIGINT)
            out, errors = await process.communicate()
        server.close()
    assert (process.returncode, out, errors.strip()) == (130, b"", b"")


# -- the simulator alone: what no real server can be made to do, or to tell


@pytest.fixture
def simulated(simulator, tmp_path) -> str:
    return str(simulator.kubeconfig(tmp_path / "kubeconfig"))


async def test_every_command_reads_and_only_reads(simulator, simulated, faults, tmp_path):
    namespace = await simulator.namespace()
    await deploy(simulator, namespace, "podinfo", FAILED)
    faults.requests.clear()
    for command in (["triage"], ["get", "all"], ["info", "--context", "simulator-admin"]):
        await fluxtui(tmp_path, *command, "--kubeconfig", simulated)
    asked = list(faults.requests)
    assert len(asked) > 20
    reviews = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert [each for each in asked if not each.startswith(("GET ", reviews))] == []


async def test_get_asks_only_for_the_kinds_that_it_lists(simulator, simulated, faults, tmp_path):
    await fluxtui(tmp_path, "get", "ks", "--kubeconfig", simulated)
    lists = {each.partition("?")[0] for each in faults.requests if "/apis/" in each and each.count("/") > 2}
    assert lists == {"GET /apis/kustomize.toolkit.fluxcd.io/v1/kustomizations"}


async def test_get_knows_tenants_by_the_labels_of_their_namespaces(server, kubeconfig, tmp_path):
    namespace, other = await server.namespace(), await server.namespace()
    await server.patch("Namespace", "", namespace, {"metadata": {"labels": {"toolkit.fluxcd.io/tenant": "team-a"}}})
    for each in (namespace, other):
        await deploy(server, each, "good", READY)
    code, out, _ = await fluxtui(tmp_path, "get", "ks", "tenant:team-a", "--kubeconfig", kubeconfig, "-o", "json")
    assert code == 0
    assert [item["namespace"] for item in json.loads(out)["items"]] == [namespace]


async def test_a_server_that_says_nothing_is_left_after_the_timeout(simulator, simulated, faults, tmp_path):
    faults.hang = True
    code, out, errors = await fluxtui(tmp_path, "triage", "--timeout", "1s", "--kubeconfig", simulated)
    assert code == 3
    assert "0 of 1 clusters fresh" in out
    assert "not seen: simulator-admin: loading" in errors
    code, out, _ = await fluxtui(tmp_path, "info", "--timeout", "1s", "--kubeconfig", simulated)
    assert code == 3
    assert "no answer within 1 s" in out
    faults.hang = False


async def test_a_cluster_that_is_gone_does_not_hide_the_problems_of_the_others(simulator, simulated, tmp_path):
    add_cluster(Path(simulated), "gone", "http://127.0.0.1:1", user="simulator-admin")
    both = ("--kubeconfig", simulated, "--context", "simulator-admin", "--context", "gone")
    code, out, errors = await fluxtui(tmp_path, "triage", *both)
    assert (code, "1 of 2 clusters fresh" in out) == (3, True)
    assert "not seen: gone: unreachable" in errors
    assert "connection refused" in errors
    namespace = await simulator.namespace()
    await deploy(simulator, namespace, "podinfo", FAILED)
    code, out, errors = await fluxtui(tmp_path, "triage", *both)
    assert (code, "1 of 2 clusters fresh" in out) == (1, True)
    assert "not seen: gone: unreachable" in errors


async def test_what_clusters_say_moves_no_cursor(simulator, simulated, tmp_path):
    namespace = await simulator.namespace()
    nasty = {**FAILED, "message": "\x1b[2Jgone\x07 \u202egnp.exe\nsecond | line"}
    await deploy(simulator, namespace, "podinfo", nasty)
    for output in ("table", "wide", "yaml", "markdown"):
        code, out, _ = await fluxtui(tmp_path, "triage", "-o", output, "--kubeconfig", simulated)
        assert code == 1
        assert [char for char in out if not char.isprintable() and char != "\n"] == [], output
        assert "gone" in out


async def test_a_closed_pipe_ends_the_command_without_words(simulator, simulated, tmp_path):
    namespace = await simulator.namespace()
    for number in range(30):
        await deploy(simulator, namespace, f"app-{number}", {**FAILED, "message": "m" * 8000})
    async with running(tmp_path, "get", "ks", "-o", "wide", "--kubeconfig", simulated) as process:
        async with asyncio.timeout(SECONDS):
            await process.stdout.read(10)
            process.stdout._transport.close()
            errors = await process.stderr.read()
            await process.wait()
    assert (process.returncode, errors) == (141, b"")


async def test_the_log_tells_what_happened_and_no_token(simulator, simulated, tmp_path):
    log = tmp_path / "log"
    viewer = ("--context", "simulator-viewer")
    for rights in ((), viewer):
        await fluxtui(tmp_path, "get", "ks", "--kubeconfig", simulated, "--log-file", str(log), *rights)
    told = log.read_text()
    assert "INFO fluxtui.cli.logs: simulator-admin Kustomization: fresh\n" in told
    assert "simulator-viewer Kustomization: forbidden: viewer may not list kustomizations" in told
    assert simulator.admin_token not in told
    assert simulator.viewer_token not in told
