"""The handover as a document: its order, its changes, and text from clusters that is never markup."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt

from fluxtui.insight.handover import Finding, Handover, Moment, Picture, Question, Seen, added, moved, visited
from fluxtui.notes.handover import MOST_FINDINGS, HandoverBook
from fluxtui.notes.handover_text import Document, markdown, shape, timeline

NOW = 1_774_061_280.0


def finding(name: str, waiting: int = 0, **more: Any) -> Finding:
    given: dict[str, Any] = {
        "number": 0,
        "at": NOW,
        "cluster": "prod",
        "object": f"Kustomization/apps/{name}",
        "title": f"Kustomization apps/{name}",
        "cause": True,
        "key": f"failure Kustomization/apps/{name}",
        "status": "failed",
        "clusters": ("prod",),
        "members": (("prod", f"Kustomization/apps/{name}"),),
        "waiting": waiting,
    }
    return Finding(**{**given, **more})


def held(*findings: Finding) -> Handover:
    document = Handover(begun=NOW)
    for each in findings:
        document = added(document, each)
    return document


def names(document: Handover) -> list[str]:
    return [each.object.rpartition("/")[2] for each in document.findings]


def test_what_stops_most_comes_first_and_what_is_broken_before_what_is_suspended() -> None:
    paused = finding("paused", 90, status="suspended")
    assert names(held(finding("small", 1), paused, finding("large", 40))) == ["large", "small", "paused"]


def test_an_order_of_ours_stays_when_more_is_noted() -> None:
    document = held(finding("a", 9), finding("b", 5))
    document = added(moved(document, 2, -1), finding("c", 1))
    assert names(document) == ["b", "a", "c"]
    assert names(moved(document, 2, -1)) == ["b", "a", "c"]  # it is the first


def test_noted_again_it_keeps_number_place_and_note() -> None:
    document = held(finding("a", 9, note="mine"), finding("b", 5))
    document = added(document, finding("a", 1, at=NOW + 60))
    assert names(document) == ["a", "b"]
    assert (document.findings[0].number, document.findings[0].note, document.findings[0].at) == (1, "mine", NOW + 60)


def test_numbers_are_not_used_twice_and_visits_are_bounded() -> None:
    assert [each.number for each in held(finding("a"), finding("b"), finding("c")).findings] == [1, 2, 3]
    visits = visited((), ("a", "x"), NOW, 3)
    for number in range(5):
        visits = visited(visits, ("a", str(number)), NOW + number, 3)
    visits = visited(visits, ("a", "4"), NOW + 9, 3)
    assert [visit.object for visit in visits] == ["2", "3", "4"]
    assert (visits[-1].times, visits[-1].first, visits[-1].last) == (2, NOW + 4, NOW + 9)


def test_text_from_clusters_and_notes_is_never_markup() -> None:
    evil = "x` [pay](http://evil) @everyone <img src=x> | cell \x1b[31m\u202e ```\n# heading"
    document = held(
        finding(
            "a",
            3,
            reason=evil,
            message=evil,
            note=evil,
            tenants=(evil,),
            changed=(Moment(NOW - 60, evil),),
            elsewhere=(evil,),
            commands=("# look", evil),
            look_at=evil,
        )
    )
    document = msgspec.structs.replace(
        document,
        questions=(Question(NOW, evil),),
        picture=Picture(NOW, "all well", (Seen(evil, "unreachable", NOW - 60, 0, evil, 0, 0),)),
    )
    text = markdown(Document(document, NOW))
    assert "\x1b" not in text and "\u202e" not in text
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [part for token in tokens for part in token.children or ()]
    assert not [part for part in (*tokens, *inline) if part.type in ("html_inline", "html_block", "link_open", "image")]
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert [heading for heading in headings if heading.startswith("heading")] == []
    assert text.count("@everyone") == sum(
        part.content.count("@everyone") for part in (*tokens, *inline) if part.type in ("code_inline", "fence")
    ) + text.count("\\@everyone")
    shaped = shape(Document(document, NOW))
    assert shaped["findings"][0]["at"] == "2026-03-21T02:48:00Z" and shaped["findings"][0]["since"] is None


def test_the_timeline_is_in_order_and_says_each_thing_once() -> None:
    change = Moment(NOW - 300, "chart 1 → 2")
    document = held(finding("a", 2, since=int(NOW) - 120, changed=(change, change)), finding("b", since=int(NOW) - 500))
    entries = timeline(Document(document, NOW))
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert sum(entry.text == "chart 1 → 2" for entry in entries) == 1


def test_what_was_looked_at_is_kept_from_the_first_finding_on(tmp_path: Path) -> None:
    book = HandoverBook(tmp_path / "handover.json", lambda: NOW, "anna")
    book.visit(("prod", "Kustomization/apps/a"))
    assert not (tmp_path / "handover.json").exists()  # nobody asked for a handover yet
    book.add([finding("a")], None)
    book.visit(("prod", "Kustomization/apps/b"))
    again = HandoverBook(tmp_path / "handover.json", lambda: NOW)
    assert [visit.object for visit in again.visits()] == ["Kustomization/apps/a", "Kustomization/apps/b"]
    assert again.document.who == "anna" and again.document.begun == NOW


def test_a_new_handover_keeps_the_old_one_beside_it(tmp_path: Path) -> None:
    book = HandoverBook(tmp_path / "handover.json", lambda: NOW)
    book.add([finding("a")], None)
    place = book.start_over()
    assert place is not None and names(HandoverBook(place, lambda: NOW).document) == ["a"]
    assert not book.document.begun and not book.document.findings and not book.visits()


def test_it_is_bounded_and_a_file_that_cannot_be_read_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "handover.json"
    file.write_text("{ torn")
    book = HandoverBook(file, lambda: NOW)
    assert not book.document.begun and "cannot be read" in book.trouble
    assert file.read_text() == "{ torn"
    assert book.add([finding(str(number)) for number in range(MOST_FINDINGS + 20)], None) == MOST_FINDINGS
    assert [aside.read_text() for aside in tmp_path.glob("handover.unreadable-*")] == ["{ torn"]


@pytest.mark.parametrize("count", [0, 1])
def test_undo_takes_back_the_last_change_alone(tmp_path: Path, count: int) -> None:
    book = HandoverBook(None, lambda: NOW)
    assert not book.undo()
    book.add([finding("a"), finding("b")], None)
    book.remove(1)
    for _ in range(count):
        assert book.undo()
    assert names(book.document) == (["a", "b"] if count else ["b"])
