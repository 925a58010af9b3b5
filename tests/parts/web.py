"""JSON over loopback HTTP without the program under test and without proxies; used by the parts."""

import json
import urllib.error
import urllib.request
from typing import Any

_LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url: str) -> str:
    """The body of a 2xx answer; raises urllib's errors otherwise."""
    with _LOOPBACK.open(url, timeout=10) as answer:
        return str(answer.read().decode())


def get_json(url: str) -> Any:
    return json.loads(get(url))


def post_json(url: str, body: object) -> Any:
    """Post a JSON body and return the decoded answer, None where it is empty."""
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, content, headers, method="POST")
    with _LOOPBACK.open(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def delete(url: str) -> None:
    """Send a DELETE; raises urllib's errors where the answer is not 2xx."""
    with _LOOPBACK.open(urllib.request.Request(url, method="DELETE"), timeout=10):
        pass


def answers(url: str) -> bool:
    """Whether a GET is answered with 2xx right now."""
    try:
        get(url)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True
