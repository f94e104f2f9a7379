"""Where log lines go: into the file that ``--log-file`` names, and nowhere else. Terminals are for what is drawn."""

from __future__ import annotations

import logging
import os
import platform
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import fluxtui
from fluxtui.cli.outcome import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from fluxtui.kube.fleet import Fleet
    from fluxtui.store.changes import Batch

log = logging.getLogger(__name__)

SIZE = 5 * 1024 * 1024
"""Bytes of one file; there is one older file beside it."""
CHATTY = ("aiohttp", "asyncio", "kubernetes_asyncio", "charset_normalizer", "urllib3")
"""Loggers of libraries: only their warnings. Their debug lines would hold requests and answers."""

_SECRETS = re.compile(
    r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"
    r"|((?:token|password|secret|authorization|client-key-data|client_key_data)[\"']?\s*[=:]\s*[\"']?)(?:(?:bearer|basic)\s+)?[^\s\"',}]{4,}"
    r"|(://[^/\s:@]*:)[^/\s@]+(?=@)"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
)


def start_logging(path: str) -> None:
    """Log to this file from now on, if there is one. Raises `Failure` when the file cannot be written."""
    root = logging.getLogger()
    if not path:
        return
    from logging.handlers import RotatingFileHandler

    place = Path(path).expanduser()
    try:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))  # names of clusters are no one else's
        handler = RotatingFileHandler(place, maxBytes=SIZE, backupCount=1, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise Failure(f"--log-file {place}: {error.strerror or error}") from error
    handler.setFormatter(Lines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    log.info("fluxtui %s, python %s on %s", fluxtui.__version__, platform.python_version(), platform.platform())


def log_states(fleet: Fleet) -> Callable[[], None]:
    """Log from now on what becomes of each cluster's data, kind by kind; what is returned logs the rest at the end.
    Costs nothing without a log.
    """
    if not log.isEnabledFor(logging.INFO):
        return lambda: None
    known: dict[tuple[str, str], tuple[str, str]] = {}

    def follow(batch: Batch) -> None:
        there = {data.name: data for data in fleet.store.clusters()}
        for cluster, kind in sorted(batch.states):
            table = there[cluster].tables.get(kind) if cluster in there else None
            told = (str(table.state.phase), table.state.detail) if table is not None else ("left", "")
            if known.get((cluster, kind)) != told:
                known[cluster, kind] = told
                log.info("%s %s: %s%s", cluster, kind, told[0], f": {told[1]}" if told[1] else "")

    fleet.subscribe(follow)
    return lambda: follow(fleet.store.drain())


class Lines(logging.Formatter):
    """Times in UTC, and no credentials, whoever logged them."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """One entry, with what looks like a credential taken out."""
        return redacted(super().format(record))


def redacted(text: str) -> str:
    """The text without bearer and basic credentials, tokens, passwords and keys."""
    return _SECRETS.sub(lambda found: f"{found[1] or found[2] or found[3] or ''}".rstrip() + " [redacted]", text)
