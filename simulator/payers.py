"""The payers' phones: prompts appear on them and end, by a script or by a person's hand."""

from collections.abc import Sequence

from simulator.background import Background
from simulator.behaviours import APPROVED, DECLINED, WRONG_PIN, Outcome, Step, Tamper, Wait
from simulator.book import Book
from simulator.callbacks import Callback, build_callback
from simulator.delivery import Courier
from simulator.entries import Charge, Payment, PhoneAnswer, Prompt
from simulator.ids import Ids
from simulator.keys import KeyRing
from simulator.settings import Settings
from simulator.validation import Order

# Nothing follows a prompt that is ignored.
_OUTCOMES = {
    PhoneAnswer.APPROVE: APPROVED,
    PhoneAnswer.DECLINE: DECLINED,
    PhoneAnswer.WRONG_PIN: WRONG_PIN,
}


class NotRinging(LookupError):
    """The prompt was answered before, was forgotten, or never asked a phone."""


class Payers:
    """Prompts payers, charges those who approve, and has the webhook told."""

    def __init__(
        self,
        settings: Settings,
        book: Book,
        background: Background,
        ids: Ids,
        keys: KeyRing,
        courier: Courier,
    ) -> None:
        self._book = book
        self._background = background
        self._ids = ids
        self._keys = keys
        self._courier = courier
        self._signed = settings.signed
        self._ringing: dict[str, Prompt] = {}
        self._seconds = {
            Wait.NONE: 0.0,
            Wait.USUAL: settings.callback_delay,
            Wait.AUTO_APPROVAL: settings.auto_approve or 0.0,
            Wait.SLOW_APPROVAL: settings.slow_approval,
            Wait.SLOW_ANSWER: settings.slow_answer,
        }

    def prompt(self, order: Order, *, asks_phone: bool = False) -> Payment:
        """Make the payer's phone ring; each call is another payment, also for an old reference.

        With ``asks_phone`` the prompt waits for :meth:`answer`.
        """
        transaction_id = self._ids.transaction_id()
        # Equal in the sandbox (LOG); another id in a production Halopesa sample (LOG).
        own_id = self._ids.transaction_id() if order.network == "Halopesa" else transaction_id
        payment = Payment(
            external_id=order.external_id,
            transaction_id=transaction_id,
            reference=own_id,
            mno_reference=self._ids.mno_reference(),
            network=order.network,
            msisdn=order.msisdn,
            amount=order.amount,
            currency=order.currency,
            additional_properties=order.additional_properties,
        )
        prompt = self._book.add(
            Prompt(external_id=order.external_id, payment=payment, asks_phone=asks_phone)
        )
        if asks_phone:
            self._ringing[transaction_id] = prompt
        return payment

    def answer(self, transaction_id: str, answer: PhoneAnswer) -> None:
        """End a prompt as a person did on the page; the callback follows in the background.

        Raises NotRinging if it does not wait for an answer, so that a second press does nothing.
        """
        try:
            prompt = self._ringing.pop(transaction_id)
        except KeyError:
            raise NotRinging(transaction_id) from None
        self._book.amend(prompt, answer=answer)
        if answer in _OUTCOMES:
            self._background.spawn(self.conclude(prompt.payment, _OUTCOMES[answer]))

    def hang_up(self) -> None:
        """Forget all prompts that wait; no callback follows."""
        self._ringing.clear()

    async def wait(self, wait: Wait) -> bool:
        """Pause for as long as the settings say; False when the simulator stops meanwhile."""
        return await self._background.pause(self._seconds[wait])

    async def play(self, payment: Payment, steps: Sequence[Step]) -> None:
        """Let a script end the prompt."""
        for step in steps:
            if not await self.wait(step.after):
                self._courier.abandon(self._callback(payment, step.outcome, step.tamper))
                return
            await self.conclude(
                payment, step.outcome, tamper=step.tamper, times=step.times, retried=step.retried
            )

    async def conclude(
        self,
        payment: Payment,
        outcome: Outcome,
        *,
        tamper: Tamper | None = None,
        times: int = 1,
        retried: bool = True,
    ) -> None:
        """End the prompt: charge the payer if the outcome does, and send the callback."""
        if outcome.charges:
            self._charge(payment)
        callback = self._callback(payment, outcome, tamper)
        for _ in range(times):
            await self._courier.deliver(callback, retried=retried)

    def _charge(self, payment: Payment) -> None:
        self._book.add(
            Charge(
                external_id=payment.external_id,
                transaction_id=payment.transaction_id,
                msisdn=payment.msisdn,
                amount=payment.amount,
            )
        )

    def _callback(self, payment: Payment, outcome: Outcome, tamper: Tamper | None) -> Callback:
        return build_callback(payment, outcome, self._keys, tamper=tamper, signed=self._signed)
