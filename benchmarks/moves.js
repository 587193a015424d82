// Runs in a measured page, ours or a rival's: from what a hand does to the frame after the picture first shows it.
// Every page is looked at in the same way, once a frame; what it shows is read where a reader could.
window.moves = (() => {
  const frame = () => new Promise(requestAnimationFrame);
  const shadows = (root) => [...root.querySelectorAll("*")].filter((e) => e.shadowRoot).flatMap((e) => [e.shadowRoot, ...shadows(e.shadowRoot)]);
  let holder = null; // the element that tells the value, found once: a page may hold thousands
  function deep(selector) {
    if (holder?.isConnected) return holder;
    for (const root of [document, ...shadows(document)]) if ((holder = root.querySelector(selector))) return holder;
    return null;
  }

  // What the picture shows by now; null while there is none.
  const READERS = {
    stage: (name) => { const said = document.querySelector(".stage[data-state]")?.dataset.state; return said ? String(JSON.parse(said)[name]) : null; },
    text: (selector) => deep(selector)?.textContent || null,
    bokeh: () => { for (const model of window.Bokeh?.documents[0]?.all_models ?? []) if (model.type === "Title" && model.text) return model.text; return null; },
  };
  const reader = ({ reads, of }) => () => READERS[reads](of);

  // The next event of this type that the page hears: milliseconds until what the picture shows has changed and is painted.
  async function move({ event, ...what }) {
    const shown = reader(what), before = shown();
    let began = null;
    const hear = () => { began ??= performance.now(); };
    addEventListener(event, hear, true);
    try {
      for (;;) {
        await frame();
        const now = shown();
        if (began !== null && now !== null && now !== before) { await frame(); return performance.now() - began; }
      }
    } finally { removeEventListener(event, hear, true); }
  }

  // A drag: how many pictures were shown, one after another, from the first event to the last.
  let dragging = null;
  function drag({ event, ...what }) {
    const shown = reader(what), d = (dragging = { values: 0, first: null, last: null, events: 0, over: false, current: shown(), hear: () => { d.events += 1; d.last = performance.now(); d.first ??= d.last; } });
    d.event = event;
    addEventListener(event, d.hear, true);
    const look = () => {
      const now = shown();
      if (now !== null && now !== d.current && d.first !== null) { d.current = now; d.values += 1; }
      if (!d.over) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }
  function dragged() {
    const d = dragging;
    d.over = true;
    removeEventListener(d.event, d.hear, true);
    return { seconds: (d.last - d.first) / 1000, events: d.events, values: d.values };
  }

  // A first visit: the first contentful paint, and the picture, painted.
  async function first(what) {
    const shown = reader(what);
    while (shown() === null) await frame();
    await frame();
    const picture = performance.now(), [fcp] = performance.getEntriesByName("first-contentful-paint");
    return { picture, fcp: fcp?.startTime ?? picture };
  }

  return { move, drag, dragged, first };
})();
