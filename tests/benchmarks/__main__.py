"""python -m tests.benchmarks NAME [--json FILE]: run one benchmark (a module of this folder with `run(report)`)."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from tests.benchmarks.harness import Report

# The import roots that pyproject.toml gives to pytest.
sys.path[:0] = ["functions", "layers/core/python"]


def main() -> None:
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if "def run(" in path.read_text())
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("name", choices=names)
    parser.add_argument("--json", type=Path, help="write a line of JSON for each row")
    asked = parser.parse_args()
    report = Report(asked.name)
    import_module(f"tests.benchmarks.{asked.name}").run(report)
    report.print()
    report.write_section()
    if asked.json:
        report.write_json(asked.json)


if __name__ == "__main__":
    main()
