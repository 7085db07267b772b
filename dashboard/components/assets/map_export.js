// Save what is on screen, with titles and legend, as PNG or as true vectors in SVG.
function kDownload(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 5000);
}

function kTheme(root) {
  const css = getComputedStyle(root);
  return {
    paper: css.getPropertyValue("--st-background-color").trim() || "#ffffff",
    text: css.getPropertyValue("--st-text-color").trim() || "#222222",
    line: css.getPropertyValue("--st-border-color").trim() || "#cccccc",
  };
}

function kEscape(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

function kCaption(state) {
  const layer = state.decoded.layers[state.layer];
  return `${layer.title} · ${state.decoded.meta.caption}`;
}

function kSavePng(state, root) {
  const size = 720, gap = 20, top = 64, bottom = 44, models = state.decoded.meta.models;
  const colours = kTheme(root), canvas = document.createElement("canvas");
  canvas.width = (size + gap) * models.length + gap;
  canvas.height = size + top + bottom;
  const ctx = canvas.getContext("2d");
  ctx.fillStyle = colours.paper;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  models.forEach((model, m) => {
    const panel = document.createElement("canvas");
    panel.width = panel.height = size;
    kDrawPanel(panel, state, m, { side: size, dx: 0, dy: 0 }, 1, colours.paper);
    kDecorate(panel.getContext("2d"), state, m, size, colours);
    const x = gap + m * (size + gap);
    ctx.drawImage(panel, x, top);
    ctx.strokeStyle = colours.line;
    ctx.strokeRect(x, top, size, size);
    ctx.fillStyle = colours.text;
    ctx.font = "600 18px sans-serif";
    ctx.fillText(model.title, x, top - 12);
  });
  ctx.font = "16px sans-serif";
  ctx.fillText(kCaption(state), gap, 26);
  let x = gap;
  for (const entry of kLegendEntries(state)) {
    ctx.fillStyle = entry.colour;
    kShape(ctx, entry.symbol, x + 6, top + size + 24, 6);
    ctx.fill();
    ctx.fillStyle = colours.text;
    ctx.fillText(entry.name, x + 18, top + size + 29);
    x += 40 + ctx.measureText(entry.name).width;
  }
  canvas.toBlob((blob) => kDownload(`kenshin-map-${state.decoded.layers[state.layer].key.replace(/:/g, "-")}.png`, blob));
}

function kSaveSvg(state, root) {
  const size = 720, gap = 20, top = 64, models = state.decoded.meta.models, colours = kTheme(root);
  const width = (size + gap) * models.length + gap, height = size + top + 44;
  const mode = state.decoded.modes[state.colour], r = kRadius(state.decoded.n), any = state.selected.size > 0;
  const out = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" fill="${kEscape(colours.text)}">`,
    `<rect width="100%" height="100%" fill="${kEscape(colours.paper)}"/><text x="${gap}" y="26" font-size="16">${kEscape(kCaption(state))}</text>`];
  models.forEach((model, m) => {
    const x = gap + m * (size + gap), codes = mode.codes[Math.min(m, mode.codes.length - 1)];
    out.push(`<text x="${x}" y="${top - 12}" font-size="18" font-weight="600">${kEscape(model.title)}</text>`,
      `<svg x="${x}" y="${top}" width="${size}" height="${size}"><rect width="100%" height="100%" fill="none" stroke="${kEscape(colours.line)}"/>`);
    for (const code of kOrder(mode)) {
      const entry = mode.entries[code];
      out.push(`<g fill="${kEscape(entry.colour)}">`);
      for (let i = 0; i < state.decoded.n; i++) {
        const p = codes[i] === code ? kPlace(state, m, i, size) : null;
        if (!p || p[0] < 0 || p[1] < 0 || p[0] > size || p[1] > size) continue;
        const alpha = any && !state.selected.has(state.decoded.rows[i]) ? 0.16 : entry.alpha || 0.75;
        out.push(kSvgMark(entry.symbol, p[0], p[1], r * 1.3, alpha));
      }
      out.push("</g>");
    }
    out.push(...kSvgOverlay(state, m, size, colours), "</svg>");
  });
  let x = gap;
  for (const entry of kLegendEntries(state)) {
    out.push(`<g fill="${kEscape(entry.colour)}">${kSvgMark(entry.symbol, x + 6, top + size + 24, 6, 1)}</g>`,
      `<text x="${x + 18}" y="${top + size + 29}" font-size="15">${kEscape(entry.name)}</text>`);
    x += 44 + entry.name.length * 8;
  }
  out.push("</svg>");
  kDownload(`kenshin-map-${state.decoded.layers[state.layer].key.replace(/:/g, "-")}.svg`, new Blob([out.join("")], { type: "image/svg+xml" }));
}

// Contours and labels as vectors, too.
function kSvgOverlay(state, panel, size, colours) {
  const out = [], place = (x, y) => `${(x * size).toFixed(1)} ${((1 - y) * size).toFixed(1)}`;
  for (const { share, lines, colour } of state.contours ? kPanelContours(state, panel) : []) {
    const moves = [];
    for (let k = 0; k < lines.length; k += 4) moves.push(`M${place(lines[k], lines[k + 1])}L${place(lines[k + 2], lines[k + 3])}`);
    out.push(`<path d="${moves.join("")}" fill="none" stroke="${kEscape(colour || colours.text)}" stroke-width="${share > 0.7 ? 1 : 1.8}"/>`);
  }
  const ctx = document.createElement("canvas").getContext("2d");
  ctx.font = LABEL_FONT;
  for (const { text, x, y } of state.wordy ? kPlaceLabels(kPanelLabels(state, panel), size, (t) => ctx.measureText(t).width) : []) {
    out.push(`<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="12" font-weight="600" stroke="${kEscape(colours.paper)}" stroke-width="4" paint-order="stroke">${kEscape(text)}</text>`);
  }
  return out;
}

function kSvgMark(symbol, x, y, r, alpha) {
  const path = { moves: [], moveTo(a, b) { this.moves.push(`M${a.toFixed(1)} ${b.toFixed(1)}`); }, lineTo(a, b) { this.moves.push(`L${a.toFixed(1)} ${b.toFixed(1)}`); } };
  const corners = { diamond: [4, 0, 1.2], "triangle-up": [3, -Math.PI / 2, 1.25], pentagon: [5, -Math.PI / 2, 1.15], hexagon: [6, 0, 1.1], square: [4, Math.PI / 4, 1.2] }[symbol];
  if (!corners) return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${r.toFixed(1)}" opacity="${alpha}"/>`;
  kPoly(path, x, y, r * corners[2], corners[0], corners[1]);
  return `<path d="${path.moves.join("")}Z" opacity="${alpha}"/>`;
}

function kLegendEntries(state) {
  return state.decoded.modes[state.colour].entries.filter((entry) => entry.legend !== false);
}
