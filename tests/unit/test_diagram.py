"""Pictures for other programs: legal whatever things are called, complete, and the same every time."""

import html
import re
import subprocess
import sys

import msgspec
import pytest

from fluxtui.insight.diagram import DRAWN_BY_GITHUB, diagram, dot, dot_text, mermaid, mermaid_text
from fluxtui.insight.forest import View
from fluxtui.insight.graph import Graph
from fluxtui.insight.whatif import Assumed
from fluxtui.kinds.record import Need
from fluxtui.kinds.status import Status

HOSTILE = (
    'a"b',
    "a]b[c{d}e(f)",
    "a-->b",
    'x"] --> y["z',
    "a\nend\nsubgraph b",
    "%%{init: {}}%%",
    "#quot;",
    "<script>alert(1)</script>",
    "a\\",
    '\\"',
    "\\N \\G",
    "&lt;&amp;",
    "a|b",
    "`md` **bold**",
    "end",
    "click n0 href",
    "💥 ünïcode",
    "\x1b[2J\u202e",
)


def drawn(fleet, view=View.DEPENDENCIES, refs=None, clusters=None):
    graphs = [Graph(data) for data in fleet.store.clusters() if clusters is None or data.name in clusters]
    return diagram(graphs, view, fleet.now, refs)


# -- readers that accept nothing but what the formats allow

_TEXT = r'"((?:[^"#;`%<>\[\]{}|&\\\x00-\x1f]|#\d+;|<br/>)*)"'
_NODE = re.compile(rf"n(\d+)\[{_TEXT}\]:::([a-z]+)")
_LINK = re.compile(rf"n(\d+) (-->|-\.->)\|{_TEXT}\| n(\d+)")
_GROUP = re.compile(rf"subgraph c\d+\[{_TEXT}\]")
_CLASS = re.compile(r"classDef ([a-z]+) fill:#\w{6},stroke:#\w{6},color:#\w{6}(,stroke-dasharray:4)?")


def told(text):
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


def read_mermaid(text):
    """({number: (label lines, class)}, [(from, to, label, dashed)], groups); fails on any other line."""
    nodes, links, groups, classes, depth = {}, [], [], set(), 0
    first, *lines = text.splitlines()
    assert first == "flowchart TD"
    for line in map(str.strip, lines):
        if found := _NODE.fullmatch(line):
            assert found[3] in classes
            nodes[int(found[1])] = ([told(part) for part in found[2].split("<br/>")], found[3])
        elif found := _LINK.fullmatch(line):
            assert int(found[1]) in nodes
            assert int(found[4]) in nodes
            links.append((int(found[1]), int(found[4]), told(found[3]), found[2] == "-.->"))
        elif found := _GROUP.fullmatch(line):
            groups.append(told(found[1]))
            depth += 1
        elif line == "end":
            depth -= 1
        elif found := _CLASS.fullmatch(line):
            classes.add(found[1])
        else:
            assert line.startswith("%% "), line
    assert depth == 0
    return nodes, links, groups


_DOT = re.compile(
    r'"(?P<text>(?:[^"\\\n]|\\["\\n])*)"|(?P<word>\w+)|(?P<arrow>->)|(?P<mark>[\[\]{}=,;])|(?P<blank>\s+)'
)


def read_dot(text):
    """The same of DOT: tokens by the grammar's rules, then statements."""
    tokens, at = [], 0
    while at < len(text):
        found = _DOT.match(text, at)
        assert found is not None, text[at : at + 40]
        at = found.end()
        if found.lastgroup != "blank":
            tokens.append((found.lastgroup, found[found.lastgroup]))
    nodes, links, groups, depth = {}, [], [], 0
    while tokens:
        kind, word = tokens.pop(0)
        if (kind, word) in (("mark", "{"), ("mark", "}")):
            depth += 1 if word == "{" else -1
        elif word == "label" and depth == 2:
            assert tokens.pop(0) == ("mark", "=")
            groups.append(read_label(tokens.pop(0)[1])[0])
        elif kind == "word" and word[0] == "n" and word[1:].isdigit():
            end = None
            if tokens[0][0] == "arrow":
                tokens.pop(0)
                end = int(tokens.pop(0)[1][1:])
            told = attributes(tokens)
            if end is None:
                nodes[int(word[1:])] = (read_label(told["label"]), told["class"])
            else:
                links.append((int(word[1:]), end, read_label(told["label"])[0], "style" in told))
    assert depth == 0
    return nodes, links, groups


def attributes(tokens):
    assert tokens.pop(0) == ("mark", "[")
    found = {}
    while (token := tokens.pop(0)) != ("mark", "]"):
        if token == ("mark", ","):
            continue
        assert tokens.pop(0) == ("mark", "=")
        found[token[1]] = tokens.pop(0)[1]
    return found


def read_label(text):
    parts = re.split(r"(?<!\\)((?:\\\\)*)\\n", text)
    joined = parts if len(parts) == 1 else [parts[0] + parts[1], parts[2]]
    return [html.unescape(re.sub(r'\\(["\\])', r"\1", part)) for part in joined]


# -- hostile names


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ends_a_label_or_begins_a_statement(fleet, name):
    fleet.put("c", "Kustomization", f"a/{name}".replace("</", "< "))
    fleet.put(
        "c", "Kustomization", "a/web", needs=[Need(f"Kustomization/a/{name}".replace("</", "< "), "expression", name)]
    )
    picture = drawn(fleet)
    shown = picture.nodes[0].name
    expected = "".join(f"\\x{ord(c):02x}" if ord(c) < 32 else "\\u202e" if c == "\u202e" else c for c in shown)
    for nodes, links, groups in (read_mermaid(mermaid(picture)), read_dot(dot(picture))):
        assert nodes == {0: (["● Kustomization", f"a/{expected}"], "ready"), 1: (["● Kustomization", "a/web"], "ready")}
        assert links == [(0, 1, "expression", False)]
        assert groups == []


@pytest.mark.parametrize("name", HOSTILE)
def test_neither_does_a_cluster(fleet, name):
    fleet.put(name, "Kustomization", "a/web")
    fleet.put("other", "Kustomization", "a/web")
    expected = "".join(f"\\x{ord(c):02x}" if ord(c) < 32 else "\\u202e" if c == "\u202e" else c for c in name)
    for nodes, _, groups in (read_mermaid(mermaid(drawn(fleet))), read_dot(dot(drawn(fleet)))):
        assert groups == [expected, "other"]
        assert len(nodes) == 2


def test_what_could_mean_something_is_a_code():
    assert mermaid_text('"#;%|<>') == "#34;#35;#59;#37;#124;#60;#62;"
    assert mermaid_text("infra-configs/v1.2 (a, b)") == "infra-configs/v1.2 (a, b)"
    assert dot_text('\\ " &\n') == '\\\\ \\" &amp;\\\\x0a'


# -- content


def test_statuses_are_classes_and_edges_say_what_they_ask_and_why_it_is_not_given(fleet):
    fleet.put("c", "HelmRelease", "a/cert", fleet.failed("InstallFailed"))
    fleet.put("c", "HelmRelease", "a/web", fleet.blocked, needs=["a/cert", "a/gone"])
    fleet.put("c", "ResourceSet", "a/apps", needs=[Need("HelmRelease/a/web", "exists"), Need("Secret/a/key", "ready")])
    picture = drawn(fleet)
    for nodes, links, _ in (read_mermaid(mermaid(picture)), read_dot(dot(picture))):
        names = {place: label[1] for place, (label, _) in nodes.items()}
        assert {names[place]: state for place, (_, state) in nodes.items()} == {
            "a/cert": "failed",
            "a/web": "blocked",
            "a/apps": "ready",
            "a/gone": "missing",
            "a/key": "unseen",
        }
        assert {(names[top], names[under], label, dashed) for top, under, label, dashed in links} == {
            ("a/cert", "a/web", "ready: waiting 10m", True),
            ("a/gone", "a/web", "ready: does not exist", True),
            ("a/web", "a/apps", "exists", False),
            ("a/key", "a/apps", "ready", False),
        }


def test_json_has_edges_by_the_places_of_their_ends(fleet):
    fleet.put("c", "Kustomization", "a/base")
    fleet.put("c", "Kustomization", "a/web", needs=[Need("Kustomization/a/base", "expression", "x == 'y'")])
    told = msgspec.to_builtins(drawn(fleet))
    assert (told["version"], told["kind"], told["view"]) == (1, "Tree", "dependencies")
    assert [
        (node["cluster"], node["kind"], node["namespace"], node["name"], node["level"]) for node in told["nodes"]
    ] == [
        ("c", "Kustomization", "a", "base", 0),
        ("c", "Kustomization", "a", "web", 1),
    ]
    (edge,) = told["edges"]
    assert (edge["waiter"], edge["target"], edge["meaning"], edge["met"]) == (1, 0, "expression", True)
    assert edge["expression"] == "x == 'y'"


def links(picture):
    names = [node.name for node in picture.nodes]
    return {(names[arrow.waiter], arrow.kind, names[arrow.target]) for arrow in picture.edges}


def platform(fleet):
    fleet.put("c", "FluxInstance", "f/flux", produced=("ResourceSet/s/set",))
    fleet.put("c", "ResourceSet", "s/set", owner="FluxInstance/f/flux", produced=("Kustomization/a/base",))
    fleet.put("c", "OCIRepository", "a/src", owner="ResourceSet/s/set")
    fleet.put("c", "Kustomization", "a/base", owner="ResourceSet/s/set", source="OCIRepository/a/src")
    fleet.put("c", "Kustomization", "a/web", owner="ResourceSet/s/set", source="OCIRepository/a/src", needs=["a/base"])
    fleet.put("c", "ConfigMap", "a/vars", owner="ResourceSet/s/set")


def test_each_view_has_its_edges(fleet):
    platform(fleet)
    owned = {("set", "owns", "flux"), ("src", "owns", "set"), ("base", "owns", "set")}
    assert links(drawn(fleet)) == {*owned, ("web", "needs", "base")}, "under what it waits for, else its applier"
    assert links(drawn(fleet, View.OWNERSHIP)) == {*owned, ("web", "owns", "set")}
    assert links(drawn(fleet, View.SOURCES)) == {("base", "source", "src"), ("web", "source", "src")}
    assert "vars" not in [node.name for node in drawn(fleet).nodes]


def test_a_part_of_the_graph_has_the_edges_within_it(fleet):
    platform(fleet)
    part = drawn(
        fleet, refs=[("c", "Kustomization/a/web"), ("c", "Kustomization/a/base"), ("d", "Kustomization/a/web")]
    )
    assert [node.name for node in part.nodes] == ["web", "base"], "in the order in which they were asked for"
    assert links(part) == {("web", "needs", "base")}
    alone = drawn(fleet, refs=[("c", "Kustomization/a/web")])
    assert (len(alone.nodes), alone.edges) == (1, [])


def test_a_hypothesis_is_drawn_like_what_is(fleet):
    platform(fleet)
    world = Assumed(Graph(fleet.store.cluster("c")))
    world.assume("Kustomization/a/base", Status.FAILED, "Assumed", "")
    picture = diagram([world], View.DEPENDENCIES, fleet.now)
    (edge,) = [arrow for arrow in picture.edges if arrow.kind == "needs"]
    assert (picture.nodes[edge.target].status, edge.met) == ("failed", False)


def test_circles_are_drawn_once_each_way(fleet):
    for name, need in (("one", "two"), ("two", "one"), ("self", "self")):
        fleet.put("c", "Kustomization", f"a/{name}", fleet.blocked, needs=[f"a/{need}"])
    picture = drawn(fleet)
    assert links(picture) == {("one", "needs", "two"), ("two", "needs", "one"), ("self", "needs", "self")}
    assert all("cycle" in arrow.words for arrow in picture.edges)
    assert len(read_mermaid(mermaid(picture))[1]) == len(read_dot(dot(picture))[1]) == 3


def test_many_edges_come_with_a_word_about_mermaids_limit(fleet):
    for number in range(DRAWN_BY_GITHUB + 2):
        fleet.put("c", "Kustomization", f"a/k{number:04}", needs=["a/k0000"] if number else ())
    text = mermaid(drawn(fleet))
    assert f"%% {DRAWN_BY_GITHUB + 1} edges: Mermaid draws {DRAWN_BY_GITHUB}" in text
    assert len(read_mermaid(text)[1]) == DRAWN_BY_GITHUB + 1


SAME = """
import sys
sys.path.insert(0, sys.argv[1])
from conftest import Fleet
from fluxtui.insight.diagram import diagram, dot, mermaid
from fluxtui.insight.forest import View
from fluxtui.insight.graph import Graph
fleet = Fleet()
names = sys.argv[2].split(",")
for name in names:
    fleet.put("c", "Kustomization", f"a/{name}", needs=["a/x"] if name != "x" else (), owner="ResourceSet/s/set")
fleet.put("c", "ResourceSet", "s/set")
for view in View:
    picture = diagram([Graph(fleet.store.cluster("c"))], view, fleet.now)
    print(mermaid(picture), dot(picture))
"""


def test_the_same_graph_gives_the_same_text_in_every_process(request):
    """Sets of names have another order in each process, and objects arrive in any order."""
    texts = set()
    for seed, names in (("1", "x,a,b,c,d,e"), ("2", "e,d,x,c,b,a"), ("3", "b,a,d,x,e,c")):
        told = subprocess.run(
            [sys.executable, "-c", SAME, str(request.path.parent), names],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        )
        texts.add(told.stdout)
    assert len(texts) == 1
    assert "n5" in texts.pop()


def test_ten_thousand_objects_are_all_there(fleet):
    for number in range(10_000):
        fleet.put("c", "Kustomization", f"a/k{number:05}", needs=[f"a/k{number - 1:05}"] if number % 13 else ())
    picture = drawn(fleet)
    assert len(picture.nodes) == 10_000
    assert len(picture.edges) == 10_000 - 770
    assert len(read_mermaid(mermaid(picture))[1]) == len(picture.edges)
