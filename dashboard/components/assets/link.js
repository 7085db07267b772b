// Carries small wishes from Python to a map without sending the map's data again.
export default function (component) {
  const { channel } = component.data;
  window.__kenshinLinks = window.__kenshinLinks || {};
  window.__kenshinLinks[channel] = component.data;
  window.dispatchEvent(new Event(`kenshin-${channel}`));
}
