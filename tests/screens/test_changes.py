"""Changes: what happened when, grouped; and what happened before a failure."""

from fluxtui.kube.answers import Forbidden
from fluxtui.screens.changes import ChangesScreen
from fluxtui.screens.resource import ResourceScreen

from .world import OPENING, SMALL, WIDE, Counter, Json, World, command, kustomization, running, sees, type_filter, until

CAUSE = "HelmRelease/cert-manager/cert-manager"


async def test_it_tells_the_story_of_the_incident_newest_first() -> None:
    async with running(World("incident"), WIDE) as pilot:
        await pilot.press("9")
        told = await sees(pilot, "in the last 30m", "OCIRepository backend/apps", "OCIRepository cert-manager/infra +")
        assert told.index("OCIRepository backend/apps") < told.index("OCIRepository cert-manager/infra +")
        assert "OOMKilled" in told
        assert "prod-us-1 unreachable" in " ".join(told.split()), "what is not seen is told"
        assert "30m ago" in told


async def test_a_key_on_a_failure_leads_to_what_changed_before_it_with_the_push_under_the_cursor() -> None:
    async with running(World("incident"), SMALL) as pilot:
        await sees(pilot, "root cause", "cert-manager/cert-manager")
        await pilot.press("W")
        told = await sees(pilot, "before HelmRelease cert-manager/cert-manager", "upstream")
        assert "▲ ▸ oci cert-manager/infra" in told
        screen = pilot.app.screen
        assert isinstance(screen, ChangesScreen)
        await until(pilot, lambda: screen.chosen() == ("prod-eu-1", "OCIRepository/cert-manager/infra"), "the push")
        await pilot.press("escape")
        await sees(pilot, "in the last 30m")


async def test_a_group_unfolds_into_its_members_and_they_open() -> None:
    async with running(World("incident"), WIDE) as pilot:
        await sees(pilot, "root cause")
        await pilot.press("W")
        await sees(pilot, "▸ OCIRepository cert-manager/infra")
        await pilot.press("enter")
        await sees(pilot, "▾ OCIRepository cert-manager/infra", "1.19.0 → 1.20.0")
        await pilot.press("down", "down", "down", "down")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen), "the page")


async def test_the_page_of_an_object_leads_to_what_changed_before_it() -> None:
    async with running(World("incident"), WIDE) as pilot:
        await sees(pilot, "root cause")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen), "the page")
        await pilot.press("W")
        await sees(pilot, "before HelmRelease cert-manager/cert-manager")


def edited(obj: Json, *fields: str, manager: str, at: str) -> None:
    """Somebody wrote these fields of the specification."""
    entry = {"manager": manager, "operation": "Update", "time": at, "fieldsType": "FieldsV1"}
    owned = {"f:spec": {f"f:{name}": {} for name in fields}}
    obj["metadata"]["generation"] = 5
    obj["metadata"].setdefault("managedFields", []).append({**entry, "fieldsV1": owned})


async def test_managed_fields_tell_who_wrote_what_before_a_failure_and_look_inferred() -> None:
    world = World("incident")
    world.edit(
        "prod-eu-1",
        CAUSE,
        lambda obj: edited(obj, "timeout", "values", manager="kubectl-edit", at="2026-03-21T02:30:00Z"),
    )
    async with running(world, WIDE) as pilot:
        await sees(pilot, "root cause", "cert-manager/cert-manager")
        await pilot.press("W")
        told = await sees(pilot, "before HelmRelease cert-manager/cert-manager", "≈ by kubectl-edit")
        row = next(line for line in told.splitlines() if "≈ by kubectl-edit" in line)
        assert "≈ spec " in row
        assert "inferred" in row
        assert "spec.timeout, spec.values" in row
        screen = pilot.app.screen
        assert isinstance(screen, ChangesScreen)
        asked = [identity for _, identity in world.fetched]
        assert len(asked) == len(set(asked)) <= 41, "each is read once for its version, and few are"
        await type_filter(pilot, "name:cert-manager kind:hr")
        await pilot.press("enter", "home")
        await sees(pilot, "hidden by filter")
        written = next(key for at in range(len(screen.rows)) if " spec " in (key := str(screen.rows.key(at))))
        assert screen.table.move_to(written)
        await sees(pilot, "written by", "≈ kubectl-edit spec.timeout, spec.values, last wrote 18m ago")


async def test_who_may_not_read_whole_objects_is_told_why_who_wrote_them_is_not_known() -> None:
    world = World("incident")
    refused = Forbidden(403, "Forbidden", 'User "viewer" cannot get resource', "get", "helmreleases")
    world.refusals[CAUSE] = refused
    async with running(world, WIDE, command="changes 2h") as pilot:
        await sees(pilot, "in the last 2h")
        await type_filter(pilot, "name:cert-manager kind:hr cluster:prod-eu-1")
        await pilot.press("enter")
        await sees(pilot, "not told: managedFields cannot be read", "cannot get resource")


async def test_windows_by_key_and_by_command_and_the_filter() -> None:
    async with running(World("incident"), WIDE, command="changes 20m") as pilot:
        told = await sees(pilot, "in the last 20m", "19m")
        assert "OOMKilled" not in told
        await pilot.press("w")
        await sees(pilot, "in the last 30m", "OOMKilled")
        await pilot.press("w")
        await sees(pilot, "in the last 2h")
        await pilot.press("w", "w")
        await sees(pilot, "since 2", "ago")
        await type_filter(pilot, "cluster:legacy-1")
        told = await sees(pilot, "hidden by filter")
        assert "OCIRepository backend/apps" not in told


async def test_what_we_see_ourselves_looks_different_and_is_grouped() -> None:
    world = World("", ["c"])
    for number in range(5):
        world.put("c", kustomization("a", f"app-{number}"))
    async with running(world, WIDE, command="changes") as pilot:
        await sees(pilot, "nothing changed in the last 30m")
        world.pass_time(60)
        for number in range(5):
            world.edit("c", f"Kustomization/a/app-{number}", lambda obj: obj["spec"].update(suspend=True))
        world.tell()
        told = await sees(pilot, "◉ suspended", "5 Kustomizations")
        assert "seen" in told
        assert world.now() == OPENING + 60
        await type_filter(pilot, "name:app-3")
        await pilot.press("enter")
        await sees(pilot, "5 Kustomizations")
        await type_filter(pilot, " nothing-of-that-name")
        await sees(pilot, "nothing matches")


async def test_a_cursor_key_computes_no_report() -> None:
    async with running(World("incident"), SMALL, command="changes") as pilot:
        await sees(pilot, "in the last 30m")
        screen = pilot.app.screen
        assert isinstance(screen, ChangesScreen)
        shown, filled = Counter().on(screen._reporting, "_show"), Counter().on(screen, "fill")
        await pilot.press("down", "down", "up", "end", "home")
        assert len(filled) == len(shown), "the list is filled for reports alone"


async def test_an_unknown_window_is_refused_in_words() -> None:
    async with running(World("incident"), SMALL) as pilot:
        await sees(pilot, "root cause")
        await command(pilot, "changes soon")
        await sees(pilot, "no window of time")
