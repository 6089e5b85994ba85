"""/v1/spend: what marketing cost, uploaded as CSV in sheets that have names."""

from datetime import UTC, datetime

from touchline.domain.measured_spend import totals
from touchline.domain.spend import SpendSheet, check_name, read_spend
from touchline.errors import NotFound

from manage_api import parts
from manage_api.models import SpendLine, SpendSheetDetail, SpendSheetFacts, SpendSheetList
from manage_api.routing import caller_of, new_router

TAGS = ["Spend"]

router = new_router()


@router.get("/v1/spend", tags=TAGS, summary="List the sheets by name, with their totals")
def list_spend() -> SpendSheetList:
    return SpendSheetList(sheets=[_facts(sheet) for sheet in parts.spend_sheets().all(_tenant())])


@router.get("/v1/spend/<name>", tags=TAGS, summary="Read a sheet, line by line")
def read_sheet(name: str) -> SpendSheetDetail:
    sheet = _existing(name)
    lines = [
        SpendLine(
            date=one.day.isoformat(),
            channel=one.channel,
            campaign=one.campaign,
            amount=parts.amount(one.amount_e4),
            currency=one.currency,
        )
        for one in sheet.lines
    ]
    return SpendSheetDetail(**_facts(sheet).model_dump(), rows=lines)


@router.put("/v1/spend/<name>", tags=TAGS, summary="Upload a sheet as CSV, in place of the one with this name")
def upload_sheet(name: str) -> tuple[SpendSheetFacts, int]:
    """All lines are taken, or none."""
    check_name(name)
    replaced = parts.spend_sheets().get(_tenant(), name)
    sheet = SpendSheet(name, parts.now(), read_spend(parts.body_of(router)))
    parts.spend_sheets().put(_tenant(), sheet)
    return _facts(sheet), 201 if replaced is None else 200


@router.delete("/v1/spend/<name>", tags=TAGS, summary="Delete a sheet: its spend counts no more")
def delete_sheet(name: str) -> SpendSheetFacts:
    sheet = _existing(name)
    parts.spend_sheets().delete(_tenant(), name)
    return _facts(sheet)


def _existing(name: str) -> SpendSheet:
    sheet = parts.spend_sheets().get(_tenant(), check_name(name))
    if sheet is None:
        known = ", ".join(one.name for one in parts.spend_sheets().all(_tenant())[:10])
        raise NotFound(f"No spend sheet is named {name!r}. Sheets: {known or 'none yet'}.", field="name")
    return sheet


def _tenant() -> str:
    return caller_of(router).tenant.id


def _facts(sheet: SpendSheet) -> SpendSheetFacts:
    days = [one.day for one in sheet.lines]
    return SpendSheetFacts(
        name=sheet.name,
        uploaded_at=datetime.fromtimestamp(sheet.uploaded_at / 1000, UTC),
        lines=len(sheet.lines),
        first_day=min(days).isoformat() if days else None,
        last_day=max(days).isoformat() if days else None,
        totals={currency: parts.amount(total) for currency, total in totals(sheet.lines).items()},
    )
