"""The screen of guardrails: prefixes, who matches them, who is refused or escapes, and the states without a list."""

from tests.screens.world import SMALL, WIDE, World, command, kustomization, loses, running, screen, sees, type_filter

from fluxtui.kube.answers import Forbidden
from fluxtui.store.state import Phase

ALLOWED = "https://git.example.com/acme/ oci://ghcr.io/acme/ oci://registry.example.com/charts/"
POLICY = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "source.policy.fluxcd.controlplane.io"},
    "spec": {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": ["source.toolkit.fluxcd.io"],
                    "resources": ["gitrepositories", "ocirepositories", "helmrepositories"],
                }
            ]
        },
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "variables": [
            {"name": "url", "expression": "object.spec.url"},
            {"name": "sources", "expression": "params.data.sources.split(' ')"},
        ],
        "validations": [
            {"expression": "variables.sources.exists_one(prefix, variables.url.startsWith(prefix))"},
        ],
    },
}
BINDING = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicyBinding",
    "metadata": {"name": "flux-tenant-sources"},
    "spec": {
        "policyName": "source.policy.fluxcd.controlplane.io",
        "validationActions": ["Deny"],
        "paramRef": {"name": "flux-allowlist", "namespace": "flux-system", "parameterNotFoundAction": "Deny"},
        "matchResources": {
            "namespaceSelector": {
                "matchExpressions": [{"key": "toolkit.fluxcd.io/role", "operator": "In", "values": ["tenant"]}]
            }
        },
    },
}
CLUSTERS = ("staging-1", "prod-eu-1")
CONFIG = "ConfigMap/flux-system/flux-allowlist"


def allowlist(sources=ALLOWED):
    metadata = {"name": "flux-allowlist", "namespace": "flux-system"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"sources": sources}}


def source(name, url, namespace="backend", kind="GitRepository", **spec):
    made = kustomization(namespace, name) | {"kind": kind, "apiVersion": "source.toolkit.fluxcd.io/v1"}
    return made | {"spec": {"url": url, "interval": "5m", **spec}}


def guarded(sources=ALLOWED, clusters=CLUSTERS):
    world = World("calm", clusters)
    for name in clusters:
        world.put(name, POLICY, BINDING, allowlist(sources))
    return world


async def test_prefixes_are_listed_with_the_sources_that_match_them():
    world = guarded()
    async with running(world, WIDE) as pilot:
        await command(pilot, "guardrails")
        text = await sees(pilot, "all allowed", "oci://ghcr.io/acme/", "OCIRepository backend/apps")
        lines = text.splitlines()
        at = next(i for i, line in enumerate(lines) if "● prefix" in line and "oci://ghcr.io/acme/" in line)
        assert "all 2" in lines[at]
        assert "backend/apps" in lines[at + 1]
        assert "unused" in text


async def test_what_would_be_refused_and_what_escapes_comes_first():
    world = guarded()
    world.put("prod-eu-1", source("stranger", "https://elsewhere.example.com/x"))
    world.put("prod-eu-1", source("bucket", "", kind="Bucket", endpoint="s3.example.com", bucketName="b"))
    async with running(world, SMALL) as pilot:
        await command(pilot, "guardrails")
        text = await sees(pilot, "1 source would be refused", "1 source escapes")
        rows = [line for line in text.splitlines() if "backend/" in line]
        assert "refused" in rows[0]
        assert "stranger" in rows[0]
        await sees(pilot, "no prefix of the list: refused at its next change")


async def test_overlapping_prefixes_are_loud():
    world = guarded(f"{ALLOWED} oci://ghcr.io/acme/d2-apps/")
    async with running(world, WIDE) as pilot:
        await command(pilot, "guardrails")
        await sees(pilot, "1 prefix overlaps: denied altogether", "would be refused", "begins like oci://ghcr.io/acme/")


async def test_the_list_is_read_again_when_asked():
    world = guarded()
    world.put("staging-1", source("stranger", "https://elsewhere.example.com/x"))
    async with running(world, WIDE) as pilot:
        await command(pilot, "guardrails")
        await sees(pilot, "1 source would be refused")
        world.put("staging-1", allowlist(f"{ALLOWED} https://elsewhere.example.com/"))
        world.put("prod-eu-1", allowlist(f"{ALLOWED} https://elsewhere.example.com/"))
        await pilot.press("r")
        await loses(pilot, "would be refused")
        await sees(pilot, "all allowed")


async def test_lists_that_differ_say_by_what():
    world = guarded()
    world.put("staging-1", allowlist(f"{ALLOWED} oci://only-here/"))
    async with running(world, WIDE) as pilot:
        await command(pilot, "guardrails")
        await sees(pilot, "differs", "unlike in", "oci://only-here/")


async def test_a_list_that_may_not_be_read_is_not_guessed():
    world = guarded()
    world.refusals[CONFIG] = Forbidden(403, "Forbidden", "no", "get", "configmaps")
    async with running(world, WIDE) as pilot:
        await command(pilot, "guardrails")
        text = await sees(pilot, "flux-system/flux-allowlist may not be read")
        assert "all allowed" not in text


async def test_a_list_that_is_missing_refuses_everything():
    world = guarded()
    for name in CLUSTERS:
        world.remove(name, CONFIG)
    async with running(world, WIDE) as pilot:
        await command(pilot, "guardrails")
        await sees(pilot, "a list is missing: everything is refused", "every source of a bound namespace is refused")


async def test_a_cluster_that_hides_its_policies_is_not_known():
    world = guarded()
    world.phase("staging-1", Phase.FORBIDDEN, "may not list", kinds=["ValidatingAdmissionPolicy"])
    async with running(world, WIDE) as pilot:
        await command(pilot, "guardrails")
        text = await sees(pilot, "ValidatingAdmissionPolicies may not be listed")
        assert "not known" in text


async def test_enter_opens_the_source():
    world = guarded()
    world.put("prod-eu-1", source("stranger", "https://elsewhere.example.com/x"))
    async with running(world, WIDE) as pilot:
        await command(pilot, "guardrails")
        await sees(pilot, "1 source would be refused")
        await pilot.press("enter")
        await sees(pilot, "GitRepository", "stranger", "Overview")


async def test_a_filter_narrows_by_the_sources():
    world = guarded()
    async with running(world, WIDE) as pilot:
        await command(pilot, "guardrails")
        await sees(pilot, "all allowed")
        await type_filter(pilot, "ns:frontend")
        await sees(pilot, "hidden by filter")
        assert not any(line.strip().startswith("OCIRepository backend/apps") for line in screen(pilot).splitlines())
