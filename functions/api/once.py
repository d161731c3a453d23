"""Idempotency keys: the same request sent again gets the first one's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyPersistenceLayerError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from nightdesk.kernel.errors import Conflict, Unavailable
from nightdesk.kernel.ids import TenantId

REMEMBERED_S: Final = 24 * 3600
Answer = dict[str, Any]


class Once(Protocol):
    """Runs something once for a tenant's key."""

    def __call__(
        self, tenant_id: TenantId, key: str, wanted: str, act: Callable[[], Answer], invocation: LambdaContext
    ) -> Answer:
        """What `act` answers, or answered when the key was first used.

        Args:
            tenant_id: Keys of different tenants are different keys.
            key: The caller's.
            wanted: A digest of what is asked; the same key for something else is refused.
            act: Answers something that JSON can hold; raising forgets the key.
            invocation: Tells how long a first attempt may still be running.

        Raises:
            Conflict: `idempotency.in_progress`, `idempotency.key_reused`.
            Unavailable: `cache.unavailable`.
        """
        ...


class RememberedOnce:
    """Remembers answers in Powertools' persistence layer (Valkey) for a day."""

    def __init__(self, store: BasePersistenceLayer) -> None:
        self._store = store

    def __call__(
        self, tenant_id: TenantId, key: str, wanted: str, act: Callable[[], Answer], invocation: LambdaContext
    ) -> Answer:
        """What `act` answers, or answered when the key was first used."""
        config = IdempotencyConfig(expires_after_seconds=REMEMBERED_S, hash_function="sha256")
        config.register_lambda_context(invocation)

        def run(*, naming: dict[str, str]) -> Answer:  # noqa: ARG001 Powertools reads it
            return {"wanted": wanted, "answer": act()}

        remembered = idempotent_function(
            run, data_keyword_argument="naming", persistence_store=self._store, config=config, key_prefix="idempotency"
        )
        return _checked(_translated(lambda: remembered(naming={"tenant": str(tenant_id), "key": key})), wanted)


def _translated(call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except IdempotencyAlreadyInProgressError:
        message = "The first request with this Idempotency-Key is still running."
        raise Conflict("idempotency.in_progress", message, retry_after_s=1) from None
    except IdempotencyPersistenceLayerError as error:
        raise Unavailable("cache.unavailable", "The cache does not answer.", retry_after_s=1) from error


def _checked(remembered: Answer, wanted: str) -> Answer:
    if remembered["wanted"] != wanted:
        raise Conflict("idempotency.key_reused", "This Idempotency-Key was used for another request.")
    answer: Answer = remembered["answer"]
    return answer
