"""What the code has is in the reference, and the reference has nothing that the code has not."""

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from fnmatch import fnmatch
from importlib import import_module
from itertools import chain
from pathlib import Path
from pkgutil import walk_packages

import pytest
import touchline
from touchline import errors
from touchline.adapters.http_problem import internal_problem
from touchline.domain.rejection import CODES
from touchline.services.maintain_indices import Maintained

from local.cli import GROUPS
from tests.unit.docs.counted import FUNCTIONS, Counted, counted
from tests.unit.docs.pages import PAGES, REFERENCE, ROOT, read, table, word, words

UNLISTED_ROUTES = {"GET /v1/docs"}  # a page for people: not part of the description that it shows
KINDS = {errors.Permanent, errors.Transient}  # never raised themselves: each failure has a name of its own
INSIDE = {errors.PoisonMessage, errors.UnknownColumn}  # meets no client

type Kind = type[errors.TouchlineError]


def raised_kinds() -> set[Kind]:
    """All that the core defines, whichever modules other tests have loaded."""
    for module in walk_packages(touchline.__path__, "touchline."):
        import_module(module.name)
    return {kind for kind in subclasses(errors.TouchlineError) if kind.__module__.startswith("touchline.")} - KINDS


def subclasses(kind: Kind) -> set[Kind]:
    direct = set(kind.__subclasses__())
    return direct | set(chain.from_iterable(map(subclasses, direct)))


def routes() -> set[str]:
    paths = json.loads((FUNCTIONS / "query_api" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    return {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations} | UNLISTED_ROUTES


def test_every_route_is_in_the_reference() -> None:
    pages = "".join(map(read, REFERENCE.glob("*.md")))
    assert sorted(route for route in routes() if f"`{route}`" not in pages) == []


def test_no_page_names_a_route_that_is_not_there() -> None:
    named = {route for page in PAGES for route in re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^` ]*)`", read(page))}
    assert sorted(named - routes()) == []


def test_the_codes_of_errors_are_those_of_the_code() -> None:
    codes = {kind.code for kind in raised_kinds()} | {internal_error()[0]}
    assert {word(row["code"]) for row in table("errors.md", "code")} == codes


def test_each_code_that_a_client_can_meet_has_the_status_that_is_said() -> None:
    met = {kind for kind in raised_kinds() if kind.__module__ == errors.__name__} - INSIDE
    said = {(word(row["code"]), int(row["status"])) for row in table("errors.md", "code") if "status" in row}
    assert said == {(kind.code, kind.status) for kind in met} | {internal_error()}


def internal_error() -> tuple[str, int]:
    problem = internal_problem("/")
    return json.loads(problem.body)["code"], problem.status


def test_the_codes_of_rejection_are_those_of_the_code() -> None:
    assert {word(row["code"]): row["meaning"] for row in table("sending-events.md", "code")} == CODES


def test_settings_their_functions_and_defaults_are_those_of_the_code() -> None:
    capabilities = sorted(path.parent.name for path in FUNCTIONS.glob("*/settings.py"))
    read_by = {
        (field.name.upper(), capability, "" if field.default is MISSING else str(field.default) or "none")
        for capability in capabilities
        for field in fields(import_module(f"{capability}.settings").Settings)
    }
    rows = table("settings.md", "setting")
    said = {(word(row["setting"]), name, row["default"]) for row in rows for name in words(row["functions"])}
    assert sorted(said ^ read_by) == []


def test_metrics_their_functions_and_units_are_those_of_the_code() -> None:
    said = {Counted(word(row["function"]), word(row["metric"]), row["unit"]) for row in table("metrics.md", "metric")}
    assert sorted(one for one in counted() if not any(is_same(one, told) for told in said)) == []
    assert sorted(told for told in said if not any(is_same(one, told) for one in counted())) == []


def is_same(one: Counted, told: Counted) -> bool:
    return (one.function, one.unit) == (told.function, told.unit) and fnmatch(told.metric, one.metric)


def test_metrics_of_maintenance_are_named_after_what_it_did() -> None:
    rows = [row for row in table("metrics.md", "metric") if word(row["function"]) == "maintain_indices"]
    assert [word(row["metric"]) for row in rows] == [f"Indices{field.name.title()}" for field in fields(Maintained)]


def parsers() -> dict[str, argparse.ArgumentParser]:
    """By command, such as `./dev tenant list`."""
    commands = argparse.ArgumentParser(prog="./dev").add_subparsers()
    for group in GROUPS:
        group.add_to(commands)
    return dict(chain.from_iterable(leaves(f"./dev {name}", one) for name, one in commands.choices.items()))


def leaves(command: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield command, parser
    for action in inner:
        for name, one in action.choices.items():
            yield from leaves(f"{command} {name}", one)


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {name for action in parser._actions for name in action.option_strings or [action.dest]} - {"-h", "--help"}


def test_commands_and_their_options_are_those_of_the_code() -> None:
    said = {word(row["command"]): set(words(row["options"])) for row in table("commands.md", "command")}
    assert said == {command: options(parser) for command, parser in parsers().items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_shows_commands_as_they_can_be_typed(page: Path) -> None:
    assert [line for line in shown_commands(read(page)) if not can_be_typed(line)] == []


def shown_commands(text: str) -> list[str]:
    """Words, options and what the reader fills in; not what follows them in the sentence."""
    return re.findall(r"\./dev [a-z]+(?: [a-z_]+(?=[ `])| --[a-z-]+| [A-Z]+\b)*", text)


def can_be_typed(line: str) -> bool:
    """Whether there is such a command, and it has the options."""
    command = max((known for known in parsers() if f"{line} ".startswith(f"{known} ")), key=len, default=None)
    named = set(re.findall(r"--[a-z-]+", line))
    return command is not None and named <= options(parsers()[command])
