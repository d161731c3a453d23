"""The keys that secrets of users are sealed with: in KMS, or in a file on one machine."""

from __future__ import annotations

from pathlib import Path

import boto3

from nightdesk.accounts.custody import KeyWrapper
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.aws.kms import KmsKeyWrapper
from nightdesk.adapters.vault.key_file import FileKeyWrapper
from nightdesk.runtime.settings import SettingMissing


def key_wrapper(place: str) -> KeyWrapper:
    """The wrapping key that the setting names.

    Raises:
        SettingMissing: It names neither KMS nor a file.
    """
    kind, _, where = place.partition(":")
    if kind == "kms" and where:
        return KmsKeyWrapper(boto3.client("kms", config=QUICK), where)
    if kind == "file" and where:
        return FileKeyWrapper(Path(where))
    raise SettingMissing("The setting of a key must be kms:<key arn> or file:<path>.")
