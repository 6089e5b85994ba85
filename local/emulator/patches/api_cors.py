"""HTTP API made by a template: preflight requests are answered.

Fault: services/cloudformation/provisioners.py keeps CorsConfiguration with the template's capitals, the API reads it
without: every preflight answers 403.
AWS: answers OPTIONS by itself as configured.
Without it: the console cannot call the API from a browser.
"""

from typing import Any

from local.emulator.patches.template_types import before


def _uncapitalised(properties: dict[str, Any]) -> dict[str, Any]:
    cors = properties.get("CorsConfiguration")
    if not cors:
        return properties
    return {**properties, "CorsConfiguration": {name[:1].lower() + name[1:]: value for name, value in cors.items()}}


def apply() -> None:
    before("AWS::ApiGatewayV2::Api", _uncapitalised)
