"""Sealing: what is bound to a row opens only there, and keys can be changed."""

import dataclasses

import pytest

from clipnet.crypto import CannotOpen, KeyRing, new_key, read_key_ring
from clipnet.errors import Misconfigured


@pytest.fixture
def ring() -> KeyRing:
    return read_key_ring(new_key("k1"))


def test_what_is_sealed_opens_again_and_never_looks_the_same(ring: KeyRing) -> None:
    first, second = ring.seal(b"secret", bound="row 1"), ring.seal(b"secret", bound="row 1")
    assert first.ciphertext != second.ciphertext
    assert b"secret" not in first.ciphertext
    assert ring.open(first, bound="row 1") == ring.open(second, bound="row 1") == b"secret"


def test_another_row_another_key_or_one_changed_bit_opens_nothing(ring: KeyRing) -> None:
    sealed = ring.seal(b"secret", bound="row 1")
    changed = dataclasses.replace(sealed, ciphertext=bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:])
    stranger = read_key_ring(new_key("k1"))
    for opener, given, bound in ((ring, sealed, "row 2"), (ring, changed, "row 1"), (stranger, sealed, "row 1")):
        with pytest.raises(CannotOpen, match="another row"):
            opener.open(given, bound=bound)


def test_a_new_key_in_front_seals_and_the_old_one_still_opens() -> None:
    old = new_key("k1")
    sealed = read_key_ring(old).seal(b"secret", bound="row")
    both = read_key_ring(f"{new_key('k2')},{old}")
    assert both.open(sealed, bound="row") == b"secret"
    assert both.seal(b"x", bound="row").key_id == "k2"
    with pytest.raises(CannotOpen, match="no key k1"):
        read_key_ring(new_key("k2")).open(sealed, bound="row")


KEY = "A" * 43 + "="


@pytest.mark.parametrize("text", ["", "k1", "k1:", "k1:AAAA", f"K 1:{KEY}", f"a:{KEY},a:{KEY}", "k1:!!!!"])
def test_a_ring_that_cannot_be_read_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        read_key_ring(text)
    assert "AAAA" not in str(refusal.value)


def test_no_repr_shows_a_key(ring: KeyRing) -> None:
    assert repr(ring) == "KeyRing(k1)"
