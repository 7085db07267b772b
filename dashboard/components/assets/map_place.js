// Where each point lies: positions in shares of the panel's square, y upwards, NaN where none.
const TILT = 1.45; // air that lets a turned cube stay inside its panel

// Lowest and highest value of each axis of one panel's points, in shares of the layer's square.
function kBounds(axes) {
  const box = axes.map(() => [1, 0]), n = axes[0] ? axes[0].length : 0;
  for (let i = 0; i < n; i++) {
    if (axes[0][i] === MISSING) continue;
    axes.forEach((values, k) => {
      const v = values[i] / MISSING;
      if (v < box[k][0]) box[k][0] = v;
      if (v > box[k][1]) box[k][1] = v;
    });
  }
  return box[0][1] < box[0][0] ? null : box;
}

function kAxesOf(xy) {
  return xy.z ? [xy.x, xy.y, xy.z] : [xy.x, xy.y];
}

// Windows of the panels before any zoom. shared: one square for all; centred: the same scale, each
// model around its own middle; own: each model fills its panel, so that distances do not compare.
function kBases(decoded, index, axes) {
  const layer = decoded.layers[index];
  if (!layer.bases[axes]) layer.bases[axes] = kFreshBases(decoded, layer, axes);
  return layer.bases[axes];
}

function kFreshBases(decoded, layer, axes) {
  const solid = Boolean(layer.xy[0].z), air = solid ? TILT : 1;
  const whole = { middle: [0.5, 0.5, 0.5], s: air };
  if (axes === "shared") return layer.xy.map(() => whole);
  const own = layer.xy.map((xy) => {
    const box = xy.x ? kBounds(kAxesOf(xy)) : null;
    if (!box) return null;
    const side = Math.max(...box.map(([low, high]) => high - low), 0.002);
    return { middle: box.map(([low, high]) => (low + high) / 2), s: side * 1.16 * air };
  });
  if (axes === "own") return own.map((each) => each || whole);
  // A cleaned model shares the middle of the model that it came from: what moved, moved.
  const models = decoded.meta.models.map((model) => model.key), suspect = models.indexOf("suspect");
  const anchors = models.map((key, m) => (key === "unlearned" && suspect >= 0 ? own[suspect] : own[m]) || whole);
  const reach = own.map((each, m) => each ? each.s + 2 * Math.max(...each.middle.map((v, k) => Math.abs(v - anchors[m].middle[k]))) : 0);
  return anchors.map((each) => ({ middle: each.middle, s: Math.max(...reach, 0.002) }));
}

// Positions of one panel's points at one layer, {x, y, depth} as Float32Array.
function kPlaces(state, index, panel) {
  const { decoded, zoom, camera } = state, { shown, n } = decoded;
  const xy = decoded.layers[index].xy[panel], base = kBases(decoded, index, state.axes)[panel];
  const x = new Float32Array(n), y = new Float32Array(n), depth = xy.z ? new Float32Array(n) : null;
  if (!xy.x) return { x: x.fill(NaN), y: y.fill(NaN), depth };
  const [cx, cy, cz] = base.middle, k = 1 / (base.s * zoom.s), ox = 0.5 - zoom.x / zoom.s, oy = 0.5 - zoom.y / zoom.s;
  const cos = Math.cos(camera.yaw), sin = Math.sin(camera.yaw), up = Math.cos(camera.pitch), tip = Math.sin(camera.pitch);
  for (let i = 0; i < n; i++) {
    if (xy.x[i] === MISSING || (shown && !shown[i])) { x[i] = y[i] = NaN; continue; }
    let dx = xy.x[i] / MISSING - cx, dy = xy.y[i] / MISSING - cy;
    if (depth) {
      const dz = xy.z[i] / MISSING - cz, across = cos * dx + sin * dz, into = cos * dz - sin * dx;
      dx = across;
      depth[i] = up * into + tip * dy;
      dy = up * dy - tip * into;
    }
    x[i] = ox + dx * k;
    y[i] = oy + dy * k;
  }
  return { x, y, depth };
}

// Between two layers: the drawn places are blended, since each layer has axes of its own.
function kBlend(from, to, share) {
  const mix = (a, b) => {
    const out = new Float32Array(a.length);
    for (let i = 0; i < out.length; i++) {
      const v = a[i] + (b[i] - a[i]) * share;
      out[i] = v === v ? v : share < 0.5 ? a[i] : b[i]; // drawn at one of the two layers only
    }
    return out;
  };
  return { x: mix(from.x, to.x), y: mix(from.y, to.y), depth: to.depth };
}

function kPlace(state, panel, i, size) {
  const { x, y } = state.places[panel];
  return Number.isNaN(x[i]) ? null : [x[i] * size, (1 - y[i]) * size];
}
