// SPDX-License-Identifier: Apache-2.0
// A style of ours in anybody's MapLibre: everything it needs is named in it. The public profile
// leaves out boundaries that nobody reviewed.
maplibregl.setWorkerUrl(new URL("maplibre-gl-worker.js", location.href).href);
window.map = new maplibregl.Map({
  container: "map",
  style: new URL("../styles/map.json?style=government-blue&profile=public", location.href).href,
  center: [121.2, 31.2],
  zoom: 8,
});
