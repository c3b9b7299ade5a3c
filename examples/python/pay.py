"""`python pay.py ORDER NUMBER AMOUNT NETWORK`: one payment, from the command line.

PAYMENT_URL and API_KEY are in the environment. Prints what came of it as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys

from payments_api import PaymentError, PaymentsApi


def main(order: str, number: str, amount: str, network: str) -> int:
    """0 if the payment was accepted, else 1."""
    patience = float(os.environ.get("PATIENCE_SECONDS", "120"))
    api = PaymentsApi(os.environ["PAYMENT_URL"], os.environ["API_KEY"], patience)
    payment = {
        "accountNumber": number,
        "amount": amount,
        "currency": "TZS",
        "externalId": order,
        "provider": network,
    }
    try:
        accepted = api.pay(payment)
    except PaymentError as error:
        print(json.dumps({"outcome": type(error).__name__, "code": error.code}))
        return 1
    print(json.dumps({"outcome": "Accepted", "status": accepted["status"]}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
