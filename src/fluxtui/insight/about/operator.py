"""ResourceSets and their input providers: from which inputs how many objects come, and what may go wrong with that."""

from collections.abc import Iterator

from fluxtui.insight.about.told import MORE, Told, Weight
from fluxtui.insight.fields import NOTHING, Json, flag, items, mapping, mappings, number, text, texts
from fluxtui.kinds.columns import revision

HAZARD = "with no inputs an empty set is applied: everything it made is deleted, and it stays green"


def resource_set(value: Json) -> Iterator[Told]:
    """Templates, inputs, and the hazard of having none."""
    spec, status = mapping(value, "spec"), mapping(value, "status")
    yield from _templates(spec)
    yield from _inputs(value, spec)
    last = next(iter(mappings(status, "history")), NOTHING)
    sets, made = text(last, "metadata", "inputs"), text(last, "metadata", "resources")
    if sets:
        yield Told("last run", f"{sets} input sets made {made} objects, took {text(last, 'lastReconciledDuration')}")
    if items(spec, "inputsFrom"):
        emptied = sets == "0" and not items(status, "inventory", "entries")
        weight = Weight.BAD if emptied else Weight.WARNING
        words = (
            "its last run had no inputs and applied nothing; what earlier runs made was deleted" if emptied else HAZARD
        )
        yield Told("hazard", words, weight)
    yield from _stalled(status)
    strategy = text(spec, "inputStrategy", "name")
    if strategy:
        yield Told("combines", {"Permute": "every input with every other"}.get(strategy, strategy))
    if account := text(spec, "serviceAccountName"):
        yield Told("applies as", f"ServiceAccount {account}")
    yield Told(
        "waits",
        "for the health of what it made" if flag(spec, "wait") else "for nothing: applied is enough",
        Weight.QUIET,
    )


def _templates(spec: Json) -> Iterator[Told]:
    steps = mappings(spec, "steps")
    if steps:
        names = ", ".join(text(step, "name") for step in steps)
        yield Told("steps", f"{len(steps)}: {names}")
        return
    kinds: dict[str, int] = {}
    for template in mappings(spec, "resources"):
        kinds[text(template, "kind")] = kinds.get(text(template, "kind"), 0) + 1
    counted = ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in kinds.items())
    if kinds:
        yield Told("templates", f"{sum(kinds.values())} for each input set: {counted}")
    if text(spec, "resourcesTemplate"):
        yield Told("templates", "one text for all: what it makes is only known when it has run")


def _inputs(value: Json, spec: Json) -> Iterator[Told]:
    if own := len(items(spec, "inputs")):
        yield Told("inputs", f"{own} of its own")
    for place, ref in enumerate(mappings(spec, "inputsFrom")):
        name = text(ref, "name")
        if name:
            target = f"ResourceSetInputProvider/{text(value, 'metadata', 'namespace')}/{name}"
            yield Told(MORE if place else "inputs from", f"ResourceSetInputProvider {name}", target=target)
        else:
            labels = ", ".join(f"{key}={found}" for key, found in texts(ref, "selector", "matchLabels").items())
            yield Told(MORE if place else "inputs from", f"every provider with {labels or 'the labels it selects'}")


def _stalled(status: Json) -> Iterator[Told]:
    for held in mappings(status, "conditions"):
        if held.get("type") == "Stalled" and held.get("status") == "True":
            words = f"{text(held, 'reason')}: {text(held, 'message')}; nothing happens until it is changed"
            yield Told("stalled", words, Weight.BAD)


TYPES = frozenset(
    {
        "Static",
        "ExternalService",
        "ExternalArtifact",
        "GitLabEnvironment",
        "GitLabMergeRequest",
        *(
            f"{forge}{what}"
            for forge in ("GitHub", "AzureDevOps", "Gitea")
            for what in ("Branch", "Tag", "PullRequest")
        ),
        *(f"{forge}{what}" for forge in ("GitLab", "AWSCodeCommit") for what in ("Branch", "Tag")),
        "AWSCodeCommitPullRequest",
        *(f"{registry}ArtifactTag" for registry in ("OCI", "ACR", "ECR", "GAR")),
    }
)
"""The types of input providers (facts: flux §1)."""


def _weight(kind: str) -> Weight:
    return Weight.PLAIN if kind in TYPES else Weight.BAD


def input_provider(value: Json) -> Iterator[Told]:
    """What is asked, what came of it, and when it may be asked again."""
    spec, status = mapping(value, "spec"), mapping(value, "status")
    kind = text(spec, "type")
    yield Told("type", kind if kind in TYPES else f"{kind or 'none'}: no type that the operator knows", _weight(kind))
    if text(spec, "url"):
        yield Told("url", text(spec, "url"))
    found = texts(spec, "filter")
    if found:
        yield Told("filter", ", ".join(f"{key} {value}" for key, value in found.items() if value))
    exported = items(status, "exportedInputs")
    weight = Weight.PLAIN if exported else Weight.WARNING
    words = f"{len(exported)} input sets: see the tab Inputs" if exported else f"nothing; {HAZARD}"
    yield Told("exports", words, weight)
    if text(status, "lastExportedRevision"):
        yield Told("revision", revision(text(status, "lastExportedRevision")), Weight.QUIET)
    for place, held in enumerate(mappings(spec, "schedule")):
        window = text(held, "window") or "0s"
        opens = "at the moment it opens" if window == "0s" else f"open for {window}"
        words = f"{text(held, 'cron')} {text(held, 'timeZone') or 'UTC'}, {opens}"
        yield Told(MORE if place else "schedule", words)
    after = mapping(status, "nextSchedule")
    if after:
        yield Told("next window", f"{text(after, 'when')} ({text(after, 'cron')} {text(after, 'timeZone')})")
    skipped = [str(label) for label in items(spec, "skip", "labels")]
    if skipped:
        yield Told("keeps as it was", f"what is labelled {', '.join(skipped)}", Weight.QUIET)
    defaults = texts(spec, "defaultValues")
    if defaults:
        yield Told("adds", ", ".join(f"{key}={value}" for key, value in defaults.items()), Weight.QUIET)
    if (limit := number(spec, "filter", "limit")) and len(exported) >= limit:
        yield Told("limit", f"{limit} is reached: there may be more than it exports", Weight.WARNING)


TELLERS = {"ResourceSet": resource_set, "ResourceSetInputProvider": input_provider}
