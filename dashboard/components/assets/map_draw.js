// Draw one panel. Sprites (one per colour, symbol and strength) keep 20,000 points cheap.
const kSprites = new Map();

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

function kSprite(colour, symbol, radius, alpha, ratio) {
  const key = `${colour}|${symbol}|${radius}|${alpha}|${ratio}`;
  let sprite = kSprites.get(key);
  if (!sprite) {
    const size = Math.ceil((radius * 2.6 + 2) * ratio);
    sprite = document.createElement("canvas");
    sprite.width = sprite.height = size;
    const ctx = sprite.getContext("2d");
    ctx.globalAlpha = alpha;
    ctx.fillStyle = colour;
    kShape(ctx, symbol, size / 2, size / 2, radius * ratio);
    ctx.fill();
    kSprites.set(key, sprite);
  }
  return sprite;
}

// Codes in drawing order: quiet entries first, so that the ones that matter lie on top.
function kOrder(mode) {
  return mode.entries.map((_, i) => i).sort((a, b) => (mode.entries[a].rank || 0) - (mode.entries[b].rank || 0));
}

function kRadius(n) {
  return n > 12000 ? 1.9 : n > 5000 ? 2.3 : n > 1500 ? 2.8 : 3.6;
}

function kDrawPanel(ctx, state, panel, size, ratio) {
  const { view, decoded, selected } = state;
  const xy = decoded.layers[state.layer].xy[panel];
  const mode = decoded.modes[state.colour];
  const codes = mode.codes[Math.min(panel, mode.codes.length - 1)];
  ctx.clearRect(0, 0, size * ratio, size * ratio);
  if (!xy.x) return;
  const r = kRadius(decoded.n), any = selected.size > 0, rows = decoded.rows;
  const scale = (size * ratio) / (view.s * MISSING), dx = view.x * MISSING, dy = view.y * MISSING;
  const grow = state.selected.size > 40 ? 1.25 : 1.7; // a handful must be found at a glance
  const passes = any ? [false, true] : [null];
  for (const pass of passes) {
    for (const code of kOrder(mode)) {
      const entry = mode.entries[code];
      const alpha = pass === false ? 0.16 : pass ? 0.95 : entry.alpha || 0.75;
      const sprite = kSprite(entry.colour, entry.symbol, pass ? r * grow : entry.rank ? r * 1.15 : r, alpha, ratio);
      const half = sprite.width / 2;
      for (let i = 0; i < decoded.n; i++) {
        if (codes[i] !== code || xy.x[i] === MISSING) continue;
        if (pass !== null && selected.has(rows[i]) !== pass) continue;
        ctx.drawImage(sprite, (xy.x[i] - dx) * scale - half, size * ratio - (xy.y[i] - dy) * scale - half);
      }
    }
  }
}

function kPlace(state, panel, i, size) {
  const xy = state.decoded.layers[state.layer].xy[panel], v = state.view;
  if (!xy.x || xy.x[i] === MISSING) return null;
  return [((xy.x[i] / MISSING - v.x) / v.s) * size, size - ((xy.y[i] / MISSING - v.y) / v.s) * size];
}
