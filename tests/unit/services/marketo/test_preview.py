"""A preview finds and reports what would change, and writes nothing."""

from tests.unit.services.marketo.test_executions_run import names, world
from tests.unit.services.marketo.world import TENANT

WRITES = ("update_leads", "import_leads", "merge_leads", "create_fields")


def test_a_preview_reports_all_changes_and_makes_none() -> None:
    made = world()
    before = names(made)
    made.begin(preview=True)
    assert made.run() == "done"
    assert names(made) == before
    assert [name for name in WRITES if made.marketo.calls[name]] == []
    ended = made.execution
    assert (ended.state, ended.preview, ended.progress.changes) == ("completed", True, 20)
    report = made.files.get(TENANT, "e-1", "report/changes.csv").decode().splitlines()
    assert len(report) == 1 + 20
