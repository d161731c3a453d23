"""Say why a finding of cdk-nag or cfn-lint does not apply to one resource."""

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct


def waive(resource: IConstruct, rule: str, reason: str) -> None:
    """Waive one rule, `AwsSolutions-IAM5[Resource::*]` say, for one resource and what it is made of."""
    Validations.of(resource).acknowledge(Acknowledgment(id=rule, reason=reason))


def waive_order(resource: IConstruct, resource_type: str) -> None:
    """Waive cfn-lint's W3005 for resources of a type below `resource`.

    The CDK says explicitly that a resource waits for another which it also refers to; that is redundant, not wrong.
    """
    for child in resource.node.find_all():
        if isinstance(child, CfnResource) and child.cfn_resource_type == resource_type:
            child.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
