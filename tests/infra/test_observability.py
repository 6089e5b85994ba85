"""Each alarm says what it means, tells people, and names a runbook that exists; no chart waits for nothing."""

import re

from infra.assets import FUNCTIONS, ROOT
from infra.constructs.signals import COUNTED
from tests.infra.conftest import Stage

RUNBOOKS = ROOT / "docs" / "runbooks"


def named_runbooks(stage: Stage) -> set[str]:
    found = set()
    for alarm in stage.properties("AWS::CloudWatch::Alarm"):
        (name,) = re.findall(r"docs/runbooks/([a-z-]+)\.md$", alarm["AlarmDescription"])
        found.add(name)
    return found


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm(stage: Stage) -> None:
    assert named_runbooks(stage) == {path.stem for path in RUNBOOKS.glob("*.md") if path.stem != "README"}


def test_runbooks_say_what_it_means_how_to_look_and_what_to_do() -> None:
    for path in RUNBOOKS.glob("*.md"):
        if path.stem != "README":
            text = path.read_text()
            assert all(f"## {part}" in text for part in ("What it means", "How to look", "What to do")), path.name


def test_every_alarm_tells_when_it_starts_and_when_it_ends(stage: Stage) -> None:
    for alarm in stage.properties("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"]
        assert alarm["OKActions"]


def test_every_function_rings_when_it_fails_or_is_throttled(stage: Stage) -> None:
    metrics = [alarm.get("MetricName") for alarm in stage.properties("AWS::CloudWatch::Alarm")]
    assert metrics.count("Errors") == metrics.count("Throttles") == len(stage.functions())


def test_the_search_domains_health_rings(stage: Stage) -> None:
    metrics = {
        alarm["MetricName"] for alarm in stage.properties("AWS::CloudWatch::Alarm") if alarm["Namespace"] == "AWS/ES"
    }
    assert metrics == {
        *("ClusterStatus.red", "ClusterStatus.yellow", "ClusterIndexWritesBlocked"),
        *("CPUUtilization", "JVMMemoryPressure", "FreeStorageSpace", "Shards.active"),
    }


def test_alarms_are_sent_encrypted(stage: Stage) -> None:
    (topic,) = stage.properties("AWS::SNS::Topic")
    assert "KmsMasterKeyId" in topic


def test_what_is_charted_is_counted_by_the_function_that_is_named() -> None:
    for capability, metrics in COUNTED.items():
        source = "".join(path.read_text() for path in sorted((FUNCTIONS / capability).glob("*.py")))
        for metric in metrics:
            assert f'"{metric}"' in source, f"{capability} does not count {metric}"


def test_the_dashboard_shows_the_golden_signals(stage: Stage) -> None:
    (dashboard,) = stage.properties("AWS::CloudWatch::Dashboard")
    body = str(dashboard["DashboardBody"])
    titles = ("Requests", "Refusals", "Age of the oldest message", "Index lag", "Errors", "OpenSearch status")
    assert all(title in body for title in titles)
