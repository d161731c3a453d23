"""Web hosting: the built app in a private bucket, and one CloudFront origin for page, API and live feed."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import CfnElement, CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks import browser_policy, parameters
from stacks.build import BUILD
from stacks.config import DeskConfig
from stacks.constructs.waivers import waive, waive_order
from stacks.desk_stack import DeskStack
from stacks.project import STAGE
from stacks.streaming_stack import StreamingStack

# Addresses without a file's ending are pages of the app, which routes by itself.
_TO_PAGE = """function handler(event) {
  var request = event.request;
  if (request.uri.lastIndexOf('.') <= request.uri.lastIndexOf('/')) { request.uri = '/index.html'; }
  return request;
}"""


class WebStack(DeskStack):
    """`/` from S3, `/api`, `/graphql`, `/webhooks` from API Gateway, `/graphql/live` from the feed's balancer."""

    def __init__(self, scope: Construct, *, config: DeskConfig, streaming: StreamingStack) -> None:
        super().__init__(scope, "web", config=config, description="page hosting and the one origin")
        self._streaming = streaming
        self.log_bucket = self._bucket("Logs", s3.ObjectOwnership.OBJECT_WRITER)
        waive(self.log_bucket, "AwsSolutions-S1", "The bucket that access logs go to.")
        self.bucket = self._bucket("Pages", s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, logs=self.log_bucket)
        self.distribution = self._make_distribution()
        self._deploy_pages()
        CfnOutput(self, "Address", value=f"https://{self.distribution.distribution_domain_name}")

    def _bucket(self, construct_id: str, ownership: s3.ObjectOwnership, logs: s3.Bucket | None = None) -> s3.Bucket:
        return s3.Bucket(
            self,
            construct_id,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=ownership,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN,
            server_access_logs_bucket=logs,
            server_access_logs_prefix="pages/" if logs else None,
            lifecycle_rules=None if logs else [s3.LifecycleRule(expiration=Duration.days(90))],
        )

    def _make_distribution(self) -> cloudfront.Distribution:
        certificate, names = self._certificate()
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Nightdesk",
            default_behavior=self._pages(),
            additional_behaviors=self._services(),
            default_root_object="index.html",
            certificate=certificate,
            domain_names=names,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            enable_logging=True,
            log_bucket=self.log_bucket,
            log_file_prefix="distribution/",
        )
        waive(distribution, "AwsSolutions-CFR1", "Traders travel; no country is shut out.")
        waive(distribution, "AwsSolutions-CFR2", "AWS WAF costs by the month; the API can be put behind it by choice.")
        if certificate is None:
            waive(distribution, "AwsSolutions-CFR4", "Without a domain of one's own CloudFront's certificate sets TLS.")
        return distribution

    def _certificate(self) -> tuple[certificates.ICertificate | None, list[str] | None]:
        if not self.config.certificate_arn:
            return None, None
        arn = self.config.certificate_arn
        certificate = certificates.Certificate.from_certificate_arn(self, "Certificate", arn)
        return certificate, [self.config.origin.removeprefix("https://")]

    def _pages(self) -> cloudfront.BehaviorOptions:
        to_page = cloudfront.Function(self, "ToPage", code=cloudfront.FunctionCode.from_inline(_TO_PAGE))
        viewer = cloudfront.FunctionEventType.VIEWER_REQUEST
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=self._headers(),
            function_associations=[cloudfront.FunctionAssociation(event_type=viewer, function=to_page)],
            compress=True,
        )

    def _services(self) -> Mapping[str, cloudfront.BehaviorOptions]:
        domain = ssm.StringParameter.value_for_string_parameter(self, parameters.API_DOMAIN)
        api = origins.HttpOrigin(
            domain, origin_path=f"/{STAGE}", protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY
        )
        live = origins.VpcOrigin.with_application_load_balancer(
            self._streaming.balancer, protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY
        )
        # The more exact pattern first: CloudFront takes the first that fits.
        return {"/graphql/live": _uncached(live)} | dict.fromkeys(("/api/*", "/graphql", "/webhooks/*"), _uncached(api))

    def _headers(self) -> cloudfront.ResponseHeadersPolicy:
        custom = [
            cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
            for name, value in browser_policy.HARDENING.items()
        ]
        security = cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=browser_policy.CONTENT_SECURITY_POLICY, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(365), include_subdomains=False, override=True
            ),
        )
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(custom_headers=custom),
            security_headers_behavior=security,
        )

    def _deploy_pages(self) -> None:
        assets = self._deploy("Assets", browser_policy.FOREVER, exclude=["*"], include=["assets/*"])
        # The page last, so that it never names a file that is not there yet.
        self._deploy("Files", browser_policy.REVALIDATE, exclude=["assets/*"]).node.add_dependency(assets)
        self._waive_deployment()

    def _deploy(
        self, name: str, cache: str, *, exclude: list[str], include: list[str] | None = None
    ) -> deployment.BucketDeployment:
        return deployment.BucketDeployment(
            self,
            f"Deploy{name}",
            sources=[deployment.Source.asset(str(BUILD / "web"))],
            destination_bucket=self.bucket,
            exclude=exclude,
            include=include,
            cache_control=[deployment.CacheControl.from_string(cache)],
            prune=False,
        )

    def _waive_deployment(self) -> None:
        reason = "The CDK's own copier: reads the assets' bucket and writes the pages' bucket, only while deploying."
        actions = ("s3:GetObject*", "s3:GetBucket*", "s3:List*", "s3:DeleteObject*", "s3:Abort*")
        pages = self.get_logical_id(cast("CfnElement", self.bucket.node.default_child))
        staged = "arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*"
        copier = next(child for child in self.node.children if child.node.id.startswith("Custom::CDKBucketDeployment"))
        findings = [f"Action::{each}" for each in actions]
        findings += [f"Resource::{each}" for each in ("*", f"<{pages}.Arn>/*", staged)]
        for finding in findings:
            waive(copier, f"AwsSolutions-IAM5[{finding}]", reason)
        basic = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        waive(copier, f"AwsSolutions-IAM4[{basic}]", reason)
        waive_order(copier, "AWS::Lambda::Function")
        waive(copier, "AwsSolutions-L1", "The CDK chooses the runtime of its own copier.")


def _uncached(origin: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origin,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    )
