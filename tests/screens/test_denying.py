"""From delivery to policy: who denied, which engine did not answer, what is violated; and the key that leads there."""

from tests.screens.world import SMALL, WIDE, World, command, kustomization, notified, running, screen, sees, until

from fluxtui.store.state import Phase

DENIED = """Deployment/backend/web dry-run failed (Forbidden): admission webhook "validate.kyverno.svc-fail" denied \
the request:

resource Deployment/backend/web was blocked due to the following policies

disallow-latest-tag:
  autogen-validate-image-tag: 'validation error: the tag latest is not allowed'
"""
SILENT = (
    "Secret/backend/s dry-run failed (InternalError): Internal error occurred: failed calling webhook "
    '"validate.kyverno.svc-fail": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/validate/fail": '
    "context deadline exceeded"
)


def failing(message, cluster="staging-1"):
    world = World("calm", ["staging-1", "prod-eu-1"])
    world.put(cluster, kustomization("backend", "web", ready=False, message=message))
    return world


async def known(pilot):
    """Wait until policy has been joined to delivery."""

    def there():
        joined = pilot.app.desk.joined
        return joined is not None and joined.objects and all(each.parts for each in joined.engines.engines)

    await until(pilot, there, "what policy says about delivery")


async def test_triage_names_the_policy_that_denied_and_leads_to_it_and_back():
    async with running(failing(DENIED), WIDE) as pilot:
        await known(pilot)
        text = await sees(pilot, "ClusterPolicy disallow-latest-tag rule autogen-validate-image-tag denies it")
        assert "violate it" in text
        await pilot.press("P")
        await sees(pilot, "disallow-latest-tag")
        await until(pilot, lambda: pilot.app.screen.tab == "policy", "the screen of policy")
        await pilot.press("minus")
        await sees(pilot, "root cause", "denies it")


async def test_a_webhook_that_does_not_answer_points_to_the_engine_of_its_cluster():
    async with running(failing(SILENT, "prod-eu-1"), SMALL) as pilot:
        await known(pilot)
        await sees(pilot, "P shows the engine")
        await pilot.press("P")
        await sees(pilot, "Kyverno of prod-eu-1")
        await pilot.press("1")
        await sees(pilot, "Kustomization backend/web")


async def test_the_page_tells_the_policy_and_enter_opens_it():
    async with running(failing(DENIED), WIDE) as pilot:
        await known(pilot)
        await sees(pilot, "denies it")
        await pilot.press("enter")
        await sees(pilot, "Overview", "ClusterPolicy disallow-latest-tag rule")
        await until(pilot, lambda: "kyverno.io" not in screen(pilot))
        while not any(line.startswith("▌policy") for line in screen(pilot).splitlines()):
            await pilot.press("down")
        await pilot.press("enter")
        await sees(pilot, "ClusterPolicy.kyverno.io disallow-latest-tag")
        await pilot.press("escape")
        await sees(pilot, "Kustomization backend/web")


async def test_why_tells_it_too():
    async with running(failing(DENIED), WIDE) as pilot:
        await known(pilot)
        await sees(pilot, "denies it")
        await pilot.press("enter", "x")
        await sees(pilot, "it is a root cause", "ClusterPolicy disallow-latest-tag rule")


async def test_the_tree_carries_what_is_violated():
    async with running(World("calm", ["staging-1"]), WIDE) as pilot:
        await known(pilot)
        joined = pilot.app.desk.joined
        (cluster, identity), tally = max(joined.objects.items(), key=lambda pair: pair[1].fails)
        await command(pilot, f"open {cluster}/{identity}")
        await sees(pilot, "Overview")
        await pilot.press("t")
        await sees(pilot, f"⚠ {tally.fails} policy")


async def test_p_lists_what_an_object_violates():
    async with running(World("calm", ["staging-1"]), WIDE) as pilot:
        await known(pilot)
        joined = pilot.app.desk.joined
        (_, identity), _ = max(joined.objects.items(), key=lambda pair: pair[1].fails)
        _, namespace, name = identity.split("/")
        await command(pilot, f"open staging-1/{identity}")
        await sees(pilot, "Overview", "P lists them")
        await pilot.press("P")
        await until(pilot, lambda: pilot.app.screen.tab == "policy", "the screen of policy")
        await sees(pilot, f"{namespace}/{name}")


async def test_p_says_so_where_policy_has_no_part():
    async with running(failing("build failed"), WIDE) as pilot:
        await known(pilot)
        await sees(pilot, "build failed")
        await pilot.press("P")
        await notified(pilot, "no policy is known to concern it")


async def test_health_has_a_column_of_policy():
    world = World("calm", ["staging-1", "update-1"])
    async with running(world, WIDE) as pilot:
        await until(pilot, lambda: pilot.app.desk.joined is not None and pilot.app.desk.joined.clusters)
        await pilot.press("3")
        text = await sees(pilot, "POLICY", "staging-1", "update-1")
        fails = pilot.app.desk.joined.clusters["staging-1"].fails
        row = next(line for line in text.splitlines() if "staging-1" in line and "2.10" in line)
        assert f" {fails} " in row


async def test_what_is_not_known_of_policy_is_not_said():
    world = failing("build failed")
    world.phase("staging-1", Phase.FORBIDDEN, "may not list", kinds=["Event"])
    async with running(world, WIDE) as pilot:
        await known(pilot)
        await sees(pilot, "build failed")
        assert "0 denials" not in screen(pilot)
