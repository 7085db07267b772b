// Words on the map: what is characteristic of a group, placed so that no label hides another.
const LABEL_FONT = "600 12px system-ui, sans-serif";
const NUDGES = [[0, 0], [0, -16], [0, 16], [0, -32], [0, 32], [-40, 0], [40, 0], [-40, -20], [40, 20]];

// Largest groups first; a label moves a little to be free, and is left out where it cannot be.
function kPlaceLabels(labels, side, measure) {
  const taken = [], placed = [];
  for (const label of [...labels].sort((a, b) => b.n - a.n)) {
    const width = measure(label.text) + 8, height = 18;
    for (const [dx, dy] of NUDGES) {
      const left = Math.min(Math.max(2, label.x * side - width / 2 + dx), side - width - 2), top = (1 - label.y) * side - height / 2 + dy;
      const box = [left, top, left + width, top + height];
      if (top < 2 || box[3] > side - 2 || label.x < 0 || label.x > 1 || label.y < 0 || label.y > 1) continue;
      if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      taken.push(box);
      placed.push({ text: label.text, x: left + 4, y: top + 13, box });
      break;
    }
  }
  return placed;
}

// A group's words stand at the middle of its members as they are drawn now.
function kPanelLabels(state, panel) {
  const all = state.labels, layer = state.decoded.layers[state.layer].key, { x, y } = state.places[panel];
  const groups = (all && all[layer] && all[layer][panel]) || [];
  return groups.flatMap(({ text, n, members }) => {
    const seen = members.filter((i) => i < x.length && !Number.isNaN(x[i]));
    if (!seen.length) return [];
    const middle = (values) => { const v = seen.map((i) => values[i]).sort((a, b) => a - b); return v[v.length >> 1]; };
    return [{ text, n, x: middle(x), y: middle(y) }];
  });
}

function kDrawLabels(ctx, labels, side, colours) {
  ctx.font = LABEL_FONT;
  const placed = kPlaceLabels(labels, side, (text) => ctx.measureText(text).width);
  for (const { text, x, y } of placed) {
    ctx.lineJoin = "round";
    ctx.lineWidth = 4;
    ctx.strokeStyle = colours.paper;
    ctx.strokeText(text, x, y);
    ctx.fillStyle = colours.text;
    ctx.fillText(text, x, y);
  }
  return placed.length;
}
