// What the parts of the deck share: the reader's moves, counted; the talk's clock; whether this tab has kept anything.
export const KEY = "normalization-deck"; // of what the tab keeps

function hasKept() {
  try { return sessionStorage.getItem(KEY) !== null; } catch { return false; }
}

export const deck = { seq: 0, waits: false, began: Date.now(), kept: hasKept(), later: [], tick: () => {} };

// A move has been sent: what the server says of an earlier one is old.
export function move() {
  deck.waits = true;
  return (deck.seq += 1);
}

// Does the server know of the last move? A server that has lost the session counts from 0 again: it is heard too.
export function hears(seq) {
  if (deck.waits && seq < deck.seq) return false;
  Object.assign(deck, { seq, waits: false });
  setTimeout(() => deck.later.splice(0).forEach((run) => run()));
  return true;
}

// Run something once the server knows of the last move. Streamlit takes what two parts say in one moment for one of them.
export function afterMove(run) {
  if (deck.waits) deck.later.push(run); else run();
}
