"""The hourly refresh where nobody has given it an application id yet."""

import pytest

from functions.fx_refresh.wiring import PLACEHOLDER, refresher
from nightdesk.runtime.settings import Settings
from stacks import parameters


class Secrets:
    """Holds one text for whatever is asked."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_secret_value(self, *, SecretId: str) -> dict[str, object]:  # noqa: N803, ARG002
        return {"SecretString": self.text}


@pytest.mark.parametrize("text", ["", " ", PLACEHOLDER, f"{PLACEHOLDER}\n"])
def test_without_an_application_id_nothing_is_asked_or_kept(text: str) -> None:
    here = Settings(fx_secret="nightdesk/fx", venues_route="direct")
    assert refresher(here, Secrets(text))() is None


def test_the_placeholder_is_the_one_that_is_deployed() -> None:
    assert PLACEHOLDER == parameters.FX_PLACEHOLDER
