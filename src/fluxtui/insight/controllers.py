"""Flux' controllers in one cluster: what runs, beside what the report says and what the instance asked for.

Where Deployments may not be seen, the report's word stands alone and is marked so; without pods, restarts are unknown.
"""

from collections.abc import Iterable, Iterator

import msgspec

from fluxtui.kinds.ages import age
from fluxtui.kinds.cluster import DeploymentRecord, PodRecord
from fluxtui.kinds.instance import Image, InstanceRecord
from fluxtui.kinds.report import ComponentStatus, ReportRecord
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData

VERSION_LABEL = "app.kubernetes.io/version"
RECENT = 3600
"""Seconds for which a restart is worth a word."""


class Controller(msgspec.Struct, frozen=True):
    """One controller. `wanted` replicas and `available` ones, -1 where no Deployment tells; `restarts` -1: not known.

    `told` is the report's word on it, empty without one. `remarks` are what does not fit together, in words;
    `release` is the Flux version that its Deployment is labelled with.
    """

    name: str
    status: Status
    wanted: int = -1
    available: int = -1
    repository: str = ""
    tag: str = ""
    digest: str = ""
    release: str = ""
    restarts: int = -1
    told: str = ""
    message: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def image(self) -> str:
        """Tag and short digest: ``v1.9.4@16ada99``."""
        digest = self.digest.partition(":")[2][:7]
        return f"{self.tag}@{digest}" if digest else self.tag


def split_image(image: str) -> tuple[str, str, str]:
    """(repository, tag, digest) of an image name; a port of its registry is no tag."""
    rest, _, digest = image.partition("@")
    repository, colon, tag = rest.rpartition(":")
    return (repository, tag, digest) if colon and "/" not in tag else (rest, "", digest)


def visible(data: ClusterData) -> bool:
    """Whether Deployments can be seen, now or as they were."""
    table = data.table("Deployment")
    return bool(table.rows) or table.state.phase is Phase.FRESH


def controllers(
    data: ClusterData, report: ReportRecord | None, instance: InstanceRecord | None, now: float
) -> tuple[Controller, ...]:
    """Every controller that runs, is reported, or was asked for; by name."""
    rows = {row.record.name: row for row in data.table("Deployment").rows.values()}
    told = {each.name: each for each in report.components} if report is not None else {}
    asked = {image.name: image for image in instance.images} if instance is not None else {}
    pods = _pods(data)
    found: list[Controller] = []
    for name in sorted({*rows, *told, *(asked if visible(data) else ())}):
        shard_of = _shard_of(name, asked)
        wanted = asked.get(name) or asked.get(shard_of)
        remarks = () if wanted or not asked else ("runs, and the FluxInstance does not ask for it",)
        row = rows.get(name)
        if row is not None and isinstance(row.record, DeploymentRecord):
            found.append(_running(row, row.record, told.get(name), wanted, pods, now, remarks))
        elif name in told and not visible(data):
            found.append(_reported(told[name], wanted))
        elif name in told:
            gone = "the report tells of it, and there is no Deployment"
            found.append(msgspec.structs.replace(_reported(told[name], wanted), status=Status.UNKNOWN, remarks=(gone,)))
        else:
            lost = ("the FluxInstance asks for it, and there is no Deployment",)
            found.append(Controller(name, Status.FAILED, 0, 0, remarks=lost))
    return tuple(found)


def _shard_of(name: str, asked: Iterable[str]) -> str:
    """The component that a shard (``source-controller-shard1``) is one of, empty for none."""
    return next((base for base in asked if name.startswith(f"{base}-")), "")


def _pods(data: ClusterData) -> dict[str, list[PodRecord]] | None:
    """The pods by controller, None where they may not be seen."""
    table = data.table("Pod")
    if not table.rows and table.state.phase is not Phase.FRESH:
        return None
    found: dict[str, list[PodRecord]] = {}
    for row in table.rows.values():
        if isinstance(row.record, PodRecord):
            found.setdefault(row.record.controller, []).append(row.record)
    return found


def _running(
    row: Row,
    record: DeploymentRecord,
    told: ComponentStatus | None,
    wanted: Image | None,
    pods: dict[str, list[PodRecord]] | None,
    now: float,
    remarks: tuple[str, ...],
) -> Controller:
    repository, tag, digest = split_image(record.images[0] if record.images else "")
    own = pods.get(record.name, []) if pods is not None else []
    return Controller(
        record.name,
        row.status,
        record.replicas,
        record.available,
        repository,
        tag,
        digest,
        record.label(VERSION_LABEL),
        sum(pod.restarts for pod in own) if own else -1,
        told.status if told is not None else "",
        (row.message or row.reason) if row.status is not Status.READY else "",
        (*remarks, *_against(row, told), *_images(tag, digest, wanted), *_restarted(own, now)),
    )


def _reported(told: ComponentStatus, wanted: Image | None) -> Controller:
    """One that only the report tells of."""
    repository, tag, digest = split_image(told.image)
    status = Status.READY if told.ready else _kstatus(told.status)
    message = "" if told.ready else told.status
    remarks = tuple(_images(tag, digest, wanted))
    return Controller(
        told.name, status, -1, -1, repository, tag, digest, told=told.status, message=message, remarks=remarks
    )


def _kstatus(words: str) -> Status:
    """kstatus' word at the beginning of a component's status."""
    word = words.partition(" ")[0]
    return {"InProgress": Status.PROGRESSING, "Terminating": Status.PROGRESSING, "Unknown": Status.UNKNOWN}.get(
        word, Status.FAILED
    )


def _against(row: Row, told: ComponentStatus | None) -> Iterator[str]:
    """Where the report contradicts the Deployment."""
    if told is None:
        return
    if told.ready and row.status is not Status.READY:
        yield f"the report still says {told.status.partition(' ')[0] or 'ready'}"
    elif not told.ready and row.status is Status.READY:
        yield f"the report still says: {told.status}"


def _images(tag: str, digest: str, wanted: Image | None) -> Iterator[str]:
    """Where what runs is not what the instance resolved."""
    if wanted is None or not tag:
        return
    if wanted.tag and wanted.tag != tag:
        yield f"runs {tag}, the FluxInstance installed {wanted.tag}"
    elif wanted.digest and digest and wanted.digest != digest:
        yield f"runs {digest.partition(':')[2][:7]}, the FluxInstance installed {wanted.digest.partition(':')[2][:7]}"


def _restarted(pods: list[PodRecord], now: float) -> Iterator[str]:
    last = max(pods, key=lambda pod: pod.ended, default=None)
    if last is not None and last.ended and now - last.ended < RECENT:
        yield f"its last container ended {age(now - last.ended)} ago: {last.last_end}"
