"""Sessions on a real user pool (as the local cloud plays it) and a real database."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from nightdesk.adapters.aws.cognito import CognitoIdentityProvider
from nightdesk.adapters.aws.tokens import CognitoTokenVerifier
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.identity import PostgresIdentityUnits
from nightdesk.identity.service import IdentityService
from nightdesk.kernel.errors import NightdeskError, Unauthenticated, Unavailable
from nightdesk.runtime.clock import SystemClock
from tests.builders.cloud import REGION, Cloud
from tests.fakes.clock import FakeClock
from tests.servers import Postgres

pytestmark = pytest.mark.integration

PASSWORD = "Correct-horse-7"


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool with one app client."""

    aws: Cloud
    pool_id: str
    client_id: str

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.{REGION}.amazonaws.com/{self.pool_id}"

    @property
    def jwks_url(self) -> str:
        return f"{self.aws.keys_endpoint}/{self.pool_id}/.well-known/jwks.json"

    def add_user(self) -> str:
        email = f"{uuid4()}@example.com"
        cognito = self.aws.client("cognito-idp")
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        cognito.admin_create_user(
            UserPoolId=self.pool_id, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
        cognito.admin_set_user_password(UserPoolId=self.pool_id, Username=email, Password=PASSWORD, Permanent=True)
        return email

    def provider(self) -> CognitoIdentityProvider:
        return CognitoIdentityProvider(self.aws.client("cognito-idp"), self.client_id)

    def verifier(self, client_id: str | None = None, issuer: str | None = None) -> CognitoTokenVerifier:
        return CognitoTokenVerifier(
            jwks_url=self.jwks_url,
            issuer=issuer or self.issuer,
            client_id=client_id or self.client_id,
            clock=SystemClock(),
        )


@pytest.fixture(scope="module")
def pool(aws: Cloud) -> Pool:
    cognito = aws.client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="test", UsernameAttributes=["email"])["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="desk",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        EnableTokenRevocation=True,
    )
    return Pool(aws, pool_id, client["UserPoolClient"]["ClientId"])


@pytest.fixture
def service(pool: Pool, postgres: Postgres) -> Iterator[IdentityService]:
    database = Database(postgres.url("app"))
    yield IdentityService(
        provider=pool.provider(),
        verifier=pool.verifier(),
        units=PostgresIdentityUnits(database),
        clock=SystemClock(),
        new_id=uuid4,
    )
    database.close()


def code(error: pytest.ExceptionInfo[NightdeskError]) -> str:
    return error.value.code


def test_sign_in_refresh_sign_out(pool: Pool, service: IdentityService) -> None:
    email = pool.add_user()
    signed_in = service.sign_in(email, PASSWORD)
    assert signed_in.caller.user.email == email
    assert service.authenticate(signed_in.access_token).user == signed_in.caller.user
    assert signed_in.refresh_token is not None
    fresh = service.refresh(signed_in.refresh_token)
    assert fresh.caller.session_id == signed_in.caller.session_id
    service.sign_out(fresh.caller, signed_in.refresh_token)
    for token in (signed_in.access_token, fresh.access_token):
        with pytest.raises(Unauthenticated) as error:
            service.authenticate(token)
        assert code(error) == "session.ended"
    with pytest.raises(Unauthenticated) as error:
        service.refresh(signed_in.refresh_token)
    assert code(error) == "session.ended"


@pytest.mark.parametrize("known", [True, False])
def test_wrong_password_and_unknown_address_look_alike(pool: Pool, service: IdentityService, known: bool) -> None:  # noqa: FBT001 - a column
    email = pool.add_user() if known else "nobody@example.com"
    with pytest.raises(Unauthenticated) as error:
        service.sign_in(email, "Wrong-horse-7")
    assert (code(error), error.value.message) == (
        "session.credentials_wrong",
        "The e-mail address or the password is wrong.",
    )


def test_password_that_must_be_changed_first(pool: Pool, service: IdentityService) -> None:
    email = f"{uuid4()}@example.com"
    attributes = [{"Name": "email", "Value": email}]
    pool.aws.client("cognito-idp").admin_create_user(
        UserPoolId=pool.pool_id, Username=email, UserAttributes=attributes, TemporaryPassword=PASSWORD
    )
    with pytest.raises(Unauthenticated) as error:
        service.sign_in(email, PASSWORD)
    assert code(error) == "session.challenge_required"


@pytest.mark.parametrize("token", ["rubbish", "a.b.c", "", "x" * 9000])
def test_refresh_token_that_is_none(service: IdentityService, token: str) -> None:
    with pytest.raises(Unauthenticated):
        service.refresh(token)


def test_first_sign_ins_at_once_make_one_tenant(pool: Pool, service: IdentityService, postgres: Postgres) -> None:
    email = pool.add_user()
    with ThreadPoolExecutor(4) as many:
        callers = [done.result().caller for done in [many.submit(service.sign_in, email, PASSWORD) for _ in range(4)]]
    assert len({caller.tenant_id for caller in callers}) == 1
    with psycopg.connect(postgres.url("superuser")) as connection:
        assert connection.execute("SELECT count(*) FROM tenants WHERE name = %s", (email,)).fetchone() == (1,)


def test_subject_sees_its_own_user_only(pool: Pool, service: IdentityService, postgres: Postgres) -> None:
    first, second = (service.sign_in(pool.add_user(), PASSWORD).caller for _ in range(2))
    database = Database(postgres.url("app"))
    with PostgresIdentityUnits(database)(first.user.subject) as store:
        assert store.user(second.user.subject) is None
        assert store.user(first.user.subject) == first.user
        assert store.session(second.tenant_id, second.session_id) is None
    database.close()


def test_profile_is_kept(pool: Pool, service: IdentityService) -> None:
    signed_in = service.sign_in(pool.add_user(), PASSWORD)
    service.update_profile(signed_in.caller, display_asset="EUR", time_zone="Asia/Tokyo")
    user = service.authenticate(signed_in.access_token).user
    assert (user.display_asset, user.time_zone) == ("EUR", "Asia/Tokyo")


def forged(token: str, **claims: object) -> str:
    """The token with other claims and a signature of our own key, under the pool's key id."""
    header = jwt.get_unverified_header(token)
    body = jwt.decode(token, options={"verify_signature": False}) | claims
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(body, key, algorithm="RS256", headers={"kid": header["kid"]})


def unsigned(token: str) -> str:
    """The token with `alg: none`."""
    header = base64.urlsafe_b64encode(
        json.dumps({"alg": "none", "kid": jwt.get_unverified_header(token)["kid"]}).encode()
    )
    return f"{header.decode().rstrip('=')}.{token.split('.')[1]}."


def test_tokens_that_are_not_the_pools(pool: Pool) -> None:
    tokens = pool.provider().sign_in(pool.add_user(), PASSWORD)
    verifier = pool.verifier()
    assert verifier.access(tokens.access_token).subject == verifier.profile(tokens.id_token).subject
    for token in (
        forged(tokens.access_token),
        forged(tokens.access_token, exp=int(time.time()) + 9999),
        unsigned(tokens.access_token),
        tokens.access_token[:-4] + "AAAA",
        tokens.id_token,
        "a.b.c",
    ):
        with pytest.raises(Unauthenticated) as error:
            verifier.access(token)
        assert code(error) == "token.invalid"
    with pytest.raises(Unauthenticated):
        verifier.profile(tokens.access_token)


def test_token_of_another_client_or_issuer(pool: Pool) -> None:
    tokens = pool.provider().sign_in(pool.add_user(), PASSWORD)
    for verifier in (pool.verifier(client_id="another"), pool.verifier(issuer=f"{pool.issuer}x")):
        for check, token in ((verifier.access, tokens.access_token), (verifier.profile, tokens.id_token)):
            with pytest.raises(Unauthenticated) as error:
                check(token)
            assert code(error) == "token.invalid"


def test_keys_that_cannot_be_fetched(pool: Pool) -> None:
    token = pool.provider().sign_in(pool.add_user(), PASSWORD).access_token
    verifier = CognitoTokenVerifier(
        jwks_url="http://127.0.0.1:9/keys", issuer=pool.issuer, client_id=pool.client_id, clock=FakeClock()
    )
    with pytest.raises(Unavailable) as error:
        verifier.access(token)
    assert code(error) == "identity.unavailable"


def test_user_pool_that_is_down() -> None:
    down = Cloud("http://127.0.0.1:9", "x", "http://127.0.0.1:9")
    provider = CognitoIdentityProvider(down.client("cognito-idp"), "client")
    calls: list[Callable[[], object]] = [
        lambda: provider.sign_in("a@example.com", PASSWORD),
        lambda: provider.refresh("x"),
        lambda: provider.revoke("x"),
    ]
    for call in calls:
        with pytest.raises(Unavailable) as error:
            call()
        assert code(error) == "identity.unavailable"
        assert PASSWORD not in repr(error.value.__cause__)
