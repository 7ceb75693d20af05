// SPDX-License-Identifier: Apache-2.0
// What belongs under every map: that it is a sketch, its review number, whose data it shows. The
// server says all three; <p class="notice" data-layers="…"> names the layers (default: the map).
for (const place of document.querySelectorAll(".notice")) {
  const read = async (path) =>
    (await fetch(new URL(path, new URL("../", location.href)).href)).json();
  const layers = place.dataset.layers || "map";
  Promise.all([read("api/layers"), read(`tiles/${layers}.json`)])
    .then(([{ notice, review_number: number }, { attribution }]) => {
      const strong = document.createElement("strong");
      strong.textContent = `${notice} · ${/^\D*$/.test(number) ? number : `审图号：${number}`}`;
      place.replaceChildren(strong, ` 数据来源：${attribution}`);
    })
    // without an answer what stands in the page stays: it is true of every map
    .catch(() => {});
}
