"""Scenarios: data that is checked, and stories that come out as they are told."""

import json

import pytest

from fluxtui.simulator.controllers.conditions import find
from fluxtui.simulator.demo import build
from fluxtui.simulator.scenario import BUILT_IN, Scenario, ScenarioError, load, offset, parse
from fluxtui.simulator.simulation import Simulation

OPENING = 1_795_240_000.0
FLUX = ("FluxInstance", "ResourceSet", "ResourceSetInputProvider", "OCIRepository", "GitRepository", "Kustomization")
FLUX += ("HelmRelease", "ImageRepository", "ImagePolicy", "ImageUpdateAutomation")


def play(name, seed=7):
    simulation = Simulation(load(name), OPENING, seed=seed)
    simulation.play()
    return simulation


def live(simulation, seconds, step=0.5):
    end = simulation.now + seconds
    while simulation.now < end:
        simulation.step(min(simulation.now + step, end))


def unready(member, *kinds):
    """What is not ready, as Kind/namespace/name → reason."""
    found = {}
    for kind in kinds or FLUX:
        for obj in member.objects.list(kind):
            ready = find(obj.get("status") or {}, "Ready")
            if ready is None or ready["status"] != "True":
                found[f"{kind}/{obj['metadata']['namespace']}/{obj['metadata']['name']}"] = (ready or {}).get("reason")
    return found


@pytest.fixture(scope="module")
def incident():
    return play("incident")


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_ones_are_valid(name):
    assert load(name).name == name
    assert load(name).timeline


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nabout: y\ntimeline: [{do: explode}]", "Invalid value 'explode' - at `$.timeline[0].do`"),
        ("name: x\nabout: y\ntimeline: [{do: mend}]", "missing required field `deployment` - at `$.timeline[0]`"),
        ("name: x\nabout: y\ntimeline: [{do: disconnect, at: soon}]", "'soon' is not a duration"),
        ("name: x\nabout: y\ntimeline: [{do: heal, object: apps}]", "'apps' is not Kind/namespace/name"),
        ("name: x\nabout: y\ntimeline: [{do: host, name: h, state: odd}]", "'odd' is no state of a host"),
        ("name: x\nabout: y\nplot: []", "unknown field `plot`"),
        ("name: x\nabout: y\ntimeline: [{do: break, deployment: a/b, lacks: c}]", "`$.timeline[0].lacks`"),
        ("name: [", "while parsing"),
    ],
)
def test_a_mistake_is_told_with_the_file_and_the_place(text, said):
    with pytest.raises(ScenarioError, match=r"^story\.yaml: ") as caught:
        parse(text, "story.yaml")
    assert said in str(caught.value)


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(ScenarioError, match="calm, incident, storm"):
        load("quiet")


@pytest.mark.parametrize(("text", "seconds"), [("-2d3h", -183600), ("90s", 90), ("-1d", -86400), ("1h30m", 5400)])
def test_offsets_know_days_and_signs(text, seconds):
    assert offset(text) == seconds


def test_calm_is_ready_everywhere():
    simulation = play("calm")
    assert {name: unready(member) for name, member in simulation.members.items()} == {
        "staging-1": {},
        "prod-eu-1": {},
        "prod-us-1": {},
        "update-1": {},
        "legacy-1": {},
    }


def test_the_incident_has_one_bad_release_with_a_cascade_behind_it(incident):
    found = unready(incident.members["prod-eu-1"])
    release = incident.members["prod-eu-1"].objects.get("HelmRelease", "cert-manager", "cert-manager")
    assert found["HelmRelease/cert-manager/cert-manager"] == "UpgradeFailed"
    assert find(release["status"], "Stalled")["reason"] == "RetriesExceeded"
    ready = find(release["status"], "Ready")
    assert "chart cert-manager@1.20.0" in ready["message"]
    assert "Deployment/cert-manager/cert-manager-webhook status: 'InProgress'" in ready["message"]
    assert [item["chartVersion"].partition("+")[0] for item in release["status"]["history"]] == ["1.20.0", "1.19.0"]
    blocked = [name for name, reason in found.items() if reason == "DependencyNotReady"]
    assert len(blocked) >= 30
    assert "Kustomization/ingress-nginx/infra-controllers" in blocked
    assert found["ResourceSet/flux-system/infra"] in {"Progressing", "ReconciliationFailed"}


def test_the_incident_has_the_other_causes_too(incident):
    staging, europe = incident.members["staging-1"], incident.members["prod-eu-1"]
    assert unready(staging) == {"OCIRepository/backend/apps": "VerificationError"}
    umbrella = europe.objects.get("Kustomization", "platform", "umbrella")
    assert umbrella["spec"]["suspend"] is True
    assert umbrella["metadata"]["annotations"]["fluxcd.controlplane.io/suspendedBy"] == "anna"
    assert len([name for name in unready(europe) if name.startswith("Kustomization/platform/")]) == 8
    assert [name for name, member in incident.members.items() if not member.reachable] == ["prod-us-1"]
    provider = europe.objects.get("ResourceSetInputProvider", "flux-system", "apps-production")
    assert provider["status"]["nextSchedule"]["when"] > "2026-11-21T11:00:00Z"
    assert {item["tag"] for item in provider["status"]["exportedInputs"]} == {"v1.8.1", "v1.9.4"}
    assert any(report["summary"]["fail"] for report in europe.objects.list("PolicyReport"))


def test_it_looks_lived_in(incident):
    europe = incident.members["prod-eu-1"].objects
    instance = europe.get("FluxInstance", "flux-system", "flux")
    assert instance["metadata"]["creationTimestamp"].startswith("2026-11-07T")
    calm = europe.get("Kustomization", "backup", "infra-controllers")["status"]["history"][0]
    assert calm["totalReconciliations"] > 1500
    assert calm["lastReconciled"] > "2026-11-21T05:35:00Z"
    assert calm["firstReconciled"] < "2026-11-08"


def test_the_same_seed_tells_the_same_story(incident):
    def content(simulation):
        return json.dumps([m.objects.list(kind) for m in simulation.members.values() for kind in (*FLUX, "Event")])

    assert content(play("incident")) == content(incident)
    assert content(play("incident", seed=8)) != content(incident)


def test_a_fixed_release_unblocks_all_that_waited():
    simulation = play("incident")
    europe = simulation.members["prod-eu-1"]
    del europe.engine.broken["cert-manager", "cert-manager-webhook"]
    annotations = {"reconcile.fluxcd.io/requestedAt": "t1", "reconcile.fluxcd.io/resetAt": "t1"}
    key = ("HelmRelease", "cert-manager", "cert-manager")
    europe.engine.storage.merge(key, {"metadata": {"annotations": annotations}}, "flux")
    europe.engine.storage.merge(("Kustomization", "platform", "umbrella"), {"spec": {"suspend": None}}, "flux")
    live(simulation, 15 * 60)
    left = {name for name, reason in unready(europe).items() if reason != "Progressing"}
    assert not {name for name in left if "cert-manager" in name or "platform" in name or "ingress" in name}
    assert len(left) <= 3


def test_the_incident_is_repaired_by_a_resume_and_a_reconcile_and_by_neither_alone():
    simulation = play("incident")
    europe = simulation.members["prod-eu-1"]
    release, umbrella = ("HelmRelease", "cert-manager", "cert-manager"), ("Kustomization", "platform", "umbrella")
    asked = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "t1"}}}
    europe.engine.storage.merge(release, asked, "flux")
    live(simulation, 30)
    assert unready(europe)["HelmRelease/cert-manager/cert-manager"] == "UpgradeFailed"
    europe.engine.storage.merge(umbrella, {"spec": {"suspend": None}}, "flux")
    live(simulation, 30)
    webhook = europe.objects.get("Deployment", "cert-manager", "cert-manager-webhook")
    assert webhook["status"]["readyReplicas"] == 1
    assert unready(europe)["HelmRelease/cert-manager/cert-manager"] == "UpgradeFailed"
    asked = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "t2"}}}
    europe.engine.storage.merge(release, asked, "flux")
    live(simulation, 10)
    assert "HelmRelease/cert-manager/cert-manager" not in unready(europe)
    live(simulation, 6 * 60)
    assert not [name for name, reason in unready(europe).items() if reason != "Progressing"]


def test_the_unreachable_cluster_comes_back_and_goes_again():
    heard = []
    simulation = Simulation(load("incident"), OPENING, connection=lambda name, up: heard.append((name, up)))
    simulation.play()
    live(simulation, 14 * 60, step=5)
    assert heard == [("prod-us-1", False), ("prod-us-1", True), ("prod-us-1", False)]


def test_in_the_storm_many_sources_fail_for_one_host():
    simulation = play("storm")
    failing = {}
    for name, member in simulation.members.items():
        for source in unready(member, "OCIRepository"):
            obj = member.objects.get(*source.split("/"))
            if "registry.example.com" in find(obj["status"], "Ready")["message"]:
                failing.setdefault(name, []).append(source)
    assert set(failing) == {"staging-1", "prod-eu-1", "prod-us-1"}
    assert all(len(sources) >= 5 for sources in failing.values())


def test_the_storm_churns():
    simulation = build("storm", opening=OPENING).simulation
    live(simulation, 2, step=0.1)
    before = sum(member.objects.version for member in simulation.members.values())
    live(simulation, 4, step=0.1)
    after = sum(member.objects.version for member in simulation.members.values())
    assert (after - before) / 4 >= 50


def test_fillers_are_as_asked_for_and_rest_until_somebody_asks():
    demo = build("calm", clusters_wanted=10, objects=1005, opening=OPENING)
    fillers = [
        item
        for member in demo.simulation.members.values()
        for item in member.objects.list("Kustomization")
        if item["metadata"]["namespace"].startswith("team-")
    ]
    assert len(demo.simulation.members) == 10
    assert len(fillers) == 1005
    assert len(json.dumps(fillers[7])) > 2000
    failing = [item for item in fillers if item["status"]["conditions"][0]["status"] == "False"]
    assert 20 <= len(failing) <= 40
    last = next(reversed(demo.simulation.members.values()))
    key = ("Kustomization", fillers[-1]["metadata"]["namespace"], fillers[-1]["metadata"]["name"])
    before = last.objects.get(*key)
    live(demo.simulation, 30, step=1)
    assert last.objects.get(*key) == before
    last.engine.storage.merge(key, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "t1"}}}, "flux")
    live(demo.simulation, 5)
    assert last.objects.get(*key)["status"]["lastHandledReconcileAt"] == "t1"


def test_a_scenario_needs_no_file():
    simulation = Simulation(Scenario(name="own", about="nothing happens", founded="1d"), OPENING, clusters_wanted=1)
    simulation.play()
    assert list(simulation.members) == ["prod-eu-1"]


def test_production_has_things_lying_about_that_no_inventory_lists(incident):
    held = incident.members["prod-eu-1"].objects
    entries = {
        entry["id"]
        for kind in ("Kustomization", "HelmRelease", "ResourceSet", "FluxInstance")
        for obj in held.list(kind)
        for entry in ((obj.get("status") or {}).get("inventory") or {}).get("entries", ())
    }
    about = {obj["metadata"]["name"]: obj["metadata"] for obj in held.list("ConfigMap", "frontend")}
    writers = {
        name: about[name]["managedFields"][0]["manager"]
        for name in about
        if f"frontend_{name}__ConfigMap" not in entries
    }
    assert writers["hotfix-2231"] == "kubectl-client-side-apply"
    assert writers["sale-banner"] == writers["beta-flags"] == "kustomize-controller"
    assert about["sale-banner"]["annotations"] == {"kustomize.toolkit.fluxcd.io/prune": "disabled"}
    assert held.get("Kustomization", "frontend", "apps-beta") is None
