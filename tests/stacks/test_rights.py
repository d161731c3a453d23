"""Who may do what: least rights for every role, and the vault's key for one function and one service only."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tests.stacks.assembly import Assembly

NO_RESOURCE = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}
APPLICATIONS = {"accounts", "alerts", "trading", "api", "identity", "marketdata", "messaging"}
DECRYPTING = {"kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:*", "*"}


def statements(assembly: Assembly, stacks: Collection[str] = APPLICATIONS) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each statement of the stacks' identity policies, with the roles it is attached to."""
    for stack, _, properties in assembly.resources("AWS::IAM::Policy"):
        if stack in stacks:
            for statement in properties["PolicyDocument"]["Statement"]:
                yield json.dumps(properties["Roles"]), statement


def actions(statement: Mapping[str, Any]) -> set[str]:
    said = statement["Action"]
    return {said} if isinstance(said, str) else set(said)


def test_no_action_is_a_wildcard(assembly: Assembly) -> None:
    for roles, statement in statements(assembly):
        assert not [action for action in actions(statement) if "*" in action], roles


def test_only_actions_that_know_no_resource_are_allowed_on_all(assembly: Assembly) -> None:
    for roles, statement in statements(assembly):
        if statement["Resource"] == "*":
            assert actions(statement) <= NO_RESOURCE, roles


def test_exactly_the_gateway_the_account_streamer_and_the_alerts_sender_may_decrypt(assembly: Assembly) -> None:
    may = [(roles, said) for roles, said in statements(assembly, assembly.stacks()) if actions(said) & DECRYPTING]
    (gateway,) = [said for roles, said in may if "ExchangeGatewayFunctionRole" in roles]
    (streamer,) = [said for roles, said in may if "AccountStreamerRole" in roles]
    (sender,) = [said for roles, said in may if "AlertsSendFunctionRole" in roles]
    assert len(may) == 3
    assert "AddressKey" in json.dumps(sender["Resource"])  # a key of its own: it opens no credential
    assert "VaultKey" in json.dumps(gateway["Resource"])
    assert actions(streamer) == {"kms:Decrypt"}
    assert streamer["Condition"] == {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/nightdesk-vault"}}
    aliases = {
        props["AliasName"]: json.dumps(props["TargetKeyId"]) for _, _, props in assembly.resources("AWS::KMS::Alias")
    }
    assert aliases.keys() == {"alias/nightdesk-vault", "alias/nightdesk-alerts"}
    assert "VaultKey" in aliases["alias/nightdesk-vault"]


def test_the_key_of_addresses_is_used_by_the_sender_only_and_only_with_the_context(assembly: Assembly) -> None:
    (key,) = [props for _, name, props in assembly.resources("AWS::KMS::Key") if name.startswith("AddressKey")]
    (sender,) = [each for each in key["KeyPolicy"]["Statement"] if actions(each) & DECRYPTING]
    assert "AlertsSendFunctionRole" in json.dumps(sender["Principal"])
    demanded = {"kms:EncryptionContext:tenant": "false", "kms:EncryptionContext:channel": "false"}
    assert sender["Condition"] == {"Null": demanded}


def test_the_keys_policy_lets_only_these_two_use_it_and_only_with_the_context(assembly: Assembly) -> None:
    (key,) = [props for _, name, props in assembly.resources("AWS::KMS::Key") if name.startswith("VaultKey")]
    gateway, streamer = [each for each in key["KeyPolicy"]["Statement"] if actions(each) & DECRYPTING]
    assert "ExchangeGatewayFunctionRole" in json.dumps(gateway["Principal"])
    assert actions(streamer) == {"kms:Decrypt"}
    (role,) = [
        props for _, name, props in assembly.resources("AWS::IAM::Role") if name.startswith("AccountStreamerRole")
    ]
    named = json.dumps(streamer["Condition"]["ArnEquals"]["aws:PrincipalArn"])
    assert named.endswith(f':role/{role["RoleName"]}"]]}}')
    demanded = {"kms:EncryptionContext:tenant": "false", "kms:EncryptionContext:account": "false"}
    assert [each["Condition"]["Null"] for each in (gateway, streamer)] == [demanded, demanded]


def test_no_role_has_rights_that_stand_elsewhere(assembly: Assembly) -> None:
    for stack, name, properties in assembly.resources("AWS::IAM::Role"):
        assert not properties.get("Policies"), (stack, name)  # what these tests read is all there is


def test_every_function_has_a_role_of_its_own(assembly: Assembly) -> None:
    roles = [
        json.dumps(props["Role"])
        for stack, _, props in assembly.resources("AWS::Lambda::Function")
        if stack in APPLICATIONS
    ]
    assert len(roles) == len(set(roles))


def test_database_secrets_are_read_only_by_those_who_need_them(assembly: Assembly) -> None:
    readers: dict[str, set[str]] = {}
    for roles, statement in statements(assembly):
        for role in ("master", "owner", "app", "gateway", "outbox", "alerts"):
            if f"nightdesk/database/{role}-" in json.dumps(statement["Resource"]):
                readers.setdefault(role, set()).add(roles.split("FunctionRole")[0].split('"')[-1])
    given = {
        name: {
            roles.split("FunctionRole")[0].split('"')[-1]
            for roles, statement in statements(assembly)
            if f"nightdesk/{name}/" in json.dumps(statement["Resource"])
        }
        for name in ("fx", "caps")
    }
    assert readers["master"] == {"SchemaMigrate"}
    assert readers["owner"] == {"SchemaMigrate"}
    assert readers["gateway"] == {"SchemaMigrate", "ExchangeGateway"}
    assert given == {"fx": {"FxRefresh"}, "caps": {"MarketcapsRefresh"}}
    assert readers["outbox"] == {
        "SchemaMigrate",
        "OutboxPublish",
        "AccountsRefresh",
        "FilesImport",
        "LedgerAnchor",
        "OrdersReconcile",
        "ActionsRun",
        "RulesEvaluate",
        "AlertsWatch",
    }
    assert readers["alerts"] == {"SchemaMigrate", "AlertsSend"}


def test_no_policy_managed_by_aws_is_attached(assembly: Assembly) -> None:
    for stack, name, properties in assembly.resources("AWS::IAM::Role"):
        if stack in APPLICATIONS:
            managed = json.dumps(properties.get("ManagedPolicyArns", []))
            assert "LambdaVPCAccess" not in managed, name
            assert managed == "[]" or name.startswith("RestApi"), name
