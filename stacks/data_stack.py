"""Data: PostgreSQL on RDS with a secret for each role, Valkey on ElastiCache, and what applications are told."""

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy, SecretValue
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks import parameters
from stacks.config import DeskConfig
from stacks.constructs.waivers import waive
from stacks.desk_stack import DeskStack
from stacks.network_stack import POSTGRES_PORT, VALKEY_PORT, NetworkStack

_BACKUP_DAYS = 14
_STORAGE_GIB_MAX = 1_000


class DataStack(DeskStack):
    """The truth (PostgreSQL) and what may be lost (Valkey)."""

    def __init__(self, scope: Construct, *, config: DeskConfig, network: NetworkStack) -> None:
        super().__init__(scope, "data", config=config, description="PostgreSQL and Valkey")
        self._network = network
        self._isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        self.database = self._make_database()
        self.secrets = {role: self._make_secret(role) for role in parameters.DATABASE_ROLES}
        self.fx = self._make_given_secret("Fx", parameters.FX_SECRET, "Application id of Open Exchange Rates")
        self.caps = self._make_given_secret("Caps", parameters.CAPS_SECRET, "Key of CoinMarketCap")
        self.forwarder_secret: secretsmanager.Secret | None = None
        self.forwarder_bots: secretsmanager.Secret | None = None
        if config.forwarders:
            self._make_forwarder_secrets()
        self.valkey = self._make_valkey()
        self._publish()

    def _make_database(self) -> rds.DatabaseInstance:
        engine = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.of("18.1", "18"))
        database = rds.DatabaseInstance(
            self,
            "Database",
            engine=engine,
            instance_type=ec2.InstanceType(self.config.database_instance),
            vpc=self._network.vpc,
            vpc_subnets=self._isolated,
            security_groups=[self._network.database],
            credentials=rds.Credentials.from_generated_secret(
                parameters.database_user(parameters.MASTER), secret_name=parameters.database_secret(parameters.MASTER)
            ),
            database_name=parameters.DATABASE_NAME,
            port=POSTGRES_PORT,
            parameters={"rds.force_ssl": "1"},
            multi_az=self.config.database_multi_az,
            storage_encrypted=True,
            storage_type=rds.StorageType.GP3,
            allocated_storage=self.config.database_storage_gib,
            max_allocated_storage=_STORAGE_GIB_MAX,
            backup_retention=Duration.days(_BACKUP_DAYS),
            iam_authentication=True,
            deletion_protection=True,
            removal_policy=RemovalPolicy.SNAPSHOT,
            cloudwatch_logs_exports=["postgresql"],
            enable_performance_insights=True,
            auto_minor_version_upgrade=True,
        )
        reason = "Rotated by changing the secret and deploying: schema_migrate sets the passwords."
        waive(database, "AwsSolutions-SMG4", reason)
        waive(database, "AwsSolutions-RDS11", "The standard port; nobody outside the two security groups can reach it.")
        if not self.config.database_multi_az:
            waive(database, "AwsSolutions-RDS3", "Without a standby by choice of the owner (`database_multi_az`).")
        return database

    def _make_secret(self, role: str) -> rds.DatabaseSecret:
        name = parameters.database_secret(role)
        secret = rds.DatabaseSecret(
            self,
            f"{role.title()}Secret",
            username=parameters.database_user(role),
            secret_name=name,
            dbname=parameters.DATABASE_NAME,
        )
        secret.attach(self.database)
        reason = "Rotated by changing the secret and deploying: schema_migrate sets the role's password from it."
        waive(secret, "AwsSolutions-SMG4", reason)
        return secret

    def _make_given_secret(self, construct_id: str, name: str, what: str) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            f"{construct_id}Secret",
            secret_name=name,
            description=f"{what}; put yours in its place",
            secret_string_value=SecretValue.unsafe_plain_text(parameters.FX_PLACEHOLDER),
        )
        waive(secret, "AwsSolutions-SMG4", "Given by its issuer, who rotates it on request only.")
        return secret

    def _make_forwarder_secrets(self) -> None:
        self.forwarder_secret = secretsmanager.Secret(
            self,
            "ForwarderSecret",
            secret_name=parameters.FORWARDER_SECRET,
            description="What the desk's own processes show its forwarders",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=48, exclude_punctuation=True),
        )
        self.forwarder_bots = secretsmanager.Secret(
            self,
            "ForwarderBots",
            secret_name=parameters.FORWARDER_BOTS,
            description="Other bots that forwarders serve: names by the SHA-256 of their tokens",
            secret_string_value=SecretValue.unsafe_plain_text("{}"),
        )
        for secret in (self.forwarder_secret, self.forwarder_bots):
            waive(secret, "AwsSolutions-SMG4", "Changed by hand; forwarders and those who call them start anew then.")

    def _make_valkey(self) -> elasticache.CfnReplicationGroup:
        subnets = elasticache.CfnSubnetGroup(
            self,
            "ValkeySubnets",
            description="Isolated subnets",
            subnet_ids=self._network.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED).subnet_ids,
        )
        group = elasticache.CfnReplicationGroup(
            self,
            "Valkey",
            replication_group_description="Prices, live subjects, idempotency",
            engine="valkey",
            engine_version="8.1",
            cache_node_type=self.config.valkey_node,
            num_cache_clusters=2,
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            port=VALKEY_PORT,
            transit_encryption_enabled=True,
            at_rest_encryption_enabled=True,
            cache_subnet_group_name=subnets.ref,
            security_group_ids=[self._network.valkey.security_group_id],
            snapshot_retention_limit=1,
        )
        waive(group, "AwsSolutions-AEC5", "The standard port; nobody outside the two security groups can reach it.")
        waive(group, "AwsSolutions-AEC6", "Reachable by the functions' and services' groups only, and over TLS.")
        return group

    def _publish(self) -> None:
        address = self.valkey.attr_primary_end_point_address
        identity = f"https://cognito-idp.{self.region}.{self.url_suffix}"
        values: Mapping[str, tuple[str, str]] = {
            "ValkeyUrl": (parameters.VALKEY_URL, f"rediss://{address}:{VALKEY_PORT}/0"),
            "VaultKey": (parameters.VAULT_KEY, "kms"),
            "AlertsKey": (parameters.ALERTS_KEY, "kms"),
            "NotifyRoute": (parameters.NOTIFY_ROUTE, "direct"),
            "MailSender": (parameters.MAIL_SENDER, self.config.mail_sender or parameters.NO_MAIL),
            "VenuesRoute": (parameters.VENUES_ROUTE, "direct"),
            "MarketClock": (parameters.MARKET_CLOCK, "wall"),
            "BackfillDays": (parameters.BACKFILL_DAYS, "0"),
            "RulesShadowDays": (parameters.RULES_SHADOW_DAYS, "3"),
            "Origin": (parameters.ORIGIN, self.config.origin or "https://not-yet-known.invalid"),
            "IdentityIssuer": (parameters.IDENTITY_ISSUER, identity),
            "IdentityKeys": (parameters.IDENTITY_KEYS, identity),
        }
        for construct_id, (name, value) in values.items():
            ssm.StringParameter(self, f"{construct_id}Parameter", parameter_name=name, string_value=value)
