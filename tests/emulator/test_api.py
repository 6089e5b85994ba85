"""The HTTP API in front of functions behaves as API Gateway."""

import base64
import gzip
import json
from typing import Any

import requests

from tests.emulator.running import Emulator, repaired

ECHO = """
import json
def handler(event, context):
    seen = {"body": event.get("body"), "base64": event["isBase64Encoded"]}
    return {"statusCode": 202, "headers": {"Retry-After": "7"}, "body": json.dumps(seen)}
"""
TEXT = json.dumps({"events": ["ü" * 1000]}).encode()
JSON = {"Content-Type": "application/json"}
ZIPPED = {**JSON, "Content-Encoding": "gzip"}


def post(emulator: Emulator, function: str, code: str, body: bytes, headers: dict[str, str]) -> requests.Response:
    functions = emulator.client("lambda").list_functions()["Functions"]
    if function not in {each["FunctionName"] for each in functions}:
        emulator.make_function(function, code)
    return requests.post(emulator.make_api(function) + "/v1/events", data=body, headers=headers, timeout=60)


def test_a_compressed_body_arrives_whole(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        seen = post(emulator, "echo", ECHO, gzip.compress(TEXT, mtime=0), ZIPPED).json()
        return seen["base64"], seen["base64"] and gzip.decompress(base64.b64decode(seen["body"])) == TEXT

    repaired(probe, stock, patched, fault=(False, False), aws=(True, True))


def test_bytes_that_are_not_text_arrive_whole(patched: Emulator) -> None:
    seen = post(patched, "echo", ECHO, b'{"a":"\xff\xfe"}', JSON).json()
    assert base64.b64decode(seen["body"]) == b'{"a":"\xff\xfe"}'


def test_text_arrives_as_text(patched: Emulator) -> None:
    assert post(patched, "echo", ECHO, TEXT, JSON).json() == {"body": TEXT.decode(), "base64": False}


def test_status_and_headers_of_a_function_pass(patched: Emulator) -> None:
    answer = post(patched, "echo", ECHO, TEXT, JSON)
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "7")


def test_a_failed_function_tells_nothing(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        answer = post(emulator, "fails", "def handler(event, context): raise ValueError('secret')", TEXT, JSON)
        return answer.status_code, "secret" in answer.text, answer.text if "secret" not in answer.text else ""

    aws = (500, False, '{"message":"Internal Server Error"}')
    repaired(probe, stock, patched, fault=(502, True, ""), aws=aws)


def test_too_large_requests_are_refused(stock: Emulator, patched: Emulator) -> None:
    length = "def handler(event, context): return {'statusCode': 200, 'body': str(len(event['body']))}"

    def probe(emulator: Emulator) -> list[int]:
        sizes = [(10_500_000, JSON), (5_000_000, ZIPPED), (4_000_000, ZIPPED), (6_000_000, JSON)]
        return [post(emulator, "length", length, b"1" * size, headers).status_code for size, headers in sizes]

    repaired(probe, stock, patched, fault=[200, 200, 200, 200], aws=[413, 413, 200, 200])


def test_preflight_requests_are_answered(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        cors = {"AllowOrigins": ["https://console.example"], "AllowMethods": ["POST"], "AllowHeaders": ["*"]}
        properties = {"Name": "cors", "ProtocolType": "HTTP", "CorsConfiguration": cors}
        emulator.make_stack("cors", {"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}})
        resources = emulator.client("cloudformation").describe_stack_resources(StackName="cors")
        url = emulator.api_url(resources["StackResources"][0]["PhysicalResourceId"])
        headers = {"Origin": "https://console.example", "Access-Control-Request-Method": "POST"}
        answer = requests.options(f"{url}/v1/events", headers=headers, timeout=60)
        return answer.status_code, answer.headers.get("Access-Control-Allow-Origin")

    repaired(probe, stock, patched, fault=(403, None), aws=(204, "https://console.example"))
