"""Block Kit as a web page that looks like Slack's light theme, for the pictures of docs/draw_slack.py only.

It draws the blocks that we use, as Slack's clients do; a block that it does not know is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

Block = Mapping[str, Any]

STYLE = """
* { box-sizing: border-box; }
body { margin: 0; padding: 14px 18px; width: 660px; background: #fff; color: #1d1c1d;
  font: 15px/1.46668 Lato, "Liberation Sans", Arial, sans-serif; }
.message { display: flex; gap: 10px; }
.face { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #1264a3; color: #fff;
  font: 700 20px/36px "Liberation Sans"; text-align: center; }
.body { flex: 1; min-width: 0; }
.who { font-weight: 700; margin-right: 4px; }
.app { background: #dddddd; color: #616061; font-size: 10px; font-weight: 700; border-radius: 2px; padding: 1px 3px; }
.at { color: #616061; font-size: 12px; margin-left: 4px; }
h1 { font-size: 18px; line-height: 24px; margin: 6px 0 4px; }
p { margin: 4px 0 6px; overflow-wrap: anywhere; }
pre { margin: 4px 0; padding: 8px; border: 1px solid #ddd; border-radius: 4px; background: #f8f8f8;
  font: 12px/1.5 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
code { padding: 2px 3px 1px; border: 1px solid #ddd; border-radius: 3px; background: #f8f8f8; color: #c01343;
  font: 12px/1.5 "DejaVu Sans Mono", monospace; }
a { color: #1264a3; text-decoration: none; }
.mention { background: #fdf2d1; color: #1264a3; border-radius: 3px; padding: 0 2px; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 6px 20px; margin: 4px 0 8px; }
.fields p { margin: 0; }
.context { color: #616061; font-size: 13px; margin: 6px 0; overflow-wrap: anywhere; }
.context code { font-size: 11px; }
.row { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 4px; }
.beside { display: flex; justify-content: space-between; align-items: flex-start; gap: 12px; }
button { font: 700 13px "Liberation Sans"; padding: 7px 12px; border-radius: 4px; border: 1px solid #bbb;
  background: #fff; color: #1d1c1d; white-space: nowrap; }
.primary { background: #007a5a; border-color: #007a5a; color: #fff; }
.danger { color: #e01e5a; border-color: #e01e5a; }
.window { border: 1px solid #ddd; border-radius: 8px; box-shadow: 0 4px 12px #0002; }
.window h2 { font-size: 20px; margin: 0; padding: 14px 20px; border-bottom: 1px solid #eee; }
.window section { padding: 8px 20px; }
.window footer { display: flex; justify-content: flex-end; gap: 8px; padding: 12px 20px; border-top: 1px solid #eee; }
label { font-weight: 700; display: block; margin: 6px 0; }
.box { border: 1px solid #999; border-radius: 4px; color: #777; height: 72px; padding: 8px; }
"""
_TOKEN = re.compile(r"```\n?(?P<pre>.*?)\n?```|`(?P<code>[^`\n]+)`|<(?P<tag>[^<>\n]+)>", re.DOTALL)
_BOLD = re.compile(r"(?<![A-Za-z0-9])\*([^*\n]+)\*(?![A-Za-z0-9])")


def message_page(blocks: Sequence[Block], at: datetime, names: Mapping[str, str]) -> str:
    """Return the page of a message; `names` maps the ids of groups and people to what is read."""
    drawn = "".join(_block(block, names) for block in blocks)
    who = f'<span class="who">remediator</span><span class="app">APP</span><span class="at">{at:%H:%M}</span>'
    face = '<div class="face">R</div>'
    return _page(f'<div class="message">{face}<div class="body">{who}{drawn}</div></div>')


def window_page(view: Block, names: Mapping[str, str]) -> str:
    """Return the page of a modal."""
    drawn = "".join(_block(block, names) for block in view["blocks"])
    submit = (
        f'<button class="primary">{_plain(view["submit"])}</button>' if "submit" in view else ""
    )
    foot = f"<footer><button>{_plain(view['close'])}</button>{submit}</footer>"
    title = f"<h2>{_plain(view['title'])}</h2>"
    return _page(f'<div class="window">{title}<section>{drawn}</section>{foot}</div>')


def _page(body: str) -> str:
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body>{body}</body>\n'


def _block(block: Block, names: Mapping[str, str]) -> str:
    match block["type"]:
        case "header":
            return f"<h1>{_plain(block['text'])}</h1>"
        case "section" if "fields" in block:
            return f'<div class="fields">{"".join(_text(f, names) for f in block["fields"])}</div>'
        case "section" if "accessory" in block:
            beside = f"<div>{_text(block['text'], names)}</div>{_button(block['accessory'])}"
            return f'<div class="beside">{beside}</div>'
        case "section":
            return _text(block["text"], names)
        case "context":
            return "".join(
                f'<div class="context">{markup(e["text"], names)}</div>' for e in block["elements"]
            )
        case "actions":
            return f'<div class="row">{"".join(map(_button, block["elements"]))}</div>'
        case "input":
            box = f'<div class="box">{_plain(block["element"]["placeholder"])}</div>'
            return f"<label>{_plain(block['label'])}</label>{box}"
        case unknown:
            raise ValueError(f"no picture of a block {unknown}")


def _button(element: Block) -> str:
    return f'<button class="{element.get("style", "")}">{_plain(element["text"])}</button>'


def _plain(text: Block) -> str:
    return escape(str(text["text"]))


def _text(text: Block, names: Mapping[str, str]) -> str:
    return f"<p>{markup(text['text'], names)}</p>"


def markup(text: str, names: Mapping[str, str]) -> str:
    """Return mrkdwn as HTML; entities stay what they are, in both."""
    parts, end = [], 0
    text = _BOLD.sub("\ue000\\1\ue001", text)
    for token in _TOKEN.finditer(text):
        parts += [_breaks(text[end : token.start()]), _token(token, names)]
        end = token.end()
    joined = "".join((*parts, _breaks(text[end:])))
    return joined.replace("\ue000", "<b>").replace("\ue001", "</b>").replace("</pre><br>", "</pre>")


def _breaks(text: str) -> str:
    return text.replace('"', "&quot;").replace("\n", "<br>")


def _token(token: re.Match[str], names: Mapping[str, str]) -> str:
    if token["pre"] is not None:
        return f"<pre>{token['pre']}</pre>"
    if token["code"] is not None:
        return f"<code>{token['code']}</code>"
    body, _, label = token["tag"].partition("|")
    if body.startswith("!date^"):
        return _moment(body)
    if body.startswith(("!", "@", "#")):
        name = body.rpartition("^")[2].lstrip("!@#")
        return f'<span class="mention">{escape(names.get(name, name))}</span>'
    return f'<a href="{body}">{label or body}</a>'


def _moment(body: str) -> str:
    _, stamp, form = body.split("^", 2)
    at = datetime.fromtimestamp(int(stamp), UTC)
    spoken = {
        "{date_short_pretty}": "today",
        "{time}": f"{at:%H:%M}",
        "{time_secs}": f"{at:%H:%M:%S}",
    }
    for word, value in spoken.items():
        form = form.replace(word, value)
    return form
