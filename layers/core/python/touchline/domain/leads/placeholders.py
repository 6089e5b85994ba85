"""Values that stand for none, as people and forms write them: never a sign that two leads are the same."""

from collections.abc import Collection
from typing import Final

import polars as pl

WORDS: Final = frozenset(
    """
    null none nil nan n/a n.a. n.a na #n/a undefined unknown unspecified unbekannt inconnu desconocido nobody noname
    test testing asdf asdfasdf qwerty xx xxx xxxx tbd tba tbc blank empty anonymous private
    firstname lastname
    """.split()  # noqa: SIM905 - a list of words is read more easily so
) | {
    "not available",
    "not applicable",
    "not provided",
    "not specified",
    "not given",
    "[not provided]",
    "none given",
    "no name",
    "first name",
    "last name",
    "keine angabe",
}
# Local parts of addresses that nobody reads.
LOCAL_PARTS: Final = frozenset(
    """
    noreply no-reply no_reply no.reply donotreply do-not-reply do_not_reply noemail no-email no_email no.email none null
    na n/a nobody unknown devnull mailer-daemon nomail no-mail
    """.split()  # noqa: SIM905
)


def is_placeholder(cleaned: pl.Series, own: Collection[str]) -> pl.Series:
    """Of values that are cleaned: whether they say nothing. `own`: what a customer adds, whatever the case."""
    known = pl.Series(sorted(WORDS | {word.strip().lower() for word in own}))
    return cleaned.is_in(known.implode())
