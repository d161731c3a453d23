"""Make the local cloud what the applications expect: values and secrets, stacks, schema, the demo user."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from stacks import parameters
from stacks.local.cloud import ACCOUNT, REGION, LocalCloud
from stacks.local.deploy import Deployment, DeploymentFailed
from stacks.local.plan import DEMO_EMAIL, MAIL_SENDER, Plan, write_private
from stacks.local.postgres import PostgresServer
from stacks.project import PREFIX

_ISSUER = f"https://cognito-idp.{REGION}.amazonaws.com"
_VAULT_KEY_BYTES = 32
_UNUSED_NETWORK = {
    parameters.SUBNET_FIRST: "subnet-00000000000000001",
    parameters.SUBNET_SECOND: "subnet-00000000000000002",
    parameters.FUNCTIONS_SECURITY_GROUP: "sg-00000000000000001",
}


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the processes of the desk must know of a deployment."""

    instance: str
    api_id: str
    user_pool: str
    user_pool_client: str

    def environment(self, plan: Plan) -> Mapping[str, str]:
        """Return what services are told of it, by the names the functions are told."""
        queues = f"http://127.0.0.1:{plan.ports['cloud']}/{ACCOUNT}/{PREFIX}"
        keys = f"http://127.0.0.1:{plan.ports['cloud']}/{self.user_pool}/.well-known/jwks.json"
        return {
            "NIGHTDESK_USER_POOL_ID": self.user_pool,
            "NIGHTDESK_USER_POOL_CLIENT_ID": self.user_pool_client,
            "NIGHTDESK_TOKEN_ISSUER": f"{_ISSUER}/{self.user_pool}",
            "NIGHTDESK_JWKS_URL": keys,
            "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": f"{PREFIX}-exchange-gateway",
            "NIGHTDESK_QUEUE_ACCOUNTS_IMPORT": f"{queues}-accounts-import",
            "NIGHTDESK_QUEUE_ACCOUNTS_REFRESH": f"{queues}-accounts-refresh",
            "NIGHTDESK_QUEUE_ALERTS": f"{queues}-alerts",
            "NIGHTDESK_QUEUE_RULES_EVALUATE": f"{queues}-rules-evaluate",
        }


class Provisioner:
    """Does everything that a new instance of the local cloud needs; again is harmless."""

    def __init__(self, plan: Plan, cloud: LocalCloud, postgres: PostgresServer) -> None:
        self._plan = plan
        self._cloud = cloud
        self._postgres = postgres

    def provision(self, instance: str, report: Callable[[str], None]) -> Deployed:
        """Bring everything up to date and write `deployed.json`.

        Raises:
            DeploymentFailed: CloudFormation or the migration says why.
        """
        self._write_values()
        Deployment(self._cloud, self._plan.assembly, report=report).deploy()
        self._migrate()
        deployed = self._describe(instance)
        self._seed_user(deployed.user_pool)
        self._let_mail()
        self._cloud.save()
        self._write(deployed)
        return deployed

    def _write_values(self) -> None:
        ssm, plan = self._cloud.client("ssm"), self._plan
        values = {
            **_UNUSED_NETWORK,
            parameters.VALKEY_URL: plan.valkey_url,
            parameters.VAULT_KEY: f"file:{_key(plan.vault_key_file)}",
            parameters.ALERTS_KEY: f"file:{_key(plan.alerts_key_file)}",
            parameters.NOTIFY_ROUTE: plan.notify_route,
            parameters.MAIL_SENDER: MAIL_SENDER if plan.choices.venues == "paper" else parameters.NO_MAIL,
            parameters.VENUES_ROUTE: plan.venues_route,
            parameters.ORIGIN: plan.origin,
            parameters.MARKET_CLOCK: _market_clock(plan),
            # One machine has neither the room nor the time for every minute of ten years; more is there for the asking.
            parameters.BACKFILL_DAYS: "365" if plan.choices.venues == "live" else "3",
            # Nothing is at stake at the paper exchange.
            parameters.RULES_SHADOW_DAYS: "3" if plan.choices.venues == "live" else "0",
            parameters.IDENTITY_ISSUER: _ISSUER,
            parameters.IDENTITY_KEYS: f"http://127.0.0.1:{plan.ports['cloud']}",
        }
        for name, value in values.items():
            ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
        for role in (parameters.MASTER, *parameters.DATABASE_ROLES):
            self._write_secret(parameters.database_secret(role), json.dumps(_database_secret(plan, role)))
        for name in (parameters.FX_SECRET, parameters.CAPS_SECRET):
            self._write_secret(name, parameters.FX_PLACEHOLDER if plan.choices.venues == "live" else "paper")

    def _write_secret(self, name: str, value: str) -> None:
        client = self._cloud.client("secretsmanager")
        try:
            client.put_secret_value(SecretId=name, SecretString=value)
        except client.exceptions.ResourceNotFoundException:
            client.create_secret(Name=name, SecretString=value)

    def refresh_rates(self) -> bool:
        """Do what the schedule does every hour, now; tells whether it was done."""
        return [self._invoke(each) for each in ("fx-refresh", "marketcaps-refresh")] == [None, None]

    def _migrate(self) -> None:
        failure = self._invoke("schema-migrate")
        if failure is not None:
            raise DeploymentFailed(f"The schema could not be migrated: {failure[:800]}")

    def _invoke(self, function: str) -> str | None:
        answer = self._cloud.client("lambda").invoke(FunctionName=f"{PREFIX}-{function}", Payload=b"{}")
        payload = str(answer["Payload"].read().decode())
        return payload if answer.get("FunctionError") else None

    def _describe(self, instance: str) -> Deployed:
        ssm = self._cloud.client("ssm")
        names = (parameters.API_ID, parameters.USER_POOL, parameters.USER_POOL_CLIENT)
        return Deployed(instance, *(str(ssm.get_parameter(Name=name)["Parameter"]["Value"]) for name in names))

    def _seed_user(self, pool: str) -> None:
        client = self._cloud.client("cognito-idp")
        user = {"UserPoolId": pool, "Username": DEMO_EMAIL}
        try:
            known = client.admin_get_user(**user)["UserAttributes"]
        except client.exceptions.UserNotFoundException:
            attributes = [{"Name": "email", "Value": DEMO_EMAIL}, {"Name": "email_verified", "Value": "true"}]
            made = client.admin_create_user(**user, MessageAction="SUPPRESS", UserAttributes=attributes)
            known = made["User"]["Attributes"]
        client.admin_set_user_password(**user, Password=self._plan.demo_password, Permanent=True)
        self._link(next(each["Value"] for each in known if each["Name"] == "sub"))

    def _let_mail(self) -> None:
        # As after SES let the account out of its sandbox and the sender's address was confirmed.
        client = self._cloud.client("sesv2")
        client.put_account_details(MailType="TRANSACTIONAL", WebsiteURL=self._plan.origin, ProductionAccessEnabled=True)
        client.create_email_identity(EmailIdentity=MAIL_SENDER)

    def _link(self, subject: str) -> None:
        # A cloud that lost its state gives the demo user a new subject; the desk's own row is still the same person.
        with psycopg.connect(self._postgres.url(database=parameters.DATABASE_NAME)) as connection:
            connection.execute("UPDATE users SET subject = %s WHERE email = %s", (subject, DEMO_EMAIL))

    def _write(self, deployed: Deployed) -> None:
        said = {"instance": deployed.instance, "api_id": deployed.api_id}
        identity = {"user_pool": deployed.user_pool, "user_pool_client": deployed.user_pool_client}
        content = said | identity | {"environment": deployed.environment(self._plan)}
        write_private(self._plan.deployed_file, json.dumps(content, indent=1))


def _key(file: Path) -> Path:
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as key:
            key.write(secrets.token_bytes(_VAULT_KEY_BYTES))
    return file


def _market_clock(plan: Plan) -> str:
    return "wall" if plan.choices.venues == "live" else f"http://127.0.0.1:{plan.ports['paper_admin']}"


def _database_secret(plan: Plan, role: str) -> Mapping[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": plan.ports["postgres"],
        "dbname": parameters.DATABASE_NAME,
        "username": parameters.database_user(role),
        "password": plan.passwords[role],
    }
