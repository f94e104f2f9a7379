"""Full jitter: never longer than the ceiling, spread below it, and what the server asks for comes on top."""

import random

import pytest

from fluxtui.kube.backoff import Backoff


def test_ceilings_double_up_to_the_cap_and_start_over_after_a_success() -> None:
    backoff = Backoff(random.Random(1), base=0.5, cap=30.0)
    ceilings = []
    for _ in range(9):
        ceilings.append(backoff.ceiling())
        backoff.delay()
    assert ceilings == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    backoff.reset()
    assert backoff.ceiling() == 0.5


@pytest.mark.parametrize("failures", [0, 3, 10, 100_000])
def test_delays_fill_the_range_below_the_ceiling(failures: int) -> None:
    delays = []
    for seed in range(200):
        backoff = Backoff(random.Random(seed), base=1.0, cap=20.0)
        backoff.failures = failures
        ceiling = backoff.ceiling()
        delays.append(backoff.delay() / ceiling)
    assert 0.0 <= min(delays) < 0.1
    assert 0.9 < max(delays) <= 1.0


def test_what_the_server_asks_for_is_the_least() -> None:
    backoff = Backoff(random.Random(1), base=0.5, cap=30.0)
    assert 7.0 <= backoff.delay(at_least=7.0) <= 7.5
