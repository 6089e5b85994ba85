"""The page of the Marketo simulator says how long its bulk jobs take."""

from local.marketo_simulator import bulk_desk, bulk_extract
from local.marketo_simulator.bulk_queue import LineRules
from tests.unit.docs.pages import table

PAGE = "marketo-simulator.md"


def test_times_are_those_of_the_code() -> None:
    told = {row[""]: (row["of an export"], row["of an import"]) for row in table(PAGE, "of an export")}
    waits = (f"{bulk_desk.EXPORT_WAITS_MS // 1000} s", f"{bulk_desk.IMPORT_WAITS_MS // 1000} s")
    takes = (f"{bulk_desk.EXPORT_TAKES_MS // 1000} s", f"{bulk_desk.IMPORT_TAKES_MS // 1000} s")
    speed = (f"{bulk_desk.EXPORT_RECORDS_A_SECOND:,} records", f"{bulk_desk.IMPORT_ROWS_A_SECOND:,} rows")
    kept = f"{bulk_desk.EXPORT_KEPT_DAYS} days, its file {bulk_desk.FILE_KEPT_DAYS} days"
    assert told == {
        "in the queue, where nobody is before it": waits,
        "at work, whatever it holds": takes,
        "more in each second": speed,
        "until what is told of it is renewed": (f"{bulk_desk.STATUS_AGES_MS // 1000} s", "at once"),
        "kept": (kept, f"{bulk_desk.IMPORT_KEPT_DAYS} days"),
    }


def test_one_line_of_ten_with_two_at_work_for_all_objects() -> None:
    assert (LineRules().places, LineRules().at_work) == (10, 2)
    assert set(bulk_extract.PERMISSIONS) == {"leads", "activities", "program/members"}
