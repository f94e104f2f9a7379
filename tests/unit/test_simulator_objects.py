"""The storage of a simulated cluster: what etcd and the API server promise, without a network."""

from typing import Any

import pytest

from fluxtui.simulator import refusals
from fluxtui.simulator.objects import FIRST_VERSION, Objects
from fluxtui.simulator.registry import ALL, FLUX
from fluxtui.simulator.resources import Column, Resource, Resources, from_crd, to_crd

NOON = 1_790_000_000.0


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def objects(clock: Clock) -> Objects:
    stored = Objects(clock, seed=1)
    stored.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}})
    return stored


def ks(name: str = "web", **meta: Any) -> dict[str, Any]:
    spec = {"interval": "10m", "prune": True, "sourceRef": {"kind": "OCIRepository", "name": "apps"}}
    api = "kustomize.toolkit.fluxcd.io/v1"
    return {
        "apiVersion": api,
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps"} | meta,
        "spec": spec,
    }


def get(objects: Objects, name: str = "web") -> dict[str, Any]:
    found = objects.get("Kustomization", "apps", name)
    assert found is not None
    return found


def patch(objects: Objects, merge: dict[str, Any], name: str = "web", **options: Any) -> dict[str, Any]:
    return objects.patch("Kustomization", "apps", name, merge, **options)


# -- creation ---------------------------------------------------------------------------------------------------------


def test_creation_assigns_identity_version_and_time(objects: Objects):
    stored = objects.create(ks())
    meta = stored["metadata"]
    assert meta["creationTimestamp"] == "2026-09-21T14:13:20Z"
    assert (meta["generation"], meta["resourceVersion"]) == (1, str(objects.version))
    assert len(meta["uid"]) == 36
    assert get(objects) == stored


def test_the_past_can_be_seeded(objects: Objects):
    stored = objects.create(ks(uid="u", creationTimestamp="2020-01-01T00:00:00Z", generation=4) | {"status": {"a": 1}})
    meta = stored["metadata"]
    assert (meta["uid"], meta["creationTimestamp"], meta["generation"]) == ("u", "2020-01-01T00:00:00Z", 4)
    assert stored["status"] == {"a": 1}


def test_the_same_seed_gives_the_same_identities(clock: Clock):
    uids = [Objects(clock, seed=7).create(ks())["metadata"]["uid"] for _ in range(2)]
    assert uids[0] == uids[1] != Objects(clock, seed=8).create(ks())["metadata"]["uid"]


def test_what_callers_change_afterwards_is_not_stored(objects: Objects):
    wanted = ks()
    objects.create(wanted)
    wanted["spec"]["interval"] = "1m"
    assert get(objects)["spec"]["interval"] == "10m"


def test_a_name_is_taken_once(objects: Objects):
    objects.create(ks())
    with pytest.raises(refusals.AlreadyExists, match='"web" already exists'):
        objects.create(ks())


def test_objects_are_listed_in_the_order_of_their_keys(objects: Objects):
    for namespace, name in (("b", "x"), ("a-b", "x"), ("a", "y"), ("a", "x")):
        objects.create(ks(name, namespace=namespace))
    listed = [(obj["metadata"]["namespace"], obj["metadata"]["name"]) for obj in objects.list("Kustomization")]
    assert listed == [("a-b", "x"), ("a", "x"), ("a", "y"), ("b", "x")]
    assert [obj["metadata"]["name"] for obj in objects.list("Kustomization", "a")] == ["x", "y"]


# -- changes ----------------------------------------------------------------------------------------------------------


def test_generation_follows_the_specification(objects: Objects):
    objects.create(ks())
    assert patch(objects, {"metadata": {"labels": {"a": "b"}}})["metadata"]["generation"] == 1
    assert patch(objects, {"spec": {"suspend": True}})["metadata"]["generation"] == 2
    assert patch(objects, {"status": {"a": 1}}, subresource="status")["metadata"]["generation"] == 2


def test_status_and_specification_are_written_apart(objects: Objects):
    objects.create(ks())
    both = {"spec": {"interval": "1m"}, "status": {"observedGeneration": 1}}
    assert patch(objects, both)["spec"]["interval"] == "1m"
    assert "status" not in get(objects)
    stored = patch(objects, {"spec": {"interval": "2m"}, "status": {"observedGeneration": 2}}, subresource="status")
    assert (stored["spec"]["interval"], stored["status"]) == ("1m", {"observedGeneration": 2})


def test_kinds_without_a_status_subresource_write_it_all_at_once(objects: Objects):
    report = {"apiVersion": "wgpolicyk8s.io/v1alpha2", "kind": "PolicyReport", "summary": {"fail": 1}}
    objects.create(report | {"metadata": {"name": "r", "namespace": "apps"}})
    stored = objects.patch("PolicyReport", "apps", "r", {"summary": {"fail": 2}, "status": {"x": 1}})
    assert (stored["summary"], stored["status"], stored["metadata"]["generation"]) == ({"fail": 2}, {"x": 1}, 2)


def test_a_null_removes_and_a_list_replaces(objects: Objects):
    objects.create(ks(labels={"a": "b", "c": "d"}))
    patch(objects, {"spec": {"dependsOn": [{"name": "x"}, {"name": "y"}]}})
    stored = patch(objects, {"metadata": {"labels": {"a": None}}, "spec": {"dependsOn": [{"name": "z"}]}})
    assert (stored["metadata"]["labels"], stored["spec"]["dependsOn"]) == ({"c": "d"}, [{"name": "z"}])


def test_versions_share_what_did_not_change(objects: Objects):
    before = objects.create(ks())
    after = patch(objects, {"status": {"a": 1}}, subresource="status")
    assert after["spec"] is before["spec"]
    assert "status" not in before


def test_nothing_changed_is_nothing_written(objects: Objects):
    stored = objects.create(ks())
    told: list[str] = []
    objects.subscribe(lambda kind, _: told.append(kind))
    assert patch(objects, {"spec": {"interval": "10m"}}) is stored
    assert objects.update(stored) is stored
    assert told == []


@pytest.mark.parametrize("field", ["uid", "creationTimestamp", "name", "namespace"])
def test_identity_cannot_be_written(objects: Objects, field: str):
    stored = objects.create(ks())
    if field == "uid":
        with pytest.raises(refusals.Conflict, match="UID in precondition: other"):
            patch(objects, {"metadata": {"uid": "other"}})
        return
    assert (
        patch(objects, {"metadata": {field: "other"}, "spec": {"path": "./"}})["metadata"][field]
        == stored["metadata"][field]
    )


def test_a_stale_version_conflicts(objects: Objects):
    stored = objects.create(ks())
    patch(objects, {"spec": {"suspend": True}})
    for write in (
        lambda: objects.update(stored | {"spec": {"interval": "1m"}}),
        lambda: patch(objects, {"metadata": {"resourceVersion": stored["metadata"]["resourceVersion"]}, "spec": {}}),
        lambda: objects.delete("Kustomization", "apps", "web", version=stored["metadata"]["resourceVersion"]),
    ):
        with pytest.raises(refusals.Conflict, match="the object has been modified"):
            write()


def test_what_is_not_there_is_not_found(objects: Objects):
    assert objects.get("Kustomization", "apps", "none") is None
    assert objects.get("NoSuchKind", "apps", "none") is None
    assert objects.list("NoSuchKind") == []
    for write in (
        lambda: patch(objects, {}, "none"),
        lambda: objects.update(ks("none")),
        lambda: objects.delete("Kustomization", "apps", "none"),
        lambda: objects.create({"apiVersion": "x/v1", "kind": "NoSuchKind", "metadata": {"name": "x"}}),
    ):
        with pytest.raises(refusals.NotFound):
            write()


def test_dry_runs_leave_no_trace(objects: Objects):
    version = objects.version
    objects.create(ks(), dry_run=True)
    assert (objects.get("Kustomization", "apps", "web"), objects.version) == (None, version)
    stored = objects.create(ks())
    assert patch(objects, {"spec": {"suspend": True}}, dry_run=True)["metadata"]["generation"] == 2
    objects.delete("Kustomization", "apps", "web", dry_run=True)
    objects.apply(ks() | {"spec": {"interval": "1m"}}, manager="me", force=True, dry_run=True)
    assert get(objects) is stored


# -- deletion ---------------------------------------------------------------------------------------------------------


def test_deletion_is_an_event_with_a_version_of_its_own(objects: Objects):
    stored = objects.create(ks())
    told: list[tuple[str, str]] = []
    objects.subscribe(lambda kind, obj: told.append((kind, obj["metadata"]["resourceVersion"])))
    objects.delete("Kustomization", "apps", "web")
    assert told == [("DELETED", str(int(stored["metadata"]["resourceVersion"]) + 1))]
    assert objects.get("Kustomization", "apps", "web") is None


def test_finalizers_hold_back_until_the_last_is_gone(objects: Objects, clock: Clock):
    objects.create(ks(finalizers=["a", "b"]))
    clock.time += 60
    marked = objects.delete("Kustomization", "apps", "web")
    assert (marked["metadata"]["deletionTimestamp"], marked["metadata"]["generation"]) == ("2026-09-21T14:14:20Z", 2)
    assert objects.delete("Kustomization", "apps", "web") is marked
    patch(objects, {"metadata": {"finalizers": ["b"]}})
    assert get(objects)["metadata"]["finalizers"] == ["b"]
    patch(objects, {"metadata": {"finalizers": []}})
    assert objects.get("Kustomization", "apps", "web") is None


def test_a_namespace_takes_its_contents_along(objects: Objects):
    objects.create(ks("free"))
    objects.create(ks("held", finalizers=["x"]))
    objects.create(ks("other", namespace="apps-2"))
    assert objects.delete("Namespace", "", "apps")["status"]["phase"] == "Terminating"
    assert [obj["metadata"]["name"] for obj in objects.list("Kustomization")] == ["other", "held"]
    assert objects.get("Namespace", "", "apps") is not None
    patch(objects, {"metadata": {"finalizers": None}}, "held")
    assert objects.get("Namespace", "", "apps") is None


# -- who wrote what ---------------------------------------------------------------------------------------------------


def owners(obj: dict[str, Any]) -> dict[str, Any]:
    return {entry["manager"]: entry["fieldsV1"] for entry in obj["metadata"]["managedFields"]}


def test_fields_move_to_whoever_writes_them(objects: Objects, clock: Clock):
    objects.create(ks(), manager="flux-operator")
    clock.time += 5
    stored = patch(objects, {"spec": {"interval": "1m", "suspend": True}}, manager="kubectl")
    assert owners(stored)["kubectl"] == {"f:spec": {"f:interval": {}, "f:suspend": {}}}
    assert "f:interval" not in owners(stored)["flux-operator"]["f:spec"]
    entry = stored["metadata"]["managedFields"][-1]
    assert (entry["manager"], entry["operation"], entry["time"]) == ("kubectl", "Update", "2026-09-21T14:13:25Z")
    stored = patch(objects, {"spec": {"suspend": None}}, manager="other")
    assert owners(stored)["kubectl"] == {"f:spec": {"f:interval": {}}}


def test_apply_shares_values_conflicts_on_others_and_can_force(objects: Objects):
    _, created = objects.apply(ks(), manager="flux-operator")
    assert created
    mine = ks() | {"spec": {"prune": True}}
    stored, created = objects.apply(mine, manager="me")
    assert not created
    assert owners(stored)["me"] == {"f:spec": {"f:prune": {}}} != owners(stored)["flux-operator"]
    with pytest.raises(refusals.Conflict, match="Apply failed with 2 conflicts") as caught:
        objects.apply(mine | {"spec": {"prune": False}}, manager="you")
    assert caught.value.details == {
        "causes": [
            {"reason": "FieldManagerConflict", "message": 'conflict with "flux-operator"', "field": ".spec.prune"},
            {"reason": "FieldManagerConflict", "message": 'conflict with "me"', "field": ".spec.prune"},
        ]
    }
    stored, _ = objects.apply(mine | {"spec": {"prune": False}}, manager="you", force=True)
    assert (stored["spec"]["prune"], stored["metadata"]["generation"]) == (False, 2)
    assert "me" not in owners(stored)


def test_apply_removes_what_it_no_longer_says(objects: Objects):
    objects.apply(ks(labels={"a": "1"}), manager="me")
    patch(objects, {"metadata": {"labels": {"b": "2"}}}, manager="other")
    stored, _ = objects.apply(ks(), manager="me")
    assert stored["metadata"]["labels"] == {"b": "2"}


# -- telling ----------------------------------------------------------------------------------------------------------


def test_everybody_hears_of_writes_in_their_order_also_of_those_made_while_listening(objects: Objects):
    heard: list[list[str]] = [[], []]

    def reacts(kind: str, obj: dict[str, Any]) -> None:
        heard[0].append(f"{kind} {obj['metadata']['generation']}")
        if kind == "ADDED":
            patch(objects, {"spec": {"suspend": True}})

    objects.subscribe(reacts)
    objects.subscribe(lambda kind, obj: heard[1].append(f"{kind} {obj['metadata']['generation']}"))
    objects.create(ks())
    assert heard == [["ADDED 1", "MODIFIED 2"]] * 2


def test_a_listener_that_fails_is_heard_of_and_keeps_nobody_from_hearing(objects: Objects):
    heard: list[str] = []

    def fails(kind: str, obj: dict[str, Any]) -> None:
        raise LookupError("no")

    objects.subscribe(fails)
    end = objects.subscribe(lambda kind, _: heard.append(kind))
    with pytest.raises(LookupError):
        objects.create(ks())
    assert heard == ["ADDED"]
    end()
    with pytest.raises(LookupError):
        objects.create(ks("two"))
    assert heard == ["ADDED"]


def test_history_is_told_from_a_version_on_and_forgotten_after_its_length(clock: Clock):
    objects = Objects(clock, history=3)
    first = int(objects.create(ks("a"))["metadata"]["resourceVersion"])
    objects.create(ks("b"))
    assert [event.after.key for event in objects.events_since("Kustomization", first)] == ["apps/b"]
    assert objects.events_since("Kustomization", objects.version + 5) == []
    for name in "cde":
        objects.create(ks(name))
    with pytest.raises(refusals.Expired, match=f"too old resource version: {first} "):
        objects.events_since("Kustomization", first)
    assert [event.after.key[-1] for event in objects.events_since("Kustomization", objects.version - 2)] == ["d", "e"]


def test_what_was_before_the_cluster_is_too_old(objects: Objects):
    with pytest.raises(refusals.Expired):
        objects.events_since("Kustomization", FIRST_VERSION - 1)


def test_expiry_forgets_everything_but_what_is_there(objects: Objects):
    version = int(objects.create(ks())["metadata"]["resourceVersion"])
    objects.expire()
    with pytest.raises(refusals.Expired):
        objects.events_since("Kustomization", version)
    assert get(objects)["metadata"]["resourceVersion"] == str(version)
    assert objects.events_since("Kustomization", objects.version) == []


def test_the_past_can_be_listed_while_it_is_remembered(objects: Objects):
    objects.create(ks("a"))
    then = int(objects.create(ks("b"))["metadata"]["resourceVersion"])
    objects.create(ks("aa"))
    objects.delete("Kustomization", "apps", "a")
    patch(objects, {"spec": {"suspend": True}}, "b")
    past = objects.shelf("Kustomization").at(then, None)
    assert [(stored.key, "suspend" in stored.obj["spec"]) for stored in past] == [("apps/a", False), ("apps/b", False)]
    assert [stored.key for stored in objects.shelf("Kustomization").at(then, "other")] == []


# -- kinds ------------------------------------------------------------------------------------------------------------


def test_every_custom_kind_has_its_definition(objects: Objects):
    names = {crd["metadata"]["name"] for crd in objects.list("CustomResourceDefinition")}
    assert names == {resource.crd_name for resource in ALL if resource.custom}


@pytest.mark.parametrize("resource", FLUX, ids=lambda resource: resource.kind)
def test_a_resource_survives_its_definition(resource: Resource):
    assert from_crd(to_crd(resource)) == resource


def test_a_removed_kind_takes_its_objects_along_and_can_return(objects: Objects):
    objects.create(ks(finalizers=["x"]))
    told: list[tuple[str, str]] = []
    objects.subscribe(lambda kind, obj: told.append((kind, obj["kind"])))
    resource = objects.resources.get("Kustomization")
    assert resource is not None
    objects.resources.remove("Kustomization")
    assert told == [("DELETED", "Kustomization"), ("DELETED", "CustomResourceDefinition")]
    assert "Kustomization" not in objects.resources
    assert objects.resources.at(resource.group, "v1", "kustomizations") is None
    with pytest.raises(refusals.NotFound):
        objects.create(ks())
    objects.resources.install(resource)
    assert objects.list("Kustomization") == []
    objects.create(ks())


def test_deleting_a_definition_removes_its_kind(objects: Objects):
    objects.create(ks())
    objects.delete("CustomResourceDefinition", "", "kustomizations.kustomize.toolkit.fluxcd.io")
    assert "Kustomization" not in objects.resources
    assert objects.list("Kustomization") == []


def test_creating_a_definition_serves_its_kind(objects: Objects):
    gadget = Resource(
        group="example.com",
        versions=("v1", "v1beta1"),
        plural="gadgets",
        singular="gadget",
        kind="Gadget",
        namespaced=False,
        columns=(Column("Size", ".spec.size", "integer", 1),),
    )
    objects.create(to_crd(gadget))
    assert objects.resources.at("example.com", "v1beta1", "gadgets") == gadget
    stored = objects.create({"apiVersion": "example.com/v1beta1", "kind": "Gadget", "metadata": {"name": "g"}})
    assert stored["apiVersion"] == "example.com/v1"


def test_two_groups_may_have_a_kind_of_the_same_name(clock: Clock):
    objects = Objects(clock)
    ours = {"kind": "PolicyException", "metadata": {"name": "keycloak", "namespace": "identity"}}
    for version, uid in (("kyverno.io/v2", "legacy"), ("policies.kyverno.io/v1", "cel")):
        objects.create(ours | {"apiVersion": version, "metadata": ours["metadata"] | {"uid": uid}})
    legacy = objects.get("PolicyException", "identity", "keycloak")
    cel = objects.get("PolicyException.policies.kyverno.io", "identity", "keycloak")
    assert legacy is not None and legacy["metadata"]["uid"] == "legacy"
    assert cel is not None and (cel["metadata"]["uid"], cel["kind"]) == ("cel", "PolicyException")
    other = Resource(group="other.io", versions=("v1",), plural="kustomizations", singular="k", kind="Kustomization")
    objects.create(to_crd(other))
    assert [resource.group for resource in objects.resources if resource.kind == "Kustomization"] == [
        "kustomize.toolkit.fluxcd.io",
        "other.io",
    ]
    assert objects.create({"apiVersion": "other.io/v1", "kind": "Kustomization", "metadata": {"name": "k"}})
    assert objects.list("Kustomization") == []
    assert len(objects.list("Kustomization.other.io")) == 1
    objects.delete("CustomResourceDefinition", "", "kustomizations.other.io")
    assert "Kustomization" in objects.resources
    assert "Kustomization.other.io" not in objects.resources


def test_a_cluster_can_serve_some_kinds_only(clock: Clock):
    objects = Objects(clock, resources=Resources(resource for resource in ALL if resource.kind in ("Namespace", "Pod")))
    assert {resource.kind for resource in objects.resources} == {"Namespace", "Pod"}
    with pytest.raises(refusals.NotFound):
        objects.create(ks())
