"""`./dev marketo`: what it refuses, and that it never removes what is not a simulator's."""

import io
import signal
import socket
import subprocess
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable
from pathlib import Path

import pytest
import requests
from rich.console import Console

from local.commands import marketo
from local.errors import LocalError
from local.folders import CHECKOUT
from local.ports import any_free_port


def arguments(*words: str) -> Namespace:
    parser = ArgumentParser()
    marketo.add_to(parser.add_subparsers())
    return parser.parse_args(["marketo", *words])


def run(*words: str) -> int:
    return marketo.run_marketo(arguments(*words), Console(file=io.StringIO()))


@pytest.mark.parametrize("text", ["0", "-5", "10000001"])
def test_numbers_of_leads_that_make_no_sense(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="from 1 to"):
        marketo._count(text)
    assert marketo._count("1,000_000") == 1_000_000


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(LocalError, match="holds something that is not a simulator's"):
        run("--fresh", "--state", str(tmp_path))
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_port_that_is_taken_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LocalError, match="is taken"):
            run("--port", str(taken.getsockname()[1]), "--state", str(tmp_path / "state"))
    assert not (tmp_path / "state").exists()


def test_it_says_where_it_is_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    port = any_free_port()
    words = [
        sys.executable,
        "-m",
        "local.cli",
        "marketo",
        "--leads",
        "20",
        "--port",
        str(port),
        "--state",
        str(tmp_path),
    ]
    with subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        told = dict(read_until(command.stdout, "Ctrl-C ends it"))
        overview = requests.get(f"{told['Endpoint']}/_simulator", timeout=10).json()
        assert (told["Client id"], told["Client secret"]) == (overview["client_id"], overview["client_secret"])
        assert (told["Leads"], overview["leads"]) == ("20", 20)
        command.send_signal(signal.SIGINT)
        assert command.wait(60) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{told['Endpoint']}/_simulator", timeout=10)


def read_until(lines: Iterable[str], last: str) -> list[tuple[str, str]]:
    """Pairs of what stands in the first fifteen columns of a line, and the rest."""
    found = []
    for line in lines:
        found.append((line[:15].strip(), line[15:].strip()))
        if line.startswith(last):
            return found
    raise AssertionError(f"it ended with {found}")
