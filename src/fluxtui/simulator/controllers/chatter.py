"""What the containers of workloads say: made up line by line from the pod's name and the time, never stored.

The same line of the same pod is the same whenever it is asked for, so that a log can be read again from anywhere. Each
workload has a dialect of its own: JSON, logfmt, klog or an access log.
"""

import json
from datetime import UTC, datetime

from fluxtui.simulator.logs import Computed, LogLine
from fluxtui.simulator.world import digest

PATHS = (
    "/",
    "/healthz",
    "/api/v1/orders",
    "/api/v1/orders/4711",
    "/api/v1/customers",
    "/metrics",
    "/login",
    "/static/app.js",
)
INFO = (
    "request completed",
    "cache refreshed",
    "connection to the database established",
    "leader election renewed",
    "configuration reloaded",
    "worker finished its batch",
)
WARN = ("slow query", "retrying after a time-out", "queue is growing", "certificate expires in 9 days")
ERROR = ("connection reset by peer", "upstream answered 503", "context deadline exceeded", "cannot write the session")
ODDS = (6, 24)
"""Of a thousand lines: those that are errors, and those that are warnings."""


class Chatter(Computed):
    """The lines of one container between two moments (epoch seconds), computed when they are looked at."""

    def __init__(self, pod: str, container: str, began: float, until: float) -> None:
        self._seed = f"{pod}/{container}"
        self._began = began
        self._dialect = int(digest(container)[7:11], 16) % 4
        self._period = 0.7 + int(digest(self._seed)[7:11], 16) / 0xFFFF * 5.3
        super().__init__(max(0, int((until - began) / self._period)))

    def line(self, number: int) -> LogLine:
        """Spelled out."""
        draw = digest(f"{self._seed} {number}")[7:]
        when = self._began + (number + int(draw[:2], 16) / 260) * self._period
        return when, _said(self._dialect, when, draw, number)


def _said(dialect: int, when: float, draw: str, number: int) -> str:
    chance, which = int(draw[2:6], 16) % 1000, int(draw[6:10], 16)
    took, path = 1 + which % 240, PATHS[which % len(PATHS)]
    level, words = "info", INFO
    if number and chance < ODDS[1]:
        level, words = ("error", ERROR) if chance < ODDS[0] else ("warn", WARN)
    message = words[which % len(words)]
    time = datetime.fromtimestamp(when, UTC)
    stamp = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if dialect == 0:
        told = {"level": level, "ts": stamp, "caller": f"server/handler.go:{40 + which % 300}", "msg": message}
        return json.dumps(told | {"method": "GET", "path": path, "duration_ms": took, "request_id": draw[10:26]})
    if dialect == 1:
        return f'time={stamp} level={level} msg="{message}" path={path} duration={took}ms component=server'
    if dialect == 2:
        letter = {"info": "I", "warn": "W", "error": "E"}[level]
        return f"{letter}{time:%m%d %H:%M:%S.%f}       1 controller.go:{40 + which % 300}] {message} key={path}"
    status = {"info": 200, "warn": 429, "error": 502}[level]
    address = f"10.244.{which % 6}.{which % 250}"
    return (
        f'{address} - - [{time:%d/%b/%Y:%H:%M:%S +0000}] "GET {path} HTTP/1.1" {status} {which % 9000} "-" "probe/1.0"'
    )


def failing(container: str, image: str, began: float, ended: float) -> list[LogLine]:
    """The lines of a container that comes up with a bad image and gives up after a few seconds."""
    version = image.rpartition(":")[2]
    step = (ended - began) / 6
    said = (
        f"starting {container} {version}",
        "reading its configuration from /etc/config",
        "listening for admission reviews on :10250",
        'failed to load the serving certificate: open /tls/tls.crt: no such file or directory"',
        "panic: cannot serve without a certificate",
        "goroutine 1 [running]:\nmain.main()\n\t/workspace/cmd/webhook/main.go:87 +0x4a5",
    )
    return [
        (began + number * step, line)
        for number, text in enumerate(said)
        for line in text.replace('directory"', "directory").split("\n")
    ]
