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

// Buttons of which one is pressed.
function kChoice(label, options, chosen, act) {
  const buttons = options.map(([key, name, hint]) => kButton(name, hint, () => { act(key); sync(); }, { "data-choice": key }));
  const sync = () => buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.choice === String(chosen()))));
  sync();
  return { box: kEl("span", { class: "k-group", role: "group", "aria-label": label }, ...buttons), sync };
}

function kToggle(name, hint, isOn, act) {
  const button = kButton(name, hint, () => { act(!isOn()); sync(); });
  const sync = () => button.setAttribute("aria-pressed", String(Boolean(isOn())));
  sync();
  return { box: button, sync };
}

function kToolbar(app) {
  const { words } = app.state.decoded.meta, say = (key) => kSay(words, key), named = (key) => [key, say(key), say(`${key}_hint`)];
  const tools = kChoice(say("tools"), ["lasso", "box", "pan"].map(named), () => app.tool, (tool) => { app.tool = tool; });
  const axes = kChoice(say("axes"), ["shared", "centred", "own"].map(named), () => app.state.axes, (key) => app.setAxes(key));
  const contours = kToggle(...named("contours").slice(1), () => app.state.contours, (on) => { app.state.contours = on; app.viewChanged(); });
  const labels = kToggle(...named("labels").slice(1), () => app.state.wordy, (on) => { app.state.wordy = on; app.viewChanged(); });
  app.syncToggles = () => [tools, axes, contours, labels].forEach((each) => each.sync());
  app.count = kEl("span", { class: "k-count", role: "status", "aria-live": "polite" });
  const plain = (key, act) => kButton(say(key), say(`${key}_hint`), act);
  return kEl("div", { class: "k-bar", role: "toolbar", "aria-label": say("toolbar") }, tools.box,
    kEl("span", { class: "k-group" }, kButton("+", say("zoom_in"), () => app.zoom(0.7), { "aria-label": say("zoom_in") }),
      kButton("−", say("zoom_out"), () => app.zoom(1 / 0.7), { "aria-label": say("zoom_out") }), plain("fit", () => app.fit())),
    axes.box, kEl("span", { class: "k-group" }, contours.box, labels.box),
    kEl("span", { class: "k-group" }, plain("clear", () => app.select(new Set())), plain("undo", () => app.undo())), app.count,
    kEl("span", { class: "k-group k-end" }, kButton("PNG", say("png_hint"), () => kSavePng(app.state, app.root)), kButton("SVG", say("svg_hint"), () => kSaveSvg(app.state, app.root))));
}

function kPlayBox(app) {
  const { words } = app.state.decoded.meta, play = kButton("▶", kSay(words, "play_hint"), () => app.player.toggle(), { class: "k-btn k-play" });
  const speed = kButton(`${app.player.speed}×`, kSay(words, "speed_hint"), () => {
    app.player.speed = SPEEDS[(SPEEDS.indexOf(app.player.speed) + 1) % SPEEDS.length];
    speed.textContent = `${app.player.speed}×`;
    speed.setAttribute("aria-label", kSay(words, "speed", { n: app.player.speed }));
  }, { class: "k-btn k-speed", "aria-label": kSay(words, "speed", { n: app.player.speed }) });
  app.syncPlay = () => {
    play.textContent = app.player.on ? "❚❚" : "▶";
    play.setAttribute("aria-label", kSay(words, app.player.on ? "pause" : "play"));
  };
  app.syncPlay();
  return kEl("span", { class: "k-group" }, play, speed);
}

function kRail(app) {
  const layers = app.state.decoded.layers;
  const { words } = app.state.decoded.meta, name = kEl("div");
  const cells = kEl("div", { class: "k-cells", role: "presentation" });
  const range = kEl("input", { class: "k-range", type: "range", min: 0, max: layers.length - 1, step: 1, "aria-label": kSay(app.state.decoded.meta.words, "layer") });
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
  const scale = kEl("div", { class: "k-scale" }, kEl("span", {}, app.state.decoded.meta.strip), kEl("span", { title: kSay(words, "keys_hint") }, kSay(words, "keys")));
  return kEl("div", { class: "k-rail" }, kEl("div", { class: "k-rail-name" }, name, layers.length > 1 ? kPlayBox(app) : ""), kEl("div", { class: "k-track" }, cells, range, scale));
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
  app.tip.replaceChildren(kEl("pre", {}, app.state.decoded.snippet(i)), kEl("div", {}, `${kSay(app.state.decoded.meta.words, "row")} ${app.state.decoded.rows[i]}${info ? " · " + info : ""}`));
  const frame = app.frames[panel].getBoundingClientRect(), root = app.root.getBoundingClientRect();
  app.tip.hidden = false;
  const left = frame.left - root.left + x + 16;
  app.tip.style.left = `${Math.max(0, Math.min(left, root.width - app.tip.offsetWidth - 4))}px`;
  app.tip.style.top = `${frame.top - root.top + y + 18}px`;
}
