"""The demo as users start it: a fleet in a child process that is met over HTTP and leaves nothing behind."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

DEMO = (sys.executable, "-m", "fluxtui", "demo")
SECONDS = 60.0
CLUSTERS = ("staging-1", "prod-eu-1", "prod-us-1", "update-1", "legacy-1")


@pytest.fixture
def environment(tmp_path):
    """Nobody's configuration, and a folder for temporary files that can be looked into."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
    }


def demo(environment, *arguments):
    """A command on the demo, to its end."""
    told = subprocess.run(
        [*DEMO, *arguments], capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, timeout=SECONDS
    )
    assert "Traceback" not in told.stderr
    return told


def simulators(tmp_path):
    """The process ids of the simulators that work in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if "fluxtui.simulator" in command and str(tmp_path) in command:
            found.append(int(process.name))
    return found


def until(condition, what, seconds=SECONDS):
    """Waits until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)


def nothing_is_left(tmp_path):
    return not simulators(tmp_path) and not list(tmp_path.glob("fluxtui-demo-*"))


class Terminal:
    """The program on a terminal of 120×40."""

    def __init__(self, environment, *arguments):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = subprocess.Popen(
            [*DEMO, *arguments], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.seen = b""

    def see(self, text, seconds=SECONDS):
        """Waits until a text has been painted."""
        deadline = time.monotonic() + seconds
        while text.encode() not in self.seen:
            if time.monotonic() > deadline:
                pytest.fail(f"{text!r} was not painted within {seconds:.0f} s: {self.seen[-2000:]!r}")
            self._read(0.1)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def end(self, seconds=SECONDS):
        """Reads on until the program has ended; its exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read(0.1)
        self._read(0.1)
        return self.process.wait(1)

    def _read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:
                time.sleep(0.02)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(environment):
    """Opens the demo on a terminal; whatever is open at the end is closed."""
    opened = []

    def open_demo(*arguments):
        opened.append(Terminal(environment, *arguments))
        return opened[-1]

    yield open_demo
    for each in opened:
        each.close()


# -- commands


def test_triage_names_the_cause_its_cluster_and_who_waits(environment, tmp_path):
    told = demo(environment, "triage", "-o", "json")
    assert told.returncode == 1
    tree = json.loads(told.stdout)
    worst = tree["problems"][0]
    assert (worst["title"], worst["clusters"]) == ("HelmRelease cert-manager/cert-manager", ["prod-eu-1"])
    assert len(worst["blocked"]) > 20
    assert {"frontend", "backend"} <= set(worst["tenants"])
    assert {each["name"] for each in tree["clusters"]} == set(CLUSTERS)
    assert not tree["complete"], "a cluster of the incident cannot be reached"
    assert nothing_is_left(tmp_path)


def test_health_tells_each_kind_of_control_plane_and_why_counts_differ(environment):
    told = demo(environment, "health", "-o", "json")
    assert told.returncode == 1
    tree = json.loads(told.stdout)
    planes = {each["cluster"]: each for each in tree["clusters"]}
    assert set(planes) == set(CLUSTERS) and not tree["complete"]
    assert (planes["legacy-1"]["source"], planes["legacy-1"]["operator"]) == ("computed", "")
    assert planes["legacy-1"]["flux"] and planes["legacy-1"]["kubernetes"], "told by Deployments and the API server"
    assert planes["staging-1"]["report"]["stale"]
    assert [each["what"] for each in planes["staging-1"]["findings"] if each["weight"] != "note"] == ["report off"]
    counts = {each["kind"]: each for each in planes["staging-1"]["counts"]}
    assert "since (the report is" in " ".join(counts["OCIRepository"]["why"])
    assert planes["prod-us-1"]["state"] == "unreachable" and planes["prod-us-1"]["report"] is None
    assert {odd["cluster"] for skew in tree["skews"] if skew["what"] == "Flux" for odd in skew["odd"]} >= {"update-1"}


def test_health_of_a_calm_fleet_is_healthy_and_its_markdown_has_a_row_for_each(environment):
    told = demo(environment, "--scenario", "calm", "health", "-o", "markdown")
    assert (told.returncode, told.stderr) == (0, "")
    for cluster in CLUSTERS:
        assert f"| ● | `{cluster}` |" in told.stdout


def test_markdown_for_an_issue(environment):
    told = demo(environment, "triage", "-o", "markdown", "cert-manager")
    assert told.returncode == 1
    assert told.stdout.startswith("**Flux fleet** at ")
    assert "#### ✖ `HelmRelease cert-manager/cert-manager`" in told.stdout
    assert re.search(r"^- changed before: `chart .*1\.19\.0.* → .*1\.20\.0.*`$", told.stdout, re.MULTILINE)


def test_lists_of_all_clusters_and_options_of_the_demo(environment):
    told = demo(environment, "--scenario", "calm", "--clusters", "2", "--objects", "50", "get", "ks", "-o", "json")
    tree = json.loads(told.stdout)
    assert tree["shown"] == tree["total"] > 50
    assert len(tree["clusters"]) == 2
    assert len({item["cluster"] for item in tree["items"]}) == 2


def test_a_scenario_that_cannot_be_used_is_told_with_its_file(environment, tmp_path):
    scenario = tmp_path / "mine.yaml"
    scenario.write_text("timeline:\n- {do: explode}\n")
    told = demo(environment, "--scenario", str(scenario), "triage")
    assert told.returncode == 2
    assert "the simulated fleet did not start" in told.stderr
    assert str(scenario) in told.stderr
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_prints_a_kubeconfig_that_works_until_it_is_stopped(environment, tmp_path, number):
    serving = subprocess.Popen(
        [*DEMO, "--scenario", "calm", "--serve"], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        path = serving.stdout.readline().strip()
        assert Path(path).stat().st_mode & 0o777 == 0o600
        assert Path(path).parent.stat().st_mode & 0o777 == 0o700
        command = [sys.executable, "-m", "fluxtui", "get", "ks", "--context", "*", "-o", "json", "--kubeconfig", path]
        told = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=SECONDS)
        assert told.returncode == 0
        assert json.loads(told.stdout)["total"] > 20
        serving.send_signal(number)
        assert serving.wait(SECONDS) == 0
    finally:
        serving.kill()
        serving.wait()
        serving.stdout.close()
    assert nothing_is_left(tmp_path)


def test_ctrl_c_while_the_fleet_comes_up_ends_both(environment, tmp_path):
    command = [*DEMO, "--objects", "20000", "triage"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    until(lambda: simulators(tmp_path), "the simulator starts")
    assert not list(tmp_path.glob("fluxtui-demo-*/kubeconfig"))
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, errors.strip()) == (130, b"", b"")
    until(lambda: nothing_is_left(tmp_path), "the simulator ends, even one that was just being started")


# -- the screen


def test_the_screen_opens_on_the_demo_and_leaves_nothing_behind(terminal, tmp_path):
    screen = terminal("--read-only")
    screen.see("READ-ONLY")
    screen.see("DEMO")
    screen.see("cert-manager")
    assert len(simulators(tmp_path)) == 1
    screen.press("q")
    assert screen.end() == 0
    assert nothing_is_left(tmp_path)
    assert b"\x1b[?1049l" in screen.seen, "the terminal is as it was"


def test_a_command_runs_at_the_start(terminal):
    screen = terminal("--scenario", "calm", "-c", "hr")
    screen.see("HelmReleases")
    screen.see("cert-manager")


def test_the_namespace_narrows_the_screen(terminal):
    screen = terminal("--scenario", "calm", "-n", "frontend", "-c", "ks")
    screen.see("ns frontend")


def test_leaving_before_the_fleet_is_up_does_not_wait_for_it(terminal, tmp_path):
    screen = terminal("--objects", "20000")
    screen.see("Triage")
    assert list(tmp_path.glob("fluxtui-demo-*"))
    assert not list(tmp_path.glob("fluxtui-demo-*/kubeconfig")), "painted before the fleet was up"
    screen.press("q")
    assert screen.end() == 0
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_closes_the_screen_as_the_key_does(terminal, tmp_path, number):
    screen = terminal()
    screen.see("cert-manager")
    screen.process.send_signal(number)
    assert screen.end() == 128 + number
    assert b"\x1b[?1049l" in screen.seen
    assert nothing_is_left(tmp_path)


def test_the_fleet_does_not_outlive_a_program_that_is_killed(terminal, tmp_path):
    screen = terminal()
    screen.see("cert-manager")
    assert simulators(tmp_path)
    screen.process.kill()
    until(lambda: not simulators(tmp_path), "the simulator ends")


def test_a_fleet_that_cannot_start_is_told_on_the_screen(terminal, tmp_path):
    scenario = tmp_path / "mine.yaml"
    scenario.write_text("timeline:\n- {do: explode}\n")
    screen = terminal("--scenario", str(scenario))
    screen.see("the simulated fleet did not start")
    screen.press("q")
    assert screen.end() == 0


def test_a_kind_that_no_cluster_serves_is_told_on_the_screen(terminal):
    screen = terminal("-c", "nonsense")
    screen.see("'nonsense' is neither a command nor a kind")
    screen.press("\x03")  # the word stands on the command line still, to be mended
    assert screen.end() == 0


def test_what_is_wrong_with_the_options_of_the_screen_is_told_before_it_opens(terminal, environment, tmp_path):
    for arguments, words in (
        (("--theme", "neon"), "there is no theme 'neon'; ours are fluxtui-dark"),
        (("-c", "changes since yore"), "-c: 'yore' is no window of time: try 30m, 2h or 1d"),
    ):
        screen = terminal(*arguments)
        assert screen.end() == 2
        assert words.encode() in screen.seen
        assert b"\x1b[?1049h" not in screen.seen
    themes = tmp_path / ".config" / "fluxtui" / "themes"
    themes.mkdir(parents=True)
    (themes / "neon.yaml").write_text("name: neon\nprimary: nothing\n")
    screen = terminal("--theme", "neon")
    assert screen.end() == 2
    assert b"neon.yaml:2: primary: 'nothing' is not a colour" in screen.seen.replace(b"\r\n", b"")
    (themes / "neon.yaml").write_text('name: neon\nprimary: "#ff00ff"\n')
    screen = terminal("--theme", "neon")
    screen.see("DEMO")
