"""What each kind of service asks of its rules, its list and its instance: one entry a kind.

Nothing here loads data frames: whoever only checks rules starts quickly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from touchline.domain.leads import domain_rules, hash_rules
from touchline.domain.leads import rules as dedupe
from touchline.domain.marketo import activity_rules
from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.planning import Job
from touchline.domain.marketo.services import Kind, Service
from touchline.errors import InvalidRequest

type Rules = Mapping[str, Any]
type Fields = Sequence[LeadField]


@dataclass(frozen=True, slots=True)
class ReadRules:
    """Rules that fit their instance: in words, with what is doubtful about them, and what they come to."""

    words: tuple[str, ...]
    warnings: tuple[str, ...]
    job: Job

    def facts(self) -> dict[str, Any]:
        """Plain JSON."""
        job = asdict(self.job) | {"columns": list(self.job.columns)}
        return {"words": list(self.words), "warnings": list(self.warnings), "job": job}


def job_of(service: Service) -> Job:
    """As it was found when its rules were checked."""
    return Job(**service.reading["job"])


@dataclass(frozen=True, slots=True)
class KindOfService:
    """`read` raises InvalidRequest with the place of the fault; `missing`: fields that an instance can be given."""

    read: Callable[[Rules, Fields], ReadRules]
    missing: Callable[[Rules, Fields], list[LeadField]]
    needs_list: Callable[[Rules], bool] = lambda _: True
    outcome: Callable[[Rules], str | None] = lambda _: None  # a permission may be needed for one outcome alone


def kind_named(kind: Kind) -> KindOfService:
    """Raises InvalidRequest."""
    if kind not in KINDS_OF_SERVICES:
        known = ", ".join(KINDS_OF_SERVICES)
        raise InvalidRequest(f"There is no kind of service {kind!r}. Kinds: {known}.", field="kind")
    return KINDS_OF_SERVICES[kind]


def _types(names: Sequence[str], fields: Fields) -> tuple[str, ...]:
    known = {field.name: field.data_type for field in fields}
    return tuple(known.get(name, "string") for name in names)


def _read_dedupe(raw: Rules, fields: Fields) -> ReadRules:
    read = dedupe.parse_dedupe_rules(raw, fields)
    outcome = read.outcome.kind
    written = len(read.outcome.marks.names) if outcome == "mark" else len(read.values.fields) or 1
    return ReadRules(
        tuple(dedupe.describe_dedupe_rules(read)),
        tuple(dedupe.rule_warnings(read)),
        Job(
            _types(dedupe.needed_fields(read), fields),
            "nothing" if outcome == "preview" else "merges" if outcome == "merge" else "fields",
            written,
            closure=read.closure,
            full_every_days=read.full_every_days if read.incremental else None,
        ),
    )


def _outcome_of_dedupe(raw: Rules) -> str | None:
    outcome = raw.get("outcome")
    return str(outcome.get("kind", "mark")) if isinstance(outcome, Mapping) else "mark"


def _read_hashes(raw: Rules, fields: Fields) -> ReadRules:
    read = hash_rules.parse_hash_rules(raw, fields)
    return ReadRules(
        tuple(hash_rules.describe_hash_rules(read)),
        tuple(hash_rules.rule_warnings(read)),
        Job(_types(hash_rules.needed_fields(read), fields), "fields", len(read.targets), whole_list=True),
    )


def _read_domains(raw: Rules, fields: Fields) -> ReadRules:
    read = domain_rules.parse_domain_rules(raw, fields)
    return ReadRules(
        tuple(domain_rules.describe_domain_rules(read)),
        (),
        Job(_types(domain_rules.needed_fields(read), fields), "fields", len(read.targets), whole_list=True),
    )


def _read_activities(raw: Rules, fields: Fields) -> ReadRules:
    read = activity_rules.parse_activity_rules(raw)
    return ReadRules(
        tuple(activity_rules.describe_activity_rules(read)),
        tuple(activity_rules.rule_warnings(read)),
        Job(_types(activity_rules.needed_fields(read), fields), "nothing", activities=True, days=read.first_days),
    )


KINDS_OF_SERVICES: Final[dict[Kind, KindOfService]] = {
    "dedupe": KindOfService(_read_dedupe, dedupe.fields_to_create, outcome=_outcome_of_dedupe),
    "email_hash": KindOfService(_read_hashes, hash_rules.fields_to_create),
    "email_domain": KindOfService(_read_domains, domain_rules.fields_to_create),
    "activity_import": KindOfService(_read_activities, lambda _, __: [], needs_list=activity_rules.needs_list),
}
