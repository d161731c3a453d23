"""One suite for every wrapping key: the local file, and KMS as moto plays it (it refuses another context)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from nightdesk.accounts.custody import KeyWrapper
from nightdesk.accounts.model import AccountRef, Credential
from nightdesk.adapters.aws.kms import KmsKeyWrapper
from nightdesk.adapters.vault.key_file import FileKeyWrapper, make_key_file
from nightdesk.adapters.vault.sealing import EnvelopeVault
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Broken
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from tests.fakes.clock import NOON

CONTEXT = {"tenant": "one", "account": "two"}
CREDENTIAL = Credential("the-key", "the-secret-⚿", ip_bound=True)
ACCOUNT = AccountRef(
    tenant_id=TenantId(uuid4()),
    account_id=AccountId(uuid4()),
    venue=VenueId("binance"),
    correlation_id=CorrelationId("correlation-1"),
)


@pytest.fixture(params=["file", "kms"])
def wrapper(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyWrapper]:
    if request.param == "file":
        make_key_file(tmp_path / "vault.key")
        yield FileKeyWrapper(tmp_path / "vault.key")
        return
    with mock_aws():
        client = boto3.client("kms", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
        yield KmsKeyWrapper(client, client.create_key()["KeyMetadata"]["Arn"])


def test_unwraps_what_it_wrapped(wrapper: KeyWrapper) -> None:
    data_key, wrapped = wrapper.new_key(CONTEXT)
    assert len(data_key) == 32
    assert data_key not in wrapped
    assert wrapper.unwrap(wrapped, CONTEXT) == data_key


def test_every_key_is_new(wrapper: KeyWrapper) -> None:
    keys = {wrapper.new_key(CONTEXT)[0] for _ in range(20)}
    assert len(keys) == 20


@pytest.mark.parametrize("context", [{"tenant": "one", "account": "three"}, {"tenant": "one"}, {}])
def test_refuses_another_context(wrapper: KeyWrapper, context: dict[str, str]) -> None:
    _, wrapped = wrapper.new_key(CONTEXT)
    with pytest.raises(Broken) as error:
        wrapper.unwrap(wrapped, context)
    assert error.value.code == "vault.tampered"


def test_refuses_changed_bytes(wrapper: KeyWrapper) -> None:
    _, wrapped = wrapper.new_key(CONTEXT)
    with pytest.raises(Broken) as error:
        wrapper.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), CONTEXT)
    assert error.value.code == "vault.tampered"


def test_credential_opens_for_its_account_only(wrapper: KeyWrapper) -> None:
    vault = EnvelopeVault(wrapper)
    sealed = vault.seal(ACCOUNT, CREDENTIAL, NOON)
    assert vault.open(ACCOUNT, sealed) == CREDENTIAL
    for other in (replace(ACCOUNT, account_id=AccountId(uuid4())), replace(ACCOUNT, tenant_id=TenantId(uuid4()))):
        with pytest.raises(Broken):
            vault.open(other, sealed)


@pytest.mark.parametrize("part", ["ciphertext", "nonce", "wrapped_key"])
def test_changed_credential_does_not_open(wrapper: KeyWrapper, part: str) -> None:
    vault = EnvelopeVault(wrapper)
    sealed = vault.seal(ACCOUNT, CREDENTIAL, NOON)
    held: bytes = getattr(sealed, part)
    changed = bytes([held[-1] ^ 1])
    with pytest.raises(Broken):
        vault.open(ACCOUNT, replace(sealed, **{part: held[:-1] + changed}))  # type: ignore[arg-type]


def test_same_credential_never_looks_the_same(wrapper: KeyWrapper) -> None:
    vault = EnvelopeVault(wrapper)
    first, second = (vault.seal(ACCOUNT, CREDENTIAL, NOON) for _ in range(2))
    assert first.ciphertext != second.ciphertext
    assert CREDENTIAL.secret.encode() not in first.ciphertext
    assert first.key_source == wrapper.source
