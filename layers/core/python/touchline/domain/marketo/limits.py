"""What Marketo allows an instance, all its users together, as it publishes it; and how much we leave over."""

from typing import Final

WINDOW_MS: Final = 20_000
CALLS_IN_WINDOW: Final = 100
CALLS_AT_ONCE: Final = 10
# Calls arrive later than they were sent, and not all by as much: some are left over for that.
OWN_CALLS_IN_WINDOW: Final = 90
OWN_CALLS_AT_ONCE: Final = 9

BATCH: Final = 300  # leads, or values that leads are looked up by, in a call
LEAST_BATCH: Final = 100  # below it a batch is not the reason why a call takes too long
ASSETS_IN_A_PAGE: Final = 200
MOST_LOSERS: Final = 25  # merged in one call; one where the CRM merges as well
BODY_BYTES: Final = 1_000_000  # of a request
IMPORT_BYTES: Final = 10_000_000  # of a file
EXPORT_BYTES_A_DAY: Final = 500_000_000
JOBS_IN_QUEUE: Final = 10  # running ones among them
JOBS_RUNNING: Final = 2
EXPORT_KEPT_DAYS: Final = 7
EXPORT_STATE_SECONDS: Final = 60  # the state of an export is renewed so often

RESET_ZONE: Final = "America/Chicago"  # a day of calls and bytes begins at its midnight
