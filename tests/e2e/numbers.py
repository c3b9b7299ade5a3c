"""What each of the stand-in's test numbers comes to in the stack: the README's table, as data."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Course:
    """What a merchant sees.

    ``answer`` is the status of the POST's answer, and the payment's status or the problem's code in
    it; ``also`` is that word where callback and answer came the other way round. ``events`` are the
    types without ``payment.``, in their order. ``told`` has how the webhook answers the callbacks.
    """

    answer: tuple[int, str]
    events: tuple[str, ...]
    status: str
    told: tuple[int, ...] = (200,)
    also: str | None = None


PENDING, UNKNOWN = (202, "pending"), (202, "unknown")
REFUSED, UNAVAILABLE = (422, "provider_refused"), (503, "provider_unavailable")
PAID = Course(PENDING, ("pending", "succeeded"), "succeeded")
FAILED = Course(PENDING, ("pending", "failed"), "failed")
SETTLED = Course(UNKNOWN, ("unknown", "succeeded"), "succeeded")
REJECTED = Course(REFUSED, ("rejected",), "rejected", told=())

COURSES = {
    "approve-at-once": replace(PAID, also="succeeded"),
    "approve-after-5s": PAID,
    "decline": FAILED,
    "insufficient-funds": FAILED,
    "wrong-pin": FAILED,
    "never-answers": Course(PENDING, ("pending",), "pending", told=()),
    "callback-first": Course((202, "succeeded"), ("pending", "succeeded"), "succeeded"),
    "duplicate-callback": Course(PENDING, ("pending", "succeeded"), "succeeded", told=(200, 200)),
    "success-then-failure": Course(
        PENDING, ("pending", "succeeded", "conflict"), "succeeded", told=(200, 200)
    ),
    "unsigned-callback": Course(PENDING, ("pending",), "pending", told=(401,)),
    "forged-signature": Course(PENDING, ("pending",), "pending", told=(401,)),
    "changed-amount": Course(PENDING, ("pending", "mismatch"), "pending"),
    "failed-word": FAILED,
    "invalid-vendor": REJECTED,
    "invalid-field": REJECTED,
    "unauthorised-once": PAID,
    # Nothing was sent, so nothing is published. The next POST of the same is PAID.
    "token-locked": Course(UNAVAILABLE, (), "not_sent", told=()),
    "empty-200": SETTLED,
    "html-502": SETTLED,
    "connection-reset": Course(UNKNOWN, ("unknown",), "unknown", told=()),
    "slow-answer": SETTLED,
    # The callback is held while the answer is waited for, and counts when that is given up.
    "accepted-but-timed-out": replace(SETTLED, answer=(202, "succeeded"), also="unknown"),
    "key-path-404": PAID,
    "rotated-key": PAID,
}
# Those that change the stand-in's tokens or key, and with them what happens to other payments; and
# one whose webhook must be awake, since AzamPay's answer waits for the webhook's.
ALONE = ("callback-first", "unauthorised-once", "token-locked", "key-path-404", "rotated-key")


def readme_row(number: str, summary: str, course: Course) -> str:
    """The course's line in the README's table."""
    status, word = course.answer
    events = ", ".join(course.events) or "none"
    return f"| `{number}` | {summary} | {status} `{word}` | {events} |"
