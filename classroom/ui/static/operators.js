// The reference: one operator's page, or the table of all. A link to another asks the server, and the page stays loaded.
import { adoptTheme } from "./colour.js";
import { fill, loadKatex, needsKatex, reachFormulas } from "./maths.js";

export function mountOperators({ data, setTriggerValue, parentElement: root }) {
  adoptTheme(root);
  root.__data = data;
  if (needsKatex(data.body)) loadKatex().then(() => { if (root.__data === data) paint(root, data); });
  else paint(root, data);
  root.onclick = (e) => {
    const link = e.target.closest("a");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || link.pathname !== location.pathname || link.host !== location.host) return;
    e.preventDefault();
    setTriggerValue("norm", new URL(link.href).searchParams.get("norm") ?? "");
  };
}

function paint(root, data) {
  const page = root.querySelector(".operators"), turned = page.dataset.at !== undefined && page.dataset.at !== data.at;
  const chosen = document.activeElement?.closest?.("nav") && data.list;
  for (const part of page.querySelectorAll("[data-part]")) fill(part, data[part.dataset.part] ?? "");
  page.dataset.at = data.at;
  for (const link of page.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `?norm=${data.at}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // A formula too wide for its column scrolls: the keyboard must reach it.
  reachFormulas(page);
  if (!turned) return;
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  if (chosen) return; // the list stays, and the reader in it
  const title = page.querySelector("h1");
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
}
