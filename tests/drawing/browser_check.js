// Runs behind the page's own script and leaves its verdict in the page's title: passed, or what is wrong.
"use strict";
(() => {
  const failures = [];
  const expect = (right, what) => { if (!right) failures.push(what); };
  const visible = element => element.getClientRects().length > 0;
  const attributes = () => [...svg.querySelectorAll("[transform], path.wire, .frame, .band")].filter(visible)
    .map(e => ["transform", "d", "width", "height"].map(name => e.getAttribute(name)).join(";")).join("\n");

  // The script places parts where the compiler did.
  const expected = document.getElementById("before").textContent;
  expect(attributes() === expected, "the script's coordinates differ from the compiler's");
  expect(expected.length > 100, "no coordinates to compare");

  const parts = [...partOf.values()], blocks = parts.filter(part => part.inside), layers = parts.filter(part => !part.inside);
  const surrounding = part => { const all = []; for (let p = part.parent; p !== root; p = p.parent) all.push(p); return all; };
  const check = state => {
    const boxes = [];
    for (const part of parts) {
      const shown = surrounding(part).every(isOpen);
      expect(visible(part.element) === shown, `${state}: ${part.path} is ${shown ? "hidden" : "shown"}`);
      if (!shown) continue;
      const open = part.inside && isOpen(part);
      if (part.inside) {
        expect(visible(part.element.querySelector(":scope > .folded")) === !open, `${state}: box of ${part.path}`);
        expect(visible(part.inside) === open, `${state}: inside of ${part.path}`);
      }
      const drawn = part.element.querySelector(open ? ":scope > .inside > .frame" : part.inside ? ":scope > .folded > .box" : ":scope > .box");
      const box = drawn.getBoundingClientRect(), picture = svg.getBoundingClientRect();
      expect(box.width > 0 && box.height > 0, `${state}: ${part.path} has no size`);
      expect(box.left >= picture.left - 1 && box.right <= picture.right + 1 && box.top >= picture.top - 1 &&
             box.bottom <= picture.bottom + 1, `${state}: ${part.path} is outside the picture`);
      for (const outer of surrounding(part).slice(0, 1)) {
        const frame = outer.inside.querySelector(":scope > .frame").getBoundingClientRect();
        expect(box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom,
               `${state}: ${part.path} is outside its block`);
      }
      if (!open) boxes.push([part.path, box]);
    }
    boxes.sort((a, b) => a[1].top - b[1].top);
    for (let i = 0; i < boxes.length; ++i)
      for (let k = i + 1; k < boxes.length && boxes[k][1].top < boxes[i][1].bottom; ++k)
        expect(boxes[k][1].left >= boxes[i][1].right || boxes[k][1].right <= boxes[i][1].left,
               `${state}: ${boxes[i][0]} lies over ${boxes[k][0]}`);
    return boxes.length;
  };

  check("at the start");
  document.getElementById("unfold").click();
  expect(check("unfolded") === layers.length, "unfolding shows not all layers");
  document.getElementById("fold").click();
  expect(check("folded") === root.parts.length, "folding shows more than the outermost parts");
  for (const block of blocks.slice(0, 40)) {
    for (const outer of surrounding(block).reverse()) if (!isOpen(outer)) toggle(outer);
    const button = () => block.element.querySelector(isOpen(block) ? ":scope > .inside > .header" : ":scope > .folded");
    const before = isOpen(block);
    button().dispatchEvent(new MouseEvent("click", {bubbles: true}));
    expect(isOpen(block) === !before, `a click does not fold ${block.path}`);
    check(`${block.path} clicked`);
    button().dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
    expect(isOpen(block) === before, `the Enter key does not fold ${block.path}`);
    expect(document.querySelector("aside h2").textContent === block.path, `${block.path} is not the chosen part`);
  }

  // Search opens what is around the part that it finds.
  document.getElementById("fold").click();
  const last = layers[layers.length - 1], middle = layers[layers.length >> 1];
  for (const layer of [middle, last]) {
    search.value = layer.path;
    search.dispatchEvent(new Event("input"));
    for (let i = 0; i < layers.length && !layer.element.classList.contains("chosen"); ++i)
      search.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
    expect(visible(layer.element), `searching does not show ${layer.path}`);
    const seen = layer.element.getBoundingClientRect(), window = canvas.getBoundingClientRect();
    expect(seen.top < window.bottom && seen.bottom > window.top, `searching does not scroll to ${layer.path}`);
  }
  document.getElementById("whole").click();
  expect(svg.getBoundingClientRect().height <= canvas.clientHeight + 1 || zoom <= 0.02, "the whole does not fit");
  document.title = failures.length ? `failed: ${failures.length}: ${failures.slice(0, 5).join("; ")}`
                                   : `passed: ${layers.length} layers, ${blocks.length} blocks`;
})();
