/* Lists over the zones of a stand-alone map: marks with a sign of their class, or the shapes of their rows. */
"use strict";

const LIST_ROWS = 20;
const LINE_DASHES = { listed: null, above: null, same: "10 6", below: "3 5", few: "1 6", noRate: "1 6", noData: "1 6" };

/* A mark on the canvas: circle, square or diamond, with the sign inside where there is room for it. */
const ListMark = L.CircleMarker.extend({
  _updatePath() {
    if (!this._renderer._drawing || this._empty()) return;
    const { fillColor, color, weight, symbol, sign } = this.options;
    const pen = this._renderer._ctx;
    const { x, y } = this._point;
    const r = Math.max(2, this._radius);
    pen.beginPath();
    if (symbol === "square") pen.rect(x - r, y - r, 2 * r, 2 * r);
    else if (symbol === "diamond") [[0, -1], [1, 0], [0, 1], [-1, 0]].forEach(([dx, dy], at) => (at ? pen.lineTo(x + dx * r, y + dy * r) : pen.moveTo(x + dx * r, y + dy * r)));
    else pen.arc(x, y, r, 0, 7);
    pen.closePath();
    pen.fillStyle = fillColor;
    pen.fill();
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = weight + 2;
    pen.stroke();
    pen.strokeStyle = color;
    pen.lineWidth = weight;
    pen.stroke();
    if (r < 6) return;
    pen.fillStyle = inkFor(fillColor);
    pen.font = `bold ${Math.round(r * 1.2)}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(sign, x, y + 0.5);
  },
});

function inkFor(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#0b0c0c" : "#ffffff";
}

/* `tools`: how the map escapes text, writes numbers, decodes shapes and opens a popup. Gives back what to call when the theme changes. */
function showLists(map, data, tools) {
  const { text, number, decode, popup, still } = tools;
  const by = (id) => document.getElementById(id);
  const state = { list: null, theme: null, only: null };
  map.createPane("lists").style.zIndex = 440;
  const renderer = L.canvas({ pane: "lists", padding: 0.3 });
  const group = L.layerGroup().addTo(map);
  const place = ([x, y]) => [data.origin[1] + y * data.unit, data.origin[0] + x * data.unit];

  const rows = () => state.list.themes[state.theme];
  const classOf = (index) => state.list.classes[rows().classes[index]];

  function said(index) {
    return rows().figures.map(({ label, values, low, high }) => {
      const value = values[index];
      if (value === null) return "";
      const words = typeof value === "number" ? number(value) : String(value).replace(/^(\d+)-(\d+)$/, "$1 to $2");
      const span = low && low[index] !== null ? ` (${number(low[index])} to ${number(high[index])})` : "";
      return `${label}: ${words}${span}.`;
    }).filter(Boolean);
  }

  function open(index) {
    const body = [classOf(index).label + ".", ...said(index)].map((one) => `<p>${text(one)}</p>`).join("");
    popup(place(rows().points[index]), `<h3>${text(rows().names[index])}</h3>${body}<p class="count">${text(state.list.says[0] || "")}</p>`);
  }

  function radiusOf(index, kind) {
    const { sizes } = rows();
    const factor = kind.rated && kind.key !== "ranked" ? 1 : 0.6;
    if (!sizes) return (kind.key === "listed" || kind.key === "beside" ? 9 : 7) * factor;
    const most = Math.max(1, ...sizes.map((one) => one || 0));
    return Math.max(6, 18 * Math.sqrt((sizes[index] || 0) / most)) * factor;
  }

  function drawn(index) {
    const kind = classOf(index);
    const outline = rows().shape && state.list.outlines[rows().shape[index]];
    const common = { renderer, color: INK };
    if (state.list.symbol === "area") return L.polygon(decode(outline), { ...common, fillColor: kind.colour, fillOpacity: 0.85, weight: 2, dashArray: kind.key === "someUnknown" ? "7 4" : null });
    if (state.list.symbol === "line") {
      const course = outline.map((steps) => decode([[steps]])[0][0]);
      return L.polyline(course, { ...common, color: kind.rated ? kind.colour : INK, weight: kind.key === "listed" ? 7 : 4, dashArray: LINE_DASHES[kind.key] || null });
    }
    return new ListMark(place(rows().points[index]), { ...common, radius: radiusOf(index, kind), symbol: state.list.symbol, ...look(kind, index), weight: kind.key === "listed" || state.list.symbol === "diamond" ? 2 : 1 });
  }

  /** What is inside a mark: a rank on squares of the list, a dot in diamonds that stand beside a safety list, else the sign. */
  function look(kind, index) {
    const { numbers } = rows();
    if (state.list.symbol === "diamond") return { fillColor: "#ffffff", sign: kind.key === "beside" ? "●" : "" };
    if (state.list.symbol === "square") return { fillColor: kind.colour, sign: kind.key === "listed" && numbers ? String(numbers[index]) : "" };
    return { fillColor: kind.colour, sign: kind.sign };
  }

  function draw() {
    group.clearLayers();
    // Under marks the zones are pale: two pictures of one strength would hide each other.
    map.getPane("overlayPane").style.opacity = state.list ? 0.25 : 1;
    if (!state.list) return;
    // The first class lies on top.
    const order = rows().names.map((_, index) => index).filter((index) => state.only === null || rows().classes[index] === state.only)
      .sort((one, other) => rows().classes[other] - rows().classes[one]);
    for (const index of order) {
      drawn(index).on("click", (event) => { L.DomEvent.stop(event); open(index); })
        .bindTooltip(() => `<strong>${text(rows().names[index])}</strong><br>${text(classOf(index).label)}`, { sticky: true, direction: "top", opacity: 1 }).addTo(group);
    }
  }

  function key() {
    const box = by("list-classes");
    box.replaceChildren();
    state.list.classes.forEach((kind, index) => {
      const count = rows().counts[index];
      if (!count) return;
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(state.only === index));
      button.title = "Show only these";
      button.innerHTML = `<span class="swatch sign"></span><span>${text(kind.label)}</span><span class="count">${number(count)}</span>`;
      const fill = state.list.symbol === "diamond" ? "#ffffff" : kind.colour;
      Object.assign(button.firstChild.style, { background: fill, color: inkFor(fill) });
      button.firstChild.textContent = kind.sign;
      button.firstChild.setAttribute("aria-hidden", "true");
      button.addEventListener("click", () => {
        state.only = state.only === index ? null : index;
        key();
        draw();
        (box.querySelector("[aria-pressed=true]") || box.querySelector("button")).focus();
      });
      box.append(button);
    });
  }

  function render() {
    const section = by("lists-told");
    section.hidden = !state.list;
    draw();
    if (!state.list) return section.replaceChildren();
    const { names, left_out: left, figures } = rows();
    const first = figures[0];
    const lines = names.slice(0, LIST_ROWS).map((name, index) => `<tr><td><button type="button" data-row="${index}">${text(name)}</button><small>${text(classOf(index).sign)} ${text(classOf(index).label)}</small></td>`
      + `<td class="number">${first.values[index] === null ? "" : text(typeof first.values[index] === "number" ? number(first.values[index]) : String(first.values[index]).replace("-", " to "))}</td></tr>`);
    const [chief, ...more] = state.list.says;
    section.innerHTML = `<h2>${text(state.list.label)}: ${text(rows().noun)}</h2>${chief ? `<p class="said">${text(chief)}</p>` : ""}<div id="list-classes" class="keys"></div>`
      + `${more.length ? `<details><summary>What to be careful about</summary><ul>${more.map((one) => `<li>${text(one)}</li>`).join("")}</ul></details>` : ""}${left ? `<p class="said">${number(left)} more with too few reports are not drawn in one file.</p>` : ""}`
      + `<details open><summary>${text(state.list.label)}: ${number(names.length)}</summary><table><caption>In the order of the list.</caption><thead><tr><th scope="col">Place</th><th scope="col" class="number">${text(first.label)}</th></tr></thead><tbody>${lines.join("")}</tbody></table></details>`;
    section.querySelectorAll("[data-row]").forEach((button) => button.addEventListener("click", () => {
      const index = Number(button.dataset.row);
      map.setView(place(rows().points[index]), Math.max(map.getZoom(), 13), { animate: !still });
      open(index);
    }));
    key();
  }

  function follow(theme) {
    if (!state.list) return render();
    state.theme = state.list.themes[theme] ? theme : Object.keys(state.list.themes)[0];
    state.only = null;
    render();
  }

  const select = by("lists");
  if (!data.lists.length) {
    select.parentElement.remove();
    return () => {};
  }
  select.add(new Option("None", ""));
  for (const list of data.lists) select.add(new Option(list.label, list.name));
  select.addEventListener("change", () => {
    state.list = data.lists.find((one) => one.name === select.value) || null;
    map.closePopup();
    follow(tools.theme());
    tools.renamed();
  });
  return follow;
}
