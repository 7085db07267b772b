// One map on one page: state, pictures, pointer; talks to Python only through `send`.
class KMap {
  constructor(host, data, link, send) {
    this.host = host; this.send = send; this.tool = "lasso"; this.frames = [];
    this.state = { selected: new Set(), layer: 0, colour: "", decoded: null, places: [], labels: null, focus: [], ...kStartView(data.meta) };
    this.root = kEl("div", { class: "k-map k-root" });
    this.tip = kEl("div", { class: "k-tip" });
    this.tip.hidden = true;
    this.player = new KPlayer(this);
    host.querySelector(".k-host").replaceChildren(this.root);
    this.resize = new ResizeObserver(() => this.layout());
    this.resize.observe(this.root);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.scheme.addEventListener("change", () => this.paint());
    this.update(data, link);
  }

  update(data, link) {
    const before = this.state.decoded && this.state.decoded.layers[this.state.layer];
    this.player.stop();
    this.state.focus = [];
    this.data = data;
    this.state.decoded = kDecode(data);
    const keep = before ? this.state.decoded.layers.findIndex((l) => l.key === before.key) : -1;
    this.state.layer = Math.max(0, keep);
    if (!this.axesChosen) this.state.axes = data.meta.axes;
    if (!this.state.decoded.modes[this.state.colour]) this.state.colour = data.meta.modes[0].key;
    this.build();
    this.obey(link, !before);
    this.layout();
  }

  // What Python asks for; a number tells its own wishes from echoes of ours.
  obey(link, first = false) {
    if (!link) return;
    const { decoded } = this.state;
    if (decoded.modes[link.colour] && link.colour !== this.state.colour) { this.state.colour = link.colour; this.buildHistogram(); }
    if (first || link.view_nonce !== this.viewNonce) this.show(link.view);
    this.viewNonce = link.view_nonce;
    this.state.labels = link.labels;
    if (link.shown !== this.mask || decoded.shown === null) { this.mask = link.shown; decoded.shown = kMask(link.shown, decoded.n); }
    if (link.layer === this.untold || link.wishes !== this.wishes) this.untold = null;
    if (first || link.nonce !== this.nonce) {
      this.nonce = link.nonce;
      this.state.selected = new Set(link.selection);
      this.sent = null;
      const wanted = decoded.layers.findIndex((l) => l.key === (this.untold || link.layer));
      if (wanted >= 0 && !this.player.on) this.state.layer = wanted;
    }
    this.wishes = link.wishes;
    this.heard(link.selection);
    this.refresh();
  }

  // A view as it was saved: zoom, axes, camera and what is drawn on top.
  show(view) {
    if (!view || !view.camera) return;
    const { zoom, camera } = kStartView(this.state.decoded.meta);
    Object.assign(this.state, { contours: view.contours, wordy: view.wordy, zoom: { ...(view.zoom || zoom) }, camera: { ...(view.camera || camera) } });
    this.axesChosen = Boolean(view.axes);
    this.state.axes = view.axes || this.state.decoded.meta.axes;
    this.syncToggles();
  }

  // Rows that were chosen in the table wear a ring.
  focus(rows) {
    const wanted = new Set(rows);
    this.state.focus = [];
    this.state.decoded.rows.forEach((row, i) => { if (wanted.has(row)) this.state.focus.push(i); });
    if (this.size) this.paint();
  }

  build() {
    const { meta } = this.state.decoded;
    this.frames = []; this.base = []; this.over = []; this.notes = [];
    const panels = kEl("div", { class: "k-panels" });
    meta.models.forEach((model, m) => {
      const base = kEl("canvas", { role: "img", "aria-label": model.alt }), over = kEl("canvas", { class: "k-over", "data-panel": m });
      const dot = kEl("i"), frame = kEl("div", { class: "k-frame" }, base, over), note = kEl("div");
      dot.style.background = model.colour;
      panels.append(kEl("div", { class: "k-panel" }, kEl("h4", {}, dot, kEl("span", {}, model.title)), frame, note));
      this.frames.push(frame); this.base.push(base); this.over.push(over); this.notes.push(note);
      this.listen(over, m);
    });
    this.axesNote = kEl("div", { class: "k-note" });
    this.legend = kEl("div");
    this.bars = kEl("div");
    this.root.replaceChildren(kRail(this), kToolbar(this), panels, this.axesNote, this.legend, this.bars, this.tip);
    this.buildHistogram();
  }

  buildHistogram() { this.bars.replaceChildren(kHistogram(this)); }

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
    this.axesNote.textContent = kAxesNote(this.state);
    this.legend.replaceChildren(kLegend(this.state));
    const n = this.state.selected.size, { words } = this.state.decoded.meta;
    this.count.textContent = n ? kSay(words, "selected", { n: n.toLocaleString("en") }) : kSay(words, "nothing_selected");
    this.paint();
  }

  paint() {
    const began = performance.now(), { state } = this;
    if (!this.size || this.root.dataset.between) return;
    state.places = this.base.map((_, m) => kPlaces(state, state.layer, m));
    this.drawMoving();
    this.base.forEach((canvas, m) => this.decorate(canvas.getContext("2d"), m));
    kDrawHistogram(this);
    Object.assign(this.root.dataset, {
      layer: state.decoded.layers[state.layer].key, drawMs: (performance.now() - began).toFixed(1), selected: state.selected.size,
      method: state.decoded.meta.method, axes: state.axes, zoom: state.zoom.s.toFixed(3), shown: state.decoded.shown ? state.decoded.shown.reduce((a, b) => a + b, 0) : state.decoded.n,
    });
  }

  // The points alone, at the places that `state` holds; this is all that moves while playing.
  drawMoving() {
    const paper = kTheme(this.root).paper, w = Math.round(this.size * this.ratio), h = Math.round(this.height * this.ratio);
    this.base.forEach((canvas, m) => {
      for (const c of [canvas, this.over[m]]) {
        if (c.width !== w || c.height !== h) { c.width = w; c.height = h; c.style.height = `${this.height}px`; }
      }
      kDrawPanel(canvas, this.state, m, { side: this.side(), dx: this.shiftX(), dy: this.shiftY() }, this.ratio, paper);
    });
  }

  decorate(ctx, m) {
    const k = this.ratio;
    ctx.save();
    ctx.setTransform(k, 0, 0, k, this.shiftX() * k, this.shiftY() * k);
    const drawn = kDecorate(ctx, this.state, m, this.side(), kTheme(this.root));
    ctx.restore();
    Object.assign(this.frames[m].dataset, drawn);
  }

  // The square of the data sits in the middle of a frame that may be wider than high.
  side() { return Math.min(this.size, this.height); }
  shiftX() { return (this.size - this.side()) / 2; }
  shiftY() { return (this.height - this.side()) / 2; }

  setLayer(i, playing = false) {
    if (!playing) this.player.stop();
    if (i === this.state.layer) return;
    this.state.layer = i;
    this.tip.hidden = true;
    this.refresh();
    if (!playing) this.tellLayer();
  }

  // `untold`: a step that Python has not answered yet; no data of its making takes it back.
  tellLayer() {
    const { key } = this.state.decoded.layers[this.state.layer];
    this.untold = key;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.send("layer", key), 180);
  }

  select(rows) {
    this.state.selected = rows;
    this.refresh();
    this.sent = [...rows].sort((a, b) => a - b);
    this.send("selection", this.sent);
  }

  // Python keeps the past. It must have heard of the present before it goes back.
  undo() {
    this.undoing = true;
    this.heard(this.echo);
  }

  heard(selection) {
    this.echo = selection;
    if (this.sent && String(this.sent) === String(selection)) this.sent = null;
    if (this.sent || !this.undoing) return;
    this.undoing = false;
    this.send("undo", Date.now());
  }

  // Python answers with a selection of its own.
  brush({ low, high, last }) { this.send("brush", { low, high, last, at: Date.now() }); }
}
