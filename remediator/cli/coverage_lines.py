"""How `coverage` is told: for people, for programs, and as GitHub's annotations. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from remediator.app.coverage import Coverage, RuleCover
from remediator.config.check import annotation, count_words
from remediator.core.coverage import Cover, Match
from remediator.core.facts import Known
from remediator.core.matcher import Matcher, MatchOp

UNREACHED, IDLE = "unreached", "idle"
_REACHES = {Known.HOLDS: "yes", Known.UNKNOWN: "depends", Known.FAILS: "no", None: "-"}
_SUMMARY = {
    Cover.ANSWERED: "answered",
    Cover.DEPENDS: "depending on the alert",
    Cover.SKIPPED: "skipped for want of a label",
    Cover.UNCOVERED: "without a playbook",
}


def rows(found: Coverage) -> Iterator[tuple[str, ...]]:
    """Yield a row for each rule: alert, cover, playbook, whether its alerts reach us, and what is to be said."""
    for each in found.rules:
        names = ", ".join(match.playbook for match in each.covered.matches) or "-"
        yield each.rule.name, each.covered.cover, names, _REACHES[each.reaches], _why(each)


def notes(found: Coverage) -> Iterator[str]:
    """Yield what stands below the table."""
    for each in found.rules:
        if each.covered.cover is Cover.UNCOVERED:
            yield ""
            yield from _suggestion(each)
    if found.idle:
        yield ""
        yield f"No rule here can set off: {', '.join(found.idle)}"
    if found.remarks:
        yield ""
        yield from found.remarks
    yield ""
    yield summary(found)


def summary(found: Coverage) -> str:
    """Count the rules in one line."""
    counts = Counter(each.covered.cover for each in found.rules)
    words = [f"{counts[each]} {_SUMMARY[each]}" for each in Cover if counts[each]]
    unreached = sum(each.reaches is Known.FAILS for each in found.rules)
    words += [f"{unreached} that never reach remediator"] if unreached else []
    return f"{count_words(len(found.rules), 'alert rule')}: {', '.join(words) or 'nothing to do'}"


def entries(found: Coverage) -> dict[str, object]:
    """Return all of it as JSON-like Python."""
    return {
        "rules": [_entry(each) for each in found.rules],
        "idle_playbooks": list(found.idle),
        "remarks": list(found.remarks),
    }


def github_lines(found: Coverage, fatal: Collection[str]) -> Iterator[str]:
    """Yield GitHub's annotations, errors first, as only ten of a kind are shown."""
    bad = [each for each in found.rules if failings(each)]
    for level in ("error", "warning"):
        for each in bad:
            if ("error" if failings(each) & set(fatal) else "warning") == level:
                yield annotation(level, _properties(each), f"{each.rule.name}: {_told(each)}")
    level = "error" if IDLE in fatal else "warning"
    yield from (
        annotation(level, {"title": IDLE}, f"no alert rule can set off the playbook {name}")
        for name in found.idle
    )


def failings(each: RuleCover) -> set[str]:
    """Return the words of --fail-if that are true of a rule."""
    found = {str(each.covered.cover)} - {Cover.ANSWERED, Cover.DEPENDS}
    has_playbook = each.covered.cover is not Cover.UNCOVERED
    return found | ({UNREACHED} if has_playbook and each.reaches is Known.FAILS else set())


def playbook_name(alert: str) -> str:
    """Return a playbook's name for an alert: `DiskSpaceLow` becomes `disk-space-low`."""
    spread = "".join(
        f"-{letter}" if letter.isupper() and alert[n - 1 : n].islower() else letter
        for n, letter in enumerate(alert)
    )
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in spread)
    return "-".join(filter(None, kept.lower().split("-")))[:63] or "playbook"


def _why(each: RuleCover) -> str:
    said = [_said_of(match) for match in each.covered.matches[:1]]
    if each.reaches is Known.FAILS:
        said.append("Alertmanager does not send it to remediator")
    return "; ".join(filter(None, said)) or each.rule.place


def _said_of(match: Match) -> str:
    parts = (
        _labels("the rule does not send", match.missing),
        _labels("it may lack", match.unsure),
        f"only with {', '.join(map(str, match.depends_on))}" if match.depends_on else "",
    )
    return "; ".join(filter(None, parts))


def _labels(words: str, names: tuple[str, ...]) -> str:
    return f"{words} {', '.join(f'`{name}`' for name in names)}" if names else ""


def _suggestion(each: RuleCover) -> Iterator[str]:
    carried = ", ".join(each.rule.labels.carried())
    yield f"{each.rule.name} ({each.rule.place}) has no playbook. It carries {carried}"
    yield f"  match: [{suggested_match(each.rule.name)}]"
    if each.target:
        yield f"  requires: [{', '.join(each.target.labels)}]"
        yield f"  target: {each.target.target}"
    else:
        yield "  target: none of its labels surely names something that remediator acts on"
    rules = f" --rules {each.rule.file}" if each.rule.file else ""
    name = playbook_name(each.rule.name)
    yield f"  remediator new {name} --from {each.rule.name}{rules}"


def suggested_match(alert: str) -> str:
    """Return the matcher of a playbook for one alert."""
    return str(Matcher("alertname", MatchOp.EQUAL, alert))


def _told(each: RuleCover) -> str:
    if each.covered.cover is Cover.UNCOVERED:
        return f"no playbook answers it; remediator new {playbook_name(each.rule.name)} --from {each.rule.name}"
    return f"{each.covered.matches[0].playbook}: {_why(each)}"


def _properties(each: RuleCover) -> Mapping[str, str]:
    title = {"title": ", ".join(sorted(failings(each)))}
    if not each.rule.file:
        return title
    return {"file": each.rule.file, "line": str(each.rule.line), **title}


def _entry(each: RuleCover) -> dict[str, object]:
    target = each.target
    return {
        "alert": each.rule.name,
        "place": each.rule.place,
        "cover": str(each.covered.cover),
        "reaches": _REACHES[each.reaches],
        "labels": list(each.rule.labels.carried()),
        "may_have_others": each.rule.labels.is_open,
        "playbooks": [_match(match) for match in each.covered.matches],
        "suggested": {
            "match": [suggested_match(each.rule.name)],
            "requires": list(target.labels) if target else [],
            "target": target.target if target else None,
        },
    }


def _match(match: Match) -> dict[str, object]:
    return {
        "playbook": match.playbook,
        "cover": str(match.cover),
        "missing": list(match.missing),
        "unsure": list(match.unsure),
        "depends_on": [str(each) for each in match.depends_on],
    }
