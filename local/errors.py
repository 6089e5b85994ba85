"""What the local system cannot mend by itself; the message says what a person can do."""


class LocalError(Exception):
    """`str(error)` is shown as it is, without a traceback."""
