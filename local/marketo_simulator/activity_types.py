"""The types of activities that an instance knows, as its API lists them, and which assets they tell of."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from local.marketo_simulator.activity_log import (
    ADD_TO_LIST,
    CHANGE_DATA_VALUE,
    CHANGE_PARTITION,
    CHANGE_SCORE,
    DELETE_LEAD,
    MERGE_LEADS,
    NEW_LEAD,
    REMOVE_FROM_LIST,
)

type AssetGroup = Literal["email", "form", "webpage", "link", "list", "program", "lead", "none"]


@dataclass(frozen=True, slots=True)
class ActivityType:
    """`primary`: name and data type of what the activity is about; `attributes`: what else it may tell, by name."""

    id: int
    name: str
    description: str
    primary: tuple[str, str] | None
    attributes: tuple[tuple[str, str], ...]
    assets: AssetGroup = "none"

    def listed(self) -> dict[str, Any]:
        """As `GET /rest/v1/activities/types.json` has it."""
        listed: dict[str, Any] = {"id": self.id, "name": self.name, "description": self.description}
        if self.primary:
            listed["primaryAttribute"] = {"name": self.primary[0], "dataType": self.primary[1]}
        listed["attributes"] = [{"name": name, "dataType": kind} for name, kind in self.attributes]
        return listed


def _strings(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, "string") for name in names)


_WEB: Final = _strings("Client IP Address", "Query Parameters", "Referrer URL", "User Agent")
_STEP: Final = (("Step ID", "integer"), ("Choice Number", "integer"), ("Test Variant", "integer"))
_RUN: Final = (("Campaign Run ID", "integer"), ("Has Predictive", "boolean"), *_STEP)
_DEVICE: Final = (("Is Mobile Device", "boolean"), *_strings("Device", "Platform", "Browser", "User Agent"))
_BOT: Final = (("Is Bot Activity", "boolean"), ("Bot Activity Pattern", "string"))
_BOUNCE: Final = (*_strings("Category", "Subcategory", "Details", "Email"), *_RUN)
_MAILING: Final = ("Mailing ID", "integer")

TYPES: Final = (
    ActivityType(
        1,
        "Visit Webpage",
        "User visits a web page",
        ("Webpage ID", "integer"),
        (*_strings("Webpage URL", "Search Engine", "Search Query"), *_WEB),
        "webpage",
    ),
    ActivityType(
        2,
        "Fill Out Form",
        "User fills out and submits form on web page",
        ("Webform ID", "integer"),
        (("Webpage ID", "integer"), ("Form Fields", "text"), *_WEB),
        "form",
    ),
    ActivityType(
        3,
        "Click Link",
        "User clicks link on a page",
        ("Link ID", "integer"),
        (("Webpage ID", "integer"), *_WEB),
        "link",
    ),
    ActivityType(6, "Send Email", "Send Marketo Email to a person", _MAILING, _RUN, "email"),
    ActivityType(7, "Email Delivered", "Marketo Email is delivered to a person", _MAILING, _RUN, "email"),
    ActivityType(8, "Email Bounced", "Marketo Email is bounced for a person", _MAILING, _BOUNCE, "email"),
    ActivityType(
        9,
        "Unsubscribe Email",
        "Person unsubscribes from Marketo Emails",
        _MAILING,
        (("Webform ID", "integer"), ("Webpage ID", "integer"), ("Form Fields", "text"), *_WEB, *_RUN),
        "email",
    ),
    ActivityType(10, "Open Email", "User opens Marketo Email", _MAILING, (*_DEVICE, *_BOT, *_RUN), "email"),
    ActivityType(
        11,
        "Click Email",
        "User clicks on a link in a Marketo Email",
        _MAILING,
        (("Link", "string"), ("Link ID", "string"), *_DEVICE, *_BOT, *_RUN),
        "email",
    ),
    ActivityType(
        NEW_LEAD,
        "New Lead",
        "New person/record is added to the lead database",
        None,
        (("Created Date", "date"), *_strings("Source Type", "Lead Source", "List Name", "Form Name", "SFDC Type")),
    ),
    ActivityType(
        CHANGE_DATA_VALUE,
        "Change Data Value",
        "Changed attribute value for a person/record",
        ("Attribute Name", "string"),
        _strings("New Value", "Old Value", "Reason", "Source"),
    ),
    ActivityType(
        19, "Sync Lead to SFDC", "Person is synced to SFDC", ("Lead ID", "integer"), _strings("Reason"), "lead"
    ),
    ActivityType(
        21, "Convert Lead", "Lead is converted to a contact", ("Lead ID", "integer"), _strings("Assign To"), "lead"
    ),
    ActivityType(
        CHANGE_SCORE,
        "Change Score",
        "Change the score of a person",
        ("Score Name", "string"),
        (
            *(("Change Value", "string"), ("New Value", "integer"), ("Old Value", "integer")),
            *(("Urgency", "float"), ("Priority", "integer"), ("Reason", "string")),
        ),
    ),
    ActivityType(
        23, "Change Owner", "Owner of the person changes", ("Owner", "string"), _strings("New Owner", "Old Owner")
    ),
    ActivityType(
        ADD_TO_LIST, "Add to List", "Add a person/record to a list", ("List ID", "integer"), _strings("Source"), "list"
    ),
    ActivityType(
        REMOVE_FROM_LIST,
        "Remove from List",
        "Remove this person from a list",
        ("List ID", "integer"),
        _strings("Source"),
        "list",
    ),
    ActivityType(27, "Email Bounced Soft", "Campaign Email is bounced soft for a person", _MAILING, _BOUNCE, "email"),
    ActivityType(
        29, "Delete Lead from SFDC", "Delete person from SFDC", ("Lead ID", "integer"), _strings("Campaign"), "lead"
    ),
    ActivityType(
        31, "SFDC Merge Leads", "Leads are merged in SFDC", ("Lead ID", "integer"), _strings("Merge IDs"), "lead"
    ),
    ActivityType(
        MERGE_LEADS,
        "Merge Leads",
        "Leads/Contacts are merged into a single record",
        ("Lead ID", "integer"),
        (*_strings("Merge IDs", "Merge Source"), ("Master Updated", "boolean"), ("Merged in Sales", "boolean")),
        "lead",
    ),
    ActivityType(
        DELETE_LEAD,
        "Delete Lead",
        "Delete this person from the database",
        ("Lead ID", "integer"),
        (("Remove from CRM", "boolean"), ("Campaign", "string")),
        "lead",
    ),
    ActivityType(
        46,
        "Interesting Moment",
        "Mark an interesting moment",
        ("Type", "string"),
        _strings("Description", "Date", "Source"),
    ),
    ActivityType(
        CHANGE_PARTITION,
        "Change Lead Partition",
        "Lead partition is changed",
        ("New Partition ID", "integer"),
        _strings("Reason"),
    ),
    ActivityType(
        104,
        "Change Status in Progression",
        "Change the status of a person in a program progression",
        ("Program ID", "integer"),
        (
            *(("Program Member ID", "integer"), ("Acquired By", "boolean"), ("Success", "boolean")),
            *(("Old Status ID", "integer"), ("New Status ID", "integer")),
            *_strings("Old Status", "New Status", "Reason"),
        ),
        "program",
    ),
    ActivityType(
        145, "Push Lead to Marketo", "Push a person by API", ("Program Name", "string"), _strings("Source", "Reason")
    ),
)
BY_ID: Final = {one.id: one for one in TYPES}
