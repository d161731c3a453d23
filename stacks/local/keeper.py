"""Keep the local cloud deployed: `python -m stacks.local.keeper <plan.json> <process id of the run>`.

A cloud that was killed comes back from its last save, or empty; either way the keeper notices the new instance and
provisions it again. When the run that started the desk is gone, the keeper ends the desk.
"""

import logging
import sys
import time
from pathlib import Path

import psutil

from stacks.local.plan import Plan
from stacks.local.programs import Servers
from stacks.local.provision import Provisioner
from stacks.local.supervision import Supervision, end_leftover

_EVERY_S = 0.5
_RETRY_S = 2.0
_RATES_TRIES = 20  # the paper exchange may still be starting
_logger = logging.getLogger("nightdesk.keeper")


class Keeper:
    """Provisions each new instance of the cloud once."""

    def __init__(self, plan: Plan) -> None:
        servers = Servers.of(plan)
        self._plan = plan
        self._cloud = servers.cloud
        self._provisioner = Provisioner(plan, servers.cloud, servers.postgres)
        self._instance: str | None = None
        self._pool: str | None = None
        self._rates_left = 0  # tries that are left to get the first rates of currencies

    def look(self) -> None:
        """Provision the cloud if its instance is new; then get rates without waiting for the hour."""
        instance = self._cloud.instance()
        if instance is not None and instance != self._instance:
            self._provision(instance)
        elif self._rates_left > 0:
            self._rates_left = 0 if self._provisioner.refresh_rates() else self._rates_left - 1

    def _provision(self, instance: str) -> None:
        _logger.info("provisioning instance %s of the local cloud", instance)
        deployed = self._provisioner.provision(instance, _logger.info)
        self._instance = instance
        if self._pool not in {None, deployed.user_pool}:
            # Tokens are checked against the pool that a service was started with.
            Supervision(self._plan.state_dir).restart_program("feed_gateway")
        self._pool = deployed.user_pool
        self._rates_left = _RATES_TRIES
        _logger.info("the local cloud is deployed")


def main() -> None:
    """Look twice a second until the run is gone, then end the desk."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    plan = Plan.read(Path(sys.argv[1]))
    keeper = Keeper(plan)
    while _is_alive(int(sys.argv[2])):
        try:
            keeper.look()
        except Exception as error:  # the supervisor's boundary: whatever failed is tried again
            _logger.exception("provisioning failed; trying again")
            plan.failure_file.write_text(f"{error}\n")
            time.sleep(_RETRY_S)
        time.sleep(_EVERY_S)
    _logger.warning("the run that started this desk is gone; ending it")
    end_leftover(plan.state_dir)


def _is_alive(process_id: int) -> bool:
    try:
        return bool(psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    main()
