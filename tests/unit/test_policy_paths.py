"""Where a violation is: the paths in messages of real engines, and the lines that they point at."""

from typing import Any

import pytest

from fluxtui.insight.policy.path import Pointer, named, pointers, written
from fluxtui.insight.policy.standards import CONTROLS, control, controls
from fluxtui.insight.yaml_text import as_yaml

TEAM = "validation error: label 'team' is required. rule autogen-check-for-team failed at path {}"
POD_SECURITY = (
    "Validation rule 'autogen-baseline' failed. It violates PodSecurity \"restricted:latest\": (Forbidden reason: "
    "allowPrivilegeEscalation != false, field error list: [spec.template.spec.containers[0].securityContext."
    "allowPrivilegeEscalation: Required value])(Forbidden reason: unrestricted capabilities, field error list: "
    "[spec.template.spec.containers[0].securityContext.capabilities.drop: Required value])"
)
LATEST = "validation error: the tag latest is not allowed. rule validate-image-tag failed at path /image/"


def deployment(**more: Any) -> dict[str, Any]:
    container = {"name": "redis", "image": "docker.io/redis:latest", "securityContext": {"runAsNonRoot": True}, **more}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "redis", "namespace": "backend", "labels": {"app.kubernetes.io/name": "redis"}},
        "spec": {
            "replicas": 1,
            "template": {
                "metadata": {"labels": {"app": "redis"}},
                "spec": {"containers": [container, {"name": "exporter", "image": "exporter:1"}]},
            },
        },
        "status": {"image": "no place for a rule"},
    }


def pointed(message: str, value: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(the text of the line, the path of what is there, what is missing) of each pointer."""
    text = as_yaml(value)
    lines = text.split("\n")
    return [(lines[each.line].strip(), each.path, each.missing) for each in pointers(value, text, named(message))]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (TEAM.format("/spec/template/metadata/labels/team/"), ["spec.template.metadata.labels.team"]),
        (TEAM.format("/metadata/labels/app.kubernetes.io/name/"), ['metadata.labels["app.kubernetes.io/name"]']),
        (LATEST, ["image"]),
        ("rule a[0] failed at path /spec/a/ rule a[1] failed at path /spec/b/0/c/", ["spec.a", "spec.b[0].c"]),
        ("object.spec.replicas must be 2; see https://example.com/spec.html", ["spec.replicas"]),
        ("set spec.containers[*].resources.limits", ["spec.containers[*].resources.limits"]),
        ('annotation metadata.annotations["example.com/a"] is wrong', ['metadata.annotations["example.com/a"]']),
        ("limits are required", []),
        ("the specification of data. Nothing else.", []),
        ("", []),
    ],
)
def test_paths_are_read_as_engines_write_them(message: str, told: list[str]) -> None:
    assert [each.path for each in named(message)] == told


def test_the_fields_of_pod_security_are_all_read() -> None:
    assert [written(each.steps).rpartition(".")[2] for each in named(POD_SECURITY)] == [
        "allowPrivilegeEscalation",
        "drop",
    ]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (TEAM.format("/spec/replicas/"), [("replicas: 1", "spec.replicas", "")]),
        # a leaf that is missing: the nearest parent that is there
        (TEAM.format("/spec/template/metadata/labels/team/"), [("labels:", "spec.template.metadata.labels", "team")]),
        (TEAM.format("/spec/strategy/type/"), [("spec:", "spec", "strategy.type")]),
        # a key that holds slashes is one step
        (
            TEAM.format("/metadata/labels/app.kubernetes.io/name/"),
            [("app.kubernetes.io/name: redis", 'metadata.labels["app.kubernetes.io/name"]', "")],
        ),
        (
            TEAM.format("/metadata/labels/example.com/team/"),
            [("labels:", "metadata.labels", '["example.com/team"]')],
        ),
        # of the Pod, in what makes Pods
        (
            "spec.containers[0].securityContext.runAsNonRoot: Required value",
            [("runAsNonRoot: true", "spec.template.spec.containers[0].securityContext.runAsNonRoot", "")],
        ),
        # every element
        (
            "set spec.template.spec.containers[*].image",
            [
                ("image: docker.io/redis:latest", "spec.template.spec.containers[0].image", ""),
                ("image: exporter:1", "spec.template.spec.containers[1].image", ""),
            ],
        ),
        ("spec.template.spec.containers[7].image", [("containers:", "spec.template.spec.containers", "[7].image")]),
        ("rule x failed at path /nowhere/", []),
    ],
)
def test_paths_point_at_lines(message: str, told: list[tuple[str, str, str]]) -> None:
    assert pointed(message, deployment()) == told


def test_within_foreach_every_place_that_ends_so_is_pointed_at_and_none_is_sure() -> None:
    value = deployment()
    found = pointers(value, as_yaml(value), named(LATEST))
    assert [(each.path, each.sure) for each in found] == [
        ("spec.template.spec.containers[0].image", False),
        ("spec.template.spec.containers[1].image", False),
    ]
    del value["spec"]["template"]["spec"]["containers"][1]
    assert [each.sure for each in pointers(value, as_yaml(value), named(LATEST))] == [True]


def test_messages_of_any_size_and_shape_are_survived() -> None:
    long = "spec" + ".a[0]" * 5000 + " failed at path /" + "x/" * 5000
    assert len(named(long)) <= 12
    assert pointers({"spec": None, "a": [1, None]}, "spec: null\na: [1, null]\n", named(long)) == [
        Pointer(0, "spec", pointers({"spec": None}, "spec: null\n", named(long))[0].missing)
    ]


@pytest.mark.parametrize("told", ["capabilities_restricted", "CAPABILITIES_RESTRICTED", "Volume Types", "privileged"])
def test_controls_are_known_by_id_and_by_name(told: str) -> None:
    found = control(told)
    assert found.asks and found.fields and found.level


def test_a_control_that_is_not_known_keeps_its_name() -> None:
    (one, two) = controls("privileged,,newControl, privileged")
    assert (one.name, two.name, two.asks) == ("Privileged Containers", "newControl", "")


def test_every_control_has_an_id_of_its_own_and_fields_that_read_as_paths() -> None:
    assert len({each.id for each in CONTROLS}) == len(CONTROLS)
    for each in CONTROLS:
        assert all(named(field) for field in each.fields), each.id
