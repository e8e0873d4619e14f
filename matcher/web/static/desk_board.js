// Cards of the board are dragged between columns, or walked over with the arrow keys. Menus do the same without this.

const board = document.querySelector(".board");
const told = document.querySelector("[data-told]");
const dialog = document.querySelector("[data-step-dialog]");
const cards = () => [...document.querySelectorAll("[data-card]")];
let dragged = null;

function tell(text) {
  told.hidden = !text;
  told.textContent = text;
  if (text) told.scrollIntoView({ block: "nearest" });
}

/** Ask for what a move needs, in the middle of the page: the card may lie far from the column, or out of sight. */
function ask(card, action) {
  const form = formOf(card, action);
  const home = form.parentElement;
  dialog.querySelector("h2").textContent = home.querySelector("summary").textContent.replace("…", "");
  dialog.querySelector("#step-dialog-about").textContent = card.querySelector(".card-title").textContent;
  refuse("");
  dialog.querySelector("[data-step-place]").append(form);
  dialog.showModal();
  const first = form.querySelector("select, textarea, input:not([type=hidden])");
  // After the drop: until then the browser takes the focus back.
  setTimeout(() => first?.focus());
  dialog.addEventListener("close", () => { home.append(form); card.querySelector(".card-title").focus(); }, { once: true });
  form.onsubmit = (event) => {
    event.preventDefault();
    send(card, form).then(refuse).catch(() => location.reload());
  };
}

function refuse(text) {
  const place = dialog.querySelector("[data-refused]");
  place.hidden = !text;
  place.textContent = text;
}

const formOf = (card, action) => document.querySelector(`[data-card="${card.dataset.card}"] input[name=action][value="${action}"]`).form;

/** Send a form; a card that moved is shown in its new column, else returns why it did not. */
async function send(card, form) {
  if (form.inert) return "";
  form.inert = true;
  card.classList.add("is-moving");
  // Not form.action: the form has a box of that name.
  const response = await fetch(form.getAttribute("action"), { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin" });
  const { moved, text } = await response.json();
  if (moved) {
    sessionStorage.setItem("moved-card", card.dataset.card);
    location.reload();
    return "";
  }
  form.inert = false;
  card.classList.remove("is-moving");
  return text;
}

/** Take a step with a card: at once, or after asking. */
function take(card, action) {
  if (JSON.parse(card.dataset.asks).includes(action)) ask(card, action);
  else send(card, formOf(card, action)).then(tell).catch(() => location.reload());
}

function mark(card, on) {
  const targets = card ? JSON.parse(card.dataset.targets) : {};
  document.querySelectorAll("[data-column]").forEach((column) => {
    column.classList.toggle("may-drop", Boolean(on && targets[column.dataset.column]));
  });
}

for (const card of cards()) card.draggable = card.dataset.targets !== "{}";

board?.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("[data-card]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.card);
  mark(dragged, true);
});
board?.addEventListener("dragend", () => { mark(dragged, false); dragged = null; });
board?.addEventListener("dragover", (event) => {
  const column = event.target.closest("[data-column]");
  if (column?.classList.contains("may-drop")) event.preventDefault();
});
// Columns beyond the edge come into sight while a card is held there.
document.addEventListener("dragover", (event) => {
  if (!dragged) return;
  const edge = board.getBoundingClientRect();
  if (event.clientX > edge.right - 60) board.scrollLeft += 16;
  else if (event.clientX < edge.left + 60) board.scrollLeft -= 16;
});
board?.addEventListener("drop", (event) => {
  const column = event.target.closest("[data-column]");
  if (!dragged || !column) return;
  event.preventDefault();
  const card = dragged;
  const action = JSON.parse(card.dataset.targets)[column.dataset.column];
  mark(card, false);
  if (action) take(card, action);
});

dialog?.querySelector("[data-close]").addEventListener("click", () => dialog.close());
// The menu of a card asks in the same place.
board?.addEventListener("click", (event) => {
  const summary = event.target.closest(".card-menu details.step > summary");
  if (!summary) return;
  event.preventDefault();
  const card = summary.closest("[data-card]");
  take(card, summary.parentElement.querySelector("input[name=action]").value);
});

/** Walk: up and down in a column, left and right to the next column that has a card. */
function neighbour(card, key) {
  const column = card.closest("[data-column]");
  const rows = [...column.querySelectorAll("[data-card]")];
  if (key === "ArrowDown" || key === "ArrowUp") return rows[rows.indexOf(card) + (key === "ArrowDown" ? 1 : -1)];
  const columns = [...document.querySelectorAll("[data-column]")].filter((one) => one.querySelector("[data-card]"));
  const next = columns[columns.indexOf(column) + (key === "ArrowRight" ? 1 : -1)];
  return next?.querySelectorAll("[data-card]")[Math.min(rows.indexOf(card), next.querySelectorAll("[data-card]").length - 1)];
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, summary, .card-menu, dialog")) return;
  const card = event.target.closest("[data-card]");
  if (event.key.startsWith("Arrow")) {
    const next = card ? neighbour(card, event.key) : cards()[0];
    if (next) { event.preventDefault(); next.querySelector(".card-title").focus(); next.scrollIntoView({ block: "nearest", inline: "nearest" }); }
  } else if (event.key.toLowerCase() === "m" && card?.querySelector(".card-menu")) {
    event.preventDefault();
    const menu = card.querySelector(".card-menu");
    menu.open = true;
    menu.querySelector(".step-button").focus();
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest(".card-menu");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});
const movedCard = sessionStorage.getItem("moved-card");
if (movedCard) {
  sessionStorage.removeItem("moved-card");
  const title = document.querySelector(`[data-card="${movedCard}"] .card-title`);
  title?.focus();
  title?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
document.querySelector("[data-auto]")?.addEventListener("change", (event) => event.currentTarget.requestSubmit());
document.documentElement.classList.add("scripted");
