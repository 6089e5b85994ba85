"""E-mail addresses and hosts in one form, whole lists at a time."""

import re
from collections.abc import Collection
from typing import Final

import idna
import polars as pl

from touchline.domain.leads.cleaning import NOT_PLAIN, by_unique, clean, elsewhere, unless
from touchline.domain.leads.placeholders import LOCAL_PARTS
from touchline.domain.leads.role_accounts import ROLE_ACCOUNTS

# As nearly all addresses are written: nothing about them needs cleaning. One look in place of five.
USUAL: Final = r"^[a-z0-9!#$%&'*/=?^_`{|}~.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$"
SHAPE: Final = r"^[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+$"
GMAIL: Final = r"@(?:gmail|googlemail)\.com$"
# Scheme, user, a leading www, then the host up to a port, a path or a question.
HOST: Final = r"^(?:[a-z][a-z0-9+.-]*://|mailto:|//)?(?:[^@/]*@)?(?:www\d?\.)?([^/?#:\s]+)"
DOMAIN: Final = r"^[^.]+(?:\.[^.]+)+$"


def _starting(local_parts: Collection[str]) -> str:
    """Addresses with one of these before the @, or before a plus."""
    return rf"^(?:{'|'.join(map(re.escape, sorted(local_parts)))})(?:\+[^@]*)?@"


UNREAD: Final = _starting(LOCAL_PARTS)
ROLES: Final = _starting(ROLE_ACCOUNTS)


def addresses(values: pl.Series) -> pl.Series:
    """Cleaned, with the domain as an A-label; None where it is no address, or one that nobody reads."""
    found = unless(values, USUAL, _cleaned)
    return found.set(found.str.contains(UNREAD), None)


def _cleaned(some: pl.Series) -> pl.Series:
    cleaned = clean(some).str.strip_suffix(".")
    return elsewhere(cleaned.set(~cleaned.str.contains(SHAPE), None), NOT_PLAIN, _with_a_label)


def _with_a_label(some: pl.Series) -> pl.Series:
    parts = some.to_frame("address").select(
        local=pl.col("address").str.extract(r"^([^@]+)@"), domain=pl.col("address").str.extract(r"@(.+)$")
    )
    return ("" + parts["local"]) + "@" + a_labels(parts["domain"])


def mailboxes(addressed: pl.Series) -> pl.Series:
    """Where mail arrives: without what follows a plus and, at Gmail, without dots; googlemail.com is gmail.com."""
    return elsewhere(elsewhere(addressed, r"\+", _before_plus), GMAIL, _at_gmail)


def _before_plus(some: pl.Series) -> pl.Series:
    return some.str.replace(r"^([^@+]+)\+[^@]*@", "${1}@")


def _at_gmail(some: pl.Series) -> pl.Series:
    return some.str.replace(GMAIL, "").str.replace_all(".", "", literal=True) + "@gmail.com"


def is_role(addressed: pl.Series) -> pl.Series:
    return addressed.str.contains(ROLES).fill_null(value=False)


def domains(addressed: pl.Series) -> pl.Series:
    return addressed.str.extract(r"@(.+)$")


def hosts(values: pl.Series) -> pl.Series:
    """Of addresses or web sites, as A-labels; None where there is no dot."""
    return by_unique(values, lambda some: a_labels(clean(some).str.extract(HOST).str.strip_suffix(".")))


def a_labels(names: pl.Series) -> pl.Series:
    """None where it can be no domain: no dot, an empty label, or one that cannot be encoded."""
    return elsewhere(names.set(~names.str.contains(DOMAIN), None), NOT_PLAIN, _encoded)


def _encoded(some: pl.Series) -> pl.Series:
    return pl.Series([_a_label(name) for name in some.to_list()], dtype=pl.String)


def _a_label(name: str) -> str | None:
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return None
