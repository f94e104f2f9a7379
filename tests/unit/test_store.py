"""Tables, loads, states, indexes and the feed of changes, one promise at a time."""

import pytest

from fluxtui.kinds.record import Need, Record
from fluxtui.kinds.status import Status
from fluxtui.store.changes import Batch, Change
from fluxtui.store.row import Verdict
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store
from fluxtui.store.table import Difference

KIND = "Kustomization"


def assess(record, previous):
    """Failed if the reason says so; `since` is when this status began, so that the past matters."""
    status = Status.FAILED if record.reason == "Failed" else Status.READY
    kept = previous is not None and previous.status is status
    return Verdict(status, record.reason, record.message, previous.since if kept else record.ready_since)


def record(name="shop", version="1", uid="u", namespace="web", **fields):
    return Record(
        kind=KIND, id=f"{KIND}/{namespace}/{name}", namespace=namespace, name=name, uid=uid, version=version, **fields
    )


@pytest.fixture
def store():
    return Store(assess)


@pytest.fixture
def table(store):
    return store.table("prod", KIND)


def told(batch):
    return [(change.id.rpartition("/")[2], change.before, change.after) for change in batch.changes]


def test_a_row_is_the_record_with_what_is_concluded_of_it(store, table):
    table.upsert(record(reason="Failed", message="no", ready_since=7))
    row = store.row("prod", f"{KIND}/web/shop")
    assert (row.cluster, row.status, row.reason, row.message, row.since) == ("prod", Status.FAILED, "Failed", "no", 7)
    assert row.key == ("prod", f"{KIND}/web/shop")


def test_the_past_of_a_row_is_handed_on(table):
    table.upsert(record(version="1", reason="Failed", ready_since=7))
    table.upsert(record(version="2", reason="Failed", ready_since=9))
    assert table.rows[f"{KIND}/web/shop"].since == 7


def test_an_object_made_again_under_the_same_name_has_no_past(table):
    table.upsert(record(version="1", uid="old", reason="Failed", ready_since=7))
    table.upsert(record(version="2", uid="new", reason="Failed", ready_since=9))
    assert table.rows[f"{KIND}/web/shop"].since == 9


def test_the_version_that_is_held_already_is_no_change(store, table):
    assert table.upsert(record(version="1"))
    store.drain()
    assert not table.upsert(record(version="1"))
    assert not store.pending
    assert table.upsert(record(version="1", uid="another")), "of another object it is"
    assert table.upsert(record(version="", uid="another")), "an untold version never is the same"
    assert table.upsert(record(version="", uid="another"))


def test_removing_what_is_not_there_is_no_change(store, table):
    assert not table.remove(f"{KIND}/web/none")
    assert not store.pending


def test_changes_between_two_drains_are_one_from_first_to_last(store, table):
    table.upsert(record(version="1"))
    first = table.rows[f"{KIND}/web/shop"]
    assert told(store.drain()) == [("shop", None, first)]
    for version in "2345":
        table.upsert(record(version=version))
    (change,) = store.drain().changes
    assert change == Change("prod", f"{KIND}/web/shop", first, table.rows[f"{KIND}/web/shop"])
    assert change.after.record.version == "5"
    assert not store.drain()


def test_what_comes_and_goes_within_a_batch_is_no_change(store, table):
    table.upsert(record())
    table.remove(f"{KIND}/web/shop")
    assert store.pending
    assert store.drain() == Batch()


def test_what_goes_and_comes_within_a_batch_is_a_change(store, table):
    table.upsert(record(version="1"))
    old = store.drain().changes[0].after
    table.remove(f"{KIND}/web/shop")
    table.upsert(record(version="2", uid="new"))
    ((_, before, after),) = told(store.drain())
    assert before is old
    assert after.record.uid == "new"


def test_a_removal_tells_the_row_that_went(store, table):
    table.upsert(record())
    row = store.drain().changes[0].after
    table.remove(f"{KIND}/web/shop")
    assert told(store.drain()) == [("shop", row, None)]


def test_states_are_told_when_phase_or_reason_change(store, table):
    table.set_state(DataState(Phase.FRESH, 10.0, 10.0))
    assert store.drain().states == {("prod", KIND)}
    table.set_state(DataState(Phase.FRESH, 10.0, 20.0))
    assert not store.pending, "the server spoke again: no news for the eyes"
    assert table.state.contact == 20.0
    table.set_state(DataState(Phase.FRESH, 10.0, 20.0, "but slow"))
    table.set_state(DataState(Phase.STALE, 30.0, 20.0, "connection reset"))
    batch = store.drain()
    assert batch
    assert (batch.states, batch.changes) == ({("prod", KIND)}, ())


@pytest.mark.parametrize("phase", Phase)
def test_only_fresh_data_proves_that_something_does_not_exist(phase):
    assert DataState(phase).trusted is (phase is Phase.FRESH)


def test_the_first_load_shows_its_rows_as_they_come(store, table):
    load = table.load()
    load.add(record("a"))
    assert [name for name, *_ in told(store.drain())] == ["a"]
    load.add(record("b"))
    load.add(record("b", version="2"))
    assert load.commit() == Difference(added=2)
    assert len(table.rows) == 2


def test_a_reload_shows_nothing_until_it_is_complete_and_then_everything_at_once(store, table):
    for name in ("stays", "changes", "goes"):
        table.upsert(record(name))
    store.drain()
    load = table.load()
    load.add(record("stays"))
    load.add(record("changes", version="2"))
    load.add(record("comes"))
    assert not store.pending
    assert load.commit() == Difference(added=1, changed=1, removed=1)
    assert [(name, before is None, after is None) for name, before, after in told(store.drain())] == [
        ("changes", False, False),
        ("comes", True, False),
        ("goes", False, True),
    ]


def test_an_abandoned_load_takes_nothing_away(store, table):
    table.upsert(record("held"))
    store.drain()
    table.load().add(record("half"))
    assert not store.pending
    assert [row.record.name for row in table.rows.values()] == ["held"]


def test_an_abandoned_first_load_leaves_no_ghosts_after_the_next(table):
    half = table.load()
    half.add(record("ghost"))
    whole = table.load()
    whole.add(record("real"))
    assert whole.commit() == Difference(added=1, removed=1)
    assert [row.record.name for row in table.rows.values()] == ["real"]


def test_a_load_that_was_given_up_for_another_leaves_no_ghosts_even_if_it_speaks_again(table):
    late, whole = table.load(), table.load()
    late.add(record("ghost"))
    whole.add(record("real"))
    whole.commit()
    assert [row.record.name for row in table.rows.values()] == ["real"]


@pytest.mark.parametrize("held", [False, True])
def test_what_is_deleted_while_a_list_streams_does_not_stay(table, held):
    if held:
        table.upsert(record("a"))
    load = table.load()
    load.add(record("a"))
    load.add(record("b"))
    load.remove(f"{KIND}/web/a")
    load.remove(f"{KIND}/web/unknown")
    load.commit()
    assert [row.record.name for row in table.rows.values()] == ["b"]


def test_an_empty_list_empties_the_table(table):
    table.upsert(record())
    assert table.load().commit() == Difference(removed=1)
    assert table.rows == {}


def test_replace_makes_the_table_hold_exactly_these(store, table):
    table.replace([record("a"), record("b")])
    assert table.replace([record("b"), record("c"), record("c", version="2")]) == Difference(1, 1, 1)
    assert {row.record.name: row.record.version for row in table.rows.values()} == {"b": "1", "c": "2"}


def test_a_cluster_that_leaves_takes_its_rows_with_it_as_changes(store, table):
    table.upsert(record("a"))
    store.table("prod", "HelmRelease").set_state(DataState(Phase.MISSING))
    store.table("other", KIND).upsert(record("a"))
    store.drain()
    store.drop("prod")
    store.drop("never seen")
    batch = store.drain()
    assert [(change.cluster, change.after) for change in batch.changes] == [("prod", None)]
    assert batch.states == {("prod", KIND), ("prod", "HelmRelease")}
    assert [data.name for data in store.clusters()] == ["other"]
    assert store.row("prod", f"{KIND}/web/a") is None


def test_a_cluster_that_leaves_and_joins_again_starts_anew(store, table):
    table.upsert(record("a", reason="Failed", ready_since=1))
    old = store.drain().changes[0].after
    store.drop("prod")
    store.table("prod", KIND).upsert(record("a", reason="Failed", ready_since=5))
    ((_, before, after),) = told(store.drain())
    assert (before, after.since) == (old, 5)


def test_a_late_word_of_a_cluster_that_left_is_no_ghost(store, table):
    table.upsert(record("a"))
    store.drop("prod")
    store.drain()
    table.upsert(record("late"))
    assert store.drain().changes == ()
    assert store.tables(KIND) == []


def test_tables_are_found_by_kind_over_all_clusters(store, table):
    other = store.table("other", KIND)
    releases = store.table("other", "HelmRelease")
    assert store.tables(KIND) == [table, other]
    assert set(store.tables()) == {table, other, releases}
    assert store.table("prod", KIND) is table
    assert store.row("nowhere", "Kustomization/web/x") is None
    assert store.cluster("prod").row("Unwatched/web/x") is None


def test_indexes_lead_back_from_what_records_point_at(store, table):
    data = store.cluster("prod")
    table.upsert(
        record(
            "a",
            owner="ResourceSet/x/apps",
            source="OCIRepository/x/s",
            needs=(Need("Kustomization/x/db"), Need("Kustomization/x/crds", "exists")),
            inputs=("ConfigMap/x/info",),
            inventory="web_a_apps_Deployment\n_web__Namespace",
            produced=("Namespace//web",),
        )
    )
    table.upsert(record("b", source="OCIRepository/x/s", reason="Failed", namespace="other"))
    a, b = f"{KIND}/web/a", f"{KIND}/other/b"
    assert data.index("source").get("OCIRepository/x/s") == {a, b}
    for name, term in [
        ("namespace", "web"),
        ("status", "ready"),
        ("owner", "ResourceSet/x/apps"),
        ("needs", "Kustomization/x/crds"),
        ("inputs", "ConfigMap/x/info"),
        ("produced", "Namespace//web"),
        ("inventory", "web_a_apps_Deployment"),
    ]:
        assert data.index(name).get(term) == {a}, name
    assert data.index("status").get("failed") == {b}
    assert data.index("owner").get("") == set(), "what points nowhere is in no index"
    assert set(data.index("namespace").terms()) == {"web", "other"}


def test_an_index_follows_changes_removals_and_clusters(store, table):
    sources = store.cluster("prod").index("source")
    for name in "abc":
        table.upsert(record(name, source="OCIRepository/x/old"))
    assert len(sources.get("OCIRepository/x/old")) == 3
    table.upsert(record("a", version="2", source="OCIRepository/x/new"))
    table.remove(f"{KIND}/web/b")
    assert sources.get("OCIRepository/x/old") == {f"{KIND}/web/c"}
    assert sources.get("OCIRepository/x/new") == {f"{KIND}/web/a"}
    table.remove(f"{KIND}/web/a")
    table.remove(f"{KIND}/web/c")
    assert list(sources.terms()) == []
    assert store.cluster("other").index("source").get("OCIRepository/x/old") == set()


def test_an_unknown_index_is_a_mistake(store):
    with pytest.raises(KeyError):
        store.cluster("prod").index("nonsense")
