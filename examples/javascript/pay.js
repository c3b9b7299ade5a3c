/**
 * `node pay.js ORDER NUMBER AMOUNT NETWORK`: one payment, from the command line.
 *
 * PAYMENT_URL and API_KEY are in the environment. Prints what came of it as one line of JSON.
 */

import { PaymentError, PaymentsApi } from "./payments-api.js";

const [externalId = "", accountNumber = "", amount = "", network = ""] = process.argv.slice(2);
const { PAYMENT_URL = "", API_KEY = "", PATIENCE_SECONDS = "120" } = process.env;
const api = new PaymentsApi(PAYMENT_URL, API_KEY, Number(PATIENCE_SECONDS));
const provider = /** @type {import("./payments-api.js").Payment["provider"]} */ (network);

try {
  const { status } = await api.pay({ accountNumber, amount, currency: "TZS", externalId, provider });
  console.log(JSON.stringify({ outcome: "Accepted", status }));
} catch (error) {
  if (!(error instanceof PaymentError)) throw error;
  console.log(JSON.stringify({ outcome: error.name, code: error.code }));
  process.exitCode = 1;
}
