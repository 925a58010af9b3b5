"""How secrets look: formats of tokens, headers, and values behind a name that says so. Data for `masking`.

In each pattern the last group that takes part is the secret. Sources: the vendors' pages on the forms of their tokens,
and the rule sets of gitleaks and detect-secrets; the words are ours.
"""

from __future__ import annotations

import re2

_LONG_WORDS = (
    "passwords?|passwd|passphrase|passcode|secret|token|credentials?|api[_-]?key|apikey"
    "|(?:access|secret|private|encryption|signing|master|account|auth|shared|client|service|storage|session|deploy|admin)"
    "[_-]?key|connection[_-]?string|conn[_-]?str|shared[_-]?access[_-]?signature|session[_-]?(?:id|cookie)|j?sessionid"
    "|phpsessid"
)
_SHORT_WORDS = "pass|pwd|pw|dsn|otp|totp|sas"
_TAIL = r"(?i:[_-]?(?:value|plain|text|b64|base64|raw|old|new|current|[0-9]{1,3}))?"
_SHORT_NAME = rf"(?:[\w.-]*[_.-])?(?i:{_SHORT_WORDS}){_TAIL}"
_NAME = rf"(?:[\w.-]*(?i:{_LONG_WORDS}){_TAIL}|{_SHORT_NAME}|[\w.-]*[a-z](?:Pass|Pwd){_TAIL})"
KEY = re2.compile(_NAME)
"""A name whose value is a secret."""

_QUOTED = (
    r"""\\+"([^"]*[^"\\])\\*"|\\+'([^']*[^'\\])\\*'|"((?:[^"\\]|\\.)+)"?|'((?:[^'\\]|\\.)+)'?"""
)
_BARE = r"""([^\s"'&;<\\][^\s"'&;]*)"""
_VALUE = rf"(?:{_QUOTED}|{_BARE})"
_IS = r"""\\*["']?\s*(?:=>|:=|=|:)\s*[\[({]?\s*"""

FORMATS = (
    r"(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z))",
    r"(?s)(PuTTY-User-Key-File-.*?(?:Private-MAC: \w+|\z))",
    # the password of a URL, its user name where it is as long as a token, a secret in its query
    r"""(?i)\b[a-z][a-z0-9+.-]*://[^\s/?#:@"'<>\[\]]*:([^\s/?#"'<>]+)@""",
    r"""(?i)\b[a-z][a-z0-9+.-]*://[^\s/?#:@"'<>\[\]]*:([^\s/@"'<>]*[^\s/@"'<>0-9][^\s@"'<>]*)@""",
    r"""(?i)\b[a-z][a-z0-9+.-]*://([^\s/?#:@"'<>\[\]]{20,})@""",
    r"""(?i)[?&;](?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature)=([^&\s"'<>;]+)""",
    r"\bhooks\.slack\.com/(?:services|workflows|triggers)/([\w/+-]+)",
    r"(?i)\bdiscord(?:app)?\.com/api/webhooks/([\w/-]+)",
    r"(?i)\bapi\.telegram\.org/bot([\w:-]+)",
    # tokens with a form of their own
    r"\b(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*)",
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}[\s:,/]+([A-Za-z0-9/+]{40})\b",
    r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})\b",
    r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})",
    r"\b(xox[a-z]-[\w.-]{8,}|xox[a-z]\.[\w.-]{8,}|xapp-[\w-]{8,})",
    r"\b([srp]k_(?:live|test)_\w{8,}|whsec_[\w+/=]{8,})",
    r"\b(gl(?:pat|dt|rt|ptt|cbt|soat|ft|imt|agent|oas)-[\w.-]{16,})",
    r"\b(npm_\w{20,}|pypi-[\w-]{20,}|dckr_pat_[\w-]{16,}|hf_\w{20,}|dapi[0-9a-f]{32}|rubygems_\w{30,})",
    r"\b(AIza[\w-]{30,}|ya29\.[\w-]{10,}|GOCSPX-[\w-]{10,}|1//0[\w-]{20,})",
    r"\b(SG\.[\w-]{10,}\.[\w-]{10,}|key-[0-9a-z]{32}|SK[0-9a-f]{32})\b",
    r"\b(do[opr]_v1_[a-f0-9]{32,}|hv[sbr]\.[\w-]{16,}|sk-[\w-]{20,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32})",
    r"\b(NRAK-[A-Z0-9]{20,}|sq0[a-z]{3}-[\w-]{20,}|AGE-SECRET-KEY-1[0-9A-Z]{20,}|ATATT3[\w=-]{20,}|lin_api_\w{20,})",
    r"\b(gl(?:sa|c)_\w{20,}|dp\.[a-z]{2,4}\.\w{30,}|\w{14}\.atlasv1\.[\w-]{40,}|[0-9]{8,10}:AA[\w-]{33})",
    r"(\$(?:1|2[abxy]?|5|6|y|gy|7|argon2id?|argon2i|scrypt|apr1|pbkdf2[\w-]*)\$[^\s:\"']{8,})",
    # headers with all that stands in them
    r"""(?i)\b(?:proxy-)?authorization\\*["']?\s*[:=]\s*\\*["']?(?:digest|aws4-hmac-sha256|hawk|oauth|negotiate|ntlm)\s+([^\r\n]+)""",
    r"""(?i)\b(?:proxy-)?authorization\\*["']?\s*[:=]\s*[\[(]?\s*\\*["']?(?:basic|bearer|token|apikey|api-key|jwt|key|bot)\s+([^\s"',\\\])]+)""",
    r"""(?i)\b(?:set-)?cookie\\*["']?\s*:\s*[\[(]?\s*\\*["']?([^\s=;,"']+=[^\r\n"'\\]*)""",
    # words of commands and of SQL
    r"""(?i)\bidentified\s+(?:with\s+\w+\s+)?by\s+(?:password\s+)?(?:'([^']*)'|"([^"]*)")""",
    r"""(?i)\bpassword\s+(?:'([^']+)'|"([^"]+)")""",
    r"""\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mysqlsh)\b[^\n|;]*?\s-p([^\s"'-][^\s"']*)""",
    r"""\b(?:sshpass\s+-p|redis-cli\b[^\n|;]*?\s-a)\s*["']?([^\s"']+)""",
    r"""(?i)\s(?:-u|--user|--proxy-user)[\s=]\s*["']?[^\s:"']*[a-z][^\s:"']*:([^\s"']+)""",
)
"""What is a secret wherever it stands."""

HEADERS = (
    r"(?i)\b(?:bearer|basic|token|apikey)\s+([A-Za-z0-9._~+/=-]{8,})",
    r"""(?i)\b(?:proxy-)?authorization\\*["']?\s*[:=]\s*\\*["']?([A-Za-z0-9._~+/=:-]{8,})""",
    r"""(?i)[?&](?:code|key|auth|jwt|sid|session|state)=([^&\s"'<>]{8,})""",
    r"""(?i)\b(?:sid|session|jwt)=([^&;\s"'<>]{16,})""",
)
"""What is a secret where its value looks like chance."""

PAIRS = (
    # an environment's entry: its name, then its value
    rf"""(?i)\bname\\*["']?\s*[:=]\s*\\*["']?{_NAME}\\*["']?[\s,]+\\*["']?value{_IS}{_VALUE}""",
    rf"(?:^|[^\w.-]){_NAME}{_IS}{_VALUE}",
    rf"(?:^|[^\w])(?i:api|access|secret|private|encryption|signing|master|account) (?i:key|token){_IS}{_VALUE}",
    rf"""(?:^|\s)--?{_NAME}\s+(?:{_QUOTED}|([^\s"'-][^\s"']*))""",
)
"""What is a secret where its value is no plain word of a log."""

_PLAIN_WORDS = """\
wrong invalid incorrect expired missing required failed failure not no none null nil true false denied rejected
unknown empty is was were must cannot could mismatch accepted changed unset undefined yes on off ok set sent used
authentication error files systemd compat prompt unauthorized forbidden unavailable refused revoked for from and or
the a an in of to has have with by at as been will should may can needs does did found ignored disabled enabled
optional redacted masked hidden rotated updated created deleted removed generated stale valid bad string object
refresh refreshed reset malformed absent present default prompted n/a serviceaccount serviceaccounts
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
_PLACES = re2.compile(
    r"(?:/(?:run|etc|var|home|usr|opt|mnt|root|tmp|proc|srv|data|app)(?:/.*)?|~(?:/.*)?|/)"
)
_UNFILLED = re2.compile(
    r"\$\{?\w+\}?|\$\(.*|\{\{.*|<.*|%[sdvq]|%\(\w+\)s|\*+(?:[@,;)\s].*)?|x{3,}|X{3,}|-+|~|\.+|\(.*"
)
_COUNT = re2.compile(r"(?i)\W?pass\s*[:=]\s*[0-9]{1,3}\W*")
_SCHEMES = frozenset({"aws4-hmac-sha256", "aws4-hmac-sha256-payload"})
_TRIMMED = ".,:;!?)]}'\"\\"
_SHORTEST_CHANCE = 8


def is_harmless(value: str) -> bool:
    """Say whether a value behind a secret's name is none: a word of prose, a place, a gap to be filled."""
    bare = value.strip(_TRIMMED)
    if not bare or bare.lower() in _PLAIN:
        return True
    return bool(_PLACES.fullmatch(bare) or _UNFILLED.fullmatch(bare))


def is_count(pair: str) -> bool:
    """Say whether a name and its value are a count of tests: `pass=12`."""
    return bool(_COUNT.fullmatch(pair))


def is_random(value: str) -> bool:
    """Say whether a text looks like chance and not like a word: a digit, a sign of base64, or mixed case inside."""
    if len(value) < _SHORTEST_CHANCE:
        return False
    if value.lower() in _SCHEMES:
        return False
    has_digit = any(c.isdigit() for c in value)
    is_mixed = any(c.isupper() for c in value[1:]) and any(c.islower() for c in value)
    return has_digit or is_mixed or value.endswith("=")
