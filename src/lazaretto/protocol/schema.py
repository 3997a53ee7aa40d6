"""The JSON Schema of a protocol file, for editors and for programs that write packs."""

from typing import Any

from lazaretto.protocol.document import Document


def json_schema() -> dict[str, Any]:
    """
    Return the JSON Schema (2020-12) of a whole protocol, merged with all that it extends.

    A file that extends another gives only what it changes, so in it nothing but `lazaretto` and `id` is required.
    """
    schema = Document.model_json_schema(by_alias=True, mode="validation")
    return schema | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Lazaretto protocol"}
