// Which rows lie under the pointer, inside a box or inside a lasso.
function kNearest(state, panel, x, y, size, reach = 9) {
  let best = -1, distance = reach * reach;
  const places = state.places[panel];
  for (let i = 0; i < state.decoded.n; i++) {
    const d = (places.x[i] * size - x) ** 2 + ((1 - places.y[i]) * size - y) ** 2; // NaN is never less
    if (d < distance) { best = i; distance = d; }
  }
  return best;
}

function kInside(path, x, y) {
  let inside = false;
  for (let a = 0, b = path.length - 1; a < path.length; b = a++) {
    const [xa, ya] = path[a], [xb, yb] = path[b];
    if (ya > y !== yb > y && x < ((xb - xa) * (y - ya)) / (yb - ya) + xa) inside = !inside;
  }
  return inside;
}

function kRowsInside(state, panel, path, size) {
  const found = [];
  for (let i = 0; i < state.decoded.n; i++) {
    const p = kPlace(state, panel, i, size);
    if (p && kInside(path, p[0], p[1])) found.push(state.decoded.rows[i]);
  }
  return found;
}

// Shift adds, Alt takes away, otherwise the new rows replace the old ones.
function kCombine(selected, rows, event) {
  const next = event.shiftKey || event.altKey ? new Set(selected) : new Set();
  for (const row of rows) event.altKey ? next.delete(row) : next.add(row);
  return next;
}

function kBox([x0, y0], [x1, y1]) {
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
}
