"""The looks: one YAML file per theme, and what reads them.

Lives here: colours and text styles by name. Must not: know any widget's or screen's layout. May know:
Textual's themes. Each theme gives `status-*` colours, of which none is told by colour alone.
"""

from fluxtui.themes.filters import line_filters
from fluxtui.themes.loader import (
    BUILTIN,
    DEFAULT,
    ThemeError,
    builtin,
    default_name,
    load_directory,
    load_file,
    variable_defaults,
)

__all__ = [
    "BUILTIN",
    "DEFAULT",
    "ThemeError",
    "builtin",
    "default_name",
    "line_filters",
    "load_directory",
    "load_file",
    "variable_defaults",
]
