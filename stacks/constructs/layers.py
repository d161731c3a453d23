"""The Lambda layers of one stack: the shared package and the third-party packages."""

from collections.abc import Sequence

from aws_cdk import AssetHashType, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.build import BUILD, PLACEHOLDERS, lock_digest
from stacks.config import DeskConfig

WITHOUT_PACKAGES = "without_packages"  # context: third-party layers hold nothing


class Layers(Construct):
    """Layers made when first asked for; not a stack of their own, because exported layer ARNs can't be updated."""

    def __init__(self, scope: Construct, construct_id: str, *, config: DeskConfig) -> None:
        super().__init__(scope, construct_id)
        self._config = config

    def for_function(self, third_party: Sequence[str]) -> list[lambda_.ILayerVersion]:
        """Return the shared package's layer and the named third-party layers."""
        return [self._layer(name) for name in ("nightdesk", *third_party)]

    def _layer(self, name: str) -> lambda_.ILayerVersion:
        known = self.node.try_find_child(name)
        if isinstance(known, lambda_.LayerVersion):
            return known
        return lambda_.LayerVersion(
            self,
            name,
            code=self._code(name),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[architecture(self._config)],
            removal_policy=RemovalPolicy.DESTROY,
            description=f"Nightdesk: {name}",
        )

    def _code(self, name: str) -> lambda_.AssetCode:
        if name == "nightdesk":
            return lambda_.Code.from_asset(str(BUILD / "layers" / name))
        folder = PLACEHOLDERS if self.node.try_get_context(WITHOUT_PACKAGES) else "layers"
        # The template must be the same whether the packages are installed or only a placeholder is staged.
        custom = AssetHashType.CUSTOM
        return lambda_.Code.from_asset(str(BUILD / folder / name), asset_hash=lock_digest(name), asset_hash_type=custom)


def architecture(config: DeskConfig) -> lambda_.Architecture:
    """Return the processor that functions are built for."""
    return lambda_.Architecture.ARM_64 if config.architecture == "arm64" else lambda_.Architecture.X86_64
