"""The screen of the policy engine: the worst cluster first, what trouble means, and the states without an engine."""

from tests.screens.world import SMALL, WIDE, World, command, running, screen, sees, type_filter, until

from fluxtui.store.state import Phase

KYVERNO = {"app.kubernetes.io/part-of": "kyverno"}
UNWANTED = (
    ("CleanupPolicy", "kyverno.io"),
    ("ClusterCleanupPolicy", "kyverno.io"),
    ("UpdateRequest", "kyverno.io"),
    ("EphemeralReport", "reports.kyverno.io"),
    *((kind, "policies.kyverno.io") for kind in ("ValidatingPolicy", "DeletingPolicy", "GeneratingPolicy")),
)
"""What the demo has and could be in trouble."""
PARTS = ("admission", "background", "cleanup", "reports")


def controller(name, ready=1, total=1):
    condition = {"type": "Available", "status": "True" if ready == total else "False", "reason": "Pods"}
    component = {"app.kubernetes.io/component": f"{name}-controller"}
    metadata = {"name": f"kyverno-{name}-controller", "namespace": "kyverno", "labels": KYVERNO | component}
    template = {"spec": {"containers": [{"image": "ghcr.io/kyverno/kyverno:v1.19.0"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": total, "template": template},
        "status": {"availableReplicas": ready, "conditions": [condition]},
    }


def hooks(kind="ValidatingWebhookConfiguration", **hook):
    told = {"name": "validate.kyverno.svc-fail", "failurePolicy": "Fail", "timeoutSeconds": 30, "rules": [{}]} | hook
    name = f"kyverno-resource-{kind.partition('Webhook')[0].lower()}-webhook-cfg"
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": {"webhook.kyverno.io/managed-by": "kyverno"}},
        "webhooks": [told],
    }


def engine(world, cluster, **ready):
    """A cluster whose engine is whole, but for what is given: replicas that are available."""
    for kind, group in UNWANTED:
        world._removed.update((cluster, known) for known in world.every(cluster, kind, group))  # nobody watches yet
    world.put(cluster, *(controller(name, ready.get(name, 1)) for name in PARTS))
    world.put(cluster, hooks(), hooks("MutatingWebhookConfiguration", name="mutate.kyverno.svc-fail"))


def world_of_two(**ready):
    world = World("calm", ["staging-1", "prod-eu-1"])
    engine(world, "staging-1")
    engine(world, "prod-eu-1", **ready)
    return world


async def test_the_worst_engine_comes_first_with_what_it_means():
    world = world_of_two(admission=0)
    async with running(world, WIDE) as pilot:
        await command(pilot, "engine")
        text = await sees(pilot, "1 down, 1", "0 of 1 admission controllers are available")
        rows = [line for line in text.splitlines() if "✖ down" in line or "staging-1" in line]
        assert "prod-eu-1" in rows[0]
        assert "is refused" in text
        assert "each request waits up to 30 s first" in text


async def test_the_details_follow_the_cursor():
    world = world_of_two(reports=0)
    async with running(world, SMALL) as pilot:
        await command(pilot, "engine")
        await sees(pilot, "Kyverno of prod-eu-1", "0 of 1 replicas of the reports-controller")
        await pilot.press("down")
        await sees(pilot, "Kyverno of staging-1")


async def test_exceptions_that_do_nothing_are_told_and_are_no_trouble():
    world = world_of_two()
    metadata = {"name": "lost", "namespace": "backend"}
    spec = {"exceptions": [{"policyName": "nowhere", "ruleNames": ["any"]}], "match": {}}
    made = {"apiVersion": "kyverno.io/v2", "kind": "PolicyException", "metadata": metadata, "spec": spec}
    world.put("staging-1", made)
    async with running(world, WIDE) as pilot:
        await command(pilot, "engine")
        await sees(pilot, "2 ok")
        await type_filter(pilot, "cluster:staging-1")
        await sees(pilot, "Kyverno of staging-1", "backend/lost: there is no policy nowhere")


async def test_an_engine_that_breaks_while_it_is_watched():
    world = world_of_two()
    async with running(world, WIDE) as pilot:
        await command(pilot, "engine")
        await sees(pilot, "2 ok")
        world.edit("staging-1", "Deployment/kyverno/kyverno-admission-controller", lambda obj: obj.update(status={}))
        world.tell()
        await sees(pilot, "1 down, 1 ok")


async def test_enter_opens_what_the_worst_finding_is_about():
    world = world_of_two(admission=0)
    async with running(world, WIDE) as pilot:
        await command(pilot, "engine")
        await sees(pilot, "1 down")
        await pilot.press("enter")
        await sees(pilot, "kyverno-admission-controller", "Overview")


async def test_a_cluster_that_hides_its_engine_is_unknown():
    world = world_of_two()
    world.phase("prod-eu-1", Phase.FORBIDDEN, "may not list", kinds=["ValidatingWebhookConfiguration"])
    async with running(world, WIDE) as pilot:
        await command(pilot, "engine")
        text = await sees(pilot, "1 unknown, 1 ok")
        assert "webhook configurations: may not be listed" in text


async def test_a_filter_finds_engines_by_cluster_status_and_words():
    world = world_of_two(admission=0)
    async with running(world, WIDE) as pilot:
        await command(pilot, "engine")
        await sees(pilot, "1 down")
        await type_filter(pilot, "status:failed")
        await until(pilot, lambda: "1 hidden by filter" in screen(pilot))
        assert "prod-eu-1" in screen(pilot)
