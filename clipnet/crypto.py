"""Sealing secrets that must be kept: AES-256-GCM, bound to the row they belong to, with a ring of keys.

The first key of the ring seals; every key opens what it sealed. So a key is changed by putting a new one in front,
sealing everything anew (`db.tokens.reseal`), and then leaving the old one out.
"""

import base64
import binascii
import os
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clipnet.errors import Misconfigured

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
"""Length of a nonce that AES-GCM is specified for (NIST SP 800-38D, 5.2.1.1); random, one per sealing."""
_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,30}$")


class CannotOpen(Exception):
    """What was sealed can't be opened: another row's, changed, or sealed by a key that the ring lacks."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is kept. Without the key of that id and the same `bound` it says nothing."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


class KeyRing:
    """Keys by id."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.newest = next(iter(keys))

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._ciphers)})"

    def seal(self, plain: bytes, *, bound: str) -> Sealed:
        """Seal with the first key. `bound` names the row; only with the same name it opens again."""
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(self.newest, nonce, self._ciphers[self.newest].encrypt(nonce, plain, bound.encode()))

    def open(self, sealed: Sealed, *, bound: str) -> bytes:
        """What was sealed. Raises `CannotOpen`."""
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise CannotOpen(f"the key ring has no key {sealed.key_id}")
        try:
            return cipher.decrypt(sealed.nonce, sealed.ciphertext, bound.encode())
        except InvalidTag:
            raise CannotOpen("the seal is broken, or it belongs to another row") from None


def read_key_ring(text: str) -> KeyRing:
    """The ring of the setting `TOKEN_KEYS`: `id:base64 of 32 bytes`, several with commas. Raises `Misconfigured`."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not _ID.match(key_id) or len(key) != KEY_BYTES or key_id in keys:
            raise Misconfigured(
                "TOKEN_KEYS can't be read.", hint="Write `id:key`, the key as base64 of 32 bytes, several with commas."
            )
        keys[key_id] = key
    return KeyRing(keys)


def new_key(key_id: str) -> str:
    """A fresh entry for `TOKEN_KEYS`."""
    return f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"
