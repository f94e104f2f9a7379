"""Values and variables: merged as the controllers do it, each with its origin, never with a Secret's."""

import base64
import json
from typing import Any

import pytest

from fluxtui.insight.effective import MOST, Effective, references, refused, uses, values, variables
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.references import NODES, shape_of


def release(*refs: dict[str, Any], own: dict[str, Any] | None = None) -> dict[str, Any]:
    spec: dict[str, Any] = {"valuesFrom": list(refs)}
    return {
        "kind": "HelmRelease",
        "metadata": {"name": "x", "namespace": "web"},
        "spec": spec | ({"values": own} if own is not None else {}),
    }


def config(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "ConfigMap", "name": name, **more}


def holding(text: str, key: str = "values.yaml") -> dict[str, Any]:
    return {"kind": "ConfigMap", "data": {key: text}}


def told(found: Effective) -> dict[str, tuple[str, str]]:
    return {leaf.path: (leaf.value, leaf.origin) for leaf in found.leaves}


def test_later_layers_win_leaf_by_leaf_and_the_object_itself_is_the_last() -> None:
    held = {
        "ConfigMap/web/a": holding("replicas: 1\nimage: {tag: v1, repository: app}\n"),
        "ConfigMap/web/b": holding("image: {tag: v2}\n"),
    }
    found = values(release(config("a"), config("b"), own={"replicas": 3}), held)
    assert told(found) == {
        "image.repository": ("app", "ConfigMap a · values.yaml"),
        "image.tag": ("v2", "ConfigMap b · values.yaml"),
        "replicas": ("3", "spec"),
    }
    replicas = next(leaf for leaf in found.leaves if leaf.path == "replicas")
    assert replicas.replaced == (("1", "ConfigMap a · values.yaml"),)
    assert [layer.count for layer in found.layers] == [3, 1, 1]


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ("a: {b: 1, c: 2}", "a: 5", {"a": "5"}),  # a scalar takes the place of a mapping
        ("a: 5", "a: {b: 1}", {"a.b": "1"}),  # and the other way round
        ("a: {b: 1}", "a: {}", {"a.b": "1"}),  # an empty mapping adds nothing
        ("a: {}", "a: {b: 1}", {"a.b": "1"}),
        ("a: [1, 2]", "a: [3]", {"a": "[3]"}),  # lists are replaced whole
        ("a: 1", "a: null", {"a": "null"}),
        ("a: yes", "b: ''", {"a": "true", "b": '""'}),
        ('"a.b": 1', "a: {b: 2}", {'"a.b"': "1", "a.b": "2"}),
    ],
)
def test_mappings_are_merged_and_anything_else_is_replaced(first: str, second: str, result: dict[str, str]) -> None:
    held = {"ConfigMap/web/a": holding(first), "ConfigMap/web/b": holding(second)}
    found = values(release(config("a"), config("b")), held)
    assert {leaf.path: leaf.value for leaf in found.leaves} == result


def test_a_target_path_makes_one_value_of_a_whole_key() -> None:
    held = {"ConfigMap/web/a": holding("v7", "tag")}
    found = values(release(config("a", valuesKey="tag", targetPath="image.tags\\.main")), held)
    assert told(found) == {'image."tags.main"': ("v7", "ConfigMap a · tag at image.tags\\.main")}


@pytest.mark.parametrize(
    ("held", "optional", "words", "blocks"),
    [
        (None, False, "does not exist, and is not optional", True),
        (None, True, "does not exist: optional, so nothing is taken from it", False),
        ({"data": {"other": "1"}}, False, "has no key values.yaml, and is not optional", True),
        ("ana may not get configmaps", False, "ana may not get configmaps", False),
        (holding("a: ]"), False, "is no YAML", True),
        (holding("- 1"), False, "holds no mapping of values", True),
        (holding(""), False, "", False),
    ],
)
def test_a_layer_that_gives_nothing_says_why(held: Any, optional: bool, words: str, blocks: bool) -> None:
    found = values(release(config("a", optional=optional)), {"ConfigMap/web/a": held})
    (layer,) = found.layers
    assert words in layer.trouble and bool(words) == bool(layer.trouble)
    assert layer.blocks is blocks
    assert found.leaves == ()


def test_texts_that_stand_for_billions_of_values_are_cut() -> None:
    bomb = "a0: &a0 {x: 1, y: 2, z: 3}\n"
    for depth in range(1, 15):
        bomb += f"a{depth}: &a{depth} {{x: *a{depth - 1}, y: *a{depth - 1}, z: *a{depth - 1}}}\n"
    found = values(release(config("a")), {"ConfigMap/web/a": holding(bomb)})
    assert found.cut and len(found.leaves) <= MOST
    many = values(release(own={f"k{n}": n for n in range(MOST + 5)}), {})
    assert many.cut and len(many.leaves) == MOST
    secret = json.dumps({"data": {"values.yaml": base64.b64encode(bomb.encode()).decode()}}).encode()
    assert len(json.dumps(shape_of(secret))) < 60 * NODES


SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "data": {
        "values.yaml": base64.b64encode(b"auth: {password: hunter2, users: [alice]}\nport: 5432\n").decode(),
        "token": base64.b64encode(b"hunter2").decode(),
        "binary": base64.b64encode(b"\xff\xfe\x00").decode(),
    },
}


def test_of_a_secret_nothing_is_held_but_the_names_of_its_keys() -> None:
    shape = shape_of(json.dumps(SECRET).encode())
    text = json.dumps(shape)
    assert "hunter2" not in text and "alice" not in text and "5432" not in text
    hidden = "hidden"
    inner = {"auth": {"password": hidden, "users": hidden}, "port": hidden}
    assert shape["data"] == {"values.yaml": inner, "token": hidden, "binary": hidden}
    with pytest.raises(Garbled) as caught:
        shape_of(b'{"data": {"a": 5, "password": "hunter2"}}')
    assert "hunter2" not in str(caught.value)


def test_values_of_secrets_have_their_place_and_nothing_else() -> None:
    held = {
        "Secret/web/s": shape_of(json.dumps(SECRET).encode()),
        "ConfigMap/web/a": holding("auth: {password: guest}"),
    }
    refs = [config("a"), {"kind": "Secret", "name": "s"}, {"kind": "Secret", "name": "s", "valuesKey": "token"}]
    refs[2]["targetPath"] = "auth.token"
    found = values(release(*refs), held)
    assert {leaf.path: leaf.value for leaf in found.leaves} == dict.fromkeys(
        ("auth.password", "auth.token", "auth.users", "port"), "hidden"
    )
    assert all(leaf.secret for leaf in found.leaves)
    assert "hunter2" not in repr(found)


def kustomization(**post: Any) -> dict[str, Any]:
    return {
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "web"},
        "spec": {"path": "./${ENVIRONMENT}", "postBuild": post},
    }


def test_variables_are_those_of_each_object_in_order_then_its_own() -> None:
    value = kustomization(
        substituteFrom=[config("flux-runtime-info"), {"kind": "Secret", "name": "keys"}],
        substitute={"CLUSTER_NAME": "here", "EMPTY": ""},
    )
    held = {
        "ConfigMap/web/flux-runtime-info": {"data": {"CLUSTER_NAME": "prod-eu-1", "ENVIRONMENT": "production"}},
        "Secret/web/keys": {"data": {"TOKEN": "hidden"}},
    }
    assert references(value) == list(held)
    found = variables(value, held)
    assert {leaf.path: leaf.value for leaf in found.leaves} == {
        "CLUSTER_NAME": "here",
        "EMPTY": '""',
        "ENVIRONMENT": "production",
        "TOKEN": "hidden",
    }
    assert found.leaves[0].replaced == (("prod-eu-1", "ConfigMap flux-runtime-info"),)
    assert references(kustomization(substituteFrom=[{"kind": "Deployment", "name": "x"}])) == []


def test_variables_that_were_not_put_in_are_found_where_they_stand() -> None:
    value = kustomization() | {"status": {"message": "${NOT_LOOKED_AT}"}}
    (own,) = uses(value, "me")
    assert (own.name, own.field, own.default) == ("ENVIRONMENT", "spec.path", False)
    other = {
        "metadata": {"name": "x", "annotations": {"a": "$${ESCAPED} ${B:-fallback}"}},
        "spec": {"inputs": [{"tag": "${TAG}"}, {"tag": "${TAG} and ${TAG}"}], "script": "${1} $(X) ${}"},
    }
    assert [(each.name, each.field, each.default) for each in uses(other, "x")] == [
        ("TAG", "spec.inputs[0].tag", False),
        ("TAG", "spec.inputs[1].tag", False),
        ("B", "metadata.annotations.a", True),
    ]


def test_what_the_strict_controller_misses_is_read_from_its_words() -> None:
    message = "post build failed for 'x': envsubst error: variable not set (strict mode): \"CLUSTER_NAME\""
    assert refused({"status": {"conditions": [{"message": message}, {"message": message}]}}) == ["CLUSTER_NAME"]


@pytest.mark.parametrize(
    "value", [{}, {"spec": 3}, {"kind": "HelmRelease", "spec": {"valuesFrom": [3, {}], "values": 5}}]
)
def test_any_shape_is_answered(value: dict[str, Any]) -> None:
    assert values(value, {}).leaves == ()
    assert variables(value, {}).leaves == ()
    assert uses(value, "x") == []
