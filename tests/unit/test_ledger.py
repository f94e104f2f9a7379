"""What is at rest: who, since when, why, what it hides, what waits for it."""

import json

import pytest

from fluxtui.actions.patches import SUSPENDED_BY
from fluxtui.insight import ledger, ledger_export
from fluxtui.insight.authors import Edit, edits
from fluxtui.insight.known import Known
from fluxtui.insight.ledger import writers
from fluxtui.kinds.table import KINDS

SUSPENDED = {"suspended": True, "suspended_by": "anna: the gateways move", "suspended_why": "the gateways move"}


def told(fleet, at=None, **more):
    steps = ledger.report(fleet.store, at or fleet.now, **more)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def entry(fleet, **more):
    (found,) = told(fleet, **more).entries
    return found


def test_a_suspended_object_tells_who_and_why_and_that_its_time_is_inferred(fleet):
    fleet.put("c", "Kustomization", "a/one", **SUSPENDED, outcome_at=fleet.now - 500)
    found = entry(fleet)
    assert (found.how, found.switch, found.who, found.why) == (
        "suspended",
        "spec.suspend",
        "anna",
        "the gateways move",
    )
    assert (found.since, found.known) == (fleet.now - 500, Known.INFERRED), "not before its last run"


def test_what_we_saw_is_exact_and_what_managed_fields_tell_comes_next(fleet):
    row = fleet.put("c", "Kustomization", "a/one", suspended=True)
    by = Edit("kubectl-patch", fleet.now - 100, ("spec.suspend",), (SUSPENDED_BY,), count=1)
    seen = entry(fleet, watched={row.key: fleet.now - 90}, written={row.key: (by,)})
    assert (seen.since, seen.known, seen.by) == (fleet.now - 90, Known.SEEN, "kubectl-patch")
    written = entry(fleet, written={row.key: (by,)})
    assert (written.since, written.known, written.bound) == (fleet.now - 100, Known.TOLD, "")


def test_a_manager_that_owns_other_fields_too_tells_when_it_was_at_the_latest(fleet):
    row = fleet.put("c", "Kustomization", "a/one", suspended=True, outcome_at=fleet.now - 5000)
    by = Edit("kubectl-edit", fleet.now - 100, ("spec.path", "spec.suspend"), count=2)
    found = entry(fleet, written={row.key: (by,)})
    assert (found.since, found.known, found.bound) == (fleet.now - 100, Known.INFERRED, "≥")
    assert found.by == "kubectl-edit"
    (item,) = ledger_export.ledger_shape(told(fleet), [found]).items
    assert (item.bound, item.written_by.exact) == ("≥", False)


def test_a_manager_that_wrote_before_the_last_run_did_not_suspend_it_then(fleet):
    row = fleet.put("c", "Kustomization", "a/one", suspended=True, outcome_at=fleet.now - 50)
    by = Edit("kustomize-controller", fleet.now - 5000, ("spec.suspend",), count=1)
    found = entry(fleet, written={row.key: (by,)})
    assert (found.since, found.known) == (fleet.now - 50, Known.INFERRED)
    assert found.by == "Git (kustomize-controller)", "it was suspended there"


@pytest.mark.parametrize(
    ("kind", "fields", "how", "switch"),
    [
        ("ResourceSet", {"suspended": True}, "disabled", "fluxcd.controlplane.io/reconcile: disabled"),
        ("ArtifactGenerator", {"suspended": True}, "disabled", "source.extensions.fluxcd.io/reconcile: disabled"),
        ("HelmRelease", {"suspended": True}, "suspended", "spec.suspend"),
        (
            "Kustomization",
            {"left_alone": "kustomize.toolkit.fluxcd.io/ssa: Ignore"},
            "left alone",
            "kustomize.toolkit.fluxcd.io/ssa: Ignore",
        ),
    ],
)
def test_each_way_of_being_at_rest_names_its_switch(fleet, kind, fields, how, switch):
    fleet.put("c", kind, "a/one", **fields)
    found = entry(fleet)
    assert (found.how, found.switch) == (how, switch)


def test_it_hides_what_is_behind_it_nearest_first_and_counts_it_once(fleet):
    fleet.put("c", "Kustomization", "a/base", **SUSPENDED)
    fleet.put("c", "Kustomization", "a/app", needs=["a/base"])
    fleet.put("c", "Kustomization", "a/last", needs=["a/app"])
    fleet.put("c", "Kustomization", "a/app-too", needs=["a/base"])
    fleet.put("d", "Kustomization", "a/other", suspended=True)
    report = told(fleet)
    assert [each.row.record.name for each in report.entries] == ["base", "other"]
    ids = tuple(f"Kustomization/a/{name}" for name in ("app", "app-too", "last"))
    assert report.entries[0].hides == ids
    assert report.hidden == 3
    assert "2 objects at rest hide 3 more" in ledger.verdict(report)
    assert "1 without a reason on record" in ledger.verdict(report)


def test_a_newer_revision_of_its_source_waits_for_it(fleet):
    fleet.put("c", "OCIRepository", "a/src", revision="latest@sha256:bbbbbbbbbb", updated=fleet.now - 60)
    source = {"source": "OCIRepository/a/src"}
    fleet.put("c", "Kustomization", "a/old", **SUSPENDED, **source, revision="latest@sha256:aaaaaaaaaa")
    fleet.put("c", "Kustomization", "a/same", **SUSPENDED, **source, revision="latest@sha256:bbbbbbbbbb")
    found = {each.row.record.name: each.pending for each in told(fleet).entries}
    assert found["same"] is None
    assert found["old"].words == "latest@bbbbbbb of OCIRepository a/src, it has latest@aaaaaaa"
    assert found["old"].since == fleet.now - 60
    assert told(fleet).pending == 1


def test_a_spec_that_changed_while_it_was_suspended_waits_for_it(fleet):
    fleet.put("c", "Kustomization", "a/plain", suspended=True, generation=7, observed=6)
    fleet.put("c", "Kustomization", "a/changed", suspended=True, generation=8, observed=6)
    found = {each.row.record.name: each.pending for each in told(fleet).entries}
    assert found["plain"] is None, "to suspend it is a generation of its own"
    assert "generation 8" in found["changed"].words


def test_the_operators_own_deployments_are_not_listed(fleet):
    alone = {"left_alone": "kustomize.toolkit.fluxcd.io/reconcile: disabled"}
    fleet.put("c", "Deployment", "flux-system/x", **alone, owner="FluxInstance/flux-system/flux")
    fleet.put("c", "Deployment", "flux-system/y", **alone)
    assert [each.row.record.name for each in told(fleet).entries] == ["y"]


def test_writers_are_read_of_managed_fields_the_latest_first():
    value = {
        "metadata": {
            "managedFields": [
                {"manager": "kustomize-controller", "time": "2026-03-01T00:00:00Z", "fieldsV1": {"f:spec": {}}},
                {
                    "manager": "kubectl-edit",
                    "time": "2026-03-02T00:00:00Z",
                    "fieldsV1": {"f:spec": {"f:suspend": {}, "f:path": {}}},
                },
                {
                    "manager": "fluxtui",
                    "time": "2026-03-03T00:00:00Z",
                    "fieldsV1": {"f:metadata": {"f:annotations": {"f:fluxcd.controlplane.io/reconcile": {}}}},
                },
                "no mapping",
            ]
        }
    }
    assert [(each.manager, each.field, each.exact) for each in writers(edits(value))] == [
        ("fluxtui", "fluxcd.controlplane.io/reconcile", True),
        ("kubectl-edit", "spec.suspend", False),
    ]


def test_other_programs_get_the_same(fleet):
    fleet.put("c", "Kustomization", "a/base", **SUSPENDED)
    fleet.put("c", "Kustomization", "a/app", needs=["a/base"])
    report = told(fleet)
    shape = ledger_export.ledger_shape(report, report.entries)
    (item,) = json.loads(ledger_export.msgspec.json.encode(shape))["items"]
    assert (item["kind"], item["name"], item["who"], item["known"]) == ("Kustomization", "base", "anna", "inferred")
    assert item["hides"] == [{"cluster": "c", "kind": "Kustomization", "namespace": "a", "name": "app"}]
    later = ledger_export.ledger_shape(told(fleet, fleet.now + 5), report.entries)
    assert ledger_export.timeless(later) == ledger_export.timeless(shape)


def test_every_kind_that_can_be_suspended_has_a_switch(fleet):
    for kind in KINDS.values():
        if kind.flux and kind.name not in ("Provider", "Alert"):
            row = fleet.put("c", kind.name, "a/one", suspended=True)
            how, switch = ledger.switch(row)
            assert how in ("suspended", "disabled"), kind.name
            assert switch, kind.name
