"""Hashes of e-mail addresses, whole columns at a time, in the forms that platforms ask for."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import polars as pl
import polars_hash

from touchline.domain.leads.addresses import SHAPE
from touchline.domain.leads.changes import changes_of, each_once, ordered
from touchline.domain.leads.hash_rules import FORMS, Form, HashRules, HashTarget

ALREADY_HASHED: Final = r"^\s*(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{128})\s*$"
GMAIL: Final = ("gmail.com", "googlemail.com")
PIECE: Final = 250_000  # addresses that one core hashes at a time
HASHED: Final = "hashed"
HASHED_ALREADY: Final = "hashed already"
NO_ADDRESS: Final = "no address"
_ADDRESS: Final = "address"

type Normalise = Callable[[pl.Expr], pl.Expr]
# Takes the name of a column of normalised addresses, and the key.
type Digest = Callable[[str, str], pl.Expr]


def hash_addresses(addresses: pl.Series, form: Form, *, key: bytes = b"") -> pl.Series:
    """None where there is no address, or what is there has not the shape of one.

    Raises `ValueError` for a keyed form without a key: a hash with an empty key would look like any other.
    """
    normalise, digest = _WAYS[form]
    if form == "hmac_sha256" and not key:
        raise ValueError("hmac_sha256 needs the workspace's key.")
    frame = addresses.to_frame(_ADDRESS)
    pieces = [frame.slice(start, PIECE) for start in range(0, len(frame), PIECE)] or [frame]

    def hashed(piece: pl.DataFrame) -> pl.DataFrame:
        column = pl.col(_ADDRESS)
        shaped = piece.select(normalise(column)).select(pl.when(column.str.contains(SHAPE)).then(column))
        return shaped.select(digest(_ADDRESS, key.hex()))

    # One expression is the work of one core, whatever engine has it.
    with ThreadPoolExecutor(pl.thread_pool_size()) as cores:
        return pl.concat(cores.map(hashed, pieces)).to_series()


def hash_part(rules: HashRules, part: pl.DataFrame, *, key: bytes = b"") -> pl.DataFrame:
    """What would change: `CHANGES` by id and field.

    Parameters
    ----------
    part : the columns that `needed_fields` names
        With `id` as integers, the others as text.
    key : the workspace's, for the keyed form
    """
    part = each_once(part)
    return ordered(_changes_of_target(rules, target, part, key) for target in rules.targets)


def _changes_of_target(rules: HashRules, target: HashTarget, part: pl.DataFrame, key: bytes) -> pl.DataFrame:
    source = part[rules.source]
    found = pl.DataFrame(
        {
            "hash": hash_addresses(source, target.form, key=key),
            "before": part[target.field],
            "passed": _passed_through(source, target.form),
            "hashed": source.str.contains(ALREADY_HASHED).fill_null(value=False),
        }
    )
    passed = pl.coalesce("passed", "before") if rules.already_hashed == "pass_through" else pl.col("before")
    without = pl.col("before") if rules.without_address == "leave" else pl.lit(None, pl.String)
    hashed, gone = pl.col("hashed"), pl.col("hash").is_null()
    ought = found.select(
        after=pl.when(hashed).then(passed).when(gone).then(without).otherwise("hash"),
        reason=pl.when(hashed)
        .then(pl.lit(HASHED_ALREADY))
        .when(gone)
        .then(pl.lit(NO_ADDRESS))
        .otherwise(pl.lit(HASHED)),
    )
    return changes_of(part, target.field, ought["after"], rule=target.form, reason=ought["reason"])


def _passed_through(source: pl.Series, form: Form) -> pl.Series:
    """None where the digits are not of this form's length; what is in base64, or keyed, was never in the source."""
    digits = source.str.strip_chars().str.to_lowercase()
    if form in {"uid2", "hmac_sha256"}:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(source))
    return digits.set(digits.str.len_bytes() != FORMS[form].characters, None)


def _trimmed(address: pl.Expr) -> pl.Expr:
    return address.str.strip_chars().str.to_lowercase()


def _google_data_manager(address: pl.Expr) -> pl.Expr:
    return _mailbox(address.str.replace_all(r"\s", "").str.to_lowercase(), GMAIL, after_plus=False)


def _google_ads(address: pl.Expr) -> pl.Expr:
    return _mailbox(_trimmed(address), GMAIL, after_plus=True)  # the source speaks of dots and not of plus


def _uid2(address: pl.Expr) -> pl.Expr:
    return _mailbox(_trimmed(address), GMAIL[:1], after_plus=False)


def _mailbox(address: pl.Expr, domains: tuple[str, ...], *, after_plus: bool) -> pl.Expr:
    """At these domains without dots before the @, and without what follows a plus unless that stays."""
    mailbox = address.str.extract(r"^(.*)@").str.replace_all(".", "", literal=True)
    mailbox = mailbox if after_plus else mailbox.str.replace(r"\+.*$", "")
    domain = address.str.extract(r"@([^@]*)$")
    return pl.when(domain.is_in(domains)).then(pl.concat_str(mailbox, pl.lit("@"), domain)).otherwise(address)


def _sha256(column: str, _: str) -> pl.Expr:
    return polars_hash.col(column).chash.sha2_256()


def _sha256_base64(column: str, key: str) -> pl.Expr:
    return _sha256(column, key).str.decode("hex").bin.encode("base64")


def _sha512(column: str, _: str) -> pl.Expr:
    return polars_hash.col(column).chash.sha2_512()


def _md5(column: str, _: str) -> pl.Expr:
    return polars_hash.col(column).nchash.md5()


def _sha1(column: str, _: str) -> pl.Expr:
    return polars_hash.col(column).nchash.sha1()


def _hmac_sha256(column: str, key: str) -> pl.Expr:
    return polars_hash.col(column).chash.hmac_sha256(key=key)


_WAYS: Final[Mapping[Form, tuple[Normalise, Digest]]] = {
    "generic": (_trimmed, _sha256),
    "meta": (_trimmed, _sha256),
    "snap": (_trimmed, _sha256),
    "linkedin": (_trimmed, _sha256),
    "google_data_manager": (_google_data_manager, _sha256),
    "google_ads": (_google_ads, _sha256),
    "uid2": (_uid2, _sha256_base64),
    "sha512": (_trimmed, _sha512),
    "md5": (_trimmed, _md5),
    "sha1": (_trimmed, _sha1),
    "hmac_sha256": (_trimmed, _hmac_sha256),
}
