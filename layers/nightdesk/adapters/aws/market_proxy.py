"""The market proxy as a function that is invoked and waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from nightdesk.candles.model import Candle
from nightdesk.candles.proxying import BarsWish
from nightdesk.contracts.market_proxy import BarsAnswer, bars_of, request_of, unavailable
from nightdesk.kernel.ids import CorrelationId

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class LambdaVenueBars:
    """`VenueBars` by synchronous invocation."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def bars(self, wish: BarsWish, correlation_id: CorrelationId) -> Sequence[Candle]:
        """Bars that begin in the range, oldest first."""
        payload = request_of(wish, correlation_id).model_dump_json().encode()
        try:
            said = self._client.invoke(FunctionName=self._function, InvocationType="RequestResponse", Payload=payload)
            body = said["Payload"].read()
            answer = BarsAnswer.model_validate_json(body)
        except (BotoCoreError, ClientError, ValidationError):
            raise unavailable() from None
        return bars_of(answer)
