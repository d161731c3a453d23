"""Pass requests on to API Gateway on the local cloud and websockets to the feed gateway."""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, WSMsgType, web
from multidict import CIMultiDict
from yarl import URL

from stacks.local.guard import SECRET_HEADER
from stacks.local.plan import Plan
from stacks.project import STAGE

BODY_BYTES_MAX = 1024 * 1024
_MESSAGE_BYTES_MAX = 256 * 1024
_TIMEOUT = ClientTimeout(total=35, connect=3)
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        SECRET_HEADER,
    }
)


class Gateway:
    """API Gateway on the local cloud, whose API may get a new id when the cloud comes back empty."""

    def __init__(self, plan: Plan, session: ClientSession) -> None:
        self._plan = plan
        self._session = session

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        """Answer as the API does; 503 while there is none."""
        target = self._target(request)
        if target is None:
            return _starting()
        headers = _end_to_end(request.headers)
        headers[SECRET_HEADER] = self._plan.secret
        body = await request.read()
        try:
            async with self._session.request(
                request.method, target, headers=headers, data=body or None, allow_redirects=False, timeout=_TIMEOUT
            ) as answer:
                content = await answer.read()
                return web.Response(status=answer.status, headers=_end_to_end(answer.headers), body=content)
        except (ClientError, TimeoutError):
            return _starting()

    async def is_signed_in(self, request: web.Request) -> bool:
        """Tell whether the API knows who asks."""
        target = self._target(request)
        if target is None:
            return False
        headers = {"Authorization": request.headers.get("Authorization", ""), SECRET_HEADER: self._plan.secret}
        url = target.with_path(f"{target.path.removesuffix(request.path)}/api/v1/me")
        try:
            async with self._session.get(url, headers=headers, timeout=_TIMEOUT) as answer:
                return answer.status == HTTPStatus.OK
        except (ClientError, TimeoutError):
            return False

    def _target(self, request: web.Request) -> URL | None:
        api_id = _read(self._plan.deployed_file).get("api_id")
        if api_id is None:
            return None
        place = f"http://127.0.0.1:{self._plan.ports['cloud']}/_aws/execute-api/{api_id}/{STAGE}"
        return URL(f"{place}{request.rel_url}", encoded=True)


class Feed:
    """The feed gateway's websocket."""

    def __init__(self, plan: Plan, session: ClientSession) -> None:
        self._url = f"http://127.0.0.1:{plan.ports['feed']}/graphql/live"
        self._origin = plan.origin
        self._session = session

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        """Carry messages both ways until one side closes."""
        protocols = [
            word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if word.strip()
        ]
        try:
            upstream = await self._session.ws_connect(
                self._url, protocols=protocols, origin=self._origin, max_msg_size=_MESSAGE_BYTES_MAX, autoping=True
            )
        except (ClientError, TimeoutError):
            return _starting()
        chosen = [upstream.protocol] if upstream.protocol else []
        browser = web.WebSocketResponse(protocols=chosen, max_msg_size=_MESSAGE_BYTES_MAX, heartbeat=20)
        try:
            await browser.prepare(request)
            await _join(browser, upstream)
        finally:
            await upstream.close()
        return browser


async def _join(browser: web.WebSocketResponse, upstream: ClientWebSocketResponse) -> None:
    one = asyncio.create_task(_carry(browser, upstream))
    other = asyncio.create_task(_carry(upstream, browser))
    done, waiting = await asyncio.wait({one, other}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*done, *waiting, return_exceptions=True)


async def _carry(
    source: web.WebSocketResponse | ClientWebSocketResponse, target: web.WebSocketResponse | ClientWebSocketResponse
) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
    await target.close(code=source.close_code or 1001)


def _end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP)


def _read(file: Path) -> Mapping[str, str]:
    try:
        content: Mapping[str, str] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return content


def _starting() -> web.Response:
    problem = {
        "type": "https://nightdesk.dev/problems/desk.starting",
        "title": "The desk is starting",
        "status": 503,
        "detail": "A part of the desk is just being started; try again in a moment.",
        "code": "desk.starting",
        "retry_after_s": 2,
    }
    headers = {"Retry-After": "2", "Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    return web.Response(status=503, headers=headers, text=json.dumps(problem))
