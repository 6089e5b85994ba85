"""GET /v1/openapi.json and /v1/docs: the whole API described, made from the code and kept beside it."""

from functools import cache
from pathlib import Path

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi import swagger_ui
from aws_lambda_powertools.event_handler.openapi.swagger_ui import generate_swagger_html

from query_api.routing import new_router

DESCRIPTION = Path(__file__).with_name("openapi.json")
ASSETS = Path(str(swagger_ui.__file__)).parent
OPEN = frozenset({"/v1/openapi.json", "/v1/docs"})  # readable without a key

router = new_router()


@router.get("/v1/openapi.json", summary="This description", tags=["Description"], operation_id="readDescription")
def read_description() -> Response[str]:
    return Response(200, "application/json", description())


@router.get("/v1/docs", include_in_schema=False)
def read_page() -> Response[str]:
    return Response(200, "text/html; charset=utf-8", page())


@cache
def description() -> str:
    return DESCRIPTION.read_text(encoding="utf-8")


@cache
def page() -> str:
    """One file that needs no other: scripts and styles come with Powertools."""
    script = (ASSETS / "swagger-ui-bundle.min.js").read_text(encoding="utf-8")
    style = (ASSETS / "swagger-ui.min.css").read_text(encoding="utf-8")
    # `</` would end the script that the description is part of.
    return generate_swagger_html(description().replace("</", "<\\/"), script, style, "", None)
