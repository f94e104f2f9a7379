"""The status of what policy consists of: what a policy or a controller of the engine says of itself.

A report has no status: what it says is a matter of `picture`.
"""

from fluxtui.insight.status import assess as assess_delivery
from fluxtui.kinds.policy.policies import ADMISSION, PolicyRecord
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row, Verdict

STATUSES = {"True": Status.READY, "False": Status.FAILED}


def assess(record: Record, before: Row | None) -> Verdict:
    """The status of an object of the store of policy. Never raises.

    The API server's own policies have no Ready condition; of Kyverno's, one without has not been looked at by its
    admission controller.
    """
    if record.kind == "Deployment":
        return assess_delivery(record, before)
    if not isinstance(record, PolicyRecord) or (record.group == ADMISSION and not record.ready):
        return Verdict(Status.READY, since=record.created)
    status = STATUSES.get(record.ready, Status.UNKNOWN)
    message = record.message if record.ready else "Kyverno's admission controller has said nothing of it yet"
    return Verdict(status, record.reason, message, record.ready_since or record.created)
