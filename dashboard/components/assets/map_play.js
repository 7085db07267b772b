// Play through the layers: points move from where one layer draws them to where the next does.
const STEP_MS = 900;
const REST_MS = 450;
const SPEEDS = [0.5, 1, 2];

function kEase(t) {
  return t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2;
}

class KPlayer {
  constructor(app) { this.app = app; this.on = false; this.speed = 1; }

  toggle() { if (this.on) this.stop(); else this.start(); }

  start() {
    const last = this.app.state.decoded.layers.length - 1;
    if (last < 1) return;
    if (this.app.state.layer >= last) this.app.setLayer(0, true);
    this.on = true;
    this.app.root.dataset.playing = "1";
    this.app.syncPlay();
    this.leg();
  }

  stop() {
    if (!this.on) return;
    this.on = false;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.wait);
    delete this.app.root.dataset.playing;
    delete this.app.root.dataset.between;
    this.app.syncPlay();
    this.app.refresh();
    this.app.tellLayer();
  }

  // One step: move, then rest a moment, so that each layer can be seen as it is.
  leg() {
    const { state } = this.app, next = state.layer + 1;
    if (next >= state.decoded.layers.length) return this.stop();
    if (!this.app.root.isConnected) { this.on = false; return; } // the reader went to another screen
    const from = state.places.map((_, m) => kPlaces(state, state.layer, m)), to = from.map((_, m) => kPlaces(state, next, m));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches, began = performance.now();
    const draw = (now) => {
      const share = calm ? 1 : Math.min(1, ((now - began) * this.speed) / STEP_MS);
      if (share < 1) {
        state.places = from.map((_, m) => kBlend(from[m], to[m], kEase(Math.max(0, share))));
        this.app.root.dataset.between = share.toFixed(3);
        this.app.drawMoving();
        this.frame = requestAnimationFrame(draw);
        return;
      }
      delete this.app.root.dataset.between;
      this.app.setLayer(next, true);
      this.wait = setTimeout(() => this.leg(), REST_MS / this.speed);
    };
    this.frame = requestAnimationFrame(draw);
  }
}
