"""Passwords and tokens by a Cognito user pool."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from nightdesk.adapters.aws.errors import error_code
from nightdesk.identity.model import TokenSet
from nightdesk.kernel.errors import NightdeskError, RateLimited, Unauthenticated, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import InitiateAuthResponseTypeDef

# At DEBUG botocore logs request bodies: passwords.
logging.getLogger("botocore").setLevel(logging.INFO)

_BUSY: Final = {"TooManyRequestsException", "LimitExceededException", "TooManyFailedAttemptsException"}
_REFUSED: Final = {
    "NotAuthorizedException",
    "UserNotFoundException",
    "InvalidParameterException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
}


class CognitoIdentityProvider:
    """One app client, without a secret, of one user pool."""

    def __init__(self, client: CognitoIdentityProviderClient, client_id: str) -> None:
        self._client = client
        self._client_id = client_id

    def sign_in(self, email: str, password: str) -> TokenSet:
        """Tokens for the person.

        Raises:
            Unauthenticated: `session.credentials_wrong`, `session.challenge_required`.
            RateLimited: `session.too_many_attempts`.
            Unavailable: `identity.unavailable`.
        """
        wrong = Unauthenticated("session.credentials_wrong", "The e-mail address or the password is wrong.")
        try:
            answer = self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
        except (BotoCoreError, ClientError) as error:
            raise _translated(error, wrong) from None  # the error could hold what was sent
        return _tokens(answer)

    def refresh(self, refresh_token: str) -> TokenSet:
        """Fresh tokens of the same session.

        Raises:
            Unauthenticated: `session.ended`.
            Unavailable: `identity.unavailable`.
        """
        ended = Unauthenticated("session.ended", "The session has ended. Sign in again.")
        try:
            answer = self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        except (BotoCoreError, ClientError) as error:
            raise _translated(error, ended) from None
        return _tokens(answer)

    def revoke(self, refresh_token: str) -> None:
        """Make the refresh token and what was made from it useless.

        Raises:
            Unavailable: `identity.unavailable`.
        """
        try:
            self._client.revoke_token(Token=refresh_token, ClientId=self._client_id)
        except ClientError as error:
            if error_code(error) not in {"NotAuthorizedException", "InvalidParameterException"}:
                raise _unavailable() from None
        except BotoCoreError:
            raise _unavailable() from None


def _tokens(answer: InitiateAuthResponseTypeDef) -> TokenSet:
    result = answer.get("AuthenticationResult")
    if not result or "AccessToken" not in result or "IdToken" not in result:
        raise Unauthenticated(
            "session.challenge_required",
            "This sign-in needs a step that the desk does not offer; set a password first.",
        )
    return TokenSet(
        access_token=result["AccessToken"], id_token=result["IdToken"], refresh_token=result.get("RefreshToken")
    )


def _translated(error: BotoCoreError | ClientError, refused: Unauthenticated) -> NightdeskError:
    code = error_code(error) if isinstance(error, ClientError) else ""
    if code in _BUSY:
        return RateLimited("session.too_many_attempts", "Too many attempts. Wait a moment.", retry_after_s=30)
    return refused if code in _REFUSED else _unavailable()


def _unavailable() -> Unavailable:
    return Unavailable("identity.unavailable", "Signing in is not possible at the moment.")
