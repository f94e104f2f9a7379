"""Lines of logs: how bad, whom about, how they read, and what one looks for among them."""

import json

import pytest

from fluxtui.insight.log_filter import parse
from fluxtui.insight.log_lines import LONGEST, Level, is_about, level_of, split_stamp, tidy, told

CONTROLLER = {
    "level": "error",
    "ts": "2026-11-21T03:14:43.123Z",
    "msg": "Reconciler error",
    "controller": "kustomization",
    "controllerGroup": "kustomize.toolkit.fluxcd.io",
    "controllerKind": "Kustomization",
    "Kustomization": {"name": "apps", "namespace": "frontend"},
    "namespace": "frontend",
    "name": "apps",
    "reconcileID": "1",
    "error": "no such file",
    "revision": "main@sha1:0a1b",
}


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (json.dumps(CONTROLLER), Level.ERROR),
        ('{"severity":"WARNING","message":"x"}', Level.WARNING),
        ('{"ts":1,"level":"debug","msg":"x"}', Level.DEBUG),
        ('time=2026-11-21T03:14:43Z level=warn msg="slow"', Level.WARNING),
        ("E1121 03:14:43.123456       1 controller.go:40] failed", Level.ERROR),
        ("I1121 03:14:43.123456       1 controller.go:40] an ERROR was avoided", Level.INFO),
        ("2026-11-21 03:14:43 [ERROR] it broke", Level.ERROR),
        ("panic: runtime error", Level.ERROR),
        ('10.0.0.1 - - [21/Nov/2026] "GET / HTTP/1.1" 502 7', Level.ERROR),
        ('10.0.0.1 - - [21/Nov/2026] "GET / HTTP/1.1" 200 500', Level.INFO),
        ("no errors were found", Level.INFO),
        ("", Level.INFO),
    ],
)
def test_levels_are_read_from_what_lines_say(line, level):
    assert level_of(line) is level


@pytest.mark.parametrize(
    ("line", "when", "text"),
    [
        ("2026-11-21T03:14:43.500000000Z hello", 1795230883.5, "hello"),
        ("2026-11-21T03:14:43Z ", 1795230883.0, ""),
        ("2026-11-21T04:14:43.25+01:00 x", 1795230883.25, "x"),
        ("hello world", 0.0, "hello world"),
        ("hello", 0.0, "hello"),
    ],
)
def test_times_stand_in_front(line, when, text):
    assert split_stamp(line) == (when, text)


@pytest.mark.parametrize(
    ("change", "about"),
    [
        ({}, True),
        ({"name": "other", "Kustomization": {"name": "other", "namespace": "frontend"}}, False),
        ({"controllerKind": None, "name": None}, True),  # the object under its kind is enough
        ({"namespace": "backend", "Kustomization": {"name": "apps", "namespace": "backend"}}, False),
        (
            {
                "controllerKind": None,
                "Kustomization": None,
                "involvedObject": {"kind": "HelmRelease", "name": "apps", "namespace": "frontend"},
            },
            False,
        ),
        (
            {
                "controllerKind": None,
                "Kustomization": None,
                "involvedObject": {"kind": "Kustomization", "name": "apps", "namespace": "frontend"},
            },
            True,
        ),
        ({"controllerKind": "HelmRelease", "Kustomization": None, "error": "Kustomization/frontend/apps failed"}, True),
    ],
)
def test_whom_a_controller_speaks_of(change, about):
    line = json.dumps({key: value for key, value in (CONTROLLER | change).items() if value is not None})
    assert is_about(line, "Kustomization", "frontend", "apps") is about


def test_lines_that_are_no_json_are_about_whom_they_name():
    assert is_about("dependency 'frontend/apps' is not ready", "Kustomization", "frontend", "apps")
    assert not is_about("{broken apps", "Kustomization", "frontend", "apps")


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        (
            json.dumps(CONTROLLER),
            [("Reconciler error", "message"), ("  no such file", "error"), ("  revision=main@sha1:0a1b", "field")],
        ),
        ('{"msg":"x","a":{"b":1}}', [("x", "message"), ('  a={"b":1}', "field")]),
        ('{"a":1}', [('{"a":1}', "")]),
        (
            'time=1 level=info msg="it \\"is\\" so" path=/ took=3ms',
            [('it "is" so', "message"), ("  path=/", "field"), ("  took=3ms", "field")],
        ),
        (
            "I1121 03:14:43.123456       1 pkg/controller.go:40] synced",
            [("synced", "message"), ("  pkg/controller.go:40", "field")],
        ),
        ("plain words", [("plain words", "")]),
    ],
)
def test_how_lines_read(line, pieces):
    assert told(line) == pieces


def test_colours_and_excess_are_left_out():
    assert tidy("\x1b[32mINFO\x1b[0m ok\r") == "INFO ok"
    assert tidy("x" * (LONGEST + 5)) == "x" * LONGEST + " … 5 more characters"


@pytest.mark.parametrize(
    ("asked", "passes"),
    [
        ("", True),
        ("broke", True),
        ("Broke", False),
        ("it broke", True),
        ('"it broke"', True),
        ('"broke it"', False),
        ("!broke", False),
        ("!else", True),
        ("level:error", True),
        ("level:warn pod:web", True),
        ("pod:api", False),
    ],
)
def test_what_one_looks_for(asked, passes):
    found = parse(asked)
    assert found.wrong == ""
    assert found.passes("it broke badly", Level.ERROR, "web-x2x4z") is passes
    assert found.idle is (asked == "")


def test_a_level_that_is_none_is_told():
    assert "there are debug" in parse("level:loud").wrong
    assert parse("level:err").wrong == ""  # while it is typed
