"""Whatever order things happen in, the store holds what the server told: never a ghost, never a gap.

The model is a server per (cluster, kind) with its objects and its stream of events, and what a client that does
nothing clever would hold. Connections drop (events are lost), lists are abandoned half-way, objects are deleted
and made again, clusters leave and join. A reader applies every drained batch to a copy of its own.
"""

import itertools
from collections import Counter, defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fluxtui.kinds.record import Need, Record
from fluxtui.kinds.status import Status
from fluxtui.store.index import EXTRACTS
from fluxtui.store.row import Verdict
from fluxtui.store.store import Store

places = st.tuples(st.sampled_from(["prod", "staging"]), st.sampled_from(["Kustomization", "HelmRelease"]))
objects = st.tuples(st.sampled_from(["web", "infra"]), st.sampled_from(["a", "b", "c", "d"]))
targets = st.sampled_from(["Kustomization/web/a", "Kustomization/web/b", "OCIRepository/web/s", ""])
ids = st.lists(targets.filter(bool), max_size=3).map(tuple)


@st.composite
def contents(draw):
    """Everything of a record but its identity."""
    return {
        "reason": draw(st.sampled_from(["Failed", "Succeeded"])),
        "owner": draw(targets),
        "source": draw(targets),
        "needs": tuple(Need(target) for target in draw(ids)),
        "inputs": draw(ids),
        "produced": draw(ids),
        "inventory": "\n".join(draw(ids)),
    }


def assess(record, previous):
    """`since` counts the versions of the same object in this status: it shows whose past was handed in."""
    status = Status.FAILED if record.reason == "Failed" else Status.READY
    since = previous.since + 1 if previous is not None and previous.status is status else 0
    return Verdict(status, record.reason, "", since)


class Fleet(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.store = Store(assess)
        self.numbers = itertools.count(1)
        self.server = defaultdict(dict)  # place → id → record
        self.stream = defaultdict(list)  # place → events not yet delivered; None: not connected
        self.held = defaultdict(dict)  # place → id → (record, since) that the store must hold
        self.loads = {}  # place → [Load, what is left to add, what it showed at the beginning, what it was told]
        self.copy = {}  # what a reader knows: (cluster, id) → row
        for place in itertools.product(["prod", "staging"], ["Kustomization", "HelmRelease"]):
            self.stream[place] = None

    # what happens on the server

    @rule(place=places, where=objects, content=contents())
    def write(self, place, where, content):
        namespace, name = where
        identity = f"{place[1]}/{namespace}/{name}"
        known = self.server[place].get(identity)
        uid = known.uid if known is not None else f"u{next(self.numbers)}"
        version = str(next(self.numbers))
        record = Record(kind=place[1], id=identity, namespace=namespace, name=name, uid=uid, version=version, **content)
        self.server[place][identity] = record
        self._tell(place, record, True)

    @rule(place=places, which=st.integers(0, 7))
    def delete(self, place, which):
        there = sorted(self.server[place])
        if there:
            self._tell(place, self.server[place].pop(there[which % len(there)]), False)

    def _tell(self, place, record, alive):
        if self.stream[place] is not None:
            self.stream[place].append((record, alive))

    # what the client hears

    @rule(place=places, count=st.integers(1, 4), again=st.booleans())
    def deliver(self, place, count, again):
        """Some events arrive; the last of them perhaps twice."""
        if self.stream[place] is None or place in self.loads:
            return
        heard, self.stream[place] = self.stream[place][:count], self.stream[place][count:]
        table = self.store.table(*place)
        for record, alive in [*heard, *(heard[-1:] if again else ())]:
            if alive:
                table.upsert(record)
                self._expect(place, record)
            else:
                table.remove(record.id)
                self.held[place].pop(record.id, None)

    @rule(place=places)
    def disconnect(self, place):
        """The connection drops: what was not delivered never will be, and a list under way is abandoned."""
        self.stream[place] = None
        self.loads.pop(place, None)

    @rule(place=places)
    def begin_list(self, place):
        """A list starts: a snapshot, with the events that follow it."""
        load = self.store.table(*place).load()
        direct = not self.held[place]
        self.loads[place] = [load, list(self.server[place].values()), direct, {}]
        self.stream[place] = []

    @precondition(lambda self: self.loads)
    @rule(which=st.integers(0, 3), count=st.integers(1, 3))
    def list_some(self, which, count):
        place = sorted(self.loads)[which % len(self.loads)]
        load, left, direct, listed = self.loads[place]
        for record in left[:count]:
            load.add(record)
            listed[record.id] = record
            if direct:
                self._expect(place, record)
        del left[:count]

    @precondition(lambda self: self.loads)
    @rule(which=st.integers(0, 3))
    def stream_into_list(self, which):
        """An event arrives before the end of a streamed list: a change or a deletion of what it may have shown."""
        place = sorted(self.loads)[which % len(self.loads)]
        load, left, direct, listed = self.loads[place]
        if left or not self.stream[place]:
            return
        record, alive = self.stream[place].pop(0)
        if alive:
            load.add(record)
            listed[record.id] = record
            if direct:
                self._expect(place, record)
        else:
            load.remove(record.id)
            listed.pop(record.id, None)
            if direct:
                self.held[place].pop(record.id, None)

    @precondition(lambda self: self.loads)
    @rule(which=st.integers(0, 3))
    def end_list(self, which):
        place = sorted(self.loads)[which % len(self.loads)]
        load, left, direct, listed = self.loads.pop(place)
        for record in left:
            load.add(record)
            listed[record.id] = record
            if direct:
                self._expect(place, record)
        before = dict(self.held[place])
        difference = load.commit()
        self._replaced(place, listed)
        if not direct:
            self._counted(difference, before, self.held[place])

    @rule(place=places)
    def replace(self, place):
        """The whole table at once, as from a snapshot file; a list under way is over."""
        self.loads.pop(place, None)
        self.stream[place] = []
        before = dict(self.held[place])
        difference = self.store.table(*place).replace(list(self.server[place].values()))
        self._replaced(place, self.server[place])
        self._counted(difference, before, self.held[place])

    @rule(cluster=st.sampled_from(["prod", "staging"]))
    def leave(self, cluster):
        self.store.drop(cluster)
        for place in list(self.held):
            if place[0] == cluster:
                self.held[place].clear()
        for place in [place for place in self.stream if place[0] == cluster]:
            self.stream[place] = None
            self.loads.pop(place, None)

    def _expect(self, place, record):
        known = self.held[place].get(record.id)
        if known is not None and known[0].uid == record.uid and known[0].version == record.version:
            return
        past = known[1] + 1 if known and known[0].uid == record.uid and known[0].reason == record.reason else 0
        self.held[place][record.id] = (record, past)

    def _replaced(self, place, listed):
        for record in listed.values():
            self._expect(place, record)
        for identity in set(self.held[place]) - set(listed):
            del self.held[place][identity]

    def _counted(self, difference, before, after):
        assert difference.added == len(after.keys() - before.keys())
        assert difference.removed == len(before.keys() - after.keys())
        assert difference.changed == sum(before[key] != after[key] for key in before.keys() & after.keys())

    # what readers do

    @rule()
    def drain(self):
        for change in self.store.drain().changes:
            key = (change.cluster, change.id)
            assert self.copy.get(key) == change.before
            if change.after is None:
                del self.copy[key]
            else:
                self.copy[key] = change.after
        assert not self.store.pending
        assert self.copy == self._rows()

    @rule(cluster=st.sampled_from(["prod", "staging"]), name=st.sampled_from(sorted(EXTRACTS)))
    def ask(self, cluster, name):
        self.store.cluster(cluster).index(name)

    def _rows(self):
        return {row.key: row for data in self.store.clusters() for row in data.rows()}

    # what must hold, always

    @invariant()
    def holds_what_it_was_told(self):
        told = {
            (place[0], identity): (record, since)
            for place, held in self.held.items()
            for identity, (record, since) in held.items()
        }
        assert {key: (row.record, row.since) for key, row in self._rows().items()} == told

    @invariant()
    def finds_rows_by_id_in_their_own_table(self):
        for (cluster, identity), row in self._rows().items():
            assert self.store.row(cluster, identity) is row
            assert self.store.table(cluster, row.record.kind).rows[identity] is row

    @invariant()
    def counts_every_status(self):
        for table in self.store.tables():
            held = Counter(row.status for row in table.rows.values())
            assert table.counts == [held[status] for status in Status]

    @invariant()
    def indexes_are_as_if_built_now(self):
        for data in self.store.clusters():
            for name, extract in EXTRACTS.items():
                if not data._indexes[name].built:
                    continue
                wanted = defaultdict(set)
                for row in data.rows():
                    for term in extract(row):
                        wanted[term].add(row.record.id)
                index = data.index(name)
                assert {term: set(index.get(term)) for term in index.terms()} == wanted

    def teardown(self):
        self.drain()


TestFleet = Fleet.TestCase
TestFleet.settings = settings(max_examples=120, stateful_step_count=60, deadline=None)
