"""Themes: readable, complete, told apart without colour; a broken file is an error with its place."""

from itertools import combinations
from pathlib import Path

import pytest
import yaml
from textual.color import Color

from fluxtui import themes
from fluxtui.themes.loader import _flat_entries, load_directory, load_file
from fluxtui.themes.names import STATUSES, TEXT_STYLES, VARIABLES
from fluxtui.widgets.palette import INKS

FOLDER = Path(themes.__file__).parent
COLOURED = [name for name in themes.BUILTIN if name != "fluxtui-mono"]


@pytest.mark.parametrize("name", themes.BUILTIN)
def test_our_quick_reader_reads_what_a_yaml_parser_reads(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    parsed = yaml.safe_load(text)
    variables = parsed.pop("variables")
    expected = parsed | {f"variables.{key}": value for key, value in variables.items()}
    assert {key: entry.value for key, entry in _flat_entries(text).items()} == expected


@pytest.mark.parametrize("name", themes.BUILTIN)
def test_every_builtin_theme_is_listed_and_complete(name: str) -> None:
    theme = themes.builtin(name)
    assert theme.name == name
    assert {f"status-{status}" for status in STATUSES} <= set(theme.variables)
    assert sorted(themes.BUILTIN) == sorted(file.stem for file in FOLDER.glob("*.yaml"))


def luminance(color: Color) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in color.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio."""
    light, dark = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", COLOURED)
def test_text_is_readable_on_every_ground(name: str) -> None:
    theme = themes.builtin(name)
    variables = theme.variables
    grounds = {"background": theme.background or "", "panel": theme.panel or ""}
    grounds |= {key: variables[f"{key}-background"] for key in ("cursor", "cursor-blurred")}
    inks = {
        key: variables[key] for key in (*(f"status-{status}" for status in STATUSES), "muted", "strong", "link", "key")
    }
    for ground, background in grounds.items():
        for ink, color in {**inks, "foreground": theme.foreground or ""}.items():
            assert contrast(color, background) >= 4.5 - 0.6 * (ground != "background"), (ink, ground)
    for pair in ("tab-active", "badge", "match", "match-current"):
        assert contrast(variables[f"{pair}-color"], variables[f"{pair}-background"]) >= 4.5, pair
    assert contrast(variables["badge-warning-color"], variables["status-blocked"]) >= 4.5
    assert contrast(variables["badge-error-color"], variables["status-failed"]) >= 4.5


def deuteranope(color: str) -> tuple[float, float, float]:
    """What eyes without green cones see, linear RGB (Viénot, Brettel, Mollon 1999)."""
    red, green, blue = (part**2.2 for part in Color.parse(color).normalized)
    return (0.29275 * red + 0.70725 * green, 0.29275 * red + 0.70725 * green, -0.02234 * red + 0.02234 * green + blue)


def test_the_colourblind_theme_is_told_apart_without_green() -> None:
    variables = themes.builtin("fluxtui-colorblind").variables
    for one, other in combinations(("ready", "progressing", "blocked", "failed"), 2):
        seen = [deuteranope(variables[f"status-{status}"]) for status in (one, other)]
        apart = sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5
        assert apart > 0.1, (one, other)


def test_mono_has_no_colour_at_all() -> None:
    theme = themes.builtin("fluxtui-mono")
    colors = {value for key, value in theme.variables.items() if not key.endswith("-style")}
    assert colors == {"ansi_default"}
    assert theme.ansi


@pytest.mark.parametrize(
    ("environ", "name"), [({}, "fluxtui-dark"), ({"NO_COLOR": "1"}, "fluxtui-mono"), ({"NO_COLOR": ""}, "fluxtui-dark")]
)
def test_no_color_is_respected(environ: dict[str, str], name: str) -> None:
    assert themes.default_name(environ) == name


def test_every_style_name_of_the_widgets_may_be_styled_by_a_theme() -> None:
    assert {f"{name}-style" for name in INKS} <= set(TEXT_STYLES)
    firsts = {names[0] for ink in INKS.values() for names in (ink.color, ink.background) if names}
    assert firsts <= {*VARIABLES, "accent", "foreground"}


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_a_theme_extends_a_builtin_one(tmp_path: Path) -> None:
    theme = load_file(write(tmp_path, 'name: mine\nextends: fluxtui-light\nvariables:\n  muted: "#112233"\n'))
    light = themes.builtin("fluxtui-light")
    assert (theme.name, theme.dark, theme.primary) == ("mine", False, light.primary)
    assert theme.variables == {**light.variables, "muted": "#112233"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\nprimary: '#zz'\n", "mine.yaml:2: primary: '#zz' is not a colour"),
        (
            "name: x\nprimary: red\nvariables:\n  muted: nocolour\n",
            "mine.yaml:4: variables.muted: 'nocolour' is not a colour",
        ),
        (
            "name: x\nprimary: red\nvariables:\n  mutd: red\n",
            "mine.yaml:4: variables.mutd: is not known; did you mean variables.muted?",
        ),
        (
            "name: x\nprimary: #fff\n",
            "mine.yaml:2: primary: must be text, not None (a colour that starts with # needs quotes)",
        ),
        ("name: x\nprimry: red\n", "mine.yaml:2: primry: is not known; did you mean primary?"),
        ("name: x\nprimary: red\ndark: maybe\n", "mine.yaml:3: dark: must be true or false, not 'maybe'"),
        ("name: x\nextends: nobody\n", "mine.yaml:2: extends: 'nobody' is none of "),
        (
            "name: x\nprimary: red\nvariables:\n  key-style: blod\n",
            "mine.yaml:4: variables.key-style: 'blod' is none of none, bold",
        ),
        ("primary: red\n", "mine.yaml: name: is missing"),
        ("name: x\n", "mine.yaml: primary: is missing"),
        ("name: x\nprimary: [red]\n", "mine.yaml:2: primary: must be a single value"),
        ("- a list\n", "mine.yaml:1: must be a mapping of keys to values"),
        ("", "mine.yaml:1: must be a mapping of keys to values"),
        ("name: x\n  primary: : red\n", "mine.yaml:2: is not YAML: "),
    ],
)
def test_a_broken_file_is_an_error_with_file_line_and_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(themes.ThemeError) as caught:
        load_file(write(tmp_path, text))
    assert says in str(caught.value)


def test_a_broken_file_does_not_keep_others_from_loading(tmp_path: Path) -> None:
    write(tmp_path, "name: good\nprimary: red\n", "good.yaml")
    write(tmp_path, "name: bad\n", "bad.yml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "notes.txt").write_text("not a theme")
    loaded, errors = load_directory(tmp_path)
    assert [theme.name for theme in loaded] == ["good"]
    assert sorted(Path(error.path).name for error in errors) == ["bad.yml", "binary.yaml"]
    assert load_directory(tmp_path / "nowhere") == ([], [])
