"""The hourly refresh where nobody has given it an application id yet."""

import pytest

from functions.fx_refresh.wiring import PLACEHOLDER, first_source
from functions.marketcaps_refresh import wiring as caps
from nightdesk.runtime.settings import Settings
from stacks import parameters

HERE = Settings(fx_secret="nightdesk/fx", caps_secret="nightdesk/caps", venues_route="direct")


class Secrets:
    """Holds one text for whatever is asked."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_secret_value(self, *, SecretId: str) -> dict[str, object]:  # noqa: N803, ARG002
        return {"SecretString": self.text}


@pytest.mark.parametrize("text", ["", " ", PLACEHOLDER, f"{PLACEHOLDER}\n"])
def test_without_what_a_source_wants_it_is_not_asked(text: str) -> None:
    assert first_source(HERE, Secrets(text)) is None
    assert caps.caps_source(HERE, Secrets(text)) is None


def test_with_it_there_is_a_source() -> None:
    source = first_source(HERE, Secrets("an-id"))
    assert source is not None
    assert source.name == "openexchangerates"
    assert caps.caps_source(HERE, Secrets("a-key")) is not None


def test_the_placeholder_is_the_one_that_is_deployed() -> None:
    assert PLACEHOLDER == caps.PLACEHOLDER == parameters.FX_PLACEHOLDER
