// Decode what Python sent into typed arrays; coordinates are 16-bit steps of a shared square.
const MISSING = 65535;

function kColumn(table, name) {
  const vector = table.getChild ? table.getChild(name) : table[name];
  return vector ? vector.toArray() : null;
}

function kDecode(data) {
  const points = data.points, meta = data.meta;
  const layers = meta.layers.map((layer, i) => ({
    ...layer,
    xy: meta.models.map((_, m) => ({ x: kColumn(points, `x${i}_${m}`), y: kColumn(points, `y${i}_${m}`) })),
  }));
  const modes = {};
  for (const mode of meta.modes) {
    modes[mode.key] = { ...mode, codes: mode.columns.map((name) => kColumn(points, name)) };
  }
  const rows = kColumn(points, "row");
  const at = new Map();
  for (let i = 0; i < rows.length; i++) at.set(rows[i], i);
  const snippets = points.getChild ? points.getChild("snippet") : points.snippet;
  return { meta, layers, modes, rows, at, n: rows.length, snippet: (i) => snippets.get(i) };
}
