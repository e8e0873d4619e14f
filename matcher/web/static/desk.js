// The desk by keyboard, with the next pairing already there. Every page works without this.

const root = document.documentElement;
const main = () => document.getElementById("main");
const pages = new Map(); // address → promise of a page fetched ahead
const KEYS = "desk-keys";

function keysOn() {
  return localStorage.getItem(KEYS) !== "off";
}

async function fetchPage(address, headers = {}) {
  const response = await fetch(address, { headers: { Accept: "text/html", ...headers }, credentials: "same-origin" });
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

/** Fetch a page before it is asked for; the header says that nobody reads it yet. */
function ahead(address) {
  if (!pages.has(address)) pages.set(address, fetchPage(address, { "X-Ahead": "1" }).catch(() => { pages.delete(address); return null; }));
}

/** Put the main part of a page in place of this one's. */
function show(html, address, { push = true } = {}) {
  const page = new DOMParser().parseFromString(html, "text/html");
  main().replaceWith(page.getElementById("main"));
  document.title = page.title;
  if (push && address) history.pushState({}, "", address);
  window.scrollTo(0, 0);
  prepare();
  document.querySelector(".review-main")?.focus({ preventScroll: true });
}

async function visit(address, options) {
  const waiting = pages.get(address);
  pages.clear();
  try {
    const known = await waiting;
    show(known ?? (await fetchPage(address)), address, options);
    if (known) claim();
  } catch {
    location.assign(address);
  }
}

/** Renew what a page fetched ahead could not know: the list, the counts and the way back. */
async function renew(address) {
  const page = new DOMParser().parseFromString(await fetchPage(address), "text/html");
  if (location.pathname + location.search !== address) return;
  for (const part of [".queue", "[data-decided]", ".work-nav"]) {
    const fresh = page.querySelector(part);
    if (fresh) document.querySelector(part)?.replaceWith(fresh);
  }
  if (page.querySelector("[data-held]")) return show(page.documentElement.outerHTML, null, { push: false });
  prepareList();
}

/** Send a decision; when it stands, the next pairing takes its place at once. */
async function decide(form, button) {
  const body = new FormData(form);
  if (button?.name) body.set(button.name, button.value);
  const buttons = document.querySelectorAll("#decide button");
  buttons.forEach((one) => { one.disabled = true; });
  const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (response.headers.get("Content-Type")?.startsWith("application/json")) {
    const { address } = await response.json();
    const known = new URL(address, location.href);
    known.searchParams.delete("decided");
    const page = await pages.get(known.pathname + known.search);
    pages.clear();
    if (!page) return visit(address);
    show(page, address);
    await Promise.all(pages.values()); // the one after it first, then the list
    return renew(address);
  }
  pages.clear();
  show(await response.text(), response.url, { push: response.redirected });
  document.getElementById("refusal")?.focus();
}

const RENEW = 60_000; // a claim lasts five minutes
const IDLE = 600_000; // whoever has not touched the page for ten minutes has left it
let touched = Date.now();

function claimForm(more = {}) {
  const body = new FormData();
  body.set("csrf_token", document.querySelector("[name=csrf_token]").value);
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  return body;
}

/** Claim the pairing on the screen; when a colleague has it, the page says so. */
async function claim(more) {
  const review = document.querySelector("[data-claim]:not([data-held])");
  if (!review) return;
  const response = await fetch(review.dataset.claim, { method: "POST", body: claimForm(more), credentials: "same-origin" }).catch(() => null);
  if (!response?.ok || !review.isConnected) return;
  const { mine, text } = await response.json();
  const line = review.querySelector("[data-claim-lost]");
  line.hidden = mine;
  line.textContent = text;
}

function leave() {
  const review = document.querySelector("[data-claim]:not([data-held])");
  if (review) navigator.sendBeacon(review.dataset.release, claimForm());
}

/** Ask now and then how far matching is. */
function follow(notice) {
  const line = notice.querySelector("[data-progress-text]");
  const timer = setInterval(async () => {
    if (!notice.isConnected) return clearInterval(timer);
    const response = await fetch(notice.dataset.progress, { credentials: "same-origin" }).catch(() => null);
    if (!response?.ok) return;
    const progress = await response.json();
    line.textContent = progress.text;
    if (!progress.under_way) {
      clearInterval(timer);
      notice.querySelector(".working")?.remove();
    }
  }, 3000);
}

function prepareList() {
  const list = document.querySelector(".queue");
  const current = list?.querySelector(".is-current");
  if (current && list.scrollHeight > list.clientHeight) {
    list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 3;
  }
  document.querySelector("[data-auto]")?.addEventListener("change", (event) => event.currentTarget.requestSubmit());
}

function prepare() {
  prepareList();
  document.querySelectorAll("[data-progress]").forEach(follow);
  const box = document.querySelector("[data-keys-on]");
  if (box) {
    box.checked = keysOn();
    box.addEventListener("change", () => {
      localStorage.setItem(KEYS, box.checked ? "on" : "off");
      root.classList.toggle("keys-off", !box.checked);
    });
  }
  const next = document.querySelector("a[data-next]");
  if (next) ahead(next.getAttribute("href"));
}

/** Press what a key stands for; inside an open panel digits choose and Enter confirms. */
function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const panel = document.querySelector(".decide details[open]");
  if (event.key === "Escape") {
    const open = panel ?? document.querySelector(".keys[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
    return;
  }
  const typing = event.target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");
  if (typing || !keysOn()) return;
  if (panel && /^\d$/.test(event.key)) {
    const choice = panel.querySelector(`[data-digit="${event.key}"]`);
    if (choice) { event.preventDefault(); choice.focus(); choice.click(); }
    return;
  }
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key.length === 1 ? event.key.toLowerCase() : event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  wanted.click();
  const opened = wanted.closest("details");
  if (opened && wanted.tagName === "SUMMARY") {
    requestAnimationFrame(() => { if (opened.open) opened.querySelector(".decide-panel [data-digit]")?.focus(); });
  }
}

document.addEventListener("keydown", press);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-key], .queue-row a");
  if (!link || !document.querySelector(".desk-grid .queue") || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  visit(link.getAttribute("href"));
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  text.select();
  await navigator.clipboard?.writeText(text.value).catch(() => document.execCommand("copy"));
  button.textContent = button.dataset.copied;
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-decision]");
  if (!form || !document.querySelector(".desk-grid .queue")) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  decide(form, event.submitter).catch(() => form.submit());
});
window.addEventListener("popstate", () => visit(location.pathname + location.search, { push: false }));

for (const sign of ["pointermove", "keydown", "wheel", "touchstart"]) {
  addEventListener(sign, () => { touched = Date.now(); }, { passive: true });
}
setInterval(() => {
  if (!document.hidden && Date.now() - touched < IDLE) claim({ renew: "1" });
}, RENEW);
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => { if (event.persisted) claim(); });

root.classList.add("scripted");
root.classList.toggle("keys-off", !keysOn());
prepare();
