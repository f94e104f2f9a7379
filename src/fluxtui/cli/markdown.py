"""Markdown as the commands write it: see `fluxtui.widgets.markdown`."""

from fluxtui.widgets.markdown import code, fence, table

__all__ = ["code", "fence", "table"]
