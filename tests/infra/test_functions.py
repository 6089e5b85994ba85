"""Every function in the house style, with exactly the environment that its settings name."""

import zipfile
from dataclasses import MISSING, fields
from importlib import import_module
from typing import get_args

import pytest
from touchline.domain.archive import SETTLE

from infra.assets import dependency_zip
from infra.config import Architecture
from tests.infra.conftest import Stage

BINDING = {
    "ingest_events.handler",
    "index_events.handler",
    "attribute_conversions.handler",
    "backfill_goal.plan",
    "backfill_goal.attribute_part",
    "backfill_goal.finish",
    "query_api.handler",
    "query_api.worker",
    "manage_api.handler",
    "manage_marketo.handler",
    "start_execution.handler",
    "run_service.reserve",
    "run_service.export",
    "run_service.poll",
    "run_service.download",
    "run_service.work",
    "run_service.work_item",
    "run_service.approve",
    "run_service.write_back",
    "run_service.verify",
    "run_service.report",
    "run_service.close",
    "manage_tenants.handler",
    "prepare_search.handler",
    "maintain_indices.handler",
    "compact_archive.plan",
    "compact_archive.compact_day",
    "compact_archive.clean_up",
    "replay_day.plan",
    "replay_day.replay_part",
    "reconcile_counts.handler",
}
WITH_DUCKDB = {"backfill_goal", "compact_archive", "query_api", "replay_day", "reconcile_counts"}
WITH_MARKETO: set[str] = set()  # talk to Marketo, and work on no lists of leads
WITH_LEADS = {"manage_marketo", "run_service"}
LAMBDA_LIMIT_BYTES = 262_144_000  # unzipped, of a function and all its layers; what Lambda's refusal names


def capability(module: str) -> str:
    return module.partition(".")[0]


def test_the_documented_functions_are_deployed_and_no_others(stage: Stage) -> None:
    assert set(stage.functions()) == BINDING


def test_every_handler_is_a_file_in_its_folder(stage: Stage) -> None:
    for module in stage.functions():
        assert callable(import_module(module).lambda_handler)


def test_every_function_gets_the_settings_it_reads(stage: Stage) -> None:
    for module, function in stage.functions().items():
        read = fields(import_module(f"{capability(module)}.settings").Settings)
        required = {field.name.upper() for field in read if field.default is MISSING}
        given = {name for name in function["Environment"]["Variables"] if not name.startswith("POWERTOOLS_")}
        assert required <= given <= {field.name.upper() for field in read}, module


def test_house_style(stage: Stage) -> None:
    architecture = stage.config.architecture
    for module, function in stage.functions().items():
        assert function["Runtime"] == "python3.13", module
        assert function["Architectures"] == [architecture], module
        assert function["TracingConfig"]["Mode"] == "Active", module
        assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == capability(module)
        assert "LogGroup" in function["LoggingConfig"], module


def test_every_log_group_ends_some_day(stage: Stage) -> None:
    for name, group in stage.of_type("AWS::Logs::LogGroup").items():
        assert group["Properties"]["RetentionInDays"] == stage.config.retention.logs, name
        assert ("KmsKeyId" in group["Properties"]) == stage.config.encrypt_logs_with_own_key, name


def test_memory_is_what_was_measured_and_published(stage: Stage) -> None:
    assert stage.functions()["ingest_events.handler"]["MemorySize"] == 256
    assert stage.functions()["index_events.handler"]["MemorySize"] == 512


def test_the_ways_in_cannot_starve_each_other_in_production(prod: Stage) -> None:
    for module in ("ingest_events.handler", "query_api.handler", "manage_api.handler"):
        assert prod.functions()[module]["ReservedConcurrentExecutions"] > 0


def third_party_layers(module: str) -> list[str]:
    """Beside the core, those that a function is deployed with."""
    name = capability(module)
    more = [(WITH_DUCKDB, ["analytics"]), (WITH_MARKETO, ["marketo"]), (WITH_LEADS, ["marketo", "leads"])]
    return ["dependencies", *(layer for functions, layers in more if name in functions for layer in layers)]


def test_layers_are_loaded_only_where_they_are_needed(stage: Stage) -> None:
    for module, function in stage.functions().items():
        assert len(function["Layers"]) == 1 + len(third_party_layers(module)), module


def test_only_its_own_folder_is_shipped(local: Stage) -> None:
    shipped = {
        frozenset(path.name for path in asset.iterdir())
        for asset in local.outdir.glob("asset.*")
        if asset.is_dir() and not (asset / "python").exists()
    }
    assert shipped == {frozenset({capability(module)}) for module in BINDING}
    assert not list(local.outdir.glob("asset.*/**/__pycache__"))


@pytest.mark.parametrize("architecture", get_args(Architecture))
@pytest.mark.parametrize("more", [("analytics",), ("marketo", "leads")], ids=" and ".join)
def test_layers_fit_into_lambda(architecture: Architecture, more: tuple[str, ...]) -> None:
    zips = [dependency_zip(layer, architecture) for layer in ("dependencies", *more)]
    unzipped = sum(entry.file_size for layer in zips for entry in zipfile.ZipFile(layer).infolist())
    print(f"{architecture}: third-party layers {unzipped / 1_000_000:.0f} MB of {LAMBDA_LIMIT_BYTES / 1_000_000:.0f}")
    assert unzipped < LAMBDA_LIMIT_BYTES - 5_000_000  # the core and a function's folder are well under 5 MB


def test_an_hour_of_batches_settles_after_the_last_indexing_that_began_in_it(stage: Stage) -> None:
    assert 2 * stage.config.throughput.index_timeout_seconds < SETTLE.total_seconds()
