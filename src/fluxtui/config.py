"""The user's configuration: one YAML file, typed, with errors that name file and line.

It lies in the configuration folder of the platform (``$XDG_CONFIG_HOME/fluxtui/config.yaml``, see `fluxtui info`);
``FLUXTUI_CONFIG`` names another file. Every key is optional.
"""

import os
import re
from pathlib import Path
from typing import Any, cast

import msgspec

SIZE_LIMIT = 1 << 20
"""Bytes of a configuration file; larger ones are refused."""


class ConfigError(Exception):
    """The configuration cannot be used; the text names file, line and what to do."""


class ContextRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What holds for the contexts whose name matches a glob."""

    match: str
    read_only: bool = False
    protected: bool = False
    """Whether an action asks to type the context's name."""


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A list under a name: which kinds, what of them, in which order."""

    kinds: tuple[str, ...]
    """Names of kinds, as after ``:``."""
    filter: str = ""
    sort: str = ""
    """A column, with a minus before it for the other direction."""
    columns: tuple[str, ...] = ()
    """Ours (``cluster``, ``namespace``, ``name``, ``age``, ``delivered``…) and the server's; without any, all."""

    def __post_init__(self) -> None:
        if not self.kinds or not all(kind.strip() and "," not in kind for kind in self.kinds):
            raise ValueError("`kinds` wants the name of one kind at least, each of its own: [deploy, sts]")
        if any(not column.strip() for column in self.columns):
            raise ValueError("a name in `columns` is empty")
        problems = filter_problems(self.filter)
        if problems:
            raise ValueError(f"`filter` is not understood {problems[0]}")


def filter_problems(text: str) -> list[str]:
    """What is wrong with the grammar of a filter; its fields are known when the list is."""
    if not text.strip():
        return []
    from fluxtui.insight.terms import split

    return [str(problem) for problem in split(text)[1]]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file's content; the defaults are those of a missing file."""

    theme: str = ""
    watch: tuple[str, ...] = ()
    """Names or globs of the contexts to watch at start; without any, the kubeconfig's current one."""
    read_only: bool = False
    contexts: tuple[ContextRule, ...] = ()
    views: dict[str, View] = {}
    """Lists by name, for ``:view NAME``."""
    keys: dict[str, str] = {}
    """Binding id → keys, comma-separated; ids are listed by ``?``."""

    @property
    def read_only_contexts(self) -> tuple[str, ...]:
        """The globs of the contexts that must not be written to: one rule that says so is enough."""
        return tuple(rule.match for rule in self.contexts if rule.read_only)

    @property
    def protected_contexts(self) -> tuple[str, ...]:
        """The globs of the contexts whose name must be typed before an action."""
        return tuple(rule.match for rule in self.contexts if rule.protected)


def config_path() -> Path:
    """Where the configuration is read from."""
    told = os.environ.get("FLUXTUI_CONFIG")
    return Path(told).expanduser() if told else folder("config") / "config.yaml"


def folder(what: str) -> Path:
    """The folder for ``config``, ``state`` or ``cache`` by the platform's convention (XDG on Linux)."""
    import platformdirs

    places = {
        "config": platformdirs.user_config_path,
        "state": platformdirs.user_state_path,
        "cache": platformdirs.user_cache_path,
    }
    return places[what]("fluxtui")


def load_config(path: Path | None = None) -> Config:
    """Read the configuration; a missing file is the default one. Raises `ConfigError`."""
    place = path or config_path()
    try:
        with place.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise ConfigError(f"{place}: cannot be read ({error.strerror})") from error
    if len(data) > SIZE_LIMIT:
        raise ConfigError(f"{place}: larger than {SIZE_LIMIT >> 20} MiB; this is not a fluxtui configuration")
    return parse_config(data, str(place))


def parse_config(data: bytes, name: str) -> Config:
    """The configuration in these bytes; `name` is for the errors. Raises `ConfigError`."""
    import yaml

    try:
        tree = cast("Any", yaml.compose(data, Loader=yaml.CSafeLoader))
        value = yaml.load(data, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{name}{line}: not YAML: {problem}") from error
    views = cast("Any", value).get("views") if isinstance(value, dict) else None
    named = cast("dict[str, Any]", views) if isinstance(views, dict) else {}
    for view, held in named.items():  # each by itself: the path would not name it
        try:
            msgspec.convert(held, View)
        except msgspec.ValidationError as error:
            raise _mistake(error, tree, name, f".views.{view}") from error
    try:
        return msgspec.convert(value if value is not None else {}, Config)
    except msgspec.ValidationError as error:
        raise _mistake(error, tree, name) from error


def _mistake(error: msgspec.ValidationError, tree: Any, name: str, under: str = "") -> ConfigError:
    """What does not fit, with its line; `under` is the path of what was converted."""
    what, _, where = str(error).partition(" - at `$")
    where = under + where.rstrip("`")
    unknown = re.search(r"unknown field `(.+)`$", what)  # the path ends at what holds it
    line = _line(tree, f"{where}.{unknown[1]}" if unknown else where)
    place = f" (at {where.lstrip('.')})" if where else ""
    return ConfigError(f"{name}:{line}: {what}{place}")


def _line(tree: Any, path: str) -> int:
    """The line of the deepest YAML node on a path such as ``.contexts[0].read_only``."""
    node, line = tree, 1
    for step in path.replace("[", ".").replace("]", "").split("."):
        if not step or node is None:
            continue
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    return line


def _child(node: Any, step: str) -> tuple[int, Any] | None:
    """The line and the node under a key or an index of a YAML node."""
    held = cast("list[Any]", node.value) if isinstance(node.value, list) else []
    if step.isdigit() and int(step) < len(held):
        item = held[int(step)]
        return item.start_mark.line + 1, item
    for pair in held:
        if isinstance(pair, tuple) and cast("Any", pair)[0].value == step:
            key, value = cast("tuple[Any, Any]", pair)
            return key.start_mark.line + 1, value
    return None
