import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.leads.cleaning import HIDDEN, clean
from touchline.domain.leads.dedupe_rules import KeyPart, Normaliser
from touchline.domain.leads.nicknames import NICKNAMES
from touchline.domain.leads.normalisers import LeadValues
from touchline.domain.text import HIDDEN as HIDDEN_ELSEWHERE

SAME: list[tuple[Normaliser, list[str]]] = [
    (
        "email",
        [
            "Ann@Example.com",
            " ann@example.COM ",
            "ann@example.com.",
            "a\u200bnn@exam\u00adple.com",
            "ａｎｎ@example.com",
        ],
    ),
    ("email", ["ann@bücher.de", "ann@xn--bcher-kva.de", "Ann@BÜCHER.de", "ann@bu\u0308cher.de"]),
    ("canonical_email", ["a.n.n@gmail.com", "ann+news@googlemail.com", "ANN@GMAIL.COM"]),
    ("canonical_email", ["a.nn@acme.com", "a.nn+x+y@acme.com"]),
    ("name", ["O'Neil", "ONeil", "o’neil", "Ｏneil", "O\u200dNeil", "o-neil"]),
    ("name", ["Müller", "Muller", "MU\u0308LLER"]),
    ("name", ["Straße", "STRASSE", "strasse"]),
    ("name", ["Łukasz", "lukasz"]),
    ("name", ["Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"]),
    ("name", ["ｶﾞ", "ガ"]),
    ("given_name", ["Bob", "Robert", "ROBBIE"]),
    ("company", ["Acme", "Acme, Inc.", "ACME Inc", "acme incorporated", "Acme Co., Ltd."]),
    ("company", ["Müller & Söhne GmbH & Co. KG", "Muller und Sohne".replace("und", "and"), "MÜLLER + SÖHNE"]),
    ("company", ["Foo S.A.", "foo sa", "Foo"]),
    ("company", ["株式会社トヨタ", "トヨタ(株)", "トヨタ"]),
    (
        "domain",
        ["ann@Acme.com", "https://www.acme.com/about?x=1", "acme.com", "ACME.COM:8080/", "http://user@acme.com"],
    ),
    ("exact", ["A-7", " A-7 ", "A\u200b-7"]),
]
APART: list[tuple[Normaliser, list[str]]] = [
    ("email", ["a.nn@gmail.com", "ann@gmail.com", "ann+x@gmail.com", "ann@acme.com"]),
    ("canonical_email", ["a.nn@acme.com", "ann@acme.com"]),
    ("name", ["Lee", "Li", "李", "Ли"]),
    ("name", ["हिंद", "हद"]),
    ("company", ["Acme Holding", "Acme Group", "Acme"]),
    ("company", ["The Company", "Inc.", "Co"]),
    ("exact", ["a", "A"]),
]
NOTHING: list[tuple[Normaliser, list[str | None]]] = [
    ("email", [None, "", " ", "n/a", "null", "ann", "ann@", "@acme.com", "a b@acme.com", "ann@acme"]),
    ("email", ["ann@acme..com", "a@b@c.com", "ann@.com"]),
    ("email", ["noreply@acme.com", "No-Reply+7@acme.com", "none@none.com", "unknown@acme.com", "a@ .com"]),
    ("canonical_email", ["donotreply@gmail.com", None, "-"]),
    ("name", [None, "", "N/A", "null", "Unknown", "--", "?", "...", "\u200b", "Not Provided"]),
    ("company", ["n/a", "None", " - ", "[not provided]", None]),
    ("exact", ["n/a", "", "  ", None, "NULL"]),
    ("domain", ["localhost", "", None, "http://", "a@b"]),
]  # fmt: skip


def normalised(normaliser: Normaliser, values: list[str | None], **options: bool) -> list[str | None]:
    table = pl.DataFrame({"value": values}, schema={"value": pl.String})
    return LeadValues(table, ["custom"]).of(KeyPart("value", normaliser, **options)).to_list()


@pytest.mark.parametrize(("normaliser", "values"), SAME)
def test_the_same_is_the_same(normaliser: Normaliser, values: list[str | None]) -> None:
    found = normalised(normaliser, values)
    assert len(set(found)) == 1
    assert found[0]


@pytest.mark.parametrize(("normaliser", "values"), APART)
def test_what_differs_stays_apart(normaliser: Normaliser, values: list[str | None]) -> None:
    found = normalised(normaliser, values)
    assert len(set(found)) == len(values)
    assert all(found)


@pytest.mark.parametrize(("normaliser", "values"), NOTHING)
def test_what_says_nothing_is_no_key(normaliser: Normaliser, values: list[str | None]) -> None:
    assert normalised(normaliser, values) == [None] * len(values)


def test_accents_are_kept_where_that_is_asked() -> None:
    assert len(set(normalised("name", ["Müller", "Muller"], keep_diacritics=True))) == 2
    assert len(set(normalised("name", ["Müller", "mu\u0308ller"], keep_diacritics=True))) == 1


@pytest.mark.parametrize("normaliser", ["name", "given_name", "company", "exact"])
def test_a_customers_own_placeholders_are_no_keys(normaliser: Normaliser) -> None:
    assert normalised(normaliser, ["Custom", "custom "]) == [None, None]


@given(st.lists(st.text(max_size=12) | st.sampled_from(["a.b+c@GMAIL.com", "Ann@X.Com", "Acme Inc"]), max_size=8))
def test_every_form_is_a_fixed_point(values: list[str]) -> None:
    """What is normalised is normalised already: runs over values that were written back find the same."""
    for normaliser in ("email", "canonical_email", "name", "company", "domain"):
        once = normalised(normaliser, list(values))
        if normaliser == "company":  # a name may end like a legal form when another was taken away before it
            continue
        assert normalised(normaliser, once) == once


@given(st.lists(st.text(max_size=8), min_size=1, max_size=8))
def test_each_value_is_read_alone(values: list[str]) -> None:
    for normaliser in ("email", "name", "company", "exact", "domain"):
        assert normalised(normaliser, list(values)) == [normalised(normaliser, [one])[0] for one in values]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=20))
def test_cleaned_text_has_no_hidden_characters(text: str) -> None:
    (cleaned,) = clean(pl.Series([text])).to_list()
    assert pl.Series([cleaned]).str.contains(HIDDEN).to_list() == [False]
    assert HIDDEN_ELSEWHERE.search(cleaned.replace("\u2028", "").replace("\u2029", "")) is None


def test_nicknames_lead_to_names_that_are_none() -> None:
    assert not set(NICKNAMES) & set(NICKNAMES.values())
