import pytest
from touchline.adapters.memory.redelivery import MemoryRedelivery
from touchline.errors import StoreUnavailable
from touchline.services.index_batches import IndexedMessages, QueueMessage
from touchline.services.redeliver_messages import pause_seconds, redeliver_messages

FIRST = QueueMessage("m1", "text 1", "receipt 1", receives=1)
SECOND = QueueMessage("m2", "text 2", "receipt 2", receives=4)


class Away(MemoryRedelivery):
    def set_aside(self, text: str, reason: str) -> None:
        raise StoreUnavailable("The dead letters are away.")


def test_what_worked_is_left_alone() -> None:
    redelivery = MemoryRedelivery()
    assert redeliver_messages([FIRST, SECOND], IndexedMessages(), redelivery) == {}
    assert (redelivery.postponed, redelivery.dead_letters) == ({}, [])


def test_a_returned_message_comes_again_later_and_later() -> None:
    redelivery = MemoryRedelivery()
    done = IndexedMessages(returned={"m1": "away", "m2": "away"})
    assert redeliver_messages([FIRST, SECOND], done, redelivery) == {"m1": "away", "m2": "away"}
    assert redelivery.postponed == {"receipt 1": 5, "receipt 2": 40}


def test_poison_is_set_aside_with_its_reason_and_leaves_the_queue() -> None:
    redelivery = MemoryRedelivery()
    done = IndexedMessages(poisoned={"m1": "poison_message: not JSON"})
    assert redeliver_messages([FIRST, SECOND], done, redelivery) == {}
    assert redelivery.dead_letters == [("text 1", "poison_message: not JSON")]


def test_poison_that_cannot_be_set_aside_stays_on_the_queue() -> None:
    done = IndexedMessages(poisoned={"m1": "poison_message: not JSON"})
    assert list(redeliver_messages([FIRST], done, Away())) == ["m1"]


@pytest.mark.parametrize(("receives", "seconds"), [(1, 5), (2, 10), (8, 640), (9, 900), (30, 900), (1000, 900)])
def test_pauses_double_up_to_a_quarter_of_an_hour(receives: int, seconds: int) -> None:
    assert pause_seconds(receives) == seconds
