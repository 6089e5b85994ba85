"""Rules of hashing e-mail addresses: which field is hashed, into which fields, in which forms.

Nothing here needs more than the standard library, so that who only checks rules loads no data frames.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from touchline.domain.leads.rule_reading import LeadFields, Section, refuse
from touchline.domain.marketo.api import LeadField

VERSION: Final = 1
MOST_TARGETS: Final = 20
STRING_LENGTH: Final = 255  # of Marketo's string fields, where an instance does not say it
TARGET_TYPES: Final = frozenset({"string", "text"})
SOURCE_TYPES: Final = TARGET_TYPES | {"email"}

Form = Literal[
    "generic",
    "meta",
    "snap",
    "linkedin",
    "google_data_manager",
    "google_ads",
    "uid2",
    "sha512",
    "md5",
    "sha1",
    "hmac_sha256",
]
AlreadyHashed = Literal["leave", "pass_through"]
WithoutAddress = Literal["clear", "leave"]


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What a form of hash is for, and how many characters it writes. `field`: where the customer names none."""

    words: str
    characters: int
    field: str
    display_name: str


_TRIMMED: Final = "SHA-256 as hex digits of the address, trimmed and in lower case"
_LEGACY: Final = "hex digits of the address, trimmed and in lower case, for older partners; Meta and Google refuse it"
FORMS: Final[Mapping[Form, FormFacts]] = {
    "generic": FormFacts(f"{_TRIMMED}, as most partners take it", 64, "emailSha256", "Email SHA-256"),
    "meta": FormFacts(f"{_TRIMMED}, as Meta takes it", 64, "emailHashMeta", "Email Hash Meta"),
    "snap": FormFacts(f"{_TRIMMED}, as Snap takes it", 64, "emailHashSnap", "Email Hash Snap"),
    "linkedin": FormFacts(f"{_TRIMMED}, as LinkedIn takes it", 64, "emailHashLinkedIn", "Email Hash LinkedIn"),
    "google_data_manager": FormFacts(
        "SHA-256 as hex digits for Google's Data Manager: in lower case, without white space, and for Gmail without "
        "dots and what follows a plus",
        64,
        "emailHashGoogle",
        "Email Hash Google",
    ),
    "google_ads": FormFacts(
        "SHA-256 as hex digits for Google Ads and Campaign Manager: trimmed, in lower case, and for Gmail without dots",
        64,
        "emailHashGoogleAds",
        "Email Hash Google Ads",
    ),
    "uid2": FormFacts(
        "SHA-256 in base64 for Unified ID 2.0: trimmed, in lower case, and for gmail.com without dots and what follows "
        "a plus",
        44,
        "emailHashUid2",
        "Email Hash UID2",
    ),
    "sha512": FormFacts(
        "SHA-512 as hex digits of the address, trimmed and in lower case", 128, "emailSha512", "Email SHA-512"
    ),
    "md5": FormFacts(f"MD5 as {_LEGACY}", 32, "emailMd5", "Email MD5"),
    "sha1": FormFacts(f"SHA-1 as {_LEGACY}", 40, "emailSha1", "Email SHA-1"),
    "hmac_sha256": FormFacts(
        "HMAC-SHA-256 as hex digits with your workspace's own key: nobody without it can try addresses",
        64,
        "emailHmac",
        "Email HMAC",
    ),
}
KEYED: Final[frozenset[Form]] = frozenset({"hmac_sha256"})


@dataclass(frozen=True, slots=True)
class HashTarget:
    form: Form
    field: str


@dataclass(frozen=True, slots=True)
class HashRules:
    """`already_hashed`: what to do where the source holds hex digits of a hash; it is never hashed again.
    `without_address`: whether a hash goes when its address is gone, or is none any more."""

    source: str
    targets: tuple[HashTarget, ...]
    already_hashed: AlreadyHashed = "leave"
    without_address: WithoutAddress = "clear"

    @property
    def needs_key(self) -> bool:
        return any(target.form in KEYED for target in self.targets)


def parse_hash_rules(raw: Mapping[str, object], fields: Sequence[LeadField]) -> HashRules:
    """`fields`: of the instance. `{}` hashes `email` for most partners, into `emailSha256`.

    Raises `InvalidRequest` whose `field` is the place, as `rules.targets[0].field`.
    """
    rules = Section(raw, "rules", ("version", "source", "targets", "already_hashed", "without_address"))
    rules.whole("version", VERSION, VERSION, VERSION)
    known = LeadFields(fields)
    source = known.named(rules.text("source") or "email", rules.place("source"), SOURCE_TYPES, "addresses are in")
    targets: list[HashTarget] = []
    for target, path, length in _targets(rules, known):
        facts = FORMS[target.form]
        if target.field == source.name:
            raise refuse(path, f"{target.field} is what is hashed: name another field.")
        if target.field in {other.field for other in targets}:
            raise refuse(path, f"{target.field} is the target of another form already.")
        if length < facts.characters:
            raise refuse(path, f"{target.field} holds {length} characters; {target.form} needs {facts.characters}.")
        targets.append(target)
    return HashRules(
        source.name,
        tuple(targets),
        rules.one_of("already_hashed", get_args(AlreadyHashed), "leave"),
        rules.one_of("without_address", get_args(WithoutAddress), "clear"),
    )


def _targets(rules: Section, known: LeadFields) -> Iterator[tuple[HashTarget, str, int]]:
    """Each with the place of its field, and how many characters that one holds."""
    items: list[tuple[Any, str]] = list(rules.items("targets", MOST_TARGETS))
    if rules.has("targets") and not items:
        raise refuse(rules.place("targets"), "names nothing to write: give at least one form and its field.")
    for item, path in items or [({}, rules.place("targets[0]"))]:
        section = Section(item, path, ("form", "field"))
        form = section.one_of("form", tuple(FORMS), "generic")
        place = section.place("field")
        field = known.written(section.text("field") or FORMS[form].field, place, TARGET_TYPES, "hashes are written to")
        yield HashTarget(form, field.name), place, field.length or STRING_LENGTH


def fields_to_create(raw: Mapping[str, object], fields: Sequence[LeadField]) -> list[LeadField]:
    """Targets that the instance does not have yet. `raw` may be wrong elsewhere: that is said when it is parsed."""
    there = {field.name for field in fields}
    items = raw.get("targets") or [{}]
    wanted: dict[str, LeadField] = {}
    for item in items if isinstance(items, Sequence) else []:
        given = item if isinstance(item, Mapping) else {"form": None}
        for form, facts in FORMS.items():
            name = given.get("field") or facts.field
            if form == given.get("form", "generic") and isinstance(name, str) and name not in there:
                wanted[name] = LeadField(name, facts.display_name, "string", STRING_LENGTH)
    return list(wanted.values())


def needed_fields(rules: HashRules) -> list[str]:
    """The columns that an extract needs, `id` first."""
    return ["id", rules.source, *(target.field for target in rules.targets)]


def describe_hash_rules(rules: HashRules) -> list[str]:
    words = [f"{target.field} gets {FORMS[target.form].words} in {rules.source}." for target in rules.targets]
    hashed = "is left alone" if rules.already_hashed == "leave" else "is written to the targets of its length"
    gone = "their targets are cleared" if rules.without_address == "clear" else "their targets stay as they are"
    return [
        *words,
        f"What is a hash already is never hashed again: it {hashed}.",
        f"Leads without an address have no hash, not that of nothing: {gone}.",
    ]


def rule_warnings(rules: HashRules) -> list[str]:
    """What a customer may not know of the forms that were chosen."""
    warnings = [
        f"{target.field}: {target.form.upper()} can be tried out in seconds and platforms refuse it; use it for old "
        "partners only."
        for target in rules.targets
        if target.form in {"md5", "sha1"}
    ]
    if any(target.form not in KEYED for target in rules.targets):
        warnings.append(
            "A hash without a key is a pseudonym, not anonymous: who has a list of addresses finds each of them. For "
            "your own use take hmac_sha256."
        )
    return warnings
