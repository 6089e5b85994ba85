"""The fields that leads of this instance have now, standard and custom."""

from collections.abc import Iterable

from local.marketo_simulator.lead_fields import LeadFieldSpec
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.store import Store


def lead_fields(store: Store) -> dict[str, LeadFieldSpec]:
    """By REST name, in the order in which they were made; without those that only SOAP knows."""
    return {field.name: field for field in all_fields(store) if field.rest}


def all_fields(store: Store) -> list[LeadFieldSpec]:
    return [LeadFieldSpec(**row) for row in store.rows("select * from lead_fields order by number")]


def known_fields(store: Store, names: Iterable[str]) -> list[LeadFieldSpec]:
    """Raises 1006 naming the first that is unknown. Marketo does not mind the case of names."""
    fields = {name.casefold(): field for name, field in lead_fields(store).items()}
    found = []
    for name in names:
        if name.casefold() not in fields:
            raise Refusal("1006", f"Field '{name}' not found")
        found.append(fields[name.casefold()])
    return list(dict.fromkeys(found))


def column(name: str) -> str:
    """A REST name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
