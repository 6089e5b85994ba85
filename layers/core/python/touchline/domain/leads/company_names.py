"""Names of companies without what their law adds to them."""

import re
from typing import Final

import polars as pl

from touchline.domain.leads.cleaning import NOT_PLAIN, elsewhere, letters, none_if_empty, unless

_WORDS: Final = """
    inc incorporated corp corporation co company llc lllp llp lp ltd limited plc pllc pc gmbh mbh ggmbh ag kg kgaa
    ohg gbr ug se ev eg sa sas sasu sarl sarlu eurl snc sca scs srl srls spa sapa sl slu slne bv nv cv vof ab hb kb
    as asa aps oy oyj ks spzoo zoo sro doo dooel kft zrt nyrt bt ood eood ad ead ltda eireli me epp kk gk yk pte pty
    pvt bhd sdn pt tbk
"""
# Whole phrases first: an alternative that is tried earlier wins. Dots and apostrophes are gone by then.
LEGAL_FORMS: Final = (
    "gmbh and co kgaa",
    "gmbh and co kg",
    "ag and co kg",
    "se and co kgaa",
    "ug haftungsbeschrankt",
    "ug haftungsbeschränkt",
    "s de rl de cv",
    "sa de cv",
    "sapi de cv",
    "pty ltd",
    "pty limited",
    "pte ltd",
    "pvt ltd",
    "private limited",
    "public limited company",
    "limited liability company",
    "limited partnership",
    "sp z o o",
    "d o o",
    "and co",
    "and company",
    *_WORDS.split(),
)
_ENDING: Final = rf"(?:\s+(?:{'|'.join(map(re.escape, LEGAL_FORMS))}))+$"
_SPACED: Final = r"^[a-z0-9]+(?: [a-z0-9]+)*$"  # nothing but words, as most names are
_JOINED: Final = r"[.'’`´]"
# Written without a blank, before or after the name.
_EAST_ASIAN_FORMS: Final = """
    株式会社 有限会社 合同会社 股份有限公司 有限责任公司 有限公司 주식회사 유한회사 (株) (有) (주)
"""
_EAST_ASIAN: Final = "|".join(map(re.escape, _EAST_ASIAN_FORMS.split()))


def company_letters(cleaned: pl.Series) -> pl.Series:
    """Letters and digits of the name; of one that is nothing but a legal form, of all."""
    spaced = unless(cleaned, _SPACED, _spaced)
    bare = none_if_empty(spaced.str.replace(_ENDING, "").str.replace_all(" ", "", literal=True))
    nothing_else = (bare.is_null() & cleaned.is_not_null()).arg_true()
    return bare.scatter(nothing_else, letters(cleaned.gather(nothing_else)))


def _spaced(cleaned: pl.Series) -> pl.Series:
    named = elsewhere(cleaned, NOT_PLAIN, lambda some: some.str.replace_all(_EAST_ASIAN, " "))
    joined = elsewhere(named, r"[&+]", lambda some: some.str.replace_all(r"[&+]", " and "))
    bare = joined.str.replace_all(_JOINED, "")
    return unless(bare, _SPACED, lambda some: some.str.replace_all(r"[^\p{L}\p{N}\p{M}]+", " ").str.strip_chars())
