"""The wrapping key in KMS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from nightdesk.adapters.aws.errors import error_code
from nightdesk.kernel.errors import Broken, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


class KmsKeyWrapper:
    """Wraps data keys with a KMS key under an encryption context of tenant and account."""

    def __init__(self, client: KMSClient, key_arn: str) -> None:
        self._client = client
        self._key_arn = key_arn

    @property
    def source(self) -> str:
        """`kms:` and the key's ARN."""
        return f"kms:{self._key_arn}"

    def new_key(self, context: dict[str, str]) -> tuple[bytes, bytes]:
        """A fresh data key, and KMS's ciphertext of it.

        Raises:
            Unavailable: `vault.unavailable`.
        """
        try:
            answer = self._client.generate_data_key(KeyId=self._key_arn, KeySpec="AES_256", EncryptionContext=context)
        except (BotoCoreError, ClientError):
            raise _unavailable() from None
        return answer["Plaintext"], answer["CiphertextBlob"]

    def unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        """The data key.

        Raises:
            Unavailable: `vault.unavailable`.
            Broken: `vault.tampered`.
        """
        try:
            answer = self._client.decrypt(KeyId=self._key_arn, CiphertextBlob=wrapped, EncryptionContext=context)
        except ClientError as error:
            if error_code(error) in {"InvalidCiphertextException", "IncorrectKeyException"}:
                raise Broken(
                    "vault.tampered", "A wrapped key does not open: it was changed, or belongs elsewhere."
                ) from None
            raise _unavailable() from None
        except BotoCoreError:
            raise _unavailable() from None
        return answer["Plaintext"]


def _unavailable() -> Unavailable:
    return Unavailable("vault.unavailable", "The key service does not answer.")
