"""What became of messages: sent, bounced, opened, clicked; by row of the breakdown and by bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.kpis.counting import Counted, Entries, Rows, Whole, bucket_of, entries
from touchline.domain.kpis.machines import by_machines
from touchline.domain.kpis.question import AGENT, ROLES, KpisQuestion, Role
from touchline.domain.sequences.rows import EventRows

PAIRS: Final[Mapping[str, Role]] = {
    "openers": "opened",
    "clickers": "clicked",
    "unsubscribed": "unsubscribed",
    "complained": "complained",
}


@dataclass(frozen=True)
class Messages:
    """The events of messages, and how they are counted."""

    rows: EventRows
    person: NDArray[np.intp]
    message: Whole  # a number for each person and message
    entries: Entries
    machine: NDArray[np.bool_]

    def did(self, role: Role) -> NDArray[np.bool_]:
        return self.rows.marked(list(ROLES).index(role))


def messages(rows: EventRows, question: KpisQuestion, edges: Sequence[int], breakdown: Rows) -> Messages:
    """`rows`: of all roles' criteria in order. Rows before the first edge only tell when messages arrived."""
    person = np.zeros(len(rows), np.intp)
    person[1:] = np.cumsum(rows.people[1:] != rows.people[:-1])
    coded = rows.fields[question.message.name]
    message = person.astype(np.int64) * max(1, len(coded.values)) + coded.codes
    marks = {role: rows.marked(place) for place, role in enumerate(ROLES)}
    machine = by_machines(
        rows.at,
        message,
        marks["sent"] | marks["arrived"],
        marks["opened"] | marks["clicked"],
        rows.fields.get(AGENT.name),
    )
    field = rows.fields[question.breakdown.field.name] if question.breakdown else None
    inside = entries(bucket_of(rows.at, edges), len(edges) - 1, field, breakdown)
    return Messages(rows, person, message, inside, machine)


def count_messages(found: Messages) -> dict[str, Counted]:
    sent = found.entries.of(found.did("sent")).events()
    bounced = found.entries.of(found.did("bounced")).events()
    counts = {
        "sent": sent,
        "bounced": bounced,
        "delivered": Counted(sent.buckets - bounced.buckets, sent.total - bounced.total),
        "entered": found.entries.of(found.did("entered")).by(found.person.astype(np.int64)).different(),
    }
    answered = np.any([found.did(role) for role in PAIRS.values()], axis=0)
    by_message = found.entries.of(answered).by(found.message)
    for name, role in PAIRS.items():
        counts[name] = by_message.different(found.did(role))
        if role in ("opened", "clicked"):
            counts[f"human_{name}"] = by_message.different(found.did(role) & ~found.machine)
    return counts


def count_entered_converted(found: Messages, people: NDArray[np.uint64], last: Whole) -> Counted:
    """By row and bucket of the entry: one who enters again in another bucket is counted there, too, if a conversion
    followed that entry."""
    followed = entered_converted(found, people, last)
    return found.entries.of(followed).by(found.person.astype(np.int64)).different()


def entered_converted(found: Messages, people: NDArray[np.uint64], last: Whole) -> NDArray[np.bool_]:
    """Entries that the person's last conversion (`last`, epoch ms, of `people`, each once) does not come before."""
    order = np.argsort(people)
    place = np.searchsorted(people[order], found.rows.people)
    known = place < len(people)
    known[known] = people[order][place[known]] == found.rows.people[known]
    latest = np.full(len(found.rows), np.iinfo(np.int64).min)
    latest[known] = last[order][place[known]]
    return np.asarray(found.did("entered") & (latest >= found.rows.at), np.bool_)
