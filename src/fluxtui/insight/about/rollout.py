"""Flagger's canaries: how far a new version is let in, on what grounds, and what holds it back."""

from collections.abc import Iterator

from fluxtui.insight.about.told import MORE, Told, Weight
from fluxtui.insight.fields import Json, flag, items, mapping, mappings, moment, number, prose, text
from fluxtui.kinds.ages import exact
from fluxtui.kinds.table import identify

PHASES = {
    "Succeeded": Weight.GOOD,
    "Initialized": Weight.GOOD,
    "Failed": Weight.BAD,
    "Waiting": Weight.WARNING,
    "WaitingPromotion": Weight.WARNING,
}
"""How the phases are meant; those of a rollout under way are plain."""


def canary(value: Json) -> Iterator[Told]:
    """A Canary of flagger.app; nothing of namesakes in other groups."""
    if not text(value, "apiVersion").startswith("flagger.app/"):
        return
    spec, status = mapping(value, "spec"), mapping(value, "status")
    ref = mapping(spec, "targetRef")
    group = text(ref, "apiVersion").rpartition("/")[0]
    target = identify(group, text(ref, "kind"), text(value, "metadata", "namespace"), text(ref, "name"))
    yield Told("rolls out", f"{text(ref, 'kind')} {text(ref, 'name')}", target=target)
    phase = text(status, "phase") or "not looked at yet"
    since = moment(status, "lastTransitionTime")
    yield Told("phase", phase + (f", since {exact(since)}" if since else ""), PHASES.get(phase, Weight.PLAIN))
    promoted = next((held for held in mappings(status, "conditions") if held.get("type") == "Promoted"), None)
    if message := " ".join(prose(promoted, "message").split()):
        yield Told(MORE, message, Weight.QUIET)
    yield from _progress(spec, status)
    analysis = mapping(spec, "analysis") or mapping(spec, "canaryAnalysis")
    for place, metric in enumerate(mappings(analysis, "metrics")):
        span = mapping(metric, "thresholdRange")
        limits = [f"{word} {text(span, key)}" for key, word in (("min", "at least"), ("max", "at most")) if key in span]
        words = f"{text(metric, 'name')} {' and '.join(limits)} over {text(metric, 'interval')}"
        yield Told(MORE if place else "judged by", " ".join(words.split()))
    if hooks := len(items(analysis, "webhooks")):
        yield Told("asks", f"{hooks} webhook{'' if hooks == 1 else 's'}", Weight.QUIET)
    if flag(spec, "skipAnalysis"):
        yield Told("analysis", "is skipped: every new version goes live at once", Weight.WARNING)
    if flag(spec, "suspend"):
        yield Told("suspended", "a new version is not rolled out", Weight.WARNING)


def _progress(spec: Json, status: Json) -> Iterator[Told]:
    analysis = mapping(spec, "analysis") or mapping(spec, "canaryAnalysis")
    weight, most = number(status, "canaryWeight"), number(analysis, "maxWeight")
    if most:
        yield Told("traffic", f"{weight} % to the new version, {most} % at most before it is promoted")
    elif runs := number(analysis, "iterations"):
        yield Told("iterations", f"{number(status, 'iterations')} of {runs}")
    failed, allowed = number(status, "failedChecks"), number(analysis, "threshold")
    if failed or allowed:
        words = f"{failed} of {allowed} after which it is rolled back"
        yield Told("failed checks", words, Weight.WARNING if failed else Weight.QUIET)


TELLERS = {"Canary": canary}
