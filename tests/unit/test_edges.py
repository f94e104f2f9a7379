"""What an edge asks for and why it is not given: each cause told apart, each meaning as its controller reads it."""

import pytest

from fluxtui.insight.edges import EdgeStates, Obstacle, names, shared_revisions, suspended_above
from fluxtui.insight.graph import Graph
from fluxtui.kinds.record import Need
from fluxtui.store.state import DataState, Phase

ONCE = "status.observedGeneration >= 0"
MINUTES = 14 * 60


def state(fleet, identity, at=0, cluster="c"):
    """The state of one of an object's edges, by its place among its dependencies."""
    graph = Graph(fleet.store.cluster(cluster))
    edges = list(graph.dependencies(graph.row(identity).record))
    return EdgeStates(graph, fleet.now).of(edges[at])


def blocked(fleet, message="dependency 'a/infra' is not ready"):
    return {**fleet.blocked, "message": message, "ready_since": fleet.now - MINUTES}


# -- ready


def test_ready_is_met_by_what_is_ready(fleet):
    fleet.put("c", "Kustomization", "a/infra")
    fleet.put("c", "Kustomization", "a/web", needs=["a/infra"])
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.mark, found.words, found.obstacle) == (True, "─ready→", "ready", Obstacle.NONE)


def test_what_waits_says_for_how_long(fleet):
    fleet.put("c", "HelmRelease", "a/cert", fleet.failed("InstallFailed"), ready_since=fleet.now - 3000)
    fleet.put("c", "HelmRelease", "a/web", blocked(fleet), needs=["a/cert"])
    found = state(fleet, "HelmRelease/a/web")
    assert (found.met, found.words, found.obstacle) == (False, "waiting 14m", Obstacle.WAITING)


def test_what_does_not_wait_yet_says_how_its_target_is(fleet):
    fleet.put("c", "HelmRelease", "a/cert", fleet.failed("InstallFailed"), ready_since=fleet.now - 3000)
    fleet.put("c", "HelmRelease", "a/web", needs=["a/cert"])
    assert state(fleet, "HelmRelease/a/web").words == "failed 50m"


def test_a_reconcile_in_passing_is_no_news(fleet):
    fleet.put("c", "Kustomization", "a/infra")
    fleet.put("c", "Kustomization", "a/infra", fleet.running)
    fleet.put("c", "Kustomization", "a/web", needs=["a/infra"])
    assert state(fleet, "Kustomization/a/web").met is True


# -- missing, not watched


def test_a_missing_target_is_not_an_unknown_one(fleet):
    fleet.put("c", "Kustomization", "a/web", blocked(fleet), needs=["a/nowhere"])
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.words, found.obstacle) == (False, "does not exist", Obstacle.MISSING)
    fleet.store.table("c", "Kustomization").set_state(DataState(Phase.STALE))
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.words, found.obstacle) == (None, "not watched", Obstacle.UNSEEN)
    fleet.store.table("c", "Kustomization").set_state(DataState(Phase.FRESH, only="elsewhere"))
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.words, found.obstacle) == (None, "may not be seen", Obstacle.UNSEEN)


def test_a_target_that_is_not_watched_is_judged_by_its_controllers_word_alone(fleet):
    crd = "CustomResourceDefinition//certificates.cert-manager.io"
    need = Need(crd, "exists")
    fleet.put("c", "ResourceSet", "a/apps", needs=[need])
    assert state(fleet, "ResourceSet/a/apps").met is None, "ready is no word about now"
    full = "apiextensions.k8s.io/v1/CustomResourceDefinition/certificates.cert-manager.io"
    gone = f'dependency {full} not found: customresourcedefinitions "certificates.cert-manager.io" not found'
    fleet.put("c", "ResourceSet", "a/apps", blocked(fleet, gone), needs=[need])
    found = state(fleet, "ResourceSet/a/apps")
    assert (found.met, found.words, found.obstacle) == (False, "does not exist", Obstacle.MISSING)
    waiting = Need(crd, "ready")
    fleet.put("c", "ResourceSet", "a/apps", blocked(fleet, f"dependency {full} not ready"), needs=[waiting])
    found = state(fleet, "ResourceSet/a/apps")
    assert (found.met, found.obstacle) == (False, Obstacle.UNSEEN)
    other = "dependency v1/Namespace/other not found"
    fleet.put("c", "ResourceSet", "a/apps", blocked(fleet, other), needs=[need])
    assert state(fleet, "ResourceSet/a/apps").met is None, "it waits for another one"


def test_what_a_suspended_object_had_applied_is_missing_because_of_that(fleet):
    fleet.put("c", "ResourceSet", "s/set", suspended=True, produced=("Kustomization/a/gone",))
    fleet.put("c", "Kustomization", "a/web", blocked(fleet), needs=["a/gone"])
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.obstacle) == (False, Obstacle.SUSPENDED)
    assert found.words == "does not exist; ResourceSet s/set above it is suspended 10m"


# -- suspended


def test_a_suspended_target_names_who_did_it(fleet):
    two_days = fleet.now - 2 * 86400
    suspended = {"suspended": True, "suspended_by": "anna", "ready_since": two_days}
    fleet.put("c", "Kustomization", "a/infra", suspended, generation=2, observed=1)
    fleet.put("c", "Kustomization", "a/web", blocked(fleet), needs=["a/infra"])
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.words, found.obstacle) == (False, "suspended by anna 2d", Obstacle.SUSPENDED)


def test_what_is_suspended_by_annotation_stays_ready_for_whoever_asks(fleet):
    fleet.put("c", "ResourceSet", "a/policies", suspended=True)
    fleet.put("c", "ResourceSet", "a/apps", needs=["a/policies"])
    found = state(fleet, "ResourceSet/a/apps")
    assert (found.met, found.obstacle) == (True, Obstacle.SUSPENDED)
    assert found.words == "suspended 10m, still ready: nothing new comes"


def test_a_suspended_ancestor_is_found_up_the_chain(fleet):
    fleet.put("c", "FluxInstance", "f/flux", suspended=True, suspended_by="anna")
    fleet.put("c", "ResourceSet", "a/set", fleet.running, owner="FluxInstance/f/flux", observed=-1, outcome="")
    fleet.put("c", "Kustomization", "a/infra", fleet.running, owner="ResourceSet/a/set")
    fleet.put("c", "Kustomization", "a/web", blocked(fleet), needs=["a/infra"])
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.obstacle) == (False, Obstacle.SUSPENDED)
    assert found.words == "waiting 14m; FluxInstance f/flux above it is suspended by anna 10m"


def test_owners_in_a_circle_end(fleet):
    fleet.put("c", "Kustomization", "a/one", owner="Kustomization/a/two")
    fleet.put("c", "Kustomization", "a/two", owner="Kustomization/a/one")
    assert suspended_above(Graph(fleet.store.cluster("c")), "Kustomization/a/one") is None


# -- cycles


def test_a_cycle_is_told_on_each_of_its_edges_and_on_no_other(fleet):
    for name, need in (("one", "two"), ("two", "three"), ("three", "one"), ("hanging", "one")):
        fleet.put("c", "Kustomization", f"a/{name}", blocked(fleet), needs=[f"a/{need}"])
    for name in ("one", "two", "three"):
        found = state(fleet, f"Kustomization/a/{name}")
        assert (found.met, found.obstacle) == (False, Obstacle.CYCLE), name
    assert state(fleet, "Kustomization/a/hanging").obstacle is Obstacle.WAITING


def test_an_object_that_waits_for_itself_is_a_cycle(fleet):
    fleet.put("c", "Kustomization", "a/self", blocked(fleet), needs=["a/self"])
    assert state(fleet, "Kustomization/a/self").obstacle is Obstacle.CYCLE


def test_circles_are_the_same_whatever_is_asked_first(fleet):
    pairs = (("x", ["y"]), ("y", ["x", "p"]), ("p", ["q"]), ("q", ["p"]))
    for name, needs in pairs:
        fleet.put("c", "Kustomization", f"a/{name}", blocked(fleet), needs=[f"a/{need}" for need in needs])
    graph = Graph(fleet.store.cluster("c"))
    edges = [edge for name, _ in pairs for edge in graph.dependencies(graph.row(f"Kustomization/a/{name}").record)]
    expected = {("x", "y"): True, ("y", "x"): True, ("y", "p"): False, ("p", "q"): True, ("q", "p"): True}
    for order in (edges, edges[::-1]):
        states = EdgeStates(graph, fleet.now)
        found = {(edge.source[-1], edge.target[-1]): states.of(edge).obstacle is Obstacle.CYCLE for edge in order}
        assert found == expected


def test_a_chain_of_ten_thousand_needs_no_recursion_and_looks_at_each_once(fleet):
    number = 10_000
    for at in range(number):
        fleet.put("c", "Kustomization", f"a/k{at}", blocked(fleet), needs=[f"a/k{at + 1}"] if at + 1 < number else ())
    graph = Graph(fleet.store.cluster("c"))
    asked = []
    row = graph.row
    graph.row = lambda identity: asked.append(identity) or row(identity)
    states = EdgeStates(graph, fleet.now)
    for at in range(number - 1):
        (edge,) = graph.dependencies(row(f"Kustomization/a/k{at}").record)
        assert states.of(edge).obstacle is Obstacle.WAITING
    assert len(asked) < 8 * number


# -- one source, different revisions


def test_kustomizations_of_one_source_must_have_applied_the_same(fleet):
    fleet.put("c", "OCIRepository", "a/src", revision="main@sha256:bbbbbbbbbb")
    old = {"source": "OCIRepository/a/src", "revision": "main@sha256:aaaaaaaaaa"}
    fleet.put("c", "Kustomization", "a/infra", **old)
    said = blocked(fleet, "dependency 'a/infra' revision is not up to date")
    fleet.put("c", "Kustomization", "a/web", said, needs=["a/infra"], **old)
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.obstacle) == (False, Obstacle.REVISION)
    assert found.words == "source at another revision: applied main@aaaaaaa, source has main@bbbbbbb"
    fleet.put("c", "Kustomization", "a/infra", old | {"revision": "main@sha256:bbbbbbbbbb"})
    assert state(fleet, "Kustomization/a/web").met is True


def test_releases_and_other_sources_are_not_held_to_one_revision(fleet):
    fleet.put("c", "OCIRepository", "a/src", revision="main@sha256:bb")
    for kind in ("HelmRelease", "Kustomization"):
        fleet.put("c", kind, "a/infra", source="OCIRepository/a/src", revision="main@sha256:aa")
        fleet.put("c", kind, "a/web", needs=["a/infra"], source="OCIRepository/a/src")
    assert state(fleet, "HelmRelease/a/web").met is True
    fleet.put("c", "Kustomization", "a/web", needs=["a/infra"], source="OCIRepository/a/other")
    assert state(fleet, "Kustomization/a/web").met is True


def test_the_consumers_of_a_source_by_what_they_applied(fleet):
    fleet.put("c", "OCIRepository", "a/src", revision="new")
    for name, revision in (("one", "new"), ("two", "old"), ("three", "new"), ("four", "")):
        fleet.put("c", "Kustomization", f"a/{name}", source="OCIRepository/a/src", revision=revision)
    assert shared_revisions(Graph(fleet.store.cluster("c")), "OCIRepository/a/src") == {
        "new": ["Kustomization/a/one", "Kustomization/a/three"],
        "": ["Kustomization/a/four"],
        "old": ["Kustomization/a/two"],
    }


# -- exists


@pytest.mark.parametrize("expression", ["", "status.phase == 'Active'"])
def test_exists_asks_for_nothing_else(fleet, expression):
    """A readyExpr beside `ready: false` is never evaluated (facts: flux §5)."""
    fleet.put("c", "ResourceSet", "a/policies", fleet.failed("BuildFailed"))
    fleet.put("c", "ResourceSet", "a/apps", needs=[Need("ResourceSet/a/policies", "exists", expression)])
    found = state(fleet, "ResourceSet/a/apps")
    assert (found.met, found.mark, found.obstacle) == (True, "─exists→", Obstacle.NONE)
    assert found.words.startswith("exists; ready is not asked")
    assert ("nor is its expression" in found.words) is bool(expression)
    assert found.expression == expression


# -- expression


@pytest.mark.parametrize(("observed", "met"), [(-1, False), (0, True), (3, True)])
@pytest.mark.parametrize("text", [ONCE, "dep.status.observedGeneration  >=  0"])
def test_reconciled_once_is_known_and_ready_is_not_asked(fleet, text, observed, met):
    fleet.put("c", "Kustomization", "m/infra", fleet.failed("HealthCheckFailed"), observed=observed)
    fleet.put("c", "ResourceSet", "a/apps", needs=[Need("Kustomization/m/infra", "expression", text)])
    found = state(fleet, "ResourceSet/a/apps")
    said = "met" if met else "not met"
    assert (found.met, found.mark) == (met, "─expr→")
    assert found.words == f'"reconciled once": {said}; ready is not asked'
    assert found.expression == text


@pytest.mark.parametrize(
    ("waiter", "met"),
    [
        ("ready", True),
        ("failed by itself", True),
        ("blocked by this", False),
        ("blocked by another", None),
        ("progressing", None),
    ],
)
def test_any_other_expression_is_judged_by_what_its_controller_did(fleet, waiter, met):
    states = {
        "ready": fleet.ready,
        "failed by itself": fleet.failed("BuildFailed"),
        "blocked by this": blocked(fleet, "dependency 'a/infra' is not ready according to readyExpr eval"),
        "blocked by another": blocked(fleet, "dependency 'a/infra-configs' is not ready"),
        "progressing": fleet.running,
    }
    fleet.put("c", "Kustomization", "a/infra")
    needs = [Need("Kustomization/a/infra", "expression", "dep.spec.path == self.spec.path")]
    fleet.put("c", "Kustomization", "a/web", states[waiter], needs=needs)
    found = state(fleet, "Kustomization/a/web")
    assert found.met is met
    assert found.words.startswith("the expression decides: ")
    assert found.obstacle is (Obstacle.EXPRESSION if met is False else Obstacle.NONE)


def test_an_expression_that_cannot_be_evaluated_is_not_met(fleet):
    fleet.put("c", "Kustomization", "a/infra")
    needs = [Need("Kustomization/a/infra", "expression", "status.")]
    fleet.put("c", "Kustomization", "a/web", fleet.failed("InvalidCELExpression"), needs=needs)
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.obstacle) == (False, Obstacle.EXPRESSION)
    assert "invalid" in found.words


# -- sources, inputs, values, ownership


def test_a_source_that_fails_still_serves_what_it_has(fleet):
    fleet.put("c", "OCIRepository", "a/src", fleet.failed("VerificationError"), revision="v1@sha256:0123456789")
    fleet.put("c", "Kustomization", "a/web", source="OCIRepository/a/src", revision="v1@sha256:0123456789")
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.mark, found.obstacle) == (True, "─source→", Obstacle.WAITING)
    assert found.words == "failed 10m: nothing newer than v1@0123456 comes"


def test_a_source_without_an_artifact_gives_nothing(fleet):
    fleet.put("c", "OCIRepository", "a/src", fleet.failed("VerificationError"))
    fleet.put("c", "Kustomization", "a/web", source="OCIRepository/a/src")
    found = state(fleet, "Kustomization/a/web")
    assert (found.met, found.words) == (False, "no artifact yet, failed 10m")


def test_a_consumer_behind_its_source_is_told(fleet):
    fleet.put("c", "HelmChart", "a/chart", revision="1.2.0")
    fleet.put("c", "HelmRelease", "a/web", source="HelmChart/a/chart", revision="1.1.0+abcdef")
    found = state(fleet, "HelmRelease/a/web")
    assert (found.met, found.obstacle) == (True, Obstacle.REVISION)
    assert found.words == "source at another revision: applied 1.1.0, source has 1.2.0"


def test_a_provider_is_asked_to_be_there_and_warned_of_when_empty(fleet):
    one = "ResourceSetInputProvider/a/one"
    fleet.put("c", "ResourceSetInputProvider", "a/one", fleet.failed("FetchFailed"), exported=2)
    fleet.put("c", "ResourceSet", "a/set", inputs=(one,))
    found = state(fleet, "ResourceSet/a/set")
    assert (found.met, found.mark, found.words) == (True, "─inputs→", "exists; ready is not asked")
    fleet.put("c", "ResourceSetInputProvider", "a/one", exported=0)
    assert state(fleet, "ResourceSet/a/set").words == "ready, and has no inputs: an empty set is applied"
    fleet.remove("c", "ResourceSetInputProvider", "a/one")
    assert state(fleet, "ResourceSet/a/set").obstacle is Obstacle.MISSING


def test_values_and_ownership(fleet):
    fleet.put("c", "ConfigMap", "a/vars")
    fleet.put("c", "HelmRelease", "a/web", inputs=("ConfigMap/a/vars", "Secret/a/keys"), owner="Kustomization/a/top")
    fleet.put("c", "Kustomization", "a/top")
    assert state(fleet, "HelmRelease/a/web").met is True
    assert state(fleet, "HelmRelease/a/web", 1).met is None
    graph = Graph(fleet.store.cluster("c"))
    (edge,) = graph.children(graph.row("Kustomization/a/top").record)
    found = EdgeStates(graph, fleet.now).of(edge)
    assert (found.met, found.mark, found.words) == (True, "─owns→", "exists")


def test_dependencies_across_kinds_and_namespaces(fleet):
    fleet.put("c", "HelmRelease", "cert/cert-manager")
    fleet.put("c", "Namespace", "/frontend")
    needs = [Need("HelmRelease/cert/cert-manager", "ready"), Need("Namespace//frontend", "ready")]
    fleet.put("c", "ResourceSet", "a/apps", needs=needs)
    assert [state(fleet, "ResourceSet/a/apps", at).met for at in (0, 1)] == [True, True]


@pytest.mark.parametrize(
    ("message", "identity", "told"),
    [
        ("dependency 'a/infra' is not ready", "Kustomization/a/infra", True),
        ("dependency 'a/infra-configs' is not ready", "Kustomization/a/infra", False),
        ("dependency 'ba/infra' is not ready", "Kustomization/a/infra", False),
        ("dependency fluxcd.controlplane.io/v1/ResourceSet/a/set not ready", "ResourceSet/a/set", True),
        ("dependency v1/Namespace/web not found", "Namespace//web", True),
        ("", "Namespace//web", False),
    ],
)
def test_whom_a_message_names(message, identity, told):
    assert names(message, identity) is told
