"""One thing that happened to one object at one time, and how that is known. Who tells it: `watched` (what we saw),
`told` (what records and Events tell); who puts them together: `changes`.
"""

import msgspec

from fluxtui.insight.causes import Ref
from fluxtui.insight.known import Known

WHATS: dict[str, str] = {
    "revision": "a source has a new artifact",
    "applied": "content was applied for the first time",
    "released": "Helm installed, upgraded, rolled back or removed a release",
    "image": "another image was chosen or written to Git",
    "upgraded": "Flux, the operator or a controller changed its version",
    "spec": "the spec was changed: a new generation",
    "suspended": "it was suspended, disabled or left alone",
    "resumed": "it was resumed, enabled or taken up again",
    "failed": "it began to fail",
    "blocked": "it began to wait for a dependency",
    "ready": "it turned ready",
    "restarted": "a container ended and was started again",
    "drift": "what was applied had been changed by somebody else",
    "created": "it was created",
    "deleted": "it was deleted",
}
"""The kinds of change, by the word that is shown."""


class Occurrence(msgspec.Struct, frozen=True, gc=False):
    """A change of one object: `at` in epoch seconds, `what` a key of `WHATS`, in words, and which field tells it.

    `delivered` is the whole revision that came with it, `place` where that came from (a URL, else the source's id);
    both are empty for what has nothing to do with a revision. `by` is who wrote it by managedFields: always inferred,
    however the change itself is known.
    """

    at: int
    cluster: str
    id: str
    what: str
    words: str
    known: Known
    field: str
    delivered: str = ""
    place: str = ""
    by: str = ""

    @property
    def ref(self) -> Ref:
        """(cluster, id)"""
        return self.cluster, self.id

    @property
    def told(self) -> str:
        """Its words, and who wrote it: ``spec.suspend ≈ by kubectl-edit``."""
        return f"{self.words} {Known.INFERRED.glyph} by {self.by}".lstrip() if self.by else self.words
