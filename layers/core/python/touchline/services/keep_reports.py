"""Saved questions: kept under a name, changed, deleted, and found again by whoever has the link."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from touchline.domain.reports import LONGEST_BODY, LONGEST_NAME, MOST_OF_TENANT, Report
from touchline.errors import Conflict, InvalidRequest, NotFound
from touchline.ports import Reports


def save_report(reports: Reports, report: Report) -> Report:
    """Raises InvalidRequest, Conflict."""
    _check(report)
    if len(reports.of_tenant(report.tenant)) >= MOST_OF_TENANT:
        raise Conflict(f"A workspace has at most {MOST_OF_TENANT:,} reports; delete one.")
    reports.add(report)
    return report


def find_report(reports: Reports, tenant: str, report_id: str) -> Report:
    """Raises NotFound."""
    report = reports.get(tenant, report_id)
    if report is None:
        raise NotFound("There is no such report.")
    return report


def change_report(
    reports: Reports, tenant: str, report_id: str, *, name: str, kind: str, body: Mapping[str, Any], now: int
) -> Report:
    """The link stays. Raises NotFound, InvalidRequest, and Conflict where somebody else changed it at the same time."""
    before = find_report(reports, tenant, report_id)
    report = replace(before, name=name, kind=kind, body=body, changed_at=now, revision=before.revision + 1)
    _check(report)
    reports.replace(report)
    return report


def delete_report(reports: Reports, tenant: str, report_id: str) -> None:
    """Raises NotFound."""
    find_report(reports, tenant, report_id)
    reports.delete(tenant, report_id)


def _check(report: Report) -> None:
    if not report.name.strip() or len(report.name) > LONGEST_NAME:
        raise InvalidRequest(f"A name has 1 to {LONGEST_NAME} characters.", field="name")
    if len(json.dumps(report.body)) > LONGEST_BODY:
        raise InvalidRequest(f"A saved question has at most {LONGEST_BODY:,} characters.", field="body")
