// Density contours: lines around the smallest areas that hold a given share of the points.
const GRID = 72;
const SHARES = [0.5, 0.9];
const FEWEST = 25; // below that a density says more than the points do

function kSpread(values, picked) {
  let n = 0, mean = 0, square = 0;
  for (const i of picked) { n++; const d = values[i] - mean; mean += d / n; square += d * (values[i] - mean); }
  return Math.sqrt(square / Math.max(1, n - 1));
}

// Gaussian kernel density of the picked points on a grid around them. The bandwidth is 0.6 of
// Scott's rule: the rule supposes one hill, and maps have many.
function kDensity(x, y, picked) {
  const axes = [x, y].map((values) => {
    let low = Infinity, high = -Infinity;
    for (const i of picked) { if (values[i] < low) low = values[i]; if (values[i] > high) high = values[i]; }
    const bandwidth = Math.max(0.6 * kSpread(values, picked) * picked.length ** (-1 / 6), 1e-6);
    low -= 3 * bandwidth;
    return { low, step: (high + 3 * bandwidth - low) / (GRID - 1), bandwidth };
  });
  const [ax, ay] = axes, cells = new Float32Array(GRID * GRID);
  for (const i of picked) {
    const u = (x[i] - ax.low) / ax.step, v = (y[i] - ay.low) / ay.step, a = Math.floor(u), b = Math.floor(v), fu = u - a, fv = v - b, at = b * GRID + a;
    cells[at] += (1 - fu) * (1 - fv); cells[at + 1] += fu * (1 - fv);
    cells[at + GRID] += (1 - fu) * fv; cells[at + GRID + 1] += fu * fv;
  }
  const wide = kBlur(cells, ax.bandwidth / ax.step, 1, GRID);
  return { cells: kBlur(wide, ay.bandwidth / ay.step, GRID, 1), ax, ay };
}

function kBlur(cells, sigma, along, across) {
  const reach = Math.max(1, Math.ceil(3 * sigma)), kernel = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((a, b) => a + b, 0), out = new Float32Array(cells.length);
  for (let line = 0; line < GRID; line++) {
    for (let p = 0; p < GRID; p++) {
      let sum = 0;
      for (let k = Math.max(-reach, -p); k <= Math.min(reach, GRID - 1 - p); k++) sum += kernel[k + reach] * cells[line * across + (p + k) * along];
      out[line * across + p * along] = sum / total;
    }
  }
  return out;
}

function kHeight({ cells, ax, ay }, x, y) {
  const u = (x - ax.low) / ax.step, v = (y - ay.low) / ay.step, a = Math.min(GRID - 2, Math.floor(u)), b = Math.min(GRID - 2, Math.floor(v));
  const fu = u - a, fv = v - b, at = b * GRID + a;
  return (cells[at] * (1 - fu) + cells[at + 1] * fu) * (1 - fv) + (cells[at + GRID] * (1 - fu) + cells[at + GRID + 1] * fu) * fv;
}

// Lines of one level as pairs of points, x0, y0, x1, y1, … in the unit of the points.
function kLines({ cells, ax, ay }, level) {
  const lines = [];
  for (let b = 0; b < GRID - 1; b++) {
    for (let a = 0; a < GRID - 1; a++) {
      const corners = [[a, b], [a + 1, b], [a + 1, b + 1], [a, b + 1]], values = corners.map(([p, q]) => cells[q * GRID + p]), cuts = [];
      for (let k = 0; k < 4; k++) {
        const v = values[k], w = values[(k + 1) % 4];
        if (v >= level === w >= level) continue;
        const t = (level - v) / (w - v), [p, q] = corners[k], [r, s] = corners[(k + 1) % 4];
        cuts.push(ax.low + (p + (r - p) * t) * ax.step, ay.low + (q + (s - q) * t) * ay.step);
      }
      if (cuts.length) lines.push(...cuts);
    }
  }
  return lines;
}

// Outer and inner line of each group: {share, lines}; empty where the points are too few.
function kContours(x, y, picked) {
  if (picked.length < FEWEST) return [];
  const density = kDensity(x, y, picked);
  const heights = Float32Array.from(picked, (i) => kHeight(density, x[i], y[i])).sort();
  return SHARES.map((share) => ({ share, lines: kLines(density, heights[Math.floor((1 - share) * heights.length)]) }));
}

// Per colour where there are few of them, else of all points together.
function kContourGroups(state, panel) {
  const mode = state.decoded.modes[state.colour], codes = kCodes(mode, panel), { x } = state.places[panel];
  const split = !mode.ramp && mode.entries.length <= 6, groups = new Map();
  for (let i = 0; i < codes.length; i++) {
    if (Number.isNaN(x[i])) continue;
    const key = split ? codes[i] : -1;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(i);
  }
  const rank = ([code]) => (code < 0 ? 0 : mode.entries[code].rank || 0);
  return [...groups].sort((a, b) => rank(a) - rank(b)).map(([code, picked]) => ({ colour: code < 0 || mode.entries[code].colour === state.decoded.meta.quiet ? null : mode.entries[code].colour, picked }));
}

function kPanelContours(state, panel) {
  const { x, y } = state.places[panel];
  return kContourGroups(state, panel).flatMap(({ colour, picked }) => kContours(x, y, picked).map((each) => ({ ...each, colour })));
}

// A pale edge keeps a line visible among points of its own colour.
function kDrawContours(ctx, contours, side, colours) {
  for (const { share, lines, colour } of contours) {
    ctx.beginPath();
    for (let k = 0; k < lines.length; k += 4) {
      ctx.moveTo(lines[k] * side, (1 - lines[k + 1]) * side);
      ctx.lineTo(lines[k + 2] * side, (1 - lines[k + 3]) * side);
    }
    const width = share > 0.7 ? 1 : 1.8;
    for (const [ink, wide, alpha] of [[colours.paper, width + 2.5, 0.75], [colour || colours.text, width, 1]]) {
      ctx.strokeStyle = ink;
      ctx.lineWidth = wide;
      ctx.globalAlpha = alpha;
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }
}
