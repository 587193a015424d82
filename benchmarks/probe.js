// Runs in the measured page: stamps the key, the new heading, its formulas, the drawn picture, and the frame after each.
window.bench = (() => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))));
  const WATCHED = { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-state", "data-at"] };
  function until(test) {
    return new Promise((done) => {
      const first = test();
      if (first) { done(first); return; }
      const observer = new MutationObserver(() => { const found = test(); if (found) { observer.disconnect(); done(found); } });
      observer.observe(document, WATCHED);
    });
  }
  const heading = (text) => [...document.querySelectorAll("h1")].find((h) => h.textContent === text);
  const pictureOf = (id) => document.querySelector(`.stage[data-stage="${CSS.escape(id)}"][data-state]`);
  const drawn = (root) => Promise.all([...root.querySelectorAll(".panel")].map((panel) => panel.drawn)); // Plotly draws later
  const event = (type) => new Promise((done) => addEventListener(type, (e) => done(e.timeStamp), { capture: true, once: true }));

  // A key that leads to a slide: milliseconds from the key to each thing a reader waits for, painted.
  async function slide({ title, id, formulas, picture }) {
    const pressed = event("keydown"), out = {};
    const stage = async (name, wait) => { await wait; out[name] = performance.now(); out[`${name} painted`] = await painted(); };
    const waits = [stage("heading", until(() => heading(title)))];
    if (formulas) waits.push(stage("formulas", until(() => heading(title) && document.querySelector(".sheet .lede .katex-display .katex"))));
    if (picture) waits.push(stage("picture", until(() => heading(title) && pictureOf(id)).then(drawn)));
    await Promise.all(waits);
    const began = await pressed;
    for (const name of Object.keys(out)) out[name] -= began;
    out.plot = Boolean(picture && pictureOf(id).querySelector(".main-svg"));
    out.elements = document.querySelectorAll("*").length;
    return out;
  }

  // A key on a page of the floor: until its place is in the title, or back at the component.
  async function floor({ title, at }) {
    const pressed = event("keydown");
    await until(() => (title ? heading(title) : document.querySelector(`[data-at="${at}"]`)));
    const end = await painted();
    return end - (await pressed);
  }

  // A key that leads to a slide: until the server has answered, which writes the address. (The page has turned long before.)
  async function answered({ id }) {
    const began = await event("keydown");
    while (new URLSearchParams(location.search).get("slide") !== id) await new Promise((done) => setTimeout(done, 1));
    return performance.now() - began;
  }

  // The next input event of a control: until the picture shows its value.
  async function step({ id, name }) {
    const [moved, value] = await new Promise((done) => addEventListener("input", (e) => done([e.timeStamp, e.target.value]), { capture: true, once: true }));
    const root = await until(() => { const r = pictureOf(id); return r && +JSON.parse(r.dataset.state)[name] === +value && r; });
    await drawn(root);
    return (await painted()) - moved;
  }

  // A drag: when the pointer asked for which value, and in which frame the picture first showed it.
  let dragging = null;
  function drag({ id, name }) {
    const d = (dragging = { asked: new Map(), shown: new Map(), inputs: 0, over: false });
    d.hear = (e) => { d.inputs += 1; d.asked.set(+e.target.value, e.timeStamp); d.last = e.timeStamp; d.first ??= e.timeStamp; };
    addEventListener("input", d.hear, true);
    const look = async () => {
      const root = pictureOf(id), value = +JSON.parse(root.dataset.state)[name];
      if (d.current !== value && d.asked.has(value)) { d.current = value; drawn(root).then(() => { const now = performance.now(); d.shown.set(now, now - d.asked.get(value)); }); }
      if (!d.over) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }
  function dragged() {
    const d = dragging;
    d.over = true;
    removeEventListener("input", d.hear, true);
    const during = [...d.shown].filter(([at]) => at <= d.last + 100);
    return { seconds: (d.last - d.first) / 1000, inputs: d.inputs, shown: during.length, lags: during.map(([, lag]) => lag) };
  }

  // What a reader sees on the page, frame by frame, so that a mixture of two slides can be seen.
  const PARTS = { heading: "h1", words: ".sheet .lede", formulas: ".sheet .lede .katex-display", caption: ".sheet .caption", more: ".sheet .more" };
  const BUILT = { picture: ".stage[data-state]", controls: ".controls:has(.control)" };
  const visible = (e) => e?.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const top = (e) => Math.round(e.getBoundingClientRect().top);
  function look() {
    const seen = {}, main = document.querySelector("[data-testid=stMain]");
    for (const [name, selector] of Object.entries(PARTS)) {
      const e = main.querySelector(selector);
      if (visible(e) && e.textContent) seen[name] = { is: e.textContent.slice(0, 300), top: top(e) };
    }
    for (const [name, selector] of Object.entries(BUILT)) {
      const e = main.querySelector(selector);
      if (visible(e)) seen[name] = { is: e.closest(".sheet").dataset.slide, top: top(e) };
    }
    return seen;
  }
  function frames(milliseconds) {
    return new Promise((done) => {
      const began = performance.now(), seen = [look()];
      const next = () => { seen.push(look()); if (performance.now() - began < milliseconds) requestAnimationFrame(next); else done(seen); };
      requestAnimationFrame(next);
    });
  }

  // First paint of a page: FCP, the heading, and everything of the cover: pictures, fonts, the bar below.
  async function first({ cover }) {
    const out = {}, fcp = new Promise((done) => new PerformanceObserver((list) => {
      for (const entry of list.getEntriesByName("first-contentful-paint")) done(entry.startTime);
    }).observe({ type: "paint", buffered: true }));
    await until(() => document.querySelector("[data-testid=stMain] h1"));
    out.heading = await painted();
    if (cover) {
      await until(() => document.querySelectorAll(".cover img").length === 12 && document.querySelector(".nav .count")?.textContent);
      await Promise.all([...document.querySelectorAll(".cover img")].map((i) => i.decode()));
      await document.fonts.ready;
      out.complete = await painted();
    }
    out.fcp = await fcp;
    return out;
  }

  return { slide, answered, floor, step, drag, dragged, frames, first };
})();
