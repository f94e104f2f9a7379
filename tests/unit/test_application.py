"""What Flux objects deploy, as a tree: what stands where, what is troubled, and the sentence above it."""

import pytest

from fluxtui.insight.application import NOT_WANTED, RECENT, Held, owners, plant
from fluxtui.insight.application_roots import AppError, named, roots_of
from fluxtui.insight.application_words import sentence, title
from fluxtui.insight.forest import MISSING, UNSEEN
from fluxtui.insight.kstatus import Kstatus, State
from fluxtui.insight.managed import Entry, Holding, Managed
from fluxtui.insight.outline import Fold, Outline
from fluxtui.insight.usage import Budget, Usage
from fluxtui.insight.workloads import Pod, Replicas
from fluxtui.kinds.status import Status

MIB = 1 << 20
APPS = ("c", "Kustomization/web/apps")


def holding(kind, name, state=State.CURRENT, why="", *, group="", pods=(), ready=1, wanted=1, trouble=""):
    counted = Replicas(ready, wanted) if group == "apps" else None
    managed = Managed(Entry(group, kind, "web", name, "v1"), Kstatus(state, why), counted, created=7)
    return Holding(managed, tuple(pods), trouble)


def pod(name, state=State.CURRENT, why="", *, restarts=0, ended=0, limit=0):
    budget = (Budget("app", 0.1, 0, 64 * MIB, limit),)
    return Pod(
        "web", name, Kstatus(state, why), 1, 1, restarts, "OOMKilled" if ended else "", ended, 7, {}, False, budget
    )


@pytest.fixture
def web(fleet):
    """A set that applies a Kustomization, which applies a release; all ready, with their sources."""
    fleet.put("c", "ResourceSet", "flux/tenants", produced=("Kustomization/web/apps", "OCIRepository/web/apps"))
    fleet.put("c", "OCIRepository", "web/apps")
    fleet.put(
        "c", "Kustomization", "web/apps", source="OCIRepository/web/apps", produced=("HelmRelease/web/site",),
        inventory="web_site_helm.toolkit.fluxcd.io_HelmRelease\nweb_settings__ConfigMap", inventory_size=2,
    )  # fmt: skip
    fleet.put("c", "HelmRelease", "web/site", source="OCIRepository/web/chart", inventory_size=1)
    fleet.put("c", "OCIRepository", "web/chart")
    return fleet


def grown(fleet, held=None, roots=(APPS,), usages=None):
    found = {key: Held(tuple(value)) if isinstance(value, list) else value for key, value in (held or {}).items()}
    steps = plant(fleet.store, roots, lambda ref: found.get(ref[1], Held()), usages or {}, fleet.now)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def drawn(app):
    """Nested lines: two spaces per level; what is shown elsewhere by an arrow."""
    told = []

    def walk(node, depth):
        line = app.of(node)
        told.append("  " * depth + ("from " if line.source else "") + f"{line.kind} {line.name}".strip())
        refers = (app.forest.references[number].node for number in app.forest.referred.get(node, ()))
        told.extend("  " * (depth + 1) + "> " + app.of(other).name for other in refers)
        for child in app.forest.children.get(node, ()):
            walk(child, depth + 1)

    for top in app.forest.tops:
        walk(top, 0)
    return told


def said(app, roots=(APPS,)):
    return "".join(words for words, _ in sentence(app, roots))


def test_sources_stand_first_then_flux_objects_workloads_with_pods_and_the_rest_by_kind(web):
    app = grown(
        web,
        {
            "Kustomization/web/apps": [
                holding("ConfigMap", "settings"),
                holding("Service", "a"),
                holding("Service", "b"),
                holding("Deployment", "site", group="apps", pods=[pod("site-1"), pod("site-2")]),
            ]
        },
    )
    assert drawn(app) == [
        "Kustomization apps",
        "  from OCIRepository apps",
        "  HelmRelease site",
        "    from OCIRepository chart",
        "  Deployment site",
        "    Pod site-1",
        "    Pod site-2",
        "  ConfigMap settings",
        "  Service × 2",
        "    Service a",
        "    Service b",
    ]
    assert said(app) == "c web/apps: all 8 healthy"


def test_a_source_that_is_drawn_already_is_named_where_it_is_used(web):
    source = Managed(Entry("source.toolkit.fluxcd.io", "OCIRepository", "web", "apps"), Kstatus(State.CURRENT))
    app = grown(web, {"ResourceSet/flux/tenants": [Holding(source)]}, [("c", "ResourceSet/flux/tenants")])
    assert drawn(app)[:3] == ["ResourceSet tenants", "  Kustomization apps", "    > apps"]
    assert drawn(app).count("  OCIRepository apps") == 1


def test_what_does_not_exist_is_missing_only_where_that_is_known(web):
    web.remove("c", "HelmRelease", "web/site")
    app = grown(web)
    node = app.forest.numbers["c", "OCIRepository/web/apps"]
    assert app.forest.status[node] == Status.READY
    web.put("c", "Kustomization", "web/apps", source="OCIRepository/web/none")
    gone = grown(web).forest
    assert gone.status[gone.numbers["c", "OCIRepository/web/none"]] == MISSING
    assert "OCIRepository/web/none is missing" in said(grown(web))


def test_what_is_broken_itself_is_named_before_who_reports_it(web):
    web.put("c", "Kustomization", "web/apps", web.failed("HealthCheckFailed", "timeout"), inventory_size=1)
    crash = pod("site-1", State.FAILED, "app: CrashLoopBackOff", restarts=9, ended=web.now - 60)
    broken = holding(
        "Deployment", "site", State.IN_PROGRESS, "0 of 1 replicas ready", group="apps", ready=0, pods=[crash]
    )
    app = grown(web, {"Kustomization/web/apps": [broken, holding("ConfigMap", "settings")]})
    words = said(app)
    assert words.startswith("c web/apps: 1 of 3 healthy; Deployment/web/site is not ready: 0 of 1 replicas ready")
    assert "site-1: app: CrashLoopBackOff" in words and "1 pod restarted within the hour" in words
    assert app.forest.troubled(app.forest.numbers["c", "Deployment/web/site"])


def test_who_reports_what_is_below_it_is_named_only_where_nothing_below_is(web):
    web.put(
        "c", "Kustomization", "web/apps", web.failed("HealthCheckFailed"), source="OCIRepository/web/apps",
        produced=("HelmRelease/web/site",), inventory_size=1,
    )  # fmt: skip
    web.put("c", "HelmRelease", "web/site", web.blocked)
    assert "HelmRelease/web/site waits" in said(grown(web))
    web.put("c", "HelmRelease", "web/site")
    assert "Kustomization/web/apps fails" in said(grown(web))


def test_a_release_that_waits_is_named_when_nothing_is_broken(web):
    web.put("c", "HelmRelease", "web/site", web.blocked | {"message": "dependency 'a/b' is not ready"})
    assert "HelmRelease/web/site waits: " in said(grown(web))


@pytest.mark.parametrize(("age", "eyes"), [(60, 1), (RECENT - 1, 1), (RECENT, 0)])
def test_a_pod_that_was_restarted_lately_keeps_its_branch_unfolded(web, age, eyes):
    calm = holding("Deployment", "site", group="apps", pods=[pod("site-1", restarts=2, ended=web.now - age)])
    app = grown(web, {"Kustomization/web/apps": [calm]})
    assert len(app.restarting) == eyes
    outline = Outline(app.forest)
    assert outline.fold_of(app.forest.numbers[APPS]) is (Fold.PARTIAL if eyes else Fold.CLOSED)
    shown = {outline.key(at)[1] for at in range(len(outline))}
    assert ("Pod/web/site-1" in shown) is bool(eyes)


def test_memory_close_to_its_limit_is_told_and_usage_adds_up(web):
    pods = [pod("site-1", limit=100 * MIB), pod("site-2", limit=100 * MIB)]
    usages = {
        ("c", "Pod/web/site-1"): Usage({"app": (0.2, 92 * MIB)}),
        ("c", "Pod/web/site-2"): Usage({"app": (0.1, 40 * MIB)}),
    }
    app = grown(
        web, {"Kustomization/web/apps": [holding("Deployment", "site", group="apps", pods=pods)]}, usages=usages
    )
    assert "memory 92 % of limit in site-1; 300m cpu, 132Mi in 2 pods" in said(app)
    top = app.of(app.forest.numbers[APPS])
    assert (top.share.pods, top.share.memory) == (2, 132 * MIB)


def test_what_could_not_be_asked_is_told_once_and_is_not_healthy(web):
    secrets = [holding("Secret", f"s{n}", State.UNKNOWN, "jane may not list secrets") for n in range(5)]
    app = grown(web, {"Kustomization/web/apps": [*secrets, holding("ConfigMap", "settings")]})
    notes = [line for line in app.lines if line.why == "jane may not list secrets" and not line.identity]
    assert [(line.name, line.word) for line in notes] == [("5 objects", "unknown")]
    assert said(app).startswith("c web/apps: 5 of 10 healthy, 5 not known")
    secret = app.forest.numbers["c", "Secret/web/s0"]
    assert app.forest.status[secret] == UNSEEN


def test_what_is_still_asked_for_troubles_nothing(web):
    waits = [holding("Deployment", "site", State.UNKNOWN, group="apps")]
    app = grown(web, {"Kustomization/web/apps": waits})
    assert not app.forest.troubled(app.forest.numbers[APPS])
    assert "1 still asked for" in said(app)


def test_an_owner_that_cannot_be_read_says_why_in_its_branch(web):
    app = grown(web, {"HelmRelease/web/site": Held(trouble="cannot get helmreleases: no (403)")})
    (note,) = [line for line in app.lines if line.why.startswith("cannot get")]
    assert note.name == "what it manages"
    release = app.forest.numbers["c", "HelmRelease/web/site"]
    assert app.forest.troubled(release)


def test_what_nobody_asks_for_is_said_and_counted(web):
    app = grown(web, {"Kustomization/web/apps": NOT_WANTED})
    assert "its 2 objects are not asked for while this is folded" in drawn(app)[2 + 2]
    assert "what 1 Flux objects apply is asked for when they are unfolded" in said(app)


def test_a_circle_of_appliers_ends(fleet):
    fleet.put("c", "Kustomization", "a/x", produced=("Kustomization/a/y",))
    fleet.put("c", "Kustomization", "a/y", produced=("Kustomization/a/x",))
    assert drawn(grown(fleet, roots=[("c", "Kustomization/a/x")])) == ["Kustomization x", "  Kustomization y"]
    assert len(owners(fleet.store, [("c", "Kustomization/a/x")])) == 2


# Which application


def test_every_object_of_an_application_leads_to_what_deploys_it(web):
    assert roots_of(web.store, [APPS]) == [APPS]
    assert roots_of(web.store, [("c", "OCIRepository/web/chart")]) == [("c", "HelmRelease/web/site")]
    assert roots_of(web.store, [("c", "ConfigMap/web/settings")]) == [APPS]
    assert roots_of(web.store, [("c", "ConfigMap/web/nobody")]) == []


def test_what_stands_under_another_root_is_none_itself(web):
    assert roots_of(web.store, [APPS, ("c", "HelmRelease/web/site")]) == [APPS]


def test_a_name_means_the_object_in_every_cluster_that_has_it(web):
    web.put("d", "Kustomization", "web/apps")
    both = [APPS, ("d", "Kustomization/web/apps")]
    assert named(web.store, ["c", "d"], "web/apps") == both
    assert named(web.store, ["c", "d"], "d/ks/web/apps") == both[1:]
    assert named(web.store, ["c", "d"], "hr/web/site") == [("c", "HelmRelease/web/site")]
    assert named(web.store, ["c", "d"], "site") == [("c", "HelmRelease/web/site")]
    assert title(both) == "c, d web/apps"
    with pytest.raises(AppError, match="did you mean web/apps"):
        named(web.store, ["c"], "web/aps")
