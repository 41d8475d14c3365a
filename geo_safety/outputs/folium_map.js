/* Draws a release on folium's map. All figures come from the page; nothing is added up or divided here. */
"use strict";

const NO_DATA = -2;
const SMALL = -1;
const INK = "#0b0c0c";
const HALO = "#ffffff";
const LINE = "#6b7276";
const LAND = "#f3f2f1";
const DASHES = { B: "6 3", C: "1 4" };
const TABLE_ROWS = 20;
const CITY_NAMES = 12;
const CLOSE_ZOOM = 13;

function showMap(map, data) {
  const state = { theme: data.themes[0], layer: data.layers.find((one) => one.name === data.start), only: null };
  const by = (id) => document.getElementById(id);
  const text = (value) => String(value).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const number = (value) => value.toLocaleString("en-GB");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (still) Object.assign(map.options, { zoomAnimation: false, fadeAnimation: false });

  // Shapes ---------------------------------------------------------------------------------------------------

  function decode(shape) {
    return shape.map((polygon) => polygon.map((steps) => {
      const ring = [];
      let x = 0;
      let y = 0;
      for (let i = 0; i < steps.length; i += 2) {
        x += steps[i];
        y += steps[i + 1];
        ring.push([data.origin[1] + y * data.unit, data.origin[0] + x * data.unit]);
      }
      return ring;
    }));
  }

  function pane(name, order) {
    map.createPane(name).style.zIndex = order;
    map.getPane(name).style.pointerEvents = "none";
    return L.canvas({ pane: name, padding: 0.3 });
  }

  const under = pane("ground", 300);
  const zones = L.canvas({ padding: 0.3 });
  const lines = pane("lines", 420);
  const marks = pane("areas", 430);
  map.createPane("names").style.zIndex = 450;
  map.getPane("names").style.pointerEvents = "none";

  const ground = data.layers.find((one) => one.name === data.ground);
  const groundShapes = ground ? ground.shapes.map(decode) : [];
  for (const shape of groundShapes) {
    L.polygon(shape, { renderer: under, interactive: false, stroke: false, fillColor: LAND, fillOpacity: 1 }).addTo(map);
    L.polygon(shape, { renderer: lines, interactive: false, color: LINE, weight: 1, fill: false }).addTo(map);
  }

  function groupOf(layer) {
    if (!layer.group) {
      layer.group = L.featureGroup(layer.shapes.map((shape, index) => {
        const polygon = L.polygon(decode(shape), { renderer: zones, smoothFactor: layer.is_cells ? 0 : 0.5 });
        polygon.zone = index;
        return polygon;
      }));
      layer.group.on("click", (event) => openZone(event.layer.zone, event.latlng));
      layer.group.bindTooltip((polygon) => hoverText(polygon.zone), { sticky: true, direction: "top", opacity: 1 });
    }
    return layer.group;
  }

  // Words ----------------------------------------------------------------------------------------------------

  const figures = () => state.layer.figures[state.theme.name];

  function classOf(count) {
    if (count === NO_DATA) return -1;
    if (count === SMALL) return 1;
    return figures().breaks.filter((first) => count >= first).length;
  }

  function classLabel(index) {
    const breaks = figures().breaks;
    if (index === -1) return "No data: not zero";
    if (index === 0) return "None reported";
    const last = breaks[index] - 1;
    return index === breaks.length ? `${number(breaks[index - 1])} or more` : `${number(breaks[index - 1])} to ${number(last)}`;
  }

  function countText(count) {
    if (count === NO_DATA) return "No data for this window: not zero";
    if (count === SMALL) return "1 to 4 reports; too few for a rate";
    if (count === 0) return "None reported";
    return `${number(count)} reports in ${state.theme.months} months`;
  }

  function nameOf(index) {
    const { ids, names, near } = state.layer;
    const place = near && near.of_zone[index] >= 0 ? near.texts[near.of_zone[index]] : "";
    const id = ids.prefix + ids.middle[index] + ids.suffix;
    const own = names && names[index];
    return { id, title: own || (place ? `In ${place}` : "Cell"), place: own ? place : "" };
  }

  function chanceText(percent) {
    const words = [[95, "almost certain"], [80, "highly likely"], [55, "likely"], [40, "realistically possible"]];
    const word = words.find(([from]) => percent >= from);
    if (!word) return "";
    const where = state.layer.is_cells ? "this cell and those around it together have" : "this place has";
    const sure = percent >= 99 ? "over 99 %" : `${percent} %`;
    return `It is ${word[1]} (${sure}) that ${where} at least ${data.level} times the usual number of the whole study.`;
  }

  function changeText(code) {
    const measured = "than in the months before, measured against the change in the whole study.";
    return {
      "clearly fewer": `Clearly fewer ${measured}`,
      fewer: `Fewer ${measured}`,
      "not distinguishable": "Not distinguishable from the change in the whole study.",
      more: `More ${measured}`,
      "clearly more": `Clearly more ${measured}`,
      "too few": "Too few to say whether it has changed.",
    }[data.changes[code]] || "";
  }

  function hoverText(index) {
    return `<strong>${text(nameOf(index).title)}</strong><br>${text(countText(figures().counts[index]))}`;
  }

  function openZone(index, place) {
    const { id, title, place: where } = nameOf(index);
    const { counts, chances, changes } = figures();
    const parts = [countText(counts[index]) + ".", chanceText(chances[index]), changeText(changes[index])];
    const body = parts.filter(Boolean).map((part) => `<p>${text(part)}</p>`).join("");
    const under = [where, state.layer.is_cells ? `Cell ${id}` : id].filter(Boolean).join(" · ");
    popup(place, `<h3>${text(title)}</h3>${body}<p class="count">${text(under)}</p>`);
  }

  function openArea(area) {
    const unit = data.layers.find((one) => one.name === data.start).is_cells ? "cell" : "zone";
    const parts = [
      area.incidents_band === "1-4" ? "1 to 4 reports; too few for a rate." : `${number(Number(area.incidents_band))} reports in ${state.theme.months} months.`,
      area.share_of_theme === null ? "" : `${(area.share_of_theme * 100).toFixed(1)} % of all in the study.`,
      `${area.cells} ${area.cells === 1 ? unit : `${unit}s`}, ${area.area_km2.toFixed(2)} km².`,
      area.tier ? `Tier ${area.tier}.` : "",
    ];
    const body = parts.filter(Boolean).map((part) => `<p>${text(part)}</p>`).join("");
    popup(area.centre, `<h3>${text(area.name)}</h3>${body}<p class="count">${text(area.borough_names || "")}</p>`);
  }

  function popup(place, html) {
    L.popup({ maxWidth: 280, autoPanPadding: [16, 16] }).setLatLng(place).setContent(html).openOn(map);
  }

  // Drawing --------------------------------------------------------------------------------------------------

  function styleOf(index) {
    const shade = classOf(figures().counts[index]);
    const shown = state.only === null || state.only === shade;
    const edge = !state.layer.is_cells || map.getZoom() >= CLOSE_ZOOM;
    if (shade === -1) return { fillColor: "#ffffff", fillOpacity: shown ? 1 : 0, color: LINE, weight: 0.6, opacity: shown ? 1 : 0, stroke: true };
    if (shade === 0) return { fillColor: LAND, fillOpacity: 0, color: LINE, weight: 0.4, opacity: edge ? 0.5 : 0, stroke: edge };
    const colour = data.colours[shade - 1];
    // Cells are edged with their own colour, or hairlines of the ground would show between them.
    const line = edge ? { color: LINE, weight: 0.5 } : { color: colour, weight: 0.7 };
    return { fillColor: colour, fillOpacity: shown ? 1 : 0, opacity: shown || edge ? 1 : 0, stroke: true, ...line };
  }

  function paint() {
    groupOf(state.layer).eachLayer((polygon) => polygon.setStyle(styleOf(polygon.zone)));
  }

  for (const area of data.areas) {
    const shape = decode(area.shape);
    area.bounds = L.polygon(shape).getBounds();
    area.centre = area.bounds.getCenter();
    area.lines = [HALO, INK].map((colour) => L.polygon(shape, { renderer: marks, interactive: false, fill: false, color: colour }));
    area.lines[1].setStyle({ dashArray: DASHES[area.tier] || null });
  }

  const areasNow = () => data.areas.filter((area) => area.theme === state.theme.name);

  function drawAreas() {
    const shown = by("show-areas").checked ? areasNow() : [];
    const weights = map.getZoom() < 10 ? [2, 1] : map.getZoom() < 12 ? [3.2, 1.5] : [4.5, 2];
    for (const area of data.areas) area.lines.forEach((line) => line.remove());
    for (const part of [0, 1]) for (const area of shown) area.lines[part].setStyle({ weight: weights[part] }).addTo(map);
  }

  // Names: areas first, by rank, then boroughs; one that would lie on another is left out at this zoom -----------

  const nameLayer = L.layerGroup().addTo(map);

  function placeNames() {
    nameLayer.clearLayers();
    if (!by("show-names").checked) return;
    // Marks of a list have names of their own.
    const areas = by("show-areas").checked && !by("lists")?.value ? areasNow() : [];
    const most = map.getZoom() < CLOSE_ZOOM - 1 ? CITY_NAMES : areas.length;
    const wanted = areas.slice(0, most).map((area) => ({ at: [area.bounds.getNorth(), area.centre.lng], words: area.name.split(",")[0], kind: "area" }));
    groundShapes.forEach((shape, index) => {
      wanted.push({ at: groundCentre(shape), words: ground.names[index] || "", kind: "place" });
    });
    const size = map.getSize();
    const taken = [];
    for (const { at, words, kind } of wanted) {
      const spot = map.latLngToContainerPoint(at);
      const width = Math.min(words.length * 8, kind === "area" ? 152 : 400);
      const height = kind === "area" ? 15 * Math.ceil((words.length * 8) / 152) : 15;
      const middle = kind === "area" ? spot.y - height * 0.8 : spot.y;
      const box = [spot.x - width / 2 - 4, middle - height / 2 - 2, spot.x + width / 2 + 4, middle + height / 2 + 2];
      const inside = box[0] >= 0 && box[1] >= 0 && box[2] <= size.x && box[3] <= size.y;
      const free = taken.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
      if (!words || !inside || !free) continue;
      taken.push(box);
      const icon = L.divIcon({ className: `name ${kind}`, html: `<span>${text(words)}</span>`, iconSize: [0, 0] });
      L.marker(at, { icon, pane: "names", interactive: false, keyboard: false }).addTo(nameLayer);
    }
  }

  function groundCentre(shape) {
    const largest = shape.reduce((one, other) => (other[0].length > one[0].length ? other : one));
    return L.latLngBounds(largest[0]).getCenter();
  }

  // Beside the map -------------------------------------------------------------------------------------------

  function choices(select, options, chosen, change) {
    for (const option of options) select.add(new Option(option.label, option.name, false, option.name === chosen));
    select.addEventListener("change", () => change(select.value));
  }

  function legend() {
    const sizes = new Map();
    for (const count of figures().counts) sizes.set(classOf(count), (sizes.get(classOf(count)) || 0) + 1);
    const box = by("classes");
    box.replaceChildren();
    for (const index of [5, 4, 3, 2, 1, 0, -1]) {
      if (index === -1 && !sizes.has(-1)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(state.only === index));
      const kind = index === 0 ? "none" : index === -1 ? "gap" : "";
      const words = `${classLabel(index)}${index === 1 ? "; too few for a rate" : ""}`;
      button.innerHTML = `<span class="swatch ${kind}"></span><span>${words}</span><span class="count">${number(sizes.get(index) || 0)}</span>`;
      if (index > 0) button.firstChild.style.background = data.colours[index - 1];
      button.title = "Show only these";
      button.addEventListener("click", () => {
        state.only = state.only === index ? null : index;
        legend();
        paint();
        by("classes").querySelector(state.only === null ? "button" : "[aria-pressed=true]").focus();
      });
      box.append(button);
    }
    if (areasNow().length) {
      box.insertAdjacentHTML("beforeend", `<div class="row"><span class="swatch outline"></span><span>Hotspot area (${areasNow().length})</span></div>`);
    }
    by("note").textContent = state.theme.note;
  }

  function table(heading, caption, columns, rows) {
    const head = columns.map((column) => `<th scope="col"${column.number ? ' class="number"' : ""}>${column.title}</th>`).join("");
    return `<details open><summary>${heading}</summary><table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></details>`;
  }

  function results() {
    const areas = areasNow();
    const rows = areas.slice(0, TABLE_ROWS).map((area, index) => `<tr><td><button type="button" data-area="${index}">${text(area.name)}</button></td>`
      + `<td class="number">${text(area.incidents_band === "1-4" ? "1 to 4" : number(Number(area.incidents_band)))}</td><td class="number">${area.area_km2.toFixed(2)}</td></tr>`);
    const more = areas.length > TABLE_ROWS ? `The ${TABLE_ROWS} with most reports, of ${areas.length}.` : "Most reports first.";
    const lists = areas.length
      ? table(`Hotspot areas: ${areas.length}`, more, [{ title: "Area" }, { title: "Reports", number: true }, { title: "km²", number: true }], rows.join(""))
      : "<p><strong>No hotspot areas.</strong> No place is on the list of hotspots for this theme and window.</p>";
    by("results").innerHTML = lists + zoneTable();
    by("results").querySelectorAll("[data-area]").forEach((button) => button.addEventListener("click", () => {
      const area = areas[Number(button.dataset.area)];
      map.fitBounds(area.bounds.pad(1.5), { maxZoom: 15, animate: !still });
      openArea(area);
    }));
  }

  function zoneTable() {
    // Cells have no names to list; the coarsest named layer but one (wards rather than boroughs) does.
    const layer = state.layer.is_cells ? data.layers.find((one) => !one.is_cells && one.figures[state.theme.name]) : state.layer;
    if (!layer || !layer.figures[state.theme.name]) return "";
    const { counts } = layer.figures[state.theme.name];
    const order = counts.map((_, index) => index).filter((index) => counts[index] > 0).sort((a, b) => counts[b] - counts[a]);
    const rows = order.slice(0, TABLE_ROWS).map((index) => {
      const near = layer.near && layer.near.of_zone[index] >= 0 ? layer.near.texts[layer.near.of_zone[index]] : "";
      return `<tr><td>${text(layer.names[index] || layer.ids.prefix + layer.ids.middle[index] + layer.ids.suffix)}<small>${text(near)}</small></td><td class="number">${number(counts[index])}</td></tr>`;
    });
    return table(`${layer.label} with most reports`, "Counts only: a large or busy place has more of everything.", [{ title: "Name" }, { title: "Reports", number: true }], rows.join(""));
  }

  function titles() {
    const { noun, window } = state.theme;
    const where = state.layer.is_cells ? "by neighbourhood" : `by ${state.layer.label.toLowerCase().replace(/s$/, "")}`;
    by("title").textContent = `Reported ${noun}: how often, ${where}`;
    by("subtitle").textContent = `${data.study} · ${window} · the last three months are provisional`;
    const found = areasNow().length;
    by("status").textContent = `Reported ${noun}, ${window}. ${found} hotspot ${found === 1 ? "area" : "areas"}.`;
    map.getContainer().setAttribute("aria-label", `Map: reported ${noun}, ${where}. Arrow keys move, plus and minus zoom. All named places are in the tables.`);
  }

  function show() {
    state.only = null;
    // A feed can answer for some layers only.
    for (const option of by("layers").options) option.disabled = !data.layers[option.index].figures[state.theme.name];
    if (!figures()) state.layer = data.layers.find((one) => one.figures[state.theme.name]);
    by("layers").value = state.layer.name;
    map.closePopup();
    for (const layer of data.layers) if (layer.group && layer !== state.layer) layer.group.remove();
    paint();
    groupOf(state.layer).addTo(map);
    drawAreas();
    titles();
    legend();
    results();
    placeNames();
    followTheme(state.theme.name);
  }

  const followTheme = showLists(map, data, { text, number, decode, popup, still, theme: () => state.theme.name, renamed: placeNames });
  const capital = (words) => words[0].toUpperCase() + words.slice(1);
  choices(by("themes"), data.themes.map((one) => ({ name: one.name, label: capital(one.noun) })), state.theme.name, (name) => {
    state.theme = data.themes.find((one) => one.name === name);
    show();
  });
  choices(by("layers"), data.layers, state.layer.name, (name) => {
    state.layer = data.layers.find((one) => one.name === name);
    show();
  });
  if (data.too_large.length) {
    by("layers").after(Object.assign(document.createElement("small"), { textContent: `Too large for one file: ${data.too_large.join(", ")}` }));
  }
  by("show-areas").addEventListener("change", () => { drawAreas(); placeNames(); });
  by("show-names").addEventListener("change", placeNames);
  L.control.scale({ imperial: false }).addTo(map);
  const container = map.getContainer();
  container.setAttribute("role", "region");
  container.tabIndex = 0;
  const bounds = L.latLngBounds([]);
  for (const shape of ground ? groundShapes : data.layers[data.layers.length - 1].shapes.map(decode)) bounds.extend(L.latLngBounds(shape.flat(2)));
  titles(); // before the map is fitted: what the heading takes, the map has not
  map.invalidateSize({ animate: false });
  map.fitBounds(bounds, { animate: false, padding: [8, 8] });
  map.options.minZoom = map.getZoom() - 1;
  map.setMaxBounds(bounds.pad(0.6));
  show();
  let close = map.getZoom() >= CLOSE_ZOOM;
  map.on("zoomend", () => {
    drawAreas();
    if (close !== map.getZoom() >= CLOSE_ZOOM) paint();
    close = map.getZoom() >= CLOSE_ZOOM;
  });
  map.on("moveend resize", placeNames);
}
