/**
 * Believing a message of Amazon SNS that came to an HTTPS address which anybody can post to.
 *
 * A message is believed if it names the one topic that is expected, and if its signature fits a certificate that
 * Amazon's own server for that topic's region hands out. The address of the certificate stands in the message, so it is
 * the first thing that a forger would change: nothing is fetched before it was compared.
 */

import { X509Certificate, verify } from "node:crypto";

/**
 * @typedef {Record<string, string>} SnsMessage
 * @typedef {(url: string) => Promise<string>} Fetch gets a text by HTTPS
 */

// In this order, and Subject only where there is one.
const SIGNED = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
};
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-f]+\.pem$/;

/** The message must not be believed. */
export class NotBelieved extends Error {}

/** Believes the messages of one topic. */
export class Believer {
  /** @type {Map<string, string>} */ #certificates = new Map();
  #topicArn;
  #fetch;
  #host;

  /** @param {string} topicArn @param {Fetch} fetchText */
  constructor(topicArn, fetchText) {
    const [, partition, , region] = topicArn.split(":");
    this.#topicArn = topicArn;
    this.#fetch = fetchText;
    this.#host = `sns.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`;
  }

  /**
   * The message in a request's body. Throws NotBelieved, or what `fetchText` throws: then answer 500, and it comes again.
   * @param {string} body
   * @returns {Promise<SnsMessage>}
   */
  async read(body) {
    const message = textFields(body);
    if (message.TopicArn !== this.#topicArn) throw new NotBelieved("another topic");
    // Version 1 is SHA-1. The stack's topic signs with version 2.
    if (message.SignatureVersion !== "2") throw new NotBelieved("another signature version");
    const certificate = await this.#certificate(message.SigningCertURL ?? "");
    const signature = Buffer.from(message.Signature ?? "", "base64");
    if (!verify("sha256", Buffer.from(signedText(message)), certificate.publicKey, signature)) {
      throw new NotBelieved("the signature does not fit");
    }
    return message;
  }

  /** Visits the address by which the topic is told that we want its messages. @param {SnsMessage} message */
  async confirm(message) {
    await this.#fetch(this.#checked(message.SubscribeURL ?? "", /^\/$/));
  }

  /** @param {string} url */
  async #certificate(url) {
    const checked = this.#checked(url, CERTIFICATE_PATH);
    const pem = this.#certificates.get(checked) ?? (await this.#fetch(checked));
    const certificate = new X509Certificate(pem);
    const now = Date.now();
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) {
      throw new NotBelieved("the certificate is not valid now");
    }
    this.#certificates.set(checked, pem);
    return certificate;
  }

  /** @param {string} text @param {RegExp} path */
  #checked(text, path) {
    const url = URL.parse(text);
    const isAmazons = url?.protocol === "https:" && url.host === this.#host && !url.username && !url.password;
    if (!url || !isAmazons || !path.test(url.pathname)) throw new NotBelieved("an address that is not Amazon's");
    return url.href;
  }
}

/** @param {SnsMessage} message */
function signedText(message) {
  const names = SIGNED[/** @type {keyof typeof SIGNED} */ (message.Type)];
  if (!names) throw new NotBelieved("an unknown type of message");
  return names.flatMap((name) => (name in message ? [`${name}\n${message[name]}\n`] : [])).join("");
}

/** Only texts: what is signed is text. @param {string} body @returns {SnsMessage} */
function textFields(body) {
  try {
    const fields = Object.entries(JSON.parse(body));
    return Object.fromEntries(fields.filter(([, value]) => typeof value === "string"));
  } catch {
    throw new NotBelieved("not JSON");
  }
}
