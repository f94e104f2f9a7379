"""The index of names behind the palette: what is found, in which order, and what a change of the fleet costs."""

import msgspec
import pytest

from fluxtui.insight.matching import MAX_LETTERS, MAX_WORDS, Tier, fit, words_of
from fluxtui.insight.names import LINES, MOST, SPARE, Names, Search
from fluxtui.kinds.record import Record, object_id
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row, Verdict
from fluxtui.store.store import Store


def judged(record: Record, before: Row | None) -> Verdict:
    """As the message says."""
    return Verdict(Status[record.message] if record.message else Status.READY)


@pytest.fixture
def store() -> Store:
    return Store(judged)


def put(store: Store, path: str, status: str = "", version: str = "1") -> None:
    """``cluster/Kind/namespace/name``"""
    cluster, kind, namespace, name = path.split("/")
    identity = object_id(kind, namespace, name)
    store.table(cluster, kind).upsert(
        Record(kind=kind, id=identity, namespace=namespace, name=name, message=status, version=version)
    )


def grown(store: Store) -> Names:
    names = Names(store)
    for _ in names.grow():
        pass
    store.drain()
    return names


def found(names: Names, store: Store, query: str, visited: dict[tuple[str, str], int] | None = None) -> list[str]:
    search = Search(names, store, query, visited)
    for _ in search.steps():
        pass
    return ["/".join(hit.row.key) for hit in search.hits]


@pytest.mark.parametrize(
    ("name", "beside", "query", "tier"),
    [
        ("cert-manager", "", "cert-manager", Tier.EXACT),
        ("cert-manager", "", "cert", Tier.PREFIX),
        ("cert-manager", "", "manager", Tier.WORD),
        ("mercert-cert", "", "cert", Tier.WORD),
        ("cert-manager", "", "anag", Tier.PART),
        ("cert-manager", "prod-eu-1", "eu", Tier.ELSEWHERE),
        ("cert-manager-webhook", "", "cmw", Tier.LETTERS),
        ("cert-manager", "prod-eu-1", "cert prod", Tier.PREFIX),
        ("next theme", "", "next theme", Tier.EXACT),
        ("cert-manager", "prod-eu-1", "cert staging", None),
        ("cert-manager", "", "emc", None),
        ("cert-manager", "", "x", None),
    ],
)
def test_how_well_words_fit(name: str, beside: str, query: str, tier: Tier | None) -> None:
    assert fit(name, beside, words_of(query)) is tier


def test_a_query_is_bounded() -> None:
    words = words_of("A" * 1000 + " b" * 100)
    assert len(words) == MAX_WORDS and words[0] == "a" * MAX_LETTERS


def test_the_better_fit_stands_first(store: Store) -> None:
    for name in ("xapix", "my-api", "api-server", "api", "other", "a-plain-inn"):
        put(store, f"c/Kustomization/ns/{name}")
    put(store, "c/Kustomization/api/other")
    assert found(grown(store), store, "api") == [
        "c/Kustomization/ns/api",
        "c/Kustomization/ns/api-server",
        "c/Kustomization/ns/my-api",
        "c/Kustomization/ns/xapix",
        "c/Kustomization/api/other",
        "c/Kustomization/ns/a-plain-inn",
    ]


def test_of_as_good_fits_what_fails_stands_first_then_what_was_seen_lately(store: Store) -> None:
    for name in ("app-1", "app-2", "app-3", "app-4"):
        put(store, f"c/Kustomization/ns/{name}", "FAILED" if name == "app-4" else "")
    visited = {("c", "Kustomization/ns/app-3"): 0}
    told = found(grown(store), store, "app", visited)
    assert [each[-1] for each in told] == ["4", "3", "1", "2"]


def test_words_may_be_the_kind_the_namespace_and_the_cluster(store: Store) -> None:
    put(store, "prod-eu-1/HelmRelease/apps/web")
    put(store, "prod-eu-1/Kustomization/apps/web")
    put(store, "staging/HelmRelease/apps/web")
    put(store, "staging/HelmRelease/infra/web")
    names = grown(store)
    assert found(names, store, "hr/apps/web") == ["prod-eu-1/HelmRelease/apps/web", "staging/HelmRelease/apps/web"]
    assert found(names, store, "web prod helmrel") == ["prod-eu-1/HelmRelease/apps/web"]
    assert len(found(names, store, "hr")) == 3
    assert found(names, store, "hr cronjob") == []


def test_an_object_among_very_many_is_found_by_its_letters(store: Store) -> None:
    for number in range(3 * LINES):
        put(store, f"c/Kustomization/ns/app-{number:05d}")
    put(store, "c/Kustomization/ns/cert-manager-webhook")
    names = grown(store)
    assert len(names) == 3 * LINES + 1
    assert found(names, store, "cmw") == ["c/Kustomization/ns/cert-manager-webhook"]
    assert found(names, store, "app-02222") == ["c/Kustomization/ns/app-02222"]


def test_what_fails_and_an_exact_name_are_among_more_than_can_be_kept(store: Store) -> None:
    for number in range(5 * MOST):
        put(store, f"c/Kustomization/ns/app-{number:05d}", "FAILED" if number == 4 * MOST else "")
    put(store, "c/Kustomization/ns/a")
    names = grown(store)
    search = Search(names, store, "a")
    for _ in search.steps():
        pass
    assert search.more and len(search.hits) <= 2 * MOST
    assert [hit.row.record.name for hit in search.hits[:2]] == ["a", f"app-{4 * MOST:05d}"]


def test_no_step_of_a_search_looks_at_everything(store: Store) -> None:
    for number in range(4 * LINES):
        put(store, f"c/Kustomization/ns/app-{number:05d}")
    names = grown(store)
    assert sum(1 for _ in Search(names, store, "zzqx").steps()) >= 4
    assert sum(1 for _ in Names(store).grow()) >= 8


def test_the_index_follows_what_comes_goes_and_fails(store: Store) -> None:
    put(store, "c/Kustomization/ns/app-1")
    put(store, "c/Kustomization/ns/app-2")
    names = grown(store)
    put(store, "c/Kustomization/ns/app-3")
    put(store, "c/Kustomization/ns/app-2", "FAILED", "2")
    store.table("c", "Kustomization").remove("Kustomization/ns/app-1")
    names.follow(store.drain().changes)
    assert found(names, store, "app") == ["c/Kustomization/ns/app-2", "c/Kustomization/ns/app-3"]
    assert len(names) == 2


def test_an_index_that_is_not_asked_does_not_grow_for_ever(store: Store) -> None:
    put(store, "c/Kustomization/ns/app-1")
    names = grown(store)
    for number in range(SPARE + 2):
        put(store, "c/Kustomization/ns/app-1", "FAILED" if number % 2 else "READY", str(number + 2))
        names.follow(store.drain().changes)
        put(store, f"c/Kustomization/ns/x{number}")
        names.follow(store.drain().changes)
        store.table("c", "Kustomization").remove(f"Kustomization/ns/x{number}")
        names.follow(store.drain().changes)
    assert not names.grown and len(names) == 0
    for _ in names.grow():
        pass
    assert found(names, store, "app") == ["c/Kustomization/ns/app-1"]


def test_an_index_that_nobody_asked_for_holds_nothing(store: Store) -> None:
    names = Names(store)
    put(store, "c/Kustomization/ns/app-1")
    names.follow(store.drain().changes)
    assert len(names) == 0


def test_names_that_are_patterns_or_odd_are_text(store: Store) -> None:
    put(store, "c/Kustomization/ns/a.b")
    put(store, "c/Kustomization/ns/axb")
    names = grown(store)
    for query in ("a.", "[", "(", "a\\", "a\tb", "\n", "^", "$", "{2}", "*"):
        assert msgspec.json.encode(found(names, store, query))
    assert found(names, store, "a.b") == ["c/Kustomization/ns/a.b"]
