"""A stage is known by name or refused in words."""

import pytest

from infra.assets import MissingSourceError, function_folder
from infra.config import STAGES, UnknownStageError, stage_config
from infra.constructs.road_alarms import MOST_SHARDS_OF_A_NODE


def test_an_unknown_stage_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownStageError, match="local, dev, prod"):
        stage_config("staging")


def test_a_missing_function_is_named() -> None:
    with pytest.raises(MissingSourceError, match="functions/no_such_thing"):
        function_folder("no_such_thing")


def test_only_the_local_search_node_speaks_plain_http() -> None:
    plain = [name for name in STAGES if stage_config(name).search.scheme == "http"]
    assert plain == ["local"]


def test_a_replica_never_shares_its_node() -> None:
    for name in STAGES:
        search = stage_config(name).search
        assert search.replicas < search.instances


@pytest.mark.parametrize("stage", STAGES)
def test_all_days_that_are_kept_leave_half_of_the_shards_free(stage: str) -> None:
    search, kept = stage_config(stage).search, stage_config(stage).retention
    used = (kept.events * search.shards + kept.rejected) * (1 + search.replicas)
    assert used <= MOST_SHARDS_OF_A_NODE * search.instances / 2


def test_events_are_accepted_only_as_long_as_their_day_is_kept() -> None:
    for name in STAGES:
        config = stage_config(name)
        assert config.event_max_age_days <= config.retention.events <= config.retention.archive
