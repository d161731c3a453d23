"""A deposit that is struck from the venue's books, as if it had never been."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fargate.paper_exchange.engine.errors import InsufficientBalance, UnknownTransfer
from fargate.paper_exchange.engine.funding import Movement
from fargate.paper_exchange.engine.model import TransferKind
from fargate.paper_exchange.engine.store.history import FOREVER_MS

if TYPE_CHECKING:
    from .conftest import Desk


@pytest.mark.parametrize(("kind", "left"), [(TransferKind.DEPOSIT, "10"), (TransferKind.WITHDRAWAL, "10")])
def test_a_struck_transfer_is_told_no_more_and_balances_move_back(desk: Desk, kind: TransferKind, left: str) -> None:
    account = desk.account(ETH="10")
    made = desk.exchange.funding.transfer(account.account_id, Movement(kind, "ETH", Decimal(3), Decimal(0)))
    assert desk.exchange.funding.strike(account.account_id, made.transfer_id) == made
    assert desk.free(account, "ETH") == Decimal(left)
    assert made not in desk.exchange.store.history.transfers(account.account_id, kind, (0, FOREVER_MS))
    with pytest.raises(UnknownTransfer):
        desk.exchange.funding.strike(account.account_id, made.transfer_id)


def test_a_deposit_that_was_spent_stays(desk: Desk) -> None:
    account = desk.account()
    made = desk.exchange.funding.transfer(account.account_id, Movement(TransferKind.DEPOSIT, "ETH", Decimal(3)))
    desk.exchange.funding.transfer(account.account_id, Movement(TransferKind.WITHDRAWAL, "ETH", Decimal(2)))
    with pytest.raises(InsufficientBalance):
        desk.exchange.funding.strike(account.account_id, made.transfer_id)
    deposits = desk.exchange.store.history.transfers(account.account_id, TransferKind.DEPOSIT, (0, FOREVER_MS))
    assert made in deposits
