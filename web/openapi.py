"""The OpenAPI 3.1 document, derived from the routes."""

import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from clipnet import __version__
from web.api import Route
from web.problems import TYPE

_PLACEHOLDER = re.compile(r"\{(\w+)(:[^}]*)?\}")
_REF = "#/components/schemas/{model}"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "hint": {"type": "string"},
        "trace_id": {"type": "string"},
    },
}


def document(routes: list[Route]) -> dict[str, Any]:
    """The whole document."""
    models = {model for route in routes for model in route.answers.values() if model is not None}
    _, schemas = models_json_schema(
        [(model, "serialization") for model in sorted(models, key=lambda m: (m.__module__, m.__qualname__))],
        ref_template=_REF,
    )
    names = _names(models)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PLACEHOLDER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ClipNet", "version": __version__, "description": "Commands over HTTP."},
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _names(models: set[type[BaseModel]]) -> dict[type[BaseModel], str]:
    """Each model's reference, as pydantic names it: two of one name are told apart by their module."""
    ordered = sorted(models, key=lambda m: (m.__module__, m.__qualname__))
    refs, _ = models_json_schema([(model, "serialization") for model in ordered], ref_template=_REF)
    return {model: refs[model, "serialization"]["$ref"] for model in ordered}


def _operation(route: Route, names: dict[type[BaseModel], str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": route.summary.rstrip("."),
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()} {route.path}").strip("_"),
        "security": [{"token": []}] if route.guarded else [],
        "responses": {str(status): _response(status, model, names) for status, model in route.answers.items()},
    }
    found["responses"]["default"] = {
        "description": "A problem (RFC 9457)",
        "content": {TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
    }
    parameters = _parameters(route)
    if parameters:
        found["parameters"] = parameters
    if route.body is not None:
        content = {"application/json": {"schema": route.body}}
        found["requestBody"] = {"required": bool(route.body.get("required")), "content": content}
    return found


def _response(status: int, model: type[BaseModel] | None, names: dict[type[BaseModel], str]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": "Accepted; the work follows" if status == 202 else "The answer"}
    if model is not None:
        described["content"] = {"application/json": {"schema": {"$ref": names[model]}}}
    return described


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": match[1], "in": "path", "required": True, "schema": {"type": "string"}}
        for match in _PLACEHOLDER.finditer(route.path)
    ]
    query = route.query or {}
    found += [
        {"name": name, "in": "query", "required": name in query.get("required", ()), "schema": schema}
        for name, schema in query.get("properties", {}).items()
    ]
    if route.idempotent:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "maxLength": 128},
            }
        )
    return found
