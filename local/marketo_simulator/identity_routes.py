"""`/identity/oauth/token`: not counted, not limited, and with errors of OAuth instead of Marketo's own."""

import orjson

from local.marketo_simulator.answering import JSON_TYPE, as_json
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.routing import Answer, Request

TOKEN_PATH = "/identity/oauth/token"


def answer_identity(instance: Instance, request: Request) -> Answer:
    if request.path != TOKEN_PATH or request.method not in ("GET", "POST"):
        return Answer(b"<html>404 Not Found</html>", 404, "text/html")
    if request.text("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type", f"Unsupported grant type: {request.text('grant_type')}")
    client, secret = request.text("client_id"), request.text("client_secret")
    known = next((one for one in instance.credentials if (one.client_id, one.client_secret) == (client, secret)), None)
    if known is None:
        return _refused(401, "invalid_client", "Bad client credentials")
    now = instance.clock.now()
    token = instance.tokens.issue(client, now, instance.switches.token_seconds)
    instance.save()
    left = max(0, (token.ends_at - now) // 1000)
    return as_json({"access_token": token.text, "token_type": "bearer", "expires_in": left, "scope": known.user})


def _refused(status: int, error: str, description: str) -> Answer:
    body = orjson.dumps({"error": error, "error_description": description})
    return Answer(body, status, JSON_TYPE)
