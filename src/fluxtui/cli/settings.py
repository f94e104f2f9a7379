"""What the options say, gathered from every level of the command line, and the contexts that they choose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from fluxtui.cli.outcome import Failure

if TYPE_CHECKING:
    from fluxtui.config import Config
    from fluxtui.kube.auth import Impersonation
    from fluxtui.kube.contexts import Chosen, Context, Kubeconfig


class Simulated(Protocol):
    """A simulated fleet that is starting or running."""

    def kubeconfig(self) -> str:
        """The path of its kubeconfig. Waits until it serves; raises `NoContext` when it does not."""
        ...

    def now(self) -> float:
        """The fleet's time, epoch seconds."""
        ...

    def end(self) -> None:
        """End it, and remove its files. Harmless when it has ended."""
        ...


@dataclass
class Settings:
    """One for the whole command line: an option of a subcommand overrides the same one before it."""

    kubeconfig: str = ""
    contexts: tuple[str, ...] = ()
    namespace: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    read_only: bool = False
    log_file: str = ""
    config_file: str = ""
    command: str = ""
    theme: str = ""
    demo: Simulated | None = None
    on_call: bool = False
    kiosk: bool = False
    every: int = 20
    """Seconds that a kiosk shows each page."""
    bell: bool = True

    def config(self) -> Config:
        """The configuration file. Raises `Failure`, naming file and line."""
        from fluxtui.config import ConfigError, load_config

        path = Path(self.config_file).expanduser() if self.config_file else None
        if path is not None and not path.exists():
            raise Failure(f"{path}: there is no such configuration file")
        try:
            return load_config(path)
        except ConfigError as error:
            raise Failure(str(error)) from error

    def impersonation(self) -> Impersonation:
        """Whom to act as. Raises `Failure`: groups alone are nobody."""
        from fluxtui.kube.auth import Impersonation

        if self.as_groups and not self.as_user:
            raise Failure("--as-group needs --as: the API server does not take groups without a user")
        return Impersonation(self.as_user, self.as_groups)

    def now(self) -> float:
        """The time, epoch seconds: that of the demo where there is one."""
        import time

        return self.demo.now() if self.demo is not None else time.time()

    def state(self) -> Path:
        """The folder of what is kept from one session to the next; that of the demo is its own."""
        from fluxtui.config import folder

        return folder("state") / "demo" if self.demo is not None else folder("state")

    def load(self) -> Kubeconfig:
        """Every context that the kubeconfig files offer."""
        from fluxtui.kube import contexts

        path = self.demo.kubeconfig() if self.demo is not None else self.kubeconfig
        return contexts.load(path or None)

    def find(self, config: Config, also: str = "") -> Chosen:
        """All contexts, and those to watch: ``--context``, else the configuration's ``watch``, else the current one
        (in the demo: all); and the one called ``also``. Raises `NoContext`.
        """
        from fluxtui.kube.contexts import Chosen, NoContext

        found = self.load()
        asked = tuple(context for context in found.contexts if context.name == also)
        try:
            selected = self.select(found, config)
        except NoContext:
            if not asked:
                raise
            selected = ()
        chosen = self.within((*selected, *(context for context in asked if context not in selected)))
        return Chosen(self.within(found.contexts), chosen, self.warnings(found, config))

    def select(self, found: Kubeconfig, config: Config) -> tuple[Context, ...]:
        """The contexts to watch. Raises `NoContext`."""
        from fluxtui.kube import contexts

        if self.contexts:
            return contexts.select(found, self.contexts)
        if self.demo is not None:
            return found.contexts
        try:
            missing = contexts.unmatched(found, config.watch)
            return contexts.select(found, [pattern for pattern in config.watch if pattern not in missing])
        except contexts.NoContext as error:
            if config.watch:
                raise contexts.NoContext(f"'watch' in the configuration: {error}") from error
            raise

    def warnings(self, found: Kubeconfig, config: Config) -> tuple[str, ...]:
        """What the configuration's ``watch`` names and is not there, and files that could not be read."""
        from fluxtui.kube import contexts

        watch = () if self.contexts or self.demo is not None else config.watch
        missing = contexts.unmatched(found, watch)
        told = [f"watch: {', '.join(map(repr, missing))} {'matches' if len(missing) == 1 else 'match'} no context"]
        return (*(told if missing else ()), *map(str, found.errors))

    def within(self, contexts: tuple[Context, ...]) -> tuple[Context, ...]:
        """With ``--namespace``, that is where to look when a list of all namespaces is not allowed."""
        if not self.namespace:
            return contexts
        return tuple(msgspec.structs.replace(context, namespace=self.namespace) for context in contexts)
