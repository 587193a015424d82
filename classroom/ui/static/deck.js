// What the parts of the deck share: the reader's moves, counted, and what sets the clocks.
export const deck = { seq: 0, waits: false, tick: () => {} };

// A move has been sent: what the server says of an earlier one is old.
export function move() {
  deck.waits = true;
  return (deck.seq += 1);
}

// Does the server know of the last move? A server that has lost the session counts from 0 again: it is heard too.
export function hears(seq) {
  if (deck.waits && seq < deck.seq) return false;
  Object.assign(deck, { seq, waits: false });
  return true;
}
