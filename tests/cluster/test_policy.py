"""The suite of policy on both servers: written as controllers write it, followed, walked, and told right.

On the real API server Kyverno's own CRDs say what may be written.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from fluxtui.insight.policy.exceptions import held
from fluxtui.insight.policy.model import Known, Picture
from fluxtui.insight.policy.picture import picture
from fluxtui.insight.status import assess
from fluxtui.kube.contexts import Context, Endpoint, User
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.makers import Makers
from fluxtui.kube.policing import Policing
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

from ..policy.suite import NAMESPACES, suite, told
from .conftest import Server
from .test_policing import QUICK, until


async def written(server: Server) -> tuple[dict[str, Any], dict[str, str]]:
    """The suite, written to a server in namespaces of its own: the cases, and what the namespaces are called."""
    names = {name: await server.namespace(name) for name in NAMESPACES}
    cases = suite(**names)
    for name, labels in cases["namespaces"].items():
        await server.patch("Namespace", "", names[name], {"metadata": {"labels": labels}})
    for obj in cases["objects"]:
        await write(server, obj)
    return cases, names


async def write(server: Server, obj: dict[str, Any]) -> None:
    """One object, and its status."""
    kind, group = obj["kind"], obj["apiVersion"].rpartition("/")[0]
    key = f"{kind}.{group}" if (kind, group) == ("PolicyException", "policies.kyverno.io") else kind
    namespace, status = obj["metadata"].get("namespace", ""), obj.pop("status", None)
    answer = await server.ask("POST", server.path(key, namespace), json=obj)
    assert answer.status == 201, answer.text
    server.created.append(server.path(key, namespace, obj["metadata"]["name"]))
    if status is not None:
        await server.patch_status(kind, namespace, obj["metadata"]["name"], status)


@contextlib.asynccontextmanager
async def watching(server: Server, token: str = "") -> AsyncIterator[tuple[Fleet, Policing]]:
    endpoint = Endpoint(server=server.url, insecure_skip_tls_verify=True)
    context = Context(name="prod", endpoint=endpoint, identity=User(token=token or server.admin_token))
    fleet = Fleet(Store(assess), [context], timing=QUICK)
    guard = Policing(fleet, lambda: None)
    await fleet.start()
    guard.sync()
    try:
        await asyncio.wait_for(guard.settled(), 60)
        yield fleet, guard
    finally:
        await guard.stop()
        await fleet.stop()


def drawn(fleet: Fleet, guard: Policing, makers: Makers) -> Picture:
    known = Known(lambda key: (0, False), makers.made_by, makers.unwalked, settled=guard.done)
    steps = picture(fleet.store, guard.store, time.time(), known)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


async def test_the_suite_is_read_judged_and_joined(server: Server) -> None:
    cases, names = await written(server)
    expected = cases["expected"]
    async with watching(server) as (fleet, guard):
        makers = Makers(fleet)
        before = drawn(fleet, guard, makers)
        pod = next(each for each in before.violations if each.subject.name == "redis-7d4-x")
        assert (pod.owner.delivered, pod.owner.doubt) == (False, "what made it is looked for")
        assert await makers.learn()
        after = drawn(fleet, guard, makers)
        assert told(after, *names.values()) == sorted(expected["violations"])
        assert after.complete
        (coverage,) = after.coverage
        assert (coverage.count, coverage.unread) == (expected["reports"], 0)
        exceptions = [each.id for each in held(guard.store, "prod")]
        assert exceptions == expected["exceptions"]
        flaws = [row.record.flaw for table in guard.store.tables() for row in table.rows.values()]
        assert not any(flaws)


async def test_reports_that_come_and_go_are_followed(server: Server) -> None:
    cases, names = await written(server)
    async with watching(server) as (fleet, guard):
        makers = Makers(fleet)

        def lines() -> list[str]:
            return told(drawn(fleet, guard, makers), *names.values())

        await server.delete("ClusterPolicy", "", "suite-labels")
        gone = [line for line in cases["expected"]["violations"] if "//suite-labels" in line]
        await until(lambda: sum("//suite-labels" in line and "| unknown |" in line for line in lines()) == len(gone))
        await server.delete("PolicyReport", names["backend"], "redis")
        await until(lambda: not any("Deployment/" + names["backend"] in line for line in lines()))
        picture_ = drawn(fleet, guard, makers)
        assert picture_.passes == 1, "the other report of it passes"


async def test_what_a_viewer_may_not_see_is_said_and_the_rest_is_judged(server: Server) -> None:
    cases, names = await written(server)
    await server.grant(["list", "watch"], ["policyreports"], groups=["wgpolicyk8s.io"])
    async with watching(server, server.viewer_token) as (fleet, guard):
        makers = Makers(fleet)
        await until(lambda: guard.store.state("prod", "PolicyReport").phase is Phase.FRESH)
        found = drawn(fleet, guard, makers)
        assert len(told(found, *names.values())) > 8
        assert {each.action.value for each in found.violations} == {"unknown"}, "no policy may be seen"
        assert {each.owner.nobody for each in found.violations} == {
            "owner not known: kustomizations are forbidden to us"
        }
        assert not found.complete
        (coverage,) = found.coverage
        assert coverage.reports["ClusterReport"].phase is Phase.FORBIDDEN
        assert coverage.policies["ClusterPolicy"].phase is Phase.FORBIDDEN
        await makers.learn()
        assert makers.troubles("prod").keys() == {"forbidden"}
    assert cases


NARROW: list[tuple[str, Callable[[str], bool]]] = [
    ("action:deny", lambda line: "| deny |" in line),
    ("tenant:team-web", lambda line: line.endswith("| team-web")),
    ("owner:none", lambda line: " NOTHING |" in line and not line.startswith("Pod/")),
    ("owner:unknown", lambda line: " NOTHING |" in line and line.startswith("Pod/")),  # the pod is gone
    ('policy:"suite-labels" rule:config', lambda line: "ClusterPolicy//suite-labels | config |" in line),
    ("source:trivy", lambda line: "CVE-" in line),
    ("kind:Namespace,ClusterRole", lambda line: line.startswith(("Namespace/", "ClusterRole/"))),
]


@pytest.mark.parametrize(("text", "passes"), NARROW, ids=[text for text, _ in NARROW])
async def test_the_filter_over_what_was_read(simulator: Server, text: str, passes: Callable[[str], bool]) -> None:
    from fluxtui.insight.policy.narrowing import compile as compile_filter

    cases, names = await written(simulator)
    async with watching(simulator) as (fleet, guard):
        makers = Makers(fleet)
        drawn(fleet, guard, makers)
        await makers.learn()
        found = drawn(fleet, guard, makers)
        accepts = compile_filter(text, time.time())
        kept = Picture(found.now, tuple(each for each in found.violations if accepts(each)))
        wanted = [line for line in cases["expected"]["violations"] if passes(line)]
        assert told(kept, *names.values()) == sorted(wanted)
        assert wanted
