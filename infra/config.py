"""Everything that differs between stages, and nothing that does not."""

import platform
from dataclasses import dataclass, field
from typing import Literal

Architecture = Literal["arm64", "x86_64"]
ARCHITECTURE_NAMES: dict[str, Architecture] = {
    "x86_64": "x86_64",
    "AMD64": "x86_64",
    "aarch64": "arm64",
    "arm64": "arm64",
}


class UnknownStageError(Exception):
    """The stage asked for is not configured."""


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """The OpenSearch domain of a stage."""

    instance_type: str
    instances: int
    volume_gib: int
    shards: int  # of each day's index of events; rejected events have one
    replicas: int
    in_vpc: bool
    scheme: Literal["http", "https"] = "https"
    version: str = "OpenSearch_2.19"
    # Three masters of their own keep the cluster manager responsive while data nodes are busy; a small stage has none.
    master_instance_type: str | None = None
    availability_zones: int = 1


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """How long things are kept, in days."""

    events: int = 400
    rejected: int = 90
    archive: int = 800
    conversions: int = 800  # whole months
    replaced_objects: int = 30  # versions of archive objects that were overwritten or deleted
    logs: int = 90
    access_logs: int = 365


@dataclass(frozen=True, slots=True)
class ThroughputConfig:
    """Limits that protect the stage. Reserved concurrency None: drawn from the account's pool."""

    requests_per_second: int
    burst: int
    index_concurrency: int  # SQS pollers of index_events, at least 2
    ingest_reserved: int | None = None
    query_reserved: int | None = None
    manage_reserved: int | None = None
    answers_at_once: int = 10  # of those that nobody waits for, at least 2
    index_batching_seconds: int = 1
    # The queue hides a message for six times this long, so it is also how soon a killed worker's messages come back.
    index_timeout_seconds: int = 30
    attribute_concurrency: int = 2  # SQS pollers of attribute_conversions, at least 2
    # Between indexing and computing: longer than an index takes to show what was written to it.
    attribution_delay_seconds: int = 20
    goals_kept_seconds: int = 30  # how long the index functions remember a tenant's goals
    # "distributed" lifts the 40 parallel branches and 25,000 history events of an inline map.
    compaction_map: Literal["inline", "distributed"] = "inline"


@dataclass(frozen=True, slots=True)
class ScheduleConfig:
    compact_every_hours: int = 1
    maintain_at_utc_hour: int = 2
    reconcile_at_utc_hour: int = 4


@dataclass(frozen=True, slots=True)
class ExecutionConfig:
    """How executions wait, and how much they take on at once. Its fields are the functions' settings."""

    poll_first_seconds: int = 60  # Marketo renews the state of an export once a minute
    poll_longest_seconds: int = 600
    import_poll_seconds: int = 15
    unavailable_first_seconds: int = 30
    unavailable_longest_seconds: int = 900
    merge_settle_seconds: int = 200  # after it gave up answering, Marketo works on a merge for three minutes at most
    longest_wait_seconds: int = 900  # then it is looked whether there is still reason to wait
    hold_seconds: int = 900  # the longest that a function runs
    part_bytes: int = 64_000_000
    piece_bytes: int = 16_000_000
    work_at_once_bytes: int = 500_000_000  # a day's extract; a function of 3 GB works on it in one go


@dataclass(frozen=True, slots=True)
class MarketoConfig:
    """Of Marketo services. `endpoints`: what connections may name; `*` stands for one label of a host."""

    endpoints: tuple[str, ...] = ("https://*.mktorest.com",)
    least_minutes_between_runs: int = 15  # an export alone takes minutes, and each run a share of the day's calls
    executions: ExecutionConfig = field(default_factory=ExecutionConfig)
    work_map: Literal["inline", "distributed"] = "inline"
    items_at_once: int = 8  # parts of one list that are worked on
    working_files_days: int = 8  # leads as they were extracted
    pending_files_days: int = 90  # what is still to be merged: as many days as its calls take
    kept_files_days: int = 400  # what was changed and why, and what undoes it


@dataclass(frozen=True, slots=True)
class StageConfig:
    stage: str
    region: str
    architecture: Architecture
    search: SearchConfig
    throughput: ThroughputConfig
    account: str | None = None  # None: the account of whoever deploys
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    schedules: ScheduleConfig = field(default_factory=ScheduleConfig)
    marketo: MarketoConfig = field(default_factory=MarketoConfig)
    retain_data: bool = True  # stateful resources survive the deletion of their stack
    encrypt_logs_with_own_key: bool = True
    event_max_age_days: int = 400
    log_level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"
    alarm_email: str | None = None
    cors_origins: tuple[str, ...] = ()


def machine_architecture() -> Architecture:
    """The local stage runs its functions on this machine, so its layers are built for it."""
    machine = platform.machine()
    if machine not in ARCHITECTURE_NAMES:
        raise UnknownStageError(f"No layers for a {machine} machine; known: {', '.join(ARCHITECTURE_NAMES)}.")
    return ARCHITECTURE_NAMES[machine]


def local() -> StageConfig:
    """One machine: an AWS emulator and one real OpenSearch node, both on plain http."""
    return StageConfig(
        stage="local",
        account="000000000000",
        region="us-east-1",
        architecture=machine_architecture(),
        search=SearchConfig(
            instance_type="t3.small.search",
            instances=1,
            volume_gib=10,
            shards=1,
            replicas=0,
            in_vpc=False,
            scheme="http",
        ),
        throughput=ThroughputConfig(
            requests_per_second=2_000,
            burst=2_000,
            index_concurrency=2,
            answers_at_once=2,
            index_timeout_seconds=20,
            attribution_delay_seconds=3,
            goals_kept_seconds=2,
        ),
        retention=RetentionConfig(logs=7),
        marketo=MarketoConfig(
            endpoints=("https://*.mktorest.com", "http://127.0.0.1"),
            least_minutes_between_runs=1,
            executions=ExecutionConfig(
                poll_first_seconds=1,
                poll_longest_seconds=5,
                import_poll_seconds=2,
                unavailable_first_seconds=1,
                unavailable_longest_seconds=10,
                merge_settle_seconds=2,
                longest_wait_seconds=2,
                hold_seconds=45,
                part_bytes=8_000_000,
                work_at_once_bytes=10_000_000,  # so that long lists are divided here as well
            ),
            work_map="distributed",
            items_at_once=2,
        ),
        retain_data=False,
        encrypt_logs_with_own_key=False,
        cors_origins=("*",),
    )


def dev() -> StageConfig:
    """A small system to develop against on AWS: one public, signed-requests-only search node."""
    return StageConfig(
        stage="dev",
        region="eu-central-1",
        architecture="arm64",
        search=SearchConfig(
            instance_type="t3.medium.search", instances=1, volume_gib=50, shards=1, replicas=0, in_vpc=False
        ),
        throughput=ThroughputConfig(requests_per_second=200, burst=400, index_concurrency=4),
        retention=RetentionConfig(logs=30),
        cors_origins=("http://localhost:5173",),
    )


def prod() -> StageConfig:
    """Three zones, dedicated masters, everything that speaks to the search domain inside a private network."""
    return StageConfig(
        stage="prod",
        region="eu-central-1",
        architecture="arm64",
        search=SearchConfig(
            instance_type="r7g.large.search",
            instances=3,
            volume_gib=500,
            # A day of a hundred million events is 30 GB at 300 B each, and one shard is good for 50 GB. More would add
            # up: two copies of each day that is kept are 980 shards of the 3,000 that three nodes take.
            shards=1,
            replicas=1,
            in_vpc=True,
            master_instance_type="m7g.medium.search",
            availability_zones=3,
        ),
        throughput=ThroughputConfig(
            requests_per_second=2_000,
            burst=4_000,
            index_concurrency=20,
            attribute_concurrency=8,
            ingest_reserved=200,
            query_reserved=100,
            manage_reserved=20,
            compaction_map="distributed",
        ),
        marketo=MarketoConfig(work_map="distributed", items_at_once=40),
    )


STAGES = {"local": local, "dev": dev, "prod": prod}


def stage_config(stage: str) -> StageConfig:
    if stage not in STAGES:
        raise UnknownStageError(f"There is no stage {stage!r}. Known stages: {', '.join(STAGES)}.")
    return STAGES[stage]()
