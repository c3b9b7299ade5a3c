"""Keys: one per run, or the same in every run of a seed."""

import random

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.keys import KeyRing
from simulator.seeded_keys import _is_prime, seeded_key

CARMICHAEL = 443_372_888_629_441


def test_a_seed_repeats_its_keys() -> None:
    one, other = KeyRing(1), KeyRing(1)
    assert one.public_pem == other.public_pem
    one.rotate()
    assert one.public_pem != other.public_pem
    other.rotate()
    assert one.public_pem == other.public_pem


def test_other_seeds_and_no_seed_have_other_keys() -> None:
    assert len({KeyRing(seed).fingerprint for seed in (1, 2, None, None)}) == 4


def test_a_seeded_key_is_a_whole_one() -> None:
    numbers = seeded_key(5).private_numbers()
    assert numbers.public_numbers.e == 65537
    assert numbers.public_numbers.n.bit_length() == 2048
    assert numbers.p * numbers.q == numbers.public_numbers.n
    # The library checks the arithmetic of what it loads.
    assert isinstance(numbers.private_key(), rsa.RSAPrivateKey)


@pytest.mark.parametrize("number", [CARMICHAEL, 2003 * 2011, (2**61 - 1) * (2**31 - 1)])
def test_composite_numbers_are_found_out(number: int) -> None:
    source = random.Random(1)  # noqa: S311 - repeatable
    assert not _is_prime(number, source)
    assert _is_prime(2**127 - 1, source)


def test_its_own_signatures_verify_and_others_do_not() -> None:
    keys = KeyRing(1)
    signature = keys.sign(b"text")
    assert keys.verifies(b"text", signature)
    assert not keys.verifies(b"another", signature)
    assert not keys.verifies(b"text", keys.forge(b"text"))
    assert not keys.verifies(b"text", "not base64!")
