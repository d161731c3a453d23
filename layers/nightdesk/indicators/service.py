"""The user's own formulas: made, changed, removed, used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.formula import Formula, Formulas
from nightdesk.indicators.language import check_formula, parse
from nightdesk.indicators.model import Expression
from nightdesk.indicators.ports import FormulaStore, FormulaUnits, FormulaVersion
from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import Clock

FORMULAS_MAX: Final = 200


class FormulaService:
    """Keeps formulas; each change is a version, and no change may break a formula that uses another."""

    def __init__(self, units: FormulaUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def all(self, tenant_id: TenantId) -> list[FormulaVersion]:
        """The newest version of every formula that there is, by name."""
        with self._units(tenant_id) as store:
            return [version for version in store.current(tenant_id) if version.formula is not None]

    def versions(self, tenant_id: TenantId, name: str) -> Sequence[FormulaVersion]:
        """Every version of one formula, oldest first.

        Raises:
            NotFound: `indicators.formula_not_found`.
        """
        with self._units(tenant_id) as store:
            versions = store.versions(tenant_id, name)
        if not versions:
            raise _not_found(name)
        return versions

    def put(self, tenant_id: TenantId, formula: Formula, *, replaces: int) -> FormulaVersion:
        """Make a formula, or change the one of this name; the same again changes nothing.

        Args:
            tenant_id: Whose.
            formula: As it shall be.
            replaces: The version that the caller has seen; 0 for a new one.

        Raises:
            ExpressionError: It is no formula, or one that uses it could not be computed any more.
            Conflict: `indicators.formula_changed`: it has another version.
            InvalidInput: `indicators.too_many_formulas`.
        """
        with self._units(tenant_id) as store:
            known = {version.name: version for version in store.current(tenant_id)}
            present = known.get(formula.name)
            if present is not None and present.formula == formula:
                return present
            formulas = _formulas(known.values()) | {formula.name: formula}
            if len(formulas) > FORMULAS_MAX:
                raise InvalidInput("indicators.too_many_formulas", f"There may be {FORMULAS_MAX} formulas.")
            _check(formula, formulas)
            return self._add(store, tenant_id, _after(present, formula.name, replaces), formula)

    def remove(self, tenant_id: TenantId, name: str) -> None:
        """Remove a formula; its versions stay.

        Raises:
            NotFound: `indicators.formula_not_found`.
            Conflict: `indicators.formula_used`: by another formula.
        """
        with self._units(tenant_id) as store:
            known = {version.name: version for version in store.current(tenant_id)}
            present = known.get(name)
            if present is None or present.formula is None:
                raise _not_found(name)
            left = _formulas(version for version in known.values() if version.name != name)
            for other in left.values():
                _require_whole(other, left, name)
            self._add(store, tenant_id, (name, present.version + 1), None)

    def parse(self, tenant_id: TenantId, text: str) -> Expression:
        """The expression that a text is, with the tenant's formulas.

        Raises:
            ExpressionError: It is none.
        """
        return parse(text, self.formulas(tenant_id))

    def formulas(self, tenant_id: TenantId) -> Formulas:
        """What the tenant's expressions may use."""
        return _formulas(self.all(tenant_id))

    def _add(
        self, store: FormulaStore, tenant_id: TenantId, numbered: tuple[str, int], formula: Formula | None
    ) -> FormulaVersion:
        version = FormulaVersion(*numbered, formula, self._clock.now())
        store.add(tenant_id, version)
        return version


def _formulas(versions: Iterable[FormulaVersion]) -> dict[str, Formula]:
    return {version.name: version.formula for version in versions if version.formula is not None}


def _after(present: FormulaVersion | None, name: str, replaces: int) -> tuple[str, int]:
    """Name and number of the version after the one that the caller has seen."""
    newest = 0 if present is None else present.version
    seen = 0 if present is None or present.formula is None else present.version
    if replaces != seen:
        raise Conflict("indicators.formula_changed", f"The formula {name} was changed meanwhile; look at it again.")
    return name, newest + 1


def _check(formula: Formula, formulas: dict[str, Formula]) -> None:
    """The formula, and those that use it, which must not break by it."""
    check_formula(formula, formulas)
    for other in formulas.values():
        try:
            check_formula(other, formulas)
        except ExpressionError as error:
            message = f"{other.name}, which uses it, would be broken: {error.reason}"
            raise ExpressionError(error.code, message, error.position) from None


def _require_whole(formula: Formula, left: Formulas, name: str) -> None:
    try:
        check_formula(formula, left)
    except ExpressionError:
        raise Conflict("indicators.formula_used", f"{formula.name} uses {name}; change it first.") from None


def _not_found(name: str) -> NotFound:
    return NotFound("indicators.formula_not_found", f"There is no formula {name[:40]!r}.")
