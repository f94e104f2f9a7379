"""Places: going back and forth, links, bookmarks, and what is kept of what was typed."""

import base64
import json
from pathlib import Path

import msgspec
import pytest

from fluxtui.insight.link import LinkError, link_to, parse_link
from fluxtui.insight.place import MOST, PAGE, Place, Trail
from fluxtui.kinds.text import clean
from fluxtui.notes.bookmarks import BookmarkError, Bookmarks
from fluxtui.notes.typed import MOST as MOST_TYPED
from fluxtui.notes.typed import Typed
from fluxtui.screens.clipboard import MOST as MOST_COPIED
from fluxtui.screens.clipboard import into_file, sequence

TABS = ("overview", "why", "yaml")
CLUSTERS = ("prod", "prod/eu-1", "arn:aws:eks:eu-1:1:cluster/main")


def page(name: str, tab: str = "") -> Place:
    return Place(screen=PAGE, cluster="prod", object=f"HelmRelease/apps/{name}", tab=tab)


def fine(place: Place) -> str:
    return ""


def walked(*places: Place) -> Trail:
    trail = Trail()
    for place in places:
        trail.arrive(place)
    return trail


A, B, C = (Place(screen=name) for name in ("triage", "tree", "health"))


# --- the trail


def test_back_and_forth() -> None:
    trail = walked(A, B, C)
    assert trail.step(-1, fine) == (B, [])
    assert trail.step(-1, fine) == (A, [])
    assert trail.step(-1, fine) == (None, [])
    assert trail.step(1, fine) == (B, [])
    assert trail.step(1, fine) == (C, [])
    assert trail.step(1, fine) == (None, [])


def test_another_place_forgets_what_lay_ahead() -> None:
    trail = walked(A, B)
    trail.step(-1, fine)
    trail.arrive(C)
    assert trail.step(1, fine) == (None, [])
    assert trail.step(-1, fine) == (A, [])


def test_the_same_place_is_visited_once_and_remembers_tab_and_cursor() -> None:
    trail = walked(A, page("web"), page("web", "yaml"))
    assert trail.here == page("web", "yaml")
    trail.arrive(C)
    assert trail.step(-1, fine)[0] == page("web", "yaml")
    left = Place(screen="triage", cursor=("prod", "HelmRelease/apps/web"))
    trail.leave(left)
    assert trail.step(-1, fine)[0] == left


def test_a_filter_and_a_scope_are_places_of_their_own() -> None:
    plain = Place(screen="resources", kind="HelmRelease")
    narrowed = msgspec.structs.replace(plain, filter="status:failed")
    scoped = msgspec.structs.replace(narrowed, scope=("prod",))
    trail = walked(plain, narrowed, scoped)
    assert trail.step(-1, fine)[0] == narrowed
    assert trail.step(-1, fine)[0] == plain


def test_what_is_gone_is_passed_over_with_a_word() -> None:
    trail = walked(A, page("web"), page("api"), C)

    def gone(place: Place) -> str:
        return f"{place.title} is gone" if place.object else ""

    found, words = trail.step(-1, gone)
    assert found == A and words == ["HelmRelease apps/api in prod is gone", "HelmRelease apps/web in prod is gone"]
    trail = walked(page("web"), A)
    assert trail.step(-1, gone) == (None, ["HelmRelease apps/web in prod is gone"])
    assert trail.here == A


def test_the_last_place_and_back() -> None:
    trail = walked(A, B, C)
    trail.step(-1, fine)
    trail.step(-1, fine)
    assert [trail.last(fine)[0] for _ in range(4)] == [B, A, B, A]
    assert walked(A).last(fine) == (None, [])


def test_the_trail_is_bounded() -> None:
    trail = walked(*(page(f"app-{number}") for number in range(3 * MOST)))
    steps = 0
    while trail.step(-1, fine)[0] is not None:
        steps += 1
    assert steps == MOST - 1
    assert trail.objects()[0] == ("prod", f"HelmRelease/apps/app-{3 * MOST - 1}")


# --- links


@pytest.mark.parametrize(
    ("link", "cluster", "identity", "tab"),
    [
        ("prod/hr/apps/web", "prod", "HelmRelease/apps/web", ""),
        ("prod/HelmRelease/apps/web/yaml", "prod", "HelmRelease/apps/web", "yaml"),
        ("prod/eu-1/ks/apps/web", "prod/eu-1", "Kustomization/apps/web", ""),
        (
            "arn:aws:eks:eu-1:1:cluster/main/ks/apps/web",
            "arn:aws:eks:eu-1:1:cluster/main",
            "Kustomization/apps/web",
            "",
        ),
        ("prod/namespace/apps", "prod", "Namespace//apps", ""),
        ("prod/Namespace//apps/why", "prod", "Namespace//apps", "why"),
        (" fluxtui open 'prod/hr/apps/web' ", "prod", "HelmRelease/apps/web", ""),
        ("prod/hr/apps/web/", "prod", "HelmRelease/apps/web", ""),
    ],
)
def test_a_link_leads_to_a_page(link: str, cluster: str, identity: str, tab: str) -> None:
    assert parse_link(link, CLUSTERS, TABS) == Place(screen=PAGE, cluster=cluster, object=identity, tab=tab)
    assert parse_link(link_to(cluster, identity, tab), CLUSTERS, TABS).object == identity


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("", "there is no link"),
        ("prod", "'prod' is no link"),
        ("a b", "'a b' is no link"),
        ("hr/apps/web", "names no cluster"),
        ("prd/hr/apps/web", "no context is called 'prd': did you mean prod?"),
        ("prod/helmrelase/apps/web", "'helmrelase' is no kind that is watched: did you mean helmrelease"),
        ("prod/hr/web", "too short for a HelmRelease: cluster/hr/namespace/name"),
        ("prod/hr/apps/web/yaml/more", "too long for a HelmRelease"),
        ("prod/hr//web", "not whole"),
        ("prod/hr/apps/web/yml", "no tab 'yml'"),
        ("prod/hr/" + "x" * 2000, "longer than 1024"),
    ],
)
def test_a_bad_link_says_what_is_wrong(link: str, told: str) -> None:
    with pytest.raises(LinkError, match=told.replace("?", r"\?")):
        parse_link(link, CLUSTERS, TABS)


# --- bookmarks


def test_bookmarks_outlive_the_program_and_are_shared_by_sessions(tmp_path: Path) -> None:
    one, other = (Bookmarks(tmp_path, lambda: 100.0) for _ in range(2))
    one.add(page("web", "yaml"))
    other.add(Place(screen="resources", kind="HelmRelease", filter="status:failed"), "broken ones")
    assert [each.name for each in one.every()] == ["HelmRelease apps/web in prod", "broken ones"]
    later = Bookmarks(tmp_path, lambda: 200.0)
    assert later.every()[0].place == page("web", "yaml")
    assert later.at(page("web")) is not None and later.at(page("api")) is None
    later.rename("broken ones", "  what\x1b fails ")
    assert [each.name for each in one.every()][1] == "what\\x1b fails"
    one.remove("HelmRelease apps/web in prod")
    assert len(later.every()) == 1
    assert (tmp_path / "bookmarks.json").stat().st_mode & 0o077 == 0


def test_names_of_bookmarks_are_unique(tmp_path: Path) -> None:
    kept = Bookmarks(tmp_path, lambda: 0.0)
    kept.add(page("web"))
    assert kept.add(page("web")).name == "HelmRelease apps/web in prod (2)"
    with pytest.raises(BookmarkError, match="already"):
        kept.add(page("api"), "HelmRelease apps/web in prod")
    with pytest.raises(BookmarkError, match="already"):
        kept.rename("HelmRelease apps/web in prod", "HelmRelease apps/web in prod (2)")
    with pytest.raises(BookmarkError, match="needs a name"):
        kept.rename("HelmRelease apps/web in prod", " \n ")


def test_a_file_that_cannot_be_read_is_told_and_never_overwritten(tmp_path: Path) -> None:
    bad = tmp_path / "bookmarks.json"
    bad.write_text('{"bookmarks": [{"nam')
    kept = Bookmarks(tmp_path, lambda: 0.0)
    assert kept.every() == () and "cannot be read" in kept.trouble
    kept.add(page("web"))
    aside = [path for path in tmp_path.iterdir() if "unreadable" in path.name]
    assert [path.read_text() for path in aside] == ['{"bookmarks": [{"nam']
    assert len(json.loads(bad.read_text())["bookmarks"]) == 1


# --- what was typed


def test_lines_outlive_the_program_in_their_order_and_are_bounded(tmp_path: Path) -> None:
    one, other = (Typed(tmp_path, lambda: 0.0) for _ in range(2))
    one.add(":", "ks")
    other.add(":", "hr")
    one.add(":", "ks")
    one.add("/", "ns:apps")
    one.add("/", "   ")
    one.add("/", "x" * 10_000)
    assert other.lines(":") == ["hr", "ks"] and other.lines("/") == ["ns:apps"]
    for number in range(2 * MOST_TYPED):
        one.add("/", f"name:{number}")
    assert len(Typed(tmp_path, lambda: 0.0).lines("/")) == MOST_TYPED


# --- the clipboard


def sent(order: str) -> str:
    return base64.b64decode(order.partition("]52;c;")[2].partition("\a")[0]).decode()


def test_text_goes_to_the_terminal_as_base64() -> None:
    order = sequence("flux get ks", {"TERM": "xterm-256color"})
    assert order.startswith("\x1b]52;c;") and order.endswith("\a") and sent(order) == "flux get ks"


def test_a_terminal_without_a_clipboard_and_too_much_text_give_a_file(tmp_path: Path) -> None:
    assert sequence("x", {"TERM": "linux"}) == "" == sequence("x", {})
    assert sequence("x" * (MOST_COPIED + 1), {"TERM": "xterm"}) == ""
    told = into_file("one\ntwo", tmp_path / "state")
    assert str(tmp_path / "state" / "copied.txt") in told
    assert (tmp_path / "state" / "copied.txt").read_text() == "one\ntwo\n"
    assert "no clipboard" in into_file("one", None)
    (tmp_path / "file").write_text("")
    assert "cannot be written" in into_file("one", tmp_path / "file")


def test_multiplexers_are_handed_what_they_hand_on() -> None:
    wrapped = sequence("x" * 3000, {"TERM": "screen", "STY": "1.pts"})
    pieces = wrapped.split("\x1b\\")[:-1]
    assert all(piece.startswith("\x1bP") and len(piece) < 760 for piece in pieces)
    assert sent("".join(piece[2:] for piece in pieces)) == "x" * 3000
    assert "\x1bPtmux;\x1b\x1b]52;c;" in sequence("x", {"TERM": "tmux-256color"})


def test_what_is_copied_holds_nothing_that_a_terminal_obeys() -> None:
    assert clean("a\x1b[31mb\r\n\u202ec\x07") == "a\\x1b[31mb\\x0d\n\\u202ec\\x07"
