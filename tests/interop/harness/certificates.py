# SPDX-License-Identifier: MIT
"""Certificates for tests: an authority, and what it signs, good and bad."""
import datetime
import hashlib
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Issued:
    """The PEM files of a certificate (behind it those that lead to its authority), and of its key."""

    def __init__(self, folder, name, chain, key):
        self.cert = folder / f"{name}.crt"
        self.key = folder / f"{name}.key"
        self.cert.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in chain))
        self.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.pin = "sha256:" + hashlib.sha256(spki).hexdigest()
        self.private_key = key

    @property
    def options(self):
        return ("--cert", self.cert, "--key", self.key)


class Authority:
    """With an intermediate, as public ones have."""

    def __init__(self, folder, name="authority"):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"root of {name}")
        root = self._sign(self._name, self._key.public_key(), [], self._name, self._key, is_authority=True)
        self._between_key = ec.generate_private_key(ec.SECP256R1())
        self._between_name = _name(f"intermediate of {name}")
        self._between = self._sign(self._between_name, self._between_key.public_key(), [], self._name, self._key, is_authority=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(root.public_bytes(Encoding.PEM))

    def issue(self, file_name, names=("localhost",), addresses=("127.0.0.1", "::1"), from_now=(-DAY, 30 * DAY), key=None,
              purposes=()):
        key = key or ec.generate_private_key(ec.SECP256R1())
        alternatives = [*map(x509.DNSName, names), *(x509.IPAddress(ipaddress.ip_address(text)) for text in addresses)]
        leaf = self._sign(_name(file_name), key.public_key(), alternatives, self._between_name, self._between_key, from_now=from_now,
                          purposes=purposes)
        return Issued(self._folder, file_name, [leaf, self._between], key)

    @staticmethod
    def _sign(name, public_key, alternatives, issuer, issuer_key, is_authority=False, from_now=(-DAY, 30 * DAY), purposes=()):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + from_now[0])
            .not_valid_after(now + from_now[1])
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        if is_authority:
            usage = x509.KeyUsage(key_cert_sign=True, crl_sign=True, digital_signature=True, content_commitment=False,
                                  key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                                  decipher_only=False)
            builder = builder.add_extension(usage, critical=True)
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return builder.sign(issuer_key, hashes.SHA256())
