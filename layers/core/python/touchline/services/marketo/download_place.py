"""How far a download has come: what is remembered of it from step to step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from touchline.domain.leads.splitting import SplitState, part_name
from touchline.services.marketo.part_files import raw_name
from touchline.services.marketo.smart_list_orders import Job


@dataclass(frozen=True, slots=True)
class Place:
    """Which job's file is read, where it stands, and the number of its first part among all. Parts of jobs whose leads
    are sifted are not among them: they have numbers within their job, and are counted in `raw`."""

    job: int = 0
    first_part: int = 0
    raw: int = 0
    split: SplitState = field(default_factory=SplitState)
    stuck: int = 0  # looks in a row that brought nothing
    wrong: int = 0  # how often the file had another checksum

    def name(self, job: Job, part: int) -> str:
        """Of a part of the file, by its number in it."""
        return raw_name(self.job, part) if "sifted" in job else part_name(self.first_part + part)

    def after(self, job: Job, parts: int) -> "Place":
        """Behind the job's file."""
        if "sifted" in job:
            return Place(self.job + 1, self.first_part, self.raw + parts)
        return Place(self.job + 1, self.first_part + parts, self.raw)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        if not kept:
            return cls()
        split = SplitState.from_json(kept["split"])
        return cls(kept["job"], kept["first_part"], kept.get("raw", 0), split, kept["stuck"], kept["wrong"])

    def to_json(self) -> dict[str, Any]:
        split = self.split.to_json()
        return {
            "job": self.job,
            "first_part": self.first_part,
            "raw": self.raw,
            "split": split,
            "stuck": self.stuck,
            "wrong": self.wrong,
        }
