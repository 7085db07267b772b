// Draw one panel by writing pixels: without a graphics card, 40,000 calls of drawImage take ten
// times as long.
const kStamps = new Map();

function kShape(ctx, symbol, x, y, r) {
  ctx.beginPath();
  if (symbol === "square") ctx.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
  else if (symbol === "diamond") kPoly(ctx, x, y, r * 1.2, 4, 0);
  else if (symbol === "triangle-up") kPoly(ctx, x, y, r * 1.25, 3, -Math.PI / 2);
  else if (symbol === "pentagon") kPoly(ctx, x, y, r * 1.15, 5, -Math.PI / 2);
  else if (symbol === "hexagon") kPoly(ctx, x, y, r * 1.1, 6, 0);
  else ctx.arc(x, y, r, 0, 2 * Math.PI);
  ctx.closePath();
}

function kPoly(ctx, x, y, r, corners, turn) {
  for (let k = 0; k < corners; k++) {
    const a = turn + (2 * Math.PI * k) / corners;
    ctx[k ? "lineTo" : "moveTo"](x + r * Math.cos(a), y + r * Math.sin(a));
  }
}

// The opacity of each pixel of a mark, drawn once and then copied point by point.
function kStamp(symbol, radius, alpha, ratio) {
  const key = `${symbol}|${radius}|${alpha}|${ratio}`;
  let stamp = kStamps.get(key);
  if (!stamp) {
    const size = Math.ceil((radius * 2.6 + 2) * ratio), canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const ctx = canvas.getContext("2d", { willReadFrequently: true });
    ctx.globalAlpha = alpha;
    kShape(ctx, symbol, size / 2, size / 2, radius * ratio);
    ctx.fill();
    const pixels = ctx.getImageData(0, 0, size, size).data;
    stamp = { size, cover: Uint8Array.from({ length: size * size }, (_, i) => pixels[4 * i + 3]) };
    kStamps.set(key, stamp);
  }
  return stamp;
}

function kRgb(colour) {
  const ctx = document.createElement("canvas").getContext("2d");
  ctx.fillStyle = colour;
  ctx.fillRect(0, 0, 1, 1);
  return ctx.getImageData(0, 0, 1, 1).data;
}

function kPut(image, stamp, rgb, left, top) {
  const { width, height, data } = image, { size, cover } = stamp;
  for (let y = Math.max(0, -top); y < size && top + y < height; y++) {
    let at = 4 * ((top + y) * width + Math.max(0, left));
    for (let x = Math.max(0, -left); x < size && left + x < width; x++, at += 4) {
      const a = cover[y * size + x];
      if (!a) continue;
      data[at] += ((rgb[0] - data[at]) * a) / 255;
      data[at + 1] += ((rgb[1] - data[at + 1]) * a) / 255;
      data[at + 2] += ((rgb[2] - data[at + 2]) * a) / 255;
    }
  }
}

// Codes in drawing order: quiet entries first, so that the ones that matter lie on top.
function kOrder(mode) {
  return mode.entries.map((_, i) => i).sort((a, b) => (mode.entries[a].rank || 0) - (mode.entries[b].rank || 0));
}

function kRadius(n) {
  return n > 12000 ? 1.9 : n > 5000 ? 2.3 : n > 1500 ? 2.8 : 3.6;
}

// Three depths: what is far is fainter, and drawn first.
function kDepths(depth) {
  if (!depth) return null;
  let low = Infinity, high = -Infinity;
  for (const d of depth) { if (d < low) low = d; if (d > high) high = d; }
  const third = (high - low) / 3 || 1;
  return Uint8Array.from(depth, (d) => Math.max(0, 2 - Math.floor((d - low) / third)));
}

// Which marks are drawn, back to front: pass -1 without a selection, else 0 (rest) before 1 (chosen).
function kStrokes(state, panel, any) {
  const mode = state.decoded.modes[state.colour], order = kOrder(mode), strokes = [];
  const depths = kDepths(state.places[panel].depth);
  for (const pass of any ? [0, 1] : [-1]) {
    for (const band of depths ? [0, 1, 2] : [2]) for (const code of order) strokes.push({ pass, band, code, entry: mode.entries[code] });
  }
  return { strokes, depths };
}

function kAlpha(stroke) {
  const near = [0.35, 0.65, 1][stroke.band];
  return near * (stroke.pass === 0 ? 0.16 : stroke.pass === 1 ? 0.95 : stroke.entry.alpha || 0.75);
}

// `box` is the square of the data inside the canvas: side, dx, dy in CSS pixels.
function kDrawPanel(canvas, state, panel, box, ratio, paper) {
  const { decoded, selected } = state, ctx = canvas.getContext("2d"), { x, y } = state.places[panel];
  const image = ctx.createImageData(canvas.width, canvas.height), ground = kRgb(paper);
  new Uint32Array(image.data.buffer).fill(new Uint32Array(new Uint8Array(ground).buffer)[0]);
  const codes = kCodes(decoded.modes[state.colour], panel), r = kRadius(decoded.n), any = selected.size > 0;
  const scale = box.side * ratio, left = box.dx * ratio, base = (box.dy + box.side) * ratio;
  const picked = any ? Uint8Array.from(decoded.rows, (row) => (selected.has(row) ? 1 : 0)) : null;
  const grow = selected.size > 40 ? 1.25 : 1.7; // a handful must be found at a glance
  const { strokes, depths } = kStrokes(state, panel, any);
  for (const stroke of strokes) {
    const { pass, band, code, entry } = stroke, rgb = kRgb(entry.colour);
    const stamp = kStamp(entry.symbol, pass === 1 ? r * grow : entry.rank ? r * 1.15 : r, kAlpha(stroke), ratio);
    const half = stamp.size / 2;
    for (let i = 0; i < decoded.n; i++) {
      if (codes[i] !== code || (picked && picked[i] !== pass) || (depths && depths[i] !== band) || Number.isNaN(x[i])) continue;
      kPut(image, stamp, rgb, Math.round(left + x[i] * scale - half), Math.round(base - y[i] * scale - half));
    }
  }
  ctx.putImageData(image, 0, 0);
}
