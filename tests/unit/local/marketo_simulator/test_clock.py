import pytest

from local.marketo_simulator.clock import Clock, ClockState, iso, timestamp

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z


def test_a_stopped_clock_moves_only_when_it_is_told() -> None:
    clock = Clock(ClockState(stopped_at=NOON))
    assert clock.now() == clock.now() == NOON
    clock.advance(1500)
    assert clock.now() == NOON + 1500


def test_a_running_clock_keeps_what_it_was_set_forward() -> None:
    clock = Clock()
    before = clock.now()
    clock.advance(3_600_000)
    assert before + 3_600_000 <= clock.now() < before + 3_660_000
    kept = Clock(ClockState(**clock.state()))
    assert abs(kept.now() - clock.now()) < 60_000


def test_a_stopped_clock_runs_on_from_where_it_stood() -> None:
    clock = Clock()
    clock.advance(86_400_000)
    clock.stop()
    stood = clock.now()
    clock.run()
    assert stood <= clock.now() < stood + 60_000


def test_it_never_goes_back() -> None:
    clock = Clock(ClockState(stopped_at=NOON))
    with pytest.raises(ValueError, match="forward"):
        clock.set(NOON - 1)
    assert clock.now() == NOON


def test_times_are_written_in_whole_seconds() -> None:
    assert iso(NOON + 999) == "2026-11-22T12:00:00Z"
    assert timestamp(NOON).isoformat() == "2026-11-22T12:00:00"
