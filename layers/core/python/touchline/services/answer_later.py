"""Questions that nobody waits for: taken, looked at, called off."""

import json
from dataclasses import dataclass

from touchline.domain.answers import MOST_OPEN, Answer, as_seen, cancelled, new_answer
from touchline.errors import Conflict, NotFound, TooLarge, TooManyAnswers
from touchline.ports import Answers, Jobs, Results

LONGEST_BODY = 100_000  # a table's item holds 400 KB, and text may take three bytes a character
TRIES = 5
COME_BACK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Desk:
    """Where questions are left, and answers fetched."""

    answers: Answers
    jobs: Jobs
    results: Results


def ask_later(desk: Desk, tenant: str, kind: str, body: str, *, answer_id: str, now: int) -> Answer:
    """The queue is told last: who works on it finds it. Raises TooLarge, TooManyAnswers."""
    if len(body) > LONGEST_BODY:
        raise TooLarge(f"A question that is answered later has at most {LONGEST_BODY:,} characters.")
    _check_open(desk, tenant, now)
    answer = new_answer(tenant, answer_id, kind, body, now)
    desk.answers.add(answer)
    desk.jobs.send(job_text(answer))
    return answer


def _check_open(desk: Desk, tenant: str, now: int) -> None:
    """Several who ask in the same moment may be a few more: the bound keeps queues short, and nothing depends on it."""
    still = [one for one in desk.answers.unfinished(tenant) if not as_seen(one, now).is_over]
    if len(still) >= MOST_OPEN:
        raise TooManyAnswers(
            f"{len(still)} answers are waiting or being worked on; at most {MOST_OPEN} may be. Wait until one is done, "
            "or call one off: DELETE /v1/answers/{id}.",
            retry_after_seconds=COME_BACK_SECONDS,
        )


def job_text(answer: Answer) -> str:
    return json.dumps({"v": 1, "tenant": answer.tenant, "answer": answer.id})


def look_at(desk: Desk, tenant: str, answer_id: str, now: int) -> Answer:
    """Raises NotFound."""
    answer = desk.answers.get(tenant, answer_id)
    if answer is None or answer.expires_at <= now:
        raise NotFound("There is no such answer; answers are kept for 7 days.")
    return as_seen(answer, now)


def call_off(desk: Desk, tenant: str, answer_id: str, now: int) -> Answer:
    """What is over stays as it is. Raises NotFound."""
    for _ in range(TRIES):
        answer = look_at(desk, tenant, answer_id, now)
        off = cancelled(answer, now)
        if off is answer:
            return answer
        try:
            desk.answers.replace(off)
        except Conflict:
            continue  # its worker has just told how far it is
        return off
    raise Conflict("The answer changes too fast; try again.")


def result_key(answer: Answer) -> str:
    """Of one try: a worker that was given up and comes back writes over nobody's result."""
    return f"answers/{answer.tenant}/{answer.id}/{answer.tries}.json"
