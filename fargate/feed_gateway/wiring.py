"""What the service is made of."""

from __future__ import annotations

from fargate.feed_gateway.hub import ImportHub
from fargate.feed_gateway.live import LiveView
from fargate.feed_gateway.service import Gateway
from nightdesk.adapters.redis.listener import ValkeyListener
from nightdesk.contracts.graphql.schema import make_schema
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.logging import configure
from nightdesk.runtime.settings import settings
from nightdesk.wiring import answers, identity_service, open_stores


def wire() -> Gateway:
    """The service; its stores are connected when they are used."""
    here = settings()
    configure(service="feed_gateway", version=here.service_version, level=here.log_level)
    stores = open_stores(here, connections_max=4)
    hub = ImportHub(ValkeyListener(here.require("valkey_url")), answers(here, stores))
    return Gateway(
        hub=hub,
        live=LiveView(make_schema(), hub, identity_service(here, stores), SystemClock()),
        allowed_origin=here.require("allowed_origin"),
        host=here.feed_host,
        port=here.feed_port,
        version=here.service_version,
    )
