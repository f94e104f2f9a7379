"""Names that users of other tools type, and what is offered for those that are no command."""

import pytest

from fluxtui.screens.commands import CommandError, Go, parse


def test_deployments_have_the_name_that_k9s_gives_them():
    assert parse("dp") == Go("kinds", "deployments", "")


@pytest.mark.parametrize("typo", ["nss", "nms", "sec", "helmrelase"])
def test_what_is_offered_is_offered_once(typo):
    with pytest.raises(CommandError) as caught:
        parse(typo)
    offered = str(caught.value).rpartition("try ")[2].split(", ")
    assert len(offered) == len(set(offered))


def test_nothing_far_fetched_is_offered():
    with pytest.raises(CommandError, match="for the keys"):
        parse("nonsense")
