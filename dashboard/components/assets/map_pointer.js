// Lasso, box, move, wheel and hover over one panel.
KMap.prototype.listen = function (canvas, panel) {
  let path = null, from = null;
  const at = (e) => {
    const box = canvas.getBoundingClientRect();
    return [e.clientX - box.left - this.shiftX(), e.clientY - box.top - this.shiftY()];
  };
  canvas.addEventListener("pointerdown", (e) => {
    if (e.button) return;
    canvas.setPointerCapture(e.pointerId);
    from = at(e);
    path = [from];
    this.tip.hidden = true;
  });
  canvas.addEventListener("pointermove", (e) => {
    const here = at(e);
    if (!path) return this.hover(panel, here);
    if (this.tool === "pan") {
      const last = path[path.length - 1];
      path = [here];
      return this.move((here[0] - last[0]) / this.side(), (here[1] - last[1]) / this.side());
    }
    path = this.tool === "box" ? kBox(from, here) : [...path, here];
    this.outline(panel, path);
  });
  const up = (e) => {
    if (!path) return;
    const drawn = path, moved = Math.hypot(at(e)[0] - from[0], at(e)[1] - from[1]) > 4 || drawn.length > 6;
    path = null;
    this.outline(panel, null);
    if (this.tool === "pan") return;
    if (moved) return this.select(kCombine(this.state.selected, kRowsInside(this.state, panel, drawn, this.side()), e));
    const i = kNearest(this.state, panel, from[0], from[1], this.side());
    if (i >= 0) this.select(kCombine(this.state.selected, [this.state.decoded.rows[i]], e));
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", () => { path = null; this.outline(panel, null); });
  canvas.addEventListener("pointerleave", () => this.hover(panel, null));
  canvas.addEventListener("dblclick", () => this.select(new Set()));
  canvas.addEventListener("wheel", (e) => {
    if (this.tool !== "pan" && !e.ctrlKey) return;
    e.preventDefault();
    const [x, y] = at(e);
    this.zoom(e.deltaY > 0 ? 1.15 : 1 / 1.15, x / this.side(), 1 - y / this.side());
  }, { passive: false });
};

KMap.prototype.outline = function (panel, path) {
  const ctx = this.over[panel].getContext("2d"), k = this.ratio;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  if (!path) return;
  ctx.setTransform(k, 0, 0, k, this.shiftX() * k, this.shiftY() * k);
  ctx.beginPath();
  path.forEach((p, i) => ctx[i ? "lineTo" : "moveTo"](p[0], p[1]));
  ctx.closePath();
  ctx.strokeStyle = ctx.fillStyle = kTheme(this.root).text;
  ctx.setLineDash([5, 4]);
  ctx.stroke();
  ctx.globalAlpha = 0.06;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
};

// The same sample is ringed in every panel, so that the eye can follow it across.
KMap.prototype.hover = function (panel, here) {
  const i = here ? kNearest(this.state, panel, here[0], here[1], this.side()) : -1;
  if (i === this.hovered && i < 0) return;
  this.hovered = i;
  this.over.forEach((canvas, m) => {
    this.outline(m, null);
    const p = i >= 0 ? kPlace(this.state, m, i, this.side()) : null;
    if (!p) return;
    const ctx = canvas.getContext("2d"), k = this.ratio;
    ctx.setTransform(k, 0, 0, k, this.shiftX() * k, this.shiftY() * k);
    kRing(ctx, p, kTheme(this.root).text);
  });
  if (i >= 0) kTip(this, i, panel, here[0] + this.shiftX(), here[1] + this.shiftY());
  else this.tip.hidden = true;
};
