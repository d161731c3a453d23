"""Say why a finding of cdk-nag does not apply to one resource."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def waive(resource: IConstruct, rule: str, reason: str) -> None:
    """Waive one rule, `AwsSolutions-IAM5[Resource::*]` say, for one resource and what it is made of."""
    Validations.of(resource).acknowledge(Acknowledgment(id=rule, reason=reason))
