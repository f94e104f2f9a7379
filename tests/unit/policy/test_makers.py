"""The owner walk: what is known now is said now, what is asked for is fetched once, by metadata alone."""

import asyncio
import json

import pytest

from fluxtui.kube.answers import Forbidden, KubeError, NotFound
from fluxtui.kube.makers import KEPT, PATIENCE, Makers


class Reader:
    """A server: objects by (namespace, plural) as dicts, or the error that it answers with."""

    def __init__(self):
        self.objects = {}
        self.asked = []
        self.under_way = self.most = 0
        self.page = 500

    async def list_page(self, resource, scope, *, token="", limit=500, slim=False):
        assert slim and scope.namespace
        self.asked.append((scope.namespace, resource.plural, token))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        found = self.objects.get((scope.namespace, resource.plural), [])
        if isinstance(found, Exception):
            raise found
        if isinstance(found, bytes):
            return found
        start = int(token or 0)
        more = {"continue": str(start + self.page)} if start + self.page < len(found) else {}
        return json.dumps({"metadata": more, "items": found[start : start + self.page]}).encode()


class Cluster:
    def __init__(self):
        self.reader = Reader()


class Fleet:
    def __init__(self, *names):
        self.clusters = {name: Cluster() for name in names}


class Clock:
    time = 1000.0

    def __call__(self):
        return self.time


def item(name, *owners, labels=None):
    told = [dict(zip(("apiVersion", "kind", "name", "controller"), owner, strict=False)) for owner in owners]
    return {"metadata": {"name": name, "ownerReferences": told} | ({"labels": labels} if labels else {})}


@pytest.fixture
def fleet():
    fleet = Fleet("prod")
    fleet.clusters["prod"].reader.objects = {
        ("web", "pods"): [
            item("front-7d4-x", ("apps/v1", "ReplicaSet", "front-7d4", True)),
            item("redis-0", ("example.com/v1", "Watcher", "w"), ("apps/v1", "StatefulSet", "redis", True)),
            item("night-123-z", ("batch/v1", "Job", "night-123", True)),
            item("lonely"),
            item("labelled", labels={"kustomize.toolkit.fluxcd.io/name": "apps"}),
        ],
        ("web", "replicasets"): [item("front-7d4", ("apps/v1", "Deployment", "front", True))],
        ("web", "jobs"): [item("night-123", ("batch/v1", "CronJob", "night", True))],
        ("web", "deployments"): [
            item(
                "front",
                labels={"helm.toolkit.fluxcd.io/name": "front", "helm.toolkit.fluxcd.io/namespace": "apps"},
            )
        ],
    }
    return fleet


def words(found):
    return [f"{each.group}/{each.kind}/{each.namespace}/{each.name}" for each in found]


def pod(about, name, namespace="web"):
    return about(f"v1 Pod {namespace}/{name}")


async def test_nothing_is_known_until_it_was_asked_for(fleet, about):
    makers = Makers(fleet, Clock())
    assert makers.made_by("prod", pod(about, "front-7d4-x")) == ()
    assert makers.wanted == 1
    assert await makers.learn()
    assert words(makers.made_by("prod", pod(about, "front-7d4-x"))) == [
        "apps/ReplicaSet/web/front-7d4",
        "apps/Deployment/web/front",
    ]
    assert words(makers.made_by("prod", pod(about, "redis-0"))) == ["apps/StatefulSet/web/redis"], "by its controller"
    assert words(makers.made_by("prod", pod(about, "night-123-z"))) == [
        "batch/Job/web/night-123",
        "batch/CronJob/web/night",
    ]
    assert makers.made_by("prod", pod(about, "lonely")) == ()
    assert makers.wanted == 0
    reader = fleet.clusters["prod"].reader
    assert [plural for _, plural, _ in reader.asked] == ["pods", "replicasets", "jobs"], "and not the Deployments"
    assert not await makers.learn()
    assert len(reader.asked) == 3


async def test_why_it_is_not_known_what_made_an_object(fleet, about):
    makers = Makers(fleet, Clock())
    front = pod(about, "front-7d4-x")
    makers.made_by("prod", front)
    assert makers.unwalked("prod", front) == "what made it is looked for"
    await makers.learn()
    assert makers.unwalked("prod", front) == ""
    assert makers.unwalked("prod", pod(about, "lonely")) == "", "nothing made it"
    assert makers.unwalked("prod", pod(about, "never-was")) == "the Pod is gone"
    assert makers.unwalked("prod", about("v1 ConfigMap web/x")) == ""
    fleet.clusters["prod"].reader.objects["shop", "pods"] = Forbidden(403, "Forbidden", "no", "list", "pods")
    makers.made_by("prod", pod(about, "x", "shop"))
    await makers.learn()
    assert makers.unwalked("prod", pod(about, "x", "shop")) == "pods: forbidden"


async def test_labels_on_the_way_claim_a_flux_object(fleet, about):
    makers = Makers(fleet, Clock())
    front = about("apps/v1 Deployment web/front")
    for subject in (pod(about, "labelled"), front):
        makers.made_by("prod", subject)
    await makers.learn()
    assert words(makers.made_by("prod", pod(about, "labelled"))) == [
        "kustomize.toolkit.fluxcd.io/Kustomization/web/apps"
    ]
    assert words(makers.made_by("prod", front)) == ["helm.toolkit.fluxcd.io/HelmRelease/apps/front"]


async def test_only_what_is_made_or_makes_is_walked(fleet, about):
    makers = Makers(fleet, Clock())
    for text in ("v1 ConfigMap web/x", "example.com/v1 Pod web/x", "v1 Namespace web", "v1 Pod x"):
        assert makers.made_by("prod", about(text)) == ()
    assert makers.wanted == 0


async def test_an_object_that_is_gone_is_not_asked_for_over_and_over(fleet, about):
    clock = Clock()
    makers = Makers(fleet, clock)
    gone = pod(about, "front-7d4-gone")
    makers.made_by("prod", gone)
    await makers.learn()
    assert makers.made_by("prod", gone) == ()
    assert makers.wanted == 0
    clock.time += PATIENCE + 1
    makers.made_by("prod", gone)
    assert makers.wanted == 1
    assert not await makers.learn(), "it brought no news"
    clock.time += PATIENCE + 1
    makers.made_by("prod", gone)
    assert makers.wanted == 0, "twice as long"
    clock.time += PATIENCE
    makers.made_by("prod", gone)
    assert makers.wanted == 1
    fleet.clusters["prod"].reader.objects["web", "pods"].append(item("new", ("apps/v1", "StatefulSet", "s", True)))
    assert await makers.learn(), "news: as at first"
    clock.time += PATIENCE + 1
    makers.made_by("prod", gone)
    assert makers.wanted == 1


async def test_what_is_known_counts_while_it_is_asked_for_again(fleet, about):
    clock = Clock()
    makers = Makers(fleet, clock)
    makers.made_by("prod", pod(about, "redis-0"))
    await makers.learn()
    clock.time += KEPT + 1
    assert makers.made_by("prod", pod(about, "redis-0"))
    assert makers.wanted == 1
    reader = fleet.clusters["prod"].reader
    reader.objects["web", "pods"] = KubeError("connection lost")
    assert not await makers.learn()
    assert makers.made_by("prod", pod(about, "redis-0")), "the last word stays"
    assert makers.troubles("prod") == {"connection lost": ["web: pods"]}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Forbidden(403, "Forbidden", "no", "list", "pods"), "forbidden"),
        (NotFound(404, "NotFound", "no", "list", "pods"), "not served"),
        (KubeError("away"), "away"),
        (b"<html>", "the answer is no list"),
        (b"[]", "the answer is no list"),
    ],
)
async def test_what_cannot_be_listed_is_told_and_survived(fleet, about, answer, why):
    makers = Makers(fleet, Clock())
    fleet.clusters["prod"].reader.objects["web", "pods"] = answer
    makers.made_by("prod", pod(about, "redis-0"))
    await makers.learn()
    assert makers.made_by("prod", pod(about, "redis-0")) == ()
    assert makers.troubles("prod") == {why: ["web: pods"]}
    assert makers.troubles("eu") == {}
    assert makers.wanted == 0, "not again at once"


async def test_odd_objects_are_left_out(fleet, about):
    makers = Makers(fleet, Clock())
    items = [1, {}, {"metadata": None}, {"metadata": {"name": "a", "ownerReferences": [{"kind": 5}]}}]
    items += [{"metadata": {"name": "b\x1b", "ownerReferences": [{"kind": "X", "name": "[red]\n"}]}}]
    fleet.clusters["prod"].reader.objects["web", "pods"] = items
    makers.made_by("prod", pod(about, "b\\x1b"))
    await makers.learn()
    (found,) = makers.made_by("prod", pod(about, "b\\x1b"))
    assert found.name == "[red]\\x0a"


async def test_circles_end(fleet, about):
    makers = Makers(fleet, Clock())
    reader = fleet.clusters["prod"].reader
    reader.objects["web", "replicasets"] = [
        item("a", ("apps/v1", "ReplicaSet", "b", True)),
        item("b", ("apps/v1", "ReplicaSet", "a", True)),
        item("self", ("apps/v1", "ReplicaSet", "self", True)),
    ]
    for name in ("a", "self"):
        makers.made_by("prod", about(f"apps/v1 ReplicaSet web/{name}"))
    await makers.learn()
    assert len(makers.made_by("prod", about("apps/v1 ReplicaSet web/a"))) <= 2
    assert len(makers.made_by("prod", about("apps/v1 ReplicaSet web/self"))) <= 1


async def test_pages_are_followed_and_bounded(fleet, about):
    makers = Makers(fleet, Clock())
    reader = fleet.clusters["prod"].reader
    reader.page = 2
    reader.objects["web", "pods"] = [item(f"p{at}", ("apps/v1", "StatefulSet", "s", True)) for at in range(50)]
    makers.made_by("prod", pod(about, "p0"))
    await makers.learn()
    assert len(reader.asked) == 20
    assert makers.made_by("prod", pod(about, "p39"))
    assert makers.troubles("prod") == {"more than 10,000": ["web: pods"]}


async def test_never_two_walks_of_a_namespace_and_few_requests_at_a_time(about):
    fleet = Fleet("prod", "eu")
    makers = Makers(fleet, Clock())
    for name in fleet.clusters:
        for at in range(20):
            makers.made_by(name, pod(about, "x", f"n{at}"))
    assert makers.wanted == 40
    await asyncio.gather(makers.learn(), makers.learn())
    readers = [cluster.reader for cluster in fleet.clusters.values()]
    assert all(len(reader.asked) == len(set(reader.asked)) == 20 for reader in readers)
    assert sum(reader.most for reader in readers) <= 8
    assert max(reader.most for reader in readers) <= 4


async def test_clusters_that_leave_are_forgotten(fleet, about):
    makers = Makers(fleet, Clock())
    makers.made_by("prod", pod(about, "redis-0"))
    await makers.learn()
    makers.made_by("gone", pod(about, "redis-0"))
    cluster = fleet.clusters.pop("prod")
    await makers.learn()
    assert makers.wanted == 0
    fleet.clusters["prod"] = cluster
    assert makers.made_by("prod", pod(about, "redis-0")) == ()
