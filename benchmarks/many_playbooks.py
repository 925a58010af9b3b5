"""A site of thousands of playbooks: the shipped ones, each for a team, with its own name, matchers and numbers."""

from __future__ import annotations

import re
from pathlib import Path

SHIPPED = Path(__file__).parent.parent / "playbooks"
TEAMS = 200
PER_FOLDER = 500
_BARE_STEP = re.compile(r"^  - (kubernetes\.[a-z_]+|service\.[a-z_]+)$", re.MULTILINE)
_STEP = re.compile(r"^  - ((?:kubernetes|journal|service|ebs)\.[a-z_]+:.*)$", re.MULTILINE)


def write_playbooks(folder: Path, count: int) -> list[Path]:
    """Write `count` playbooks into folders of 500, and return the files."""
    texts = [file.read_text() for file in sorted(SHIPPED.glob("*.yaml"))]
    files = []
    for number in range(count):
        file = folder / f"part-{number // PER_FOLDER:03}" / f"playbook-{number:05}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(varied(texts[number % len(texts)], number))
        files.append(file)
    return files


def varied(text: str, number: int) -> str:
    """Return a playbook as its own: no two have one name, and many of their texts stand in no other."""
    team = f"team-{number % TEAMS:03}"
    text = re.sub(r"^name: (.*)$", rf"name: \1-{number:05}", text, count=1, flags=re.MULTILINE)
    text = text.replace("match:\n", f'match:\n  - team="{team}"\n', 1)
    text = text.replace("owner: sre", f"owner: {team}", 1)
    text = re.sub(r"< 0\.15\b", f"< 0.{10 + number % 37}", text)
    text = text.replace('mountpoint="{{', f'job="node-{team}",mountpoint="{{{{')
    if number % 3 == 0:
        when = f"labels.team == '{team}' && !(labels.severity in ['info', 'none'])"
        text = _BARE_STEP.sub(r"  - \1: {}", text)
        text = _STEP.sub(rf'  - \1\n    when: "{when}"', text, count=1)
    return text
