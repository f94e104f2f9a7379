"""The child process: it says when it serves, answers like a cluster, and never outlives its parent."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
import yaml

from fluxtui.simulator.fleet import clusters


@pytest.fixture
def child(tmp_path):
    path = tmp_path / "kubeconfig"
    command = [sys.executable, "-m", "fluxtui.simulator", "--scenario", "incident", "--kubeconfig", str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == f"ready {path}\n"
        yield process, yaml.safe_load(path.read_text())
    finally:
        process.stdin.close()
        process.stdout.close()
        if process.poll() is None:
            process.kill()
        process.wait(timeout=10)


def ask(config, context, path):
    server = next(item["cluster"]["server"] for item in config["clusters"] if item["name"] == context)
    token = next(item["user"]["token"] for item in config["users"] if item["name"] == context)
    request = urllib.request.Request(server + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_it_serves_the_fleet_until_its_input_ends(child):
    process, config = child
    known = [cluster.name for cluster in clusters.KNOWN]
    assert [item["name"] for item in config["contexts"]] == known
    path = "/apis/helm.toolkit.fluxcd.io/v2/namespaces/cert-manager/helmreleases/cert-manager"
    release = ask(config, "prod-eu-1", path)
    assert release["status"]["conditions"][0]["reason"] == "RetriesExceeded"
    with pytest.raises(urllib.error.URLError, match="refused"):
        ask(config, "prod-us-1", path)
    process.stdin.close()
    assert process.wait(timeout=10) == 0


def test_a_scenario_that_is_wrong_is_told_at_once(tmp_path):
    story = tmp_path / "story.yaml"
    story.write_text("name: x\nabout: y\ntimeline: [{do: explode}]")
    command = [sys.executable, "-m", "fluxtui.simulator", "--scenario", str(story), "--kubeconfig", str(tmp_path / "k")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert f"{story}: Invalid value 'explode'" in done.stderr
