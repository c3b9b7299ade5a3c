"""RSA keys that a number determines: for runs that can be repeated, never for a secret.

The cryptography library draws its keys from the system's randomness alone, so the primes are found
here.
"""

import functools
import math
import random

from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2048
PUBLIC_EXPONENT = 65537

_SMALL_PRIMES = tuple(n for n in range(3, 2000) if all(n % d for d in range(2, math.isqrt(n) + 1)))
# Candidates are random, not chosen to deceive: a handful of rounds leaves no doubt (FIPS 186-5).
_ROUNDS = 8


@functools.lru_cache(maxsize=64)
def seeded_key(seed: int) -> rsa.RSAPrivateKey:
    """The 2048-bit key of ``seed``. It takes about half a second the first time."""
    source = random.Random(seed)  # noqa: S311 - repeatable is the point
    p = _prime(source)
    q = _prime(source)
    p, q = max(p, q), min(p, q)
    d = pow(PUBLIC_EXPONENT, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(PUBLIC_EXPONENT, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public
    ).private_key()


def _prime(source: random.Random) -> int:
    bits = KEY_BITS // 2
    # With the two highest bits set, the product of two primes has exactly KEY_BITS bits.
    mask = (0b11 << (bits - 2)) | 1
    while True:
        candidate = source.getrandbits(bits) | mask
        if (candidate - 1) % PUBLIC_EXPONENT and _is_prime(candidate, source):
            return candidate


def _is_prime(number: int, source: random.Random) -> bool:
    if any(number % small == 0 for small in _SMALL_PRIMES):
        return False
    return all(_passes(number, source.randrange(2, number - 1)) for _ in range(_ROUNDS))


def _passes(number: int, base: int) -> bool:
    """One round of Miller and Rabin."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = pow(power, 2, number)
        if power == number - 1:
            return True
    return False
