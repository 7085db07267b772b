// Streamlit calls this for every change of the data; the map itself stays in place.
const kMaps = new WeakMap();

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const channel = data.meta.channel, send = (name, value) => setStateValue(name, value);
  const links = (window.__kenshinLinks = window.__kenshinLinks || {});
  let app = kMaps.get(parentElement);
  if (!app) {
    app = new KMap(parentElement, data, links[channel], send);
    kMaps.set(parentElement, app);
  } else {
    app.send = send;
    if (app.data.meta.version !== data.meta.version) app.update(data, links[channel]);
  }
  const focus = () => app.focus(links[`${channel}-focus`].rows);
  const listen = () => app.obey(links[channel]), key = (event) => kKey(app, event);
  window.addEventListener(`kenshin-${channel}`, listen);
  window.addEventListener(`kenshin-${channel}-focus`, focus);
  document.addEventListener("keydown", key);
  return () => {
    window.removeEventListener(`kenshin-${channel}`, listen);
    window.removeEventListener(`kenshin-${channel}-focus`, focus);
    document.removeEventListener("keydown", key);
  };
}
