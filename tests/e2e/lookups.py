"""Looking a payment up with the examples' own clients, which their commands do not show."""

import json
import os
import subprocess
import sys
from typing import Any

from local.ports import LOOPBACK
from tests.e2e.shops import EXAMPLES, NODE, PHP

SECONDS = 60
PYTHON_PROGRAM = """
import json, os, sys
sys.path.insert(0, sys.argv[1] + "/python")
from payments_api import PaymentError, PaymentsApi
try:
    print(json.dumps(PaymentsApi(os.environ["PAYMENT_URL"], "key").look_up(sys.argv[2])))
except PaymentError as error:
    print(json.dumps({"error": error.code}))
"""
JAVASCRIPT_PROGRAM = """
const [examples, order] = process.argv.slice(1);
const { PaymentsApi } = await import(`file://${examples}/javascript/payments-api.js`);
try {
  console.log(JSON.stringify(await new PaymentsApi(process.env.PAYMENT_URL, "key").lookUp(order)));
} catch (error) {
  console.log(JSON.stringify({ error: error.code }));
}
"""
PHP_PROGRAM = """
require $argv[1] . '/php/PaymentsApi.php';
try {
    $api = new FinConnect\\Example\\PaymentsApi(getenv('PAYMENT_URL'), 'key');
    echo json_encode($api->lookUp($argv[2]));
} catch (FinConnect\\Example\\PaymentError $error) {
    echo json_encode(['error' => $error->reason]);
}
"""
PROGRAMS = {
    "python": [sys.executable, "-c", PYTHON_PROGRAM],
    "javascript": [NODE, "--input-type=module", "-e", JAVASCRIPT_PROGRAM],
    "php": [PHP, "-r", PHP_PROGRAM],
}


def look_up(language: str, url: str, order: str) -> Any:  # noqa: ANN401 - whatever it gives back
    """The payment that an example's client finds, None, or ``{"error": code}``."""
    done = subprocess.run(
        [*PROGRAMS[language], str(EXAMPLES), order],
        env={"PATH": os.environ["PATH"], "PAYMENT_URL": url, "NO_PROXY": LOOPBACK},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.stderr == "", done.stderr
    return json.loads(done.stdout)
