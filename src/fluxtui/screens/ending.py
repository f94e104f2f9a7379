"""What a page or a dialog has under way ends with it, before any of it is taken down.

Textual takes the parts of a screen down first and cancels its workers last: between the two, a worker that goes on
would write into parts that are not there any more, and the program would end with it.
"""

from asyncio import iscoroutine
from typing import TYPE_CHECKING, Any, TypeVar

from textual.events import Event, Unmount
from textual.worker import Worker, WorkType

if TYPE_CHECKING:
    from textual.await_remove import AwaitRemove
    from textual.widget import Widget as _Widget
else:
    _Widget = object  # a base of ours that is a widget would hide the styles of the one that follows it

T = TypeVar("T")


class Ending(_Widget):
    """For classes of widgets that run workers: stands before the widget's class among their bases."""

    async def on_event(self, event: Event) -> None:
        """What is closed before it had its parts never gets any: nothing is told to it but that it is over."""
        if not self._pruning or self.children or isinstance(event, Unmount):
            await super().on_event(event)

    def remove(self) -> "AwaitRemove":
        """Take it down; first its workers end, and those of all its parts."""
        for node in self.walk_children(with_self=True):
            self.workers.cancel_node(node)
        return super().remove()

    def run_worker(self, work: WorkType[T], *args: Any, **named: Any) -> Worker[T]:
        """Run work in a worker; none begins any more while it is taken down."""
        worker = super().run_worker(work, *args, **named)
        if self._pruning:
            worker.cancel()
            if iscoroutine(work):
                work.close()
        return worker
