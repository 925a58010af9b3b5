"""What an editor shows beside a key: words from where the key is declared, its default, an example."""

from __future__ import annotations

import re
from typing import Any

from remediator.config.schema.generator import each_within

_SENTENCE = re.compile(r"(?<=[.;:])\s+")


def described(schema: dict[str, Any], words: str = "") -> dict[str, Any]:
    """Return a schema whose keys each have a description where the words of their owner have one."""
    owner = schema.get("description", words)
    found = each_within(
        schema, lambda inner: described(inner, owner) if _is_schema(inner) else inner
    )
    for name, each in found.get("properties", {}).items():
        if isinstance(each, dict) and not each.get("description") and (text := _about(name, owner)):
            found["properties"][name] = {**each, "description": text}
    return found


def with_markdown(schema: Any) -> Any:
    """Add what Visual Studio Code's hover shows: the description with the default."""
    if not _is_schema(schema):
        return schema
    found = each_within(schema, with_markdown)
    if "default" in found:
        default = f"Default: `{_shown(found['default'])}`"
        words = filter(None, (found.get("description", ""), default))
        found["markdownDescription"] = "\n\n".join(words)
    return found


def _is_schema(value: object) -> bool:
    return isinstance(value, dict)


def _about(name: str, words: str) -> str:
    """Return the sentences that name a key."""
    said = [each for each in _SENTENCE.split(words) if f"`{name}`" in each]
    return " ".join(said)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(_shown, value))}]" if isinstance(value, list) else str(value)
