"""Segment's own published limits, so that what its libraries send fits, and nothing more."""

from typing import Final

from touchline.domain.limits import KIB

REQUEST_BYTES: Final = 500 * KIB  # unzipped
MESSAGES_PER_REQUEST: Final = 2_500
MESSAGE_BYTES: Final = 32 * KIB
