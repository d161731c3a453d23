"""What templates refuse."""

import pytest

from nightdesk.kernel.errors import InvalidInput
from nightdesk.rules.templates_made import TEMPLATES
from tests.builders.replays import ACCOUNT, TENANT

WRONG = [
    ("rsi", {"colour": "red"}, "colour"),
    ("rsi", {"period": "many"}, "period"),
    ("rsi", {"period": "1"}, "period"),
    ("rsi", {"period": "201"}, "period"),
    ("rsi", {"resolution": "7m"}, "resolution"),
    ("rsi", {"buy_below": "70"}, "sell_above"),
    ("moving_averages", {"fast": "26"}, "slow"),
    ("grid", {"lower": "100", "upper": "100"}, "upper"),
    ("grid", {"lower": "0", "upper": "100"}, "upper"),
]


@pytest.mark.parametrize(("template", "given", "place"), WRONG)
def test_parameters_that_can_not_be_meant_are_refused(template: str, given: dict[str, str], place: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{place}: "):
        TEMPLATES[template].rule_sets(TENANT, {"account": str(ACCOUNT), **given})


def test_a_strategy_goes_without_a_stop() -> None:
    made = TEMPLATES["rsi"].rule_sets(TENANT, {"account": str(ACCOUNT)})
    assert [each.name for each in made] == ["RSI BTC/USDT: entry", "RSI BTC/USDT: exit"]
