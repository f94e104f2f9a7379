"""Contexts: what kubectl would make of the same files, and words for what cannot work."""

import base64
import os
import time
from pathlib import Path

import pytest

from fluxtui.kube.contexts import IN_CLUSTER, Context, Kubeconfig, NoContext, load, select

PEM = base64.b64encode(b"-----BEGIN CERTIFICATE-----\n").decode()


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def config(
    name: str, *, server: str = "https://example.com:6443", cluster: str = "", user: str = "", current: str = ""
) -> str:
    return f"""
apiVersion: v1
kind: Config
current-context: "{current}"
clusters: [{{name: {name}, cluster: {{server: "{server}", {cluster}}}}}]
users: [{{name: {name}, user: {{{user}}}}}]
contexts: [{{name: {name}, context: {{cluster: {name}, user: {name}, namespace: apps}}}}]
"""


def read(path: Path, text: str) -> Context:
    loaded = load(str(write(path, text)))
    assert not loaded.errors
    (context,) = loaded.contexts
    return context


# --- where files come from


def test_the_flag_is_the_only_file(tmp_path: Path) -> None:
    flag = write(tmp_path / "flag", config("flag"))
    other = write(tmp_path / "other", config("other"))
    loaded = load(str(flag), {"KUBECONFIG": str(other)}, tmp_path)
    assert [context.name for context in loaded.contexts] == ["flag"]


def test_a_flag_that_names_no_file_is_an_error(tmp_path: Path) -> None:
    loaded = load(str(tmp_path / "none"), {}, tmp_path)
    assert [str(error) for error in loaded.errors] == [f"{tmp_path}/none: No such file or directory"]


def test_files_of_the_environment_are_merged_first_wins(tmp_path: Path) -> None:
    one = write(tmp_path / "1", config("same", server="https://one"))
    two = write(tmp_path / "2", config("same", server="https://two", current="same"))
    three = write(tmp_path / "3", config("c", current="c"))
    path = os.pathsep.join([str(one), str(tmp_path / "missing"), str(two), str(three)])
    loaded = load(None, {"KUBECONFIG": path}, tmp_path)
    assert [(c.name, c.server) for c in loaded.contexts] == [("same", "https://one"), ("c", "https://example.com:6443")]
    assert loaded.current == "same", "the first that is not empty"
    assert not loaded.errors, "files of KUBECONFIG need not exist"


def test_a_context_of_one_file_may_use_a_cluster_of_another(tmp_path: Path) -> None:
    one = write(tmp_path / "1", "contexts: [{name: x, context: {cluster: far, user: far}}]")
    two = write(tmp_path / "2", config("far"))
    loaded = load(None, {"KUBECONFIG": f"{one}{os.pathsep}{two}"}, tmp_path)
    context = loaded.context("x")
    assert context is not None
    assert (context.problem, context.server, context.origin) == (None, "https://example.com:6443", str(one))


def test_home_is_the_default(tmp_path: Path) -> None:
    write(tmp_path / ".kube" / "config", config("home"))
    assert [context.name for context in load(None, {}, tmp_path).contexts] == ["home"]


def test_the_pods_own_account_comes_last(tmp_path: Path) -> None:
    account = tmp_path / "account"
    write(account / "token", "secret")
    write(account / "namespace", "flux-system\n")
    write(account / "ca.crt", "ca")
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    loaded = load(None, environ, tmp_path, account)
    (context,) = select(loaded)
    assert (context.name, context.server, context.namespace) == (IN_CLUSTER, "https://10.0.0.1:443", "flux-system")
    assert context.identity.token_file == str(account / "token")
    write(tmp_path / ".kube" / "config", config("home"))
    assert load(None, environ, tmp_path, account).context(IN_CLUSTER) is None


def test_relative_paths_are_relative_to_their_own_file(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "ca.pem", "ca")
    write(tmp_path / "deep" / "token", "t")
    context = read(
        tmp_path / "deep" / "config",
        config("x", cluster="certificate-authority: ca.pem", user="tokenFile: token, exec: {command: ./login}"),
    )
    assert context.problem is None
    assert context.endpoint.certificate_authority == str(tmp_path / "deep" / "ca.pem")
    assert context.identity.token_file == str(tmp_path / "deep" / "token")
    assert context.identity.exec is not None
    assert Path(context.identity.exec.command) == tmp_path / "deep" / "login"


# --- what cannot work, in words


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("contexts: [{name: x, context: {cluster: none, user: none}}]", "cluster 'none' is not defined in any file"),
        ("contexts: [{name: x, context: {user: none}}]", "the context names no cluster"),
        ("contexts: [{name: x, context: 3}]", "context: expected object, got int"),
        (config("x").replace("user: x", "user: y"), "user 'y' is not defined in any file"),
        (config("x").replace("user: x, ", ""), "the context names no user"),
        (config("x", server=""), "cluster 'x' has no server"),
        (config("x", server="ftp://y"), "server 'ftp://y' is not an http or https URL"),
        (config("x", server="https://[red]prod"), "server 'https://[red]prod' is not an http or https URL"),
        (config("x", server="https://y:port"), "server 'https://y:port' is not an http or https URL"),
        (config("x", server="https://y:99999"), "server 'https://y:99999' is not an http or https URL"),
        (config("x", cluster="proxy-url: 'http://[p'"), "proxy-url 'http://[p' is not an http or https URL"),
        (config("x", cluster="certificate-authority-data: '***'"), "certificate-authority-data is not valid base64"),
        (config("x", cluster="certificate-authority: /nowhere/ca"), "/nowhere/ca does not exist"),
        (config("x", cluster="insecure-skip-tls-verify: 'maybe'"), "insecure-skip-tls-verify: expected bool, got str"),
        (config("x", cluster="proxy-url: socks5://p"), "SOCKS is not supported"),
        (config("x", user=f"client-certificate-data: {PEM}"), "a client certificate needs a client key"),
        (config("x", user="tokenFile: /nowhere/token"), "/nowhere/token does not exist"),
        (config("x", user="exec: {args: [a]}"), "the exec plugin has no command"),
        (config("x", user="auth-provider: {name: gcp}"), "use an exec plugin"),
        (config("x", user="token: 42"), "user 'x' token: expected str, got int"),
    ],
)
def test_a_broken_context_keeps_its_name_and_says_why(tmp_path: Path, text: str, problem: str) -> None:
    context = read(tmp_path / "config", text)
    assert context.name == "x"
    assert problem in (context.problem or "no problem")


def test_a_good_context_has_no_problem(tmp_path: Path) -> None:
    context = read(tmp_path / "config", config("x", user=f"client-certificate-data: {PEM}, client-key-data: {PEM}"))
    assert (context.problem, context.namespace, context.user) == (None, "apps", "x")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("contexts:\n- name: a\n  context: {cluster: [\n", ":4: not valid YAML"),
        ("a: 1\n\tb: 2\n", ":2: not valid YAML"),
        ("- just\n- a list\n", ":1: not a kubeconfig"),
        ("kind: Config\nclusters: {a: 1}\n", ":2: clusters: a list is expected"),
        ("contexts: [{context: {}}]", ": contexts[0]: an entry with a name is expected"),
        ("a: !!python/object/apply:os.system ['true']", "not valid YAML"),
        ("\x00\x01", "not valid YAML"),
    ],
)
def test_a_broken_file_is_named_with_its_line_and_others_still_count(tmp_path: Path, text: str, error: str) -> None:
    broken = write(tmp_path / "broken", text)
    good = write(tmp_path / "good", config("good"))
    loaded = load(None, {"KUBECONFIG": f"{broken}{os.pathsep}{good}"}, tmp_path)
    assert [context.name for context in loaded.contexts] == ["good"]
    assert str(loaded.errors[0]).startswith(str(broken))
    assert error in str(loaded.errors[0])


def test_a_file_that_is_no_kubeconfig_by_size_is_not_read(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    assert "larger than" in str(load(str(large)).errors[0])


# --- which are meant


def of(*names: str, current: str = "") -> Kubeconfig:
    return Kubeconfig(tuple(Context(name=name) for name in names), current)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["prod-*"], ["prod-eu", "prod-us"]),
        (["staging", "prod-us"], ["prod-us", "staging"]),
        (["*"], ["prod-eu", "prod-us", "staging"]),
        (["prod-eu", "prod-*"], ["prod-eu", "prod-us"]),
        ([], ["staging"]),
    ],
)
def test_contexts_are_selected_by_name_and_glob(patterns: list[str], expected: list[str]) -> None:
    kubeconfig = of("prod-eu", "prod-us", "staging", current="staging")
    assert [context.name for context in select(kubeconfig, patterns)] == expected


def test_a_name_with_glob_characters_is_first_of_all_a_name() -> None:
    assert [context.name for context in select(of("a[1]", "a1"), ["a[1]"])] == ["a[1]"]


def test_a_pattern_without_a_match_offers_what_is_close() -> None:
    with pytest.raises(NoContext, match=r"no context matches 'prd-eu': prod-eu"):
        select(of("prod-eu", "staging"), ["prd-eu"])


def test_without_a_current_context_the_only_one_is_meant_and_several_are_offered() -> None:
    assert [context.name for context in select(of("only"))] == ["only"]
    with pytest.raises(NoContext, match="pass --context with a, b"):
        select(of("a", "b"))


def test_a_current_context_that_is_not_defined_is_a_row_with_its_reason() -> None:
    (context,) = select(of("a", "b", current="gone"))
    assert context.name == "gone"
    assert context.problem == "current-context names a context that no file defines"


def test_500_contexts_in_half_a_second(tmp_path: Path) -> None:
    data = base64.b64encode(os.urandom(1100)).decode()
    clusters = [
        f"- name: k{i}\n  cluster: {{server: 'https://{i}', certificate-authority-data: {data}}}" for i in range(500)
    ]
    users = [f"- name: u{i}\n  user: {{client-certificate-data: {data}, client-key-data: {data}}}" for i in range(500)]
    contexts = [f"- name: c{i}\n  context: {{cluster: k{i}, user: u{i}}}" for i in range(500)]
    lines = ["clusters:", *clusters, "users:", *users, "contexts:", *contexts]
    path = write(tmp_path / "config", "\n".join(lines))
    began = time.process_time()
    loaded = load(str(path))
    assert time.process_time() - began < 0.5
    assert len(loaded.contexts) == 500
    assert {context.problem for context in loaded.contexts} == {None}
