"""The fake's block validator: what slack_sdk's own models make passes, and each limit is where Slack says it is."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.models import blocks as sdk
from slack_sdk.models.views import View

from remediator.integrations.slack.fake import problems_of_blocks, problems_of_view

Json = dict[str, Any]


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> Json:
    return {"type": "mrkdwn", "text": text}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain(), "action_id": "go", **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def confirm(**more: Any) -> Json:
    return {"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain(), **more}


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain(), "blocks": [section()], **more}


OPTION = {"text": plain(), "value": "v"}
REASON = {
    "type": "input",
    "block_id": "reason",
    "label": plain(),
    "element": {"type": "plain_text_input", "action_id": "why", "multiline": True},
}


def test_what_the_sdk_makes_is_accepted() -> None:
    dialog = sdk.ConfirmObject(title="Sure?", text="It restarts.", confirm="Yes", deny="No")
    options = [sdk.Option(value="v", text="One"), sdk.Option(value="w", text="Two")]
    made = [
        sdk.HeaderBlock(text="Approve?"),
        sdk.SectionBlock(text="*bold*", fields=["a", "b"], accessory=sdk.ButtonElement(text="Go")),
        sdk.SectionBlock(
            text="x", accessory=sdk.StaticSelectElement(options=options, placeholder="?")
        ),
        sdk.ContextBlock(elements=[sdk.MarkdownTextObject(text="by `me`", verbatim=True)]),
        sdk.ActionsBlock(
            elements=[
                sdk.ButtonElement(
                    text="Approve", action_id="a", value="v", style="primary", confirm=dialog
                ),
                sdk.ButtonElement(text="Details", action_id="d", url="https://example.com/"),
                sdk.OverflowMenuElement(options=options),
            ]
        ),
        sdk.DividerBlock(),
        sdk.ImageBlock(image_url="https://example.com/a.png", alt_text="a", title="A"),
        sdk.MarkdownBlock(text="# Title"),
    ]
    for block in made:
        block.validate_json()
    assert problems_of_blocks([block.to_dict() for block in made]) == ()


def test_a_modal_of_the_sdk_is_accepted() -> None:
    made = View(
        type="modal",
        title="Reject?",
        submit="Reject",
        close="Back",
        callback_id="run.reject",
        private_metadata="{}",
        blocks=[
            sdk.InputBlock(
                label="Why?",
                hint="people read it",
                element=sdk.PlainTextInputElement(multiline=True, max_length=500),
            ),
            sdk.InputBlock(
                label="Which?",
                optional=True,
                element=sdk.RadioButtonsElement(options=[sdk.Option(value="v", text="One")]),
            ),
        ],
    )
    made.validate_json()
    assert problems_of_view(made.to_dict()) == ()


BLOCK_LIMITS: list[tuple[int, Callable[[int], Json]]] = [
    (150, lambda n: {"type": "header", "text": plain("x" * n)}),
    (3000, lambda n: section(text=mrkdwn("x" * n))),
    (10, lambda n: section(fields=[mrkdwn()] * n)),
    (2000, lambda n: section(fields=[mrkdwn("x" * n)])),
    (10, lambda n: {"type": "context", "elements": [mrkdwn()] * n}),
    (2000, lambda n: {"type": "context", "elements": [mrkdwn("x" * n)]}),
    (25, lambda n: actions(*(button(action_id=f"a{i}") for i in range(n)))),
    (75, lambda n: actions(button(text=plain("x" * n)))),
    (2000, lambda n: actions(button(value="x" * n))),
    (3000, lambda n: actions(button(url="https://" + "x" * (n - 8)))),
    (255, lambda n: actions(button(action_id="x" * n))),
    (255, lambda n: section(block_id="x" * n)),
    (100, lambda n: actions(button(confirm=confirm(title=plain("x" * n))))),
    (300, lambda n: actions(button(confirm=confirm(text=mrkdwn("x" * n))))),
    (30, lambda n: actions(button(confirm=confirm(confirm=plain("x" * n))))),
    (30, lambda n: actions(button(confirm=confirm(deny=plain("x" * n))))),
    (5, lambda n: actions({"type": "overflow", "action_id": "o", "options": [OPTION] * n})),
    (100, lambda n: actions({"type": "static_select", "action_id": "s", "options": [OPTION] * n})),
    (12_000, lambda n: {"type": "markdown", "text": "x" * n}),
    (100, lambda n: {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * n}),
    (20, lambda n: {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * n]}),
]


@pytest.mark.parametrize(("limit", "made"), BLOCK_LIMITS)
def test_a_limit_of_a_block_is_where_slack_says(limit: int, made: Callable[[int], Json]) -> None:
    assert problems_of_blocks([made(limit)]) == ()
    assert len(problems_of_blocks([made(limit + 1)])) == 1


def test_a_message_has_fifty_blocks_and_a_modal_a_hundred() -> None:
    assert problems_of_blocks([section()] * 50) == ()
    assert "no more than 50 items" in problems_of_blocks([section()] * 51)[0]
    assert problems_of_view(modal(blocks=[section()] * 100)) == ()
    assert "no more than 100 items" in problems_of_view(modal(blocks=[section()] * 101))[0]


VIEW_LIMITS: list[tuple[int, Callable[[int], Json]]] = [
    (24, lambda n: modal(title=plain("x" * n))),
    (24, lambda n: modal(submit=plain("x" * n))),
    (24, lambda n: modal(close=plain("x" * n))),
    (255, lambda n: modal(callback_id="x" * n)),
    (3000, lambda n: modal(private_metadata="x" * n)),
]


@pytest.mark.parametrize(("limit", "made"), VIEW_LIMITS)
def test_a_limit_of_a_modal_is_where_slack_says(limit: int, made: Callable[[int], Json]) -> None:
    assert problems_of_view(made(limit)) == ()
    assert len(problems_of_view(made(limit + 1))) == 1


WRONG: list[tuple[Any, str]] = [
    ("text", "must provide an array [json-pointer:/blocks]"),
    (["text"], "must provide an object [json-pointer:/blocks/0]"),
    ([{"text": "x"}], "missing required field: type [json-pointer:/blocks/0]"),
    ([{"type": "task_card"}], "unsupported type: task_card [json-pointer:/blocks/0/type]"),
    ([{"type": "section"}], "must define either `text` or `fields`"),
    ([section(text="x")], "must provide an object [json-pointer:/blocks/0/text]"),
    ([section(text=mrkdwn(""))], "must be more than 0 characters"),
    ([section(text={"type": "mrkdwn"})], "missing required field: text"),
    ([section(text={**mrkdwn(), "emoji": True})], "invalid additional property: emoji"),
    ([section(text={**plain(), "verbatim": True})], "invalid additional property: verbatim"),
    ([section(color="red")], "invalid additional property: color [json-pointer:/blocks/0]"),
    ([section(fields=[])], "no fewer than 1 items allowed [json-pointer:/blocks/0/fields]"),
    ([section(accessory=mrkdwn())], "unsupported type: mrkdwn"),
    ([{"type": "header", "text": plain("")}], "must be more than 0 characters"),
    ([actions(button(text=plain("")))], "must be more than 0 characters"),
    ([{"type": "header", "text": mrkdwn()}], "unsupported type: mrkdwn"),
    ([{"type": "context", "elements": [button()]}], "unsupported type: button"),
    ([actions(mrkdwn())], "unsupported type: mrkdwn"),
    ([actions()], "no fewer than 1 items allowed"),
    ([actions(button(), button())], "`action_id` `go` already exists"),
    ([section(block_id="b"), section(block_id="b")], "`block_id` `b` already exists"),
    ([actions(button(text=mrkdwn()))], "unsupported type: mrkdwn"),
    ([actions(button(style="default"))], "must be a valid enum value: primary, danger"),
    ([actions(button(url="javascript:alert(1)"))], "must be a valid URL"),
    ([actions(button(value=7))], "must be a valid string"),
    ([actions(button(confirm={"title": plain()}))], "missing required field"),
    ([actions(button(confirm=confirm(title=mrkdwn())))], "unsupported type: mrkdwn"),
    ([{"type": "image", "alt_text": "x"}], "must define either `image_url` or `slack_file`"),
]


@pytest.mark.parametrize(("blocks", "said"), WRONG)
def test_wrong_blocks_are_refused_with_the_place(blocks: Any, said: str) -> None:
    assert any(said in problem for problem in problems_of_blocks(blocks))


def test_one_action_id_may_stand_in_several_blocks() -> None:
    assert problems_of_blocks([actions(button()), actions(button())]) == ()


WRONG_VIEWS: list[tuple[Json, str]] = [
    (modal(type="home"), "must be a valid enum value: modal"),
    ({"type": "modal", "title": plain()}, "missing required field: blocks"),
    (modal(blocks=[]), "no fewer than 1 items"),
    (modal(blocks=[REASON]), "`submit` is required"),
    (modal(title=mrkdwn()), "unsupported type: mrkdwn"),
    (modal(metadata="x"), "invalid additional property: metadata"),
    (modal(submit=plain(), blocks=[{**REASON, "element": button()}]), "unsupported type: button"),
    (modal(blocks=[{"type": "table", "rows": []}]), "unsupported type: table"),
]


@pytest.mark.parametrize(("view", "said"), WRONG_VIEWS)
def test_wrong_modals_are_refused_with_the_place(view: Json, said: str) -> None:
    assert any(said in problem for problem in problems_of_view(view))
