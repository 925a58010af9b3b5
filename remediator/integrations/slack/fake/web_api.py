"""`POST /api/<method>` and the upload URLs: reads a call as Slack does, checks who may make it, answers."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from remediator.integrations.slack.fake.call import App, Call, Method
from remediator.integrations.slack.fake.going_wrong import fall_silent, go_wrong
from remediator.integrations.slack.fake.methods import METHODS
from remediator.integrations.slack.fake.rates import Rates
from remediator.integrations.slack.fake.refusals import Refusal
from remediator.integrations.slack.fake.troubles import Kind, Troubles
from remediator.integrations.slack.fake.workspace import World

_BEARER = "Bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call as it came. `at` is of the monotonic clock; `error` is "" where it went well."""

    method: str
    at: float
    arguments: Mapping[str, object]
    token: str
    error: str


class WebApi:
    """Answers calls. `requests` are all that came, in order."""

    def __init__(self, world: World, app: App, troubles: Troubles) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.is_strict_about_rates = False
        self._world = world
        self._app = app
        self._troubles = troubles
        self._rates = Rates()

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [
            web.route("*", "/api/{method}", self._call),
            web.post("/upload/v1/{file}", self._upload),
        ]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        token, arguments, is_json = await _read(request)
        trouble = self._troubles.next_trouble(method)
        if trouble is not None and trouble.kind is not Kind.ACCEPT:
            self._note(method, token, arguments, trouble.error or trouble.kind.value)
            return await go_wrong(request, trouble)
        answer, status, retry_after = self._answer(method, token, arguments, is_json)
        self._note(method, token, arguments, str(answer.get("error", "")))
        if trouble is not None:
            return await fall_silent(request, trouble)
        return web.json_response(answer, status=status, headers=self._headers(retry_after))

    def _answer(
        self, name: str, token: str, arguments: Mapping[str, object], is_json: bool
    ) -> tuple[Mapping[str, object], int, int]:
        """Return the answer, its HTTP status, and its Retry-After (0 for none)."""
        try:
            method = METHODS.get(name)
            if method is None:
                raise Refusal("unknown_method", req_method=name)
            self._check_access(method, token)
            if wait := self._turn(name, method, arguments):
                return {"ok": False, "error": "ratelimited"}, 429, wait
            if is_json and not method.json:
                arguments = {}  # methods that only read forms do not see a JSON body at all
            return self._done(name, method, arguments), 200, 0
        except Refusal as refusal:
            return refusal.body(), 200, 0

    def _done(
        self, name: str, method: Method, arguments: Mapping[str, object]
    ) -> Mapping[str, object]:
        call = Call(
            method=name, arguments=arguments, world=self._world, app=self._app, url=self.url
        )
        method.check(call)
        with self._world.lock:
            return {"ok": True, **method.does(call)}

    def _check_access(self, method: Method, token: str) -> None:
        if not token:
            raise Refusal("not_authed")
        if token not in (self._app.bot_token, self._app.app_token):
            raise Refusal("invalid_auth")
        if method.by_app_token != (token == self._app.app_token):
            raise Refusal("not_allowed_token_type")
        scopes = self._app.app_scopes if method.by_app_token else self._app.scopes
        if method.scope and method.scope not in scopes:
            provided = ",".join(sorted(scopes))
            raise Refusal("missing_scope", needed=method.scope, provided=provided)

    def _turn(self, name: str, method: Method, arguments: Mapping[str, object]) -> int:
        if not self.is_strict_about_rates:
            return 0
        return self._rates.wait(name, method, str(arguments.get("channel", "")))

    def _headers(self, retry_after: int) -> Mapping[str, str]:
        waiting = {"Retry-After": str(retry_after)} if retry_after else {}
        return {"x-oauth-scopes": ",".join(sorted(self._app.scopes)), **waiting}

    def _note(self, method: str, token: str, arguments: Mapping[str, object], error: str) -> None:
        self.requests.append(
            Request(
                method=method, at=time.monotonic(), arguments=arguments, token=token, error=error
            )
        )

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        trouble = self._troubles.next_trouble("upload")
        if trouble is not None and trouble.kind is not Kind.ACCEPT:
            return await go_wrong(request, trouble)
        file = self._world.files.get(request.match_info["file"])
        if file is None or file.content is not None:
            return web.Response(status=404, text="no such upload")
        if len(content) != file.length:
            return web.Response(status=400, text=f"{len(content)} bytes of {file.length}")
        file.content = content
        if trouble is not None:
            return await fall_silent(request, trouble)
        return web.Response(text=f"OK - {len(content)}")


async def _read(request: web.Request) -> tuple[str, Mapping[str, object], bool]:
    """Return the token, the arguments, and whether they came as JSON."""
    arguments: dict[str, object] = dict(request.query)
    is_json = request.content_type == "application/json"
    if is_json:
        arguments |= _object(await request.text())
    else:
        arguments |= {key: str(value) for key, value in (await request.post()).items()}
    header = request.headers.get("Authorization", "")
    token = header.removeprefix(_BEARER) if header.startswith(_BEARER) else ""
    return token or str(arguments.get("token", "")), arguments, is_json


def _object(text: str) -> Mapping[str, object]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {"(no JSON)": text}
    return found if isinstance(found, dict) else {"(no object)": found}
