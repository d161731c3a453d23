"""Who may sign in: the user pool and the client that the API signs users in with."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks import parameters
from stacks.config import DeskConfig
from stacks.constructs.waivers import waive
from stacks.desk_stack import DeskStack


class IdentityStack(DeskStack):
    """A Cognito user pool without self sign-up, and one client with revocable tokens."""

    def __init__(self, scope: Construct, *, config: DeskConfig) -> None:
        super().__init__(scope, "identity", config=config, description="users and their sign-in")
        self.pool = self._make_pool()
        self.client = self._make_client()
        self._publish(parameters.USER_POOL, "Pool", self.pool.user_pool_id)
        self._publish(parameters.USER_POOL_CLIENT, "Client", self.client.user_pool_client_id)

    def _make_pool(self) -> cognito.UserPool:
        pool = cognito.UserPool(
            self,
            "Users",
            user_pool_name=self.config.prefix,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(min_length=12, require_digits=False, require_uppercase=False),
            removal_policy=RemovalPolicy.RETAIN,
            deletion_protection=True,
        )
        waive(pool, "AwsSolutions-COG1", "Long passphrases instead of character classes (NIST SP 800-63B, 2025).")
        waive(pool, "AwsSolutions-COG2", "A second factor is offered; demanding it is the owner's choice.")
        waive(pool, "AwsSolutions-COG3", "Threat protection is a paid plan; the API is throttled and sign-in audited.")
        waive(pool, "AwsSolutions-COG8", "The plan with threat protection is the owner's choice of cost.")
        return pool

    def _make_client(self) -> cognito.UserPoolClient:
        return self.pool.add_client(
            "Desk",
            user_pool_client_name=f"{self.config.prefix}-desk",
            auth_flows=cognito.AuthFlow(user_password=True),
            generate_secret=False,
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.minutes(15),
            id_token_validity=Duration.minutes(15),
            refresh_token_validity=Duration.days(30),
        )

    def _publish(self, name: str, construct_id: str, value: str) -> None:
        ssm.StringParameter(self, f"{construct_id}Parameter", parameter_name=name, string_value=value)
