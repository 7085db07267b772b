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
    bases: {},
    xy: meta.models.map((_, m) => ({ x: kColumn(points, `x${i}_${m}`), y: kColumn(points, `y${i}_${m}`), z: kColumn(points, `z${i}_${m}`) })),
  }));
  const modes = {};
  for (const mode of meta.modes) {
    modes[mode.key] = { ...mode, codes: mode.columns.map((name) => kColumn(points, name)) };
  }
  const rows = kColumn(points, "row"), given = kColumn(points, "score");
  const scores = given && Float32Array.from(given, (s) => (s < -1e29 ? NaN : s));
  const snippets = points.getChild ? points.getChild("snippet") : points.snippet;
  return { meta, layers, modes, rows, scores, n: rows.length, shown: null, snippet: (i) => snippets.get(i) };
}

// One bit per drawn sample, lowest bit first, as base64; an empty text shows every sample.
function kMask(text, n) {
  if (!text) return null;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return Uint8Array.from({ length: n }, (_, i) => (bytes[i >> 3] >> (i & 7)) & 1);
}

function kCodes(mode, panel) {
  return mode.codes[Math.min(panel, mode.codes.length - 1)];
}

// Sentences come from Python in the reader's language; {n} and the like are filled in here.
function kSay(words, key, values = {}) {
  return (words[key] || key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}
