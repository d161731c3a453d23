"""The catalogue of functions, checks of expressions, and the user's formulas; nothing is computed here."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.indicators import (
    ExpressionShape,
    FormulaList,
    FormulaShape,
    FunctionList,
    PutFormula,
    expression_shape,
    formula_of,
    formula_shape,
    function_shape,
)
from nightdesk.indicators.catalogue import catalogue
from nightdesk.indicators.limits import CHARACTERS_MAX

Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Text = Annotated[str, Query(min_length=1, max_length=CHARACTERS_MAX, examples=["RSI(BINANCE:BTC/USDT,15m,14)"])]

router = new_router()


@router.get("/indicators", summary="Every function", tags=["indicators"])
def list_functions(caller: OurCaller) -> FunctionList:
    """What expressions can be made of: TA-Lib's functions with inputs, parameters and outputs."""
    caller.require("read", "Candle")
    return FunctionList(items=[function_shape(each) for each in catalogue().values()])


@router.get("/indicators/expression", summary="What an expression means", tags=["indicators"])
def read_expression(text: Text, desk: OurDesk, caller: OurCaller) -> ExpressionShape:
    """Its canonical text, or where it goes wrong."""
    caller.require("read", "Formula")
    return expression_shape(desk.formulas.parse(caller.tenant_id, text))


@router.get("/formulas", summary="The user's formulas", tags=["indicators"])
def list_formulas(desk: OurDesk, caller: OurCaller) -> FormulaList:
    """The newest version of each, by name."""
    caller.require("read", "Formula")
    return FormulaList(items=[formula_shape(each) for each in desk.formulas.all(caller.tenant_id)])


@router.get("/formulas/<name>", summary="Every version of a formula", tags=["indicators"])
def list_versions(name: Name, desk: OurDesk, caller: OurCaller) -> FormulaList:
    """Oldest first."""
    caller.require("read", "Formula")
    return FormulaList(items=[formula_shape(each) for each in desk.formulas.versions(caller.tenant_id, name)])


@router.put("/formulas/<name>", summary="Make or change a formula", tags=["indicators"])
def put_formula(name: Name, wanted: PutFormula, *, desk: OurDesk, caller: OurCaller) -> FormulaShape:
    """A new version of it; sent twice it is one version."""
    caller.require("update", "Formula")
    made = desk.formulas.put(caller.tenant_id, formula_of(name, wanted), replaces=wanted.replaces)
    return formula_shape(made)


@router.delete("/formulas/<name>", summary="Remove a formula", tags=["indicators"], status_code=HTTPStatus.NO_CONTENT)
def remove_formula(name: Name, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """Its versions stay; what was made with it keeps what it means."""
    caller.require("delete", "Formula")
    desk.formulas.remove(caller.tenant_id, name)
    return Response(HTTPStatus.NO_CONTENT)
