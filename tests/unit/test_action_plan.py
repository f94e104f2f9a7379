"""Plans: which requests in which order, what is waited for, what is refused and why, and the commands to hand over."""

import shlex

import pytest

from fluxtui.actions import plan as planning
from fluxtui.actions.answer import Answer, answered
from fluxtui.actions.command import commands, exact_commands, script
from fluxtui.actions.plan import Plan, Wait
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import Verb
from fluxtui.kinds.table import KINDS
from fluxtui.kube.transport import Resource
from fluxtui.store.state import DataState, Phase

from .conftest import NOW, Fleet

AT = "2027-01-15T08:00:00Z"


class Sight:
    """A fleet as plans see it: every kind is served in its preferred version, unless taken away."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.missing: set[str] = set()
        self.forbidden: dict[str, str] = {}

    def row(self, cluster, identity):
        return self.fleet.store.row(cluster, identity)

    def state(self, cluster, kind):
        return self.fleet.store.state(cluster, kind)

    def resource(self, cluster, kind):
        known = KINDS.get(kind)
        if known is None or kind in self.missing:
            return None
        return Resource(known.group, known.versions[0], known.plural, known.namespaced)

    def refusal(self, cluster):
        return self.forbidden.get(cluster, "")


@pytest.fixture
def sight(fleet: Fleet) -> Sight:
    return Sight(fleet)


def made(sight: Sight, verb: Verb, *identities: str, cluster: str = "c", **told: str) -> Plan:
    return planning.make(sight, verb, [(cluster, identity) for identity in identities], NOW, **told)


def refusal(sight: Sight, verb: Verb, identity: str) -> str:
    (item,) = made(sight, verb, identity).items
    assert bool(item.refusal) != bool(item.steps)
    assert planning.possible(sight, verb, Target("c", identity)) == item.refusal
    return item.refusal


# --- requests


def test_a_request_goes_to_the_object_in_the_version_that_is_served(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "Kustomization", "apps/frontend")
    plan = made(sight, Verb.RECONCILE, "Kustomization/apps/frontend")
    (step,) = plan.steps
    assert plan.token == AT
    assert step.method == "PATCH"
    assert step.path == "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/apps/kustomizations/frontend"
    assert step.text == f'{{"metadata": {{"annotations": {{"reconcile.fluxcd.io/requestedAt": "{AT}"}}}}}}'
    assert (step.wait, step.token) == (Wait.HANDLED, AT)


def test_with_source_asks_the_source_first_with_the_same_token(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "OCIRepository", "flux-system/apps")
    fleet.put("c", "Kustomization", "apps/frontend", source="OCIRepository/flux-system/apps")
    steps = made(sight, Verb.WITH_SOURCE, "Kustomization/apps/frontend").steps
    assert [(step.identity, step.wait) for step in steps] == [
        ("OCIRepository/flux-system/apps", Wait.HANDLED),
        ("Kustomization/apps/frontend", Wait.HANDLED),
    ]
    assert {step.text for step in steps} == {
        f'{{"metadata": {{"annotations": {{"reconcile.fluxcd.io/requestedAt": "{AT}"}}}}}}'
    }


def test_a_release_asks_its_chart_and_the_chart_its_repository(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "HelmRepository", "charts/stable", url="https://charts.example")
    fleet.put("c", "HelmChart", "charts/apps-redis", source="HelmRepository/charts/stable")
    fleet.put("c", "HelmRelease", "apps/redis", source="HelmChart/charts/apps-redis")
    steps = made(sight, Verb.WITH_SOURCE, "HelmRelease/apps/redis").steps
    assert [step.identity for step in steps] == [
        "HelmRepository/charts/stable",
        "HelmChart/charts/apps-redis",
        "HelmRelease/apps/redis",
    ]


def test_a_repository_of_type_oci_is_not_asked_for_its_charts(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "HelmRepository", "charts/stable", url="oci://charts.example")
    fleet.put("c", "HelmChart", "charts/apps-redis", source="HelmRepository/charts/stable")
    fleet.put("c", "HelmRelease", "apps/redis", source="HelmChart/charts/apps-redis")
    steps = made(sight, Verb.WITH_SOURCE, "HelmRelease/apps/redis").steps
    assert [step.identity for step in steps] == ["HelmChart/charts/apps-redis", "HelmRelease/apps/redis"]
    assert "of type oci" in refusal(sight, Verb.RECONCILE, "HelmRepository/charts/stable")


def test_objects_that_share_a_source_ask_it_once(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "OCIRepository", "flux-system/apps")
    for name in ("a", "b"):
        fleet.put("c", "Kustomization", f"apps/{name}", source="OCIRepository/flux-system/apps")
    plan = made(sight, Verb.WITH_SOURCE, "Kustomization/apps/a", "Kustomization/apps/b", "Kustomization/apps/a")
    assert [item.identity for item in plan.items] == ["Kustomization/apps/a", "Kustomization/apps/b"]
    assert [step.identity.split("/")[2] for step in plan.steps] == ["apps", "a", "b"]


def test_a_pod_is_deleted_by_its_uid_and_without_a_patch(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "Pod", "flux-system/helm-controller-x", uid="7")
    (step,) = made(sight, Verb.DELETE_POD, "Pod/flux-system/helm-controller-x").steps
    assert (step.method, step.path) == ("DELETE", "/api/v1/namespaces/flux-system/pods/helm-controller-x")
    assert step.text == '{"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "7"}}'
    assert step.wait is Wait.GONE


def test_a_workload_that_is_not_watched_is_restarted_and_looked_at(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "Deployment", "flux-system/helm-controller")
    plan = made(sight, Verb.RESTART, "Deployment/flux-system/helm-controller", "StatefulSet/db/postgres")
    assert [(step.path, step.wait, step.watched) for step in plan.steps] == [
        ("/apis/apps/v1/namespaces/flux-system/deployments/helm-controller", Wait.ROLLED_OUT, True),
        ("/apis/apps/v1/namespaces/db/statefulsets/postgres", Wait.ROLLED_OUT, False),
    ]


def test_of_a_pod_that_is_not_watched_the_one_that_was_seen_is_deleted(sight: Sight) -> None:
    seen = Target("c", "Pod/db/postgres-0", "v1", uid="9")
    (step,) = planning.make(sight, Verb.DELETE_POD, [seen, ("c", "Pod/db/postgres-0")], NOW).steps
    assert (step.body["preconditions"], step.wait, step.watched) == ({"uid": "9"}, Wait.GONE, False)


@pytest.mark.parametrize(
    ("verb", "kind", "fields", "wait"),
    [
        (Verb.RECONCILE, "FluxReport", {}, Wait.NOTHING),
        (Verb.RECONCILE, "ResourceSet", {}, Wait.HANDLED),
        (Verb.SUSPEND, "ResourceSet", {}, Wait.SUSPENDED),
        (Verb.SUSPEND, "GitRepository", {}, Wait.SUSPENDED),
        (Verb.RESUME, "GitRepository", {"suspended": True}, Wait.HANDLED),
        (Verb.RESUME, "ResourceSet", {"suspended": True}, Wait.HANDLED),
        (Verb.RESUME, "FluxReport", {"suspended": True}, Wait.RESUMED),
        (Verb.RESUME, "Alert", {"suspended": True}, Wait.RESUMED),
        (Verb.RESUME, "ArtifactGenerator", {"suspended": True}, Wait.RESUMED),
        (Verb.RESUME, "HelmRepository", {"suspended": True, "url": "oci://x"}, Wait.RESUMED),
    ],
)
def test_what_is_waited_for_is_what_the_kind_can_tell(fleet: Fleet, sight: Sight, verb, kind, fields, wait) -> None:
    fleet.put("c", kind, "ns/x", **fields)
    assert [step.wait for step in made(sight, verb, f"{kind}/ns/x").steps] == [wait]


# --- refusals


def test_what_is_suspended_is_refused_until_it_is_resumed(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "HelmRelease", "apps/redis", suspended=True, suspended_by="anna: upgrade")
    for verb in (Verb.RECONCILE, Verb.WITH_SOURCE, Verb.FORCE, Verb.RESET):
        assert refusal(sight, verb, "HelmRelease/apps/redis") == "is suspended: resume it first"
    assert refusal(sight, Verb.SUSPEND, "HelmRelease/apps/redis") == "is suspended already, by anna: upgrade"
    assert refusal(sight, Verb.RESUME, "HelmRelease/apps/redis") == ""


def test_what_is_not_suspended_cannot_be_resumed(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "HelmRelease", "apps/redis")
    assert refusal(sight, Verb.RESUME, "HelmRelease/apps/redis") == "is not suspended"


def test_a_source_that_would_not_answer_refuses_the_object(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "OCIRepository", "s/off", suspended=True)
    for name, source in {
        "a": "OCIRepository/s/off",
        "b": "OCIRepository/s/gone",
        "c": "ExternalArtifact/s/x",
        "d": "",
    }.items():
        fleet.put("c", "Kustomization", f"apps/{name}", source=source)
    assert [refusal(sight, Verb.WITH_SOURCE, f"Kustomization/apps/{name}") for name in "abcd"] == [
        "its source OCIRepository s/off is suspended: resume that first",
        "its source OCIRepository s/gone is not held",
        "its source is an ExternalArtifact, which nobody can be asked to reconcile",
        "names no source",
    ]


def test_what_is_not_there_goes_or_is_not_served_is_refused(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "Kustomization", "apps/going", deleting=NOW - 5)
    sight.missing.add("Bucket")
    assert "is not held" in refusal(sight, Verb.RECONCILE, "Kustomization/apps/none")
    assert refusal(sight, Verb.RECONCILE, "Kustomization/apps/going") == "is being deleted"
    assert refusal(sight, Verb.RECONCILE, "Bucket/apps/b") == "Bucket is not served by c"
    assert refusal(sight, Verb.RESET, "Kustomization/apps/going") == "HelmRelease only"


def test_a_read_only_context_refuses_its_objects_alone(fleet: Fleet, sight: Sight) -> None:
    for cluster in ("c", "held"):
        fleet.put(cluster, "Kustomization", "apps/a")
    sight.forbidden["held"] = "the configuration makes context 'held' read-only"
    targets = [("c", "Kustomization/apps/a"), ("held", "Kustomization/apps/a")]
    plan = planning.make(sight, Verb.RECONCILE, targets, NOW)
    assert [item.refusal for item in plan.items] == ["", "the configuration makes context 'held' read-only"]
    assert plan.clusters == ("c",)
    assert len(plan.todo) == len(plan.steps) == 1


# --- what one should know before


def test_a_provider_outside_its_window_is_told_that_only_force_fetches(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "ResourceSetInputProvider", "apps/p", next_at=NOW + 600)
    (item,) = made(sight, Verb.RECONCILE, "ResourceSetInputProvider/apps/p").items
    assert item.notes[0].startswith("outside its window until 2027-01-15 08:10:00 UTC")
    assert made(sight, Verb.FORCE, "ResourceSetInputProvider/apps/p").items[0].notes == ()


def test_who_applies_an_object_has_the_last_word_on_its_suspension(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "Kustomization", "apps/a", owner="Kustomization/flux-system/flux-system")
    (item,) = made(sight, Verb.SUSPEND, "Kustomization/apps/a", why="x").items
    assert item.notes[0].startswith("Kustomization flux-system/flux-system applies it: if Git says")
    assert made(sight, Verb.RECONCILE, "Kustomization/apps/a").items[0].notes == ()


def test_old_data_is_told_with_its_age(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "Kustomization", "apps/a")
    lost = DataState(Phase.STALE, NOW - 600, NOW - 600, "connection refused")
    fleet.store.table("c", "Kustomization").set_state(lost)
    (item,) = made(sight, Verb.RECONCILE, "Kustomization/apps/a").items
    assert item.notes == ("what is known of it is stale for 10m: connection refused",)


# --- commands


def lines(plan: Plan) -> list[list[str]]:
    return [shlex.split(line) for line in commands(plan)]


@pytest.mark.parametrize(
    ("verb", "kind", "line"),
    [
        (Verb.RECONCILE, "Kustomization", "flux reconcile kustomization x --namespace ns --context 'prod eu'"),
        (Verb.RECONCILE, "OCIRepository", "flux reconcile source oci x --namespace ns --context 'prod eu'"),
        (Verb.FORCE, "HelmRelease", "flux reconcile helmrelease x --force --namespace ns --context 'prod eu'"),
        (Verb.RESET, "HelmRelease", "flux reconcile helmrelease x --reset --namespace ns --context 'prod eu'"),
        (Verb.SUSPEND, "ImagePolicy", "flux suspend image policy x --namespace ns --context 'prod eu'"),
        (
            Verb.RECONCILE,
            "ResourceSet",
            "flux-operator reconcile resourceset x --namespace ns --kube-context 'prod eu'",
        ),
        (
            Verb.FORCE,
            "ResourceSetInputProvider",
            "flux-operator reconcile inputprovider x --force --namespace ns --kube-context 'prod eu'",
        ),
        (Verb.RESTART, "Deployment", "kubectl --context 'prod eu' --namespace ns rollout restart deployment/x"),
        (Verb.DELETE_POD, "Pod", "kubectl --context 'prod eu' --namespace ns delete pod x"),
    ],
)
def test_the_command_of_flux_does_the_same(fleet: Fleet, sight: Sight, verb: Verb, kind: str, line: str) -> None:
    fleet.put("prod eu", kind, "ns/x")
    assert commands(made(sight, verb, f"{kind}/ns/x", cluster="prod eu", why="w")) == [line]


def test_with_source_is_one_flag_for_flux_and_two_requests_for_kubectl(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "OCIRepository", "s/apps")
    fleet.put("c", "Kustomization", "apps/a", source="OCIRepository/s/apps")
    plan = made(sight, Verb.WITH_SOURCE, "Kustomization/apps/a")
    assert commands(plan) == ["flux reconcile kustomization a --with-source --namespace apps --context c"]
    source, itself = (shlex.split(line) for line in exact_commands(plan))
    assert source[:8] == [
        "kubectl",
        "--context",
        "c",
        "--namespace",
        "s",
        "patch",
        "ocirepositories.source.toolkit.fluxcd.io",
        "apps",
    ]
    assert itself[-3:] == ["merge", "--patch", plan.steps[1].text]


def test_a_reason_cannot_leave_its_quotes(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "FluxReport", "flux-system/flux")
    plan = made(sight, Verb.SUSPEND, "FluxReport/flux-system/flux", who="a", why="it's $(rm -rf /) `x`\n; true")
    (words,) = lines(plan)
    assert words[-1] == plan.steps[0].text
    assert words[0] == "kubectl"


def test_what_is_handed_over_says_what_it_leaves_out(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "Kustomization", "apps/a")
    fleet.put("c", "Kustomization", "apps/b", suspended=True)
    plan = made(sight, Verb.RECONCILE, "Kustomization/apps/a", "Kustomization/apps/b")
    assert list(script(plan)) == [
        "# Kustomization/apps/b in c: is suspended: resume it first",
        "flux reconcile kustomization a --namespace apps --context c",
    ]


# --- answers


def asked(sight: Sight, fleet: Fleet, verb: Verb = Verb.RECONCILE, kind: str = "Kustomization", **before):
    fleet.put("c", kind, "apps/a", **before)
    (step,) = made(sight, verb, f"{kind}/apps/a").steps
    return lambda *states, generation=0, **fields: answered(
        step, fleet.put("c", kind, "apps/a", *states, **fields), generation
    )


def test_an_answer_needs_the_token_the_generation_and_a_conclusion(fleet: Fleet, sight: Sight) -> None:
    told = asked(sight, fleet)
    assert told(fleet.ready) is None
    assert told(fleet.ready, handled="2026-11-21T02:46:10Z") is None
    assert told(fleet.ready, handled=AT) == Answer(True, "ReconciliationSucceeded: done")


def test_an_older_generation_and_a_run_under_way_are_no_answer(fleet: Fleet, sight: Sight) -> None:
    fleet.put("c", "Kustomization", "apps/a")
    (step,) = made(sight, Verb.RECONCILE, "Kustomization/apps/a").steps

    def told(**fields):
        return answered(step, fleet.put("c", "Kustomization", "apps/a", **({"ready": "True"} | fields)))

    assert told(handled=AT, generation=2, observed=1) is None
    assert told(handled=AT, generation=2, observed=2) is not None
    assert told(handled=AT, ready="Unknown", reason="Progressing") is None
    for reason in ("HealthCheckCanceled", "Progressing", "ProgressingWithRetry"):
        assert told(handled=AT, ready="False", reason=reason) is None


def test_a_failure_is_an_answer_in_the_controllers_words(fleet: Fleet, sight: Sight) -> None:
    told = asked(sight, fleet)
    assert told(ready="False", reason="BuildFailed", message="kustomize build\n failed", handled=AT) == Answer(
        False, "BuildFailed: kustomize build failed"
    )
    assert told(ready="False", reason="DependencyNotReady", message="dependency 'x'", handled=AT) == Answer(
        False, "DependencyNotReady: dependency 'x'"
    )


def test_a_suspension_is_answered_by_the_cluster(fleet: Fleet, sight: Sight) -> None:
    told = asked(sight, fleet, Verb.SUSPEND)
    assert told(fleet.ready) is None
    assert told(fleet.ready, suspended=True) == Answer(True, "suspended")
    back = asked(sight, fleet, Verb.RESUME, "Alert", suspended=True)
    assert back(suspended=True) is None
    assert back() == Answer(True, "not suspended any more")


def test_a_rollout_is_done_when_the_new_generation_is_available(fleet: Fleet, sight: Sight) -> None:
    told = asked(sight, fleet, Verb.RESTART, "Deployment")
    new, rolling = ("Progressing=True/NewReplicaSetAvailable",), ("Progressing=True/ReplicaSetUpdated",)
    assert told(ready="True", conditions=new, generation=2) is None
    assert told(ready="True", observed=2, conditions=rolling, generation=2) is None
    assert told(ready="True", observed=2, conditions=new, generation=2) == Answer(True, "rolled out")
    stuck = told(
        ready="False",
        observed=2,
        reason="ProgressDeadlineExceeded",
        conditions=("Progressing=False/ProgressDeadlineExceeded",),
    )
    assert stuck is not None
    assert not stuck.well


def test_another_pod_of_the_same_name_means_that_the_old_one_is_gone(fleet: Fleet, sight: Sight) -> None:
    told = asked(sight, fleet, Verb.DELETE_POD, "Pod", uid="1")
    assert told(uid="1") is None
    assert told(uid="2") == Answer(True, "gone: another pod of that name is there")
