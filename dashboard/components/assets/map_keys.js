// Keys that work wherever the focus is, except where one writes or chooses.
const TYPING = "input, textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=dialog], [role=slider], [role=grid], [role=radio], [role=tab], canvas[data-testid]";

function kKey(app, event) {
  const target = event.composedPath()[0];
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const rail = target && target.classList && target.classList.contains("k-range");
  if (!rail && target && target.closest && target.closest(TYPING)) return;
  const { layer } = app.state, last = app.state.decoded.layers.length - 1;
  const acts = {
    ArrowLeft: () => app.setLayer(Math.max(0, layer - 1)),
    ArrowRight: () => app.setLayer(Math.min(last, layer + 1)),
    Escape: () => app.state.selected.size && app.select(new Set()),
    u: () => app.undo(),
    p: () => app.player.toggle(),
  };
  const act = acts[event.key];
  if (!act || (rail && event.key.startsWith("Arrow"))) return; // the slider moves itself
  event.preventDefault();
  act();
}
