"""The command line itself: usage, exit codes, errors that say what to do, logging, completion."""

import json
import logging
import os
import shutil
import subprocess
import sys

import pytest

import fluxtui
from fluxtui.cli import demo, logs, outcome
from fluxtui.cli.get import wanted
from fluxtui.cli.program import COMMANDS, program, run
from fluxtui.cli.settings import Settings
from fluxtui.simulator.scenario import BUILT_IN

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: prod-1
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
contexts:
- {name: prod-1, context: {cluster: c, user: u}}
- {name: prod-2, context: {cluster: c, user: u, namespace: apps}}
- {name: test-1, context: {cluster: c, user: nobody}}
"""


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """No configuration of the machine's owner is read."""
    for name, folder in (("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.delenv("FLUXTUI_CONFIG", raising=False)


@pytest.fixture
def kubeconfig(tmp_path):
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    return path


@pytest.fixture
def clean_logging():
    """Logging as it was, afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def process(*arguments, **environment):
    """The program in a process of its own, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "fluxtui", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
    )


# -- usage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trage"], "did you mean 'triage'?"),
        (["x"], "there are demo, open, triage, health, get, tree, "),
        (["--nope"], "--nope"),
        (["get"], "KIND"),
        (["get", "kustomisation"], "'kustomisation' is no kind that is watched: try kustomization"),
        (["get", ","], "KIND is empty"),
        (["get", "ks", "-o", "xml"], "'xml' is not one of"),
        (["get", "ks", "name:a", "colour:x"], "FILTER 'name:a colour:x', at character 8: there is no field 'colour'"),
        (["triage", "status:broken"], "there is no status 'broken'"),
        (["triage", "--timeout", "soon"], "'soon' is no duration"),
        (["triage", "--timeout", "0s"], "'0s' is no duration"),
        (["triage", "--timeout", "3d"], "'3d' is no duration"),
        (["-c", "ks", "triage"], "-c/--command is for the screen"),
        (["--theme", "x", "get", "ks"], "--theme is for the screen"),
        (["--as-group", "g", "triage"], "--as-group needs --as"),
        (["demo", "--kubeconfig", "x"], "the demo has its own"),
        (["demo", "--serve", "triage"], "'triage' cannot run with it"),
        (["demo", "--scenario", "boring"], "neither calm, incident, storm, enforce, engine-down nor a file"),
        (["demo", "--clusters", "0"], "0 is not in the range"),
        (["completion", "csh"], "'csh' is not one of"),
        (["tree", "--longest", "--reverse"], "--reverse and --longest are different questions"),
        (["tree", "--reverse", "--view", "sources"], "--view sources is for the tree itself, not for --reverse"),
        (["tree", "--what-if", "failed"], "--what-if failed needs an OBJECT: what should be failed?"),
        (["tree", "--what-if", "ready", "ks/a/b"], "'ready' is not one of"),
        (["tree", "ks/a/b", "--layers"], "--layers is about whole clusters: leave 'ks/a/b' out"),
        (["tree", "--compare", "prod-1", "-o", "dot"], "-o dot draws a tree: --compare prints table, json"),
        (["tree", "--view", "everything"], "'everything' is not one of"),
        (["tree", "-o", "wide"], "'wide' is not one of"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(arguments, words, capsys):
    assert run(arguments) == outcome.FAILURE
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""


@pytest.mark.parametrize("command", ["triage", "get ks", "info"])
def test_what_is_wrong_with_files_is_told_with_their_names(command, tmp_path, capsys):
    missing = tmp_path / "nowhere"
    broken = tmp_path / "broken.yaml"
    broken.write_text("theme: fluxtui-dark\n\nread_only: perhaps\n")
    words = command.split()
    assert run(["--config", str(missing), *words]) == 2
    assert f"{missing}: there is no such configuration file" in capsys.readouterr().err
    assert run(["--config", str(broken), *words]) == 2
    assert f"{broken}:3: Expected `bool`, got `str` (at read_only)" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["triage"], ["get", "ks"]])
def test_a_kubeconfig_that_cannot_be_used_exits_with_2(command, tmp_path, capsys):
    broken = tmp_path / "kubeconfig"
    broken.write_text("clusters: [\n")
    assert run(["--kubeconfig", str(broken), *command]) == 2
    assert f"{broken}:2: not valid YAML" in capsys.readouterr().err


def test_no_context_of_that_name_says_which_there_are(kubeconfig, capsys):
    assert run(["triage", "--kubeconfig", str(kubeconfig), "--context", "prod1"]) == 2
    assert "no context matches 'prod1': prod-1" in capsys.readouterr().err


def test_a_watch_of_the_configuration_that_matches_nothing_says_where_it_is(kubeconfig, tmp_path, capsys):
    config = tmp_path / "config.yaml"
    config.write_text("watch: ['stage-*']\n")
    assert run(["get", "ks", "--config", str(config), "--kubeconfig", str(kubeconfig)]) == 2
    told = capsys.readouterr().err
    assert "'watch' in the configuration: no context matches 'stage-*': there are prod-1, prod-2" in told


def test_what_watch_names_and_is_not_there_is_told_and_the_rest_is_watched(kubeconfig, tmp_path, capsys):
    config = tmp_path / "config.yaml"
    config.write_text("watch: ['stage-*', 'prod-*', 'qa']\n")
    options = ["--config", str(config), "--kubeconfig", str(kubeconfig), "--timeout", "1s"]
    assert run(["get", "ks", *options]) == 3
    told = capsys.readouterr().err
    assert "Warning: watch: 'stage-*', 'qa' match no context" in told
    found = Settings(kubeconfig=str(kubeconfig), config_file=str(config))
    chosen = found.find(found.config())
    assert [context.name for context in chosen.watched] == ["prod-1", "prod-2"]
    assert chosen.warnings == ("watch: 'stage-*', 'qa' match no context",)
    assert run(["get", "ks", *options, "--context", "prod-1"]) == 3
    assert "watch:" not in capsys.readouterr().err, "what is asked for by name has nothing to do with it"


def test_without_a_terminal_the_screen_names_the_commands_for_scripts():
    told = process()
    assert told.returncode == 2
    assert "needs a terminal" in told.stderr
    assert "fluxtui triage -o json" in told.stderr


def test_python_m_is_the_same_program():
    told = process("--version")
    assert (told.returncode, told.stdout, told.stderr) == (0, f"fluxtui {fluxtui.__version__}\n", "")


@pytest.mark.parametrize("name", [*COMMANDS])
def test_every_command_has_help_that_fits_a_terminal(name, capsys):
    assert run([name, "--help"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Usage: fluxtui {name}")
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize("name", ["triage", "get", "tree"])
def test_the_help_documents_the_exit_codes(name, capsys):
    assert run([name, "--help"]) == 0
    told = capsys.readouterr().out
    for code in (outcome.HEALTHY, outcome.PROBLEMS, outcome.FAILURE, outcome.INCOMPLETE):
        assert f"\n    {code}  " in told


def test_problems_outweigh_what_is_not_known():
    assert outcome.code(problems=False, complete=True) == 0
    assert outcome.code(problems=True, complete=True) == 1
    assert outcome.code(problems=True, complete=False) == 1
    assert outcome.code(problems=False, complete=False) == 3


def test_a_defect_of_ours_is_neither_a_traceback_nor_a_health(monkeypatch, capsys):
    def broken(*arguments, **more):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(program, "main", broken)
    assert run([]) == 2
    told = capsys.readouterr().err
    assert "defect in fluxtui: ZeroDivisionError: by zero" in told
    assert "Traceback" not in told


def test_ctrl_c_ends_without_words(monkeypatch, capsys):
    def interrupted(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "main", interrupted)
    assert run([]) == 130
    assert capsys.readouterr().err == ""


# -- options


def info(capsys, *arguments):
    """What `info` says of contexts that are asked for no longer than a second."""
    run([*arguments[:-1], "info", "--timeout", "1s", "-o", "json", *arguments[-1]])
    return json.loads(capsys.readouterr().out)


def test_options_may_stand_before_or_after_the_command_and_the_later_one_counts(kubeconfig, tmp_path, capsys):
    before = info(capsys, "--kubeconfig", str(kubeconfig), "--context", "prod-*", [])
    assert [each["context"] for each in before["contexts"]] == ["prod-1", "prod-2"]
    after = info(capsys, ["--kubeconfig", str(kubeconfig), "--context", "prod-2"])
    assert [each["context"] for each in after["contexts"]] == ["prod-2"]
    both = info(
        capsys, "--kubeconfig", "/nonexistent", "--context", "x", ["--kubeconfig", str(kubeconfig), "--context", "*1"]
    )
    assert [each["context"] for each in both["contexts"]] == ["prod-1", "test-1"]


def test_info_asks_every_context_and_marks_those_that_are_watched(kubeconfig, tmp_path, capsys):
    told = info(capsys, "--kubeconfig", str(kubeconfig), [])
    watched = {each["context"]: each["watched"] for each in told["contexts"]}
    assert watched == {"prod-1": True, "prod-2": False, "test-1": False}
    problems = {each["context"]: each["problem"] for each in told["contexts"]}
    assert "connection refused" in problems["prod-1"]
    assert problems["test-1"] == "user 'nobody' is not defined in any file"
    config = tmp_path / "config.yaml"
    config.write_text("watch: ['*-2']\n")
    told = info(capsys, "--config", str(config), "--kubeconfig", str(kubeconfig), [])
    assert [each["context"] for each in told["contexts"] if each["watched"]] == ["prod-2"]
    assert told["config"] == {"path": str(config), "exists": True, "problem": ""}


@pytest.mark.parametrize(("value", "read_only"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_read_only_by_the_environment(value, read_only, kubeconfig, monkeypatch, capsys):
    monkeypatch.setenv("FLUXTUI_READ_ONLY", value)
    assert info(capsys, "--kubeconfig", str(kubeconfig), [])["readOnly"] is read_only


def test_an_environment_that_cannot_be_understood_is_not_taken_for_permission_to_write(monkeypatch, capsys):
    monkeypatch.setenv("FLUXTUI_READ_ONLY", "perhaps")
    assert run(["info"]) == 2
    assert "'perhaps' is not a valid boolean" in capsys.readouterr().err


def test_read_only_by_option_or_configuration(kubeconfig, tmp_path, capsys):
    assert info(capsys, "--read-only", "--kubeconfig", str(kubeconfig), [])["readOnly"]
    config = tmp_path / "config.yaml"
    config.write_text("read_only: true\n")
    assert info(capsys, "--kubeconfig", str(kubeconfig), ["--config", str(config)])["readOnly"]


def test_kinds_by_any_of_their_names_each_once():
    assert [kind.name for kind in wanted("ks, HelmRelease,kustomizations,oci")] == [
        "Kustomization",
        "HelmRelease",
        "OCIRepository",
    ]
    every = {kind.name for kind in wanted("all")}
    assert {"Kustomization", "ResourceSet", "Provider"} <= every
    assert "Namespace" not in every


def test_the_demo_offers_the_scenarios_that_there_are():
    assert demo.SCENARIOS == BUILT_IN


# -- logging


def test_nothing_is_logged_anywhere_without_a_file(kubeconfig):
    told = process("info", "--kubeconfig", str(kubeconfig), "--timeout", "1s", "-o", "json")
    assert told.returncode == 3
    assert told.stderr == ""
    json.loads(told.stdout)


def test_the_log_is_for_its_owner_alone_and_has_times_in_utc(tmp_path, clean_logging):
    path = tmp_path / "log"
    logs.start_logging(str(path))
    logging.getLogger("fluxtui.test").info("connected to %s", "prod-1")
    logging.getLogger("aiohttp.client").info("a request")
    line = path.read_text()
    assert line.endswith("Z INFO fluxtui.test: connected to prod-1\n")
    assert "a request" not in line
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_written_is_a_usage_error(tmp_path, capsys):
    assert run(["triage", "--log-file", str(tmp_path / "no" / "log")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "secret", "kept"),
    [
        ("sent Authorization: Bearer abcdef0123456789.x-y_z", "abcdef0123456789", "sent Authorization"),
        ("header ('Authorization', 'Basic dXNlcjpwYXNzd29yZA==')", "dXNlcjpwYXNzd29yZA", "header"),
        ('{"token": "s3cr3t-value", "user": "anna"}', "s3cr3t-value", "anna"),
        ("password=hunter2222 for anna", "hunter2222", "for anna"),
        ("cloning https://anna:hunter2@git.example/x", "hunter2", "git.example/x"),
        ("client-key-data: LS0tLS1CRUdJTg== in c", "LS0tLS1CRUdJTg", "in c"),
        ("got eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJl.c2lnbmF0dXJl from it", "eyJpc3MiOiJrdWJl", "from it"),
    ],
)
def test_no_credential_is_logged(text, secret, kept):
    told = logs.redacted(text)
    assert secret not in told
    assert kept in told
    assert "[redacted]" in told


def test_ordinary_words_are_not_redacted():
    text = "prod-1: the token file /var/run/token was read again; basic checks passed for HelmRelease/apps/podinfo"
    assert logs.redacted(text) == text


# -- completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed_without_running_a_shell(shell, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert run(["completion", shell]) == 0
    told = capsys.readouterr().out
    assert "_FLUXTUI_COMPLETE" in told
    assert shell in told


def completions(line):
    """What bash is offered at the end of a line."""
    words = line.split(" ")
    told = process(_FLUXTUI_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
    return {entry.partition(",")[2] for entry in told.stdout.splitlines()}


COMPLETING = {
    "bash": 'eval "$(fluxtui completion bash)"; COMP_WORDS=(fluxtui "$1"); COMP_CWORD=1;'
    ' "$(complete -p fluxtui | sed "s/.*-F //; s/ .*//")" fluxtui "$1" fluxtui; printf "%s\\n" "${COMPREPLY[@]}"',
    "zsh": "autoload -Uz compinit && compinit -u -D; compadd() { printf '%s\\n' \"$@\" };"
    ' _describe() { printf "%s\\n" "${(@P)3}" }; eval "$(fluxtui completion zsh)"; words=(fluxtui "$1"); CURRENT=2;'
    " _fluxtui_completion",
    "fish": 'fluxtui completion fish | source; complete --do-complete "fluxtui $argv[1]"',
}
"""By shell: a program that evaluates our script and prints what is offered for the first word."""


@pytest.mark.parametrize("shell", COMPLETING)
@pytest.mark.parametrize(("begun", "offered"), [("tri", "triage"), ("comp", "completion")])
def test_a_shell_that_evaluates_the_script_completes_a_command(shell, begun, offered, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    program = tmp_path / "fluxtui"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fluxtui "$@"\n')
    program.chmod(0o755)
    environ = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    command = [shell, "-c", COMPLETING[shell], *([shell] if shell != "fish" else []), begun]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False, timeout=60)
    words = {line.partition(":")[0].partition("\t")[0] for line in done.stdout.splitlines()}
    assert words == {offered}, done.stderr


def test_the_shell_is_offered_commands_kinds_contexts_filters_and_themes(kubeconfig):
    assert completions("fluxtui tr") == {"triage", "tree"}
    assert completions("fluxtui tree kust") == {"Kustomization/"}
    assert {"ks", "kustomizations"} <= completions("fluxtui get k")
    assert completions("fluxtui get ks,ocir") == {"ks,ocirepositories"}
    assert completions("fluxtui get ks sta") == {"status:"}
    assert completions("fluxtui triage status:bl") == {"status:blocked"}
    assert completions(f"fluxtui --kubeconfig {kubeconfig} triage --context prod") == {"prod-1", "prod-2"}
    assert completions("fluxtui --theme fluxtui-l") == {"fluxtui-light"}
    assert "triage" in completions("fluxtui -c tri")
