// Keys, buttons, swipes and progress of the deck. Sends the absolute position, so quick presses are never lost.
import { adoptTheme } from "./colour.js";
import { deck, hears, move } from "./deck.js";
import { loadPlotly } from "./plot.js";
import { expect, turn } from "./slide.js";

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("normalization-deck") : null;
const TYPES = /^(INPUT|TEXTAREA|SELECT)$/;
const OWN_KEYS = '.katex-display[tabindex],[role=slider],[role=tablist],[role=radiogroup],[role=listbox],[role=dialog],.blocks,.js-plotly-plot,[role=region]';

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen?.().catch(() => {});
}

// Streamlit tells the page around it of every run. Where there is none it tells itself, and checks what it hears against a
// list of origins: 6 ms a slide. So without a page around it nothing is told.
if (window.parent === window) {
  const post = window.postMessage.bind(window);
  window.postMessage = (message, ...rest) => { if (!message?.stCommVersion) post(message, ...rest); };
}

export function mountNav({ data, setStateValue, setTriggerValue, parentElement: root }) {
  adoptTheme(root);
  const s = (root.__nav ??= {}), $ = (q) => root.querySelector(q);
  Object.assign(s, { last: data.last, set: setStateValue, fire: setTriggerValue, ids: data.ids, titles: data.titles, presenter: data.presenter, elsewhere: data.elsewhere });
  if (hears(data.seq)) s.at = data.at;
  const paintBar = () => {
    if (s.chapters !== data.chapters.join()) { s.chapters = data.chapters.join(); $(".segments").replaceChildren(...data.chapters.map((n) => { const i = document.createElement("i"); i.style.flex = n; return i; })); }
    let left = s.at;
    [...$(".segments").children].forEach((e, j) => { const n = data.chapters[j]; e.style.setProperty("--share", Math.max(0, Math.min(1, left / n))); left -= n; });
    $(".count").textContent = `${s.at} / ${s.last}`;
    if ($(".title").textContent !== s.titles[s.at]) $(".title").textContent = s.titles[s.at];
    $(".segments").setAttribute("aria-valuenow", s.at); $(".segments").setAttribute("aria-valuemax", s.last);
    $(".previous").disabled = s.at <= 0; $(".next").disabled = s.at >= s.last;
  };
  paintBar();
  s.goto = (to, told = false) => {
    to = Math.min(s.last, Math.max(0, to));
    if (to === s.at && !s.elsewhere) return;
    s.at = to; paintBar();
    const seq = move();
    if (!s.elsewhere) turn(s.ids[to]);
    s.set("pos", { at: to, seq });
    if (!told) channel?.postMessage({ at: to, presenter: Boolean(s.presenter) });
  };
  if (!s.bound) {
    s.bound = true;
    s.key = (e) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
      const target = e.composedPath()[0], pages = e.key === "PageDown" || e.key === "PageUp"; // what a clicker sends
      const types = TYPES.test(target?.tagName) && target.type !== "checkbox" && !(pages && (target.type === "range" || target.type === "radio"));
      if (target?.closest && (types || target.isContentEditable || target.closest(OWN_KEYS))) return;
      if ((e.key === " " || e.key === "Enter") && target?.closest?.("button,a,summary")) return;
      const step = { ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1 }[e.key];
      if (step) s.goto(s.at + step);
      else if (e.key === "Home") s.goto(0);
      else if (e.key === "End") s.goto(s.last);
      else if (e.key === "f") toggleFullScreen();
      else if (e.key === "o") s.fire("page", "overview");
      else if (e.key === "p" && !s.presenter) window.open(new URL(`present?slide=${s.ids[s.at]}`, document.baseURI), "presenter", "popup,width=1200,height=800");
      else return;
      e.preventDefault();
    };
    document.addEventListener("keydown", s.key);
    s.click = (e) => { // links to slides move the deck instead of loading the page again
      const link = e.target.closest?.('a[href*="?slide="]');
      if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
      const to = s.ids.indexOf(new URL(link.href).searchParams.get("slide"));
      if (to < 0 || [...new URL(link.href).searchParams].length > 1) return;
      e.preventDefault(); s.goto(to);
    };
    document.addEventListener("click", s.click, true);
    let from = null;
    s.down = (e) => { from = e.touches.length === 1 && !e.target.closest("input,.blocks,.js-plotly-plot,.table,.math.block") ? [e.touches[0].clientX, e.touches[0].clientY] : null; };
    s.up = (e) => {
      if (!from) return;
      const dx = e.changedTouches[0].clientX - from[0], dy = e.changedTouches[0].clientY - from[1];
      from = null;
      if (Math.abs(dx) > 80 && Math.abs(dx) > 2.5 * Math.abs(dy)) s.goto(s.at + (dx < 0 ? 1 : -1));
    };
    document.addEventListener("touchstart", s.down, { passive: true });
    document.addEventListener("touchend", s.up, { passive: true });
    if (channel) { // a presenter leads the slides and follows them; two readers' tabs leave each other alone
      s.hear = (e) => { if (e.data.presenter !== Boolean(s.presenter)) s.goto(e.data.at, true); };
      channel.addEventListener("message", s.hear);
    }
    deck.tick = () => {
      const seconds = Math.floor((Date.now() - deck.began) / 1000), two = (n) => String(n).padStart(2, "0");
      for (const clock of document.querySelectorAll(".clock")) clock.textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
    };
    s.clock = setInterval(() => deck.tick(), 500);
    $(".previous").onclick = () => s.goto(s.at - 1);
    $(".next").onclick = () => s.goto(s.at + 1);
    $(".overview").onclick = () => s.fire("page", "overview");
    $(".full").onclick = toggleFullScreen;
    setTimeout(loadPlotly, 1500); // while the reader reads the cover
  }
  clearTimeout(s.ahead);
  // A session that is to get back what the tab has kept does not know yet how its slides look.
  s.ahead = expect(data.fresh && deck.kept ? [] : data.ahead, root);
  return () => {
    document.removeEventListener("keydown", s.key); document.removeEventListener("click", s.click, true);
    document.removeEventListener("touchstart", s.down); document.removeEventListener("touchend", s.up);
    if (s.hear) channel.removeEventListener("message", s.hear);
    clearInterval(s.clock); clearTimeout(s.ahead); root.__nav = null;
  };
}
