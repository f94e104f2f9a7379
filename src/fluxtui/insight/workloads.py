"""Workloads and their pods in numbers: how many are ready of how many, how often they restarted, and over what."""

from collections.abc import Mapping

import msgspec

from fluxtui.insight.fields import NOTHING, Json, at, flag, items, mapping, mappings, moment, number, text, texts
from fluxtui.insight.kstatus import Kstatus, kstatus
from fluxtui.insight.usage import Budget, budgets

WORKLOADS = frozenset(
    {("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("apps", "ReplicaSet"), ("batch", "Job")}
)
"""The kinds that have pods."""
CRON = ("batch", "CronJob")
"""Has the pods of the jobs that run now."""


class Replicas(msgspec.Struct, frozen=True):
    """Pods that are ready (of a Job: done), of how many that are wanted."""

    ready: int
    wanted: int

    @property
    def words(self) -> str:
        """``2/3``."""
        return f"{self.ready}/{self.wanted}"


class Pod(msgspec.Struct, frozen=True):
    """A pod: containers ready of all, restarts of all of them, why the last one ended (``OOMKilled``), when (s)."""

    namespace: str
    name: str
    state: Kstatus
    ready: int = 0
    containers: int = 0
    restarts: int = 0
    last_end: str = ""
    ended: int = 0
    created: int = 0
    labels: dict[str, str] = {}
    done: bool = False
    """Whether it ran to its end, as the pods of jobs do."""
    budgets: tuple[Budget, ...] = ()
    """What its containers ask for and may use."""

    @property
    def identity(self) -> str:
        """Its id."""
        return f"Pod/{self.namespace}/{self.name}"


def replicas(group: str, kind: str, value: Json) -> Replicas | None:
    """The replicas of a workload, None for other kinds."""
    if (group, kind) not in WORKLOADS:
        return None
    status = mapping(value, "status")
    if kind == "DaemonSet":
        return Replicas(number(status, "numberReady"), number(status, "desiredNumberScheduled"))
    if kind == "Job":
        wanted = number(value, "spec", "completions") if at(value, "spec", "completions") is not None else 1
        return Replicas(number(status, "succeeded"), wanted)
    wanted = number(value, "spec", "replicas") if at(value, "spec", "replicas") is not None else 1
    return Replicas(number(status, "readyReplicas"), wanted)


def pod(value: Json) -> Pod:
    """A pod as it was fetched, in numbers."""
    containers = mappings(value, "status", "containerStatuses")
    every = (*mappings(value, "status", "initContainerStatuses"), *containers)
    ends = [mapping(held, "lastState", "terminated") for held in every]
    last = max((end for end in ends if end), key=lambda end: moment(end, "finishedAt"), default=None)
    state = kstatus({**value, "apiVersion": "v1", "kind": "Pod"})
    return Pod(
        namespace=text(value, "metadata", "namespace"),
        name=text(value, "metadata", "name"),
        state=state,
        ready=sum(flag(held, "ready") for held in containers),
        containers=len(containers) or len(mappings(value, "spec", "containers")),
        restarts=sum(number(held, "restartCount") for held in every),
        last_end=(text(last, "reason") or f"exit code {number(last, 'exitCode')}") if last is not None else "",
        ended=moment(last, "finishedAt") if last is not None else 0,
        created=moment(value, "metadata", "creationTimestamp"),
        labels=texts(value, "metadata", "labels"),
        done=text(value, "status", "phase") == "Succeeded",
        budgets=budgets(value),
    )


def running_jobs(value: Json) -> Json:
    """The selector of the pods of a CronJob's jobs that run now, by the name of the job; empty if none do."""
    names = [name for held in mappings(value, "status", "active") if (name := text(held, "name"))]
    if not names:
        return NOTHING
    return {"matchExpressions": [{"key": "job-name", "operator": "In", "values": names}]}


def cron_words(value: Json) -> str:
    """What is to be said of a CronJob, which has no conditions: at rest, running, or that its last run did not succeed.

    ``lastSuccessfulTime`` is told since Kubernetes 1.21; where it never is, nothing is concluded from it.
    """
    if flag(value, "spec", "suspend"):
        return "is suspended: it starts no jobs"
    status = mapping(value, "status")
    due, well = moment(status, "lastScheduleTime"), moment(status, "lastSuccessfulTime")
    if mappings(status, "active"):
        return "a job of it runs now"
    return "its last run has not succeeded" if well and due > well else ""


def selector_text(selector: Json) -> str:
    """A selector of pods as the API's ``labelSelector``; empty where it selects nothing or cannot be said."""
    terms = [f"{key}={value}" for key, value in texts(selector, "matchLabels").items()]
    for held in mappings(selector, "matchExpressions"):
        key, values = text(held, "key"), ",".join(_values(held))
        words = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }
        terms.append(words.get(text(held, "operator"), key))
    return ",".join(terms)


def selected(selector: Json, labels: Mapping[str, str]) -> bool:
    """Whether a selector of pods selects these labels; an empty one selects nothing, as workloads have it."""
    wanted = texts(selector, "matchLabels")
    expressions = mappings(selector, "matchExpressions")
    if not wanted and not expressions:
        return False
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _meets(held, labels) for held in expressions
    )


def _meets(held: Json, labels: Mapping[str, str]) -> bool:
    key, values = text(held, "key"), _values(held)
    match text(held, "operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "DoesNotExist":
            return key not in labels
        case _:
            return key in labels


def _values(held: Json) -> list[str]:
    return [str(value) for value in items(held, "values")]
