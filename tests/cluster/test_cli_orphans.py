"""``fluxtui orphans`` against API servers, as users run it."""

import json

import pytest

from .test_cli import READY, condition, fluxtui
from .test_managed import config_map

DOMAIN = "kustomize.toolkit.fluxcd.io"


@pytest.fixture
def kubeconfig(server, tmp_path) -> str:
    return str(server.kubeconfig(tmp_path / "kubeconfig"))


async def peopled(server):
    """A namespace whose Kustomization lists one ConfigMap of three."""
    namespace = await server.namespace()
    labels = {f"{DOMAIN}/name": "apps", f"{DOMAIN}/namespace": namespace}
    entries = {"entries": [{"id": f"{namespace}_settings__ConfigMap", "v": "v1"}]}
    await server.create(server.kustomization(namespace, "apps"), status={**condition(READY), "inventory": entries})
    for name, manager, marks in (
        ("settings", "kustomize-controller", labels),
        ("banner", "kustomize-controller", labels),
        ("hotfix", "kubectl-create", {}),
    ):
        path = f"{server.path('ConfigMap', namespace)}?fieldManager={manager}"
        made = config_map(namespace, name, marks) | {"data": {"a": "b"}}  # who owns no field has no managedFields
        assert (await server.ask("POST", path, json=made)).status == 201
    return namespace


async def test_what_was_left_behind_ends_with_1_and_is_told_with_who_made_it(server, kubeconfig, tmp_path):
    namespace = await peopled(server)
    code, out, errors = await fluxtui(tmp_path, "orphans", "--kubeconfig", kubeconfig, "-n", namespace)
    assert (code, errors) == (1, "")
    (banner,) = [line for line in out.splitlines() if "ConfigMap" in line and "/banner" in line]
    (hotfix,) = [line for line in out.splitlines() if "/hotfix" in line]
    assert "left behind" in banner and "kustomize-controller" in banner and "high" in banner
    assert "by hand" in hotfix and "kubectl-create" in hotfix and "medium" in hotfix
    assert "/settings" not in out
    code, out, _ = await fluxtui(
        tmp_path, "orphans", "--kubeconfig", kubeconfig, "-n", namespace, "-o", "json", "name:hotfix"
    )
    shape = json.loads(out)
    assert code == 0  # what is by hand is told, and no problem
    assert (shape["kind"], shape["version"], shape["shown"], shape["namespace"]) == ("Orphans", 1, 1, namespace)
    assert shape["total"] >= 2 and shape["complete"]
    (item,) = shape["items"]
    assert (item["name"], item["origin"], item["confidence"], item["who"]) == (
        "hotfix",
        "by hand",
        "medium",
        "kubectl-create",
    )


async def test_it_reads_no_namespace_that_nobody_named(server, kubeconfig, tmp_path):
    code, _, errors = await fluxtui(tmp_path, "orphans", "--kubeconfig", kubeconfig)
    assert code == 2 and "Which namespace?" in errors
    code, _, errors = await fluxtui(tmp_path, "orphans", "--kubeconfig", kubeconfig, "-n", "nowhere-at-all")
    assert code == 2 and "No cluster has the namespace 'nowhere-at-all'" in errors


async def test_what_may_not_be_listed_makes_the_answer_incomplete(server, tmp_path):
    namespace = await peopled(server)
    await server.grant(["get", "list", "watch"], ["configmaps"], namespace=namespace)
    path = str(server.kubeconfig(tmp_path / "kubeconfig"))
    options = ("--kubeconfig", path, "--context", f"{server.name}-viewer", "-n", namespace, "name:hotfix")
    code, out, errors = await fluxtui(tmp_path, "orphans", *options)
    assert code == 3
    assert "/hotfix" in out
    assert "may not list" in errors and "secrets" in errors
