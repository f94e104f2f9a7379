"""Events about policies: each thing once, refusals apart, and a flood is called one."""

from fluxtui.insight.policy.floods import floods, said

NOW = 1_800_000_000


def event(world, name, message, *, policy="labels", kind="ClusterPolicy", about="Deployment/redis", **more):
    what, _, named = about.partition("/")
    home, _, policy = policy.rpartition("/")
    body = {
        "metadata": {"name": name, "namespace": home or "default", "resourceVersion": name},
        "reason": "PolicyViolation",
        "message": message,
        "involvedObject": {"kind": kind, "name": policy} | ({"namespace": home} if home else {}),
        "related": {"kind": what, "namespace": "backend", "name": named},
        "action": "Resource Passed",
        "eventTime": "2027-01-15T07:59:00Z",
    }
    cluster = more.pop("cluster", "prod")
    return world.write("Event", body | more, cluster=cluster)


def told(world, **more):
    steps = said(world.policy, **more)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_what_is_repeated_is_told_once_with_its_count(world):
    world.put("ClusterPolicy", "labels", spec={"rules": [{"name": "team", "validate": {}}]})
    for at in range(5):
        event(
            world, f"e{at}", "Deployment backend/redis: [autogen-team] fail; no", eventTime=f"2027-01-15T07:5{at}:00Z"
        )
    event(world, "pod", "Pod backend/redis-0: [team] fail; no", about="Pod/redis-0", count=7)
    found = told(world)
    assert [(each.policy, each.rule, each.about, each.events, each.times) for each in found] == [
        ("ClusterPolicy//labels", "team", "Pod/backend/redis-0", 1, 7),
        ("ClusterPolicy//labels", "team", "Deployment/backend/redis", 5, 5),
    ]
    assert found[1].last - found[1].first == 240


def test_refusals_stand_first_and_are_never_one_with_what_a_scan_found(world):
    event(world, "scan", "Deployment backend/redis: [team] fail; no")
    event(world, "no", "Deployment backend/redis: [team] fail (blocked); no", action="Resource Blocked", eventTime=None)
    assert [each.blocked for each in told(world)] == [True, False]


def test_policies_of_every_kind_are_named_as_violations_name_them(world):
    event(world, "a", "x", policy="backend/own", kind="Policy")
    event(world, "b", "x", policy="limits", kind="ValidatingPolicy")
    event(world, "c", "x", policy="backend/limits", kind="NamespacedValidatingPolicy")
    event(world, "d", "x", policy="strange", kind="StrangePolicy")
    assert sorted(each.policy for each in told(world)) == [
        "NamespacedValidatingPolicy/backend/limits",
        "Policy/backend/own",
        "ValidatingPolicy//limits",
        "strange",
    ]


def test_a_flood_is_many_events_that_tell_few_things(world):
    for at in range(120):
        event(world, f"e{at}", f"Pod backend/p{at % 10}: [team] fail; no", about=f"Pod/p{at % 10}")
        event(world, f"f{at}", f"Pod backend/p{at}: [team] fail; no", about=f"Pod/p{at}", cluster="eu")
        if at < 90:
            event(world, f"g{at}", "Pod backend/p: [team] fail; no", cluster="us")
            event(world, f"h{at}", "x", action="Resource Blocked", cluster="us")
    (flood,) = floods(told(world))
    assert (flood.cluster, flood.events, flood.things) == ("prod", 120, 10)
    assert flood.policies == (("ClusterPolicy//labels", 120),)
    assert flood.hourly == 7200, "all within a minute"
    assert floods(told(world, clusters=["eu", "us"])) == ()
