"""What the OpenAPI document says beyond the views: the key, a summary and an example for each call, rate limits."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from config.api_examples import CALLS, Call

RATE_HEADERS = {
    "RateLimit-Policy": ('What the key may ask, such as "per-key";q=6000;w=60: so many in a minute.', r'^"per-key";q='),
    "RateLimit": ('What is left, such as "per-key";r=5999;t=42: so many for so many seconds.', r'^"per-key";r='),
}
RETRY_AFTER = "How many seconds to wait before asking again."


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "members.api.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Authorization: Api-Key <key>",
        }


def finish(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Complete the document: drf-spectacular calls this last."""
    for methods in result["paths"].values():
        for operation in methods.values():
            _complete(operation, CALLS.get(operation["operationId"]))
    return result


def _complete(operation: dict[str, Any], call: Call | None) -> None:
    if call is not None:
        operation["summary"] = call.summary
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content.setdefault("example", _fitting(call.request, content["schema"]))
    for code, response in operation["responses"].items():
        if code.startswith("2"):
            response["description"] = response["description"] or _DONE[code]
            for content in response.get("content", {}).values():
                if call is not None:
                    content["example"] = call.response
        response.setdefault("headers", {}).update(_headers(code))
        if not response["headers"]:
            del response["headers"]


_DONE = {"200": "Here it is.", "201": "It was done just now.", "202": "It was taken in and will be judged."}


def _fitting(example: Any, schema: dict[str, Any]) -> Any:
    """Of a list of items the first one, where only one item is taken."""
    return example[0] if isinstance(example, list) and schema.get("type") != "array" else example


def _headers(code: str) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if code.startswith("2") or code == "429":
        headers = {
            name: {"description": text, "schema": {"type": "string", "pattern": pattern}}
            for name, (text, pattern) in RATE_HEADERS.items()
        }
    if code in ("429", "503"):
        headers["Retry-After"] = {"description": RETRY_AFTER, "schema": {"type": "integer", "minimum": 1}}
    return headers
