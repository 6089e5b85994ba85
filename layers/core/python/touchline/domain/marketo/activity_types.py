"""Which of Marketo's activities become events, and by which action each is known here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

About = Literal["email", "form", "page", "program", "score", "lead"]


@dataclass(frozen=True, slots=True)
class ActivityType:
    """`name`: as Marketo calls it; `about`: what its primary attribute names."""

    number: int
    name: str
    action: str
    about: About


_TYPES: Final = (
    ActivityType(6, "Send Email", "email_sent", "email"),
    ActivityType(7, "Email Delivered", "email_delivered", "email"),
    ActivityType(8, "Email Bounced", "email_bounced", "email"),
    ActivityType(27, "Email Bounced Soft", "email_bounced_soft", "email"),
    ActivityType(10, "Open Email", "email_opened", "email"),
    ActivityType(11, "Click Email", "link_clicked", "email"),
    ActivityType(9, "Unsubscribe Email", "unsubscribed", "email"),
    ActivityType(2, "Fill Out Form", "form_submitted", "form"),
    ActivityType(22, "Change Score", "score_changed", "score"),
    ActivityType(104, "Change Status in Progression", "program_status_changed", "program"),
    ActivityType(1, "Visit Webpage", "page_viewed", "page"),
    ActivityType(12, "New Lead", "lead_created", "lead"),
)
ACTIONS: Final[Mapping[str, ActivityType]] = {one.action: one for one in _TYPES}
BY_NUMBER: Final[Mapping[int, ActivityType]] = {one.number: one for one in _TYPES}
USUAL: Final = tuple(one.action for one in _TYPES if one.action not in {"page_viewed", "lead_created"})
