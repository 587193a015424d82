// Pictures that stand ready: those of the slides beside this one, built while the reader looks, and those just left.
// Building a plot takes Plotly 100 ms and putting a built one in its place takes nothing, so a key press need not wait.
import { paint } from "./panels.js";
import { themeOf } from "./colour.js";

const KEPT = 8;
const shelf = new Map(); // what a picture shows -> its panels, and the theme they were painted in
const nameOf = ({ exhibit, state }) => `${exhibit} ${Object.entries(state).map(([k, v]) => `${k}=${v}`).sort().join("&")}`;
const dispose = (panels) => panels.forEach((panel) => panel.__dispose?.());
const drawn = (panels) => Promise.all(panels.map((panel) => panel.drawn)); // Plotly draws later than it is told to
const whole = (panels) => !panels.some((panel) => panel.failed);

export function put(header, theme, panels) {
  const name = nameOf(header);
  dispose(shelf.get(name)?.panels ?? []);
  shelf.delete(name);
  shelf.set(name, { theme, panels });
  if (shelf.size > KEPT) {
    const [oldest, { panels: old }] = shelf.entries().next().value;
    shelf.delete(oldest); dispose(old);
  }
}

export function take(header, theme) {
  const ready = shelf.get(nameOf(header));
  if (!ready) return null;
  shelf.delete(nameOf(header));
  if (ready.theme === theme) return ready.panels;
  dispose(ready.panels);
  return null;
}

// A picture that leaves the page: its panels are kept if they are finished.
export function leave(figure, frame, theme) {
  const panels = [...figure.children];
  if (!frame || !panels.length) return;
  let over = false; // finished, or given up
  const end = (keep) => { if (!over) { over = true; if (keep) put(frame.header, theme, panels); else dispose(panels); } };
  drawn(panels).then(() => end(whole(panels)));
  setTimeout(() => end(false), 2000);
}

// Pictures of one place are equally wide; one that is not redraws itself when it is put there.
const widths = new Map();

export async function prepare(near, frame, place) {
  for (const figure of document.querySelectorAll("[data-place] .picture")) if (figure.clientWidth) widths.set(figure.closest("[data-place]").dataset.place, figure.clientWidth);
  const width = widths.get(place), needs = frame.header.panels.some((panel) => panel.kind === "plot" || panel.kind === "chart");
  if (shelf.has(nameOf(frame.header)) || (needs && !width)) return;
  const figure = document.createElement("div"), theme = themeOf(near);
  figure.className = "picture"; figure.inert = true;
  figure.style.cssText = `position:fixed;top:0;right:100vw;width:${width ?? 600}px;visibility:hidden`;
  near.append(figure);
  paint(figure, frame.header, frame.bytes);
  const panels = [...figure.children];
  await drawn(panels);
  if (whole(panels)) put(frame.header, theme, panels); else dispose(panels);
  figure.remove();
}
