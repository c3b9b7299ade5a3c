// The page's behaviour. The server renders everything; this keeps it up to date and answers keys.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);
const PIN_DIGITS = 4;
const HOME = "/_simulator";

// ---- memory of this browser ------------------------------------------------------------------

function remembered(name) {
  try { return localStorage.getItem(`simulator.${name}`); } catch { return null; }
}

function remember(name, value) {
  try { localStorage.setItem(`simulator.${name}`, value); } catch { /* private mode: forget it */ }
}

// ---- telling the person ----------------------------------------------------------------------

let voiceTimer = 0;
function say(text) {
  // Emptied first, so that the same words are announced again.
  byId("voice").textContent = "";
  clearTimeout(voiceTimer);
  voiceTimer = setTimeout(() => { byId("voice").textContent = text; }, 60);
}

let toastTimer = 0;
function toast(text) {
  say(text);
  const box = byId("toast");
  box.textContent = text;
  box.dataset.on = "yes";
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { delete box.dataset.on; }, 2200);
}

// ---- bringing the page up to date ------------------------------------------------------------

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

// What the person changed by hand stays as it is: which details are open.
const KEPT = new Set(["open", "hidden"]);

function morph(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const known = new Map([...old.children].filter((e) => e.id).map((e) => [e.id, e]));
  let at = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    const same = node.id ? known.get(node.id) : alike(at, node);
    if (!same) { old.insertBefore(node, at); continue; }
    if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    if (node.nodeType === Node.ELEMENT_NODE) morph(same, node);
    else if (same.data !== node.data) same.data = node.data;
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}

function alike(old, fresh) {
  return old && old.nodeName === fresh.nodeName && !old.id ? old : null;
}

let openedByPage = null;

function showPayment({ id, html }) {
  const fresh = parsed(html);
  const old = byId(id);
  if (old) { morph(old, fresh); delete old.dataset.stale; return; }
  const list = byId("payment-list");
  const order = Number(fresh.dataset.order);
  const after = [...list.children].find((card) => Number(card.dataset.order) < order);
  list.insertBefore(fresh, after ?? null);
  if (!isCatchingUp) unfold(fresh);
}

// The payment that just came is the one being watched; the one unfolded before folds again.
function unfold(card) {
  const details = $("details", card);
  if (openedByPage?.isConnected && !openedByPage.contains(document.activeElement)) {
    openedByPage.open = false;
  }
  details.open = true;
  openedByPage = details;
}

function showPhone({ id, html }) {
  const fresh = parsed(html);
  let phone = byId(id);
  const before = phone?.dataset.transaction;
  const wasRinging = phone?.dataset.ringing === "yes";
  const hadFocus = Boolean(phone?.contains(document.activeElement));
  if (phone) { morph(phone, fresh); delete phone.dataset.stale; }
  else { byId("phone-list").append(fresh); phone = fresh; }
  const rings = phone.dataset.ringing === "yes";
  if (rings && !(wasRinging && before === phone.dataset.transaction)) ring(phone, hadFocus);
  else if (wasRinging && !rings) hangUp(phone, hadFocus);
}

function ring(phone, hadFocus) {
  say(`${phone.dataset.announce} Press p to answer.`);
  // Whoever is busy elsewhere is told, and not torn away.
  if (hadFocus || isIdle()) $(".pin", phone).focus({ preventScroll: !hadFocus && isInView(phone) });
}

function hangUp(phone, hadFocus) {
  say($(".ending", phone).textContent);
  if (!hadFocus) return;
  const next = $('.phone[data-ringing="yes"] .pin');
  (next ?? $(".ending", phone)).focus();
}

function isIdle() {
  const active = document.activeElement;
  return !$("dialog[open]") && (!active || active === document.body || active.matches(".ending"));
}

function isInView(element) {
  const box = element.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight;
}

// ---- the stream ------------------------------------------------------------------------------

let cursor = document.body.dataset.cursor;
let isCatchingUp = false;
let source = null;
let retryTimer = 0;

function connect() {
  clearTimeout(retryTimer);
  source?.close();
  source = new EventSource(`${HOME}/events?after=${encodeURIComponent(cursor)}`);
  source.addEventListener("open", () => line("on", "Live"));
  source.addEventListener("error", lost);
  source.addEventListener("reset", () => {
    isCatchingUp = true;
    for (const each of $$(".case, .phone")) each.dataset.stale = "yes";
  });
  source.addEventListener("payment", (event) => showPayment(JSON.parse(event.data)));
  source.addEventListener("phone", (event) => showPhone(JSON.parse(event.data)));
  source.addEventListener("synced", (event) => {
    cursor = event.lastEventId;
    for (const each of $$("[data-stale]")) each.remove();
    isCatchingUp = false;
    tidy();
  });
}

function lost() {
  line("lost", "Reconnecting…");
  // A browser gives up where the answer was an error; nobody else does it then.
  if (source.readyState === EventSource.CLOSED) {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(connect, 1000);
  }
}

function line(state, text) {
  const box = byId("line");
  if (box.dataset.line === state) return;
  if (box.dataset.line === "lost" && state === "on") say("Live again");
  if (state === "lost") say("The connection to the simulator is lost");
  box.dataset.line = state;
  byId("line-text").textContent = text;
}

// ---- search and filters ----------------------------------------------------------------------

const FILTERS = {
  all: () => true,
  waiting: (card) => card.dataset.state === "waiting",
  paid: (card) => card.dataset.state === "paid",
  failed: (card) => ["failed", "ignored", "claimed"].includes(card.dataset.state),
  refused: (card) => card.dataset.state === "refused",
  undelivered: (card) => card.dataset.delivered === "no",
};

function tidy() {
  const cards = $$(".case");
  const limit = Number(document.body.dataset.shown);
  for (const extra of cards.splice(limit)) extra.remove();
  if (cards.length >= limit) byId("more-payments").hidden = false;
  const chosen = FILTERS[$("input[name=filter]:checked").value];
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const card of cards) {
    const fits = chosen(card) && words.every((word) => card.dataset.words.includes(word));
    card.hidden = !fits;
    shown += fits;
  }
  for (const count of $$("[data-count]")) {
    count.textContent = cards.filter(FILTERS[count.dataset.count]).length || "";
  }
  byId("count").textContent = cards.length ? (shown === cards.length ? shown : `${shown} of ${cards.length}`) : "";
  byId("no-payments").hidden = cards.length > 0;
  byId("no-match").hidden = !cards.length || shown > 0;
  byId("no-phones").hidden = Boolean($(".phone"));
  const ringing = $$('.phone[data-ringing="yes"]').length;
  document.title = ringing ? `(${ringing}) AzamPay simulator` : "AzamPay simulator";
  if (isRevealed()) unmask();
}

function showAll() {
  byId("search").value = "";
  $("input[name=filter][value=all]").checked = true;
  tidy();
}

// ---- phones ----------------------------------------------------------------------------------

async function answer(phone, choice) {
  const transaction = phone.dataset.transaction;
  const pin = $(".pin", phone);
  if (choice === "approve" && !/^[0-9]{4}$/.test(pin.value)) {
    complain(phone, "Enter 4 digits");
    pin.focus();
    return;
  }
  const body = choice === "approve" ? { answer: choice, pin: pin.value } : { answer: choice };
  pin.value = "";
  const response = await send("POST", `/phones/${transaction}`, body);
  if (!response) return complain(phone, "The simulator did not answer; try again");
  if (!response.ok && response.status !== 409) complain(phone, "The simulator refused that");
}

function complain(phone, text) {
  const error = $(".error", phone);
  if (!error) return;
  error.textContent = text;
  $(".pin", phone).setAttribute("aria-invalid", "true");
  say(text);
}

function press(phone, digit) {
  const pin = $(".pin", phone);
  if (digit === "back") pin.value = pin.value.slice(0, -1);
  else if (digit === "empty") pin.value = "";
  else if (pin.value.length < PIN_DIGITS) pin.value += digit;
  typed(phone);
}

function typed(phone) {
  const pin = $(".pin", phone);
  pin.value = pin.value.replace(/[^0-9]/g, "").slice(0, PIN_DIGITS);
  pin.removeAttribute("aria-invalid");
  $(".error", phone).textContent = "";
}

async function send(method, path, body) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (body) options.body = JSON.stringify(body);
  try { return await fetch(HOME + path, options); } catch { return null; }
}

// ---- copying, and the URL's secret -----------------------------------------------------------

let secretUrl = null;
const maskedUrl = byId("callback-url")?.textContent ?? "";
const isRevealed = () => secretUrl !== null;

async function toggleSecret(button) {
  if (isRevealed()) {
    for (const each of $$(".url")) if (each.textContent === secretUrl) each.textContent = maskedUrl;
    secretUrl = null;
  } else {
    const response = await send("GET", "/callback-url");
    if (!response?.ok) return toast("The simulator did not tell the URL");
    secretUrl = (await response.json()).url;
    unmask();
  }
  button.setAttribute("aria-pressed", String(isRevealed()));
  button.textContent = isRevealed() ? "Hide the secret" : "Reveal the secret";
}

function unmask() {
  for (const each of $$(".url")) if (each.textContent === maskedUrl) each.textContent = secretUrl;
}

async function copy(button) {
  let text = button.dataset.copy ?? byId(button.dataset.copyFrom).textContent;
  if (isRevealed()) text = text.replace(`'${maskedUrl}'`, () => `'${secretUrl.replaceAll("'", "%27")}'`);
  toast((await toClipboard(text)) ? "Copied" : "The browser did not allow copying");
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Beyond loopback, and without permission, there is only the old way.
    const area = document.createElement("textarea");
    const active = document.activeElement;
    area.value = text;
    area.className = "hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    active?.focus();
    return done;
  }
}

// ---- theme -----------------------------------------------------------------------------------

const THEMES = ["system", "light", "dark"];

function nextTheme() {
  const root = document.documentElement;
  const now = THEMES[(THEMES.indexOf(root.dataset.theme ?? "system") + 1) % THEMES.length];
  if (now === "system") delete root.dataset.theme;
  else root.dataset.theme = now;
  // A cookie, so that the server already writes the page in it.
  const age = now === "system" ? 0 : 31536000;
  document.cookie = `simulator_theme=${now}; Path=/; SameSite=Strict; Max-Age=${age}`;
  nameTheme();
  say(`Theme: ${now}`);
}

function nameTheme() {
  byId("theme-name").textContent = document.documentElement.dataset.theme ?? "system";
}

// ---- keys ------------------------------------------------------------------------------------

const keysOn = byId("keys-on");
keysOn.checked = remembered("keys") !== "off";
keysOn.addEventListener("change", () => remember("keys", keysOn.checked ? "on" : "off"));

function goToPhone() {
  const pins = $$('.phone[data-ringing="yes"] .pin');
  if (!pins.length) return say("No phone rings");
  const here = pins.findIndex((pin) => pin.closest(".phone").contains(document.activeElement));
  pins[(here + 1) % pins.length].focus();
}

function goToPayment(step) {
  const cards = $$(".case:not([hidden])");
  if (!cards.length) return;
  const here = cards.findIndex((card) => card.contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : cards.length - 1) : here + step;
  $("summary", cards[Math.max(0, Math.min(cards.length - 1, next))]).focus();
}

function goTo(id) {
  byId(id).scrollIntoView({ block: "start" });
  byId(id).focus({ preventScroll: true });
}

const SHORTCUTS = {
  p: goToPhone,
  j: () => goToPayment(1),
  k: () => goToPayment(-1),
  "/": () => byId("search").focus(),
  n: () => goTo("numbers"),
  t: nextTheme,
  "?": () => byId("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  const target = event.target;
  if (event.key === "Escape" && target.id === "search") return showAll();
  const isText = target.matches("input:not([type=radio],[type=checkbox]), textarea");
  if (isText && !target.matches(".pin")) return;
  const phone = target.closest('.phone[data-ringing="yes"]');
  const isTaken = phone ? phoneKey(phone, event) : false;
  if (isTaken || (keysOn.checked && SHORTCUTS[event.key])) event.preventDefault();
  if (!isTaken && keysOn.checked) SHORTCUTS[event.key]?.();
});

function phoneKey(phone, { key, target }) {
  const isPin = target.matches(".pin");
  if (/^[0-9]$/.test(key) && !isPin) { press(phone, key); return true; }
  if (key === "Backspace" && !isPin) { press(phone, "back"); return true; }
  if (!keysOn.checked || !["d", "i"].includes(key)) return false;
  answer(phone, key === "d" ? "decline" : "ignore");
  return true;
}

// ---- clicks and forms ------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const phone = button.closest(".phone");
  if (button.dataset.digit) press(phone, button.dataset.digit);
  else if (button.dataset.answer) answer(phone, button.dataset.answer);
  else if (button.matches(".copy")) copy(button);
  else if (button.matches(".away")) putAway(phone);
  else CLICKS[button.id]?.(button);
});

const CLICKS = {
  reveal: toggleSecret,
  theme: nextTheme,
  "help-open": () => byId("help").showModal(),
  "clear-open": () => byId("clear").showModal(),
  "show-all": () => { showAll(); byId("search").focus(); },
};

function putAway(phone) {
  phone.remove();
  tidy();
  ($('.phone[data-ringing="yes"] .pin') ?? byId("payments")).focus();
}

document.addEventListener("submit", (event) => {
  const phone = event.target.closest(".phone");
  if (!phone) return;
  event.preventDefault();
  answer(phone, "approve");
});

document.addEventListener("input", (event) => {
  if (event.target.matches(".pin")) typed(event.target.closest(".phone"));
  else if (event.target.id === "search" || event.target.name === "filter") tidy();
});

byId("clear").addEventListener("close", async ({ target }) => {
  const isMeant = target.returnValue === "clear";
  target.returnValue = "";
  if (!isMeant) return;
  const response = await send("DELETE", "/book");
  toast(response?.ok ? "Cleared" : "The simulator did not answer");
});

// ---- start -----------------------------------------------------------------------------------

// A reloaded page may bring back what was typed before.
for (const pin of $$(".pin")) pin.value = "";
nameTheme();
tidy();
connect();
const waiting = $('.phone[data-ringing="yes"]');
if (waiting) ring(waiting, false);
