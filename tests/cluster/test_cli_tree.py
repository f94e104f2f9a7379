"""``fluxtui tree`` against API servers, as users run it: in a process of its own, with a kubeconfig."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

SECONDS = 30
KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/v1"
READY = ("True", "ReconciliationSucceeded", "applied")
FAILED = ("False", "BuildFailed", "no such file: [red]kustomization.yaml")
WAITING = ("False", "DependencyNotReady", "dependency is not ready")


@contextlib.asynccontextmanager
async def running(tmp_path: Path, *arguments: str) -> AsyncIterator[Process]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fluxtui", "tree", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        limit=1 << 24,
        env={**kept, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def tree(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    async with running(tmp_path, *arguments) as process, asyncio.timeout(SECONDS):
        out, errors = await process.communicate()
    assert "Traceback" not in errors.decode()
    return process.returncode, out.decode(), errors.decode()


def status(told: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    kind, reason, message = told
    condition = {"type": "Ready", "status": kind, "reason": reason, "message": message, "observedGeneration": 1}
    return {
        "observedGeneration": 1,
        "conditions": [{**condition, "lastTransitionTime": "2026-01-02T03:04:05Z"}],
        **more,
    }


async def deploy(server, namespace: str, name: str, told=READY, needs: tuple[str, ...] = (), **spec: Any) -> None:
    applied = {
        "apiVersion": KUSTOMIZATION,
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "interval": "10m",
            "prune": True,
            "sourceRef": {"kind": "OCIRepository", "name": "src"},
            "dependsOn": [{"name": need} for need in needs],
            **spec,
        },
    }
    await server.create(applied, status=status(told))


async def chain(server, namespace: str, first=READY, rest=READY) -> None:
    """base ← infra ← apps."""
    source = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "OCIRepository",
        "metadata": {"name": "src", "namespace": namespace},
        "spec": {"interval": "10m", "url": "oci://registry.example/src", "ref": {"tag": "latest"}},
    }
    await server.create(source, status=status(READY))
    await deploy(server, namespace, "base", first)
    await deploy(server, namespace, "infra", rest, ("base",))
    await deploy(server, namespace, "apps", rest, ("infra",))


@pytest.fixture
def options(server, tmp_path) -> tuple[str, ...]:
    return ("--kubeconfig", str(server.kubeconfig(tmp_path / "kubeconfig")))


def names(lines: list[str]) -> list[str]:
    """The last part of each object's name, in the order of the lines."""
    return [found[1] for line in lines if (found := re.search(r"Kustomization \S+/(\S+)", line))]


async def test_the_way_to_a_root_cause_is_unfolded_and_exits_with_1(server, options, tmp_path):
    namespace = await server.namespace()
    await chain(server, namespace, FAILED, WAITING)
    code, out, errors = await tree(tmp_path, *options, "-n", namespace)
    assert (code, errors) == (1, "")
    headline, *lines = out.splitlines()
    assert headline.startswith("dependencies · ")
    assert "1 root cause" in headline
    lines = [line for line in lines if "Kustomization" in line]
    assert names(lines) == ["base", "infra", "apps"]
    assert "✖ Kustomization" in lines[0]
    assert "BuildFailed" in lines[0]
    assert lines[0].endswith("◀ root cause · 2 wait")
    assert "◌ Kustomization" in lines[1]
    assert "─ready→ waiting" in lines[1]


async def test_what_is_healthy_is_folded_unless_all_is_asked_for(server, options, tmp_path):
    namespace = await server.namespace()
    await chain(server, namespace)
    code, out, _ = await tree(tmp_path, *options, f"ks/{namespace}/infra")
    assert code == 0
    assert names(out.splitlines()[1:4]) == ["base", "infra", "apps"]
    assert f"Kustomization {namespace}/infra in {server.name}-admin looks at" in out
    assert f"● Kustomization {namespace}/base  ─ready→ ready" in out
    assert f"● OCIRepository {namespace}/src  ─source→" in out
    _, folded, _ = await tree(tmp_path, *options)
    _, everything, _ = await tree(tmp_path, *options, "--all")
    assert f"{namespace}/apps" not in folded
    assert "ready folded" in folded
    assert f"{namespace}/apps" in everything


async def test_a_source_whose_consumers_took_different_things_of_it_says_so(server, options, tmp_path):
    namespace = await server.namespace()
    await chain(server, namespace)
    _, out, _ = await tree(tmp_path, *options, f"oci/{namespace}/src")
    assert "different revisions" not in out
    for name, applied in (("base", "v1@sha256:0123456789"), ("infra", "v2@sha256:9876543210")):
        await server.patch_status("Kustomization", namespace, name, {"lastAppliedRevision": applied})
    _, out, _ = await tree(tmp_path, *options, f"oci/{namespace}/src")
    assert f"OCIRepository {namespace}/src in {server.name}-admin is used at 3 different revisions" in out
    assert f"  v1@0123456  Kustomization {namespace}/base\n" in out
    assert f"  nothing yet  Kustomization {namespace}/apps\n" in out


async def test_every_format_tells_the_same_objects(server, options, tmp_path):
    namespace = await server.namespace()
    await chain(server, namespace, FAILED, WAITING)
    told = {}
    for output in ("json", "yaml", "markdown", "mermaid", "dot"):
        code, told[output], errors = await tree(tmp_path, *options, f"ks/{namespace}/base", "-o", output)
        assert (code, errors) == (1, ""), output
        for name in ("base", "infra", "apps"):
            assert f"{namespace}/{name}" in told[output] or output in ("json", "yaml"), output
    shape = json.loads(told["json"])
    assert (shape["version"], shape["kind"], shape["view"], shape["complete"]) == (1, "Tree", "dependencies", True)
    assert shape["asked"] == [
        {"cluster": f"{server.name}-admin", "kind": "Kustomization", "namespace": namespace, "name": "base"}
    ]
    assert [(node["name"], node["status"]) for node in shape["nodes"]] == [
        ("base", "failed"),
        ("infra", "blocked"),
        ("apps", "blocked"),
    ]
    ends = [(shape["nodes"][edge["waiter"]]["name"], shape["nodes"][edge["target"]]["name"]) for edge in shape["edges"]]
    assert ends == [("infra", "base"), ("apps", "infra")]
    assert {(edge["meaning"], edge["met"]) for edge in shape["edges"]} == {("ready", False)}
    assert yaml.safe_load(told["yaml"])["edges"] == shape["edges"]
    assert told["mermaid"].startswith("flowchart TD\n")
    assert ":::failed" in told["mermaid"]
    assert told["dot"].startswith("digraph tree {\n")
    assert told["markdown"].startswith("**Flux tree** at ")


async def test_what_waits_behind_it_is_what_triage_counts(server, options, tmp_path):
    namespace = await server.namespace()
    await chain(server, namespace, FAILED, WAITING)
    code, out, _ = await tree(tmp_path, *options, "--reverse", f"ks/{namespace}/base")
    assert code == 1
    headline, *lines = out.splitlines()
    assert headline.startswith(f"blast radius of Kustomization {namespace}/base · 2 objects, 1 namespace: {namespace}")
    assert names(lines) == ["base", "infra", "apps"]
    code, out, _ = await tree(tmp_path, *options, "--reverse", "-o", "json")
    assert {"base", "infra", "apps"} <= {node["name"] for node in json.loads(out)["nodes"]}, "behind all root causes"


async def test_what_would_stop_and_what_goes_on(server, options, tmp_path):
    namespace = await server.namespace()
    await chain(server, namespace)
    once = {"kind": "Kustomization", "name": "infra", "namespace": namespace, "apiVersion": KUSTOMIZATION}
    late = {
        "apiVersion": "fluxcd.controlplane.io/v1",
        "kind": "ResourceSet",
        "metadata": {"name": "late", "namespace": namespace},
        "spec": {
            "dependsOn": [{**once, "ready": True, "readyExpr": "status.observedGeneration >= 0"}],
            "resourcesTemplate": "# nothing",
        },
    }
    await server.create(late, status=status(READY))
    code, out, _ = await tree(tmp_path, *options, "--what-if", "failed", f"ks/{namespace}/base")
    assert code == 1
    assert out.startswith(f"if Kustomization {namespace}/base failed: 2 objects")
    assert "2 of them well now" in out
    assert (
        f"● ResourceSet {namespace}/late  ─expr→ Kustomization {namespace}/infra  status.observedGeneration >= 0" in out
    )
    code, out, _ = await tree(tmp_path, *options, "--what-if", "suspended", f"ks/{namespace}/apps", "-o", "json")
    shape = json.loads(out)
    assert (code, shape["kind"], shape["assumed"], shape["stops"]) == (0, "WhatIf", "suspended", [])
    code, out, _ = await tree(tmp_path, *options, "--what-if", "failed", f"ks/{namespace}/base", "-o", "mermaid")
    assert out.count(":::blocked") == 2, "drawn as it would be"
    assert out.count(":::failed") == 1


async def test_chains_and_layers(server, options, tmp_path):
    namespace = await server.namespace()
    await chain(server, namespace)
    for number in range(4, 9):  # longer than any other test's
        await deploy(server, namespace, f"k{number}", needs=(f"k{number - 1}" if number > 4 else "apps",))
    _, out, _ = await tree(tmp_path, *options, "--longest")
    lines = out.splitlines()
    at = next(number for number, line in enumerate(lines) if f"{namespace}/base" in line)
    assert names(lines[at : at + 8]) == ["base", "infra", "apps", "k4", "k5", "k6", "k7", "k8"]
    assert "7 steps of dependsOn" in lines[at - 1]
    assert f"    7 ● Kustomization {namespace}/base" in out
    _, out, _ = await tree(tmp_path, *options, "--layers", "-o", "json")
    bands = json.loads(out)["layers"]
    assert [band["first"] for band in bands] == sorted(band["first"] for band in bands)
    assert bands[-1]["last"] == 7
    _, out, _ = await tree(tmp_path, *options, "--layers")
    assert out.split()[:4] == ["CLUSTER", "LAYER", "LEVELS", "OBJECTS"]


async def test_a_name_that_is_not_there_comes_with_one_that_is(server, options, tmp_path):
    namespace = await server.namespace()
    await chain(server, namespace)
    code, out, errors = await tree(tmp_path, *options, f"ks/{namespace}/infr")
    assert (code, out) == (2, "")
    assert f"there is no ks/{namespace}/infr in {server.name}-admin: did you mean ks/{namespace}/infra" in errors
    code, out, errors = await tree(tmp_path, *options, "kustomisation/a/b")
    assert (code, out) == (2, "")
    assert "did you mean kustomization" in errors


async def test_what_cannot_be_seen_is_told_with_a_name_that_is_not_found(server, options, tmp_path):
    viewer = ("--context", f"{server.name}-viewer")
    code, _, errors = await tree(tmp_path, *options, *viewer, "ks/a/b")
    assert code == 2
    assert "(not seen:" in errors
    code, out, errors = await tree(tmp_path, *options, *viewer)
    assert code == 3
    assert "0 objects" in out
    assert "may not list" in errors


# -- the simulator alone


@pytest.fixture
def two(simulator, tmp_path) -> tuple[str, ...]:
    """The same server under two names."""
    path = simulator.kubeconfig(tmp_path / "kubeconfig")
    content = yaml.safe_load(path.read_text())
    content["clusters"].append({"name": "twin", "cluster": content["clusters"][0]["cluster"]})
    content["contexts"].append({"name": "twin", "context": {"cluster": "twin", "user": "simulator-admin"}})
    path.write_text(yaml.safe_dump(content))
    return ("--kubeconfig", str(path))


async def test_a_cluster_is_equal_to_itself(simulator, two, tmp_path):
    namespace = await simulator.namespace()
    await chain(simulator, namespace, FAILED, WAITING)
    code, out, errors = await tree(tmp_path, *two, "--context", "simulator-admin", "--compare", "twin")
    assert (code, errors) == (0, "")
    assert out.startswith("simulator-admin and twin: 0 objects differ, ")
    code, out, _ = await tree(tmp_path, *two, "--context", "simulator-admin", "--compare", "twin", "-o", "json")
    shape = json.loads(out)
    assert (shape["kind"], shape["left"], shape["right"], shape["differing"]) == (
        "TreeComparison",
        "simulator-admin",
        "twin",
        [],
    )
    assert shape["equal"] >= 4


async def test_a_comparison_needs_one_other_cluster(simulator, two, tmp_path):
    code, _, errors = await tree(tmp_path, *two, "--context", "*", "--compare", "twin")
    assert code == 2
    assert "choose one other with --context" in errors
    code, _, errors = await tree(tmp_path, *two, "--context", "simulator-admin", "--compare", "twn")
    assert code == 2
    assert "twn" in errors


async def test_what_clusters_say_moves_no_cursor(simulator, two, tmp_path):
    namespace = await simulator.namespace()
    nasty = ("False", "Build\x1b[2JFailed", "gone\x07 \u202egnp.exe")
    await chain(simulator, namespace, nasty, WAITING)
    for output in ("table", "yaml", "markdown", "mermaid", "dot"):
        _, out, _ = await tree(tmp_path, *two, "--context", "simulator-admin", "-o", output, "-n", namespace)
        assert [char for char in out if not char.isprintable() and char != "\n"] == [], output
        assert f"{namespace}/base" in out or output == "yaml"


async def test_it_only_reads(simulator, two, faults, tmp_path):
    namespace = await simulator.namespace()
    await chain(simulator, namespace)
    faults.requests.clear()
    await tree(tmp_path, *two, "--context", "simulator-admin", "--what-if", "failed", f"ks/{namespace}/base")
    asked = list(faults.requests)
    assert len(asked) > 20
    assert [each for each in asked if not each.startswith("GET ")] == []


async def test_a_watch_tells_each_change(simulator, two, tmp_path):
    namespace = await simulator.namespace()
    await chain(simulator, namespace)
    arguments = (*two, "--context", "simulator-admin", "-w", "-o", "json", "-n", namespace)
    async with running(tmp_path, *arguments) as process, asyncio.timeout(SECONDS):
        first = json.loads(await process.stdout.readline())
        assert {node["status"] for node in first["nodes"]} == {"ready"}
        await simulator.patch_status("Kustomization", namespace, "base", status(FAILED))
        then = json.loads(await process.stdout.readline())
        assert [node["name"] for node in then["nodes"] if node["status"] == "failed"] == ["base"]
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (1, b"")
