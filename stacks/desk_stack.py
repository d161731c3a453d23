"""What every stack of the desk has in common."""

from aws_cdk import DefaultStackSynthesizer, Stack, Tags
from constructs import Construct

from stacks.config import DeskConfig


class DeskStack(Stack):
    """A stack bound to no account and region, so that it is synthesised without knowing any."""

    def __init__(self, scope: Construct, name: str, *, config: DeskConfig, description: str) -> None:
        super().__init__(
            scope,
            f"{config.prefix}-{name}",
            description=f"Nightdesk: {description}",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            analytics_reporting=False,
        )
        self.config = config
        Tags.of(self).add("application", config.prefix)
