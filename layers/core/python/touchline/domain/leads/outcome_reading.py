"""The part of the rules that says what is done, and what cannot be merged, read and checked."""

from collections.abc import Mapping
from typing import Final, get_args

from touchline.domain.leads.dedupe_rules import Marks, Of, Outcome, OutcomeKind, Salesforce, Unmergeable
from touchline.domain.leads.rule_reading import LeadFields, Section, refuse
from touchline.domain.marketo.api import LeadField

OFS: Final[tuple[Of, ...]] = get_args(Of)
OUTCOMES: Final[tuple[OutcomeKind, ...]] = get_args(OutcomeKind)
SALESFORCE_FIELDS: Final = ("sfdcType", "sfdcContactId", "sfdcLeadId")
# Fields that instances have under these names, where they have them.
KNOWN_UNMERGEABLE: Final = (
    Unmergeable("person_account", "sfdcIsPersonAccount", ("true",)),
    Unmergeable("person_account", "isPersonAccount", ("true",)),
    Unmergeable("deleted_in_crm", "sfdcIsDeleted", ("true",)),
    Unmergeable("custom_objects", "hasCustomObjects", ("true",)),
)
UNMERGEABLE_REASONS: Final = ("person_account", "custom_objects", "deleted_in_crm")
MARK_TYPES: Final = {
    "group": frozenset({"integer", "string"}),
    "survivor": frozenset({"integer", "string"}),
    "duplicate": frozenset({"boolean"}),
    "rule": frozenset({"string", "text"}),
}


def read_salesforce(rules: Section, fields: LeadFields) -> Salesforce:
    section = rules.section("salesforce", ("merge_in_crm", "unmergeable"))
    for name in SALESFORCE_FIELDS:
        if fields.has(name):
            fields.use(name)
    if section.has("unmergeable"):
        given = tuple(_unmergeable(item, path, fields) for item, path in section.items("unmergeable", 16))
    else:
        given = tuple(one for one in KNOWN_UNMERGEABLE if fields.has(one.field))
        for one in given:
            fields.use(one.field)
    return Salesforce(section.flag("merge_in_crm", default=False), given)


def _unmergeable(item: object, path: str, fields: LeadFields) -> Unmergeable:
    test = Section(item, path, ("field", "values", "reason"))
    field = fields.named(test.text("field"), test.place("field"))
    values = test.texts("values") or ("true",)
    return Unmergeable(test.one_of("reason", UNMERGEABLE_REASONS, "custom_objects"), field.name, values)


def read_outcome(rules: Section, fields: LeadFields) -> Outcome:
    section = rules.section("outcome", ("kind", "of", "marks", "survivor_values"))
    kind = section.one_of("kind", OUTCOMES, "mark")
    if kind != "preview" and section.has("of"):
        raise refuse(section.place("of"), "says what a preview shows; it is for outcome.kind preview.")
    of: Of = section.one_of("of", OFS, "mark") if kind == "preview" else kind
    if of == "merge":
        if section.has("survivor_values") and not section.flag("survivor_values", default=True):
            raise refuse(section.place("survivor_values"), "a merge always writes the survivor's values first.")
        return Outcome(kind, of, survivor_values=True)
    marks = _marks(section, fields, needed=kind == "mark")
    return Outcome(kind, of, marks, section.flag("survivor_values", default=False))


def _marks(section: Section, fields: LeadFields, *, needed: bool) -> Marks:
    """A preview does without the fields."""
    given = section.section("marks", tuple(MARK_TYPES))
    usual = Marks()
    names: dict[str, str] = {}
    for key, types in MARK_TYPES.items():
        name = given.text(key) or getattr(usual, key)
        if name in names.values():
            raise refuse(given.place(key), f"{name} holds another mark already.")
        names[key] = name
        if not fields.has(name):
            if not needed:
                continue
            reason = f"marks are written to a field {name}, which this instance does not have; let it be created"
            raise refuse(given.place(key), f"{reason}, name another, or use outcome.kind preview or merge.")
        fields.written(name, given.place(key), types, "this mark goes into")
    return Marks(**names)


def fields_for_marks(marks: Mapping[str, object]) -> list[LeadField]:
    """What to create, by the names that `outcome.marks` gives."""
    usual = Marks()
    titles = {
        "group": ("Duplicate Group", "integer"),
        "survivor": ("Survivor Of Duplicates", "integer"),
        "duplicate": ("Is Duplicate", "boolean"),
        "rule": ("Duplicate By Rule", "string"),
    }
    return [
        LeadField(str(marks.get(key) or getattr(usual, key)), f"TL {title}", data_type, 255 if key == "rule" else None)
        for key, (title, data_type) in titles.items()
    ]
