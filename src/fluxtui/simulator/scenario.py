"""Scenarios: what happens to a fleet, as data.

A scenario is a YAML file with a timeline. Each happening has a time relative to the moment at which the demo opens
(``-14m`` has already happened, ``90s`` will) and a verb in ``do``; ``clusters`` limits it to clusters by glob,
``every`` repeats it. Names of objects are ``Kind/namespace/name``. A mistake is told with the file and the place in it.
"""

import re
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from fluxtui.simulator.controllers.releases import RELEASES
from fluxtui.simulator.controllers.times import seconds

_DAYS = re.compile(r"^(-?)(?:(\d+(?:\.\d+)?)d)?(.*)$")
BUILT_IN = ("calm", "incident", "storm", "enforce", "engine-down")


class ScenarioError(Exception):
    """A scenario that cannot be used; the text names the file and what is wrong where."""


class Happening(msgspec.Struct, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """What all happenings have in common."""

    at: str = "0s"
    """When: a duration with a sign, relative to the opening; ``d`` for days is understood."""
    clusters: tuple[str, ...] = ("*",)
    """The clusters, by name or glob."""
    every: str = ""
    """The time between repetitions; empty: it happens once."""
    until: str = ""
    """When the repetitions end; empty: never."""

    @property
    def moment(self) -> float:
        """Seconds relative to the opening."""
        return offset(self.at)

    def concerns(self, cluster: str) -> bool:
        """Whether it happens on this cluster."""
        return any(fnmatchcase(cluster, pattern) for pattern in self.clusters)


class Push(Happening, tag="push"):
    """A new artifact under a tag: ``repository`` is ``infra/<component>``, ``apps/<tenant>`` or ``platform``.

    Or a new commit on the branch of a Git repository of the cluster without the operator: ``legacy/<repository>``.
    """

    repository: str
    tag: str = "latest"
    versions: dict[str, str] = {}
    """Versions of charts, where not the newest."""
    unsigned: str = ""
    """Why its signature will be refused."""
    alternate: tuple[dict[str, str], ...] = ()
    """Repeated pushes take these versions in turn."""
    actions: dict[str, str] = {}
    """Of ``infra/kyverno``: what a violation leads to from now on, by policy: ``Audit``, ``Enforce`` or ``Deny``."""
    workloads: dict[str, dict[str, tuple[str, ...]]] = {}
    """Deployments that a Kustomization (``namespace/name``) of a tenant delivers itself from now on, by name, each with
    the flaws that policies find: ``team``, ``limits``, ``latest``, ``root``.
    """


class Chart(Happening, tag="chart"):
    """A new version of a chart appears in the chart registry."""

    name: str
    version: str


class Release(Happening, tag="release"):
    """A release of Flux comes out: until then no instance finds it."""

    version: str
    """With its ``v``: ``v2.10.1``."""


class Restart(Happening, tag="restart"):
    """A Flux controller's container dies and is started again, ``times`` times by now."""

    deployment: str
    times: int = 1
    reason: str = "OOMKilled"
    """Why it died the last time: ``OOMKilled``, ``Error`` or ``Completed``."""


class Approve(Happening, tag="approve"):
    """The release service offers other versions of the tenants' applications: tenant to tag."""

    environment: str
    versions: dict[str, str]


class Host(Happening, tag="host"):
    """A registry or Git host stops answering, or answers again."""

    name: str
    state: str
    """``refused``, ``timeout``, ``dns`` or ``up``."""


class Break(Happening, tag="break"):
    """A Deployment (``namespace/name``) will not become ready while its image contains a text.

    ``lacks`` names an object that it cannot do without: once that is there, it becomes ready.
    """

    deployment: str
    image: str = ""
    lacks: str = ""


class Mend(Happening, tag="mend"):
    """The opposite of break."""

    deployment: str


class Fail(Happening, tag="fail"):
    """The runs of an object fail, with this reason and message."""

    object: str
    reason: str
    message: str


class Heal(Happening, tag="heal"):
    """The opposite of fail: the next run does what it can."""

    object: str


class Suspend(Happening, tag="suspend"):
    """Somebody suspends an object: by its specification, or by annotation where the operator owns it."""

    object: str
    by: str
    why: str = ""


class Resume(Happening, tag="resume"):
    """Somebody resumes an object."""

    object: str
    by: str = ""


class Edit(Happening, tag="edit"):
    """Somebody changes an object by hand: a merge patch."""

    object: str
    patch: dict[str, Any]
    by: str = "kubectl-edit"


class Delete(Happening, tag="delete"):
    """Somebody deletes an object."""

    object: str


class Request(Happening, tag="request"):
    """Somebody asks for a reconcile; ``force`` has a HelmRelease upgrade although nothing has changed."""

    object: str
    force: bool = False


class Disconnect(Happening, tag="disconnect"):
    """The cluster cannot be reached any more."""


class Connect(Happening, tag="connect"):
    """The cluster can be reached again."""


class Backlog(Happening, tag="backlog"):
    """So many ephemeral reports of Kyverno more lie about, unread for as long as its reports controller is down."""

    count: int


class Churn(Happening, tag="churn"):
    """From now on so many Kustomizations per second change, over all clusters; fillers first, where there are any."""

    rate: float
    flips: float = 1.0
    """The share of the changes that turn Ready around; the others are runs that change nothing."""


AnyHappening = (
    Push | Chart | Release | Restart | Approve | Host | Break | Mend | Fail | Heal | Suspend | Resume | Edit | Delete
    | Request | Disconnect | Connect | Backlog | Churn
)  # fmt: skip


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The window of an input provider, relative to the opening, so that a scenario is the same at any hour."""

    opens: str
    """When it opens next: a duration."""
    window: str
    time_zone: str = "UTC"
    days: str = "*"
    """The days of the week, as cron writes them."""


class Scenario(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A named story."""

    name: str
    about: str
    founded: str = "14d"
    """How long ago the fleet was founded."""
    played: str = "22m"
    """How much of the past is played rather than counted."""
    windows: dict[str, Window] = {}
    objects: int = 0
    """Filler Kustomizations over all clusters."""
    timeline: tuple[AnyHappening, ...] = ()


def offset(text: str) -> float:
    """Seconds of ``-2d12h``, ``-17m`` or ``90s``. Raises ValueError for anything else."""
    sign, days, rest = _DAYS.fullmatch(text).groups()  # pyright: ignore[reportOptionalMemberAccess]
    total = float(days or 0) * 86400 + (seconds(rest) if rest or not days else 0.0)
    return -total if sign else total


def load(name_or_path: str) -> Scenario:
    """A built-in scenario by name, or one from a file. Raises ScenarioError."""
    if name_or_path in BUILT_IN:
        where = f"scenarios/{name_or_path}.yaml"
        text = resources.files("fluxtui.simulator").joinpath(where).read_text()
    else:
        path = Path(name_or_path)
        where = str(path)
        if path.suffix not in {".yaml", ".yml"}:
            raise ScenarioError(f"there is no scenario {name_or_path!r}: take {', '.join(BUILT_IN)} or a .yaml file")
        try:
            text = path.read_text()
        except OSError as error:
            raise ScenarioError(f"{where}: {error.strerror}") from None
    return parse(text, where)


def parse(text: str, where: str) -> Scenario:
    """The scenario that a YAML text tells. Raises ScenarioError that names ``where`` and the place in it."""
    import yaml

    try:
        raw = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ScenarioError(f"{where}: {error}") from None
    try:
        scenario = msgspec.convert(raw, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{where}: {error}") from None
    _check(scenario, where)
    return scenario


def _check(scenario: Scenario, where: str) -> None:
    times = [("founded", scenario.founded), ("played", scenario.played)]
    for name, window in scenario.windows.items():
        times += [(f"windows.{name}.opens", window.opens), (f"windows.{name}.window", window.window)]
    for index, happening in enumerate(scenario.timeline):
        place = f"timeline[{index}]"
        times += [(f"{place}.at", happening.at)]
        times += [(f"{place}.{key}", getattr(happening, key)) for key in ("every", "until") if getattr(happening, key)]
        if isinstance(happening, Host) and happening.state not in {"refused", "timeout", "dns", "up"}:
            raise ScenarioError(f"{where}: {happening.state!r} is no state of a host - at `$.{place}.state`")
        if isinstance(happening, Restart) and happening.reason not in {"OOMKilled", "Error", "Completed"}:
            raise ScenarioError(f"{where}: {happening.reason!r} is no end of a container - at `$.{place}.reason`")
        if isinstance(happening, Release) and happening.version not in RELEASES:
            known = ", ".join(RELEASES)
            raise ScenarioError(f"{where}: {happening.version!r} is not one of {known} - at `$.{place}.version`")
        for key in ("object", "lacks"):
            named = getattr(happening, key, "")
            if named and named.count("/") != 2:
                raise ScenarioError(f"{where}: {named!r} is not Kind/namespace/name - at `$.{place}.{key}`")
    for place, text in times:
        try:
            offset(text)
        except ValueError as error:
            raise ScenarioError(f"{where}: {error} - at `$.{place}`") from None
