// What the reader answered and set outlives a reload: kept in this tab alone, handed back to a session that knows nothing yet.
const KEY = "normalization-deck";

export function mountKeep({ data, setStateValue, parentElement: root }) {
  if (root.__focus !== undefined && data.focus && root.__focus !== data.focus) setTimeout(() => focus(root, data.focus), 60);
  root.__focus = data.focus;
  let kept = null;
  try { kept = sessionStorage.getItem(KEY); } catch { return; } // a browser may refuse storage: then nothing is kept
  if (data.fresh && kept && !root.__handed) {
    root.__handed = true;
    setStateValue("kept", kept);
  } else if (!data.fresh || !kept) {
    sessionStorage.setItem(KEY, JSON.stringify(data.keepsake));
  }
}

// The answer that was just given disabled its button: the keyboard goes on at what the answer brought.
function focus(root, selector) {
  const scope = root.closest('[role="dialog"]') ?? document, target = scope.querySelector(selector);
  if (target && (document.activeElement === document.body || document.activeElement?.disabled || !scope.contains(document.activeElement))) target.focus({ preventScroll: true });
}
