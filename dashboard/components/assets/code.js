// Samples as text nodes only: whatever the code under inspection holds, it stays text.
export default function ({ data, parentElement }) {
  const el = (tag, name, ...children) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    node.append(...children);
    return node;
  };
  const items = data.items.map((item) => {
    const head = el("div", "k-head", ...item.facts.map(([label, value]) => el("span", "", label ? `${label} ` : "", el("b", "", value))));
    const pre = el("pre", "");
    pre.tabIndex = 0;
    if (item.end > item.start) pre.append(item.text.slice(0, item.start), el("mark", "", item.text.slice(item.start, item.end)), item.text.slice(item.end));
    else pre.append(item.text);
    return el("article", "k-item", head, pre);
  });
  parentElement.querySelector(".k-list").replaceChildren(...items);
}
