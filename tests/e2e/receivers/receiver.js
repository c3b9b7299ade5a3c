/**
 * The JavaScript example's server, with Amazon's servers played by this machine: the certificate is a file, and a
 * subscription is confirmed at the emulator. Everything else is the example's own.
 */

import { readFileSync } from "node:fs";
import { Orders } from "../../../examples/javascript/orders.js";
import { createReceiver } from "../../../examples/javascript/receiver.js";

const [port, topicArn, journal, certificate, emulator] = process.argv.slice(2);
const orders = new Orders(journal);

async function fetchText(url) {
  if (url.endsWith(".pem")) return readFileSync(certificate, "utf8");
  const response = await fetch(emulator + new URL(url).search);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.text();
}

createReceiver({ topicArn, fetchText, orders, tell: () => undefined }).listen(Number(port), "127.0.0.1");
