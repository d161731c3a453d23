"""Write every stack's template to `cdk.out`; needs no network, git, clock or account.

`python -m stacks.app` is what `cdk.json` names; `--only application` leaves out the infrastructure stacks, which is
what the local run deploys.
"""

import argparse
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from stacks.accounts_stack import AccountsStack
from stacks.alerts_stack import AlertsStack
from stacks.api_stack import ApiStack
from stacks.build import BUILD, stage
from stacks.config import DeskConfig
from stacks.constructs.layers import WITHOUT_PACKAGES
from stacks.data_stack import DataStack
from stacks.desk_stack import DeskStack
from stacks.forwarders_stack import ForwardersStack
from stacks.identity_stack import IdentityStack
from stacks.marketdata_stack import MarketDataStack
from stacks.messaging_stack import MessagingStack
from stacks.network_stack import NetworkStack
from stacks.observability_stack import ObservabilityStack
from stacks.project import PROJECT
from stacks.release_stack import ReleaseStack
from stacks.streaming_stack import StreamingStack
from stacks.trading_stack import TradingStack
from stacks.web_stack import WebStack

# Access logs are allowed by the bucket's policy instead of the legacy access control lists.
_FLAGS = {"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True}


def make_app(outdir: Path | None = None, *, infrastructure: bool = True, packages: bool = True) -> App:
    """Make the app with all its stacks.

    Args:
        outdir: Where templates and assets go; None for what the CDK command line says, or `cdk.out`.
        infrastructure: Also network, data, streaming, web, observability and the release.
        packages: Whether third-party layers hold their packages (built for Lambda) or nothing.
    """
    context = _FLAGS | {WITHOUT_PACKAGES: not packages}
    app = App(outdir=str(outdir) if outdir else None, context=context)
    config = DeskConfig.from_context(app.node)
    applications = _add_applications(app, config)
    if infrastructure:
        _add_infrastructure(app, config, applications)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def _add_applications(app: App, config: DeskConfig) -> Sequence[DeskStack]:
    identity = IdentityStack(app, config=config)
    messaging = MessagingStack(app, config=config)
    accounts = AccountsStack(app, config=config, messaging=messaging)
    alerts = AlertsStack(app, config=config, messaging=messaging)
    api = ApiStack(app, config=config, identity=identity, messaging=messaging, accounts=accounts, alerts=alerts)
    trading = TradingStack(app, config=config, messaging=messaging, accounts=accounts)
    marketdata = MarketDataStack(app, config=config, messaging=messaging)
    return [identity, messaging, accounts, alerts, trading, marketdata, api]


def _add_infrastructure(app: App, config: DeskConfig, applications: Sequence[DeskStack]) -> None:
    network = NetworkStack(app, config=config)
    data = DataStack(app, config=config, network=network)
    streaming = StreamingStack(app, config=config, network=network, data=data)
    web = WebStack(app, config=config, streaming=streaming)
    observability = ObservabilityStack(app, config=config, data=data)
    release = ReleaseStack(app, config=config)
    if config.forwarders:
        ForwardersStack(app, config=config, network=network, data=data, streaming=streaming)
    # Applications read what network and data wrote, and these read what the applications wrote.
    for application in applications:
        application.add_stack_dependency(data)
        for later in (streaming, web, observability, release):
            later.add_stack_dependency(application)


def _forget_assets(outdir: Path) -> None:
    # The CDK doesn't copy an asset again whose hash it knows; a layer's hash stays the same when it is built.
    for asset in outdir.glob("asset.*"):
        shutil.rmtree(asset, ignore_errors=True)


@contextmanager
def _alone() -> Iterator[None]:
    # All syntheses stage into the same folder.
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Synthesise."""
    parser = argparse.ArgumentParser(prog="python -m stacks.app", description=__doc__)
    parser.add_argument("--only", choices=["application"], help="leave out the infrastructure stacks")
    parser.add_argument("--without-packages", action="store_true", help="leave third-party layers empty")
    parser.add_argument("--output", type=Path, help="where to write; cdk.out if left out")
    arguments = parser.parse_args()
    said = os.environ  # noqa: TID251 - by the CDK's command line, which looks for the assembly there
    output = arguments.output or Path(said.get("CDK_OUTDIR") or PROJECT / "cdk.out")
    with _alone():
        stage()
        _forget_assets(output)
        app = make_app(output, infrastructure=arguments.only is None, packages=not arguments.without_packages)
        app.synth()


if __name__ == "__main__":
    main()
