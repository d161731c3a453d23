"""The signer and the vault of anchors against a stand-in of AWS."""

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from nightdesk.adapters.aws.anchors import KmsAnchorSigner, S3AnchorVault
from nightdesk.kernel.errors import Broken, Unavailable
from nightdesk.ledger.anchors import Anchor
from nightdesk.ledger.model import Head
from tests.builders.ledger import ACCOUNT, RECORDED, TENANT, new_account
from tests.fakes.anchors import signed

ONCE = Config(region_name="eu-central-1", retries={"max_attempts": 1, "mode": "standard"})
BUCKET = "anchors"


@pytest.fixture(autouse=True)
def _cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield


def made_key(spec: str) -> KmsAnchorSigner:
    client = boto3.client("kms", config=ONCE)
    key = client.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")  # type: ignore[arg-type]
    return KmsAnchorSigner(client, key["KeyMetadata"]["KeyId"])


def made_vault() -> S3AnchorVault:
    client = boto3.client("s3", config=ONCE)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return S3AnchorVault(client, BUCKET)


def anchor(sequence: int) -> Anchor:
    return signed(TENANT, ACCOUNT, Head(sequence, bytes([sequence % 256]) * 32), RECORDED)


def test_signature_of_kms_is_checked_without_it() -> None:
    signer = made_key("RSA_2048")
    signature = signer.sign(b"the end of a chain")
    assert signer.key().signed(b"the end of a chain", signature)
    assert not signer.key().signed(b"another end", signature)


def test_key_of_another_kind_signs_nothing() -> None:
    with pytest.raises(Broken) as refusal:
        made_key("ECC_NIST_P256").key()
    assert refusal.value.code == "anchors.key_unfit"


def test_newest_anchor_is_the_one_of_the_highest_sequence() -> None:
    vault = made_vault()
    assert vault.newest(TENANT, ACCOUNT) is None
    for sequence in (9, 100, 20):
        vault.put(anchor(sequence))
    vault.put(replace(anchor(5000), account_id=new_account()))
    newest = vault.newest(TENANT, ACCOUNT)
    assert newest == anchor(100)
    assert newest.holds


def test_bucket_or_key_that_is_away_is_told() -> None:
    away = S3AnchorVault(boto3.client("s3", config=ONCE), "nowhere")
    with pytest.raises(Unavailable):
        away.put(anchor(1))
    with pytest.raises(Unavailable):
        away.newest(TENANT, ACCOUNT)
    with pytest.raises(Unavailable):
        KmsAnchorSigner(boto3.client("kms", config=ONCE), "none").sign(b"x")
