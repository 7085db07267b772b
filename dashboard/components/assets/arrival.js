// A login ends at the front door, in English: whoever came by a link goes on to what it named.
const ADDRESS = "kenshin.address";
const LANGUAGE = "kenshin.language";

export default function (component) {
  const { inside, language } = component.data;
  const kept = window.sessionStorage;
  const here = location.pathname + location.search;
  if (inside) {
    const address = kept.getItem(ADDRESS);
    kept.removeItem(ADDRESS);
    kept.setItem(LANGUAGE, language);
    if (address && address !== here) location.replace(address);
    return;
  }
  const spoken = kept.getItem(LANGUAGE);
  const asked = new URLSearchParams(location.search);
  if (spoken && spoken !== language && !asked.has("lang")) {
    kept.removeItem(LANGUAGE); // once: who chooses English at the door means it
    asked.set("lang", spoken);
    location.replace(`${location.pathname}?${asked}`);
    return;
  }
  kept.setItem(ADDRESS, here);
}
