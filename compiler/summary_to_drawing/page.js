"use strict";
const svg = document.querySelector("svg.network");
const canvas = document.getElementById("canvas");
const measure = name => Number(svg.dataset[name]);
const numbers = text => text ? text.split(" ").map(Number) : [];
const border = -1;

// The picture as objects; each knows its element.
function read(inside, element) {
  const children = selector => [...inside.children].filter(child => child.matches(selector));
  const [firstColumn, lastColumn] = numbers(inside.dataset.columns);
  const block = {
    element, inside, firstColumn, lastColumn,
    rows: Number(inside.dataset.rows),
    inputs: numbers(inside.dataset.inputs),
    outputs: numbers(inside.dataset.outputs),
    ports: children(".port"),
    parts: children(".part").map(part => {
      const [row, lastRow, column] = numbers(part.dataset.cell);
      const within = part.querySelector(":scope > .inside");
      const item = within ? read(within, part) : {element: part, height: Number(part.dataset.height)};
      return Object.assign(item, {row, lastRow, column, path: part.dataset.path});
    }),
    wires: children(".wire").map(wire => {
      const [from, fromPort, to, toPort, lane] = numbers(wire.dataset.wire);
      return {element: wire, from, fromPort, to, toPort, lane};
    }),
  };
  for (const part of block.parts) part.parent = block;
  return block;
}
const root = read(svg.querySelector(":scope > .inside"), null);
const isOpen = part => part === root || part.element.classList.contains("open");

// The same coordinates as placement.cpp computes.
function place(block) {
  const isRoot = block === root;
  const columns = block.lastColumn - block.firstColumn + 1;
  const left = Array(columns).fill(measure("laneWidth") / 2), right = [...left];
  const widen = (column, toLeft, toRight) => {
    const at = column - block.firstColumn;
    left[at] = Math.max(left[at], toLeft);
    right[at] = Math.max(right[at], toRight);
  };
  if (isRoot)
    for (const column of [...block.inputs, ...block.outputs])
      widen(column, measure("portWidth") / 2, measure("portWidth") / 2);
  const ending = Array.from({length: block.rows}, () => []);
  for (const part of block.parts) {
    if (part.inside && isOpen(part)) {
      place(part);
    } else {
      part.width = measure("boxWidth");
      part.axis = part.width / 2;
      if (part.inside) part.height = measure("blockHeight");
    }
    widen(part.column, part.axis, part.width - part.axis);
    ending[part.lastRow].push(part);
  }
  block.columnAxis = [];
  let x = measure("padding");
  for (let i = 0; i < columns; ++i) {
    block.columnAxis.push(x + left[i]);
    x += left[i] + right[i] + measure(i + 1 < columns ? "columnGap" : "padding");
  }
  const missing = Math.trunc(Math.max(0, measure("boxWidth") - x) / 2);
  block.columnAxis = block.columnAxis.map(axis => axis + missing);
  block.width = x + 2 * missing;
  block.axis = block.columnAxis[-block.firstColumn];
  block.rowTop = [];
  block.rowBottom = [];
  let y = measure(isRoot ? "padding" : "header");
  for (let row = 0; row < block.rows; ++row) {
    block.rowTop.push(y);
    if (isRoot && (row === 0 || row === block.rows - 1)) y += measure("portHeight");
    for (const part of ending[row]) y = Math.max(y, block.rowTop[part.row] + part.height);
    block.rowBottom.push(y);
    y += measure("rowGap");
  }
  block.height = y - measure("rowGap") + (isRoot ? measure("padding") : 0);
  for (const part of block.parts) {
    part.x = axisOf(block, part.column) - part.axis;
    part.y = block.rowTop[part.row];
  }
}
const axisOf = (block, column) => block.columnAxis[column - block.firstColumn];

function wirePath(block, wire) {
  const last = block.rows - 1;
  const end = (at, port, source) => {
    if (at === border)
      return source ? [axisOf(block, block.inputs[port]), block.rowBottom[0], 0]
                    : [axisOf(block, block.outputs[port]), block.rowTop[last], last];
    const part = block.parts[at];
    const x = part.inside && isOpen(part) ? axisOf(part, (source ? part.outputs : part.inputs)[port]) : part.axis;
    return source ? [part.x + x, part.y + part.height, part.lastRow] : [part.x + x, part.y, part.row];
  };
  let [x, y, row] = end(wire.from, wire.fromPort, true);
  const [endX, endY, endRow] = end(wire.to, wire.toPort, false);
  let path = `M${x} ${y}`;
  const curveTo = (toX, toY) => {
    const middle = Math.trunc((y + toY) / 2), bend = Math.trunc((toY - y) / 4);
    path += x === toX ? `V${toY}` : `C${x} ${middle + bend} ${toX} ${middle - bend} ${toX} ${toY}`;
    [x, y] = [toX, toY];
  };
  if (y !== block.rowBottom[row]) curveTo(x, block.rowBottom[row]);
  if (endRow > row + 1) {
    const lane = axisOf(block, wire.lane);
    curveTo(lane, block.rowTop[row + 1]);
    curveTo(lane, block.rowBottom[endRow - 1]);
  }
  curveTo(endX, endY);
  return path;
}

function show(block) {
  for (const part of block.parts) {
    part.element.setAttribute("transform", `translate(${part.x} ${part.y})`);
    if (part.inside && isOpen(part)) {
      const frame = part.inside.querySelector(":scope > .frame");
      frame.setAttribute("width", part.width);
      frame.setAttribute("height", part.height);
      part.inside.querySelector(":scope > .header > .band").setAttribute("width", part.width);
      show(part);
    }
  }
  for (const wire of block.wires) wire.element.setAttribute("d", wirePath(block, wire));
}

let zoom = 1;
function update() {
  place(root);
  show(root);
  const columns = [...root.inputs, ...root.outputs];
  root.ports.forEach((port, i) => {
    const row = i < root.inputs.length ? 0 : root.rows - 1;
    port.setAttribute("transform", `translate(${axisOf(root, columns[i]) - measure("portWidth") / 2} ${root.rowTop[row]})`);
  });
  svg.setAttribute("viewBox", `0 0 ${root.width} ${root.height}`);
  setZoom(zoom);
}

// Zoom keeps the given point of the window in its place.
function setZoom(value, clientX = innerWidth / 2, clientY = innerHeight / 2) {
  const before = svg.getBoundingClientRect();
  const ratio = Math.min(4, Math.max(0.02, value)) / zoom;
  zoom *= ratio;
  svg.setAttribute("width", root.width * zoom);
  svg.setAttribute("height", root.height * zoom);
  const after = svg.getBoundingClientRect();
  canvas.scrollLeft += after.left + (clientX - before.left) * ratio - clientX;
  canvas.scrollTop += after.top + (clientY - before.top) * ratio - clientY;
}
const zoomToWidth = () => setZoom(Math.min(1, canvas.clientWidth / root.width));
const zoomToAll = () => setZoom(Math.min(1, canvas.clientWidth / root.width, canvas.clientHeight / root.height));

function allBlocks(block = root) {
  return block.parts.filter(part => part.inside).flatMap(part => [part, ...allBlocks(part)]);
}
function setOpen(part, open) {
  part.element.classList.toggle("open", open);
}
// The block's upper edge stays where it is on the screen.
function toggle(part) {
  const before = part.element.getBoundingClientRect();
  setOpen(part, !isOpen(part));
  update();
  const after = part.element.getBoundingClientRect();
  canvas.scrollTop += after.top - before.top;
  canvas.scrollLeft += after.left + after.width / 2 - before.left - before.width / 2;
  part.element.querySelector(isOpen(part) ? ":scope > .inside > .header" : ":scope > .folded").focus({preventScroll: true});
}

const partOf = new Map();
(function register(block) {
  for (const part of block.parts) {
    partOf.set(part.element, part);
    if (part.inside) register(part);
  }
})(root);

// The numbers of the chosen part, which its tooltip holds.
function choose(part) {
  const aside = document.querySelector("aside");
  for (const chosen of svg.querySelectorAll(".chosen")) chosen.classList.remove("chosen");
  aside.replaceChildren();
  if (!part) return;
  part.element.classList.add("chosen");
  const [path, ...facts] = part.element.querySelector(":scope > title").textContent.split("\n");
  const add = (parent, name, text) => parent.appendChild(Object.assign(document.createElement(name), {textContent: text}));
  add(aside, "h2", path);
  const list = add(aside, "dl", "");
  for (const fact of facts) {
    const at = fact.indexOf(": ");
    add(list, "dt", fact.slice(0, at));
    add(list, "dd", fact.slice(at + 2));
  }
}

let dragged = false;
svg.addEventListener("click", event => {
  const element = event.target.closest(".part");
  if (dragged || !element) return dragged || choose(null);
  const part = partOf.get(element);
  choose(part);
  if (event.target.closest("[role=button]")) toggle(part);
});
svg.addEventListener("keydown", event => {
  if (event.key !== "Enter" && event.key !== " " || !event.target.matches("[role=button]")) return;
  event.preventDefault();
  const part = partOf.get(event.target.closest(".part"));
  choose(part);
  toggle(part);
});

// A pressed mouse moves the picture; touch screens and wheels scroll it by themselves.
canvas.addEventListener("pointerdown", event => {
  dragged = false;
  if (event.pointerType !== "mouse" || event.button !== 0) return;
  const start = {x: event.clientX + canvas.scrollLeft, y: event.clientY + canvas.scrollTop};
  const move = moved => {
    if (!dragged && Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) < 4) return;
    dragged = true;
    canvas.classList.add("dragged");
    canvas.scrollTo(start.x - moved.clientX, start.y - moved.clientY);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", () => {
    removeEventListener("pointermove", move);
    canvas.classList.remove("dragged");
  }, {once: true});
});
canvas.addEventListener("wheel", event => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  setZoom(zoom * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
}, {passive: false});

// Search by path or operation: Enter goes to the next one and opens the blocks around it.
let found = -1;
function find(text) {
  const matches = [...partOf.values()].filter(part =>
    part.path.includes(text) || part.element.querySelector(":scope > .name")?.textContent.includes(text));
  if (text === "" || matches.length === 0) return choose(null);
  found = (found + 1) % matches.length;
  const part = matches[found];
  for (let block = part.parent; block !== root; block = block.parent) setOpen(block, true);
  update();
  choose(part);
  part.element.scrollIntoView({block: "center", inline: "center"});
}
const search = document.querySelector("input");
search.addEventListener("input", () => { found = -1; });
search.addEventListener("keydown", event => { if (event.key === "Enter") find(search.value.trim()); });

const actions = {
  fold: () => { allBlocks().forEach(part => setOpen(part, false)); update(); zoomToWidth(); },
  unfold: () => { allBlocks().forEach(part => setOpen(part, true)); update(); zoomToWidth(); },
  smaller: () => setZoom(zoom / 1.25),
  larger: () => setZoom(zoom * 1.25),
  whole: zoomToAll,
};
for (const [name, action] of Object.entries(actions)) document.getElementById(name).addEventListener("click", action);
addEventListener("keydown", event => {
  if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = {"+": actions.larger, "-": actions.smaller, "0": actions.whole, "/": () => search.focus()}[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

update();
zoomToWidth();
