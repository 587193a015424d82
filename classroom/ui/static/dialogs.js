// The browser's Back closes what stands open over a slide, and leaves the slide only then.
//
// An open dialog is an entry of its own in the browser's history. Closed in another way, its entry stays (to take it out would race
// with the next turn of the page) and Back skips it.
let at = history.state; // of the entry that the browser stands at, as far as it was heard of

const opened = () => document.querySelector('[role="dialog"]');
const shut = () => opened()?.querySelector('button[aria-label="Close"]')?.click();

// Note that a dialog is being opened.
export function opening() {
  if (history.state?.dialog) { at = history.state; return; } // the entry of one that is closed serves again
  const name = Date.now(); // a reload begins no count anew
  history.replaceState({ ...history.state, below: name }, "");
  history.pushState({ dialog: name }, "");
  at = history.state;
}

addEventListener("popstate", () => {
  const from = at;
  at = history.state;
  if (!from?.dialog || at?.below !== from.dialog) return;
  if (opened()) shut(); else history.back();
});
