// One map on one page: state, pictures, pointer; talks to Python only through `send`.
class KMap {
  constructor(host, data, link, send) {
    this.host = host; this.send = send; this.tool = "lasso"; this.frames = []; this.layers = [];
    this.state = { views: [], selected: new Set(), layer: 0, colour: "", decoded: null };
    this.root = kEl("div", { class: "k-map k-root" });
    this.tip = kEl("div", { class: "k-tip" });
    this.tip.hidden = true;
    host.querySelector(".k-host").replaceChildren(this.root);
    this.resize = new ResizeObserver(() => this.layout());
    this.resize.observe(this.root);
    this.root.addEventListener("keydown", (e) => { if (e.key === "Escape") this.select(new Set()); });
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.paint();
    this.scheme.addEventListener("change", this.onScheme);
    this.update(data, link);
  }

  update(data, link) {
    const before = this.state.decoded && this.state.decoded.layers[this.state.layer];
    this.data = data;
    this.state.decoded = kDecode(data);
    const keep = before ? this.state.decoded.layers.findIndex((l) => l.key === before.key) : -1;
    this.state.layer = Math.max(0, keep);
    if (!this.state.decoded.modes[this.state.colour]) this.state.colour = data.meta.modes[0].key;
    this.build();
    this.obey(link, !before);
    this.layout();
  }

  // What Python asks for; a number tells its own wishes from echoes of ours.
  obey(link, first = false) {
    if (!link) return;
    const decoded = this.state.decoded;
    if (decoded.modes[link.colour]) this.state.colour = link.colour;
    if (first || link.nonce !== this.nonce) {
      this.nonce = link.nonce;
      this.state.selected = new Set(link.selection);
      const wanted = decoded.layers.findIndex((l) => l.key === link.layer);
      if (wanted >= 0) this.state.layer = wanted;
    }
    this.refresh();
  }

  build() {
    const { meta } = this.state.decoded;
    this.frames = []; this.base = []; this.over = []; this.notes = []; this.titles = [];
    const panels = kEl("div", { class: "k-panels" });
    meta.models.forEach((model, m) => {
      const base = kEl("canvas", { role: "img", "aria-label": model.alt }), over = kEl("canvas", { class: "k-over", "data-panel": m });
      const dot = kEl("i"), frame = kEl("div", { class: "k-frame" }, base, over), note = kEl("div");
      const title = kEl("span", {}, model.title);
      dot.style.background = model.colour;
      panels.append(kEl("div", { class: "k-panel" }, kEl("h4", {}, dot, title), frame, note));
      this.titles.push(title);
      this.frames.push(frame); this.base.push(base); this.over.push(over); this.notes.push(note);
      this.listen(over, m);
    });
    this.fitAll();
    this.legend = kEl("div");
    this.root.replaceChildren(kRail(this), kToolbar(this), panels, this.legend, this.tip);
  }

  layout() {
    const width = this.root.clientWidth;
    if (!width || !this.state.decoded) return;
    const models = this.base.length, columns = width < 620 ? 1 : models;
    this.root.style.setProperty("--k-columns", columns);
    this.size = Math.floor((width - 14 * (columns - 1)) / columns) - 2;
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    this.height = Math.min(this.size, 620);
    this.refresh();
  }

  refresh() {
    if (!this.size) return;
    this.syncRail();
    const layer = this.state.decoded.layers[this.state.layer];
    this.notes.forEach((note, m) => note.replaceChildren(kQuality(layer.quality[m]), ...(layer.warnings[m] ? [kEl("div", { class: "k-warn" }, layer.warnings[m])] : [])));
    this.legend.replaceChildren(kLegend(this.state));
    this.titles.forEach((title, m) => { title.textContent = this.state.decoded.meta.models[m].title + (this.own ? " (own axes)" : ""); });
    const n = this.state.selected.size;
    this.count.textContent = n ? `${n.toLocaleString("en")} selected` : "nothing selected";
    this.paint();
  }

  paint() {
    const began = performance.now(), paper = kTheme(this.root).paper;
    this.base.forEach((canvas, m) => {
      for (const c of [canvas, this.over[m]]) {
        const w = Math.round(this.size * this.ratio), h = Math.round(this.height * this.ratio);
        if (c.width !== w || c.height !== h) { c.width = w; c.height = h; c.style.height = `${this.height}px`; }
      }
      kDrawPanel(canvas, this.state, m, { side: this.side(), dx: this.shiftX(), dy: this.shiftY() }, this.ratio, paper);
    });
    this.root.dataset.layer = this.state.decoded.layers[this.state.layer].key;
    this.root.dataset.drawMs = (performance.now() - began).toFixed(1);
    this.root.dataset.selected = this.state.selected.size;
  }

  // The square of the data sits in the middle of a frame that may be wider than high.
  side() { return Math.min(this.size, this.height); }
  shiftX() { return (this.size - this.side()) / 2; }
  shiftY() { return (this.height - this.side()) / 2; }

  setLayer(i) {
    if (i === this.state.layer) return;
    this.state.layer = i;
    if (this.own) this.fitAll();
    this.tip.hidden = true;
    this.refresh();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.send("layer", this.state.decoded.layers[this.state.layer].key), 180);
  }

  select(rows) {
    this.state.selected = rows;
    this.refresh();
    this.send("selection", [...rows].sort((a, b) => a - b));
  }

  // Shared axes show the same square in every panel; own axes fit each panel to its own points.
  fitAll() {
    const { decoded } = this.state;
    this.state.views = decoded.meta.models.map((_, m) => (this.own ? kOwnView(decoded.layers[this.state.layer].xy[m]) : { x: 0, y: 0, s: 1 }));
  }

  fit() { this.fitAll(); this.paint(); }

  zoom(factor, cx = 0.5, cy = 0.5) {
    this.state.views = this.state.views.map((v) => {
      const s = Math.min(1.5, Math.max(0.005, v.s * factor));
      return { s, x: v.x + (v.s - s) * cx, y: v.y + (v.s - s) * cy };
    });
    this.paint();
  }

  move(dx, dy) {
    this.state.views = this.state.views.map((v) => ({ ...v, x: v.x - dx * v.s, y: v.y + dy * v.s }));
    this.paint();
  }

  close() {
    this.resize.disconnect();
    this.scheme.removeEventListener("change", this.onScheme);
    clearTimeout(this.later);
  }
}
