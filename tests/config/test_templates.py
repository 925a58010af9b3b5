"""Templates: labels filled into texts, and nothing else that Jinja2 could do."""

from __future__ import annotations

import re
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediator.config.template_syntax import Usage
from remediator.config.templates import Templates
from remediator.core.errors import InvalidTarget, InvalidTemplate
from remediator.integrations.hosts.settings.hosts import HostResolver

VARIABLES: dict[str, Any] = {
    "labels": {
        "instance": "web1:9100",
        "mountpoint": "/var",
        "Env": "PROD",
        "empty": "",
        "evil": "{{ 7*7 }}",
        "k.-": "z",
        "__class__": "a label",
    },
    "annotations": {"summary": "full"},
    "alert": {"name": "DiskSpaceLow", "status": "firing"},
    "target": {"kind": "host", "name": "web1", "namespace": ""},
    "source": "prod",
}
TEMPLATES = Templates({"host": HostResolver(allow=(r"web\d+",)).resolve})


def rendered(text: str, *, promql: bool = False) -> str:
    return TEMPLATES.render(text, VARIABLES, promql=promql)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no template", "no template"),
        ("{{ labels.mountpoint }}/log", "/var/log"),
        ("{{ labels['k.-'] }}", "z"),
        ("host/{{ labels.instance | host }}", "host/web1"),
        ("{{ labels.Env | lower }}", "prod"),
        ("{{ labels.missing | default('x') }}", "x"),
        ("{{ labels.empty | default('x') }}", "x"),
        ("{{ labels.mountpoint | replace('/', '-') }}", "-var"),
        (r"{{ labels.instance | regex_replace(':\\d+$', '') }}", "web1"),
        (r"{{ labels.instance | regex_replace('(\\w+):(\\d+)', '\\2-\\1') }}", "9100-web1"),
        ("{{ labels.instance ~ '-' ~ source }}", "web1:9100-prod"),
        ("{{ 'a' if labels.Env == 'PROD' else 'b' }}", "a"),
        ("{{ alert.name }} {{ target.kind }} {{ annotations.summary }}", "DiskSpaceLow host full"),
        ("{{ 7 * 6 }}", "42"),
        ("line\n{{ source }}\n", "line\nprod\n"),
        ("}} {{ source }}", "}} prod"),
        ("{{ labels.__class__ }}", "a label"),
    ],
)
def test_a_template_is_filled_in(text: str, expected: str) -> None:
    assert rendered(text) == expected


def test_a_label_that_looks_like_a_template_is_inert() -> None:
    assert rendered("{{ labels.evil }}") == "{{ 7*7 }}"
    assert rendered("{{ labels.evil | lower | default('x') }}") == "{{ 7*7 }}"


LONG = "p" * 200
ATTACKS = [
    ("{{ 'a'*10**9 }}", "not allowed"),
    ("{{ 'a' * 999999999 }}", "works on numbers only"),
    ("{{ 'a'.ljust(10**9) }}", "calls are not allowed"),
    ("{{ '%09999999999d' % 1 }}", "works on numbers only"),
    ("{{ 'a' + 'b' }}", "works on numbers only"),
    ("{{ [1] * 999999 }}", "list is not allowed"),
    ("{{ {'a': 1} }}", "dict is not allowed"),
    ("{{ 9 ** 9 }}", "powers are not allowed"),
    ("{{ 99999 * 99999 * 99999 * 99999 * 99999 }}", "a number is too large"),
    ("{{ range(10) }}", "calls are not allowed"),
    ("{{ ''.__class__.__mro__ }}", "no parts of their own"),
    ("{{ ''.__class__ }}", "no parts of their own"),
    ("{{ labels.items() }}", "calls are not allowed"),
    ("{{ labels.items }}", "there is no `items`"),
    ("{{ labels.__init__ }}", "there is no `__init__`"),
    ("{{ labels.mountpoint.__class__ }}", "no parts of their own"),
    ("{{ labels | attr('__class__') }}", "unknown filter `attr`"),
    ("{{ labels['a' ~ 'b'] }}", "must be written out between quotes"),
    ("{{ labels[labels.evil] }}", "must be written out between quotes"),
    ("{{ labels.mountpoint[0] }}", "must be written out between quotes"),
    ("{{ labels.mountpoint[0:1] }}", "must be written out between quotes"),
    ("{{ labels }}", "`labels` is many values"),
    ("{{ labels ~ '' }}", "`labels` is many values"),
    ("{{ self }}", "unknown name `self`"),
    ("{{ lipsum.__globals__ }}", "unknown name `lipsum`"),
    ("{{ cycler.__init__ }}", "unknown name `cycler`"),
    ("{{ config }}", "unknown name `config`"),
    ("{{ lables.x }}", "Did you mean `labels`?"),
    ("{{ alert.nam }}", "`alert` has no `nam`. Did you mean `name`?"),
    ("{{ labels.x | upper }}", "unknown filter `upper`"),
    ("{{ labels.x | lowr }}", "Did you mean `lower`?"),
    ("{{ labels.x is defined }}", "tests are not allowed"),
    ("{% for x in labels %}{% endfor %}", "only {{ … }} is allowed"),
    ("{% set x = 1 %}", "only {{ … }} is allowed"),
    ("{% include '/etc/passwd' %}", "only {{ … }} is allowed"),
    ("{% raw %}x{% endraw %}", "only {{ … }} is allowed"),
    ("{# comment #}", "only {{ … }} is allowed"),
    ("{{ labels.x | default }}", "takes 1 argument"),
    ("{{ labels.x | replace(old='a', new='b') }}", "takes 2 arguments"),
    ("{{ labels.x | regex_replace('(?=a)b', '') }}", "look-around has no counterpart"),
    ("{{ labels.x | regex_replace('(a)\\\\1', '') }}", "back-reference"),
    ("{{ labels.x | regex_replace('(?x) a', '') }}", "the flags are i, m, s and U"),
    ("{{ labels.x | regex_replace('a', '\\\\1') }}", "the pattern has no such group"),
    ("{{ labels.x | regex_replace('(', '') }}", "not a regular expression"),
    ("{{ labels.x | regex_replace(labels.evil, '') }}", "must be written out between quotes"),
    ("{{ labels.missing }}", "there is no `missing`"),
    ("{{ 1 / 0 }}", "division by zero"),
    ("{{ none }}", "only one label"),
    ("{{ (", "unexpected 'end of template'"),
    ("{{ }}", "Expected an expression"),
    ("{{ " + "(" * 200 + "1" + ")" * 200 + " }}", "nested too deep"),
    ("{{ 1" + "+1" * 200 + " }}", "nested too deep"),  # Python's compiler gives up, not Jinja2's parser
    ("{{ " + "1+" * 400 + "1 }}", "more than 500 characters"),
    ("{{ source }}" + "x" * 9000, "longer than 8192 characters"),
    (f"{{{{ source | replace('p', '{LONG}') | replace('p', '{LONG}') }}}}", "the result has more"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ATTACKS)
def test_an_attack_is_refused_quickly(text: str, expected: str) -> None:
    started = time.process_time()

    with pytest.raises(InvalidTemplate) as refusal:
        rendered(text)

    assert expected in str(refusal.value)
    assert time.process_time() - started < 5


def test_what_is_joined_is_bounded_before_it_is_too_much() -> None:
    """Thirty times a 64 KiB annotation is all that an expression of 500 characters can join."""
    text = "{{ " + " ~ ".join(["annotations.x"] * 30) + " }}"
    tracemalloc.start()

    with pytest.raises(InvalidTemplate, match="more than 8192 characters"):
        TEMPLATES.render(text, {"annotations": {"x": "y" * 65_536}})

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 16 * 1024**2


def test_the_result_has_at_most_8_kib() -> None:
    long = VARIABLES | {"labels": {"x": "y" * 5000}}

    assert len(TEMPLATES.render("{{ labels.x }}", long)) == 5000
    with pytest.raises(InvalidTemplate, match="the result has more than 8192"):
        TEMPLATES.render("{{ labels.x }}{{ labels.x }}", long)


def test_a_hostile_label_cannot_make_an_allowed_pattern_slow() -> None:
    started = time.process_time()

    TEMPLATES.render(
        r"{{ labels.x | regex_replace('\\w+\\w+\\w+!', '') }}", {"labels": {"x": "a" * 256}}
    )

    assert time.process_time() - started < 5
    with pytest.raises(InvalidTemplate, match="at most 256 characters"):
        TEMPLATES.render("{{ labels.x | regex_replace('a', '') }}", {"labels": {"x": "a" * 257}})


def test_a_filter_of_an_integration_is_given_the_value_and_the_labels() -> None:
    brought = Templates({"at": lambda text, labels: f"{text}@{labels['instance']}"})

    assert brought.render("{{ labels.Env | lower | at }}", VARIABLES) == "prod@web1:9100"


def test_a_filter_whose_integration_is_not_installed_says_so() -> None:
    with pytest.raises(
        InvalidTemplate, match="`host` comes with the integration `hosts`, which is not installed"
    ):
        Templates().usage("host/{{ labels.instance | host }}")


def test_a_host_that_is_not_allowed_is_no_target() -> None:
    with pytest.raises(InvalidTarget, match=r"is not allowed by `hosts\.allow`"):
        TEMPLATES.render("{{ labels.instance | host }}", {"labels": {"instance": "db-master"}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('up{instance="{{ labels.x }}"}', r'up{instance="a\"b\\c\nd"}'),
        ('up{i="{{ labels.x | promql }}"}', r'up{i="a\"b\\c\nd"}'),
        ('up{i=~"{{ labels.y | promql_regex }}.*"}', r'up{i=~"a\\.b\\|\\(c\\).*"}'),
        ("up # {{ no }}".replace("{{ no }}", "'"), "up # '"),
        (r"""up{a='it"s', b="{{ labels.y }}"}""", r"""up{a='it"s', b="a.b|(c)"}"""),
    ],
)
def test_values_in_promql_are_quoted_by_themselves(text: str, expected: str) -> None:
    variables = {"labels": {"x": 'a"b\\c\nd', "y": "a.b|(c)"}}

    assert TEMPLATES.render(text, variables, promql=True) == expected


@pytest.mark.parametrize(
    "text",
    [
        "up{instance='{{ labels.x }}'}",
        "up{instance=`{{ labels.x }}`}",
        "up > {{ labels.x }}",
        "{{ labels.x }}",
        'up # "{{ labels.x }}"',
        'up{a="\\\\"} + {{ labels.x }}',
        "up{a='\"'} + {{ labels.x }}",
    ],
)
def test_a_value_outside_a_double_quoted_promql_string_is_refused(text: str) -> None:
    with pytest.raises(InvalidTemplate, match="outside a double-quoted PromQL string"):
        TEMPLATES.usage(text, promql=True)


def test_what_a_template_needs_is_known_without_rendering() -> None:
    text = "{{ labels.a }} {{ labels.b | default('') }} {{ labels['c'] | lower }}"

    assert TEMPLATES.usage(text) == Usage(
        labels=frozenset({"a", "c"}), used=frozenset({"a", "b", "c"})
    )


@given(st.text(max_size=200))
def test_any_label_value_comes_out_as_it_went_in(value: str) -> None:
    assert TEMPLATES.render("<{{ labels.x }}>", {"labels": {"x": value}}) == f"<{value}>"


@given(st.text(alphabet="ab\"\\\n\r{}|=~#`'", max_size=40))
def test_any_label_value_stays_inside_its_promql_string(value: str) -> None:
    query = TEMPLATES.render('up{a="{{ labels.x }}"}', {"labels": {"x": value}}, promql=True)

    inside = re.fullmatch(r'up\{a="((?:[^"\\\n]|\\["\\nr])*)"\}', query)
    assert inside is not None
    words = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\r": "\r"}
    assert re.sub(r"\\.", lambda found: words[found[0]], inside[1]) == value


@given(st.text(alphabet="ab.*+?()[]{}|^$\\", max_size=20), st.text(max_size=20))
def test_promql_regex_matches_only_the_value_itself(value: str, other: str) -> None:
    pattern = TEMPLATES.render("{{ labels.x | promql_regex }}", {"labels": {"x": value}})

    assert re.fullmatch(pattern, value)
    assert other == value or not re.fullmatch(pattern, other)
