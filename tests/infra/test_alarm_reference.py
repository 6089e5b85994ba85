"""The list of alarms in the reference is the list of alarms that are deployed."""

import re

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.assets import ROOT
from tests.infra.conftest import Stage

ROW = re.compile(r"^\| `(?P<name>[<>\w]+)` \|.*\(\.\./runbooks/(?P<runbook>[a-z-]+)\.md\) \|$", re.MULTILINE)


def listed() -> dict[str, str]:
    """Runbook by alarm; `<Function>Errors` stands for those of all functions."""
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    return {row["name"]: row["runbook"] for row in ROW.finditer(page)}


def row_of(alarm: str, names: list[str]) -> str | None:
    """Its own row goes before that of a family."""
    families = (name for name in names if re.fullmatch(re.sub(r"<\w+>", r"[A-Z]\\w+", name), alarm))
    return alarm if alarm in names else next(families, None)


def deployed(stage: Stage) -> dict[str, str]:
    """Runbook by alarm."""
    alarms = [node for node in stage.stacks.observability.node.find_all() if isinstance(node, cloudwatch.CfnAlarm)]
    return {
        str(alarm.node.scope.node.id): str(alarm.alarm_description).rpartition("/")[2].removesuffix(".md")
        for alarm in alarms
        if alarm.node.scope
    }


def test_the_list_of_alarms_is_what_is_deployed(local: Stage) -> None:
    rows, alarms = listed(), deployed(local)
    row_by_alarm = {alarm: row_of(alarm, list(rows)) for alarm in alarms}
    assert [alarm for alarm, row in row_by_alarm.items() if row is None] == []
    assert set(row_by_alarm.values()) == rows.keys()
    assert {alarm: rows[str(row)] for alarm, row in row_by_alarm.items()} == alarms
