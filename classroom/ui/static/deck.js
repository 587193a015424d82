// What the parts of the deck share: how many moves there were, and what sets the clocks.
export const deck = { seq: 0, tick: () => {} };
