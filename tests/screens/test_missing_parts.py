"""Clusters that lack parts, and people who may see little: every screen and every tab says in words what is not there.

The program asks a simulated API server over HTTP, as somebody whose rights are RBAC's: what it tells is what such a
server answers. One session goes through all places of a case, and each is looked at.
"""

import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from textual.pilot import Pilot

from fluxtui.app import FluxtuiApp, Start
from fluxtui.kube.contexts import Chosen, Context, Endpoint, User
from fluxtui.screens.keys import KeysScreen
from fluxtui.screens.resource import PAGES, ResourceScreen
from fluxtui.simulator import access
from fluxtui.simulator.cluster import SimulatedCluster
from fluxtui.simulator.controllers.logs import lines as log_lines
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.personas import DELIVERY, READ
from fluxtui.simulator.registry import KUSTOMIZE, METRICS, SOURCE
from fluxtui.simulator.resources import Resource, Resources

from .world import OPENING, PATIENCE, SMALL, _played, command, screen, until

CLUSTER = "prod-eu-1"
NAMESPACES = ("", "flux-system", "frontend", "cert-manager")
"""Those whose objects the cluster holds, so that the tests are quick."""
SCREENS = (
    *("triage", "tree", "health", "resources", "changes", "suspended", "but", "kinds", "pods", "journal"),
    *("handover", "bookmarks", "hr", "ev", "rset", "ks,hr,deploy", "fr", "ctx"),
)
OBJECTS = {
    "Kustomization": "frontend/apps",
    "OCIRepository": "frontend/apps",
    "HelmRelease": "frontend/podinfo",
    "ResourceSet": "flux-system/apps",
    "ResourceSetInputProvider": "flux-system/apps-production",
    "FluxInstance": "flux-system/flux",
}
NEEDING = ("overview", "objects", "history", "values", "yaml")
"""Tabs that show the object itself."""
WAITING = re.compile(r"\b(on its way|on their way|loading|connecting|asking…|asked for|nothing is known yet)\b|◐ look")
NONSENSE = re.compile(r"\bNone\b(?! of| exist)|Traceback|\bnan\b|<class|object at 0x|internal error")

Told = Mapping[str, Sequence[str]]


@dataclass
class Case:
    """What a cluster serves, what the user may do, and what places have to say of that: screens by their command, tabs
    as ``Kind tab`` (a tab that has no words of its own may have some as ``* tab``).
    """

    name: str
    serves: Callable[[Resource], bool] = lambda resource: True
    grants: Callable[[access.Access], None] | None = None
    """What user jane is granted; None: an administrator looks."""
    namespace: str = ""
    """The namespace that the context names."""
    told: Told = field(default_factory=dict[str, Sequence[str]])
    untold: Told = field(default_factory=dict[str, Sequence[str]])
    """What would be wrong to say, by place."""


def _plain(resource: Resource) -> bool:
    return resource.group in (SOURCE, KUSTOMIZE) if resource.custom else resource.group != METRICS


def _one_namespace(rights: access.Access) -> None:
    rights.grant("jane", ["User:jane"], READ, ["kustomizations"], groups=[KUSTOMIZE], namespaces=["frontend"])


def _delivery_alone(rights: access.Access) -> None:
    rights.grant("jane", ["User:jane"], READ, ["*"], groups=[group for group in DELIVERY if group != METRICS])
    rights.grant("jane-core", ["User:jane"], READ, ["namespaces", "configmaps"], groups=[""])


def _all_tabs(kinds: Sequence[str], *texts: str) -> Told:
    """The tabs of such objects that need the object itself, and Why."""
    return {f"{kind} {tab}": texts for kind in kinds for tab in NEEDING}


ABSENT = ("HelmRelease", "ResourceSet", "ResourceSetInputProvider", "FluxInstance")
HIDDEN = ("OCIRepository", *ABSENT)
NO_EVENTS = ("events may not be read", "jane may not list events", "Ask for get, list and watch on events")
NO_PODS = ("its pods cannot be listed", "jane may not list pods", "Ask for the verb list on pods")
UNREAD = ("no cluster can be read", "jane may not list")
CASES = (
    Case(
        "plain Flux",
        serves=_plain,
        told={
            "hr": ("HelmReleases are not installed", "the server does not serve this kind"),
            "rset": ("ResourceSets are not installed",),
            "fr": ("FluxReports are not installed",),
            "health": ("the Flux Operator is not installed", "computed by us"),
            "Kustomization objects": ("✖ 2 missing", "whose definition is gone"),
            **_all_tabs(ABSENT, "the object cannot be read", "is not served by prod-eu-1"),
            **{f"{kind} why": (f"{CLUSTER} does not serve its kind",) for kind in ABSENT},
        },
        untold={"Kustomization why": ("what it applied",), "HelmRelease why": ("was deleted",)},
    ),
    Case(
        "Kustomizations of one namespace",
        grants=_one_namespace,
        namespace="frontend",
        told={
            "triage": ("23 kinds of prod-eu-1 may not be seen", "only namespace frontend", "1 root cause"),
            "tree": ("edges to Alert, ArtifactGenerator", "only namespace frontend"),
            "health": ("you may not list FluxReports", "jane may not list", "you may not list Deployments"),
            "resources": ("Kustomizations 1", "only namespace frontend: all namespaces are not allowed"),
            "changes": ("23 kinds of prod-eu-1 may not be seen",),
            "suspended": ("nothing is at rest where we can see", "only namespace frontend"),
            "but": ("no object is ready", "only namespace frontend"),
            "pods": ("you may not see Pods here", 'jane may not list pods in the namespace "frontend"'),
            "hr": ("you may not see HelmReleases here", "jane may not list helmreleases.helm.toolkit.fluxcd.io"),
            "ev": ("you may not see Events here", "jane may not list events"),
            "ks,hr,deploy": ("prod-eu-1 forbidden", "frontend"),
            "ctx": ("23 kinds are not allowed",),
            "Kustomization why": ("as far as can be seen", "HelmRelease, OCIRepository", "may not be seen"),
            "Kustomization objects": ("4 unknown", "jane may not get"),
            "Kustomization values": ("jane may not get configmaps",),
            **{f"{kind} events": NO_EVENTS for kind in OBJECTS},
            **{f"{kind} logs": NO_PODS for kind in OBJECTS},
            **_all_tabs(HIDDEN, "the object cannot be read", "jane may not get"),
            **{f"{kind} why": ("may not be seen: jane may not list",) for kind in HIDDEN},
        },
        untold={
            "triage": ("nothing is wrong",),
            "health": ("no sync",),
            "suspended": ("● none",),
            "but": ("● 0",),
            "Kustomization why": ("not watched",),
        },
    ),
    Case(
        "nothing at all",
        grants=lambda rights: None,
        told={
            **dict.fromkeys(("triage", "changes", "suspended", "but"), UNREAD),
            "tree": ("you may not see Flux objects here", "jane may not list"),
            "health": ("you may not see what Flux does here", "jane may not list"),
            "resources": ("you may not see Kustomizations here", "jane may not list kustomizations"),
            "pods": ("you may not see Pods here", "jane may not list pods at the cluster scope"),
            "ks,hr,deploy": ("you may not see", "jane may not list deployments.apps"),
            "ctx": ("forbidden",),
            **{f"{kind} events": NO_EVENTS for kind in OBJECTS},
            **{f"{kind} logs": NO_PODS for kind in OBJECTS},
            **_all_tabs(tuple(OBJECTS), "the object cannot be read", "jane may not get"),
            **{f"{kind} why": ("may not be seen: jane may not list",) for kind in OBJECTS},
        },
        untold=dict.fromkeys(("suspended", "but"), ("●", "◐")),
    ),
    Case(
        "no events, pods, logs or metrics",
        grants=_delivery_alone,
        told={
            "triage": ("2 kinds of prod-eu-1 may not be seen",),
            "changes": ("2 kinds of prod-eu-1 may not be seen",),
            "pods": ("you may not see Pods here", "jane may not list pods at the cluster scope"),
            "ev": ("you may not see Events here", "jane may not list events at the cluster scope"),
            "HelmRelease objects": ("its pods are not known: jane may not list pods",),
            "ResourceSet objects": ("unknown", "jane may not"),
            **{f"{kind} events": NO_EVENTS for kind in OBJECTS},
            **{f"{kind} logs": NO_PODS for kind in OBJECTS},
        },
    ),
)


@asynccontextmanager
async def looking(case: Case) -> AsyncIterator[Pilot[None]]:
    """The program on prod-eu-1 in its incident, with what it serves and who looks at it as the case says."""
    member = _played("incident", 7)[CLUSTER]
    kinds = [resource for resource in member.objects.resources if case.serves(resource)]
    objects = Objects(lambda: OPENING, resources=Resources(kinds))
    for resource in kinds:
        for obj in member.objects.list(resource.kind) if resource.kind != "CustomResourceDefinition" else ():
            if obj["metadata"].get("namespace", "") in NAMESPACES:
                objects.create(obj)
    user = access.ADMIN if case.grants is None else access.User("jane")

    def written(namespace: str, pod: str, container: str, previous: bool) -> object:
        return log_lines(member.engine, namespace, pod, container, previous=previous)

    served = SimulatedCluster(CLUSTER, objects, tokens={"token": user}, log_source=written)  # type: ignore[arg-type]
    if case.grants is not None:
        case.grants(served.access)
    async with served:
        endpoint, identity = Endpoint(server=served.url), User(token="token")
        context = Context(name=CLUSTER, namespace=case.namespace, user=user.name, endpoint=endpoint, identity=identity)
        app = FluxtuiApp(Start(lambda: Chosen((context,), (context,)), lambda: OPENING))
        async with app.run_test(size=SMALL, notifications=True) as pilot:
            await until(pilot, lambda: app.desk.fleet.clusters, "the cluster")
            await app.desk.fleet.clusters[CLUSTER].settled()
            yield pilot


def exceptions() -> re.Pattern[str]:
    """The names of all exceptions that there are, as far as they look like ones."""
    found, open_ = set[str](), [BaseException]
    while open_:
        kind = open_.pop()
        open_ += kind.__subclasses__()
        found.add(kind.__name__)
    return re.compile(rf"\b({'|'.join(sorted(name for name in found if re.search(r'(Error|Exception)$', name)))})\b")


async def reads(pilot: Pilot[None], texts: Sequence[str]) -> str:
    """Wait until a place has said what it has to, and waits for nothing; returns what it says, on one line."""
    deadline = time.monotonic() + PATIENCE

    def words() -> str:
        told = " ".join(screen(pilot).replace("▌", " ").split())
        return re.sub(r"\d+ # ", "", told)  # a comment of several lines where the YAML would be

    while time.monotonic() < deadline:
        await pilot.pause()
        told = words()
        if all(text in told for text in texts) and not WAITING.search(told):
            break
    return words()


async def listens(pilot: Pilot[None]) -> bool:
    """Whether keys still do what they do."""
    await pilot.press("question_mark")
    opened = isinstance(pilot.app.screen, KeysScreen)
    await pilot.press("escape")
    return opened and not isinstance(pilot.app.screen, KeysScreen)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_every_place_says_what_is_not_there(case: Case) -> None:
    wrong: list[str] = []
    crashed = exceptions()

    async def look(place: str) -> None:
        told = await reads(pilot, case.told.get(place, ()))
        body = " ".join(told.split()[10:])
        missing = [f"does not say {text!r}" for text in case.told.get(place, ()) if text not in told]
        said = [f"says {text!r}" for text in case.untold.get(place, ()) if text in told]
        said += [f"says {found[0]!r}" for pattern in (WAITING, NONSENSE, crashed) if (found := pattern.search(told))]
        blank = ["is blank"] if len(re.findall(r"[a-z]{3,}", body)) < 8 else []
        wrong.extend(f"{place} {words}:\n{screen(pilot)}" for words in (*missing, *said, *blank))

    async with looking(case) as pilot:
        app = pilot.app
        for word in SCREENS:
            await command(pilot, word)
            await look(word)
            if not await listens(pilot):
                wrong.append(f"{word}: keys do nothing")
        for kind, name in OBJECTS.items():
            await command(pilot, f"open {CLUSTER}/{kind}/{name}")
            await until(pilot, lambda: isinstance(app.screen, ResourceScreen), f"the page of {kind} {name}")
            for page in PAGES:
                if not page.kinds or kind in page.kinds:
                    await pilot.press(page.tab.key)
                    await look(f"{kind} {page.tab.id}")
            if not await listens(pilot):
                wrong.append(f"{kind}: keys do nothing")
        await pilot.press("1")
        await until(pilot, lambda: len(app.screen_stack) == 1)
    assert not wrong, "\n\n".join(wrong)
