// The address bar: one step back per act of the reader, and languages that keep the present view.
const ONCE = "kenshinAddress";
const ACTS = ["pointerup", "click", "keydown", "change"];

export default function () {
  if (window[ONCE]) return;
  window[ONCE] = true;
  let acted = false;
  const did = () => (acted = true);
  for (const act of ACTS) window.addEventListener(act, did, true);
  window.addEventListener("popstate", () => (acted = false), true);
  // Streamlit makes a step for every value that a page writes, on the page that is left, too.
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    if (acted) push(state, title, url);
    else history.replaceState(state, title, url);
    acted = false;
  };
  // The links were drawn with the whole page; parts of it may have been drawn anew since.
  window.addEventListener("click", (event) => {
    const link = event.target.closest?.(".k-languages a");
    if (!link) return;
    const asked = new URLSearchParams(location.search);
    const wanted = new URLSearchParams(link.search).get("lang");
    if (wanted) asked.set("lang", wanted);
    else asked.delete("lang");
    link.search = asked.toString();
  }, true);
}
