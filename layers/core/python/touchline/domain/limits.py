"""The published limits of what may be sent. Each says what would break without it."""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# Lambda takes 6 MB of payload, in which a gzipped body arrives as base64 (4/3) beside the headers.
REQUEST_BYTES: Final = 4 * MIB
# Everything is in the ingest function's 256 MB at once: body, decoded events, documents, frames.
UNZIPPED_BYTES: Final = 16 * MIB
# Small values cost far more decoded than sent: 16 MiB of `{},` would be 400 MB of objects. Commas and brackets count.
VALUES_PER_REQUEST: Final = 1_000_000
# Each member of a gzip file is begun anew; thousands of empty ones would be work without data.
GZIP_MEMBERS: Final = 16
# 5,000 receipts of up to 400 bytes still fit in Lambda's 6 MB answer, and the work in API Gateway's 30 s.
EVENTS_PER_REQUEST: Final = 5_000
# Measured on the stored document. A larger one would crowd out others: 900 KiB of queue message, 5 MB of bulk body.
EVENT_BYTES: Final = 32 * KIB
# Of a rejected event that is larger still, so much is kept to look at; the whole would not fit a queue message.
ORIGINAL_BYTES: Final = 64 * KIB

# The id is hashed for every event and given back in every receipt.
ID_CHARS: Final = 128
# A name is a term in the index, an entry of a breakdown and a label in a chart.
NAME_CHARS: Final = 256
ACTION_CHARS: Final = 100
EMAIL_CHARS: Final = 254  # RFC 5321, 4.5.3.1.3: a path is at most 256 octets with its angle brackets

# Properties are terms of one field: these bound how many an event adds, and how long they are (Lucene: 32,766 bytes).
PROPERTY_KEYS: Final = 100
PROPERTY_DEPTH: Final = 3
PROPERTY_KEY_CHARS: Final = 64
PROPERTY_STRING_CHARS: Final = 1_024
PROPERTY_ARRAY_ITEMS: Final = 50

# In ten-thousandths, the sum of a thousand such amounts stays below 2**63.
AMOUNT: Final = 900_000_000_000

FUTURE_MS: Final = 3_600_000  # a clock further ahead is wrong, and would open indices of days to come
SKEW_MS: Final = 5_000  # below this, the difference is the network's and not the clock's
MAX_AGE_DAYS: Final = 400  # unless set: a year, and what a comparison with the year before needs beyond it

IDEMPOTENCY_KEY_CHARS: Final = 200
