"""A user pool of a test's own: it publishes its key over HTTP and signs tokens for whoever is asked for."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from nightdesk.identity.model import TokenSet
from nightdesk.runtime.clock import SystemClock
from stacks.local.ports import free_port

CLIENT_ID = "test-client"


class TokenIssuer:
    """Signs in anybody; its tokens are verified as Cognito's are.

    Attributes:
        jwks_url: Where its key is published.
        issuer: Who its tokens say they are of.
    """

    def __init__(self) -> None:
        self._key: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=2048)
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        self.jwks_url = f"{self.issuer}/jwks.json"
        public = {**RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True), "kid": "test", "alg": "RS256"}
        self._server = HTTPServer(("127.0.0.1", port), _publishing(json.dumps({"keys": [public]}).encode()))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def sign_in(self, email: str, password: str) -> TokenSet:  # noqa: ARG002 anybody may
        """Tokens of a new session; the provider's part of signing in."""
        session = uuid4().hex
        return TokenSet(
            access_token=self.token(email, session, "access"),
            id_token=self.token(email, session, "id"),
            refresh_token=None,
        )

    def token(self, email: str, session: str, use: str, *, lasts_s: float = 3600) -> str:
        """A token of the session."""
        now = SystemClock().now()
        claims = {
            "iss": self.issuer,
            "sub": email,
            "email": email,
            "email_verified": True,
            "token_use": use,
            "client_id": CLIENT_ID,
            "aud": CLIENT_ID,
            "origin_jti": session,
            "iat": now,
            "exp": now + timedelta(seconds=lasts_s),
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "test"})

    def refresh(self, refresh_token: str) -> TokenSet:
        """Not done here."""
        raise NotImplementedError(refresh_token)

    def revoke(self, refresh_token: str) -> None:
        """Nothing to revoke."""

    def stop(self) -> None:
        """Publish no more."""
        self._server.shutdown()
        self._server.server_close()


def _publishing(keys: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(keys)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
