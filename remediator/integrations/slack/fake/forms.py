"""What Slack's client does with the inputs of a modal before a person may submit it, and with errors after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from remediator.integrations.slack.fake.refusals import CannotHappen, Refusal


def filled_in(
    blocks: Sequence[Mapping[str, Any]], values: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """Return `state.values`; raise CannotHappen where the client would not submit."""
    inputs = [block for block in blocks if block["type"] == "input"]
    known = {key for block in inputs for key in (block["block_id"], _action_id(block))}
    if unknown := set(values) - known:
        raise CannotHappen(f"no inputs {sorted(unknown)}; there are {sorted(known)}")
    return {block["block_id"]: {_action_id(block): _state(block, values)} for block in inputs}


def check_errors(blocks: Sequence[Mapping[str, object]], errors: object) -> None:
    """Raise Refusal where an app answers with errors that stand at no input of the modal."""
    inputs = {block["block_id"] for block in blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - inputs:
        raise Refusal("invalid_response", f"errors {errors} are of no input; there are {inputs}")


def _action_id(block: Mapping[str, Any]) -> str:
    return str(block["element"].get("action_id", "input"))


def _state(block: Mapping[str, Any], values: Mapping[str, object]) -> Mapping[str, object]:
    element = block["element"]
    value = values.get(_action_id(block), values.get(block["block_id"]))
    if value in (None, "") and not block.get("optional"):
        value = element.get("initial_value")
        if value in (None, "") and "initial_option" not in element:
            raise CannotHappen(f"{_action_id(block)} must be filled in")
    if element["type"] == "plain_text_input":
        return {"type": "plain_text_input", "value": _typed(element, value)}
    return {"type": element["type"], "selected_option": _chosen(element, value)}


def _typed(element: Mapping[str, Any], value: object) -> str | None:
    if value is None:
        return None
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if not least <= len(str(value)) <= most:
        raise CannotHappen(f"{len(str(value))} characters, allowed are {least} to {most}")
    return str(value)


def _chosen(element: Mapping[str, Any], value: object) -> Mapping[str, object] | None:
    if value is None:
        return element.get("initial_option")
    for option in element.get("options", ()):
        if option["value"] == value:
            return dict(option)
    raise CannotHappen(f"there is no option {value!r}")
