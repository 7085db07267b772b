// How the map is looked at: zoom, axes, camera, contours and labels; Python keeps it for saved views.
function kStartView(meta) {
  return { zoom: { x: 0, y: 0, s: 1 }, camera: { yaw: 0.6, pitch: 0.35 }, axes: meta.axes, contours: false, wordy: false };
}

KMap.prototype.viewChanged = function () {
  this.paint();
  clearTimeout(this.telling);
  this.telling = setTimeout(() => this.tellView(), 350);
};

KMap.prototype.tellView = function () {
  const { zoom, camera, axes, contours, wordy } = this.state;
  this.send("view", { zoom, camera, axes: this.axesChosen ? axes : "", contours, wordy });
};

KMap.prototype.fit = function () {
  const { zoom, camera } = kStartView(this.state.decoded.meta);
  Object.assign(this.state, { zoom, camera });
  this.viewChanged();
};

KMap.prototype.zoom = function (factor, cx = 0.5, cy = 0.5) {
  const { zoom } = this.state, s = Math.min(1.5, Math.max(0.005, zoom.s * factor));
  // The point (cx, cy) of the panel stays where it is; a window's x and y are its lower left corner.
  const corner = { x: zoom.x - zoom.s / 2, y: zoom.y - zoom.s / 2 };
  this.state.zoom = { s, x: corner.x + (zoom.s - s) * cx + s / 2, y: corner.y + (zoom.s - s) * cy + s / 2 };
  this.viewChanged();
};

KMap.prototype.move = function (dx, dy) {
  const { zoom, decoded, layer } = this.state;
  if (decoded.layers[layer].xy[0].z) return this.turn(dx, dy);
  this.state.zoom = { ...zoom, x: zoom.x - dx * zoom.s, y: zoom.y + dy * zoom.s };
  this.viewChanged();
};

// One camera for every panel.
KMap.prototype.turn = function (dx, dy) {
  const { camera } = this.state;
  this.state.camera = { yaw: camera.yaw + dx * 4, pitch: Math.max(-1.5, Math.min(1.5, camera.pitch + dy * 4)) };
  this.viewChanged();
};

KMap.prototype.setAxes = function (axes) {
  this.state.axes = axes;
  this.axesChosen = true;
  this.state.zoom = kStartView(this.state.decoded.meta).zoom;
  this.refresh();
  this.tellView();
};

// What is drawn over the points, on screen and in saved pictures; says how much it drew.
function kDecorate(ctx, state, panel, side, colours) {
  const drawn = { contours: 0, labels: 0, rings: 0 };
  for (const i of state.focus) {
    const p = kPlace(state, panel, i, side);
    if (!p) continue;
    kRing(ctx, p, colours.text);
    drawn.rings++;
  }
  if (state.contours) {
    const contours = kPanelContours(state, panel);
    kDrawContours(ctx, contours, side, colours);
    drawn.contours = contours.length;
  }
  if (state.places[panel].depth) kDrawTripod(ctx, state.camera, side, colours);
  if (state.wordy) drawn.labels = kDrawLabels(ctx, kPanelLabels(state, panel), side, colours);
  return drawn;
}

function kRing(ctx, [x, y], ink) {
  ctx.beginPath();
  ctx.arc(x, y, 8, 0, 2 * Math.PI);
  ctx.lineWidth = 2;
  ctx.strokeStyle = ink;
  ctx.stroke();
}

// Three short arrows in the corner show how the cube is turned.
function kTripod({ yaw, pitch }) {
  const turn = ([x, y, z]) => [Math.cos(yaw) * x + Math.sin(yaw) * z, Math.cos(pitch) * y - Math.sin(pitch) * (Math.cos(yaw) * z - Math.sin(yaw) * x)];
  return [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map(turn);
}

function kDrawTripod(ctx, camera, side, colours) {
  const x = 36, y = side - 36;
  ctx.strokeStyle = ctx.fillStyle = colours.text;
  ctx.font = "11px system-ui, sans-serif";
  ctx.lineWidth = 1.2;
  kTripod(camera).forEach(([a, b], k) => {
    ctx.beginPath(); ctx.moveTo(x, y); ctx.lineTo(x + a * 24, y - b * 24); ctx.stroke();
    ctx.fillText(String(k + 1), x + a * 31 - 3, y - b * 31 + 4);
  });
}

// What a reader must know to compare the panels.
function kAxesNote(state) {
  const layer = state.decoded.layers[state.layer], { words } = state.decoded.meta;
  if (state.axes === "own") return kSay(words, "own_note");
  if (state.axes === "centred" && layer.gap) return kSay(words, "centred_note", { gap: layer.gap });
  return state.axes === "shared" && layer.apart ? kSay(words, "apart_note", { gap: layer.gap }) : "";
}
