"""Messages of the attribution queue worked off: the people of all of them together, a message's trouble its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched
from typing import Final

from touchline.domain.goals import Goal
from touchline.errors import PoisonMessage, StoreUnavailable
from touchline.ports import AttributionQueue, ChangedPeople, Goals
from touchline.services.attribute_people import Attributed, AttributionParts, Task, attribute_people
from touchline.services.index_batches import QueueMessage

# More at once make searches and answers larger, fewer make more of them.
ACTORS_AT_ONCE: Final = 500
# Most of the time is the search store's: while one lot waits for it, another computes.
LOTS_AT_ONCE: Final = 2


@dataclass(slots=True)
class AttributedMessages:
    returned: dict[str, str] = field(default_factory=dict)  # message id → why it must come again
    poisoned: dict[str, str] = field(default_factory=dict)  # message id → why it never can be worked on
    total: Attributed = field(default_factory=Attributed)


@dataclass(frozen=True, slots=True)
class Attribution:
    parts: AttributionParts
    goals: Goals
    queue: AttributionQueue
    read: Callable[[str], ChangedPeople]  # raises PoisonMessage
    clock: Callable[[], int]  # epoch ms
    kept_from: int  # epoch ms: events before it have left the search store
    delay_ms: int  # the queue's


type _Told = tuple[str, ChangedPeople]  # with the message's id


def attribute_messages(messages: Iterable[QueueMessage], attribution: Attribution) -> AttributedMessages:
    done = AttributedMessages()
    by_tenant: dict[str, list[_Told]] = {}
    for message in messages:
        try:
            told = attribution.read(message.text)
        except PoisonMessage as poison:
            done.poisoned[message.id] = f"{poison.code}: {poison}"
        else:
            by_tenant.setdefault(told.tenant, []).append((message.id, told))
    for tenant, several in by_tenant.items():
        try:
            _forget(tenant, several, attribution)
            goals = attribution.goals.of_tenant(tenant)
        except StoreUnavailable as error:
            done.returned |= {message_id: str(error) for message_id, _ in several}
        else:
            _attribute(tenant, goals, several, attribution, done)
    return done


def _forget(tenant: str, several: Sequence[_Told], attribution: Attribution) -> None:
    for goal in sorted({told.forget_goal for _, told in several if told.forget_goal is not None}):
        attribution.parts.store.forget_goal(tenant, goal)


def _attribute(
    tenant: str, goals: Sequence[Goal], several: Sequence[_Told], attribution: Attribution, done: AttributedMessages
) -> None:
    since: dict[str, int] = {}
    messages: dict[str, list[str]] = {}
    for message_id, told in several:
        for actor in told.actors:
            since[actor] = min(told.since, since.get(actor, told.since))
            messages.setdefault(actor, []).append(message_id)
    lots = list(batched(since, ACTORS_AT_ONCE, strict=False))
    with ThreadPoolExecutor(LOTS_AT_ONCE) as at_once:
        results = list(
            at_once.map(lambda lot: _lot(tenant, goals, {one: since[one] for one in lot}, attribution), lots)
        )
    for lot, result in zip(lots, results, strict=True):
        if isinstance(result, StoreUnavailable):
            done.returned |= {message_id: str(result) for actor in lot for message_id in messages[actor]}
        else:
            done.total.add(result)


def _lot(
    tenant: str, goals: Sequence[Goal], since: Mapping[str, int], attribution: Attribution
) -> Attributed | StoreUnavailable:
    task = Task(tenant, goals, attribution.clock(), attribution.kept_from)
    try:
        found = attribute_people(attribution.parts, task, since)
        _look_again(found, task, attribution)
    except StoreUnavailable as error:
        return error
    return found


def _look_again(found: Attributed, task: Task, attribution: Attribution) -> None:
    """A clock that was ahead: touches may yet come that happened before a conversion which is known already."""
    if found.ahead:
        wait = max(found.ahead.values()) - task.now + attribution.delay_ms
        people = ChangedPeople(task.tenant, list(found.ahead), task.now, "ahead of time")
        attribution.queue.send(people, seconds=-(-wait // 1000))
