"""Anchors signed by KMS and kept in a bucket whose objects nobody can change or remove."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from nightdesk.adapters.aws.errors import unavailable
from nightdesk.kernel.errors import Broken
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.ledger.anchors import Anchor
from nightdesk.ledger.signatures import PublicKey, public_key

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client

_NEWEST_FIRST: Final = 10**18


class KmsAnchorSigner:
    """Signs with an RSA key that never leaves KMS."""

    def __init__(self, client: KMSClient, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def key(self) -> PublicKey:
        """What signatures are checked with.

        Raises:
            Unavailable: `anchors.unavailable`.
            Broken: The key is none of RSA.
        """
        return self._public

    def sign(self, content: bytes) -> bytes:
        """The signature.

        Raises:
            Unavailable: `anchors.unavailable`.
        """
        with unavailable("anchors.unavailable", "The key of anchors"):
            answer = self._client.sign(
                KeyId=self._key_id, Message=content, MessageType="RAW", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256"
            )
        return answer["Signature"]

    @cached_property
    def _public(self) -> PublicKey:
        with unavailable("anchors.unavailable", "The key of anchors"):
            answer = self._client.get_public_key(KeyId=self._key_id)
        loaded = load_der_public_key(answer["PublicKey"])
        if not isinstance(loaded, RSAPublicKey):
            raise Broken("anchors.key_unfit", "Anchors are signed with an RSA key.")
        numbers = loaded.public_numbers()
        return PublicKey(numbers.n, numbers.e)


class S3AnchorVault:
    """Anchors as objects `anchors/<tenant>/<account>/<place>.json`, whose names sort the newest first."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, anchor: Anchor) -> None:
        """Keep it: the bucket's default locks it.

        Raises:
            Unavailable: `anchors.unavailable`.
        """
        name = f"{_folder(anchor.tenant_id, anchor.account_id)}{_NEWEST_FIRST - anchor.sequence:019}.json"
        with unavailable("anchors.unavailable", "The anchors' bucket"):
            self._client.put_object(
                Bucket=self._bucket, Key=name, Body=_written(anchor), ContentType="application/json"
            )

    def newest(self, tenant_id: TenantId, account_id: AccountId) -> Anchor | None:
        """The account's anchor of the highest sequence.

        Raises:
            Unavailable: `anchors.unavailable`.
        """
        with unavailable("anchors.unavailable", "The anchors' bucket"):
            listed = self._client.list_objects_v2(Bucket=self._bucket, Prefix=_folder(tenant_id, account_id), MaxKeys=1)
            if not (found := listed.get("Contents")):
                return None
            body = self._client.get_object(Bucket=self._bucket, Key=found[0]["Key"])["Body"].read()
        return _read(json.loads(body))


def _folder(tenant_id: TenantId, account_id: AccountId) -> str:
    return f"anchors/{tenant_id}/{account_id}/"


def _written(anchor: Anchor) -> bytes:
    told = {
        "tenant_id": str(anchor.tenant_id),
        "account_id": str(anchor.account_id),
        "sequence": anchor.sequence,
        "hash": anchor.hash.hex(),
        "anchored_at": format_instant(anchor.anchored_at),
        "key": str(anchor.key),
        "signature": anchor.signature.hex(),
    }
    return json.dumps(told).encode()


def _read(told: dict[str, Any]) -> Anchor:
    return Anchor(
        tenant_id=TenantId(UUID(told["tenant_id"])),
        account_id=AccountId(UUID(told["account_id"])),
        sequence=told["sequence"],
        hash=bytes.fromhex(told["hash"]),
        anchored_at=parse_instant(told["anchored_at"]),
        key=public_key(told["key"]),
        signature=bytes.fromhex(told["signature"]),
    )
