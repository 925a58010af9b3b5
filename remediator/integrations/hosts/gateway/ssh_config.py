"""Which keywords of an SSH configuration we act on; used by the settings, and before every connection.

asyncssh passes over what it does not know, where ssh refuses it or means it: without `RevokedHostKeys` more would be
trusted than was configured. What is not named here is refused by name, with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from remediator.documents.regular_file import read_regular_text

_DEEPEST = 16  # as OpenSSH, readconf.c
_KEYWORD = re.compile(r"([A-Za-z0-9]+)[\s=]*(.*)")

_ACTED_ON = """
    host match include addressfamily bindaddress canonicaldomains canonicalizefallbacklocal canonicalizehostname
    canonicalizemaxdots canonicalizepermittedcnames casignaturealgorithms certificatefile
    challengeresponseauthentication ciphers compression connecttimeout enablesshkeysign forwardagent forwardx11trusted
    globalknownhostsfile gssapiauthentication gssapidelegatecredentials gssapikeyexchange hostbasedauthentication
    hostkeyalgorithms hostname hostkeyalias identitiesonly identityagent identityfile kbdinteractiveauthentication
    kexalgorithms macs passwordauthentication pkcs11provider preferredauthentications port proxycommand proxyjump
    pubkeyauthentication rekeylimit remotecommand requesttty sendenv serveralivecountmax serveraliveinterval setenv
    tag tcpkeepalive user userknownhostsfile
    """
ACTED_ON = frozenset(_ACTED_ON.split())
"""What asyncssh reads."""

_NOT_NEEDED = """
    addkeystoagent batchmode channeltimeout checkhostip clearallforwardings connectionattempts controlmaster
    controlpath controlpersist dynamicforward enableescapecommandline escapechar exitonforwardfailure fingerprinthash
    forkafterauthentication forwardx11 forwardx11timeout gatewayports gssapirenewalforcesrekey gssapitrustdns
    hashknownhosts hostbasedacceptedalgorithms hostbasedkeytypes ignoreunknown ipqos kbdinteractivedevices
    localforward loglevel logverbose nohostauthenticationforlocalhost numberofpasswordprompts
    obscurekeystroketiming permitlocalcommand permitremoteopen pubkeyacceptedalgorithms
    pubkeyacceptedkeytypes remoteforward
    sessiontype stdinnull streamlocalbindmask streamlocalbindunlink stricthostkeychecking syslogfacility tunnel
    tunneldevice updatehostkeys verifyhostkeydns versionaddendum visualhostkey warnweakcrypto xauthlocation
    """
NOT_NEEDED = frozenset(_NOT_NEEDED.split())
"""What changes nothing here: terminals, forwardings, logs, shared connections, and trust, which is never less."""


def ssh_config_problems(path: Path) -> tuple[str, ...]:
    """Return what a file and those that it includes say and we would not do, as `FILE:LINE: …`; blocks on files."""
    return tuple(_problems(path, _DEEPEST))


def _problems(path: Path, deeper: int) -> Iterator[str]:
    try:
        lines = read_regular_text(path, errors="replace").split("\n")
    except OSError:  # who opens it for a connection says so
        return
    excused: list[str] = []
    for number, line in enumerate(lines, 1):
        found = _KEYWORD.match(line.strip())
        keyword, value = (found[1].lower(), found[2]) if found else ("", "")
        if keyword == "ignoreunknown":
            excused += value.lower().replace(",", " ").split()
        elif keyword == "include" and deeper:
            for each in _included(value):
                yield from _problems(each, deeper - 1)
        elif found and not _is_fine(keyword, excused):
            yield f"{path}:{number}: `{found[1]}` is not acted on: remove it, or use another config_file"


def _is_fine(keyword: str, excused: list[str]) -> bool:
    known = keyword in ACTED_ON or keyword in NOT_NEEDED
    return known or any(fnmatchcase(keyword, pattern) for pattern in excused)


def _included(value: str) -> Iterator[Path]:
    for pattern in value.replace('"', "").split():
        path = Path(pattern).expanduser()
        whole = path if path.is_absolute() else Path("~/.ssh").expanduser() / path
        root = Path(whole.anchor)
        yield from sorted(found for found in root.glob(str(whole.relative_to(root))))
