// Ticking many pairings by keyboard: j and k walk, x ticks, a d s g act. Every form works without this.

const form = document.getElementById("bulk");
const rows = () => [...document.querySelectorAll("[data-row]")];
const box = (row) => row.querySelector("[name=pick]");
const all = document.querySelector("[data-all]");

function count() {
  const picked = rows().filter((row) => box(row).checked);
  rows().forEach((row) => row.classList.toggle("is-picked", box(row).checked));
  const figure = document.querySelector("[data-picked]");
  if (figure) figure.textContent = picked.length;
  if (all) {
    all.checked = picked.length > 0 && picked.length === rows().length;
    all.indeterminate = picked.length > 0 && !all.checked;
  }
}

all?.addEventListener("change", () => {
  rows().forEach((row) => { box(row).checked = all.checked; });
  count();
});
form?.addEventListener("change", count);

function walk(step) {
  const here = rows().indexOf(document.activeElement?.closest("[data-row]"));
  const next = rows()[Math.min(Math.max(here + step, 0), rows().length - 1)];
  if (next) box(next).focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const open = document.querySelector(".bulk-more[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
    return;
  }
  if (localStorage.getItem("desk-keys") === "off" || event.target.closest("textarea, select, input:not([type=checkbox])")) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") walk(key === "j" ? 1 : -1);
  else if (key === "x") {
    const row = document.activeElement?.closest("[data-row]") ?? rows()[0];
    if (row) { box(row).checked = !box(row).checked; box(row).focus(); count(); }
  } else {
    const wanted = document.querySelector(`.bulk-bar [data-key="${CSS.escape(key)}"]`);
    if (!wanted) return;
    wanted.click();
    const more = wanted.closest("details");
    if (more) requestAnimationFrame(() => more.open && more.querySelector("select, input, textarea")?.focus());
  }
  event.preventDefault();
});
document.querySelector(".list-filter[data-auto]")?.addEventListener("change", (event) => event.currentTarget.requestSubmit());
document.documentElement.classList.add("scripted");
document.getElementById("outcome")?.focus();
count();
