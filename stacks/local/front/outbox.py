"""What alerts would have sent from this machine: e-mails and messages that stand-ins took, for the page to show.

Only on one machine with the paper exchange, and only to somebody who is signed in. There is no such path in the cloud.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from stacks.local.front.proxy import Gateway
from stacks.local.guard import SECRET_HEADER
from stacks.local.plan import Plan

_SHOWN = 200
_CANARY = "success@simulator.amazonses.com"
_TIMEOUT = ClientTimeout(total=5)


class Outbox:
    """Reads from the local cloud's SES and from the paper exchange's stand-ins for channels."""

    def __init__(self, plan: Plan, session: ClientSession, gateway: Gateway) -> None:
        self._plan, self._session, self._gateway = plan, session, gateway

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Answer `{"items": [{at, channel, to, title, text}]}`, the newest first."""
        if not await self._gateway.is_signed_in(request):
            return web.json_response({"code": "token.missing"}, status=401)
        try:
            items = [*await self._mails(), *await self._messages()]
        except (ClientError, TimeoutError, OSError, ValueError, KeyError):
            return web.json_response({"code": "outbox.unavailable"}, status=503)
        return web.json_response({"items": sorted(items, key=lambda each: str(each["at"]), reverse=True)[:_SHOWN]})

    async def _mails(self) -> Sequence[Mapping[str, Any]]:
        url = f"http://127.0.0.1:{self._plan.ports['cloud']}/_ministack/ses/messages"
        answered = await self._ask(url, {SECRET_HEADER: self._plan.secret})
        mails = [each for own in answered["messages"].values() for each in own]
        return [_mail(each) for each in mails if _CANARY not in each["To"]]

    async def _messages(self) -> Sequence[Mapping[str, Any]]:
        token = (self._plan.paper_dir / "admin.token").read_text().strip()
        url = f"http://127.0.0.1:{self._plan.ports['paper_admin']}/channels/sent"
        answered = await self._ask(url, {"Authorization": f"Bearer {token}"})
        return [_message(each) for each in answered["items"] if each["method"] == "POST" and not _is_canary(each)]

    async def _ask(self, url: str, headers: Mapping[str, str]) -> Any:
        async with self._session.get(url, headers=headers, timeout=_TIMEOUT) as answer:
            return json.loads(await answer.read())


def _mail(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    at = datetime.fromtimestamp(float(sent["Timestamp"]), UTC)
    to = ", ".join(sent.get("To") or [])
    return {
        "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "channel": "email",
        "to": to,
        "title": sent.get("Subject", ""),
        "text": sent.get("BodyText", ""),
        "status": 200,
    }


def _message(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    title, _, text = _text(sent).partition("\n")
    return {
        "at": sent["at"],
        "channel": sent["host"],
        "to": sent["path"].rpartition("/")[2],
        "title": title,
        "text": text.strip(),
        "status": sent["status"],
    }


def _is_canary(sent: Mapping[str, Any]) -> bool:
    return "channel.canary" in sent["body"] or sent["path"].endswith("/sendChatAction")


def _text(sent: Mapping[str, Any]) -> str:
    try:
        body = json.loads(sent["body"])
    except ValueError:
        return "An encrypted push"
    if not isinstance(body, dict):
        return ""
    said = body.get("content") or body.get("text") or ""
    return f"{body['title']}\n{json.dumps(body, indent=1)}" if "title" in body else str(said)
