"""Who wrote what of an object, by its managedFields."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fluxtui.insight.authors import DEEP, MOST, edits, telling

AT = "2026-03-02T00:00:00Z"
WHEN = 1_772_409_600


def managed(*entries: Any) -> dict[str, Any]:
    return {"metadata": {"managedFields": list(entries)}}


def entry(fields: Any, manager: str = "kubectl-edit", **more: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "time": AT, "fieldsV1": fields, **more}


def test_fields_are_paths_to_the_leaves_with_the_keys_of_lists() -> None:
    container = {".": {}, "f:name": {}, "f:image": {}}
    fields = {
        "f:metadata": {"f:labels": {"f:team": {}}, "f:annotations": {".": {}, "f:a.b/c": {}}},
        "f:spec": {
            "f:suspend": {},
            "f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': container}}},
            "f:finalizers": {'v:"x/y"': {}},
        },
    }
    (found,) = edits(managed(entry(fields)))
    assert found.fields == (
        'spec.finalizers["x/y"]',
        "spec.suspend",
        "spec.template.spec.containers[web].image",
        "spec.template.spec.containers[web].name",
    )
    assert (found.manager, found.at, found.annotations, found.applied) == ("kubectl-edit", WHEN, ("a.b/c",), False)
    assert not found.exact
    assert found.words.endswith(" and 1 more")


def test_the_only_field_of_a_manager_was_written_then_and_of_several_none_later() -> None:
    told = {"f:annotations": {"f:fluxcd.controlplane.io/suspendedBy": {}}}
    (alone,) = edits(managed(entry({"f:spec": {"f:suspend": {}}, "f:metadata": told})))
    assert alone.exact, "who suspended it is written with it"
    (both,) = edits(managed(entry({"f:spec": {"f:suspend": {}, "f:path": {}}})))
    assert not both.exact
    asked = {"f:annotations": {"f:reconcile.fluxcd.io/requestedAt": {}}}
    (later,) = edits(managed(entry({"f:spec": {"f:suspend": {}}, "f:metadata": asked})))
    assert not later.exact, "a reconcile may have been asked for later"


def test_who_writes_the_status_alone_made_no_edit_and_the_latest_comes_first() -> None:
    status = entry({"f:status": {"f:conditions": {}}}, "kustomize-controller", subresource="status")
    finalizer = entry({"f:metadata": {"f:finalizers": {}}}, "kustomize-controller")
    old = entry({"f:spec": {"f:path": {}}}, "flux", time="2026-03-01T00:00:00Z", operation="Apply")
    found = edits(managed(status, old, finalizer, entry({"f:spec": {"f:interval": {}}})))
    assert [(each.manager, each.words, each.applied) for each in found] == [
        ("kubectl-edit", "spec.interval", False),
        ("flux", "spec.path", True),
    ]


def test_what_was_written_at_its_creation_is_no_change() -> None:
    (found,) = edits(managed(entry({"f:spec": {"f:path": {}}})))
    assert telling(found, WHEN - 60)
    assert not telling(found, WHEN - 1)


def test_what_git_applied_is_counted_rather_than_named() -> None:
    fields = {"f:spec": {f"f:field-{number}": {} for number in range(90)}}
    (found,) = edits(managed(entry(fields, "kustomize-controller", operation="Apply")))
    assert (found.words, found.count, len(found.fields)) == ("90 fields", 90, MOST)


def test_odd_entries_are_passed_over_and_deep_ones_end() -> None:
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"f:a": deep}
    (found,) = edits(managed("no mapping", entry("odd"), entry({"f:spec": deep, "f:data": None})))
    assert found.fields[0] == "data"
    assert found.fields[1].count(".") == DEEP
    (found,) = edits(managed(entry({"f:spec": {"f:\x1b[31mred\n": {}, "k:not json": {}}})))
    assert all("\x1b" not in path and "\n" not in path for path in found.fields)
    assert edits({"metadata": {"managedFields": {"odd": 1}}}) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=20,
)


@given(st.lists(st.fixed_dictionaries({}, optional={"manager": JSON, "time": JSON, "fieldsV1": JSON}) | JSON))
def test_whatever_managed_fields_hold_they_are_read(entries: list[Any]) -> None:
    for each in edits(managed(*entries)):
        assert each.words.isprintable()
