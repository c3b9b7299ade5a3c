/** An HTTP server that takes the events of a topic which is subscribed to it. */

import { createServer } from "node:http";
import { Believer, NotBelieved } from "./sns-message.js";

/**
 * @typedef {import("./sns-message.js").Fetch} Fetch
 * @typedef {import("./orders.js").Orders} Orders
 * @typedef {import("./orders.js").PaymentEvent} PaymentEvent
 */

const MOST_BYTES = 512 * 1024;

/**
 * The server. It answers 200 only when the event is in the books: anything else makes SNS send it again.
 *
 * @param {{topicArn: string, fetchText: Fetch, orders: Orders, tell: (line: object) => void}} parts
 */
export function createReceiver({ topicArn, fetchText, orders, tell }) {
  const believer = new Believer(topicArn, fetchText);

  /** @param {string} body */
  async function receive(body) {
    const message = await believer.read(body);
    if (message.Type === "SubscriptionConfirmation") await believer.confirm(message);
    if (message.Type !== "Notification") return;
    const event = /** @type {PaymentEvent} */ (JSON.parse(message.Message ?? ""));
    const verdict = orders.take(event);
    if (verdict !== "nothing") tell({ verdict, externalId: event.subject, type: event.type });
  }

  return createServer(async (request, response) => {
    try {
      await receive(await bodyOf(request));
      response.writeHead(200).end();
    } catch (error) {
      response.writeHead(error instanceof NotBelieved ? 403 : 500).end();
      // Why, and never what: the message may be anybody's.
      console.error(error instanceof Error ? `${error.name}: ${error.message}` : "error");
    }
  });
}

/** By HTTPS; SNS puts its certificates nowhere else. @type {Fetch} */
export async function fetchText(url) {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.text();
}

/** @param {import("node:http").IncomingMessage} request */
async function bodyOf(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new NotBelieved("too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
