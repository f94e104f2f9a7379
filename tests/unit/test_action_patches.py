"""The patches, cell by cell of the table of actions, as the bytes that are sent."""

import json

import pytest

from fluxtui.actions import patches
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import FLUX, IMAGES, SILENT, SOURCES, TOOLKIT, WORKLOADS, Verb, unsupported, verbs

AT = "2026-11-21T02:46:10.25Z"
ASKED = '"reconcile.fluxcd.io/requestedAt": "2026-11-21T02:46:10.25Z"'
FORCED = '"reconcile.fluxcd.io/forceAt": "2026-11-21T02:46:10.25Z"'
RESET = '"reconcile.fluxcd.io/resetAt": "2026-11-21T02:46:10.25Z"'
WHO = '"fluxcd.controlplane.io/suspendedBy": "anna", "metadata.weave.works/suspended-comment": "freeze \\"24\\""'
NOBODY = (
    '"fluxcd.controlplane.io/suspendedBy": null, "metadata.weave.works/suspended-comment": null, '
    '"metadata.weave.works/suspended-by": null'
)
SUSPENDED_SPEC = f'{{"metadata": {{"annotations": {{{WHO}}}}}, "spec": {{"suspend": true}}}}'
RESUMED_SPEC = f'{{"metadata": {{"annotations": {{{ASKED}, {NOBODY}}}}}, "spec": {{"suspend": null}}}}'
OPERATED = ("FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider")


def annotations(*pairs: str) -> str:
    return f'{{"metadata": {{"annotations": {{{", ".join(pairs)}}}}}}}'


def of(kind: str, api_version: str = "") -> Target:
    return Target("c", f"{kind}/ns/x", api_version)


def sent(verb: Verb, kind: str) -> str:
    return json.dumps(patches.body(verb, kind, AT, who="anna", why='freeze "24"'))


@pytest.mark.parametrize("kind", sorted((TOOLKIT - SILENT) | {"ArtifactGenerator", *OPERATED}))
def test_every_reconcilable_kind_is_asked_by_the_same_annotation(kind: str) -> None:
    assert unsupported(Verb.RECONCILE, of(kind)) == ""
    assert sent(Verb.RECONCILE, kind) == annotations(ASKED)


@pytest.mark.parametrize("kind", sorted(TOOLKIT))
def test_toolkit_kinds_are_suspended_by_their_spec_and_resumed_by_removing_it(kind: str) -> None:
    assert unsupported(Verb.SUSPEND, of(kind)) == unsupported(Verb.RESUME, of(kind)) == ""
    assert sent(Verb.SUSPEND, kind) == SUSPENDED_SPEC
    assert sent(Verb.RESUME, kind) == RESUMED_SPEC


@pytest.mark.parametrize("kind", OPERATED)
def test_operator_kinds_are_suspended_by_annotation(kind: str) -> None:
    key = '"fluxcd.controlplane.io/reconcile"'
    assert sent(Verb.SUSPEND, kind) == annotations(f'{key}: "disabled"', WHO)
    assert sent(Verb.RESUME, kind) == annotations(f'{key}: "enabled"', ASKED, NOBODY)


def test_an_artifact_generator_has_an_annotation_of_its_own_and_is_not_asked_when_resumed() -> None:
    key = '"source.extensions.fluxcd.io/reconcile"'
    assert sent(Verb.SUSPEND, "ArtifactGenerator") == annotations(f'{key}: "disabled"', WHO)
    assert sent(Verb.RESUME, "ArtifactGenerator") == annotations(f'{key}: "enabled"', NOBODY)


@pytest.mark.parametrize("kind", ["HelmRelease", "FluxInstance", "ResourceSetInputProvider"])
def test_force_equals_the_request(kind: str) -> None:
    assert unsupported(Verb.FORCE, of(kind)) == ""
    assert sent(Verb.FORCE, kind) == annotations(ASKED, FORCED)


def test_reset_equals_the_request() -> None:
    assert sent(Verb.RESET, "HelmRelease") == annotations(ASKED, RESET)


def test_a_rollout_restart_is_that_of_kubectl() -> None:
    wanted = f'{{"spec": {{"template": {{"metadata": {{"annotations": {{"{patches.RESTARTED}": "{AT}"}}}}}}}}}}'
    assert {sent(Verb.RESTART, kind) for kind in WORKLOADS} == {wanted}


def test_nobody_and_no_reason_leave_no_annotation() -> None:
    assert patches.body(Verb.SUSPEND, "Kustomization", AT) == {"spec": {"suspend": True}}
    assert patches.body(Verb.SUSPEND, "ResourceSet", AT) == {
        "metadata": {"annotations": {"fluxcd.controlplane.io/reconcile": "disabled"}}
    }


REFUSED = [
    *((Verb.FORCE, kind) for kind in FLUX - {"HelmRelease", "FluxInstance", "ResourceSetInputProvider"}),
    *((Verb.RESET, kind) for kind in FLUX - {"HelmRelease"}),
    *((Verb.WITH_SOURCE, kind) for kind in FLUX - {"HelmRelease", "Kustomization", "HelmChart"}),
    *((verb, "ExternalArtifact") for verb in Verb),
    *((Verb.RECONCILE, kind) for kind in SILENT),
    *((verb, kind) for verb in Verb if verb is not Verb.RESTART for kind in WORKLOADS),
    *((verb, "Pod") for verb in Verb if verb is not Verb.DELETE_POD),
    *((verb, "ConfigMap") for verb in Verb),
]


@pytest.mark.parametrize(("verb", "kind"), sorted(set(REFUSED)))
def test_what_a_kind_does_not_support_is_refused_with_the_reason(verb: Verb, kind: str) -> None:
    assert unsupported(verb, of(kind))


def test_the_menu_of_a_kind_lists_what_flux_has_for_it_even_if_this_kind_cannot() -> None:
    assert verbs(of("ExternalArtifact")) == verbs(of("Kustomization")) == tuple(Verb)[:6]
    assert verbs(of("StatefulSet")) == (Verb.RESTART,)
    assert verbs(of("Pod")) == (Verb.DELETE_POD,)
    assert verbs(of("ConfigMap")) == ()
    assert IMAGES | SOURCES < TOOLKIT


@pytest.mark.parametrize(
    ("kind", "version", "some"),
    [
        ("Kustomization", "kustomize.toolkit.fluxcd.io/v1", True),
        ("Kustomization", "kustomize.config.k8s.io/v1beta1", False),
        ("Provider", "notification.toolkit.fluxcd.io/v1beta3", True),
        ("Provider", "pkg.crossplane.io/v1", False),
        ("Deployment", "apps/v1", True),
        ("Deployment", "example.com/v1", False),
        ("Pod", "v1", True),
        ("Pod", "metrics.k8s.io/v1beta1", False),
    ],
)
def test_a_kind_that_shares_a_name_with_one_of_ours_has_none_of_its_verbs(kind: str, version: str, some: bool) -> None:
    assert bool(verbs(of(kind, version))) == some


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (1795229170.0, "2026-11-21T02:46:10Z"),
        (1795229170.25, "2026-11-21T02:46:10.25Z"),
        (0.0, "1970-01-01T00:00:00Z"),
    ],
)
def test_the_token_is_rfc3339_with_nanoseconds_as_go_writes_it(now: float, text: str) -> None:
    assert patches.token(now) == text


def test_tokens_of_two_moments_differ() -> None:
    assert patches.token(1795229170.000001) != patches.token(1795229170.000002)
