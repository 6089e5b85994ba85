"""Leads outside a list that have an address of one inside: what to look them up by."""

import polars as pl

from touchline.domain.leads.addresses import addresses


def closure_lookups(leads: pl.DataFrame) -> list[str]:
    """Different addresses of the list, in order: values of a search by `email`, which finds them whatever the case.

    What is found goes into `dedupe` as another part; a lead that is in both counts once.
    """
    return addresses(leads["email"]).drop_nulls().unique().sort().to_list()
