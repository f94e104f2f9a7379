"""What the containers of pods may use and what they use: quantities, budgets, and how near a pod is to its limits.

Budgets are those of the pod's spec, usage that of ``metrics.k8s.io`` (metrics-server looks at each kubelet about every
15 seconds). CPU is in cores, memory in bytes; 0 stands for a request or limit that is not set.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from fluxtui.insight.fields import Json, mapping, mappings, moment, text

NEAR = 0.9
"""The share of its memory limit from which on a container is close to being killed."""
HIGH = 0.75
"""The share of a limit that is worth a colour."""

_QUANTITY = re.compile(r"(\d{1,18}(?:\.\d{1,18})?|\.\d{1,18})([eE][+-]?\d{1,2})?([numkMGTPE]|[KMGTPE]i)?", re.ASCII)
_DECIMAL = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_FACTORS = {**_DECIMAL, **{f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)}}


class Budget(msgspec.Struct, frozen=True):
    """What one container asks for and may use at most."""

    container: str
    cpu: float = 0.0
    cpu_limit: float = 0.0
    memory: float = 0.0
    memory_limit: float = 0.0


class Usage(msgspec.Struct, frozen=True):
    """What a pod used when it was last measured (epoch s): cores and bytes by container."""

    containers: Mapping[str, tuple[float, float]]
    at: int = 0


class Share(msgspec.Struct, frozen=True):
    """What one or several pods use of what they ask for and may.

    `cpu_share` and `memory_share` are those of the container that is nearest to its limit (1.0: at the limit; 0: no
    container has one): a pod is killed for one container, not for the sum. `near` names it. `pods` is how many were
    measured.
    """

    cpu: float = 0.0
    memory: float = 0.0
    cpu_asked: float = 0.0
    memory_asked: float = 0.0
    cpu_limit: float = 0.0
    memory_limit: float = 0.0
    cpu_share: float = 0.0
    memory_share: float = 0.0
    near: str = ""
    pods: int = 0


NO_SHARE = Share()


def quantity(words: str) -> float:
    """A Kubernetes quantity (``250m``, ``64Mi``, ``1e3``, ``120000n``) as a number, 0 for what is none."""
    found = _QUANTITY.fullmatch(words[:64])
    return float(found[1] + (found[2] or "")) * _FACTORS[found[3] or ""] if found is not None else 0.0


def budgets(pod: Json) -> tuple[Budget, ...]:
    """The budgets of a pod's containers, sidecars (init containers that go on) included."""
    lasting = [held for held in mappings(pod, "spec", "initContainers") if text(held, "restartPolicy") == "Always"]
    return tuple(_budget(held) for held in (*mappings(pod, "spec", "containers"), *lasting))


def _budget(container: Json) -> Budget:
    asked, most = mapping(container, "resources", "requests"), mapping(container, "resources", "limits")
    return Budget(
        text(container, "name"),
        quantity(text(asked, "cpu")),
        quantity(text(most, "cpu")),
        quantity(text(asked, "memory")),
        quantity(text(most, "memory")),
    )


def usage(value: Json) -> Usage:
    """A ``PodMetrics`` as it was fetched."""
    used = {
        text(held, "name"): (quantity(text(held, "usage", "cpu")), quantity(text(held, "usage", "memory")))
        for held in mappings(value, "containers")
    }
    return Usage(used, moment(value, "timestamp"))


def share(asked: Sequence[Budget], used: Usage) -> Share:
    """What a pod uses of its budgets."""
    cpu_share = memory_share = 0.0
    near = ""
    for each in asked:
        cpu, memory = used.containers.get(each.container, (0.0, 0.0))
        cpu_share = max(cpu_share, cpu / each.cpu_limit if each.cpu_limit else 0.0)
        part = memory / each.memory_limit if each.memory_limit else 0.0
        if part > memory_share:
            memory_share, near = part, each.container
    return Share(
        sum(cpu for cpu, _ in used.containers.values()),
        sum(memory for _, memory in used.containers.values()),
        sum(each.cpu for each in asked),
        sum(each.memory for each in asked),
        sum(each.cpu_limit for each in asked),
        sum(each.memory_limit for each in asked),
        cpu_share,
        memory_share,
        near,
        1,
    )


def total(shares: Iterable[Share]) -> Share:
    """Of several pods: the sums, and the share of the one that is nearest to its limit."""
    every = list(shares)
    worst = max(every, key=lambda each: each.memory_share, default=NO_SHARE)
    return Share(
        sum(each.cpu for each in every),
        sum(each.memory for each in every),
        sum(each.cpu_asked for each in every),
        sum(each.memory_asked for each in every),
        sum(each.cpu_limit for each in every),
        sum(each.memory_limit for each in every),
        max((each.cpu_share for each in every), default=0.0),
        worst.memory_share,
        worst.near,
        sum(each.pods for each in every),
    )


def cpu_words(cores: float) -> str:
    """``120m`` below a core, ``1.2`` from there on."""
    return f"{round(cores * 1000)}m" if cores < 0.9995 else f"{cores:.1f}".removesuffix(".0")


def memory_words(size: float) -> str:
    """``118Mi``, ``3.4Gi``: as manifests write it."""
    if size >= 1024**3:
        return f"{size / 1024**3:.1f}".removesuffix(".0") + "Gi"
    return f"{round(size / 1024**2)}Mi" if size >= 1024**2 else f"{round(size / 1024)}Ki"


def share_words(found: Share) -> str:
    """In a sentence: ``memory 118Mi of 64Mi asked for, limit 128Mi (92 % in app); cpu …``."""
    memory = _told("memory", memory_words, found.memory, found.memory_asked, found.memory_limit)
    if found.memory_share:
        memory += f" ({found.memory_share:.0%} in {found.near})".replace("%", " %")
    return f"{memory}; {_told('cpu', cpu_words, found.cpu, found.cpu_asked, found.cpu_limit)}"


def _told(what: str, say: Callable[[float], str], used: float, asked: float, limit: float) -> str:
    request = f" of {say(asked)} asked for" if asked else ", no request"
    return f"{what} {say(used)}{request}, {f'limit {say(limit)}' if limit else 'no limit'}"
