"""Text as people see it: one form for what looks the same, so that hidden characters make no difference.

Most values are plain ASCII and pass unchanged; only the others pay for Unicode.
"""

from collections.abc import Callable
from typing import Final

import polars as pl

# Unicode's Cc and Cf but for white space, and what is drawn as nothing (UTS 39, Default_Ignorable).
HIDDEN: Final = (
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}-\u{180f}"
    r"\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fffb}"
    r"\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]"
)
NOT_PLAIN: Final = r"[^ -~]"
ACCENTS: Final = r"[\u{300}-\u{36f}]"  # of Latin, Greek and Cyrillic letters; in other scripts marks are vowels
# Letters of Latin script that Unicode does not take apart.
UNACCENTED: Final = dict(zip("øłđðþæœıħŧ", ("o", "l", "d", "d", "th", "ae", "oe", "i", "h", "t"), strict=True))
# Lower-case letters that Unicode folds further, after NFKC.
FOLDED: Final = {
    letter: letter.casefold()
    for letter in map(chr, range(0x80, 0x1E9F0))
    if letter.casefold() != letter and letter.lower() == letter
}


def clean(values: pl.Series) -> pl.Series:
    """NFKC, case folded, without hidden characters, blanks only between words and one at a time."""
    plain = values.str.to_lowercase().str.strip_chars()
    return elsewhere(plain, NOT_PLAIN, _folded)


def trimmed(values: pl.Series) -> pl.Series:
    """As it is, without hidden characters and blanks around it."""
    return elsewhere(values.str.strip_chars(), NOT_PLAIN, _visible)


def without_accents(cleaned: pl.Series) -> pl.Series:
    return elsewhere(cleaned, NOT_PLAIN, _unaccented)


def letters(cleaned: pl.Series) -> pl.Series:
    """Letters and digits only; None where none are left."""
    kept = elsewhere(cleaned, r"[^a-z0-9]", lambda some: some.str.replace_all(r"[^\p{L}\p{N}\p{M}]", ""))
    return none_if_empty(kept)


def none_if_empty(values: pl.Series) -> pl.Series:
    return values.set(values.str.len_bytes() == 0, None)


def by_unique(values: pl.Series, work: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """What `work` makes of each, done once for each different value."""
    different = values.unique()
    if 2 * len(different) > len(values):
        return work(values)
    made = pl.DataFrame({"value": different, "made": work(different)})
    return pl.DataFrame({"value": values}).join(made, on="value", how="left", maintain_order="left")["made"]


def elsewhere(values: pl.Series, pattern: str, work: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`work` on those that the pattern is found in; the others stay."""
    return _at(values.str.contains(pattern).arg_true(), values, work)


def unless(values: pl.Series, pattern: str, work: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`work` on those that the pattern is not found in; the others stay."""
    return _at((~values.str.contains(pattern)).arg_true(), values, work)


def _at(places: pl.Series, values: pl.Series, work: Callable[[pl.Series], pl.Series]) -> pl.Series:
    if len(places) == 0:
        return values
    return values.clone().scatter(places, work(values.gather(places)))


def _visible(values: pl.Series) -> pl.Series:
    return values.str.replace_all(HIDDEN, "").str.strip_chars()


def _folded(values: pl.Series) -> pl.Series:
    lower = values.str.replace_all(HIDDEN, "").str.normalize("NFKC").str.to_lowercase()
    folded = lower.str.replace_many(FOLDED).str.normalize("NFKC")
    return folded.str.replace_all(HIDDEN, "").str.replace_all(r"\s+", " ").str.strip_chars()


def _unaccented(values: pl.Series) -> pl.Series:
    return values.str.replace_many(UNACCENTED).str.normalize("NFKD").str.replace_all(ACCENTS, "").str.normalize("NFC")
