"""Names of what infrastructure tells applications: SSM parameters and secrets.

The network and data stacks write them in the cloud, the local run writes them on one machine; the application stacks
only read them, and so deploy unchanged on both.
"""

SUBNET_FIRST = "/nightdesk/network/subnet_first"
SUBNET_SECOND = "/nightdesk/network/subnet_second"
FUNCTIONS_SECURITY_GROUP = "/nightdesk/network/functions_security_group"
VALKEY_URL = "/nightdesk/valkey/url"
VAULT_KEY = "/nightdesk/vault/key"  # `kms`, or `file:<path>` where there is no real KMS
VENUES_ROUTE = "/nightdesk/venues/route"
ALERTS_KEY = "/nightdesk/alerts/key"  # likewise, of the key that channels' addresses are sealed with
NOTIFY_ROUTE = "/nightdesk/alerts/route"
MAIL_SENDER = "/nightdesk/alerts/mail_sender"
ORIGIN = "/nightdesk/origin"
MARKET_CLOCK = "/nightdesk/market/clock"
BACKFILL_DAYS = "/nightdesk/market/backfill_days"  # of held and always streamed markets; 0: from their listing
RULES_SHADOW_DAYS = "/nightdesk/rules/shadow_days"  # before dangerous actions may go live
IDENTITY_ISSUER = "/nightdesk/identity/issuer"  # what precedes the pool's id in a token's issuer
IDENTITY_KEYS = "/nightdesk/identity/keys"  # what precedes the pool's id in the address of its public keys
API_DOMAIN = "/nightdesk/api/domain"
API_PATH = "/nightdesk/api/path"
API_ID = "/nightdesk/api/id"
USER_POOL = "/nightdesk/identity/pool"
USER_POOL_CLIENT = "/nightdesk/identity/client"

MASTER = "master"  # the database's administrator: may create roles, is no superuser
DATABASE_ROLES = ("owner", "app", "gateway", "outbox", "streams", "tracker", "alerts")
DATABASE_NAME = "nightdesk"
WEBHOOK_SECRET = "nightdesk/webhooks/signing"  # noqa: S105 - the name of a secret
FX_SECRET = "nightdesk/fx/openexchangerates"  # noqa: S105 - likewise
FX_PLACEHOLDER = "not-set-yet"  # what it holds until the one who deploys puts their application id there
CAPS_SECRET = "nightdesk/caps/coinmarketcap"  # noqa: S105 - likewise, with the same placeholder
PUSH_SECRET = "nightdesk/alerts/push"  # noqa: S105 - likewise
NO_MAIL = "none"  # the mail sender where e-mail is not set up
FORWARDER_SECRET = "nightdesk/forwarder/desk"  # noqa: S105 - likewise
FORWARDER_BOTS = "nightdesk/forwarder/bots"

# Markets that currencies are compared by; streamed even where nobody holds them and a venue has very many.
ALWAYS_STREAMED = (
    *("BTC/USDT", "ETH/USDT", "BNB/USDT", "USDC/USDT", "EUR/USDT"),
    *("BTC/USD", "ETH/USD", "USDT/USD", "USDC/USD", "EUR/USD"),
)

STREAMED_VENUES = ("binance", "kraken", "coinbase", "bitfinex", "htx")
MARKET_STREAMERS = 2
"""Of so many processes each takes over the other's markets when it dies."""

MARKET_SHARES = 2
"""Into so many parts each venue's markets are divided among them."""


def database_secret(role: str) -> str:
    """Return the name of the secret that holds a database role's password and the database's address."""
    return f"nightdesk/database/{role}"


def vault_alias(prefix: str) -> str:
    """Return the alias of the key that wraps the vault's data keys."""
    return f"alias/{prefix}-vault"


def alerts_alias(prefix: str) -> str:
    """Return the alias of the key that wraps the data keys of channels' addresses."""
    return f"alias/{prefix}-alerts"


def database_user(role: str) -> str:
    """Return the database's own name of a role."""
    return f"nightdesk_{role}"
