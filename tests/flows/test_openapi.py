"""The API document: it says of every call what it does, and its examples are true."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

DOCUMENT = yaml.safe_load((Path(__file__).parents[2] / "docs" / "openapi.yaml").read_text())
OPERATIONS = [
    (operation["operationId"], operation) for methods in DOCUMENT["paths"].values() for operation in methods.values()
]


def fits(example, schema):
    jsonschema.validate(example, {**schema, "components": DOCUMENT["components"]})


@pytest.mark.parametrize(("_name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_every_call_has_a_summary_a_description_and_examples_that_fit(_name, operation):
    assert operation["summary"]
    assert operation["description"]
    for parameter in operation.get("parameters", ()):
        assert parameter["in"] == "path" or parameter.get("description"), parameter["name"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        examples = [content["example"]] if "example" in content else [e["value"] for e in content["examples"].values()]
        for example in examples:
            fits(example, content["schema"])
    done = [response for code, response in operation["responses"].items() if code.startswith("2")]
    for response in done:
        assert {"RateLimit", "RateLimit-Policy"} <= set(response["headers"])
        for content in response["content"].values():
            fits(content["example"], content["schema"])
    assert done
    assert "Retry-After" in operation["responses"]["429"]["headers"]
