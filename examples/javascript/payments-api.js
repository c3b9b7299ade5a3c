/**
 * Asking a payer for money through FinConnect.
 *
 * The rule is in `PaymentsApi.pay`: while it is not known what became of a payment, the very same text is posted again,
 * and never another externalId: that would be another prompt and a second charge.
 */

import { setTimeout as sleep } from "node:timers/promises";

/**
 * @typedef {object} Payment
 * @property {string} accountNumber 255 or 0 and nine digits
 * @property {string | number} amount shillings
 * @property {"TZS"} currency
 * @property {string} externalId your own reference: one attempt to take money
 * @property {"Airtel" | "Tigo" | "Halopesa" | "Azampesa" | "Mpesa"} provider
 * @property {Record<string, unknown> | null} [additionalProperties]
 *
 * @typedef {"created" | "pending" | "unknown" | "succeeded" | "failed" | "rejected" | "not_sent"} Status
 * @typedef {{externalId: string, status: Status, transactionId: string | null, message: string | null}} Accepted
 * @typedef {{code?: string, detail?: string, errors?: {field: string, message: string}[]}} Problem
 * @typedef {{status: number, body: unknown, retryAfter: number | null}} Answer status 0 stands for no answer at all
 */

// The API answers within 29 seconds.
const TIMEOUT_MS = 35_000;
const FIRST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 30;
// After these nobody knows whether the payer was asked: other answers say so by their code.
const IN_DOUBT = new Set(["internal_error", "unavailable", "in_progress"]);
const COME_AGAIN = new Set([...IN_DOUBT, "too_many_requests", "provider_unavailable"]);
// An error of the server counts for what it says only if it is the API's own word.
const SERVER_CODES = new Set(["internal_error", "unavailable", "provider_unavailable"]);

/** The payment was not accepted; `code` is the API's stable word for the reason. */
export class PaymentError extends Error {
  /** @param {string} code @param {Problem} problem */
  constructor(code, problem) {
    super(`${code}: ${problem.detail ?? ""}`);
    this.name = new.target.name;
    this.code = code;
    this.problem = problem;
  }
}
/** The provider said no, for good. Another attempt is a new payment with a new externalId. */
export class Refused extends PaymentError {}
/** The request is wrong, or its key: a person must mend the program. Nobody was asked. */
export class Faulty extends PaymentError {}
/** Nobody was asked so far. Call `pay` again, later, with the same payment. */
export class NotSent extends PaymentError {}
/** Nobody knows. Call `pay` again, later, with the same payment; never with a new externalId. */
export class Unknown extends PaymentError {}

/** The API of one stack. */
export class PaymentsApi {
  /**
   * @param {string} url the stack's output PaymentUrl
   * @param {string} apiKey
   * @param {number} [patienceSeconds] how long `pay` goes on before it throws NotSent or Unknown
   */
  constructor(url, apiKey, patienceSeconds = 120) {
    this.url = url;
    this.apiKey = apiKey;
    this.patienceSeconds = patienceSeconds;
  }

  /**
   * Ask the payer once, however often it takes to be understood.
   *
   * Store `payment` before you call this. The answer's status is `pending` or `unknown` as a rule: the outcome comes as
   * an event. Throws Refused, Faulty, NotSent or Unknown.
   *
   * @param {Payment} payment
   * @returns {Promise<Accepted>}
   */
  async pay(payment) {
    const body = JSON.stringify(payment);
    const deadline = performance.now() + 1000 * this.patienceSeconds;
    let inDoubt = false;
    for (let wait = FIRST_WAIT_SECONDS; ; wait = Math.min(2 * wait, LONGEST_WAIT_SECONDS)) {
      const answer = await this.#send("POST", this.url, body);
      if (isPayment(answer)) return accepted(answer);
      const code = codeOf(answer);
      if (code === "provider_refused") throw new Refused(code, problemOf(answer));
      // provider_unavailable: nothing was sent. The record itself says so, whatever was in doubt before.
      inDoubt = IN_DOUBT.has(code) || (inDoubt && code !== "provider_unavailable");
      const pause = 1000 * (answer.retryAfter ?? jittered(wait));
      if (!COME_AGAIN.has(code) || performance.now() + pause > deadline) throw failure(answer, inDoubt);
      await sleep(pause);
    }
  }

  /**
   * The payment as it stands, or null if the API says that there is none. Throws PaymentError for all else.
   * @param {string} externalId
   * @returns {Promise<Accepted | null>}
   */
  async lookUp(externalId) {
    const answer = await this.#send("GET", `${this.url}/${encodeURIComponent(externalId)}`);
    if (isPayment(answer)) return /** @type {Accepted} */ (answer.body);
    const code = codeOf(answer);
    if (code === "not_found") return null;
    throw new PaymentError(code, problemOf(answer));
  }

  /**
   * @param {"GET" | "POST"} method
   * @param {string} url
   * @param {string} [body]
   * @returns {Promise<Answer>}
   */
  async #send(method, url, body) {
    const headers = { "x-api-key": this.apiKey, "content-type": "application/json" };
    try {
      const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
      const told = response.headers.get("retry-after") ?? "";
      const retryAfter = /^\d+$/.test(told) ? Number(told) : null;
      return { status: response.status, body: parsed(await response.text()), retryAfter };
    } catch {
      // No connection, a broken one, or no answer in time: it may have arrived all the same.
      return { status: 0, body: null, retryAfter: null };
    }
  }
}

/**
 * A repeated request for a payment that was refused is answered with the payment as it stands.
 * @param {Answer} answer
 */
function accepted(answer) {
  const payment = /** @type {Accepted} */ (answer.body);
  if (payment.status === "rejected") throw new Refused("provider_refused", { detail: payment.message ?? "" });
  return payment;
}

/**
 * What an answer means that is not a success, and that ends the attempts.
 * @param {Answer} answer
 * @param {boolean} inDoubt
 */
function failure(answer, inDoubt) {
  const code = codeOf(answer);
  if (inDoubt) return new Unknown(code, problemOf(answer));
  return COME_AGAIN.has(code) ? new NotSent(code, problemOf(answer)) : new Faulty(code, problemOf(answer));
}

/** @param {Answer} answer @returns {Problem} */
function problemOf(answer) {
  return typeof answer.body === "object" && answer.body !== null ? answer.body : {};
}

/**
 * Whether the body is a payment: a proxy may answer 200 with a page of its own.
 * @param {Answer} answer
 */
function isPayment({ status, body }) {
  if ((status !== 200 && status !== 202) || typeof body !== "object" || body === null) return false;
  return "status" in body && typeof body.status === "string";
}

/**
 * The API's stable word for a problem; whoever stands before the API may have none.
 *
 * Only a clear refusal (4xx but 408) says that nobody was asked. No answer, a time-out, another proxy's 5xx, or a page
 * where a payment should be: nobody knows, so the same is posted again.
 * @param {Answer} answer
 */
function codeOf(answer) {
  const { code } = problemOf(answer);
  const isRefusal = answer.status >= 400 && answer.status < 500 && answer.status !== 408;
  if (isRefusal) return typeof code === "string" ? code : `http_${answer.status}`;
  return code !== undefined && SERVER_CODES.has(code) ? code : "unavailable";
}

/** So that a thousand callers who were turned away together do not come back together. @param {number} seconds */
function jittered(seconds) {
  return (seconds * (1 + Math.random())) / 2;
}

/** @param {string} text @returns {unknown} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
