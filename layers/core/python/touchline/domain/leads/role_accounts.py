"""Local parts of addresses that belong to a task, not to a person."""

from typing import Final

ROLE_ACCOUNTS: Final = frozenset(
    """
    abuse accounting accounts admin administrator billing booking bookings careers contact contactus customercare
    customerservice customersupport enquiries enquiry events feedback finance frontdesk general hello help helpdesk hi
    hostmaster hr info information inquiries inquiry invoice invoices it jobs kontakt legal mail mailbox marketing media
    news newsletter office operations order orders payments payroll postmaster pr press privacy procurement purchasing
    reception recruiting recruitment root sales security service services shop staff subscribe support sysadmin team
    tech unsubscribe webmaster welcome
    """.split()  # noqa: SIM905 - a list of words is read more easily so
)
