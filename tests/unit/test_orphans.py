"""Orphans: what is managed, what was left behind, who made the rest, and how sure that is."""

import pytest

from fluxtui.insight.orphans import Origin, Sureness, found, judge, verdict
from fluxtui.store.state import DataState, Phase

DOMAIN = "kustomize.toolkit.fluxcd.io"


def meta(name, *, kind="ConfigMap", group="", manager="", at="2026-03-20T10:00:00Z", owners=(), **more):
    """An object as a list of metadata has it."""
    fields = [{"manager": manager, "time": at}] if manager else []
    value = {
        "metadata": {
            "name": name,
            "namespace": "web",
            "uid": f"uid-{name}",
            "creationTimestamp": "2026-03-19T10:00:00Z",
            "managedFields": fields,
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": owner, "name": made, "uid": f"uid-{made}"} for owner, made in owners
            ],
            **more,
        }
    }
    held = found(value, group, kind)
    assert held is not None
    return held


def owned(name, domain=DOMAIN, namespace="web"):
    return {f"{domain}/name": name, f"{domain}/namespace": namespace}


@pytest.fixture
def looked(fleet):
    """A namespace of a cluster in which the Kustomization web/apps lists the ConfigMap settings alone."""
    fleet.put("c", "Kustomization", "web/apps", inventory="web_settings__ConfigMap", inventory_size=1)

    def look(*objects, complete=True):
        return judge(fleet.store.cluster("c"), "web", objects, 9, lambda *_: complete)

    return look


def told(report):
    return [(each.found.name, each.origin, each.sureness, each.who) for each in report.orphans]


def test_what_an_inventory_lists_is_managed_whatever_else_is_said_of_it(looked):
    report = looked(meta("settings", manager="kubectl-edit"))
    assert (report.managed, report.orphans) == (1, ())
    assert verdict([report]) == "no orphans in web · 1 objects: 1 managed, 0 made by others of them"


def test_what_its_applier_does_not_list_any_more_was_left_behind(looked):
    kept = {f"{DOMAIN}/prune": "disabled"}
    report = looked(
        meta("banner", manager="kustomize-controller", labels=owned("apps"), annotations=kept),
        meta("other", manager="kustomize-controller", labels=owned("apps")),
    )
    banner, other = report.orphans
    assert (banner.origin, banner.sureness, banner.kept) == (Origin.LEFT, Sureness.HIGH, True)
    assert banner.why == f"Kustomization web/apps does not list it any more; kept by {DOMAIN}/prune: disabled"
    assert "pruning was off" in other.why and not other.kept


def test_an_applier_that_is_gone_leaves_what_it_made(looked):
    (left,) = looked(meta("old", manager="kustomize-controller", labels=owned("beta"))).orphans
    assert (left.origin, left.sureness) == (Origin.LEFT, Sureness.HIGH)
    assert left.why.startswith("Kustomization web/beta is gone")


def test_an_applier_that_fails_may_just_not_have_come_so_far(looked, fleet):
    fleet.put("c", "Kustomization", "web/apps", fleet.failed("BuildFailed"), inventory="", inventory_size=0)
    (left,) = looked(meta("new", manager="kustomize-controller", labels=owned("apps"))).orphans
    assert (left.sureness, left.why) == (
        Sureness.MEDIUM,
        "Kustomization web/apps does not list it, but is failed itself",
    )


def test_an_applier_that_may_not_be_seen_is_not_held_to_be_gone(looked, fleet):
    fleet.store.table("c", "HelmRelease").set_state(DataState(Phase.FORBIDDEN, 1, 1))
    labels = owned("site", "helm.toolkit.fluxcd.io")
    (left,) = looked(meta("x", manager="helm-controller", labels=labels)).orphans
    assert (left.origin, left.sureness) == (Origin.UNKNOWN, Sureness.LOW) and "cannot be seen (forbidden)" in left.why


def test_labels_that_were_copied_along_prove_nothing(looked):
    (copied,) = looked(meta("copy", manager="kubectl-client-side-apply", labels=owned("apps"))).orphans
    assert (copied.origin, copied.sureness, copied.who) == (Origin.HAND, Sureness.MEDIUM, "kubectl-client-side-apply")
    assert "they were copied" in copied.why


def test_a_release_without_an_inventory_is_believed_by_its_labels(looked, fleet):
    fleet.put("c", "HelmRelease", "web/site", inventory_size=-1)
    fleet.put("c", "HelmRelease", "web/new", inventory="", inventory_size=0)
    domain = "helm.toolkit.fluxcd.io"
    report = looked(
        meta("a", manager="helm-controller", labels=owned("site", domain)),
        meta("b", manager="helm-controller", labels=owned("new", domain)),
    )
    assert report.managed == 1
    assert [each.found.name for each in report.orphans] == ["b"]


def test_the_chart_that_a_release_takes_from_is_its_own(looked, fleet):
    fleet.put("c", "HelmRelease", "web/site", source="HelmChart/web/web-site")
    charts = "source.toolkit.fluxcd.io"
    report = looked(
        meta("web-site", kind="HelmChart", group=charts, labels=owned("site", "helm.toolkit.fluxcd.io")),
        meta("web-gone", kind="HelmChart", group=charts, labels=owned("gone", "helm.toolkit.fluxcd.io")),
    )
    assert [each.found.name for each in report.orphans] == ["web-gone"]


@pytest.mark.parametrize(
    ("manager", "origin"),
    [
        ("kubectl-client-side-apply", Origin.HAND),
        ("kubectl-edit", Origin.HAND),
        ("k9s", Origin.HAND),
        ("helm", Origin.HELM),
        ("cert-manager-certificates-issuing", Origin.CONTROLLER),
        ("shop-operator", Origin.CONTROLLER),
        ("terraform", Origin.PROGRAM),
    ],
)
def test_field_managers_tell_who_writes_it(looked, manager, origin):
    (one,) = looked(meta("x", manager=manager)).orphans
    assert (one.origin, one.sureness, one.who) == (origin, Sureness.MEDIUM, manager)
    assert one.when == 1_774_000_800  # when it wrote last, not when the object was made


def test_who_writes_its_status_alone_did_not_make_it():
    fields = [
        {"manager": "kube-controller-manager", "subresource": "status", "time": "2026-03-21T10:00:00Z"},
        {"manager": "kubectl-create", "time": "2026-03-20T10:00:00Z"},
    ]
    held = found({"metadata": {"name": "x", "managedFields": fields}}, "apps", "Deployment")
    assert held is not None and [manager for manager, _ in held.managers] == ["kubectl-create"]


def test_a_person_counts_before_controllers_that_write_too(looked, fleet):
    fields = [
        {"manager": "kube-controller-manager", "time": "2026-03-21T10:00:00Z"},
        {"manager": "kyverno", "time": "2026-03-21T09:00:00Z"},
        {"manager": "kubectl-create", "time": "2026-03-20T10:00:00Z"},
    ]
    (one,) = looked(meta("x", managedFields=fields)).orphans
    assert one.who == "kubectl-create"


def test_nothing_known_is_said_to_be_so(looked):
    (one,) = looked(meta("x")).orphans
    assert (one.origin, one.sureness, one.who) == (Origin.UNKNOWN, Sureness.LOW, "")


def test_what_others_made_is_folded_under_the_first_of_them(looked):
    report = looked(
        meta("site", kind="Deployment", group="apps", manager="kubectl-create"),
        meta("site-1", kind="ReplicaSet", group="apps", owners=[("Deployment", "site")]),
        meta("site-1-a", kind="Pod", owners=[("ReplicaSet", "site-1")]),
        meta("of-a-node", kind="Pod", owners=[("Node", "n1")]),
        complete=False,
    )
    (site,) = report.orphans
    assert (site.with_it, report.followers) == (2, 3)


def test_what_is_left_of_something_that_is_gone_is_an_orphan_only_where_all_was_listed(looked):
    pod = meta("x", kind="Pod", owners=[("ReplicaSet", "gone")])
    assert looked(pod, complete=False).orphans == ()
    (one,) = looked(pod).orphans
    assert one.why == "ReplicaSet gone, which made it, is gone"


def test_helm_is_told_apart_by_whether_the_release_is_still_there(looked):
    def of(release):
        return {
            "annotations": {"meta.helm.sh/release-name": release},
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
        }

    report = looked(
        meta("sh.helm.release.v1.redis.v1", kind="Secret"),
        meta("sh.helm.release.v1.redis.v2", kind="Secret"),
        meta("redis", manager="helm", **of("redis")),
        meta("mongo", manager="helm", **of("mongo")),
        meta("job", manager="helm", annotations={"helm.sh/hook": "pre-install"}),
    )
    assert report.storage == {"redis": 2}
    assert told(report) == [
        ("mongo", Origin.LEFT, Sureness.HIGH, "helm"),
        ("redis", Origin.HELM, Sureness.HIGH, "helm"),
        ("job", Origin.HELM, Sureness.MEDIUM, "helm"),
    ]


def test_what_every_namespace_has_is_no_orphan(looked):
    report = looked(
        meta("kube-root-ca.crt"),
        meta("default", kind="ServiceAccount"),
        meta("token", kind="Secret", annotations={"kubernetes.io/service-account.name": "default"}),
    )
    assert (report.system, report.orphans) == (3, ())


@pytest.mark.parametrize(
    "value", [{}, {"metadata": 3}, {"metadata": {"name": ""}}, {"metadata": {"name": "x", "managedFields": "?"}}]
)
def test_odd_metadata_is_read_without_complaint(value):
    assert found(value, "", "ConfigMap") is None or found(value, "", "ConfigMap").managers == ()
