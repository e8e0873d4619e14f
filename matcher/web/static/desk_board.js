// Cards of the board are dragged between columns, or walked over with the arrow keys. Menus do the same without this.

const board = document.querySelector(".board");
const told = document.querySelector("[data-told]");
const cards = () => [...document.querySelectorAll("[data-card]")];
let dragged = null;

function tell(text) {
  told.hidden = !text;
  told.textContent = text;
  if (text) told.scrollIntoView({ block: "nearest" });
}

/** Open the menu of a card at the form of one action, for what has to be filled in. */
function ask(card, action) {
  const menu = card.querySelector(".card-menu");
  menu.open = true;
  const form = menu.querySelector(`input[name=action][value="${action}"]`).form;
  const more = form.closest("details.step");
  if (more) more.open = true;
  // After the drop: until then the browser takes the focus back.
  setTimeout(() => form.querySelector("select, textarea, input:not([type=hidden])")?.focus());
}

async function move(card, action) {
  const form = card.querySelector(`input[name=action][value="${action}"]`).form;
  const body = new FormData(form);
  card.classList.add("is-moving");
  // Not form.action: the form has a box of that name.
  const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
  const { moved, text } = await response.json();
  card.classList.remove("is-moving");
  if (!moved) return tell(text);
  location.reload();
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
  if (!action) return;
  if (JSON.parse(card.dataset.asks).includes(action)) ask(card, action);
  else move(card, action).catch(() => location.reload());
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
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, summary, .card-menu")) return;
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
document.querySelector("[data-auto]")?.addEventListener("change", (event) => event.currentTarget.requestSubmit());
document.documentElement.classList.add("scripted");
