"""The whole program in a real terminal: it starts, listens, follows a resize, and leaves the terminal as it was."""

import subprocess

import pytest


def simulators(folder):
    """The simulators that a test has started: other tests have theirs in other folders."""
    command = ["pgrep", "-f", f"fluxtui.simulator .*{folder}/fluxtui-demo"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def blast_radius(lines):
    """What the list says waits behind the selected cause, if the evidence says the same; else 0."""
    selected = next((words[1] for line in lines if line.startswith("▌") and len(words := line.split()) > 2), "")
    agreed = selected.isdigit() and any(f"waits behind    {selected} objects" in line for line in lines)
    return int(selected) if agreed else 0


def test_the_demo_names_the_cause_with_its_blast_radius_at_80_by_24(terminal, demo):
    term = terminal()
    term.run(demo)
    term.shows("HelmRelease cert-manager/cert-manager", "prod-eu-1", "UpgradeFailed", "waits behind", "objects")
    term.until(lambda: blast_radius(term.lines()) >= 30)
    assert all(len(line) <= 80 for line in term.lines())


def test_keys_move_open_and_come_back(terminal, demo):
    term = terminal()
    term.run(demo)
    term.shows("cert-manager/cert-manager", "backend/apps")
    term.press("Down")
    term.until(lambda: any(line.startswith("▌") and "backend/apps" in line for line in term.lines()))
    term.press("Enter")
    term.shows("OCIRepository backend/apps", "Conditions")
    term.press("y")
    term.shows("apiVersion: source.toolkit.fluxcd.io/v1", "kind: OCIRepository")
    term.press("Escape")
    term.shows("root causes explain")
    term.type(":hr")
    term.press("Enter")
    term.shows("HelmReleases")
    term.type("/ns:backend")
    term.press("Enter")
    term.until(lambda: "ns:backend" in term.screen() and " of " in term.lines()[1])


def test_a_resize_is_followed(terminal, demo):
    term = terminal()
    term.run(demo)
    term.shows("cert-manager/cert-manager", "UpgradeFailed")
    assert "TENANTS" not in term.screen()
    term.resize(160, 48)
    term.until(lambda: "TENANTS" in term.screen() and len(term.lines()) == 48)
    term.resize(60, 15)
    term.until(lambda: len(term.lines()) <= 15 and "cert-manager" in term.screen())
    assert all(len(line) <= 60 for line in term.lines())


def test_q_leaves_the_terminal_as_it_was_and_nothing_running(terminal, demo, tmp_path):
    term = terminal()
    term.run(demo)
    term.shows("cert-manager/cert-manager")
    assert term.told("alternate_on") == "1"
    assert simulators(tmp_path)
    term.press("q")
    term.back_in_the_shell()
    term.until(lambda: not simulators(tmp_path) and not list(tmp_path.glob("fluxtui-*")))


def test_quitting_is_no_failure(terminal, demo):
    term = terminal()
    term.run(demo)
    term.shows("cert-manager/cert-manager")
    term.press("q")
    term.until(lambda: term.told("alternate_on") == "0")
    assert term.status() == "0"


@pytest.mark.parametrize("signal", ["TERM", "HUP"])
def test_a_signal_leaves_the_terminal_usable(terminal, demo, signal, tmp_path):
    term = terminal()
    term.run(demo)
    term.shows("cert-manager/cert-manager")
    pane = term.told("pane_pid")
    program = subprocess.run(["pgrep", "-P", pane], capture_output=True, text=True, check=True).stdout.split()[0]
    subprocess.run(["kill", f"-{signal}", program], check=True)
    term.back_in_the_shell()
    term.until(lambda: not simulators(tmp_path) and not list(tmp_path.glob("fluxtui-*")))


def test_ctrl_z_goes_to_the_shell_and_fg_comes_back(terminal, demo):
    term = terminal()
    term.run(demo)
    term.shows("cert-manager/cert-manager")
    term.press("C-z")
    term.until(lambda: term.told("alternate_on") == "0" and "shell>" in term.screen())
    term.run("fg")
    term.shows("root causes explain", "cert-manager/cert-manager")
    term.press("q")
    term.back_in_the_shell()


@pytest.mark.parametrize("kind", ["xterm-256color", "screen-256color", "tmux-256color", "screen"])
def test_terminals_that_people_have(terminal, demo, kind):
    term = terminal(TERM=kind)
    term.run(f"TERM={kind}", demo)
    term.shows("HelmRelease cert-manager/cert-manager", "prod-eu-1")
    term.press("q")
    term.back_in_the_shell()


@pytest.mark.parametrize("wish", ["LC_ALL=C", "LANG=C", "LANG=POSIX", "TERM=linux", "FLUXTUI_ASCII=1"])
def test_without_unicode_it_draws_ascii(terminal, demo, wish):
    term = terminal()
    term.run(wish, demo)
    term.shows("x HelmRelease cert-manager/cert-manager", "= Kustomization platform/umbrella")
    assert term.screen().isascii()


def test_keys_that_come_all_at_once_are_obeyed_in_their_order(terminal, demo):
    term = terminal()
    term.run(demo)
    term.shows("cert-manager/cert-manager")
    term.type(":ks\r/cluster:staging-1\rNjj")
    term.shows("Kustomizations")
    term.shows("filter cluster:staging", "NAME▲")
    term.until(lambda: [line.startswith("▌") for line in term.lines()].index(True) == 5)


def test_the_name_is_copied_through_the_terminal(terminal, demo):
    term = terminal()
    term.tmux("set-option", "-s", "set-clipboard", "on")
    term.run(demo)
    term.shows("cert-manager/cert-manager", "waits behind")
    term.press("c")
    term.until(lambda: term.tmux("show-buffer") == "cert-manager/cert-manager")


def test_without_colour_every_status_is_a_glyph_and_a_word(terminal, demo):
    term = terminal()
    term.run("NO_COLOR=1", demo, "--scenario", "incident")
    term.shows("✖ HelmRelease", "‖ Kustomization")
    coloured = term.tmux("capture-pane", "-t", "t", "-p", "-e")
    assert "\x1b[38;2;" not in coloured
    assert "\x1b[38;5;" not in coloured


def test_the_badge_of_read_only_is_always_there(terminal, demo):
    term = terminal()
    term.run(f"FLUXTUI_READ_ONLY=1 {demo}")
    term.shows("READ-ONLY", "cert-manager/cert-manager")
    term.press("4")
    term.shows("Kustomizations", "READ-ONLY")
