"""Violations as a checklist in Markdown, tenant by tenant: to hand to those who can mend them."""

from collections.abc import Iterable, Sequence

from fluxtui.insight.policy.export import left_out, words_left_out
from fluxtui.insight.policy.model import Picture, Violation
from fluxtui.insight.policy.naming import policy_name
from fluxtui.insight.policy.narrowing import Hidden
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.columns import revision

CLUSTER_WIDE = "no tenant"


def markdown(picture: Picture, shown: Sequence[Violation], hidden: Hidden, filter_text: str = "") -> str:
    """The checklist: by tenant and owner, one box for each violation. What is left out, and not known, is told."""
    lines = ["# Policy violations", ""]
    told = f"{len(shown):,} violations at {exact(picture.now)}"
    lines.append(f"{told}, filter `{_code(filter_text)}`." if filter_text.strip() else f"{told}.")
    if words := words_left_out(left_out(picture, hidden)):
        lines.append(f"{words[0].upper()}{words[1:]}.")
    for each in picture.coverage:
        unsure = [state for state in each.reports.values() if not state.trusted and state.phase != "not installed"]
        if unsure:
            lines.append(f"Not known: {each.cluster} ({unsure[0].phase}).")
        elif each.unread:
            lines.append(f"Not all known: {each.unread:,} reports of {each.cluster} are not read yet.")
        if each.cut:
            lines.append(f"Not all known: {each.cut:,} results of long reports of {each.cluster} are not read.")
    tenants: dict[str, dict[str, list[Violation]]] = {}
    for each in shown:
        tenant = each.owner.tenant or CLUSTER_WIDE
        tenants.setdefault(tenant, {}).setdefault(_owner(each), []).append(each)
    for tenant, owners in sorted(tenants.items()):
        lines += ["", f"## {_plain(tenant)}"]
        for owner, found in sorted(owners.items()):
            lines += ["", f"### {_plain(owner)}", "", *_boxes(found, picture.now)]
    return "\n".join(lines) + "\n"


def _boxes(found: Iterable[Violation], now: float) -> Iterable[str]:
    for each in found:
        of = each.subject
        name = f"{of.namespace}/{of.name}" if of.namespace else of.name
        rule = policy_name(each.policy) + (f"/{each.rule}" if each.rule else "")
        since = f"{ago(each.first_seen, now)}" if each.first_seen else "now"
        seen = f"since {since}" if each.certain else f"seen for {since}, maybe older"
        head = f"- [ ] **{each.finding.result}** {of.kind} `{_code(name)}` in {each.cluster}: `{_code(rule)}`"
        yield f"{head} ({each.severity or 'no severity'}, {each.action}, {seen})"
        yield f"  {_plain(' '.join(each.finding.message.split()))}"


def _owner(each: Violation) -> str:
    owner = each.owner
    if not owner.id:
        return _plain(owner.nobody)
    at = f" @ {revision(owner.revision)}" if owner.revision else ""
    return f"{owner.id} in {owner.cluster}{at}"


def _code(text: str) -> str:
    """Text between backticks."""
    return text.replace("`", "'")


def _plain(text: str) -> str:
    """Text that Markdown shows as it is: clusters say it, and must not format it."""
    escaped = "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in text)
    return escaped.strip() or " "
