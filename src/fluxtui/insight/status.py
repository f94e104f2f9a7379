"""The status of one object: its last *concluded* outcome, and since when.

Controllers blink: a failing Kustomization is ``Unknown`` more often than ``False``, a healthy one is ``Unknown`` for a
moment of each reconcile (recordings, lesson 1). So a reconcile in passing is no news: what was concluded before it
stands until the next conclusion. At first sight, when there is no row before, the conclusion comes from the history,
and from the conditions that outlive a retry.

`assess` runs once per watch event: the ready object is answered first, everything else is the slower way.
"""

from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row, Verdict

FAILED, BLOCKED, SUSPENDED, UNKNOWN, PROGRESSING, READY = Status
"""The members of `Status` by themselves: this module compares them for every event."""

DELETING = "Deleting"
EMPTIED = "InventoryEmptied"
"""The reason of a ResourceSet that is Ready and just deleted all that it had applied (facts: flux §1, *Hazard*)."""
GENERATION_LAG = "NotReconciledYet"
NEW_REVISION = "NewRevision"

WITHOUT_CONDITIONS = frozenset({"Alert", "Provider", "Namespace", "ConfigMap", "Secret", "Event", "ExternalArtifact"})
"""Kinds that may have no Ready condition for all their life and are fine then (facts: flux §5)."""

BLOCKED_REASON = "DependencyNotReady"
STILL_RUNNING = frozenset({"Progressing", "ProgressingWithRetry", "HealthCheckCanceled"})
"""Reasons of a Ready=False that conclude nothing: a run was interrupted by the next one (facts: flux §2)."""

GOOD_OUTCOMES = frozenset({"deployed", "superseded"})
BAD_SUFFIXES = ("Failed", "failed", "NotReady", "Error")

LASTING = (
    ("FetchFailed", "True"),
    ("StorageOperationFailed", "True"),
    ("BuildFailed", "True"),
    ("SourceVerified", "False"),
    ("Healthy", "False"),
)
"""Conditions, and the status in which they tell of a failure, also while the object tries again."""

ROLLOUTS = frozenset({"NewReplicaSetCreated", "FoundNewReplicaSet", "ReplicaSetUpdated"})
"""Reasons of a Deployment's Progressing condition while its new pods are not all there yet."""

BARE = Verdict(READY)


def assess(record: Record, previous: Row | None) -> Verdict:
    """Conclude the status of a record, given the row that it replaces (None at first sight). Never raises."""
    if (
        record.ready == "True"
        and not record.suspended
        and not record.deleting
        and record.inventory_size != 0
        and (record.observed >= record.generation or record.observed < 0 or record.kind == "FluxReport")
    ):
        if previous is not None and previous.status is READY:
            return Verdict(READY, record.reason, record.message, previous.since)
        return _became_ready(record, previous)
    return _assess_slowly(record, previous)


def failed_outcome(outcome: str) -> bool:
    """Whether an outcome in a history names a failure: ``HealthCheckFailed``, ``failed``… but no run under way."""
    return outcome.endswith(BAD_SUFFIXES)


def good_outcome(outcome: str) -> bool:
    """Whether an outcome in a history names a success: ``ReconciliationSucceeded``, ``deployed``…"""
    return outcome.endswith("Succeeded") or outcome in GOOD_OUTCOMES


def _assess_slowly(record: Record, previous: Row | None) -> Verdict:
    if record.suspended:
        return _suspended(record)
    if record.deleting:
        return _deleting(record)
    if record.ready == "True":
        return _ready_with_a_catch(record, previous)
    if record.ready == "False" and record.reason not in STILL_RUNNING:
        if record.reason == BLOCKED_REASON:
            return _blocked(record, previous)
        if record.kind == "Deployment" and _rolling_out(record):
            return _progress(record, previous, record.reason, record.message)
        return _failed(record, previous)
    if not record.ready and _needs_no_condition(record):
        since = getattr(record, "last", 0) or record.created  # of an Event: when it was last seen
        return Verdict(READY, record.reason, record.message, since) if since else BARE
    return _unconcluded(record, previous)


def _needs_no_condition(record: Record) -> bool:
    if record.flaw:
        return False
    return record.kind in WITHOUT_CONDITIONS or (record.kind == "HelmRepository" and record.url.startswith("oci:"))


def _became_ready(record: Record, previous: Row | None) -> Verdict:
    """Ready at first sight, or after something else: the history knows longer successes than Ready itself."""
    since = record.ready_since
    if previous is None and record.outcome_since and good_outcome(record.outcome):
        since = record.outcome_since
    return Verdict(READY, record.reason, record.message, since or record.created)


def _ready_with_a_catch(record: Record, previous: Row | None) -> Verdict:
    """Ready=True of an older generation, or with an empty inventory."""
    if 0 <= record.observed < record.generation and record.kind != "FluxReport":
        if previous is not None and previous.status in (FAILED, BLOCKED):
            return _carried(previous)
        message = f"generation {record.generation} is not reconciled yet, the last one was {record.observed}"
        since = previous.since if previous is not None and previous.reason == GENERATION_LAG else record.ready_since
        return Verdict(PROGRESSING, GENERATION_LAG, message, since)
    if record.kind == "ResourceSet" and record.inventory_size == 0 and (emptied := _emptied(record, previous)):
        return emptied
    if previous is not None and previous.status is READY:
        return Verdict(READY, record.reason, record.message, previous.since)
    return _became_ready(record, previous)


def _emptied(record: Record, previous: Row | None) -> Verdict | None:
    """A green ResourceSet with nothing left: what it had applied is deleted (recordings: only an Event tells)."""
    if previous is not None and previous.reason == EMPTIED:
        return _carried(previous)
    sets, earlier = getattr(record, "input_sets", -1), getattr(record, "earlier_input_sets", -1)
    if previous is not None and previous.record.inventory_size > 0:
        why = "had no inputs and deleted" if sets == 0 else "left nothing of"
        message = f"its last run {why} all {previous.record.inventory_size} objects that it had applied"
        return Verdict(READY, EMPTIED, message, record.ready_since)
    if sets == 0 and earlier > 0:
        message = f"its last run had no inputs, an earlier one had {earlier}: all that it had applied is deleted"
        return Verdict(READY, EMPTIED, message, record.outcome_since or record.ready_since)
    return None


def _rolling_out(record: Record) -> bool:
    """Whether a Deployment has too few replicas because it is being rolled out, with some at work (kstatus' rules)."""
    status, reason = record.condition("Progressing")
    return status != "False" and (record.condition("Available")[0] == "True" or reason in ROLLOUTS)


def _suspended(record: Record) -> Verdict:
    """`since` is the last time that it reconciled: nothing records when it was suspended."""
    parts = [f"suspended by {record.suspended_by}" if record.suspended_by else "suspended"]
    if record.ready == "False" and record.message:
        parts.append(f"before that, {record.reason}: {record.message}")
    return Verdict(SUSPENDED, "Suspended", "; ".join(parts), max(record.outcome_at, record.ready_since))


def _deleting(record: Record) -> Verdict:
    concluded = record.ready == "False" and record.ready_since >= record.deleting
    if concluded and record.reason not in STILL_RUNNING and failed_outcome(record.reason):
        return Verdict(FAILED, record.reason, record.message, record.deleting)
    return Verdict(PROGRESSING, DELETING, "is being deleted", record.deleting)


def _blocked(record: Record, previous: Row | None) -> Verdict:
    since = previous.since if previous is not None and previous.status is BLOCKED else record.ready_since
    return Verdict(BLOCKED, record.reason, record.message, since)


def _failed(record: Record, previous: Row | None) -> Verdict:
    """Ready=False: a conclusion. Its first failure is not Ready's transition (recordings, lesson 11).

    A release's history tells when each try began, not when it failed: it is asked at first sight alone.
    """
    reason, message = record.reason, record.message
    if record.kind == "HelmRelease" and reason.endswith("Succeeded"):
        reason, message = _remedied(record, previous)
    told = 0 if previous is not None and record.kind == "HelmRelease" else _history_since(record)
    if previous is not None and previous.status is FAILED:
        if previous.reason == reason and without_durations(previous.message) == without_durations(message):
            message = previous.message
        return Verdict(FAILED, reason, message, _earlier(previous.since, told))
    since = record.ready_since
    if told and (previous is None or told > previous.record.ready_since):
        since = _earlier(told, since)
    return Verdict(FAILED, reason or "NotReady", message, since)


def _remedied(record: Record, previous: Row | None) -> tuple[str, str]:
    """A failure that is named a success (lesson 4): the reason is that of the release, told before the remedy."""
    status, released = record.condition("Released")
    if status != "False" or not released or released == record.reason:
        return record.reason, record.message
    before = previous.message.partition("\n")[0] if previous is not None and previous.reason == released else ""
    message = f"{before}\n{record.message}" if before and before != record.message else record.message
    if record.condition("Stalled")[0] == "True":
        message += f"\nit gave up: {record.condition('Stalled')[1]}"
    return released, message


def _unconcluded(record: Record, previous: Row | None) -> Verdict:
    """A reconcile is under way, or nothing was ever said: the last conclusion stands."""
    if previous is not None:
        if previous.status is FAILED and not _healed_unseen(record, previous):
            return _carried(previous)
        if previous.status is READY and not _failed_unseen(record, previous):
            return _under_way(record, previous)
    lasting = _lasting_failure(record, previous)
    if lasting is not None:
        return lasting
    if record.attempted and record.revision and record.attempted != record.revision:
        return _progress(record, previous, NEW_REVISION, f"from {record.revision} to {record.attempted}")
    if good_outcome(record.outcome) and (previous is None or previous.status in (SUSPENDED, UNKNOWN, FAILED)):
        healed = previous is not None and previous.status is FAILED
        return Verdict(READY, record.outcome, record.message, record.outcome_at if healed else record.outcome_since)
    if record.kind == "Deployment":
        return Verdict(UNKNOWN, record.reason or "NoStatus", record.message, record.created)
    if record.ready == "Unknown" or record.condition("Reconciling")[0] == "True":
        return _progress(record, previous, record.reason or "Progressing", record.message)
    message = f"cannot be read: {record.flaw}" if record.flaw else "its controller has not said anything yet"
    return Verdict(UNKNOWN, "NoStatus", message, record.created)


def _under_way(record: Record, previous: Row) -> Verdict:
    """It was ready, and reconciles: the same again is no news, something new is progress."""
    if 0 <= record.observed < record.generation and record.kind != "FluxReport":
        return _progress(record, previous, GENERATION_LAG, record.message)
    if record.attempted and record.revision and record.attempted != record.revision and record.kind != "HelmRelease":
        return _progress(record, previous, NEW_REVISION, f"from {record.revision} to {record.attempted}")
    if record.kind == "HelmRelease" and record.attempted != previous.record.attempted:
        return _progress(record, previous, NEW_REVISION, record.message)
    if record.condition("ArtifactOutdated")[0] == "True":
        return _progress(record, previous, NEW_REVISION, record.message)
    return _carried(previous)


def _progress(record: Record, previous: Row | None, reason: str, message: str) -> Verdict:
    since = record.ready_since or record.created
    if previous is not None and previous.status is PROGRESSING:
        since = _earlier(previous.since, since)
    return Verdict(PROGRESSING, reason, message, since)


def _lasting_failure(record: Record, previous: Row | None) -> Verdict | None:
    """A failure that outlives the retry under way: in the history or in a condition other than Ready.

    Conditions of a run that began before our eyes are not its conclusion.
    """
    stalled, why = record.condition("Stalled")
    since = _history_since(record)
    if stalled == "True":
        return Verdict(FAILED, why, record.message, since or record.ready_since)
    if since and record.outcome:
        return _retrying(record, _release_reason(record) or record.outcome, since)
    reason = _told_against(record) if previous is None or previous.status is not PROGRESSING else ""
    return _retrying(record, reason, since or record.ready_since) if reason else None


def _told_against(record: Record) -> str:
    """The reason of a condition that says that the last try failed, empty if none does."""
    if reason := _release_reason(record):
        return reason
    for kind, bad in LASTING:
        status, reason = record.condition(kind)
        if status == bad:
            return reason
    return ""


def _release_reason(record: Record) -> str:
    status, reason = record.condition("Released")
    return reason if status == "False" else ""


def _retrying(record: Record, reason: str, since: int) -> Verdict:
    times = f", {record.tries} times so far" if record.tries > 1 else ""
    now = f"; now: {record.message}" if record.message else ""
    return Verdict(FAILED, reason, f"the last try ended with {reason}{times}{now}", since)


def _history_since(record: Record) -> int:
    """When the failure began that the history concludes with, 0 if it does not conclude with one.

    Entries of the same content are merged: one that failed, was good and fails again is older than its failure.
    Sources have no history: the conditions by which they fail tell.
    """
    if not record.outcome:
        return record.failing_since
    if not record.outcome_since or not failed_outcome(record.outcome):
        return 0
    return record.good_at if record.outcome_since < record.good_at <= record.outcome_at else record.outcome_since


def _failed_unseen(record: Record, previous: Row) -> bool:
    """Whether the history concluded a failure since the row's own conclusion: a watch was interrupted."""
    return failed_outcome(record.outcome) and record.outcome_at > max(
        previous.record.ready_since, previous.record.outcome_at
    )


def _healed_unseen(record: Record, previous: Row) -> bool:
    """Whether the history concluded a success since the failure of the row."""
    if not good_outcome(record.outcome) or record.condition("Released")[0] == "False":
        return False
    return record.outcome_at > max(previous.since, previous.record.outcome_at, _concluded_at(previous.record))


def _concluded_at(record: Record) -> int:
    return record.ready_since if record.ready in ("True", "False") else 0


def _carried(previous: Row) -> Verdict:
    return Verdict(previous.status, previous.reason, previous.message, previous.since)


def _earlier(first: int, second: int) -> int:
    """The earlier of two times of which each may be untold."""
    return min(first, second) if first and second else first or second


def without_durations(message: str) -> str:
    """A message without the durations in it (``failed after 30.019891589s``): what does not change with each try."""
    return " ".join([word for word in message.split() if not _duration(word)])


def _duration(word: str) -> bool:
    word = word.rstrip(":;,.")
    return word.endswith("s") and word[:1].isdigit() and not word.strip("0123456789.hmµnus")
