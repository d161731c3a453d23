"""Every function is traced, keeps its logs for a time, and runs on the runtime that layers are built for."""

from typing import NoReturn

from stacks import parameters
from stacks.api_stack import ANALYTICS_ROUTES, WEBHOOK_ROUTES
from tests.stacks.assembly import Assembly

NAMES_OF_KEYS = {"NIGHTDESK_VAULT_KEY", "NIGHTDESK_ALERTS_KEY", "NIGHTDESK_ANCHORS_KEY"}


def _not_called() -> NoReturn:
    raise AssertionError


def test_functions_are_traced_and_limited(assembly: Assembly) -> None:
    own = [props for _, _, props in assembly.resources("AWS::Lambda::Function") if "FunctionName" in props]
    for properties in own:
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert properties["Runtime"] == "python3.13"
        assert properties["Timeout"] <= 300
        assert properties["LoggingConfig"]["LogGroup"]


def test_every_log_group_forgets(assembly: Assembly) -> None:
    groups = [props for _, _, props in assembly.resources("AWS::Logs::LogGroup")]
    assert groups
    assert all(props.get("RetentionInDays", 0) > 0 for props in groups)


def test_environment_holds_no_password(assembly: Assembly) -> None:
    for _, name, properties in assembly.resources("AWS::Lambda::Function"):
        variables = properties.get("Environment", {}).get("Variables", {})
        assert not [
            key for key in variables if "PASSWORD" in key or (key.endswith("_KEY") and key not in NAMES_OF_KEYS)
        ], name


def test_webhook_resources_are_the_routes_of_the_chalice_application() -> None:
    from functions.webhooks.app import make_app  # noqa: PLC0415 - the one place where stacks and runtime meet

    app = make_app(_not_called, _not_called)
    known = {(method, path) for path, methods in app.routes.items() for method in methods}
    assert known == set(WEBHOOK_ROUTES)


def test_analytics_resources_are_the_operations_of_its_contract() -> None:
    from nightdesk.contracts.api.analytics import OPERATIONS  # noqa: PLC0415 - as above

    assert {(each.method, each.path) for each in OPERATIONS} == set(ANALYTICS_ROUTES)


def test_database_roles_are_those_that_the_migration_makes() -> None:
    from nightdesk.adapters.postgres.migrate import ROLES  # noqa: PLC0415 - as above

    assert set(parameters.DATABASE_ROLES) == set(ROLES)
