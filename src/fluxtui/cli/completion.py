"""``fluxtui completion``: what a shell needs to complete our commands."""

import click

from fluxtui.cli import options, outcome


@click.command("completion", short_help="The completion script of a shell.", context_settings=options.CONTEXT_SETTINGS)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print the completion script of a shell: commands, options, kinds, contexts and filters.

    \b
    bash   eval "$(fluxtui completion bash)"          in ~/.bashrc
    zsh    eval "$(fluxtui completion zsh)"           in ~/.zshrc
    fish   fluxtui completion fish > ~/.config/fish/completions/fluxtui.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - the choices are click's own shells
    made = found(context.find_root().command, {}, "fluxtui", "_FLUXTUI_COMPLETE")
    # not `source()`: that one runs a bash to learn its version
    click.echo(made.source_template % made.source_vars())
    return outcome.HEALTHY
