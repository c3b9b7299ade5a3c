/**
 * `node receive.js PORT TOPIC_ARN JOURNAL`: takes events that SNS posts, until it is stopped.
 *
 * Something in front of it must speak HTTPS: SNS can post to plain HTTP too, but do not let it.
 */

import { Orders } from "./orders.js";
import { createReceiver, fetchText } from "./receiver.js";

const [port = "", topicArn = "", journal = ""] = process.argv.slice(2);
/** @param {object} line */
const tell = (line) => console.log(JSON.stringify(line));
const orders = new Orders(journal);
const server = createReceiver({ topicArn, fetchText, orders, tell });

server.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => server.close(() => orders.close()));
