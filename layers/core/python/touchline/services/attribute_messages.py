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
from touchline.services.redeliver_messages import reason_of

# More at once make searches and answers larger, fewer make more of them.
ACTORS_AT_ONCE: Final = 500
# Most of the time is the search store's: while one lot waits for it, another computes.
LOTS_AT_ONCE: Final = 2
# Conversions and touches of a lot in one run; who has more is gone on with by a message of its own.
MOST_TOUCHES: Final = 50_000
# A lot in trouble is halved, so that one person's trouble stays its own: at once where the store is not to blame, else
# from so many deliveries on; and not without end, where all of it is in trouble.
HALVED_FROM: Final = 3
MOST_HALVED: Final = 30
HALVED_FOR_MS: Final = 20_000


@dataclass(slots=True)
class AttributedMessages:
    returned: dict[str, str] = field(default_factory=dict)  # message id → why it must come again
    poisoned: dict[str, str] = field(default_factory=dict)  # message id → why it never can be worked on
    tenants: dict[str, list[str]] = field(default_factory=dict)  # tenant → message ids, without what is poisoned
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


type _Told = tuple[QueueMessage, ChangedPeople]


def attribute_messages(messages: Iterable[QueueMessage], attribution: Attribution) -> AttributedMessages:
    done = AttributedMessages()
    by_tenant: dict[str, list[_Told]] = {}
    for message in messages:
        try:
            told = attribution.read(message.text)
        except PoisonMessage as poison:
            done.poisoned[message.id] = f"{poison.code}: {poison}"
        else:
            by_tenant.setdefault(told.tenant, []).append((message, told))
            done.tenants.setdefault(told.tenant, []).append(message.id)
    for tenant, several in by_tenant.items():
        try:
            _forget(tenant, several, attribution)
            goals = attribution.goals.of_tenant(tenant)
        except Exception as error:  # noqa: BLE001 - the other tenants' messages go on
            done.returned |= {message.id: reason_of(error) for message, _ in several}
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
    messages: dict[str, list[QueueMessage]] = {}
    for message, told in several:
        for actor in told.actors:
            since[actor] = min(told.since, since.get(actor, told.since))
            messages.setdefault(actor, []).append(message)

    def attribute(lot: Sequence[str]) -> tuple[Attributed, dict[str, str]]:
        stubborn = any(message.receives >= HALVED_FROM for actor in lot for message in messages[actor])
        return _lot(tenant, goals, {one: since[one] for one in lot}, attribution, halving=stubborn)

    with ThreadPoolExecutor(LOTS_AT_ONCE) as at_once:
        results = list(at_once.map(attribute, batched(since, ACTORS_AT_ONCE, strict=False)))
    for found, failed in results:
        done.total.add(found)
        done.returned |= {message.id: reason for actor, reason in failed.items() for message in messages[actor]}


def _lot(
    tenant: str, goals: Sequence[Goal], since: Mapping[str, int], attribution: Attribution, *, halving: bool
) -> tuple[Attributed, dict[str, str]]:
    """What was done, and the actors it was not done for, each with why."""
    done = Attributed()
    failed: dict[str, str] = {}
    waiting: list[Sequence[str]] = [list(since)]
    began, halved = attribution.clock(), 0
    while waiting:
        some = waiting.pop()
        try:
            done.add(_compute(tenant, goals, {one: since[one] for one in some}, attribution))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is these people's
            is_theirs = halving or not isinstance(error, StoreUnavailable)
            in_time = attribution.clock() - began < HALVED_FOR_MS
            if is_theirs and len(some) > 1 and halved < MOST_HALVED and in_time:
                halved += 1
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]
            else:
                failed |= dict.fromkeys(some, reason_of(error))
    return done, failed


def _compute(tenant: str, goals: Sequence[Goal], since: Mapping[str, int], attribution: Attribution) -> Attributed:
    now, clock = attribution.clock(), attribution.clock
    task = Task(tenant, goals, now, attribution.kept_from, clock, attribution.delay_ms, MOST_TOUCHES)
    found = attribute_people(attribution.parts, task, since)
    _look_again(found, task, attribution)
    for person, at in found.rest.items():
        attribution.queue.send(ChangedPeople(tenant, [person], at, "the rest"))
    return found


def _look_again(found: Attributed, task: Task, attribution: Attribution) -> None:
    """A clock that was ahead: touches may yet come that happened before a conversion which is known already."""
    if found.ahead:
        wait = max(found.ahead.values()) - task.now + attribution.delay_ms
        people = ChangedPeople(task.tenant, list(found.ahead), task.now - attribution.delay_ms, "ahead of time")
        attribution.queue.send(people, seconds=-(-wait // 1000))
