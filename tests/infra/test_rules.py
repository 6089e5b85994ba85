"""cdk-nag finds nothing that nobody explained, in any stage."""

import json

from infra.acknowledgements import EXCUSES, written
from tests.infra.conftest import Stage


def test_no_finding_is_left_unexplained(stage: Stage) -> None:
    # An unexplained finding already ended the synthesis; this proves that the rules were looked at.
    report = json.loads((stage.outdir / "validation-report.json").read_text())
    (nag,) = [plugin for plugin in report["pluginReports"] if plugin["pluginName"] == "cdk-nag"]
    assert not nag["violations"]


def test_every_excuse_is_a_sentence() -> None:
    for name, excuse in EXCUSES.items():
        assert len(excuse.reason.split()) > 8, name
        assert excuse.reason.endswith("."), name


def test_references_are_written_as_the_rules_write_them() -> None:
    joined = {"Fn::Join": ["", [{"Fn::GetAtt": ["Search", "Arn"]}, "/*/", {"Ref": "Name"}]]}
    assert written(joined) == "<Search.Arn>/*/<Name>"
