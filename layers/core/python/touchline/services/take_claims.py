"""What indexed events say about who is who, taken in; whose person changed is attributed anew.

Doing it twice changes nothing. A message that comes again is told of again, too: the first time may have ended between
the claims and the telling.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from touchline.domain.identity import Claim, Order, Pair
from touchline.errors import StoreUnavailable
from touchline.ports import AttributionQueue, ChangedPeople, ClaimReader, Identities, UnpackedBatch

# Every event of a visitor who is logged in says the same: it is asked of the store once a container, or so.
MOST_REMEMBERED: Final = 50_000
REASON: Final = "identity"

type Work = tuple[str, UnpackedBatch]  # with the id of its message


@dataclass(frozen=True, slots=True)
class ClaimTaking:
    reader: ClaimReader
    identities: Identities
    queue: AttributionQueue
    taken: dict[tuple[str, Pair], Order] = field(default_factory=dict)


def take_claims(works: Iterable[Work], again: Collection[str], taking: ClaimTaking) -> dict[str, str]:
    """`again`: ids of messages that came before. The messages that must come again, with the reason."""
    by_tenant: defaultdict[str, list[tuple[str, list[Claim]]]] = defaultdict(list)
    for message_id, work in works:
        claims = taking.reader.read(work.body)
        if claims:
            by_tenant[work.batch.tenant].append((message_id, claims))
    returned: dict[str, str] = {}
    for tenant, said in by_tenant.items():
        repeated = [claim for message_id, claims in said if message_id in again for claim in claims]
        try:
            _take(tenant, [claim for _, claims in said for claim in claims], repeated, taking)
        except StoreUnavailable as error:
            returned |= {message_id: str(error) for message_id, _ in said}
    return returned


def _take(tenant: str, claims: Sequence[Claim], repeated: Sequence[Claim], taking: ClaimTaking) -> None:
    earliest: dict[Pair, Claim] = {}
    for claim in claims:
        if claim.order < earliest.get(claim.pair, claim).order or claim.pair not in earliest:
            earliest[claim.pair] = claim
    new = [claim for pair, claim in earliest.items() if _is_new(claim, taking.taken.get((tenant, pair)))]
    changed = set(taking.identities.claim(tenant, new)) if new else set()
    if repeated:
        people = taking.identities.people(tenant, {claim.known for claim in repeated})
        changed |= {actor for claim in repeated for actor in claim.pair}
        changed |= {actor for own in taking.identities.members(tenant, set(people.values())).values() for actor in own}
    if changed:
        taking.queue.send(ChangedPeople(tenant, sorted(changed), reason=REASON))
    if len(taking.taken) > MOST_REMEMBERED:
        taking.taken.clear()
    taking.taken.update({(tenant, claim.pair): claim.order for claim in new})


def _is_new(claim: Claim, taken: Order | None) -> bool:
    return taken is None or claim.order < taken
