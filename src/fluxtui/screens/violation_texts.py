"""The texts of a violation's page: the object with the place pointed at, and the rule as the policy has it."""

from collections.abc import Sequence

import msgspec

from fluxtui.insight.fields import Json, mappings, text
from fluxtui.insight.policy.model import Violation
from fluxtui.insight.policy.naming import policy_name
from fluxtui.insight.policy.path import Named, Pointer, pointers
from fluxtui.insight.yaml_text import as_yaml
from fluxtui.screens.violation_words import Fetched
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.yaml_tokens import yaml_spans

MARK = "# ◀ "
"""What points at a line: a comment, so that what is copied is still YAML."""
LONGEST = 20_000
"""Lines of an object that are shown."""


class Text(msgspec.Struct, frozen=True):
    """A text, and the line (from 0) that is to be seen first."""

    text: str
    line: int = 0


def painted(line: str) -> Sequence[Span]:
    """YAML, and what points into it."""
    before, mark, told = line.partition(MARK)
    if not mark:
        return yaml_spans(line)
    return [*yaml_spans(before), (f"{mark}{told}", "error")]


def pointed(violation: Violation, fetched: Fetched, paths: Sequence[Named]) -> Text:
    """The object as YAML; the lines that the message means say so. Costs a parse of the text: not for the loop."""
    if fetched.value is None:
        return Text(_missing("object", fetched))
    try:
        whole = as_yaml(fetched.value)
        found = pointers(fetched.value, whole, paths)
    except RecursionError:
        return Text("# the object is nested too deeply to be shown")
    lines = whole.rstrip("\n").split("\n")[:LONGEST]
    for each in found:
        if each.line < len(lines):
            lines[each.line] += f"  {MARK}{_told(violation, each)}"
    head = [] if found else ["# the message names no field of the object" if not paths else _nowhere(paths)]
    first = found[0].line if found else 0
    return Text("\n".join([*head, *lines]), first)


def _told(violation: Violation, pointer: Pointer) -> str:
    rule = violation.rule or policy_name(violation.policy)
    doubt = "" if pointer.sure else ", or another that ends so"
    if pointer.missing:
        return f"{rule}: {pointer.missing} is missing here{doubt}"
    return f"{rule}{doubt}"


def _nowhere(paths: Sequence[Named]) -> str:
    return f"# the message names {paths[0].text}, which is not in the object"


def rule_text(violation: Violation, fetched: Fetched) -> Text:
    """The rule as YAML, with what the policy says for all its rules."""
    if fetched.value is None:
        if "/" not in violation.policy:
            return Text(f"# {violation.policy} is no policy that is held in a cluster: its engine knows its text")
        return Text(_missing("policy", fetched))
    spec = fetched.value.get("spec")
    held = dict(spec) if isinstance(spec, dict) else {}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    rules = mappings(fetched.value, "spec", "rules")
    chosen = [each for each in rules if text(each, "name") == violation.rule]
    if chosen and len(rules) > 1:
        held["rules"] = chosen
    shown: Json = {key: fetched.value[key] for key in ("apiVersion", "kind") if key in fetched.value}
    metadata = {"name": text(fetched.value, "metadata", "name")}
    head = f"# the whole policy: {policy_name(violation.policy)}"
    if chosen and len(rules) > 1:
        head = f"# rule {violation.rule}, one of {len(rules)}, and what holds for all; ⏎ on the policy opens it whole"
    try:
        return Text(f"{head}\n{as_yaml({**shown, 'metadata': metadata, 'spec': held})}".rstrip("\n"))
    except RecursionError:
        return Text("# the policy is nested too deeply to be shown")


def _missing(what: str, fetched: Fetched) -> str:
    if fetched.waits:
        return f"# the {what} is on its way"
    if fetched.gone:
        return f"# the {what} is gone: {fetched.trouble}"
    return f"# the {what} cannot be read: {fetched.trouble}"
