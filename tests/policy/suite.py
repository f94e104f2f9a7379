"""The suite of policy: objects of one cluster in every shape, and what must be said of them (``suite.yaml``)."""

from pathlib import Path
from string import Template
from typing import Any

import yaml

from fluxtui.insight.policy.model import Picture

NAMESPACES = ("backend", "web", "infra")


def suite(**names: str) -> dict[str, Any]:
    """The suite with its namespaces called so; by default as they are."""
    text = Path(__file__).with_name("suite.yaml").read_text()
    return yaml.safe_load(Template(text).substitute({name: names.get(name, name) for name in NAMESPACES}))


def told(picture: Picture, *namespaces: str) -> list[str]:
    """The violations of a picture as the suite expects them; those of other namespaces are another test's."""
    lines = [
        f"{each.subject.kind}/{each.subject.namespace}/{each.subject.name} | {each.policy} | {each.rule} | "
        f"{each.finding.result} | {each.action.value} | {each.owner.id} {each.owner.proof.name} | {each.owner.tenant}"
        for each in picture.violations
        if not each.subject.namespace or not namespaces or each.subject.namespace in namespaces
    ]
    return sorted(lines)
