// How the score is spread, stacked by the present colour; brushing it selects, and what is
// selected on the map stands out in it. Without scores: one bar per colour.
const BINS = 48;
const BAR_HEIGHT = 74;

function kBins(state) {
  const { decoded } = state, { scores } = decoded;
  if (!scores) return kBars(decoded, state.colour);
  let low = Infinity, high = -Infinity;
  for (const s of scores) { if (s < low) low = s; if (s > high) high = s; } // NaN is neither
  if (high < low) return kBars(decoded, state.colour);
  const step = (high - low) / BINS || 1;
  const at = Int16Array.from(scores, (s) => (Number.isNaN(s) ? -1 : Math.min(BINS - 1, Math.floor((s - low) / step))));
  return { at, n: BINS, low, high, step, names: null };
}

function kBars(decoded, colour) {
  const mode = decoded.modes[colour], codes = kCodes(mode, mode.codes.length - 1);
  return { at: Int16Array.from(codes), n: mode.entries.length, low: 0, high: mode.entries.length, step: 1, names: mode.entries.map((e) => e.name) };
}

// Per bin and colour: how many are shown, and how many of those are selected.
function kCounts(state, bins) {
  const { decoded, selected } = state, mode = decoded.modes[state.colour], codes = kCodes(mode, mode.codes.length - 1);
  const all = Array.from({ length: bins.n }, () => new Int32Array(mode.entries.length)), picked = all.map((each) => each.slice());
  for (let i = 0; i < decoded.n; i++) {
    if (bins.at[i] < 0 || (decoded.shown && !decoded.shown[i])) continue;
    all[bins.at[i]][codes[i]]++;
    if (selected.has(decoded.rows[i])) picked[bins.at[i]][codes[i]]++;
  }
  return { all, picked };
}

function kDrawHistogram(app) {
  const { state } = app, { bins, canvas } = app.histogram, width = canvas.clientWidth, ratio = app.ratio || 1, mode = state.decoded.modes[state.colour];
  if (!width) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(BAR_HEIGHT * ratio);
  const ctx = canvas.getContext("2d"), counts = kCounts(state, bins), any = state.selected.size > 0;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  const total = (parts) => parts.reduce((a, b) => a + b, 0), tallest = Math.sqrt(Math.max(1, ...counts.all.map(total)));
  const bar = width / bins.n, colours = kTheme(app.root);
  counts.all.forEach((parts, b) => {
    const n = total(parts), full = (Math.sqrt(n) / tallest) * (BAR_HEIGHT - 6);
    let base = BAR_HEIGHT;
    for (const code of kOrder(mode)) {
      if (!parts[code]) continue;
      const height = (parts[code] / n) * full, chosen = (counts.picked[b][code] / parts[code]) * height;
      ctx.fillStyle = mode.entries[code].colour;
      ctx.globalAlpha = any ? 0.22 : 0.85;
      ctx.fillRect(b * bar + 0.5, base - height, bar - 1, height);
      ctx.globalAlpha = 1;
      if (chosen) ctx.fillRect(b * bar + 0.5, base - chosen, bar - 1, chosen);
      base -= height;
    }
  });
  kHistogramMarks(app, ctx, width, colours);
  app.root.dataset.bars = counts.all.filter((parts) => total(parts)).length;
}

function kHistogramMarks(app, ctx, width, colours) {
  const { bins, brush } = app.histogram, { threshold } = app.state.decoded.meta;
  ctx.fillStyle = ctx.strokeStyle = colours.text;
  const x = ((threshold - bins.low) / (bins.high - bins.low)) * width;
  if (!bins.names && threshold !== null && x >= 0 && x <= width) {
    ctx.setLineDash([4, 3]);
    ctx.beginPath(); ctx.moveTo(x, 0); ctx.lineTo(x, BAR_HEIGHT); ctx.stroke();
    ctx.setLineDash([]);
  }
  if (!brush) return;
  const [a, b] = [Math.min(...brush), Math.max(...brush)];
  ctx.globalAlpha = 0.1; ctx.fillRect(a, 0, b - a, BAR_HEIGHT);
  ctx.globalAlpha = 1; ctx.strokeRect(a, 0.5, b - a, BAR_HEIGHT - 1);
}

// Rows of the bins between two places of the strip; the whole bins that the brush touches.
function kBrushed(state, bins, from, to, width) {
  const clip = (v) => Math.min(bins.n - 1, Math.max(0, Math.floor((v / width) * bins.n)));
  const first = clip(Math.min(from, to)), last = clip(Math.max(from, to)), rows = [];
  bins.at.forEach((b, i) => { if (b >= first && b <= last && (!state.decoded.shown || state.decoded.shown[i])) rows.push(state.decoded.rows[i]); });
  return { rows, low: bins.low + first * bins.step, high: bins.low + (last + 1) * bins.step, last: last === bins.n - 1 };
}

function kHistogram(app) {
  const { words } = app.state.decoded.meta, bins = kBins(app.state);
  const canvas = kEl("canvas", { class: "k-hist", role: "img", tabindex: "-1", title: kSay(words, "histogram_hint") });
  app.histogram = { bins, canvas, brush: null };
  const at = (e) => Math.min(canvas.clientWidth, Math.max(0, e.clientX - canvas.getBoundingClientRect().left));
  canvas.addEventListener("pointerdown", (e) => { if (e.button) return; canvas.setPointerCapture(e.pointerId); app.histogram.brush = [at(e), at(e)]; });
  canvas.addEventListener("pointermove", (e) => { if (!app.histogram.brush) return; app.histogram.brush[1] = at(e); kDrawHistogram(app); });
  canvas.addEventListener("pointercancel", () => { app.histogram.brush = null; kDrawHistogram(app); });
  canvas.addEventListener("pointerup", (e) => {
    const { brush } = app.histogram;
    if (!brush) return;
    app.histogram.brush = null;
    const found = kBrushed(app.state, bins, brush[0], at(e), canvas.clientWidth), part = !e.shiftKey && !e.altKey && !bins.names && app.state.decoded.meta.partial;
    // Where the map draws a part only, Python selects by score among every sample.
    if (part) app.brush(found); else app.select(kCombine(app.state.selected, found.rows, e));
  });
  canvas.addEventListener("dblclick", () => app.select(new Set()));
  const figure = (v) => Number(v.toPrecision(3)).toLocaleString("en");
  const ends = bins.names ? kEl("div", { class: "k-names" }, ...bins.names.map((name) => kEl("span", {}, name)))
    : kEl("div", { class: "k-scale" }, kEl("span", {}, figure(bins.low)), kEl("span", {}, kSay(words, "histogram_title")), kEl("span", {}, figure(bins.high)));
  canvas.setAttribute("aria-label", kSay(words, "histogram_alt"));
  return kEl("div", { class: "k-hist-box" }, canvas, ends);
}
