"""Violations in groups: each counted once, three ways; what nobody breaks is a row too."""

from collections.abc import Generator
from typing import TypeVar

import pytest
from tests.screens.policing import BACKEND, LATEST, TEAM, picture, violation, violations

from fluxtui.insight.policy.board import By, arranged, grouped, order, ordered, total
from fluxtui.insight.policy.checklist import markdown
from fluxtui.insight.policy.model import Action
from fluxtui.insight.policy.narrowing import Hidden
from fluxtui.insight.policy.narrowing import compile as compile_filter
from fluxtui.insight.policy.policies import clean

T = TypeVar("T")


def run(steps: Generator[None, None, T]) -> T:
    """What the steps come to."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


@pytest.mark.parametrize("by", By)
def test_every_violation_is_in_one_group_and_the_counts_agree(by: By) -> None:
    every = violations()
    groups = run(grouped(run(ordered(every)), by))
    held = [each for group in groups for each in group.every()]
    assert sorted(map(order, held)) == sorted(map(order, every))
    together = run(total(groups))
    for number, result in enumerate(("fail", "warn", "error", "skip")):
        assert together.counts[number] == sum(each.finding.result == result for each in every)
        assert sum(group.counts[number] for group in groups) == together.counts[number]
    for group in groups:
        inside = list(group.every())
        assert group.objects == len({(each.cluster, each.subject) for each in inside})
        assert group.actions == tuple(action for action in Action if action in {each.action for each in inside})
        assert {name: sum(counts) for name, counts in group.clusters.items()} == {
            name: sum(each.cluster == name for each in inside) for name in {each.cluster for each in inside}
        }
        assert bool(group.within) != bool(group.violations)
        assert len({inner.key for inner in group.within}) == len(group.within)


def test_the_first_time_seen_is_the_earliest_and_certain_only_if_nothing_is_older() -> None:
    known = {"first_seen": 500, "certain": True}
    (group,) = run(
        grouped(
            [
                violation("prod-eu-1", "Pod", "a/one", TEAM, BACKEND["prod-eu-1"], **known),
                violation("prod-eu-1", "Pod", "a/two", TEAM, BACKEND["prod-eu-1"], first_seen=900, certain=False),
                violation("prod-eu-1", "Pod", "a/three", TEAM, BACKEND["prod-eu-1"], first_seen=0),
            ],
            By.POLICY,
        )
    )
    assert (group.first_seen, group.certain, group.newest) == (500, True, 900)
    older = violation("prod-eu-1", "Pod", "a/four", TEAM, BACKEND["prod-eu-1"], first_seen=500, certain=False)
    (group,) = run(grouped([*group.violations, older], By.POLICY))
    assert (group.first_seen, group.certain) == (500, False)


def test_what_is_reported_twice_alike_is_listed_once() -> None:
    one = violation("prod-eu-1", "Pod", "a/one", TEAM, BACKEND["prod-eu-1"])
    other = violation("prod-eu-1", "Pod", "a/one", LATEST, BACKEND["prod-eu-1"])
    assert len(run(ordered([one, other, one]))) == 2


def test_rules_that_nobody_breaks_are_told_and_narrowed_by_the_same_filter() -> None:
    shown = picture()
    every = run(clean(shown, shown.violations, frozenset(), compile_filter("", 0)))
    assert [(group.policy, group.rule) for group in every] == [("ClusterPolicy//verify-images", "signed-by-us")]
    assert run(clean(shown, shown.violations, frozenset(), compile_filter("severity:low", 0))) == []
    assert run(clean(shown, shown.violations, frozenset(), compile_filter("ns:backend", 0))) == []
    alone = run(clean(shown, shown.violations, frozenset({"staging-1"}), compile_filter("", 0)))
    assert "ClusterPolicy//pod-security" in {group.policy for group in alone}  # broken elsewhere, not there


def test_groups_are_arranged_by_what_is_asked() -> None:
    groups = run(grouped(run(ordered(violations())), By.POLICY))
    assert [group.fails for group in arranged(groups, "fails", down=False)] == [14, 3, 3, 1, 0]
    assert arranged(groups, "severity", down=False)[0].severity == "critical"
    names = [group.key for group in arranged(groups, "name", down=True)]
    assert names == sorted(names, reverse=True)


def test_a_checklist_escapes_what_clusters_say() -> None:
    bad = violation("prod-eu-1", "Pod", "a/`one`", TEAM, BACKEND["prod-eu-1"])
    told = markdown(picture([bad]), [bad], Hidden(3, 2), "ns:`x`")
    assert "a/'one'" in told and "filter `ns:'x'`" in told
    assert "Left out: 3 skipped, 2 by the filter, 240 passed." in told
    assert "## backend" in told and "Kustomization/backend/apps in prod-eu-1 @ latest-stable@9ab3f00" in told
