"""What browsers are told about the desk's pages, on one machine and in the cloud alike."""

from collections.abc import Mapping

# Styles inline: the table and chart libraries set them. 'self' covers the websocket of the same origin.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HARDENING: Mapping[str, str] = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
FOREVER = "public, max-age=31536000, immutable"  # files whose name contains the digest of their content
REVALIDATE = "no-cache"
NEVER = "no-store"
