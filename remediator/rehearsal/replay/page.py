"""The account of a replay as one page of HTML that can be sent to a colleague: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from remediator.rehearsal.replay.account import Account, Record, changed

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d5d9de; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
@media (prefers-color-scheme: dark) { body { background: #14171a; color: #e4e7eb; } th, td { border-color: #3a4048; } }
"""
MOST_CHANGES = 200


def page(title: str, account: Account, other: Account | None = None) -> str:
    """Return the page; `other` is what it is compared with."""
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{account.alerts} alerts, {account.unmatched} without a playbook. Nothing was done.</p>",
        _table(
            ("Playbook", "Matched", "Ran", "Asked", "Rehearsed", "Held back by", "No run", "Ends"),
            map(_row, account.records),
        ),
    ]
    if other:
        moved = [*changed(account, other)]
        rows = (
            (f"{f.at:%Y-%m-%d %H:%M}", f.playbook, f.alert, f.target, old, new)
            for f, old, new in moved[:MOST_CHANGES]
        )
        parts += [
            f"<h2>{len(moved)} changes</h2>",
            _table(("When", "Playbook", "Alert", "Target", "Before", "Now"), rows),
        ]
    parts += [
        "<h2>Busiest targets</h2>",
        _table(("Target", "Runs"), account.targets),
        "<h2>Storms</h2>",
        _table(
            ("From", "To", "Stopped"),
            ((f"{s.begin:%Y-%m-%d %H:%M}", f"{s.end:%H:%M}", s.stopped) for s in account.storms),
        ),
        "<h2>What a replay cannot know</h2>",
        f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in account.not_known)}</ul>",
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n'
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _row(record: Record) -> Sequence[object]:
    return (
        record.playbook,
        record.matched,
        record.ran,
        record.asked,
        record.rehearsed,
        _counted(record.held.items()),
        _counted(record.refused.items()),
        _counted(record.ends.most_common()),
    )


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts)


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows]
    if not lines:
        return "<p>None.</p>"
    head = "".join(f"<th>{escape(each)}</th>" for each in headings)
    return f"<table><tr>{head}</tr>\n" + "\n".join(lines) + "</table>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f'<td class="n">{value}</td>'
    return f"<td>{escape(str(value))}</td>"
