// An exhibit with some of its controls, to be set until its picture shows what is asked for.
import { MARKS } from "./answer-cards.js";
import { make } from "./make.js";
import { bindControls, bindPicture, releaseControls, releasePicture } from "./stage.js";

export function configuring(root, question, { answer, typed }) {
  const open = question.given === null, tried = (open && typed.get()) || {};
  root.className = "answers configuring";
  if (root.__of !== question.id) build(root, question.id);
  const { controls, picture, send, rows } = root.__view;
  root.__stage = { ...question.stage, state: { ...question.stage.state, ...tried } };
  controls.oninput = controls.onchange = () => { if (open) typed.set(offered(question, controls.__stage.held)); };
  controls.inert = !open;
  controls.classList.toggle("shut", !open);
  send.hidden = !open;
  send.onclick = () => {
    answer(offered(question, controls.__stage.held));
  };
  measured(rows, question.rows);
  // A picture needs its width, and a slide is built before it comes to the page.
  if (root.isConnected) bind(root, question.id); else queueMicrotask(() => bind(root, question.id));
}

const offered = ({ stage }, values) => Object.fromEntries(stage.controls.map(({ name }) => [name, values[name]]));

function build(root, id) {
  root.__of = id;
  const view = (root.__view = { controls: make("div", "controls"), picture: make("div", "stage"), send: make("button", "send", "Answer with these settings"), rows: make("ul", "measured") });
  view.send.type = "button";
  // Only the controls that are offered count: a click on the picture moves none.
  for (const name of ["choose", "peek", "set"]) view.picture.addEventListener(name, (e) => e.stopImmediatePropagation(), true);
  root.replaceChildren(view.controls, view.rows, view.send, view.picture);
}

function bind(root, id) {
  const { controls, picture } = root.__view, name = `question-${id}`, data = root.__stage;
  bindControls(controls, name, data, () => {}); // settings that are tried are nobody's business before the answer
  const stage = controls.__stage;
  for (const other of stage.controls) if (!other.isConnected) releaseControls(other); // of a dialog that is closed
  for (const other of stage.pictures) if (!other.isConnected) releasePicture(other);
  bindPicture(picture, name, data);
}

// What the settings of an answer measure, target by target.
function measured(root, rows) {
  const key = JSON.stringify(rows);
  if (root.__key === key) return;
  root.__key = key;
  root.hidden = !rows.length;
  root.replaceChildren(...rows.map(({ name, wanted, got, met }) => {
    const item = make("li", met ? "met" : "missed");
    item.append(make("b", "", MARKS[met ? "right" : "wrong"]), make("span", "", name), make("span", "", `${got}; asked for: ${wanted}`));
    return item;
  }));
}
