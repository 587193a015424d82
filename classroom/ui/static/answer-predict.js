// A curve to draw before the computation runs: handles over an axis, each of them a slider too. Then both stand in one picture.
import { make } from "./make.js";
import { tickValues, tidy } from "./panels.js";

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const HEIGHT = 15; // rem
const sizes = new ResizeObserver((entries) => { for (const { target } of entries) if (target.clientWidth && target.__drawn !== target.clientWidth) draw(target.__view); });
const escape = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
const decimals = (step) => Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));

export function predicting(root, question, { answer, typed }) {
  const open = question.given === null;
  root.className = "answers predicting";
  if (root.__of !== question.id) build(root, question);
  const view = root.__view, kept = open ? typed.get() : null;
  Object.assign(view, { question, open, moved: !!kept, values: question.given ?? kept ?? question.points.map(() => legal(question, (question.low + question.high) / 2)) });
  view.keep = () => typed.set([...view.values]);
  view.send.onclick = () => answer([...view.values]);
  show(view);
}

const legal = ({ low, high, step }, value) => +Math.min(high, Math.max(low, low + Math.round((value - low) / step) * step)).toFixed(decimals(step));
const written = ({ step }, value) => value.toFixed(Math.min(decimals(step), 2)).replace("-", "−");

function build(root, question) {
  root.__of = question.id;
  const view = (root.__view = { chart: make("div", "handles"), sliders: make("div", "sliders"), send: make("button", "send"), says: make("p", "says"), table: make("div", "table") });
  view.send.type = "button";
  view.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  view.svg.setAttribute("aria-hidden", "true");
  view.inputs = question.names.map((name, i) => {
    const input = Object.assign(make("input"), { type: "range", min: question.low, max: question.high, step: question.step });
    input.setAttribute("aria-label", `${name}: ${question.y}`);
    input.addEventListener("input", () => move(view, i, +input.value));
    input.addEventListener("focus", () => draw(view)); input.addEventListener("blur", () => draw(view));
    view.sliders.append(input);
    return input;
  });
  view.chart.append(view.svg, view.sliders); view.chart.__view = view;
  sizes.observe(view.chart);
  listen(view);
  root.replaceChildren(view.chart, view.send, view.table, view.says);
}

function move(view, i, value) {
  if (!view.open) return;
  view.values = view.values.with(i, legal(view.question, value)); view.moved = true;
  view.keep(); show(view);
}

// The hand draws: whichever column it is over gets its height.
function listen(view) {
  let drawing = false;
  const at = (e) => {
    const box = view.chart.getBoundingClientRect(), { left, right, top, bottom, n, low, high } = view.scale, x = e.clientX - box.left, y = e.clientY - box.top;
    const i = Math.max(0, Math.min(n - 1, Math.floor(((x - left) / (right - left)) * n)));
    move(view, i, low + ((bottom - y) / (bottom - top)) * (high - low));
    return i;
  };
  view.chart.addEventListener("touchstart", (e) => e.stopPropagation(), { passive: true }); // a stroke does not turn the slide
  view.chart.addEventListener("pointerdown", (e) => {
    if (e.button || !view.open) return;
    drawing = true; view.chart.setPointerCapture(e.pointerId); e.preventDefault();
    view.inputs[at(e)].focus({ preventScroll: true });
  });
  view.chart.addEventListener("pointermove", (e) => { if (drawing) at(e); });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) view.chart.addEventListener(name, () => { drawing = false; });
}

function show(view) {
  const { question, open, values, moved } = view;
  view.inputs.forEach((input, i) => {
    if (+input.value !== values[i]) input.value = values[i];
    input.setAttribute("aria-valuetext", written(question, values[i]));
    input.disabled = !open;
  });
  view.chart.classList.toggle("shut", !open);
  view.send.hidden = !open; view.send.disabled = !moved;
  view.send.textContent = moved ? "Commit to this prediction" : "Draw your prediction first";
  view.says.textContent = question.says ?? ""; view.says.hidden = !question.says;
  table(view);
  draw(view);
}

// Both rows of numbers, once there are two.
function table({ table, question, values }) {
  table.hidden = !question.outcome;
  if (!question.outcome) return;
  const row = (head, cells, kind) => `<tr${kind ? ` class="${kind}"` : ""}><th scope="row">${escape(head)}</th>${cells.map((c) => `<td>${escape(c)}</td>`).join("")}</tr>`;
  const rows = row("your prediction", values.map((v) => written(question, v))) + row("computed", question.outcome.map((v) => written(question, v)), "strong");
  table.innerHTML = `<table><thead><tr><th scope="col">${escape(question.x)}</th>${question.points.map((p) => `<th scope="col">${escape(p)}</th>`).join("")}</tr></thead><tbody>${rows}</tbody></table>`;
  table.tabIndex = 0; table.setAttribute("role", "region"); table.setAttribute("aria-label", "Prediction and outcome");
}

function draw(view) {
  const { question, values, open, chart, svg } = view, width = chart.clientWidth, px = rem(), height = HEIGHT * px, small = 0.86 * px;
  chart.__drawn = width;
  if (!width || !question) return; // the observer draws it when it has come to the page
  const n = values.length, left = 3.6 * px, right = width - 0.8 * px, top = 1.5 * px, bottom = height - 2.9 * px, { low, high, outcome } = question;
  view.scale = { left, right, top, bottom, n, low, high };
  const x = (i) => left + ((i + 0.5) / n) * (right - left), y = (v) => bottom - ((v - low) / (high - low)) * (bottom - top);
  const text = (t, at, up, more) => `<text x="${at}" y="${up}" font-size="${small}" ${more}>${escape(t)}</text>`;
  const line = (list, more) => `<path d="${list.map((v, i) => `${i ? "L" : "M"}${x(i)} ${y(v)}`).join("")}" fill="none" stroke-linejoin="round" ${more}/>`;
  const ticks = tickValues({ low, high }), muted = 'fill="var(--muted)"', middle = 'text-anchor="middle"';
  const parts = [
    ...ticks.map((v) => `<path d="M${left} ${y(v)}H${right}" stroke="var(--rule)"/>${text(tidy(v), left - 0.5 * px, y(v) + 0.32 * small, `${muted} text-anchor="end"`)}`),
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="var(--edge)"/>`,
    ...question.points.map((p, i) => text(p, x(i), bottom + 1.15 * px, `${muted} ${middle}`)),
    text(question.x, (left + right) / 2, height - 0.35 * px, `${muted} ${middle}`),
    text(question.y, 0, 0, `${muted} ${middle} transform="translate(${0.9 * px} ${(top + bottom) / 2}) rotate(-90)"`),
  ];
  if (outcome) {
    parts.push(...outcome.map((v, i) => `<path d="M${x(i)} ${y(v)}V${y(values[i])}" stroke="var(--alert)" stroke-width="${0.12 * px}"/>`));
    parts.push(line(values, `stroke="var(--ink)" stroke-width="2" stroke-dasharray="${0.4 * px} ${0.3 * px}"`), line(outcome, `stroke="var(--accent)" stroke-width="${0.16 * px}"`));
    parts.push(...values.map((v, i) => `<circle cx="${x(i)}" cy="${y(v)}" r="${0.32 * px}" fill="var(--paper)" stroke="var(--ink)" stroke-width="2"/>`));
    parts.push(...outcome.map((v, i) => `<circle cx="${x(i)}" cy="${y(v)}" r="${0.34 * px}" fill="var(--accent)"/>`));
    parts.push(names(view, x, y, px, small));
  } else {
    parts.push(line(values, `stroke="var(--accent)" stroke-width="${0.14 * px}" ${view.moved ? "" : `stroke-dasharray="${0.2 * px} ${0.3 * px}"`}`));
    values.forEach((v, i) => {
      const held = document.activeElement === view.inputs[i];
      if (held) parts.push(`<circle cx="${x(i)}" cy="${y(v)}" r="${1.05 * px}" fill="none" stroke="var(--accent)" stroke-width="3"/>`);
      parts.push(`<circle cx="${x(i)}" cy="${y(v)}" r="${0.68 * px}" fill="${open ? "var(--accent)" : "var(--edge)"}"/>`);
      if (view.moved) parts.push(text(written(question, v), x(i), y(v) - 1.15 * px, `fill="var(--ink)" ${middle} font-weight="600" stroke="var(--paper)" stroke-width="${0.2 * px}" paint-order="stroke"`));
    });
  }
  svg.setAttribute("width", width); svg.setAttribute("height", height); svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.innerHTML = parts.join("");
}

// Each curve is named beside one of its points: where the words meet the curves least.
function names({ values, question: { outcome }, scale: { left, right, bottom } }, x, y, px, small) {
  const along = (list) => list.flatMap((v, i) => (i ? Array.from({ length: 12 }, (_, j) => { const t = (j + 1) / 12; return [x(i - 1) + t * (x(i) - x(i - 1)), y(list[i - 1]) + t * (y(v) - y(list[i - 1]))]; }) : [[x(i), y(v)]]));
  const between = outcome.flatMap((v, i) => Array.from({ length: 9 }, (_, j) => [x(i), y(v + (j / 8) * (values[i] - v))]));
  const taken = [...along(values), ...along(outcome), ...between];
  const far = (list, a, b) => Math.min(...along(list).map(([c, d]) => Math.hypot(c - a, d - b)));
  return [["your prediction", values, outcome, "ink"], ["computed", outcome, values, "accent"]].map(([words, list, other, colour]) => {
    const wide = 0.56 * small * words.length, high = 1.15 * small;
    const places = list.flatMap((v, i) => [-1.15, 1.15].flatMap((up) => [-1, -0.5, 0].map((back) => {
      const box = { x: x(i) + back * wide, y: y(v) + up * px - high / 2 };
      const inside = box.x > left && box.x + wide < right && box.y > 0 && box.y + high < bottom, middle = [box.x + wide / 2, box.y + high / 2];
      const meets = taken.filter(([a, b]) => a > box.x - 4 && a < box.x + wide + 4 && b > box.y - 2 && b < box.y + high + 2).length;
      return { box, cost: meets + (inside ? 0 : 100) + (far(list, ...middle) < far(other, ...middle) ? 0 : 50) };
    })));
    const { box } = places.reduce((best, place) => (place.cost < best.cost ? place : best));
    taken.push(...Array.from({ length: 12 }, (_, j) => [box.x + (j / 11) * wide, box.y + high / 2])); // the other name keeps off this one
    return `<text x="${box.x}" y="${box.y + 0.85 * high}" font-size="${small}" font-weight="600" fill="var(--${colour})" stroke="var(--paper)" stroke-width="${0.25 * px}" paint-order="stroke" stroke-linejoin="round">${words}</text>`;
  }).join("");
}
