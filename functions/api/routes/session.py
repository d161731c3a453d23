"""Signing in, staying signed in, signing out; and the user's own profile."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Cookie as CookieParameter
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from functions.api.desk import Desk, OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.present import session_shape, user_shape
from nightdesk.contracts.api.session import ProfileChange, SessionShape, SignIn, UserShape
from nightdesk.identity.model import SignedIn
from nightdesk.kernel.errors import Unauthenticated

COOKIE: Final = "nightdesk_refresh"
COOKIE_PATH: Final = "/api/v1/session"
COOKIE_LASTS_S: Final = 30 * 24 * 3600
RefreshCookie = Annotated[str | None, CookieParameter(alias=COOKIE, max_length=8192)]

router = new_router()


@router.post("/session", summary="Sign in", tags=["session"])
def sign_in(credentials: SignIn, desk: OurDesk) -> Response[SessionShape]:
    """Start a session; the refresh token comes as a cookie that scripts can't read."""
    signed_in = desk.identity.sign_in(credentials.email, credentials.password.get_secret_value())
    return _answer(signed_in, desk)


@router.post("/session/refresh", summary="Stay signed in", tags=["session"])
def refresh(desk: OurDesk, nightdesk_refresh: RefreshCookie = None) -> Response[SessionShape]:
    """Exchange the cookie for a fresh access token."""
    if not nightdesk_refresh:
        raise Unauthenticated("session.missing", "There is no session to refresh.")
    return _answer(desk.identity.refresh(nightdesk_refresh), desk)


@router.delete("/session", summary="Sign out", tags=["session"], status_code=HTTPStatus.NO_CONTENT)
def sign_out(desk: OurDesk, caller: OurCaller, nightdesk_refresh: RefreshCookie = None) -> Response[None]:
    """End the session at once: its tokens are refused from now on."""
    desk.identity.sign_out(caller, nightdesk_refresh)
    return Response(HTTPStatus.NO_CONTENT, cookies=[_cookie("", 0, desk)])


@router.get("/me", summary="Who is signed in", tags=["session"])
def me(caller: OurCaller) -> UserShape:
    """The user, and what the user may do."""
    return user_shape(caller)


@router.patch("/me", summary="Change one's profile", tags=["session"])
def change_me(change: ProfileChange, desk: OurDesk, caller: OurCaller) -> UserShape:
    """What is left out stays as it is."""
    user = desk.identity.update_profile(caller, display_asset=change.display_asset, time_zone=change.time_zone)
    return user_shape(caller, user)


def _answer(signed_in: SignedIn, desk: Desk) -> Response[SessionShape]:
    token = signed_in.refresh_token
    cookies = [_cookie(token, COOKIE_LASTS_S, desk)] if token else []
    return Response(HTTPStatus.OK, "application/json", session_shape(signed_in), cookies=cookies)


def _cookie(value: str, lasts_s: int, desk: Desk) -> Cookie:
    return Cookie(
        COOKIE,
        value,
        path=COOKIE_PATH,
        secure=desk.allowed_origin.startswith("https://"),
        http_only=True,
        max_age=lasts_s,
        same_site=SameSite.STRICT_MODE,
    )
