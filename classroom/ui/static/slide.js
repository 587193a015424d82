// A slide is painted as a whole, in one frame: at the key press where its sheet has come ahead, else when the server sends it.
import { adoptTheme } from "./colour.js";
import { deck, hears } from "./deck.js";
import { opening } from "./dialogs.js";
import { forgetDrafts } from "./drafts.js";
import { fetchFrame, frameAtHand } from "./frames.js";
import { fill, loadKatex, needsKatex, reachFormulas, typeset } from "./maths.js";
import { paintQuestion, textsOf } from "./question.js";
import { prepare } from "./shelf.js";
import { bindControls, bindPicture, forgetStages, releaseControls, releasePicture } from "./stage.js";

const sheets = new Map(); // id -> what the server last said of a slide
const PATIENCE = { picture: 150, katex: 1500 }; // milliseconds that the old slide stays while these of the new one come
let mounted = null, epoch = 0, presenter = false;

const WORDS = '<div class="prose lede" data-part="words"></div>', CAPTION = '<div class="prose caption" data-part="caption"></div>';
const CONTROLS = '<div class="controls"></div>', STAGE = '<div class="stage"></div>', BODY = '<div class="prose" data-part="body"></div>';
const split = `<div class="body split"><div class="side">${WORDS}${CONTROLS}${CAPTION}</div>${STAGE}</div>`;
const wide = `<div class="body wide">${WORDS}${CAPTION}${CONTROLS}${STAGE}</div>`;
const LAYOUTS = {
  split, wide, table: wide, cover: BODY,
  quiz: '<div class="body questions"></div>',
  score: `<div class="body split"><div class="side">${WORDS}${CAPTION}</div>${BODY}</div>`,
  upload: `<div class="body split"><div class="side">${WORDS}${CAPTION}</div><div>${BODY}${STAGE}</div></div>`,
  presenter: `<div class="body presenter"><div class="side">${STAGE}${CONTROLS}${WORDS}</div><div class="prose notes" data-part="notes"></div></div>`,
};
const PLACES = { wide: "wide", table: "wide", quiz: "quiz", presenter: "presenter" }; // pictures in one place are as wide
const placeOf = (sheet) => PLACES[sheet.layout] ?? "split";
const texts = (sheet) => [sheet.words, sheet.caption, sheet.body ?? "", sheet.notes ?? "", ...(sheet.questions ?? []).flatMap((q) => textsOf(q))];

// The sheets of the neighbours: first kept, then, while the reader looks, made ready to be shown at once.
export function expect(found, near) {
  for (const sheet of found) sheets.set(sheet.id, sheet);
  return setTimeout(async () => {
    await loadKatex();
    for (const sheet of found) {
      texts(sheet).forEach(typeset);
      if (sheet.stage?.ready) await fetchFrame(sheet.stage).then((frame) => prepare(near, frame, placeOf(sheet))).catch(() => {});
    }
  }, 300);
}

// Turn to a slide at once if everything of it is here.
export function turn(id) {
  const sheet = sheets.get(id), current = sheet?.epoch === epoch && (sheet.layout === "presenter") === presenter;
  if (mounted && current && !waits(sheet).length) paint(mounted, sheet);
}

const within = (coming, milliseconds) => Promise.race([coming, new Promise((done) => setTimeout(done, milliseconds))]);

function waits(sheet) {
  const found = [];
  if (texts(sheet).some(needsKatex)) found.push(within(loadKatex(), PATIENCE.katex));
  if (sheet.stage?.ready && !sheet.stage.frame && !frameAtHand(sheet.stage)) found.push(within(fetchFrame(sheet.stage).catch(() => {}), PATIENCE.picture));
  return found;
}

export function mountSlide({ data, setStateValue, setTriggerValue, parentElement: root }) {
  adoptTheme(root);
  mounted = root;
  root.__tell = { settings: (said) => setStateValue("settings", said), answer: (said) => { sheets.clear(); setTriggerValue("answer", said); }, open: (what) => setTriggerValue("open", what) };
  const { seq, sheet } = data;
  if (sheet.epoch !== epoch) { epoch = sheet.epoch; forgetStages(); forgetDrafts(); sheets.clear(); }
  sheets.set(sheet.id, sheet);
  presenter = sheet.layout === "presenter";
  if (hears(seq)) {
    const found = waits(sheet), asked = (root.__asked = {});
    if (found.length) Promise.all(found).then(() => { if (root.__asked === asked && seq === deck.seq) paint(root, sheet); });
    else paint(root, sheet);
    // A script that was slow to come sets what stands as TeX.
    if (texts(sheet).some(needsKatex)) loadKatex().then(() => { if (root.__asked === asked && seq === deck.seq) paint(root, sheet); });
  }
  return () => { release(root.querySelector(".page")); if (mounted === root) mounted = null; };
}

function release(page) {
  page.querySelectorAll(".controls").forEach(releaseControls);
  page.querySelectorAll(".stage").forEach(releasePicture);
}

let native = null; // Streamlit's own parts of a slide, such as an uploader, go with the slide and not a moment later
function hideNatives(id) {
  native ??= document.head.appendChild(document.createElement("style"));
  native.textContent = `[class*="st-key-native-"]:not(.st-key-native-${CSS.escape(id)}){display:none}`;
}

function paint(root, sheet) {
  const page = root.querySelector(".page"), name = `${sheet.layout} ${sheet.id}`, changes = page.__name !== name;
  if (changes) {
    release(page);
    const article = document.createElement("article");
    article.className = `sheet on-${sheet.layout}${sheet.steps ? " steps" : ""}${sheet.dense ? " dense" : ""}`; article.dataset.place = placeOf(sheet); article.dataset.slide = sheet.id;
    article.innerHTML = `<div data-part="head"></div><div class="notices"></div>${LAYOUTS[sheet.layout]}<div class="more" role="group" aria-label="More about this slide"></div>`;
    page.__name = name; page.__article = article;
  }
  const article = page.__article;
  for (const part of article.querySelectorAll("[data-part]")) fill(part, sheet[part.dataset.part] ?? "");
  notices(article.querySelector(".notices"), sheet.notices ?? []);
  row(article.querySelector(".more"), sheet.items ?? [], root.__tell.open);
  questions(article, sheet, root.__tell.answer);
  if (changes) { // pictures and plots need their width: they are bound in the page
    const focused = page.contains(document.activeElement);
    page.replaceChildren(article);
    if (focused) refocus(article); // what had the focus is gone; the keyboard goes on at the new slide's heading
    hideNatives(sheet.id);
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
    deck.tick();
  }
  const controls = article.querySelector(".controls"), stage = article.querySelector(".stage");
  if (controls && sheet.stage?.controls.length) bindControls(controls, sheet.id, sheet.stage, root.__tell.settings);
  if (stage && sheet.stage) bindPicture(stage, sheet.id, sheet.stage);
  reachFormulas(article);
}

function refocus(article) {
  const heading = article.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function notices(root, sentences) {
  if (root.__key === sentences.join()) return;
  root.__key = sentences.join();
  root.replaceChildren(...sentences.map((say) => Object.assign(document.createElement("p"), { className: "notice", role: "status", textContent: say })));
}

function row(root, items, open) {
  while (root.childElementCount > items.length) root.lastChild.remove();
  items.forEach((item, i) => {
    const button = root.children[i] ?? root.appendChild(Object.assign(document.createElement("button"), { type: "button" }));
    button.className = item.kind; button.dataset.opens = item.opens; button.title = item.help;
    button.setAttribute("aria-haspopup", "dialog");
    if (button.textContent !== item.label) button.textContent = item.label;
    button.onclick = () => { opening(); open(item.opens); };
  });
}

function questions(article, sheet, tell) {
  (sheet.questions ?? []).forEach((question, i) => {
    const list = article.querySelector(".questions"), root = list.children[i] ?? list.appendChild(Object.assign(document.createElement("section"), { className: "question" }));
    paintQuestion(root, question, tell);
    if (!i && sheet.stage && !root.querySelector(".stage")) root.querySelector(".about").innerHTML = STAGE;
  });
}
