/**
 * What a shop does with an event, once: however often, and in whatever order, events come.
 *
 * The rules are the same in every language:
 * - an event whose id was seen before changes nothing;
 * - goods are delivered once for an externalId, when it succeeded;
 * - `succeeded` wins: a failure that comes later changes nothing, a success after one delivers;
 * - an event that only a person can judge is put before a person;
 * - an event of an unknown type is ignored: new types may be added.
 */

import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * @typedef {{id: string, type: string, subject: string}} PaymentEvent a CloudEvents envelope, as far as it is needed here
 * @typedef {"deliver" | "give up" | "look" | "nothing"} Verdict
 * @typedef {{id: string, type: string, externalId: string, verdict: Verdict}} Entry
 */

const SUCCEEDED = "payment.succeeded";
const NOT_PAID = new Set(["payment.failed", "payment.rejected"]);
const FOR_A_PERSON = new Set(["payment.unresolved", "payment.mismatch", "payment.conflict", "callback.unmatched"]);

/**
 * The shop's books, here a journal with one line for each event; one process may have it open. A shop that has a
 * database makes one transaction of it: the event's id, the order's state and the delivery note, or none of them.
 */
export class Orders {
  /** @type {Set<string>} */ #seen = new Set();
  /** @type {Set<string>} */ #delivered = new Set();
  /** @type {Set<string>} */ #givenUp = new Set();
  #file;

  /** @param {string} path */
  constructor(path) {
    this.#file = openSync(path, "a+");
    const text = readFileSync(this.#file, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    // What was being written when the power went out was not acknowledged, and comes again.
    ftruncateSync(this.#file, Buffer.byteLength(whole));
    for (const line of whole.split("\n").filter(Boolean)) this.#remember(JSON.parse(line));
  }

  close() {
    closeSync(this.#file);
  }

  /**
   * Do what the event asks for, once. When this returns, it is written and will stay so; if it throws, do not
   * acknowledge the message, and it comes again.
   *
   * @param {PaymentEvent} event
   * @returns {Verdict}
   */
  take(event) {
    const entry = { id: event.id, type: event.type, externalId: event.subject, verdict: this.#judge(event) };
    if (this.#seen.has(event.id)) return "nothing";
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    fsyncSync(this.#file);
    this.#remember(entry);
    return entry.verdict;
  }

  /** @param {PaymentEvent} event @returns {Verdict} */
  #judge({ type, subject }) {
    if (type === SUCCEEDED) return this.#delivered.has(subject) ? "nothing" : "deliver";
    if (NOT_PAID.has(type)) return this.#delivered.has(subject) || this.#givenUp.has(subject) ? "nothing" : "give up";
    return FOR_A_PERSON.has(type) ? "look" : "nothing";
  }

  /** @param {Entry} entry */
  #remember(entry) {
    this.#seen.add(entry.id);
    if (entry.verdict === "deliver") this.#delivered.add(entry.externalId);
    if (entry.verdict === "give up") this.#givenUp.add(entry.externalId);
  }
}
