"""Templates: strategies of a few parameters, made into rule sets that trade by themselves.

Entries and exits are rule sets of their own, each gated by what the account holds: a purchase that came through makes
its own rules false. So a strategy goes on after any interruption with what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import Instrument, parse_instrument
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import parse_amount
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.actions import Action
from nightdesk.rules.model import Condition, Mode, Rule, RuleSet

_IDS: Final = UUID("5c1f3e0a-86a4-4d0e-9a53-0a1f6d7e2b91")


class Kind(StrEnum):
    """What a parameter's text means."""

    INSTRUMENT = "instrument"
    ACCOUNT = "account"
    RESOLUTION = "resolution"
    INTEGER = "integer"
    DECIMAL = "decimal"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One of a template's parameters.

    Attributes:
        default: None must be given.
        least: Allowed itself, as `most` is.
    """

    name: str
    label: str
    description: str
    kind: Kind
    default: str | None = None
    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule set of a strategy, not anybody's yet; it may fire again and again."""

    name: str
    rules: tuple[Rule, ...]
    actions: tuple[Action, ...]
    repeating: bool = True
    cooldown: timedelta = timedelta(0)

    def rule_set(self, tenant_id: TenantId) -> RuleSet:
        """The rule set as a draft of the tenant's."""
        return RuleSet(
            rule_set_id=RuleSetId(uuid5(_IDS, f"{tenant_id}:{self.name}")),
            tenant_id=tenant_id,
            portfolio_id=tenant_id,
            name=self.name,
            version=1,
            mode=Mode.DRAFT,
            rules=self.rules,
            actions=self.actions,
            repeating=self.repeating,
            cooldown=self.cooldown,
        )


@dataclass(frozen=True, slots=True)
class Given:
    """A template's parameters, each of the kind that its description says, within its limits."""

    texts: Mapping[str, str]

    @property
    def instrument(self) -> Instrument:
        """The market that is traded."""
        return parse_instrument(self.texts["instrument"])

    @property
    def account(self) -> AccountId:
        """Where it is traded."""
        return AccountId(UUID(self.texts["account"]))

    @property
    def resolution(self) -> Resolution:
        """Of the bars that are looked at."""
        return Resolution(self.texts["resolution"])

    def amount(self, name: str) -> Decimal:
        """A number."""
        return parse_amount(self.texts[name])

    def count(self, name: str) -> int:
        """A whole number."""
        return int(self.texts[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A strategy of few parameters.

    Attributes:
        check: Refuses parameters that don't go together.
    """

    template: str
    name: str
    description: str
    parameters: Sequence[Parameter]
    make: Callable[[Given], Sequence[Draft]]
    check: Callable[[Given], None] = field(default=lambda _: None)

    def rule_sets(self, tenant_id: TenantId, texts: Mapping[str, str]) -> list[RuleSet]:
        """The rule sets that the parameters make.

        Raises:
            InvalidInput: `templates.parameter_…`; the message begins with the parameter's name.
        """
        given = Given(self.complete(texts))
        self.check(given)
        return [draft.rule_set(tenant_id) for draft in self.make(given)]

    def complete(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Every parameter, checked; those left out as they are by default."""
        unknown = texts.keys() - {each.name for each in self.parameters}
        if unknown:
            raise InvalidInput("templates.parameter_unknown", f"{min(unknown)[:60]}: {self.template} has no such one.")
        return {each.name: _checked(each, texts.get(each.name, each.default)) for each in self.parameters}


def rule(name: str, condition: Condition) -> tuple[Rule, ...]:
    """The one rule of a set."""
    return (Rule(name, condition),)


def refuse(name: str, message: str) -> InvalidInput:
    """What is raised when a parameter can't be meant."""
    return InvalidInput("templates.parameter_invalid", f"{name}: {message}")


def template_of(templates: Mapping[str, Template], key: str) -> Template:
    """The template of this name.

    Raises:
        NotFound: `templates.not_found`.
    """
    if key not in templates:
        raise NotFound("templates.not_found", f"There is no template {key[:60]!r}.")
    return templates[key]


def _checked(parameter: Parameter, text: str | None) -> str:
    if text is None:
        raise InvalidInput("templates.parameter_missing", f"{parameter.name}: This must be given.")
    try:
        _READ[parameter.kind](text)
    except (ValueError, InvalidInput):
        raise refuse(parameter.name, f"{text[:60]!r} is no {parameter.kind}.") from None
    if parameter.kind in _NUMBERS:
        _check_range(parameter, parse_amount(text))
    return text


def _check_range(parameter: Parameter, number: Decimal) -> None:
    if parameter.least is not None and number < parameter.least:
        raise refuse(parameter.name, f"This is at least {parameter.least}.")
    if parameter.most is not None and number > parameter.most:
        raise refuse(parameter.name, f"This is at most {parameter.most}.")


_READ: Final[Mapping[Kind, Callable[[str], object]]] = {
    Kind.INSTRUMENT: parse_instrument,
    Kind.ACCOUNT: UUID,
    Kind.RESOLUTION: Resolution,
    Kind.INTEGER: int,
    Kind.DECIMAL: parse_amount,
    Kind.RATIO: parse_amount,
}
_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.RATIO})
