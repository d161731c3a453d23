"""The exchange's own certificate authority and the certificate with the venues' real host names.

A client trusts `ca.pem` and nothing else for these names; the authority's key never leaves the state directory.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CA_DAYS, _LEAF_DAYS = 730, 365
_RENEW_BEFORE = timedelta(days=30)


class Certificates:
    """Files of a state directory: `ca.pem`, and `tls.pem` with key and certificate (mode 0600)."""

    def __init__(self, directory: Path, hosts: Iterable[str]) -> None:
        self.ca_file = directory / "ca.pem"
        self._tls_file = directory / "tls.pem"
        self._hosts = sorted(hosts)

    def ensure(self, now: datetime) -> bool:
        """Make both anew when they are missing, soon expired, or lack a host; whether they were made."""
        if self._good(now):
            return False
        key = ec.generate_private_key(ec.SECP256R1())
        authority = _authority(key, now)
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        leaf = _leaf(leaf_key, self._hosts, (authority, key), now)
        private = leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(self._tls_file, private + _pem(leaf) + _pem(authority))
        self.ca_file.write_bytes(_pem(authority))
        return True

    def context(self) -> ssl.SSLContext:
        """The server's TLS context."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._tls_file)
        return context

    def _good(self, now: datetime) -> bool:
        if not (self.ca_file.exists() and self._tls_file.exists()):
            return False
        leaf, authority, *_ = x509.load_pem_x509_certificates(self._tls_file.read_bytes())
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        lasting = min(leaf.not_valid_after_utc, authority.not_valid_after_utc) - _RENEW_BEFORE > now
        whole = set(self._hosts) <= set(names.get_values_for_type(x509.DNSName))
        return lasting and whole and leaf.not_valid_before_utc <= now and self.ca_file.read_bytes() == _pem(authority)


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
    )


_AUTHORITY = "Nightdesk paper exchange authority"


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        _builder(_AUTHORITY, _AUTHORITY, key, now, _CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    key: ec.EllipticCurvePrivateKey,
    hosts: Iterable[str],
    authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    now: datetime,
) -> x509.Certificate:
    names = [*map(x509.DNSName, hosts), x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    issuer_key = authority[1].public_key()
    return (
        _builder("paper exchange", _AUTHORITY, key, now, _LEAF_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
        .sign(authority[1], hashes.SHA256())
    )
