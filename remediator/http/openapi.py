"""OpenAPI 3.1 of the whole API, made from the route table, so that it cannot be wrong about what there is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aiohttp import web
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from remediator.http.answers import Answer, Error
from remediator.http.credentials import Role
from remediator.http.replies import reply
from remediator.http.route import Call, Gate, Route, Signed

_PLACE = "#/components/schemas/"
_PLACES = re.compile(r"\{(\w+)(?::[^}]*)?\}")
_QUERY_TEXTS = {
    "limit": "how many at most, 1 to 500; 50 unless said",
    "before": "the `next` of the page before",
    "after": "the number of the last event already seen",
}


def openapi_route(routes: Iterable[Route]) -> Route:
    """Return the route that answers with the description of these routes and of itself."""
    described = tuple(routes)

    async def describe(call: Call) -> web.Response:
        return reply(document((*described, route), call.context.version))

    route = Route(
        method="GET",
        path="/api/openapi.json",
        access=Gate.ANYONE,
        handler=describe,
        summary="This document.",
    )
    return route


def document(routes: Iterable[Route], version: str) -> dict[str, object]:
    """Return the description of these routes."""
    paths: dict[str, dict[str, object]] = {}
    described = tuple(routes)
    signed = [each.access for each in described if isinstance(each.access, Signed)]
    for route in described:
        paths.setdefault(_PLACES.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(
            route
        )
    schemes = {
        "token": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
    } | {each.value: {"type": "apiKey", "in": "header", "name": each.header} for each in signed}
    return {
        "openapi": "3.1.0",
        "info": {"title": "remediator", "version": version},
        "paths": paths,
        "components": {"schemas": _schemas(described), "securitySchemes": schemes},
    }


class _Untitled(GenerateJsonSchema):
    """A property has its name already."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def _schemas(routes: Iterable[Route]) -> dict[str, object]:
    """Return the schemas of all that these routes answer."""
    models: dict[type[Answer], None] = {Error: None}
    models |= {route.answer: None for route in routes if not isinstance(route.answer, str)}
    _, described = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template=_PLACE + "{model}",
        schema_generator=_Untitled,
    )
    schemas: dict[str, object] = described["$defs"]
    return schemas


def _operation(route: Route) -> dict[str, object]:
    operation: dict[str, object] = {
        "summary": route.summary,
        "operationId": getattr(route.handler, "__name__", route.path),
        "x-access": _access(route),
        "security": _security(route),
        "parameters": [*_path_parameters(route), *map(_query_parameter, route.query)],
        "responses": {str(route.status): _answer(route), "default": _json(Error, "an error")},
    }
    if route.method == "POST":
        operation["requestBody"] = _body(route)
    return operation


def _access(route: Route) -> str:
    return route.access.name.lower() if isinstance(route.access, Role) else route.access.value


def _security(route: Route) -> list[dict[str, list[str]]]:
    match route.access:
        case Gate.ANYONE:
            return []
        case Gate.SCRAPER:
            return [{}, {"token": []}]
        case Gate.SOURCE:
            return [{"token": []}, {"basic": []}]
        case Signed(name):
            return [{name: []}]
    return [{"token": []}]


def _path_parameters(route: Route) -> list[dict[str, object]]:
    names = _PLACES.findall(route.path)
    return [
        {"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names
    ]


def _query_parameter(name: str) -> dict[str, object]:
    kind = "integer" if name in ("limit", "after") else "string"
    text = _QUERY_TEXTS.get(name, f"only with this {name}")
    return {"name": name, "in": "query", "schema": {"type": kind}, "description": text}


def _body(route: Route) -> dict[str, object]:
    if route.access is Gate.SOURCE:
        return {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    if isinstance(route.access, Signed):
        form = {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}
        return {"required": True, "content": form}
    schema = route.body.model_json_schema(schema_generator=_Untitled)
    content = {"application/json": {"schema": schema}}
    return {"required": bool(schema.get("required")), "content": content}


def _answer(route: Route) -> dict[str, object]:
    if route.answer == "text":
        return {"description": route.summary, "content": {"text/plain": {}}}
    if route.answer == "object":
        schema = {"schema": {"type": "object"}}
        return {"description": route.summary, "content": {"application/json": schema}}
    return _json(route.answer, route.summary)


def _json(model: type[Answer], description: str) -> dict[str, object]:
    content = {"application/json": {"schema": {"$ref": _PLACE + model.__name__}}}
    return {"description": description, "content": content}
