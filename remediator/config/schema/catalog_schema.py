"""The parts of the schemas that depend on what is installed: steps, checks, probes, guards, ways to reach people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediator.config.catalog import Catalog
from remediator.config.guards import guard_schemas
from remediator.config.schema.described import described
from remediator.config.schema.forgiving import forgiving
from remediator.config.schema.generator import schema_for
from remediator.config.steps import StepShape
from remediator.ports.action import Action
from remediator.ports.channel import Channel
from remediator.ports.check import Check
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe

_NULL = {"type": "null"}


def catalog_parts(catalog: Catalog, *, in_settings: bool) -> dict[str, Any]:
    """Return every part by its name."""
    checks = {name: _check(each) for name, each in catalog.checks.items()}
    probes = {name: _used(each) for name, each in catalog.probes.items()}
    channels = {name: _channel(each) for name, each in catalog.channels.items()}
    way = _closed(channels, "Ways to tell people, by the channel.")
    return {
        "step": _step(catalog),
        "check": _named(
            checks, "A question to the world that holds, does not hold, or is unknown."
        ),
        "probe": _named(probes, "A read-only look, for people."),
        "unless": _unless(),
        "guards": _guards(in_settings=in_settings),
        "notify": {"anyOf": [way, {"type": "array", "items": way}, _NULL]},
    }


def _step(catalog: Catalog) -> dict[str, Any]:
    beside = schema_for(StepShape)["properties"]
    actions = {name: _action(each) for name, each in sorted(catalog.actions.items())}
    words = "One action, written ACTION: {parameters}, and the keys that may stand beside it."
    step = {**_closed({**actions, **beside}, words), "minProperties": 1}
    return {"anyOf": [step, {"type": "string", "enum": [*actions]}]}


def _action(action: Action) -> dict[str, Any]:
    works = f"Works on {', '.join(action.targets)}. Effect: {action.effect.value}."
    return _used(action, works)


def _used(used: Action | Check | Probe, more: str = "") -> dict[str, Any]:
    """Return what may stand behind the name of an action, a probe or a check: parameters, or nothing."""
    parameters = _parameters(used.parameters)
    parts = (used.doc.strip(), parameters.get("description", ""), more)
    words = "\n\n".join(filter(None, parts))  # a hover shows those of the form that fits
    said = {"description": words, "examples": [used.example.strip()]}
    return {**said, "anyOf": [{**parameters, "description": words}, _NULL]}


def _parameters(model: type[Parameters]) -> dict[str, Any]:
    return forgiving(described(schema_for(model)))


def _check(check: Check) -> dict[str, Any]:
    found = _used(check)
    if not check.shorthand:
        return found
    bare = found["anyOf"][0]["properties"][check.shorthand]
    return {**found, "anyOf": [bare, *found["anyOf"]]}


def _named(known: Mapping[str, Any], words: str) -> dict[str, Any]:
    one = {**_closed(dict(sorted(known.items())), words), "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [one, {"type": "string", "enum": sorted(known)}]}


def _unless() -> dict[str, Any]:
    check = {"$ref": "#/$defs/check"}
    several = {"type": "array", "items": check}
    verified = {"const": "verified", "description": "where `verify` holds already"}
    return {"anyOf": [verified, check, several, _NULL]}


def _guards(*, in_settings: bool) -> dict[str, Any]:
    known = guard_schemas(schema_for, in_settings=in_settings)
    found = {name: described(each) for name, each in known.items()}
    return {"anyOf": [_closed(found, "What must be so before anything is changed."), _NULL]}


def _channel(channel: Channel) -> dict[str, Any]:
    settings = described(schema_for(channel.settings))
    bare = settings.get("properties", {}).get(channel.shorthand)
    forms = [settings, *([bare] if bare else []), _NULL]
    return {"description": channel.doc.strip(), "anyOf": forms}


def _closed(properties: Mapping[str, Any], words: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": words,
        "properties": dict(properties),
        "additionalProperties": False,
    }
