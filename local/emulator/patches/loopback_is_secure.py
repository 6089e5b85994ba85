"""IAM: a request over loopback counts as secure transport.

Fault: app.py pins `aws:SecureTransport` to whether TLS was used, and the local endpoint has none.
AWS: is reached over TLS; every bucket and queue of ours denies anything else.
Without it: with AUTH=true each request to them is denied, and the local stage would need policies of its own, which are
then not the ones that are deployed. Nothing leaves the machine on loopback.
"""

from collections.abc import Callable

from ministack import app

_LOOPBACK = ("127.", "::1")


def _over_loopback(original: Callable[..., None]) -> Callable[..., None]:
    def pin(source_ip: str, *secure: bool) -> None:
        original(source_ip, source_ip.startswith(_LOOPBACK) or all(secure))

    return pin


def apply() -> None:
    app.pin_request_origin = _over_loopback(app.pin_request_origin)
