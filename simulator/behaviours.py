"""What each test number does: small pieces of data, put together in one table.

A checkout takes a :class:`Turn`: what it answers, whether the payer's phone rings, what else
changes, and the :class:`Step` s that follow. A number whose second checkout for the same reference
goes another way has two turns; the last one repeats.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Reply(Enum):
    """What the checkout endpoint says."""

    ACCEPTED = auto()
    INVALID_VENDOR = auto()
    INVALID_FIELD = auto()
    UNAUTHORISED = auto()
    EMPTY_200 = auto()
    HTML_502 = auto()
    RESET = auto()
    SILENCE = auto()


class Wait(Enum):
    """How long until something happens; the settings say how many seconds each is."""

    NONE = auto()
    USUAL = auto()
    AUTO_APPROVAL = auto()
    SLOW_APPROVAL = auto()
    SLOW_ANSWER = auto()


class Effect(Enum):
    """What else a checkout changes in the simulator."""

    REVOKE_TOKEN = auto()
    LOCK_NEXT_TOKEN = auto()
    ROTATE_KEY = auto()
    HIDE_KEY_ONCE = auto()


class Tamper(StrEnum):
    """How a callback is made to lie. All but ``unsigned`` happen after it was signed."""

    SIGNATURE = "signature"
    AMOUNT = "amount"
    STATUS = "status"
    PHONE = "phone"
    NETWORK = "network"
    TRANSID = "transid"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a prompt ends: the callback's status and message, and whether the payer is charged."""

    status: str
    message: str
    charges: bool = False


# `success` with the message "success" is logged; the negative words are from the schema and from
# AzamPay's own plugin, and the texts of failures are invented.
APPROVED = Outcome("success", "success", charges=True)
CLAIMED = Outcome("success", "success")
DECLINED = Outcome("failure", "Transaction declined by the payer")
INSUFFICIENT_FUNDS = Outcome("failure", "The payer has insufficient funds")
WRONG_PIN = Outcome("failure", "The payer entered a wrong PIN")
REVERSED = Outcome("failure", "Transaction failed")
FAILED_WORD = Outcome("failed", "Transaction failed")
PENDING = Outcome("pending", "Transaction is being processed")

# The events that a callback made by hand can tell of. None of them charges anybody.
EVENTS = {
    "success": CLAIMED,
    "failure": REVERSED,
    "failed": FAILED_WORD,
    "pending": PENDING,
    "declined": DECLINED,
    "insufficient-funds": INSUFFICIENT_FUNDS,
    "wrong-pin": WRONG_PIN,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One end of a prompt, told to the webhook ``times`` times, ``after`` the step before."""

    outcome: Outcome
    after: Wait = Wait.USUAL
    tamper: Tamper | None = None
    times: int = 1
    retried: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """What one checkout leads to. With ``asks_phone`` a person on the page takes the steps."""

    reply: Reply = Reply.ACCEPTED
    answer_after: Wait = Wait.NONE
    prompts: bool = True
    asks_phone: bool = False
    effects: tuple[Effect, ...] = ()
    steps: tuple[Step, ...] = (Step(APPROVED),)
    callback_first: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A named behaviour, what it does in a sentence, and its turns."""

    name: str
    summary: str
    turns: tuple[Turn, ...] = (Turn(),)

    def turn(self, index: int) -> Turn:
        """The turn of the checkout number ``index`` (from 0) with the same reference."""
        return self.turns[min(index, len(self.turns) - 1)]


def _refusal(reply: Reply, *effects: Effect) -> Turn:
    return Turn(reply, prompts=False, effects=effects, steps=())


_SCRIPTS = (
    Behaviour(
        "approve-at-once",
        "The payer approves as soon as the prompt appears.",
        (Turn(steps=(Step(APPROVED, Wait.NONE),)),),
    ),
    Behaviour(
        "approve-after-5s",
        "The payer approves after 5 seconds.",
        (Turn(steps=(Step(APPROVED, Wait.SLOW_APPROVAL),)),),
    ),
    Behaviour(
        "decline",
        "The payer declines; the callback says failure.",
        (Turn(steps=(Step(DECLINED),)),),
    ),
    Behaviour(
        "insufficient-funds",
        "The payer has too little money; the callback says failure.",
        (Turn(steps=(Step(INSUFFICIENT_FUNDS),)),),
    ),
    Behaviour(
        "wrong-pin",
        "The payer enters a wrong PIN; the callback says failure.",
        (Turn(steps=(Step(WRONG_PIN),)),),
    ),
    Behaviour(
        "never-answers",
        "The prompt is ignored; no callback ever comes.",
        (Turn(steps=()),),
    ),
    Behaviour(
        "callback-first",
        "The callback is delivered before the checkout is answered.",
        (Turn(steps=(Step(APPROVED, Wait.NONE),), callback_first=True),),
    ),
    Behaviour(
        "duplicate-callback",
        "The same successful callback is sent twice.",
        (Turn(steps=(Step(APPROVED, times=2),)),),
    ),
    Behaviour(
        "success-then-failure",
        "A successful callback is followed by one that says failure.",
        (Turn(steps=(Step(APPROVED), Step(REVERSED))),),
    ),
    Behaviour(
        "unsigned-callback",
        "The payer approves; the callback has no signature.",
        (Turn(steps=(Step(APPROVED, tamper=Tamper.UNSIGNED),)),),
    ),
    Behaviour(
        "forged-signature",
        "Nobody pays; somebody else's key signs a callback that says success.",
        (Turn(steps=(Step(CLAIMED, tamper=Tamper.SIGNATURE, retried=False),)),),
    ),
    Behaviour(
        "changed-amount",
        "The payer approves; the callback names another amount under a signature that holds.",
        (Turn(steps=(Step(APPROVED, tamper=Tamper.AMOUNT),)),),
    ),
    Behaviour(
        "failed-word",
        "The payment fails, and the callback says failed where the schema says failure.",
        (Turn(steps=(Step(FAILED_WORD),)),),
    ),
    Behaviour(
        "invalid-vendor",
        "Refused inside a 200: success false, transactionId the text null, Invalid Vendor.",
        (_refusal(Reply.INVALID_VENDOR),),
    ),
    Behaviour(
        "invalid-field",
        "Refused with 400; the errors name accountNumber.",
        (_refusal(Reply.INVALID_FIELD),),
    ),
    Behaviour(
        "unauthorised-once",
        "The first checkout of a reference gets 401 and its token is revoked; the next is paid.",
        (_refusal(Reply.UNAUTHORISED, Effect.REVOKE_TOKEN), Turn()),
    ),
    Behaviour(
        "token-locked",
        "As the number before, and the token request that follows gets 423, once.",
        (_refusal(Reply.UNAUTHORISED, Effect.REVOKE_TOKEN, Effect.LOCK_NEXT_TOKEN), Turn()),
    ),
    Behaviour(
        "empty-200",
        "The answer is an empty 200; the payer is prompted and approves.",
        (Turn(Reply.EMPTY_200),),
    ),
    Behaviour(
        "html-502",
        "The answer is an HTML page with 502; the payer is prompted and approves.",
        (Turn(Reply.HTML_502),),
    ),
    Behaviour(
        "connection-reset",
        "The connection is reset; no prompt and no callback ever come.",
        (_refusal(Reply.RESET),),
    ),
    Behaviour(
        "slow-answer",
        "The answer takes 60 seconds; the payer is prompted at once and approves after it.",
        (Turn(answer_after=Wait.SLOW_ANSWER),),
    ),
    Behaviour(
        "accepted-but-timed-out",
        "The payer is prompted and approves, but the answer never comes; the callback does.",
        (Turn(Reply.SILENCE),),
    ),
    Behaviour(
        "key-path-404",
        "The key is rotated and the documented key path answers 404 once; the other path serves.",
        (Turn(effects=(Effect.ROTATE_KEY, Effect.HIDE_KEY_ONCE)),),
    ),
    Behaviour(
        "rotated-key",
        "The key is rotated; the callback is signed with the new one.",
        (Turn(effects=(Effect.ROTATE_KEY,)),),
    ),
)

BY_NUMBER = {f"2557000000{nn:02d}": behaviour for nn, behaviour in enumerate(_SCRIPTS, start=1)}
ANY_OTHER = Behaviour(
    "any-other",
    "The phone on the page rings, and you answer it.",
    (Turn(asks_phone=True, steps=()),),
)
UNATTENDED = Behaviour(
    "any-other",
    "The payer approves by itself, after the seconds of --auto-approve.",
    (Turn(steps=(Step(APPROVED, Wait.AUTO_APPROVAL),)),),
)


def behaviour_of(msisdn: str, *, is_attended: bool = True) -> Behaviour:
    """The behaviour of a payer's number in the form ``255`` and nine digits.

    ``is_attended`` says whether somebody is there to answer the phones of the page.
    """
    return BY_NUMBER.get(msisdn, ANY_OTHER if is_attended else UNATTENDED)
