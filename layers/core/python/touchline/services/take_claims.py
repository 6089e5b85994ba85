"""What indexed events say about who is who, taken in; whose person changed is attributed anew.

Doing it twice changes nothing. A message that comes again is told of again, too: the first time may have ended between
the claims and the telling.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from touchline.domain.identity import Claim, Order, Pair
from touchline.ports import AttributionQueue, ChangedPeople, ClaimReader, Identities, UnpackedBatch
from touchline.services.redeliver_messages import reason_of

# Every event of a visitor who is logged in says the same: it is asked of the store once a container, or so.
MOST_REMEMBERED: Final = 50_000
# Each is read, and written unless others came between: some hundreds in a second.
CLAIMS_AT_ONCE: Final = 200
REASON: Final = "identity"
LATE: Final = "There was no time left for all that it says of who is who."

type Work = tuple[str, UnpackedBatch]  # with the id of its message


@dataclass(frozen=True, slots=True)
class ClaimTaking:
    reader: ClaimReader
    identities: Identities
    queue: AttributionQueue
    taken: dict[tuple[str, Pair], Order] = field(default_factory=dict)


def take_claims(
    works: Iterable[Work], again: Collection[str], taking: ClaimTaking, in_time: Callable[[], bool] = lambda: True
) -> dict[str, str]:
    """`again`: ids of messages that came before; `in_time`: whether there is time left, asked before each portion. The
    messages that must come again, with the reason; what is taken of them by then costs the next time but a reading."""
    by_tenant: defaultdict[str, list[tuple[str, list[Claim]]]] = defaultdict(list)
    returned: dict[str, str] = {}
    for message_id, work in works:
        try:
            claims = taking.reader.read(work.body)
        except Exception as error:  # noqa: BLE001 - the other messages are read
            returned[message_id] = reason_of(error)
            continue
        if claims:
            by_tenant[work.batch.tenant].append((message_id, claims))
    for tenant, said in by_tenant.items():
        repeated = [claim for message_id, claims in said if message_id in again for claim in claims]
        try:
            left = _take(tenant, [claim for _, claims in said for claim in claims], taking, in_time)
            _tell_again(tenant, repeated, taking)
        except Exception as error:  # noqa: BLE001 - the other tenants' messages go on
            returned |= {message_id: reason_of(error) for message_id, _ in said}
        else:
            returned |= {name: LATE for name, claims in said if not left.isdisjoint(one.pair for one in claims)}
    return returned


def _take(tenant: str, claims: Sequence[Claim], taking: ClaimTaking, in_time: Callable[[], bool]) -> Set[Pair]:
    """The pairs that were left for want of time."""
    earliest: dict[Pair, Claim] = {}
    for claim in claims:
        if claim.order < earliest.get(claim.pair, claim).order or claim.pair not in earliest:
            earliest[claim.pair] = claim
    new = [claim for pair, claim in earliest.items() if _is_new(claim, taking.taken.get((tenant, pair)))]
    for done in range(0, len(new), CLAIMS_AT_ONCE):
        if not in_time():
            return {claim.pair for claim in new[done:]}
        some = new[done : done + CLAIMS_AT_ONCE]
        changed = taking.identities.claim(tenant, some)
        if changed:
            taking.queue.send(ChangedPeople(tenant, sorted(changed), reason=REASON))
        if len(taking.taken) > MOST_REMEMBERED:
            taking.taken.clear()
        taking.taken.update({(tenant, claim.pair): claim.order for claim in some})
    return set()


def _tell_again(tenant: str, repeated: Sequence[Claim], taking: ClaimTaking) -> None:
    if not repeated:
        return
    people = taking.identities.people(tenant, {claim.known for claim in repeated})
    changed = {actor for claim in repeated for actor in claim.pair}
    changed |= {actor for own in taking.identities.members(tenant, set(people.values())).values() for actor in own}
    taking.queue.send(ChangedPeople(tenant, sorted(changed), reason=REASON))


def _is_new(claim: Claim, taken: Order | None) -> bool:
    return taken is None or claim.order < taken
