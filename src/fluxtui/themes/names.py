"""The keys that a theme file may have."""

FLAGS: tuple[str, ...] = ("dark", "ansi")

COLORS: tuple[str, ...] = (
    "primary",
    "secondary",
    "warning",
    "error",
    "success",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "boost",
)
"""Textual's theme fields; only `primary` is required."""

STATUSES: tuple[str, ...] = ("ready", "progressing", "blocked", "failed", "suspended", "unknown", "nodata")

_OURS = (
    *(f"status-{status}" for status in STATUSES),
    *("muted", "faint", "strong", "link", "key"),
    *("cursor-background", "cursor-blurred-background", "cursor-bar", "mark", "marked-background"),
    *("selection-background", "match-color", "match-background"),
    *("match-current-color", "match-current-background"),
    *("tab-active-color", "tab-active-background"),
    *("badge-color", "badge-background", "badge-warning-color", "badge-error-color"),
    *("syntax-key", "syntax-string", "syntax-number", "syntax-constant"),
)

_TEXTUALS = (
    *("ansi-background", "ansi-foreground"),
    *("text", "text-muted", "text-disabled", "border", "border-blurred", "surface-active"),
    *("scrollbar", "scrollbar-hover", "scrollbar-active", "scrollbar-corner-color"),
    *("scrollbar-background", "scrollbar-background-hover", "scrollbar-background-active"),
    *("block-cursor-foreground", "block-cursor-background", "block-hover-background"),
    *("block-cursor-blurred-foreground", "block-cursor-blurred-background"),
    *("footer-foreground", "footer-background", "footer-key-foreground", "footer-key-background"),
    *("footer-description-foreground", "footer-description-background", "footer-item-background"),
    *("input-cursor-background", "input-cursor-foreground"),
    *("input-selection-background", "input-selection-foreground"),
    *("link-background", "link-background-hover", "link-color", "link-color-hover"),
    *("button-foreground", "button-color-foreground"),
    *("screen-selection-background", "screen-selection-foreground"),
)

VARIABLES: tuple[str, ...] = (*_OURS, *_TEXTUALS)
"""Variables whose value is a colour, optionally with an opacity: "#6ea8fe 35%"."""

_STYLED = (
    *(f"status-{status}" for status in STATUSES),
    *("success", "warning", "error", "info", "muted", "faint", "strong", "bold", "title", "accent", "link", "key"),
    *("border", "header", "header-sorted", "cursor", "cursor-blurred", "cursor-bar", "mark", "marked", "peak"),
    *("match", "match-current", "selection", "tab", "tab-key", "tab-active"),
    *("badge", "badge-warning", "badge-error"),
    *("syntax-key", "syntax-string", "syntax-number", "syntax-constant", "syntax-comment", "syntax-punctuation"),
)

TEXT_STYLES: tuple[str, ...] = (
    *(f"{name}-style" for name in _STYLED),
    *("block-cursor-text-style", "block-cursor-blurred-text-style", "input-cursor-text-style"),
    *("button-focus-text-style", "link-style-hover"),
)
"""Variables whose value is text styles: "bold underline", or "none"."""
