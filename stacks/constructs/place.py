"""Where functions run, read from the parameters that infrastructure wrote: subnets and a security group."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks import parameters


class Place(Construct):
    """The private subnets and the security group of the functions of one stack."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Network",
            vpc_id="unused",
            availability_zones=["first", "second"],
            private_subnet_ids=[self.parameter(name) for name in (parameters.SUBNET_FIRST, parameters.SUBNET_SECOND)],
        )
        group = self.parameter(parameters.FUNCTIONS_SECURITY_GROUP)
        self.security_group = ec2.SecurityGroup.from_security_group_id(self, "Functions", group, mutable=False)

    def parameter(self, name: str) -> str:
        """Return the value, at deployment, of an SSM parameter."""
        return ssm.StringParameter.value_for_string_parameter(self, name)
