"""The fields of leads: the standard ones of an instance with a Salesforce sync, and how each type is kept."""

from dataclasses import dataclass
from typing import Final

SQL_TYPES: Final = {
    "integer": "bigint",
    "score": "bigint",
    "reference": "bigint",
    "boolean": "boolean",
    "float": "double",
    "currency": "double",
    "percent": "double",
    "date": "date",
    "datetime": "timestamp",
}


def sql_type(data_type: str) -> str:
    """Of the store's column; what is not listed is text: string, email, phone, url, text."""
    return SQL_TYPES.get(data_type, "varchar")


@dataclass(frozen=True, slots=True)
class LeadFieldSpec:
    """`number` is the id that `describe` shows; `rest` is False for fields that only SOAP knows."""

    name: str
    display_name: str
    data_type: str
    length: int | None = None
    updateable: bool = True
    searchable: bool = False
    crm_managed: bool = False
    custom: bool = False
    rest: bool = True
    number: int = 0


def _text(name: str, display_name: str, length: int = 255, **more: bool) -> LeadFieldSpec:
    return LeadFieldSpec(name, display_name, "string", length, **more)


def _flag(name: str, display_name: str) -> LeadFieldSpec:
    return LeadFieldSpec(name, display_name, "boolean")


def _read_only(name: str, display_name: str, data_type: str, *, searchable: bool = False) -> LeadFieldSpec:
    return LeadFieldSpec(name, display_name, data_type, updateable=False, searchable=searchable)


_FIELDS: Final = (
    _read_only("id", "Id", "integer", searchable=True),
    LeadFieldSpec("email", "Email Address", "email", 255, searchable=True),
    _text("firstName", "First Name"),
    _text("middleName", "Middle Name"),
    _text("lastName", "Last Name"),
    _text("salutation", "Salutation"),
    _text("title", "Job Title"),
    _text("company", "Company Name"),
    _text("industry", "Industry"),
    _text("department", "Department"),
    _text("website", "Website"),
    LeadFieldSpec("phone", "Phone Number", "phone", 255),
    LeadFieldSpec("mobilePhone", "Mobile Phone Number", "phone", 255),
    _text("address", "Address", 2000),
    _text("city", "City"),
    _text("state", "State"),
    _text("postalCode", "Postal Code"),
    _text("country", "Country"),
    _text("leadSource", "Lead Source"),
    _text("leadStatus", "Lead Status"),
    _text("rating", "Lead Rating"),
    LeadFieldSpec("leadScore", "Lead Score", "score"),
    LeadFieldSpec("annualRevenue", "Annual Revenue", "currency"),
    LeadFieldSpec("numberOfEmployees", "Num Employees", "integer"),
    _flag("unsubscribed", "Unsubscribed"),
    _text("unsubscribedReason", "Unsubscribed Reason"),
    _flag("emailInvalid", "Email Invalid"),
    _text("emailInvalidCause", "Email Invalid Cause"),
    _flag("blackListed", "Black Listed"),
    _flag("marketingSuspended", "Marketing Suspended"),
    _flag("doNotCall", "Do Not Call"),
    _text("doNotCallReason", "Do Not Call Reason"),
    _text("cookies", "Cookies", searchable=True),
    _read_only("leadPartitionId", "Lead Partition", "reference", searchable=True),
    _text("sfdcType", "SFDC Type", crm_managed=True),
    _text("sfdcLeadId", "SFDC Lead Id", crm_managed=True, searchable=True),
    _text("sfdcContactId", "SFDC Contact Id", crm_managed=True, searchable=True),
    _text("sfdcAccountId", "SFDC Account Id", crm_managed=True, searchable=True),
    _text("sfdcLeadOwnerId", "SFDC Lead Owner Id", crm_managed=True, searchable=True),
    _text("sfdcOpptyId", "SFDC Opportunity Id", crm_managed=True, searchable=True),
    _text("facebookId", "Facebook Id", searchable=True),
    _text("linkedInId", "LinkedIn Id", searchable=True),
    _text("twitterId", "Twitter Id", searchable=True),
    LeadFieldSpec("dateOfBirth", "Date of Birth", "date"),
    LeadFieldSpec("mainPhone", "Main Phone", "phone", 255),
    LeadFieldSpec("priority", "Priority", "integer"),
    LeadFieldSpec("urgency", "Urgency", "float"),
    LeadFieldSpec("relativeScore", "Relative Score", "integer"),
    _read_only("acquisitionProgramId", "Acquisition Program", "reference"),
    _text("externalCompanyId", "External Company Id", 100),
    _text("externalSalesPersonId", "External Sales Person Id", 100),
    _text("billingStreet", "Billing Address", 2000),
    _text("billingCity", "Billing City"),
    _text("billingState", "Billing State"),
    _text("billingPostalCode", "Billing Postal Code"),
    _text("billingCountry", "Billing Country"),
    _text("sicCode", "SIC Code", 40),
    _read_only("inferredCompany", "Inferred Company", "string"),
    _read_only("inferredCountry", "Inferred Country", "string"),
    _read_only("inferredCity", "Inferred City", "string"),
    _text("personTimeZone", "Person Time Zone"),
    _text("originalSourceType", "Original Source Type"),
    _text("registrationSourceType", "Registration Source Type"),
    LeadFieldSpec("notes", "Notes", "text", 30_000),
    LeadFieldSpec("Marketo_Social_Profile__c", "Marketo Social Profile", "string", 255, updateable=False, rest=False),
    _read_only("createdAt", "Created At", "datetime"),
    _read_only("updatedAt", "Updated At", "datetime"),
)

STANDARD_FIELDS: Final = tuple(
    LeadFieldSpec(
        one.name,
        one.display_name,
        one.data_type,
        one.length,
        one.updateable and not one.crm_managed,
        one.searchable,
        one.crm_managed,
        one.custom,
        one.rest,
        number,
    )
    for number, one in enumerate(_FIELDS, start=1)
)
# What `leads.json` answers with where the caller names no fields.
DEFAULT_FIELDS: Final = ("id", "email", "updatedAt", "createdAt", "lastName", "firstName")
COMPANY_FIELDS: Final = frozenset(
    {
        "annualRevenue",
        "numberOfEmployees",
        "industry",
        "website",
        "mainPhone",
        "sicCode",
        "billingStreet",
        "billingCity",
    }
    | {"billingState", "billingPostalCode", "billingCountry"}
)
