"""An execution of a Marketo service, stage by stage; each file is a state of the state machine."""

import os
from typing import Final

# Of the allocator in polars, which reads it when it is loaded: what is freed goes back soon, so that a stage's peak is
# what it needs at once. 150 MiB less for a million leads; sooner than in half a second, and the time is lost that it
# takes to get it back.
ALLOCATION: Final = {"_RJEM_MALLOC_CONF": "narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0"}

for name, value in ALLOCATION.items():
    os.environ.setdefault(name, value)
