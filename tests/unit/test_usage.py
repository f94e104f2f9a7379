"""Quantities, budgets, and how near pods are to their limits."""

import pytest

from fluxtui.insight.usage import budgets, cpu_words, memory_words, quantity, share, share_words, total, usage

MIB = 1 << 20


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("250m", 0.25), ("1", 1), ("1.5", 1.5), (".5", 0.5), ("120000n", 0.00012), ("64Mi", 64 * MIB), ("1Gi", 1 << 30),
        ("1e3", 1000), ("12E", 12e18), ("128974848", 128974848), ("1k", 1000), ("129M", 129e6),
        ("", 0), ("much", 0), ("1.2.3", 0), ("-5", 0), ("9" * 100, 0),
    ],
)  # fmt: skip
def test_quantities_are_read_as_kubernetes_writes_them(words, number):
    assert quantity(words) == pytest.approx(number)


def pod(**limits):
    asked = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": limits}
    containers = [{"name": "app", "resources": asked}, {"name": "proxy", "resources": {"requests": {"cpu": "10m"}}}]
    init = [{"name": "setup", "resources": asked}, {"name": "sidecar", "restartPolicy": "Always"}]
    return {"spec": {"containers": containers, "initContainers": init}}


def measured(**used):
    containers = [{"name": name, "usage": {"cpu": cpu, "memory": memory}} for name, (cpu, memory) in used.items()]
    return usage({"containers": containers, "timestamp": "2026-03-21T02:48:00Z"})


def test_sidecars_count_and_what_ends_before_the_pod_runs_does_not():
    assert [each.container for each in budgets(pod())] == ["app", "proxy", "sidecar"]


def test_a_pod_is_as_near_its_limit_as_the_nearest_of_its_containers():
    found = share(budgets(pod(memory="128Mi", cpu="200m")), measured(app=("50m", "116Mi"), proxy=("500m", "900Mi")))
    assert (found.near, round(found.memory_share, 2), found.cpu_share) == ("app", 0.91, 0.25)
    assert (found.cpu, found.memory, found.pods) == (pytest.approx(0.55), 1016 * MIB, 1)
    words = share_words(found)
    assert "memory 1016Mi of 64Mi asked for, limit 128Mi (91 % in app)" in words
    assert "cpu 550m of 110m asked for, limit 200m" in words


def test_without_limits_nothing_is_near_one():
    found = share(budgets(pod()), measured(app=("50m", "116Mi")))
    assert found.memory_share == 0 and not found.near
    assert "no limit" in share_words(found)


def test_of_several_pods_the_worst_counts_and_the_rest_adds_up():
    shares = [
        share(budgets(pod(memory="128Mi")), measured(app=("50m", memory))) for memory in ("64Mi", "120Mi", "32Mi")
    ]
    found = total(shares)
    assert (found.pods, found.memory, round(found.memory_share, 2)) == (3, 216 * MIB, 0.94)
    assert total([]).pods == 0


@pytest.mark.parametrize(
    ("cores", "size", "words"),
    [(0.1204, 118 * MIB, "120m 118Mi"), (1.26, 3.4 * (1 << 30), "1.3 3.4Gi"), (0, 0, "0m 0Ki"), (2, 1 << 30, "2 1Gi")],
)
def test_numbers_are_written_as_manifests_have_them(cores, size, words):
    assert f"{cpu_words(cores)} {memory_words(size)}" == words


@pytest.mark.parametrize("value", [{}, {"containers": "?"}, {"containers": [{"usage": 3}]}, {"timestamp": 7}])
def test_odd_answers_use_nothing(value):
    assert sum(cpu + memory for cpu, memory in usage(value).containers.values()) == 0
