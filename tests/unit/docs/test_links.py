"""A reader who follows a link arrives."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.pages import PAGES, REFERENCE, ROOT, read

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")


def anchors(page: Path) -> set[str]:
    """As GitHub makes them: lower case, without punctuation, blanks to hyphens."""
    headings = re.findall(r"^#+ (.+)$", read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def arrives(page: Path, target: str, anchor: str) -> bool:
    place = page.parent / target if target else page
    return place.exists() and (not anchor or anchor in anchors(place))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_arrives(page: Path) -> None:
    assert [found for found in LINK.findall(read(page)) if not arrives(page, *found)] == []


def test_the_index_links_every_page_but_runbooks_and_itself() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target).resolve() for target, _ in LINK.findall(read(index))}
    missing = {page for page in PAGES if page.parent.name != "runbooks"} - linked - {index}
    assert sorted(str(page.relative_to(ROOT)) for page in missing) == []


def test_the_list_of_alarms_links_every_runbook() -> None:
    linked = {Path(target).stem for target, _ in LINK.findall(read(REFERENCE / "metrics.md")) if "runbooks/" in target}
    assert linked == {page.stem for page in PAGES if page.parent.name == "runbooks"}
