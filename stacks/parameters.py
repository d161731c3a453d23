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
ORIGIN = "/nightdesk/origin"
MARKET_CLOCK = "/nightdesk/market/clock"
IDENTITY_ISSUER = "/nightdesk/identity/issuer"  # what precedes the pool's id in a token's issuer
IDENTITY_KEYS = "/nightdesk/identity/keys"  # what precedes the pool's id in the address of its public keys
API_DOMAIN = "/nightdesk/api/domain"
API_PATH = "/nightdesk/api/path"
API_ID = "/nightdesk/api/id"
USER_POOL = "/nightdesk/identity/pool"
USER_POOL_CLIENT = "/nightdesk/identity/client"

MASTER = "master"  # the database's administrator: may create roles, is no superuser
DATABASE_ROLES = ("owner", "app", "gateway", "outbox", "streams", "tracker")
DATABASE_NAME = "nightdesk"
WEBHOOK_SECRET = "nightdesk/webhooks/signing"  # noqa: S105 - the name of a secret


def database_secret(role: str) -> str:
    """Return the name of the secret that holds a database role's password and the database's address."""
    return f"nightdesk/database/{role}"


def database_user(role: str) -> str:
    """Return the database's own name of a role."""
    return f"nightdesk_{role}"
