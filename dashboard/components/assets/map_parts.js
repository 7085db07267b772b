// The pieces of the page around the two pictures; all text enters as text nodes.
function kEl(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function kButton(label, hint, act, attributes = {}) {
  const button = kEl("button", { type: "button", class: "k-btn", title: hint, ...attributes }, label);
  button.addEventListener("click", act);
  return button;
}

function kToolbar(app) {
  const tools = [["lasso", "Lasso", "Draw around points. Shift adds, Alt takes away."], ["box", "Box", "Drag a rectangle. Shift adds, Alt takes away."], ["pan", "Move", "Drag to move, wheel to zoom."]];
  const buttons = tools.map(([tool, label, hint]) =>
    kButton(label, hint, () => { app.tool = tool; app.syncTools(); }, { "data-tool": tool }));
  app.syncTools = () => buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.tool === app.tool)));
  const own = kButton("Own axes", "Fit each panel to its own points: shapes become visible, distances no longer compare", () => { app.own = !app.own; own.setAttribute("aria-pressed", String(app.own)); app.fit(); app.refresh(); }, { "aria-pressed": String(Boolean(app.own)) });
  app.count = kEl("span", { class: "k-count", role: "status", "aria-live": "polite" });
  const bar = kEl("div", { class: "k-bar", role: "toolbar", "aria-label": "Map tools" }, ...buttons,
    kButton("+", "Zoom in", () => app.zoom(0.7), { "aria-label": "Zoom in" }), kButton("−", "Zoom out", () => app.zoom(1 / 0.7), { "aria-label": "Zoom out" }),
    kButton("Fit", "Show every point", () => app.fit()), own, kButton("Clear", "Forget the selection (Escape)", () => app.select(new Set())), app.count,
    kEl("span", { class: "k-grow" }), kButton("PNG", "Save this picture as PNG", () => kSavePng(app.state, app.root)), kButton("SVG", "Save this picture as SVG", () => kSaveSvg(app.state, app.root)));
  app.syncTools();
  return bar;
}

function kRail(app) {
  const layers = app.state.decoded.layers;
  const name = kEl("div", { class: "k-rail-name" });
  const cells = kEl("div", { class: "k-cells", role: "presentation" });
  const range = kEl("input", { class: "k-range", type: "range", min: 0, max: layers.length - 1, step: 1, "aria-label": "Layer" });
  layers.forEach((layer, i) => {
    const cell = kEl("button", { type: "button", class: "k-cell", tabindex: "-1", title: layer.hint }, layer.short);
    cell.style.background = layer.colour;
    cell.style.color = layer.ink;
    cell.addEventListener("click", () => app.setLayer(i));
    cells.append(cell);
  });
  range.addEventListener("input", () => app.setLayer(Number(range.value)));
  app.syncRail = () => {
    const layer = layers[app.state.layer];
    range.value = app.state.layer;
    range.setAttribute("aria-valuetext", `${layer.title}. ${layer.hint}`);
    name.replaceChildren(kEl("b", {}, layer.title));
    [...cells.children].forEach((cell, i) => cell.setAttribute("aria-current", String(i === app.state.layer)));
  };
  // The thumb stands under the middle of its cell.
  range.style.width = `calc(${100 - 100 / layers.length}% + 16px)`;
  range.style.marginLeft = `calc(${50 / layers.length}% - 8px)`;
  const scale = kEl("div", { class: "k-scale" }, kEl("span", {}, app.state.decoded.meta.strip), kEl("span", {}, "← → moves one layer"));
  return kEl("div", { class: "k-rail" }, name, kEl("div", { class: "k-track" }, cells, range, scale));
}

function kQuality(quality) {
  const parts = quality.map(([label, value, hint]) => kEl("span", { title: hint }, `${label} `, kEl("b", {}, value)));
  return kEl("div", { class: "k-quality" }, ...parts);
}

function kLegend(state) {
  const mode = state.decoded.modes[state.colour];
  const box = kEl("div", { class: "k-legend" }, kEl("strong", {}, mode.title));
  if (mode.ramp) {
    const ramp = kEl("span", { class: "k-ramp" });
    ramp.style.background = `linear-gradient(90deg, ${mode.entries.map((e) => e.colour).join(",")})`;
    box.append(kEl("span", {}, mode.ramp[0]), ramp, kEl("span", {}, mode.ramp[1]));
    return box;
  }
  for (const entry of kLegendEntries(state)) {
    const mark = kEl("canvas", { width: 24, height: 24, "aria-hidden": "true" }), ctx = mark.getContext("2d");
    ctx.fillStyle = entry.colour;
    kShape(ctx, entry.symbol, 12, 12, 9);
    ctx.fill();
    box.append(kEl("span", {}, mark, entry.name));
  }
  return box;
}

function kTip(app, i, panel, x, y) {
  const info = app.state.decoded.meta.models.map((model, m) => {
    const mode = app.state.decoded.modes.prediction;
    return mode ? `${model.title}: ${mode.entries[mode.codes[Math.min(m, mode.codes.length - 1)][i]].name}` : "";
  }).filter(Boolean).join(" · ");
  app.tip.replaceChildren(kEl("pre", {}, app.state.decoded.snippet(i)), kEl("div", {}, `row ${app.state.decoded.rows[i]}${info ? " · " + info : ""}`));
  const frame = app.frames[panel].getBoundingClientRect(), root = app.root.getBoundingClientRect();
  app.tip.hidden = false;
  const left = frame.left - root.left + x + 16;
  app.tip.style.left = `${Math.max(0, Math.min(left, root.width - app.tip.offsetWidth - 4))}px`;
  app.tip.style.top = `${frame.top - root.top + y + 18}px`;
}
