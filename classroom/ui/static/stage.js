// A stage is one exhibit on one slide: its controls and its picture share a state here.
// Every move asks the server for a new frame: one request at a time, the latest value wins, an older picture never returns.
import { afterMove } from "./deck.js";
import { decode, dropFrame, fetchFrame, frameAtHand } from "./frames.js";
import { paint } from "./panels.js";
import { followRun, runRow } from "./run.js";
import { leave, take } from "./shelf.js";
import { adoptTheme, themeOf } from "./colour.js";
import { AFTER, follow, offer } from "./takeaway.js";
import { WRITERS } from "./writers.js";

const stages = new Map();
const SHORT = 8; // letters: options that need no row of their own
const MANY = 7; // options: more of them fold into a list
const PLAYS = 6; // seconds: from one end of a slider to the other

// state: what is to be seen; pinned: what is set, while the pointer looks at another cell. Moves are numbered: shown is the number of the one in sight.
const stageOf = (name) => {
  if (!stages.has(name)) {
    stages.set(name, { name, seq: 0, busy: false, want: null, state: null, pinned: null, moves: 0, shown: 0, controls: new Set(), pictures: new Set(), get held() { return this.pinned ?? this.state; } });
  }
  return stages.get(name);
};

const same = (a, b) => a && b && Object.keys({ ...a, ...b }).every((k) => String(a[k]) === String(b[k]));

function show(stage, frame, move) {
  stage.shown = move;
  for (const picture of stage.pictures) {
    picture.__asked = null;
    // The release of a slider asks once more for what its last move has brought.
    if (picture.__frame !== frame || picture.__theme !== themeOf(picture) || picture.classList.contains("failed")) drawPicture(picture, frame);
  }
}

function drawPicture(root, frame) {
  root.__frame = frame;
  root.__theme = themeOf(root);
  adoptTheme(root);
  const figure = root.querySelector(".picture"), words = root.querySelector(".words p");
  const ready = figure.childElementCount ? null : take(frame.header, root.__theme);
  if (ready) figure.replaceChildren(...ready); else paint(figure, frame.header, frame.bytes);
  figure.setAttribute("aria-label", frame.header.title);
  if (words.textContent !== frame.header.alt) words.textContent = frame.header.alt;
  const explorer = root.querySelector(".to-explorer");
  explorer.hidden = !frame.header.explorer;
  explorer.href = `explore?${frame.header.explorer}`;
  root.dataset.state = JSON.stringify(frame.header.state);
  root.classList.remove("waiting", "failed");
  follow(root);
  const stage = root.__shows;
  if (stage && JSON.stringify(stage.acting) !== JSON.stringify(frame.header.acting)) { stage.acting = frame.header.acting; stage.controls.forEach((c) => reflect(c, stage)); }
}

// Let the picture grow with its run, until the run is over or the reader wants something else.
async function grow(stage, { state, move, anew }) {
  const late = () => move < stage.shown, tell = (run) => { stage.run = run; stage.pictures.forEach((p) => p.__run?.show(run)); };
  stage.pictures.forEach((p) => p.classList.remove("waiting", "failed"));
  stage.following = followRun({ exhibit: stage.exhibit, state }, {
    anew, tell, paused: stage.paused,
    show: (frame) => { if (!late() && !stage.want) { stage.shown = move; stage.pictures.forEach((p) => drawPicture(p, frame)); } },
  });
  tell({ state: "waiting" });
  await Promise.race([stage.following.over, new Promise((done) => { stage.turnAway = done; })]);
  stage.following.leave();
  stage.following = stage.turnAway = null;
}

// No run goes on behind this picture; one may be begun anew if it is of a run at all.
const rest = (root, frame) => root.__run?.show({ state: frame.header.trains ? "over" : "none" });

// What the reader does about a run.
function steer(stage, what) {
  if (what === "again") { stage.paused = false; stage.want = { state: { ...stage.held }, move: (stage.moves += 1), anew: true }; stage.turnAway?.(); pump(stage); }
  else if (what === "stop") { stage.paused = false; stage.following?.stop(); stage.turnAway?.(); }
  else { stage.paused = what === "pause"; stage.following?.pause(stage.paused); }
}

async function pump(stage) {
  if (stage.busy) return;
  stage.busy = true;
  try {
    while (stage.want) {
      const { state, move, anew } = stage.want, late = () => move < stage.shown; // the reader has seen a newer one, that was at hand
      stage.want = null; stage.asks = state;
      if (stage.trains && (anew || !frameAtHand({ exhibit: stage.exhibit, state }))) {
        if (stage.due) commit(stage); // the page need not wait for the run
        await grow(stage, { state, move, anew });
        stage.asks = null;
        continue;
      }
      const slow = setTimeout(() => { if (!late()) stage.pictures.forEach(wait); }, 250);
      try {
        const frame = await fetchFrame({ exhibit: stage.exhibit, state });
        if (!late() && (!stage.slow || same(state, stage.state))) show(stage, frame, move);
      } catch (error) {
        if (error.name !== "AbortError" && !late()) stage.pictures.forEach((p) => fail(p, error));
      } finally { clearTimeout(slow); stage.asks = null; stage.pictures.forEach((p) => p.classList.remove("waiting")); }
    }
  } finally { stage.busy = false; if (stage.due) commit(stage); }
}

// Show the state from what is at hand, or ask for it if it is to be asked for. Was it at hand?
function display(stage, asks = true) {
  stage.controls.forEach((c) => reflect(c, stage));
  const move = (stage.moves += 1), ready = frameAtHand(stage);
  if (ready || asks) stage.turnAway?.();
  if (ready) { stage.want = null; show(stage, ready, move); stage.pictures.forEach((p) => rest(p, ready)); stage.pictures.forEach((p) => p.classList.remove("waiting")); }
  else if (asks) { stage.want = { state: { ...stage.state }, move }; pump(stage); }
  return !!ready;
}

function moved(stage, released, control) {
  stage.ahead = true; // until this move is committed, what the server says answers an earlier one
  if (released && stage.slow && stage.asks && !same(stage.asks, stage.state)) dropFrame({ exhibit: stage.exhibit, state: stage.asks });
  const ready = display(stage, released || !(stage.slow || control?.slow));
  // The page hears of a move once its picture is there: a page that waits for a training run could not turn.
  if (released) { stage.due = true; if (ready || !stage.busy) commit(stage); }
}

function commit(stage) {
  stage.due = stage.ahead = false;
  stage.seq += 1;
  const said = { slide: stage.name, values: stage.held, seq: stage.seq };
  afterMove(() => { address(stage); stage.send(said); });
}

// Write the settings into the address, unless it is another slide's or page's by now. A page of its own names what is not as usual.
function address(stage) {
  const url = new URL(location.href);
  if (stage.page ? !url.pathname.endsWith(`/${stage.page}`) : url.searchParams.get("slide") !== stage.name) return;
  for (const [k, v] of Object.entries(stage.held)) {
    if (stage.usual && String(stage.usual[k]) === String(v)) url.searchParams.delete(k); else url.searchParams.set(k, String(v));
  }
  history.replaceState(history.state, "", url);
}

// ---- controls ------------------------------------------------------------------------------------------------------
const shown = (control, value) => (control.whole ? String(value) : Number(value).toFixed(control.decimals)).replace("-", "−");

function build(root, stage) {
  root.replaceChildren();
  root.__inputs = {};
  let group = null, name;
  for (const control of stage.spec) {
    if (!group || control.group !== name) { group = document.createElement("div"); group.className = "group"; root.append(group); name = control.group; }
    const holder = builderOf(control)(root, stage, control);
    holder.dataset.control = control.name; group.append(holder);
  }
}

function builderOf(control) {
  if (control.type === "text") return writer;
  return control.type === "range" ? slider : control.folded || control.options.length > MANY ? folded : picker;
}

function set(stage, values, released, control) {
  stage.state = { ...stage.held, ...values };
  stage.pinned = null;
  moved(stage, released, control);
}

function slider(root, stage, control) {
  const holder = document.createElement("div"), label = document.createElement("label"), output = document.createElement("output"), input = document.createElement("input");
  holder.className = "control";
  Object.assign(input, { type: "range", min: control.low, max: control.high, step: control.step, id: `${stage.name}-${control.name}`, name: control.name });
  label.htmlFor = input.id; label.textContent = control.label; output.htmlFor = input.id;
  input.addEventListener("input", () => set(stage, { [control.name]: +input.value }, false, control));
  input.addEventListener("change", () => set(stage, { [control.name]: +input.value }, true));
  const head = document.createElement("div"); head.className = "control-head"; head.append(label, output);
  holder.append(head, input);
  const part = (root.__inputs[control.name] = { control, holder, input, output });
  if (control.play) {
    const play = document.createElement("button");
    play.type = "button"; play.className = "play"; play.textContent = "Play"; play.setAttribute("aria-label", `Play: ${control.label}`);
    play.addEventListener("click", () => (stage.playing ? stop(stage) : start(stage, part, play)));
    head.insertBefore(play, output);
  }
  return holder;
}

// The legal value at or next to one that lies between.
function legal({ control, input }, value) {
  const next = +input.min + Math.round((value - input.min) / control.step) * control.step;
  return +Math.min(next, input.max).toFixed(control.decimals);
}

function start(stage, part, button) {
  const { control: { name }, holder, input } = part, low = +input.min, high = +input.max;
  const from = stage.held[name] < high ? stage.held[name] : low, began = performance.now();
  const tick = (now) => {
    if (holder.inert) return stop(stage); // it has no effect any more
    const value = Math.min(+input.max, from + ((now - began) / 1000 / PLAYS) * (high - low)), next = legal(part, value);
    if (next !== stage.held[name]) set(stage, { [name]: next }, false);
    if (value >= +input.max) stop(stage); else stage.playing.id = requestAnimationFrame(tick);
  };
  button.textContent = "Pause";
  stage.playing = { id: requestAnimationFrame(tick), button };
}

function stop(stage) {
  cancelAnimationFrame(stage.playing?.id);
  if (stage.playing) { stage.playing.button.textContent = "Play"; stage.playing = null; set(stage, {}, true); }
}

function picker(root, stage, control) {
  const holder = document.createElement("fieldset"), legend = document.createElement("legend"), row = document.createElement("div");
  holder.className = control.options.join("").length > SHORT ? "control pick" : "control pick short"; legend.textContent = control.label; row.className = "options";
  const inputs = control.options.map((option) => {
    const label = document.createElement("label"), input = document.createElement("input"), text = document.createElement("span");
    Object.assign(input, { type: "radio", name: `${stage.name}-${control.name}`, value: option });
    text.textContent = option.replaceAll("_", " ");
    input.addEventListener("change", () => set(stage, { [control.name]: option }, true));
    label.append(input, text); row.append(label);
    return input;
  });
  holder.append(legend, row);
  root.__inputs[control.name] = { control, holder, inputs };
  return holder;
}

function folded(root, stage, control) {
  const holder = document.createElement("div"), label = document.createElement("label"), list = document.createElement("select");
  holder.className = "control list"; list.id = label.htmlFor = `${stage.name}-${control.name}`; list.name = control.name; label.textContent = control.label;
  list.append(...control.options.map((option) => new Option(option.replaceAll("_", " "), option)));
  list.addEventListener("change", () => set(stage, { [control.name]: list.value }, true));
  holder.append(label, list);
  root.__inputs[control.name] = { control, holder, list };
  return holder;
}

function writer(root, stage, control) {
  const part = WRITERS[control.kind]({ id: `${stage.name}-${control.name}`, control, tell: (values) => set(stage, values, true) });
  root.__inputs[control.name] = { control, ...part };
  return part.holder;
}

function reflect(root, stage) {
  for (const [name, part] of Object.entries(root.__inputs ?? {})) {
    const { control, input, inputs, list, output } = part, value = stage.state[name];
    narrow(part, stage.acting?.[name], !stage.acting || name in stage.acting);
    if (part.write) part.write(value);
    else if (list) list.value = offered([...list.options], value);
    else if (inputs) { const chosen = offered(inputs.filter((i) => !i.parentElement.hidden), value); inputs.forEach((i) => { i.checked = i.value === chosen; }); }
    else if (input) {
      if (+input.value !== +value) input.value = value;
      output.textContent = shown(control, Math.min(value, input.max));
      input.setAttribute("aria-valuetext", output.textContent);
      input.style.setProperty("--share", +input.max > +input.min ? (input.value - input.min) / (input.max - input.min) : 0);
    }
  }
}

// What is not offered at these settings stands for the first that is, as it does on the server.
const offered = (options, value) => (options.find((o) => o.value === value) ?? options[0])?.value;

// What has no effect at these settings rests; a range or a choice is as wide as they allow.
function narrow({ control, holder, input, inputs, list }, by, acts) {
  holder.classList.toggle("idle", !acts);
  holder.inert = !acts;
  if (!by) return;
  if (input) input.max = by.high ?? control.high;
  const options = by.options ?? control.options;
  if (inputs) inputs.forEach((i) => { i.parentElement.hidden = !options.includes(i.value); });
  if (list && list.__offered !== options.join()) {
    list.__offered = options.join();
    list.replaceChildren(...options.map((o) => new Option(o.replaceAll("_", " "), o)));
  }
}

// What the reader has set may be ahead of what the server says.
const isAhead = (stage, data) => stage.state && stage.controls.size && (stage.pinned || stage.ahead || stage.seq > data.seq);

// Take the server's word on the settings. A cell that the pointer looks at stays in sight, and what is asked for of other settings comes too late.
function adopt(stage, { state, acting, seq }) {
  if (stage.pinned) stage.pinned = state;
  else if (!same(state, stage.state)) { stage.state = state; stage.want = null; stage.shown = stage.moves += 1; }
  Object.assign(stage, { acting, seq });
}

// Let an element hold the controls of a stage. data: {exhibit, slow, controls, state, seq}
export function bindControls(root, name, data, send) {
  const stage = stageOf(name);
  Object.assign(stage, { exhibit: data.exhibit, slow: data.slow, trains: data.trains, page: data.page, usual: data.usual, send, spec: data.controls });
  stage.controls.add(root);
  if (root.__stage !== stage) { root.__stage = stage; build(root, stage); }
  if ((data.seq >= stage.seq && !stage.ahead) || !stage.state) adopt(stage, data);
  reflect(root, stage);
}

export function releaseControls(root) {
  const stage = root.__stage;
  if (!stage) return;
  stage.controls.delete(root); root.__stage = null;
  if (stage.due && !stage.controls.size) commit(stage); // released just before the turn
  if (!stage.controls.size) {
    cancelAnimationFrame(stage.playing?.id); stage.playing = null; stage.ahead = false;
    stage.state = stage.held; stage.pinned = null;
  }
}

// Start over: the server knows no settings any more.
export function forgetStages() { stages.clear(); }

const PARTS = `<p class="message" role="status"></p><div class="picture" role="group"></div>${AFTER}`;

function begin(root) {
  root.innerHTML = PARTS;
  offer(root, () => root.__frame && present(root));
}

// What there is to take away. data of the picture: {exhibit, slide, page}, as far as it has them.
function present(root) {
  const { exhibit, slide, page } = root.__data, { header } = root.__frame, stage = root.__shows;
  return { header, exhibit, page, slide: page ? undefined : stage?.name ?? slide, set: exhibit ? stage?.held ?? header.state : {} };
}

// A cell of the picture was clicked that stands for settings.
function choose(root, values) {
  const stage = root.__shows;
  if (stage?.controls.size) set(stage, values, true);
}

// The pointer is over a cell: the picture speaks of it, until the pointer leaves, and nobody is told.
function peek(root, values) {
  const stage = root.__shows;
  if (!stage?.controls.size) return;
  const held = stage.held, state = { ...held, ...values };
  stage.pinned = values ? held : null;
  if (!same(state, stage.state)) { stage.state = state; display(stage); }
}

function write(root, { values, released }) {
  const stage = root.__shows;
  if (stage?.controls.size) set(stage, values, released);
}

function listen(root) {
  root.addEventListener("choose", (event) => choose(root, event.detail));
  root.addEventListener("peek", (event) => peek(root, event.detail));
  root.addEventListener("set", (event) => write(root, event.detail));
}

// Let an element show a picture. data: {exhibit, state, seq, title} of the stage `name`, or {frame}: a picture in base64.
export function bindPicture(root, name, data) {
  if (!root.childElementCount) { begin(root); listen(root); }
  root.__data = data;
  if (data.frame) {
    const frame = decode(Uint8Array.from(atob(data.frame), (c) => c.charCodeAt(0)));
    if (!root.__frame || !same(root.__frame.header.state, frame.header.state) || root.__theme !== themeOf(root)) drawPicture(root, frame);
    return;
  }
  const stage = stageOf(name);
  stage.pictures.add(root); root.__shows = stage; root.dataset.stage = name;
  if (data.trains && !root.__run) root.querySelector(".after").prepend((root.__run = runRow((what) => steer(root.__shows, what))));
  const wanted = { exhibit: data.exhibit, state: isAhead(stage, data) ? stage.state : data.state }, shown = root.__frame?.header, ready = frameAtHand(wanted);
  if (shown?.exhibit === wanted.exhibit && (isAhead(stage, data) || same(shown.state, wanted.state))) {
    if (root.__theme !== themeOf(root)) drawPicture(root, root.__frame);
  } else if (ready) { drawPicture(root, ready); rest(root, ready); }
  else if (data.trains && stage.controls.size) { root.__run.show({ state: "waiting" }); stage.want = { state: wanted.state, move: (stage.moves += 1) }; stage.turnAway?.(); pump(stage); }
  else ask(root, wanted);
}

export function releasePicture(root) {
  root.__shows?.pictures.delete(root);
  if (root.__shows && !root.__shows.pictures.size) { root.__shows.want = null; root.__shows.following?.quit(); root.__shows.turnAway?.(); } // whoever leaves the slide leaves its run
  root.__near?.disconnect(); root.__near = null;
  const figure = root.querySelector(".picture");
  if (figure) leave(figure, root.__frame, root.__theme);
  root.__frame = root.__asked = root.__shows = null;
}

// A picture alone, on a page that holds many. data: {exhibit, state, slide}; it is fetched when the reader comes near.
export function mountPicture({ data, parentElement }) {
  const root = parentElement.querySelector(".stage");
  if (!root.childElementCount) begin(root);
  root.__data = data;
  if (!root.__near && !root.__frame) {
    root.__near = new IntersectionObserver((entries) => { if (entries.some((e) => e.isIntersecting)) { root.__near.disconnect(); ask(root, data); } }, { rootMargin: "800px" });
    root.__near.observe(root);
  } else if (root.__frame && root.__theme !== themeOf(root)) drawPicture(root, root.__frame);
  return () => releasePicture(root);
}

function ask(root, data) {
  root.__asked = data;
  const patience = setTimeout(() => { if (root.__asked === data) wait(root); }, 150);
  fetchFrame(data)
    .then((frame) => { if (root.__asked === data) drawPicture(root, frame); })
    .catch((error) => { if (root.__asked === data) fail(root, error); })
    .finally(() => { clearTimeout(patience); if (root.__asked === data) { root.__asked = null; root.classList.remove("waiting"); } });
}

function wait(root) {
  root.classList.add("waiting");
  root.querySelector(".message").textContent = "Computing…";
}

function fail(root, error) {
  root.classList.add("failed");
  const remedy = root.__shows?.controls.size ? "Move a control" : "Reload the page";
  root.querySelector(".message").textContent = `The picture could not be computed: ${error.message}. ${remedy} to try again.`;
}
