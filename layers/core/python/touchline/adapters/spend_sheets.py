"""Spend sheets as objects of the archive: `spend/tenant=T/<name>.json`."""

from datetime import date
from typing import Any, Final

import orjson

from touchline.domain.spend import Spend, SpendSheet
from touchline.errors import NotFound
from touchline.ports import Archive

ENDING: Final = ".json"


class ArchivedSpendSheets:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def put(self, tenant: str, sheet: SpendSheet) -> None:
        lines = [[str(one.day), one.channel, one.campaign, one.amount_e4, one.currency] for one in sheet.lines]
        body = orjson.dumps({"name": sheet.name, "uploaded_at": sheet.uploaded_at, "lines": lines})
        self._archive.put(_key(tenant, sheet.name), body)

    def get(self, tenant: str, name: str) -> SpendSheet | None:
        try:
            return _sheet(orjson.loads(self._archive.get(_key(tenant, name))))
        except NotFound:
            return None

    def all(self, tenant: str) -> list[SpendSheet]:
        prefix = _key(tenant, "").removesuffix(ENDING)
        names = [key.removeprefix(prefix).removesuffix(ENDING) for key in self._archive.keys(prefix)]
        # One may have been deleted since it was listed.
        return [sheet for name in sorted(names) if (sheet := self.get(tenant, name)) is not None]

    def delete(self, tenant: str, name: str) -> None:
        self._archive.delete([_key(tenant, name)])


def _key(tenant: str, name: str) -> str:
    return f"spend/tenant={tenant}/{name}{ENDING}"


def _sheet(kept: dict[str, Any]) -> SpendSheet:
    lines = (
        Spend(date.fromisoformat(day), channel, campaign, amount_e4, currency)
        for day, channel, campaign, amount_e4, currency in kept["lines"]
    )
    return SpendSheet(kept["name"], kept["uploaded_at"], tuple(lines))
