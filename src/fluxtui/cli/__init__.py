"""The command line: one module per command, and the same insight as table, JSON, YAML and Markdown.

Lives here: options, exit codes, and how reports read as text. Must not: compute insight, speak to API servers except
through `kube`, or be imported by anything. May know: everything below; only `demo` starts the simulator, as a process.
Nothing is imported here: what a command needs is imported when it runs, so that the screen paints at once.
"""


def main() -> None:
    """The ``fluxtui`` program. Exits with one of the codes of `outcome`."""
    import sys

    try:
        from fluxtui.cli.program import run

        sys.exit(run())
    except KeyboardInterrupt:  # while modules are being imported
        sys.exit(130)
