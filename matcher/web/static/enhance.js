// Comforts only: every page works without them.

/** Show how many characters a box still takes. */
function count(box) {
  const limit = Number(box.dataset.limit);
  const line = document.createElement("p");
  line.className = "counter";
  const show = () => {
    const used = [...box.value.trim()].length;
    line.textContent = `${used} / ${limit}`;
    line.classList.toggle("over", used > limit);
    line.hidden = used < limit * 0.6;
  };
  box.after(line);
  box.addEventListener("input", show);
  show();
}

/** Number the rows of a field from 0, as the server reads them. */
function renumber(rows) {
  const name = rows.dataset.rows;
  rows.querySelectorAll(".row-line").forEach((line, place) => {
    line.querySelectorAll("[name]").forEach((box) => {
      if (box.name === "remove_row") box.value = `${name}-${place}`;
      else box.name = box.name.replace(/-\d+-/, `-${place}-`);
    });
  });
}

/** Add and remove rows without a round trip; the last row is emptied, not removed. */
function manageRows(rows) {
  rows.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    const lines = rows.querySelectorAll(".row-line");
    if (button.name === "add_row") {
      const line = lines[lines.length - 1].cloneNode(true);
      line.querySelectorAll("input").forEach((box) => { box.value = ""; });
      button.before(line);
      renumber(rows);
      line.querySelector("input, select").focus();
      return;
    }
    const line = button.closest(".row-line");
    if (lines.length === 1) line.querySelectorAll("input").forEach((box) => { box.value = ""; });
    else line.remove();
    renumber(rows);
    rows.querySelector(".row-add").focus();
  });
}

/** Send a form once, however often its button is pressed. */
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
}

/** Ask again how far a background job is; the page itself is loaded anew when it is over. */
function follow(part) {
  const again = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const next = page?.querySelector("[data-refresh]");
    if (page && !next) location.reload();
    if (next) part.replaceChildren(...next.childNodes);
    if (next || !page) setTimeout(again, part.dataset.refresh * 1000);
  };
  setTimeout(again, part.dataset.refresh * 1000);
}

/** Close the open menus of the header but the one that holds `kept`. */
function closeMenus(kept) {
  document.querySelectorAll(".nav-group[open], .menu[open]").forEach((menu) => {
    if (!menu.contains(kept)) menu.open = false;
  });
}

/** Walk over the links of a menu with the arrow keys; Escape closes it and goes back to its name. */
function walkMenu(event) {
  const menu = event.target.closest?.(".nav-group, .menu");
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  }
  if (!menu?.matches(".nav-group") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  menu.open = true;
  const links = [...menu.querySelectorAll("a")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  const here = links.indexOf(document.activeElement);
  links[here < 0 ? (step > 0 ? 0 : links.length - 1) : (here + step + links.length) % links.length].focus();
}

document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("focusin", (event) => closeMenus(event.target));
document.addEventListener("keydown", walkMenu, true);
document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; button.addEventListener("click", () => print()); });
document.querySelectorAll("[data-refresh]").forEach(follow);
document.querySelectorAll("[data-limit]").forEach(count);
document.querySelectorAll("[data-rows]").forEach(manageRows);
document.querySelectorAll("form[method=post]").forEach(sendOnce);
document.getElementById("error-summary")?.focus();
