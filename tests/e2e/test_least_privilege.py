"""Each right of each role is taken away in turn: the one thing that it allows then fails.

The exact list of the rights is held by tests/template/test_permissions.py, which also sees that
each of them is here: as a proof, or in tests/e2e/missing/unseen.py with the reason why it cannot
be seen. A right that nobody misses is one too many.
"""

from functools import partial

import pytest

from tests.e2e.missing import payments, reconciler, token_refresh, webhook
from tests.e2e.missing.grant import Grant, Proof, Proofs, without
from tests.e2e.missing.unseen import UNSEEN, Unseen
from tests.e2e.support import World

PROOFS: Proofs = {
    **payments.PROOFS,
    **token_refresh.PROOFS,
    **webhook.PROOFS,
    **reconciler.PROOFS,
}
SEEN_TO_GO_ON = {name: unseen for name, unseen in UNSEEN.items() if unseen.goes_on}


def name_of(grant: Grant) -> str:
    return f"{grant.role.removesuffix('Role')}-{grant.sid}-{grant.action}-{grant.resource}"


@pytest.mark.parametrize(("grant", "proof"), PROOFS.items(), ids=map(name_of, PROOFS))
def test_a_right_that_is_taken_away_is_missed(world: World, grant: Grant, proof: Proof) -> None:
    proof(world, partial(without, world, grant))


@pytest.mark.parametrize("unseen", SEEN_TO_GO_ON.values(), ids=list(SEEN_TO_GO_ON))
def test_the_emulator_does_not_ask_for_it(world: World, unseen: Unseen) -> None:
    assert unseen.goes_on is not None
    with without(world, *unseen.grants):
        unseen.goes_on(world)
