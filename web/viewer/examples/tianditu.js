// SPDX-License-Identifier: Apache-2.0
// Our layers over 天地图 (vec_w): the same grid, nothing to shift.
maplibregl.setWorkerUrl(new URL("maplibre-gl-worker.js", location.href).href);
// an address as 天地图 has it; of that only the host and the key are other ones
const base = `${new URL("../vec_w/wmts", location.href).href}?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=`;
const tiles = (layers) => `${new URL(`../tiles/${layers}/`, location.href).href}{z}/{x}/{y}.png`;
const raster = (url) => ({ type: "raster", tileSize: 256, tiles: [url] });

window.map = new maplibregl.Map({
  container: "map",
  center: [121.2, 31.2],
  zoom: 8,
  style: {
    version: 8,
    sources: {
      // the stand-in for the foreign base map
      base: raster(base),
      places: raster(tiles("parks,incubators,facilities,concept_verification")),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#eceae4" } },
      { id: "base", type: "raster", source: "base" },
      { id: "places", type: "raster", source: "places" },
    ],
  },
});
