"""The visible lines: what is folded by itself and by the user, how lines are drawn, and what a change costs."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluxtui.insight.forest import View
from fluxtui.insight.outline import INDENTS, Fold, Outline
from fluxtui.insight.planting import at_once, plant
from fluxtui.kinds.status import Status


def planted(fleet, clusters=("c",)):
    return at_once(plant(fleet.store, clusters, View.DEPENDENCIES))


def drawn(outline):
    return [outline.guides(index) + name(outline, index) for index in range(len(outline))]


def name(outline, index):
    key = outline.key(index)
    return ("↗" if len(key) == 3 else "") + (key[1].partition("/")[2] or key[0])


def node(outline, identity, cluster="c"):
    return outline.forest.numbers[cluster, f"Kustomization/{identity}"]


def folded(outline, identity):
    hidden = outline.hidden(node(outline, identity))
    return {status.word: count for status in Status if (count := (hidden >> (24 * status)) & 0xFFFFFF)}


def a_fleet(fleet):
    """top → (good → 3 more) and (bad ✖ → waits ◌ → further ◌), and 5 healthy ones."""
    fleet.put("c", "Kustomization", "a/top")
    fleet.put("c", "Kustomization", "a/good", needs=["a/top"])
    for number in range(3):
        fleet.put("c", "Kustomization", f"g/{number}", needs=["a/good"])
    fleet.put("c", "Kustomization", "b/bad", fleet.failed("X"), needs=["a/top"])
    fleet.put("c", "Kustomization", "b/waits", fleet.blocked, needs=["b/bad"])
    fleet.put("c", "Kustomization", "b/more", fleet.blocked, needs=["b/waits"])
    fleet.put("c", "Kustomization", "b/well", needs=["b/bad"])
    fleet.store.drain()
    return planted(fleet)


def test_the_way_to_trouble_is_unfolded_and_what_is_healthy_is_a_count(fleet):
    outline = Outline(a_fleet(fleet))
    assert drawn(outline) == ["a/top", "└ b/bad", "↳ b/waits", "↳ b/more"]
    assert folded(outline, "a/top") == {"ready": 4}
    assert folded(outline, "b/bad") == {"ready": 1}


def test_unfolding_shows_more_in_two_steps_and_folding_hides_all(fleet):
    outline = Outline(a_fleet(fleet))
    top = node(outline, "a/top")
    assert outline.unfold(top)
    assert drawn(outline) == ["a/top", "├ a/good", "└ b/bad", "  └ b/waits", "  ↳ b/more"]
    assert outline.fold_of(top) is Fold.OPEN and not outline.unfold(top)
    assert outline.fold(top)
    assert drawn(outline) == ["a/top"]
    assert folded(outline, "a/top") == {"failed": 1, "blocked": 2, "ready": 5}
    assert outline.unfold(top)
    assert drawn(outline) == ["a/top", "└ b/bad", "↳ b/waits", "↳ b/more"], "first what is troubled"


def test_toggling_goes_round(fleet):
    outline = Outline(a_fleet(fleet))
    top = node(outline, "a/top")
    sizes = []
    for _ in range(3):
        assert outline.toggle(top)
        sizes.append(len(outline))
    assert sizes == [5, 1, 4]
    leaf = node(outline, "b/more")
    assert not outline.toggle(leaf)


def test_everything_below_and_back_to_the_default(fleet):
    outline = Outline(a_fleet(fleet))
    outline.open_below()
    assert len(outline) == len(outline.forest)
    outline.close_all()
    assert len(outline) == 1
    outline.reset()
    assert len(outline) == 4
    outline.open_below(node(outline, "a/good"))
    assert len(outline) == 4, "it is hidden itself"
    outline.unfold(node(outline, "a/top"))
    assert len(outline) == 8


def test_what_is_asked_for_is_revealed_without_its_healthy_neighbours(fleet):
    outline = Outline(a_fleet(fleet))
    assert outline.reveal(("c", "Kustomization/g/1"))
    assert drawn(outline) == ["a/top", "├ a/good", "│ └ g/1", "└ b/bad", "  └ b/waits", "  ↳ b/more"]
    assert folded(outline, "a/good") == {"ready": 2}
    assert not outline.reveal(("c", "Kustomization/g/none"))


def test_revealing_undoes_a_fold_on_the_way(fleet):
    outline = Outline(a_fleet(fleet))
    outline.fold(node(outline, "a/top"))
    outline.reveal(("c", "Kustomization/b/more"))
    assert drawn(outline) == ["a/top", "└ b/bad", "↳ b/waits", "↳ b/more"]


def test_a_reference_is_a_line_of_its_own(fleet):
    forest = a_fleet(fleet)
    fleet.put("c", "Kustomization", "b/more", fleet.blocked, needs=["b/waits", "b/bad"])
    outline = Outline(planted(fleet))
    assert drawn(outline) == ["a/top", "└ b/bad", "  ├ b/waits", "  │ └ b/more", "  └ ↗b/more"]
    key = ("c", "Kustomization/b/more", "Kustomization/b/bad")
    assert outline.key(4) == key and outline.index_of(key) == 4
    assert outline.index_of(("c", "Kustomization/b/more")) == 3
    assert outline.node(4) == outline.node(3)
    assert outline.index_of(("c", "Kustomization/b/more", "Kustomization/a/top")) is None
    assert forest is not outline.forest


def test_a_long_chain_is_indented_once_and_a_deep_tree_only_so_far(fleet):
    for number in range(500):
        fleet.put(
            "c", "Kustomization", f"a/{number:03d}", fleet.blocked, needs=[f"a/{number - 1:03d}"] if number else ()
        )
    outline = Outline(planted(fleet))
    assert len(outline) == 500
    assert {outline.guides(index) for index in range(2, 500)} == {"↳ "}
    for number in range(40):  # each with a neighbour: now every level is indented
        fleet.put("c", "Kustomization", f"a/{number:03d}-side", fleet.blocked, needs=[f"a/{number:03d}"])
    outline = Outline(planted(fleet))
    assert max(len(outline.guides(index)) for index in range(len(outline))) == 2 * (INDENTS + 1)
    assert outline.guides(len(outline) - 1).startswith("⋯ ") or outline.guides(100).startswith("⋯ ")


def test_a_filter_shows_what_passes_and_what_is_above_it(fleet):
    outline = Outline(a_fleet(fleet))
    outline.fold(node(outline, "a/top"))
    outline.filter([node(outline, "g/2"), node(outline, "b/waits")])
    assert drawn(outline) == ["a/top", "├ a/good", "│ └ g/2", "└ b/bad", "  └ b/waits"]
    assert outline.accepted(node(outline, "g/2")) and not outline.accepted(node(outline, "a/good"))
    outline.unfold(node(outline, "a/good"))
    assert "g/0" in "".join(drawn(outline)), "what does not pass can still be unfolded"
    outline.filter(None)
    assert drawn(outline) == ["a/top"], "the folding of before"


# Following


def test_a_change_of_status_touches_its_line_and_those_above_and_moves_nothing(fleet):
    outline = Outline(a_fleet(fleet))
    fleet.put("c", "Kustomization", "b/waits", fleet.failed("Y"), needs=["b/bad"])
    before = outline._lines
    moved, changed = outline.follow(outline.forest.follow(fleet.store.drain().changes))
    assert not moved and outline._lines is before, "no line was looked at"
    assert changed == {("c", f"Kustomization/{name}") for name in ("a/top", "b/bad", "b/waits")}


def test_a_key_press_looks_at_no_more_than_it_shows(fleet, monkeypatch):
    outline = Outline(a_fleet(fleet))
    for number in range(300):
        fleet.put("c", "Kustomization", f"z/{number}", needs=["z/top"])
    fleet.put("c", "Kustomization", "z/top")
    outline = Outline(planted(fleet))
    outline.unfold(node(outline, "z/top"))
    asked = []
    real = Outline._lines_under
    monkeypatch.setattr(Outline, "_lines_under", lambda self, node: asked.append(node) or real(self, node))
    outline.unfold(node(outline, "a/good"))
    outline.unfold(node(outline, "a/top"))
    outline.fold(node(outline, "a/top"))
    assert len(asked) < 30 < len(outline)


def test_new_trouble_unfolds_itself_and_a_healed_branch_folds(fleet):
    outline = Outline(a_fleet(fleet))
    fleet.put("c", "Kustomization", "g/1", fleet.failed("Y"), needs=["a/good"])
    moved, _ = outline.follow(outline.forest.follow(fleet.store.drain().changes))
    assert moved and "│ └ g/1" in drawn(outline)
    fleet.put("c", "Kustomization", "g/1", needs=["a/good"])
    moved, _ = outline.follow(outline.forest.follow(fleet.store.drain().changes))
    assert moved and drawn(outline) == ["a/top", "└ b/bad", "↳ b/waits", "↳ b/more"]


def test_the_folding_survives_another_forest(fleet):
    outline = Outline(a_fleet(fleet))
    outline.fold(node(outline, "b/bad"))
    outline.unfold(node(outline, "a/top"))
    fleet.put("c", "Kustomization", "a/new", needs=["a/top"])
    outline.plant(planted(fleet))
    assert drawn(outline) == ["a/top", "├ a/good", "├ a/new", "└ b/bad"]


NAMES = [f"n/{number}" for number in range(7)]
STATES = st.sampled_from(["ready", "blocked", "running"])
PUTS = st.tuples(st.just("put"), st.sampled_from(NAMES), STATES, st.lists(st.sampled_from(NAMES), max_size=3))
STEPS = st.one_of(
    PUTS,
    st.tuples(st.just("remove"), st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(["toggle", "unfold", "fold", "reveal"]), st.sampled_from(NAMES)),
    st.tuples(st.just("filter"), st.sets(st.sampled_from(NAMES))),
    st.tuples(st.just("mark"), st.sets(st.sampled_from(NAMES))),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, max_size=25))
def test_after_anything_that_happens_it_is_as_if_made_anew(fleet, steps):
    fleet = type(fleet)()
    for each in NAMES[:4]:
        fleet.put("c", "Kustomization", each)
    fleet.store.drain()
    outline, accepted, causes = Outline(planted(fleet)), None, {}
    for step, *rest in steps:
        if step == "put":
            identity, state, needs = rest
            fleet.put("c", "Kustomization", identity, getattr(fleet, state), needs=list(dict.fromkeys(needs)))
        elif step == "remove":
            fleet.remove("c", "Kustomization", rest[0])
        elif step == "filter":
            accepted = rest[0] or None
            outline.filter(None if accepted is None else numbers(outline.forest, accepted))
        elif step == "mark":
            causes = {("c", f"Kustomization/{each}"): 1 for each in rest[0]}
            outline.follow(outline.forest.mark(causes))
        elif step == "reveal":
            outline.reveal(("c", f"Kustomization/{rest[0]}"))
        elif ("c", f"Kustomization/{rest[0]}") in outline.forest.numbers:
            getattr(outline, step)(node(outline, rest[0]))
        followed = outline.forest.follow(fleet.store.drain().changes)
        outline.follow(followed)
        if followed.outdated:
            forest = planted(fleet)
            forest.mark(causes)
            outline.plant(forest, None if accepted is None else numbers(forest, accepted))
        check(outline, fleet, accepted, causes)


def numbers(forest, names):
    found = (forest.numbers.get(("c", f"Kustomization/{each}")) for each in names)
    return [number for number in found if number is not None]


def check(outline, fleet, accepted, causes):
    fresh = planted(fleet)
    fresh.mark(causes)
    assert outline.forest.counts == fresh.counts and outline.forest.parent == fresh.parent
    anew = Outline(fresh)
    anew._folds, anew._unfiltered, anew._kept = dict(outline._unfiltered), {}, set(outline._kept)
    if accepted is None:
        anew._folds = dict(outline._folds)
    anew.plant(fresh, None if accepted is None else numbers(fresh, accepted))
    if accepted is not None:
        anew._folds = dict(outline._folds)
        anew.renew()
    assert drawn(outline) == drawn(anew)
    keys = [outline.key(index) for index in range(len(outline))]
    assert [outline.index_of(key) for key in keys] == list(range(len(keys)))
    assert len(set(keys)) == len(keys)
    nodes = [key for key in keys if len(key) == 2]
    assert len(set(nodes)) == len(nodes), "every object is drawn once"
