"""The API: REST, GraphQL and webhooks behind one API Gateway."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration, Fn, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from stacks import parameters
from stacks.accounts_stack import AccountsStack
from stacks.alerts_stack import AlertsStack
from stacks.config import DeskConfig
from stacks.constructs.desk_function import DeskFunction, FunctionNeeds, Surroundings
from stacks.constructs.layers import Layers
from stacks.constructs.place import Place
from stacks.constructs.waivers import waive
from stacks.desk_stack import DeskStack
from stacks.identity_stack import IdentityStack
from stacks.messaging_stack import MessagingStack
from stacks.project import STAGE

TIMEOUT_S = 29  # API Gateway gives up after 29 s
REQUESTS_PER_S = 100
BURST = 200
# Chalice routes by the resource's path, so each of its routes is a resource; a test compares them with its app.
WEBHOOK_ROUTES: Sequence[tuple[str, str]] = (
    ("POST", "/webhooks/v1/trades/{token}"),
    ("POST", "/hooks/tradingview/{token}"),
)
ANALYTICS_ROUTES: Sequence[tuple[str, str]] = (
    ("GET", "/api/v1/indicators/history"),
    ("POST", "/api/v1/replays"),
    ("POST", "/api/v1/replays/sweeps"),
    ("GET", "/api/v1/strategy-templates"),
    ("POST", "/api/v1/strategy-templates/{template}/rule-sets"),
    ("GET", "/api/v1/rule-sets/{rule_set_id}/shadow"),
)
_OWN_SIGN_IN = (
    "The functions verify the user pool's tokens themselves: sessions must end at once, not when a token does."
)


class ApiStack(DeskStack):
    """A regional REST API (v1) whose functions answer `/api`, `/graphql` and `/webhooks`."""

    def __init__(
        self,
        scope: Construct,
        *,
        config: DeskConfig,
        identity: IdentityStack,
        messaging: MessagingStack,
        accounts: AccountsStack,
        alerts: AlertsStack,
    ) -> None:
        super().__init__(scope, "api", config=config, description="REST, GraphQL and webhooks")
        self._identity, self._messaging, self._accounts, self._alerts = identity, messaging, accounts, alerts
        self._place = Place(self, "Place")
        self._around = Surroundings(config, Layers(self, "Layers", config=config), self._place)
        self.webhook_secret = self._make_webhook_secret()
        self.proxy_function = self._make_proxy()
        self.api_function = self._make_caller("api")
        self._let_read_any_venue(self.api_function)
        self._let_sign(self.api_function)
        self._let_set_up_channels(self.api_function)
        self.graphql_function = self._make_caller("graphql")
        self.webhooks_function = self._make_webhooks()
        self.analytics_function = self._make_analytics()
        self.api = self._make_api()
        self._route()
        self._publish()
        if config.web_acl:
            self._put_behind_waf()

    @property
    def functions(self) -> Sequence[DeskFunction]:
        """All functions of this stack."""
        calling = [self.api_function, self.graphql_function, self.webhooks_function, self.analytics_function]
        return [*calling, self.proxy_function]

    def _make_caller(self, name: str) -> DeskFunction:
        queues = self._messaging
        needs = FunctionNeeds(("app",), memory_mb=1024, timeout_s=TIMEOUT_S, environment=self._caller_environment())
        function = DeskFunction(self._around, name, needs)
        function.grant(self._accounts.gateway.function.function_arn, "lambda:InvokeFunction")
        for queue in (queues.accounts_import.queue, queues.accounts_refresh.queue, queues.files_import.queue):
            function.grant(queue.queue_arn, "sqs:SendMessage")
        return function

    def _make_proxy(self) -> DeskFunction:
        """Asks any venue for bars; apart from the gateway, so that it has no key, no right to one, and no database."""
        environment = {
            "NIGHTDESK_VALKEY_URL": self._place.parameter(parameters.VALKEY_URL),
            "NIGHTDESK_VENUES_ROUTE": self._place.parameter(parameters.VENUES_ROUTE),
            "NIGHTDESK_BALANCER": "forwarders" if self.config.forwarders else "direct",
        }
        secrets: tuple[str, ...] = ()
        if self.config.forwarders:
            secrets = (parameters.FORWARDER_SECRET,)
            environment["NIGHTDESK_FORWARDER_SECRET_ID"] = parameters.FORWARDER_SECRET
        needs = FunctionNeeds((), secrets, memory_mb=1024, timeout_s=TIMEOUT_S, environment=environment)
        return DeskFunction(self._around, "market_proxy", needs)

    def _let_read_any_venue(self, function: DeskFunction) -> None:
        function.function.add_environment("NIGHTDESK_MARKET_PROXY_FUNCTION", self.proxy_function.physical_name)
        function.grant(self.proxy_function.function.function_arn, "lambda:InvokeFunction")

    def _make_analytics(self) -> DeskFunction:
        """Computes over history; apart from the API, whose cold start would load the arrays' library for nothing."""
        environment = self._signed_in_environment()
        return DeskFunction(
            self._around,
            "analytics",
            FunctionNeeds(("app",), memory_mb=1024, timeout_s=TIMEOUT_S, environment=environment),
        )

    def _signed_in_environment(self) -> Mapping[str, str]:
        pool, client, read = self._identity.pool, self._identity.client, self._place.parameter
        return {
            "NIGHTDESK_VALKEY_URL": read(parameters.VALKEY_URL),
            "NIGHTDESK_USER_POOL_ID": pool.user_pool_id,
            "NIGHTDESK_USER_POOL_CLIENT_ID": client.user_pool_client_id,
            "NIGHTDESK_TOKEN_ISSUER": f"{read(parameters.IDENTITY_ISSUER)}/{pool.user_pool_id}",
            "NIGHTDESK_JWKS_URL": f"{read(parameters.IDENTITY_KEYS)}/{pool.user_pool_id}/.well-known/jwks.json",
            "NIGHTDESK_MARKET_CLOCK": read(parameters.MARKET_CLOCK),
            "NIGHTDESK_RULES_SHADOW_DAYS": read(parameters.RULES_SHADOW_DAYS),
            "NIGHTDESK_ALLOWED_ORIGIN": read(parameters.ORIGIN),
        }

    def _caller_environment(self) -> Mapping[str, str]:
        return {
            **self._signed_in_environment(),
            "NIGHTDESK_QUEUE_ACCOUNTS_IMPORT": self._messaging.accounts_import.queue.queue_url,
            "NIGHTDESK_QUEUE_FILES_IMPORT": self._messaging.files_import.queue.queue_url,
            "NIGHTDESK_QUEUE_ACCOUNTS_REFRESH": self._messaging.accounts_refresh.queue.queue_url,
            "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": self._accounts.gateway.physical_name,
        }

    def _make_webhook_secret(self) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "WebhookSecret",
            secret_name=parameters.WEBHOOK_SECRET,
            description="Signs and checks inbound webhooks",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=48, exclude_punctuation=True),
        )
        waive(secret, "AwsSolutions-SMG4", "Senders hold its other half; it is rotated together with them.")
        return secret

    def _let_sign(self, function: DeskFunction) -> None:
        function.function.add_environment("NIGHTDESK_WEBHOOK_SIGNING_SECRET", parameters.WEBHOOK_SECRET)
        function.grant(self.webhook_secret.secret_arn, "secretsmanager:GetSecretValue")

    def _let_set_up_channels(self, function: DeskFunction) -> None:
        sender = self._alerts.send
        function.function.add_environment("NIGHTDESK_ALERTS_SEND_FUNCTION", sender.physical_name)
        function.grant(sender.function.function_arn, "lambda:InvokeFunction")
        self._let_alert(function)

    def _let_alert(self, function: DeskFunction) -> None:
        queue = self._messaging.alerts.queue
        function.function.add_environment("NIGHTDESK_QUEUE_ALERTS", queue.queue_url)
        function.grant(queue.queue_arn, "sqs:SendMessage")

    def _make_webhooks(self) -> DeskFunction:
        queue = self._messaging.trades_inbound.queue
        environment = {
            "NIGHTDESK_QUEUE_TRADES_INBOUND": queue.queue_url,
            "NIGHTDESK_VALKEY_URL": self._place.parameter(parameters.VALKEY_URL),
        }
        needs = FunctionNeeds(("app",), timeout_s=TIMEOUT_S, environment=environment)
        function = DeskFunction(self._around, "webhooks", needs)
        self._let_sign(function)
        self._let_alert(function)
        rule = events.Rule(function, "KeptReady", schedule=events.Schedule.rate(Duration.minutes(5)))
        rule.add_target(targets.LambdaFunction(function.function, retry_attempts=0))
        function.grant(queue.queue_arn, "sqs:SendMessage")
        return function

    def _make_api(self) -> apigateway.RestApi:
        log = logs.LogGroup(
            self, "AccessLog", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=self.config.prefix,
            description="Nightdesk's REST, GraphQL and webhooks",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            min_compression_size=None,
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                access_log_destination=apigateway.LogGroupLogDestination(log),
                access_log_format=_ACCESS_LOG,
                throttling_rate_limit=REQUESTS_PER_S,
                throttling_burst_limit=BURST,
                tracing_enabled=True,
                metrics_enabled=True,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
            ),
        )
        waive(
            api, "AwsSolutions-APIG2", "Every body is checked against its contract in the function, with exact paths."
        )
        waive(api, "AwsSolutions-APIG3", "AWS WAF costs by the month; `-c web_acl=true` puts the API behind it.")
        return api

    def _route(self) -> None:
        root = self.api.root
        self._answer(root.add_resource("api").add_resource("{proxy+}"), "ANY", self.api_function)
        for method, path in ANALYTICS_ROUTES:
            self._answer(root.resource_for_path(path), method, self.analytics_function)
        self._answer(root.add_resource("graphql"), "POST", self.graphql_function)
        for method, path in WEBHOOK_ROUTES:
            self._answer(root.resource_for_path(path), method, self.webhooks_function)

    def _answer(self, resource: apigateway.IResource, method: str, function: DeskFunction) -> None:
        integration = apigateway.LambdaIntegration(function.function, allow_test_invoke=False)
        added = resource.add_method(method, integration, authorization_type=apigateway.AuthorizationType.NONE)
        waive(added, "AwsSolutions-APIG4", _OWN_SIGN_IN)
        waive(added, "AwsSolutions-COG4", _OWN_SIGN_IN)

    def _publish(self) -> None:
        host = Fn.select(2, Fn.split("/", self.api.url))
        values: Mapping[str, tuple[str, Any]] = {
            "DomainParameter": (parameters.API_DOMAIN, host),
            "PathParameter": (parameters.API_PATH, f"/{STAGE}"),
            "IdParameter": (parameters.API_ID, self.api.rest_api_id),
        }
        for construct_id, (name, value) in values.items():
            ssm.StringParameter(self, construct_id, parameter_name=name, string_value=value)

    def _put_behind_waf(self) -> None:
        visible = waf.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True, metric_name=self.config.prefix, sampled_requests_enabled=True
        )
        limit = waf.CfnWebACL.RateBasedStatementProperty(aggregate_key_type="IP", limit=5_000)
        rule = waf.CfnWebACL.RuleProperty(
            name="requests-by-address",
            priority=0,
            action=waf.CfnWebACL.RuleActionProperty(block={}),
            statement=waf.CfnWebACL.StatementProperty(rate_based_statement=limit),
            visibility_config=visible,
        )
        allow = waf.CfnWebACL.DefaultActionProperty(allow={})
        acl = waf.CfnWebACL(
            self, "WebAcl", scope="REGIONAL", default_action=allow, visibility_config=visible, rules=[rule]
        )
        stage = self.api.deployment_stage.stage_arn
        waf.CfnWebACLAssociation(self, "WebAclOfApi", resource_arn=stage, web_acl_arn=acl.attr_arn)


# Without query strings: what is secret in an inbound webhook's address must not be logged.
_ACCESS_LOG = apigateway.AccessLogFormat.custom(
    '{"request_id":"$context.requestId","at":"$context.requestTimeEpoch","ip":"$context.identity.sourceIp",'
    '"method":"$context.httpMethod","route":"$context.resourcePath","status":"$context.status",'
    '"bytes":"$context.responseLength","latency_ms":"$context.responseLatency"}'
)
