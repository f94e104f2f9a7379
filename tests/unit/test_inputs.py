"""The matrix of a ResourceSet: its input sets, what is made of each, and what would delete everything."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from fluxtui.insight.inputs import MOST, matrix, named_providers

RECORDING = Path(__file__).parents[3] / "shared" / "recordings" / "flux-15-minutes.jsonl.gz"
PROVIDER = "ResourceSetInputProvider/flux-system/apps"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "<< inputs.tenant >>"}}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "preview-<< inputs.tag | slugify >>", "namespace": "<< inputs.tenant >>"},
}


def resource_set(*resources: dict[str, Any], made: list[str] | None = None, **spec: Any) -> dict[str, Any]:
    entries = [{"id": each, "v": "v1"} for each in made or []]
    return {
        "kind": "ResourceSet",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"resources": list(resources), **spec},
        "status": {"inventory": {"entries": entries}},
    }


def provider(*exported: dict[str, Any], name: str = "apps") -> dict[str, Any]:
    meta = {"name": name, "namespace": "flux-system"}
    return {"kind": "ResourceSetInputProvider", "metadata": meta, "status": {"exportedInputs": list(exported)}}


def test_each_set_leads_to_the_objects_that_are_made_of_it() -> None:
    value = resource_set(
        NAMESPACE,
        CONFIG,
        inputs=[{"tenant": "web", "tag": "v1.8.1"}, {"tenant": "backend", "tag": "v2"}],
        made=["_web__Namespace", "_backend__Namespace", "web_preview-v1-8-1__ConfigMap", "web_extra__Secret"],
    )
    found = matrix(value, {})
    first, second = found.sets
    assert first.values == (("tenant", "web"), ("tag", "v1.8.1")) and first.origin == "its own inputs"
    assert [each.identity for each in first.made] == ["Namespace//web", "ConfigMap/web/preview-v1-8-1"]
    assert [each.identity for each in second.made] == ["Namespace//backend"]
    assert second.planned == ("ConfigMap/backend/preview-v2",)
    assert [each.identity for each in found.shared] == ["Secret/web/extra"]
    assert found.hazards == () and found.missing == ()


def test_texts_of_templates_are_read_where_no_control_flow_decides() -> None:
    template = (
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: << inputs.tenant >>\n---\n"
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
        'metadata: {name: infra, namespace: "<< inputs.tenant >>"}\nspec: {interval: 1m}\n'
    )
    made = ["_web__Namespace", "web_infra_source.toolkit.fluxcd.io_OCIRepository"]
    value = resource_set(inputs=[{"tenant": "web"}], resourcesTemplate=template, made=made)
    found = matrix(value, {})
    assert [each.identity for each in found.sets[0].made] == ["Namespace//web", "OCIRepository/web/infra"]
    looped = resource_set(
        inputs=[{"tenant": "web"}], resourcesTemplate=f"<<- range $t := list 1 >>\n{template}<<- end >>", made=made
    )
    found = matrix(looped, {})
    assert found.sets[0].made == () and len(found.shared) == 2 and "more than a name" in found.why_shared


def test_inputs_of_providers_follow_in_their_order_and_say_where_they_are_from() -> None:
    value = resource_set(NAMESPACE, inputs=[{"tenant": "web"}], inputsFrom=[{"name": "apps"}], made=["_b__Namespace"])
    assert named_providers(value) == [PROVIDER]
    found = matrix(value, {PROVIDER: provider({"tenant": "b", "id": "7"}, {"tenant": "c"})})
    assert [(each.origin, each.target) for each in found.sets] == [
        ("its own inputs", ""),
        ("provider apps", PROVIDER),
        ("provider apps", PROVIDER),
    ]
    assert found.sets[1].values == (("tenant", "b"),)
    assert [each.count for each in found.providers] == [2]


def test_permuted_inputs_are_every_one_with_every_other_under_the_names_of_their_providers() -> None:
    one, two = "ResourceSetInputProvider/flux-system/one", "ResourceSetInputProvider/flux-system/two-b"
    template = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "<< inputs.one.x >>-<< inputs.two_b.y >>"},
    }
    value = resource_set(template, inputsFrom=[{"name": "one"}, {"name": "two-b"}], made=["_a-2__Namespace"])
    value["spec"]["inputStrategy"] = {"name": "Permute"}
    held = {one: provider({"x": "a"}, {"x": "b"}, name="one"), two: provider({"y": "1"}, {"y": "2"}, name="two-b")}
    found = matrix(value, held)
    assert found.total == 4 and found.strategy == "Permute"
    assert found.sets[1].values == (("one.x", "a"), ("two_b.y", "2"))
    assert [each.identity for each in found.sets[1].made] == ["Namespace//a-2"]
    many = {one: provider(*({"x": str(n)} for n in range(100)), name="one")}
    many[two] = provider(*({"y": str(n)} for n in range(100)), name="two-b")
    large = matrix(value, many)
    assert large.total == 10_000 and len(large.sets) == MOST


def test_inputs_that_templates_ask_for_and_a_set_lacks_are_named() -> None:
    value = resource_set(CONFIG, inputs=[{"tenant": "web", "tag": "1"}, {"tenant": "b"}])
    assert matrix(value, {}).missing == ("tag: 1 of 2 sets lack it",)
    careful = {**CONFIG, "data": {"x": '<< inputs.other | default "y" >>', "y": "<< if inputs.maybe >>1<< end >>"}}
    assert matrix(resource_set(careful, inputs=[{"tenant": "web", "tag": "1"}]), {}).missing == ()


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (provider(), "its next run deletes everything that it made"),
        (provider({"tenant": "a"}), "if it exports none, everything is deleted"),
        (None, ""),
        ("ana may not get it", ""),
    ],
)
def test_the_hazard_of_having_no_inputs_is_told_before_it_happens(held: Any, words: str) -> None:
    value = resource_set(NAMESPACE, inputsFrom=[{"name": "apps"}], made=["_a__Namespace"])
    found = matrix(value, {PROVIDER: held})
    assert len(found.hazards) == bool(words) and all(words in told for told in found.hazards)


def test_and_when_it_has_happened_how_much_is_gone() -> None:
    value = resource_set(NAMESPACE, inputsFrom=[{"name": "apps"}])
    runs = [{"metadata": {"inputs": "0", "resources": "0"}}, {"metadata": {"inputs": "2", "resources": "27"}}]
    value["status"] |= {"history": runs}
    (told,) = matrix(value, {PROVIDER: provider()}).hazards
    assert told == "its last run had no inputs and applied nothing: 27 objects of an earlier run are gone"


def test_one_provider_of_several_that_exports_nothing_is_named() -> None:
    other = "ResourceSetInputProvider/flux-system/other"
    value = resource_set(NAMESPACE, inputsFrom=[{"name": "apps"}, {"name": "other"}])
    (told,) = matrix(value, {PROVIDER: provider({"tenant": "a"}), other: provider(name="other")}).hazards
    assert told == "other exports nothing: what came from it is deleted with the next run"


@pytest.mark.parametrize("value", [{}, {"spec": {"resources": [3], "inputs": "x", "steps": [{}]}}, {"status": 5}])
def test_any_shape_is_answered(value: dict[str, Any]) -> None:
    assert matrix(value, {PROVIDER: {"status": []}}).sets == ()


@pytest.mark.skipif(not RECORDING.exists(), reason="the recordings are not at hand")
def test_a_real_set_whose_template_is_plain_is_put_down_whole() -> None:
    latest: dict[str, Any] = {}
    for line in gzip.decompress(RECORDING.read_bytes()).splitlines():
        found = json.loads(line)["event"].get("object", {})
        if found.get("kind") == "ResourceSet" and (found.get("status") or {}).get("inventory"):
            latest[found["metadata"]["name"]] = found
    infra = matrix(latest["infra"], {})
    assert [len(each.made) for each in infra.sets] == [4, 4] and infra.shared == ()
