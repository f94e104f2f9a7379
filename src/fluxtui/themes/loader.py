"""Reads themes: the built-in ones without a YAML parser, those of users with one, and never crashes on a bad file.

A theme file is a mapping of Textual's theme fields, an optional `extends` with the name of a built-in
theme, and `variables`. Everything is checked here, as Textual itself fails at the first use of a bad value.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from textual.color import Color, ColorParseError
from textual.theme import Theme

from fluxtui.themes.names import COLORS, FLAGS, TEXT_STYLES, VARIABLES

DEFAULT = "fluxtui-dark"
MONO = "fluxtui-mono"
BUILTIN: tuple[str, ...] = (DEFAULT, "fluxtui-light", "fluxtui-colorblind", MONO)

_FLAT = re.compile(r'^(?P<indent> *)(?P<key>[\w-]+):(?: +(?P<value>"[^"]*"|[^"#]+?))? *$')
_PERCENT = re.compile(r"^(?P<color>\S.*?)\s+(?P<percent>\d{1,3})%$")


class ThemeError(Exception):
    """A theme file that cannot be used."""

    def __init__(self, path: str, key: str, reason: str, line: int = 0) -> None:
        self.path = path
        self.key = key
        """The key at fault, "" if it is the file as a whole."""
        self.reason = reason
        self.line = line
        """From 1, 0 if unknown."""
        super().__init__(f"{path}{f':{line}' if line else ''}: {f'{key}: ' if key else ''}{reason}")


class Entry(NamedTuple):
    """A value of a theme file and the line it is on."""

    value: object
    line: int


Entries = dict[str, Entry]
"""Keys of a file; those under `variables` as "variables.<name>"."""


def default_name(environ: Mapping[str, str]) -> str:
    """The theme to start with when none is configured: without colour if NO_COLOR is set (https://no-color.org)."""
    return MONO if environ.get("NO_COLOR") else DEFAULT


@cache
def builtin(name: str) -> Theme:
    """A built-in theme. Raises KeyError if there is none of that name."""
    if name not in BUILTIN:
        raise KeyError(name)
    file = f"{name}.yaml"
    return _theme(_flat_entries(Path(__file__).with_name(file).read_text("utf-8")), file)


def variable_defaults(*, dark: bool) -> dict[str, str]:
    """Every variable of ours, for themes that know nothing of them (see `App.get_theme_variable_defaults`)."""
    return {**builtin(DEFAULT).variables, **({} if dark else builtin("fluxtui-light").variables)}


def load_file(path: Path) -> Theme:
    """A user's theme. Raises ThemeError, naming file, line and key."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(str(path), "", f"cannot be read: {error}") from error
    return _theme(_yaml_entries(text, str(path)), str(path))


def load_directory(path: Path) -> tuple[list[Theme], list[ThemeError]]:
    """The themes of a directory, by file name, and what is wrong with the others. Nothing if it is not there."""
    themes: list[Theme] = []
    errors: list[ThemeError] = []
    files = [file for file in path.iterdir() if file.suffix in (".yaml", ".yml")] if path.is_dir() else []
    for file in sorted(files):
        try:
            themes.append(load_file(file))
        except ThemeError as error:
            errors.append(error)
    return themes, errors


def _flat_entries(text: str) -> Entries:
    """Reads the YAML of our own files, two levels of plain scalars, in a fraction of a millisecond.

    Importing a YAML parser costs more than showing the first screen's widgets. Tests hold this
    reader against PyYAML on every built-in file.
    """
    entries: Entries = {}
    parent = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        found = _FLAT.match(line)
        if found is None:
            raise ThemeError("built-in theme", "", f"not a plain scalar: {line!r}", number)
        key, value = found["key"], found["value"]
        if value is None:
            parent = f"{key}."
            continue
        if not found["indent"]:
            parent = ""
        scalar = value[1:-1] if value.startswith('"') else {"true": True, "false": False}.get(value, value)
        entries[parent + key] = Entry(scalar, number)
    return entries


def _yaml_entries(text: str, path: str) -> Entries:
    """Reads any YAML, keeping the lines of keys."""
    import yaml

    try:
        root = cast("Any", yaml.compose(text, Loader=yaml.SafeLoader))
        if root is None or not isinstance(root, yaml.MappingNode):
            raise ThemeError(path, "", "must be a mapping of keys to values", 1)
        return _node_entries(root, path, "")
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or error)
        raise ThemeError(path, "", f"is not YAML: {reason}", mark.line + 1 if mark else 0) from error


def _node_entries(node: Any, path: str, parent: str) -> Entries:
    import yaml

    construct = yaml.SafeLoader("")
    entries: Entries = {}
    for key_node, value_node in node.value:
        key, line = f"{parent}{key_node.value}", key_node.start_mark.line + 1
        if isinstance(value_node, yaml.ScalarNode):
            entries[key] = Entry(construct.construct_object(value_node), line)
        elif isinstance(value_node, yaml.MappingNode) and key == "variables":
            entries |= _node_entries(value_node, path, "variables.")
        else:
            raise ThemeError(path, key, "must be a single value", line)
    return entries


def _theme(entries: Entries, path: str) -> Theme:
    """Checks the entries and makes the theme; an extended theme gives what they leave open."""
    base = _extended(entries.pop("extends", None), path)
    fields: dict[str, Any] = {}
    variables: dict[str, str] = {}
    for key, (value, line) in entries.items():
        group, _, name = key.rpartition(".")
        if group:
            variables[name] = _variable(name, value, path, line)
        elif key == "name":
            fields[key] = _text(key, value, path, line)
        elif key in FLAGS:
            if not isinstance(value, bool):
                raise ThemeError(path, key, f"must be true or false, not {value!r}", line)
            fields[key] = value
        elif key in COLORS:
            fields[key] = _color(key, _text(key, value, path, line), path, line)
        else:
            raise _unknown(key, ("name", "extends", "variables", *FLAGS, *COLORS), path, line)
    for required in ("name", "primary"):
        if required not in fields and (required == "name" or base is None):
            raise ThemeError(path, required, "is missing")
    if fields.get("ansi"):
        # Textual's own stylesheet asks for these under a theme of terminal colours
        variables = {"ansi-background": "ansi_default", "ansi-foreground": "ansi_default", **variables}
    if base is not None:
        inherited = {key: getattr(base, key) for key in (*COLORS, *FLAGS)}
        return Theme(**{**inherited, **fields}, variables={**base.variables, **variables})
    return Theme(**fields, variables=variables)


def _extended(entry: Entry | None, path: str) -> Theme | None:
    if entry is None:
        return None
    if entry.value not in BUILTIN:
        raise ThemeError(path, "extends", f"{entry.value!r} is none of {', '.join(BUILTIN)}", entry.line)
    return builtin(str(entry.value))


def _variable(name: str, value: object, path: str, line: int) -> str:
    key = f"variables.{name}"
    text = _text(key, value, path, line)
    if name.endswith("-style"):
        if name not in TEXT_STYLES:
            raise _unknown(key, [f"variables.{known}" for known in TEXT_STYLES], path, line)
        wrong = [word for word in text.split() if word not in TEXT_STYLE_WORDS]
        if wrong:
            raise ThemeError(path, key, f"{wrong[0]!r} is none of {', '.join(TEXT_STYLE_WORDS)}", line)
        return text
    if name not in VARIABLES:
        raise _unknown(key, [f"variables.{known}" for known in VARIABLES], path, line)
    return _color(key, text, path, line)


TEXT_STYLE_WORDS = ("none", "bold", "dim", "italic", "underline", "reverse", "strike")


def _text(key: str, value: object, path: str, line: int) -> str:
    if not isinstance(value, str) or not value.strip():
        hint = " (a colour that starts with # needs quotes)" if value is None else ""
        raise ThemeError(path, key, f"must be text, not {value!r}{hint}", line)
    return value.strip()


def _color(key: str, text: str, path: str, line: int) -> str:
    percent = _PERCENT.match(text)
    try:
        Color.parse(percent["color"] if percent else text)
    except ColorParseError:
        raise ThemeError(path, key, f"{text!r} is not a colour", line) from None
    return text


def _unknown(key: str, known: Sequence[str], path: str, line: int) -> ThemeError:
    from difflib import get_close_matches

    close = get_close_matches(key, known, 1)
    return ThemeError(path, key, f"is not known{f'; did you mean {close[0]}?' if close else ''}", line)
