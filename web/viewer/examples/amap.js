// SPDX-License-Identifier: Apache-2.0
// Our layers over a base map in GCJ-02. MapLibre knows nothing of GCJ-02: it only puts
// tiles side by side, so tiles of both have to be of the same grid.
maplibregl.setWorkerUrl(new URL("maplibre-gl-worker.js", location.href).href);
const tiles = (grid, layers) =>
  `${new URL(`../tiles/${grid}${layers}/`, location.href).href}{z}/{x}/{y}.png`;
const GROUND = "land,sea,lakes,river_areas,rivers,coastline,divisions,landmarks";
const PLACES = "parks,incubators,facilities,concept_verification";
const raster = (url) => ({ type: "raster", tileSize: 256, tiles: [url] });

const map = new maplibregl.Map({
  container: "map",
  center: [121.53, 31.22],
  zoom: 11,
  style: {
    version: 8,
    sources: {
      // the stand-in for the foreign base map
      base: raster(tiles("GCJ02Quad/", GROUND)),
      right: raster(tiles("GCJ02Quad/", PLACES)),
      wrong: raster(tiles("", PLACES)),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#e6e6e4" } },
      { id: "base", type: "raster", source: "base", paint: { "raster-saturation": -0.7 } },
      { id: "right", type: "raster", source: "right" },
      { id: "wrong", type: "raster", source: "wrong", layout: { visibility: "none" } },
    ],
  },
});
document.querySelector("#wrong").addEventListener("change", (event) => {
  const wrong = event.target.checked;
  map.setLayoutProperty("wrong", "visibility", wrong ? "visible" : "none");
  map.setLayoutProperty("right", "visibility", wrong ? "none" : "visible");
});
window.map = map;
