"""Values in the form in which they are compared: None where there is nothing to compare by."""

from collections.abc import Callable, Collection, Mapping
from threading import Lock
from typing import Final

import polars as pl

from touchline.domain.leads.addresses import addresses, hosts, mailboxes
from touchline.domain.leads.cleaning import by_unique, clean, letters, none_if_empty, trimmed, without_accents
from touchline.domain.leads.company_names import company_letters
from touchline.domain.leads.dedupe_rules import KeyPart, Normaliser
from touchline.domain.leads.nicknames import NICKNAMES
from touchline.domain.leads.placeholders import is_placeholder
from touchline.domain.leads.telephone_numbers import telephone_key

type Work = Callable[[pl.Series], pl.Series]


class LeadValues:
    """Columns of leads in the form in which they are compared, each made once however often it is asked for.

    Threads may ask side by side, each for a column of its own; addresses, which several columns are made of, are made
    by whoever is first.
    """

    def __init__(self, leads: pl.DataFrame, placeholders: Collection[str] = ()) -> None:
        """`leads`: columns of text. `placeholders`: what a customer adds to the values that say nothing."""
        self._leads = leads
        self._placeholders = placeholders
        self._made: dict[KeyPart, pl.Series] = {}
        self._addresses: dict[str, pl.Series] = {}
        self._addressing = Lock()

    def raw(self, field: str) -> pl.Series:
        return self._leads[field]

    def addresses(self, field: str) -> pl.Series:
        with self._addressing:
            if field not in self._addresses:
                self._addresses[field] = addresses(self._leads[field])
            return self._addresses[field]

    def of(self, part: KeyPart) -> pl.Series:
        if part not in self._made:
            self._made[part] = self._normalised(part)
        return self._made[part]

    def _normalised(self, part: KeyPart) -> pl.Series:
        values = self._leads[part.field]
        if part.normaliser == "email":
            return self._said(self.addresses(part.field))
        if part.normaliser == "canonical_email":
            return self._said(mailboxes(self.addresses(part.field)))
        if part.normaliser == "domain":
            return self._said(hosts(values))
        if part.normaliser == "phone":
            countries = self._leads[part.country_field] if part.country_field else None
            return self._said(telephone_key(values, part.country, countries))
        return by_unique(values, lambda some: _words(some, part, self._placeholders))

    def _said(self, values: pl.Series) -> pl.Series:
        """Without what the customer says is a placeholder."""
        if not self._placeholders:
            return values
        own = sorted(word.strip().lower() for word in self._placeholders)
        return values.set(values.is_in(pl.Series(own).implode()), None)


def _words(values: pl.Series, part: KeyPart, placeholders: Collection[str]) -> pl.Series:
    cleaned = clean(values)
    said = cleaned.set(is_placeholder(cleaned, placeholders), None)
    if part.normaliser == "exact":
        return none_if_empty(trimmed(values).set(said.is_null(), None))
    return WORDS[part.normaliser](said if part.keep_diacritics else without_accents(said))


def _given_name(cleaned: pl.Series) -> pl.Series:
    return letters(cleaned).replace(NICKNAMES)


WORDS: Final[Mapping[Normaliser, Work]] = {"name": letters, "given_name": _given_name, "company": company_letters}
