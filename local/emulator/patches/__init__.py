"""The repairs of ministack, each in a file of its own that says what is broken, what AWS does and what needs it."""

import os
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

# Repairs reach into private functions: they are written for, and tested against, this version and no other.
VERSION = "1.5.33"

# In this order: a later one may wrap what an earlier one put in place.
NAMES = (
    "lambda_worker",
    "lambda_logs",
    "batching_window",
    "api_errors",
    "api_binary_bodies",
    "api_cors",
    "loopback_is_secure",
    "batch_permissions",
    "schedule_groups",
    "template_types",
    "template_alarms",
    "template_tables",
    "template_concurrency",
    "custom_resource_failures",
    "map_jsonata",
    "retry_delays",
    "schedule_ticks",
    "saved_state",
    "durable_queues",
    "durable_tables",
    "durable_resources",
)


def state_directory() -> Path:
    directory = Path(os.environ["STATE_DIR"])
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def apply_all() -> None:
    found = version("ministack")
    if found != VERSION:
        raise SystemExit(f"The repairs are written for ministack {VERSION}; installed is {found}.")
    for name in NAMES:
        import_module(f"{__name__}.{name}").apply()
