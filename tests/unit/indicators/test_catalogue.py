"""The catalogue is what TA-Lib itself says."""

import talib

from nightdesk.indicators.catalogue import PERIOD_MAX, catalogue
from nightdesk.indicators.describe import row_of


def test_every_function_is_in_the_catalogue_as_the_library_describes_it() -> None:
    assert sorted(catalogue()) == sorted(talib.get_functions())
    for name, function in catalogue().items():
        told = row_of(name, function.warm_up)  # measuring warm-ups takes seconds; a property holds them
        assert [(each.name, each.field) for each in function.inputs] == [
            (each["name"], each["field"]) for each in told["inputs"]
        ]
        assert [(each.name, each.default, each.lowest, each.highest) for each in function.parameters] == [
            (each["name"], each["default"], each["lowest"], each["highest"]) for each in told["parameters"]
        ]
        assert (list(function.outputs), list(function.styles)) == (told["outputs"], told["styles"])
        assert (function.overlay, function.pattern, function.group) == (told["overlay"], told["pattern"], told["group"])


def test_parameters_have_ranges_in_which_their_defaults_lie() -> None:
    for function in catalogue().values():
        for parameter in function.parameters:
            assert parameter.lowest <= parameter.default <= parameter.highest
            assert not parameter.whole or parameter.highest <= PERIOD_MAX


def test_averages_are_chosen_by_name() -> None:
    kind = catalogue()["BBANDS"].parameters[-1]
    assert kind.choices[:4] == ("SMA", "EMA", "WMA", "DEMA")
    assert len(kind.choices) == kind.highest + 1
