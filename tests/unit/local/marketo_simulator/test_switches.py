import pytest

from local.marketo_simulator.switches import Switches


def test_switches_are_changed_together_or_not_at_all() -> None:
    switches = Switches()
    with pytest.raises(ValueError, match="no switch is called 'calls_in_windows'; there are: allow"):
        switches.change({"calls_a_day": 5, "calls_in_windows": 3})
    assert switches == Switches()
    switches.change({"calls_a_day": 5, "crm_sync": False})
    assert (switches.calls_a_day, switches.crm_sync) == (5, False)


@pytest.mark.parametrize("value", ["5", 5.0, True, None])
def test_a_switch_keeps_its_type(value: object) -> None:
    with pytest.raises(ValueError, match="takes a int"):
        Switches().change({"calls_a_day": value})


def test_whole_numbers_are_fractions_too() -> None:
    switches = Switches()
    switches.change({"bulk_pace": 0})
    assert switches.bulk_pace == 0


def test_what_is_kept_is_the_same() -> None:
    switches = Switches()
    switches.change({"permissions": ["Access API"]})
    assert Switches(**switches.as_json()) == switches
