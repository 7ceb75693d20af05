// SPDX-License-Identifier: Apache-2.0
// Map libraries as clients, on a page of another site: OpenLayers, Leaflet, MapLibre.
//
//   INNOMAP_URL=...  a server of the database of tests/web/fixture.py
//   INNOMAP_PMTILES  its vector tiles as an archive
//   INNOMAP_MBTILES  the same, unpacked from the other kind: { minzoom, maxzoom, layers, tiles }
//
// Each draws the layer "sites", circles of one colour, and is asked where on the screen a site's
// position is: there lies the middle of a circle. Each tile asked for exists or is empty, and the
// tile of the position, by arithmetic of its own, is among them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { addressOf, launch, onPage, picture, strangersSite, TIMEOUT_MS } from "./stage.mjs";

const base = addressOf("INNOMAP_URL");
const SITE = [121.4, 31.2]; // S2 of the fixture
const COLOUR = [217, 130, 43];
const ZOOM = 11;

let browser;
let site;

before(async () => {
  browser = await launch();
  const archive = process.env.INNOMAP_PMTILES;
  site = await strangersSite(archive ? { "map.pmtiles": await readFile(archive) } : {});
});

after(async () => {
  await browser?.close();
  site?.close();
});

/** Column and row of the tile that holds SITE. */
const MERCATOR = (z) => [
  Math.floor(((SITE[0] + 180) / 360) * 2 ** z),
  Math.floor(((1 - Math.asinh(Math.tan((SITE[1] * Math.PI) / 180)) / Math.PI) / 2) * 2 ** z),
];
/** The same where matrix z is 2^(z+1) tiles wide, from -180, 90. */
const DEGREES = (z) => SITE.map((v, i) => Math.floor(((i ? 90 - v : v + 180) / 180) * 2 ** z));

/** Middle of the circle nearest to a place of the screen, in CSS pixels, and its area. */
async function circleNear(page, [x, y], ratio = 1) {
  const png = (await page.screenshot()).toString("base64");
  return page.evaluate(
    async ({ png, x, y, colour, ratio }) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas.drawImage(image, 0, 0);
      const { data } = canvas.getImageData(0, 0, image.width, image.height);
      const sum = { x: 0, y: 0, n: 0 };
      const reach = 12 * ratio;
      const [left, top] = [Math.round(x * ratio) - reach, Math.round(y * ratio) - reach];
      for (let row = top; row < top + 2 * reach; row++)
        for (let column = left; column < left + 2 * reach; column++) {
          const at = 4 * (row * image.width + column);
          if (colour.some((v, c) => Math.abs(data[at + c] - v) > 24)) continue;
          sum.x += column + 0.5;
          sum.y += row + 0.5;
          sum.n++;
        }
      return {
        x: sum.x / sum.n / ratio,
        y: sum.y / sum.n / ratio,
        n: sum.n / ratio ** 2,
      };
    },
    { png, x, y, colour: COLOUR, ratio },
  );
}

const clients = [];

/**
 * `draw` runs in the page, makes a 512 px map around the site and returns, when all is drawn,
 * where on the screen the site is. `tile` is a part of the address of its tile.
 */
function client(name, { scripts, tile, draw, more = {}, ratio = 1, within = 0.75 }) {
  clients.push([
    name,
    async () => {
      const hosts = [new URL(base).host, new URL(site.url).host];
      const viewport = { width: 512, height: 512 };
      const context = {
        url: site.url,
        hosts,
        viewport,
        deviceScaleFactor: ratio,
      };
      await onPage(browser, context, async (page, answers) => {
        for (const script of scripts) await page.addScriptTag({ url: site.url + script });
        // not in the middle, so that a map that is upside down or mirrored does not pass
        const asked = {
          base,
          site: SITE,
          middle: [SITE[0] + 0.03, SITE[1] + 0.02],
          zoom: ZOOM,
        };
        const place = await page.evaluate(draw, { ...asked, ...more });
        await picture(page, `client-${name.replaceAll(/\W+/g, "-")}`);
        const circle = await circleNear(page, place, ratio);
        const off = Math.hypot(circle.x - place[0], circle.y - place[1]);
        assert.ok(circle.n > 50 && off < within, `${JSON.stringify(circle)}, expected ${place}`);
        const tiles = answers.filter(({ url }) => url.startsWith(base));
        assert.ok(tiles.length > 1 || tile === null, JSON.stringify(tiles));
        if (!tile) return;
        const found = tiles.filter(({ url }) => url.includes(tile));
        assert.ok(found.length > 0, `${tile} in ${tiles.map(({ url }) => url).join("\n")}`);
        assert.ok(found.every(({ status }) => status === 200));
      });
    },
  ]);
}

// ---- Leaflet ----

const leaflet = ["leaflet/dist/leaflet.js"];

async function drawLeaflet({ base, site, middle, zoom, url, options, crs }) {
  const L = window.L;
  const style = document.head.appendChild(document.createElement("link"));
  style.rel = "stylesheet";
  style.href = "leaflet/dist/leaflet.css";
  await new Promise((loaded) => style.addEventListener("load", loaded));
  const map = L.map("map", {
    crs: L.CRS[crs ?? "EPSG3857"],
    zoomControl: false,
    attributionControl: false,
    fadeAnimation: false,
    zoomAnimation: false,
  });
  map.setView([middle[1], middle[0]], zoom);
  const layer = L.tileLayer(base + url, options);
  const loaded = new Promise((done) => layer.once("load", done));
  layer.addTo(map);
  await loaded;
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const { x, y } = map.latLngToContainerPoint([site[1], site[0]]);
  return [x, y];
}

const [X, Y] = MERCATOR(ZOOM);
const [DX, DY] = DEGREES(ZOOM - 1);

client("Leaflet, XYZ", {
  scripts: leaflet,
  draw: drawLeaflet,
  more: { url: "tiles/sites/{z}/{x}/{y}.png" },
  tile: `/tiles/sites/${ZOOM}/${X}/${Y}.png`,
});

client("Leaflet, XYZ on a dense screen", {
  scripts: leaflet,
  draw: drawLeaflet,
  more: { url: "tiles/sites/{z}/{x}/{y}{r}.png" },
  tile: `/tiles/sites/${ZOOM}/${X}/${Y}@2x.png`,
  ratio: 2,
});

client("Leaflet, TMS", {
  scripts: leaflet,
  draw: drawLeaflet,
  more: {
    url: "tms/1.0.0/sites@WebMercatorQuad@png/{z}/{x}/{y}.png",
    options: { tms: true },
  },
  tile: `/${ZOOM}/${X}/${2 ** ZOOM - 1 - Y}.png`,
});

const TIANDITU =
  "wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=sites&STYLE=default&FORMAT=tiles" +
  "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=";

client("Leaflet, as it asks 天地图, Mercator", {
  scripts: leaflet,
  draw: drawLeaflet,
  more: { url: `vec_w/${TIANDITU}&TILEMATRIXSET=w` },
  tile: `&TILEMATRIX=${ZOOM}&TILEROW=${Y}&TILECOL=${X}&`,
});

// Leaflet's EPSG:4326 has 2 x 1 tiles at zoom 0, which 天地图 calls level 1.
client("Leaflet, as it asks 天地图, degrees", {
  scripts: leaflet,
  draw: drawLeaflet,
  more: {
    url: `vec_c/${TIANDITU}&TILEMATRIXSET=c`,
    options: { zoomOffset: 1 },
    crs: "EPSG4326",
    zoom: ZOOM - 1,
  },
  tile: `&TILEMATRIX=${ZOOM}&TILEROW=${DY}&TILECOL=${DX}&`,
});

// ---- OpenLayers ----

async function drawOpenLayers({ base, site, middle, zoom, grid, vector, usual }) {
  const { ol, proj4 } = window;
  // What OpenLayers has to be told of EPSG:4490 to take the grid from the capabilities: it is
  // latitude first (else the origin of the grid is not where it says), and metres per degree are
  // those of WMTS 1.0.0, 6.1 (else it takes a sphere of 6370997 m, and tiles lie 0.1 % off).
  const degree_m = (Math.PI * 6378137) / 180;
  const more = usual ? "" : ` +type=crs +axis=neu +to_meter=${degree_m}`;
  proj4.defs("EPSG:4490", `+proj=longlat +ellps=GRS80 +no_defs${more}`);
  ol.proj.proj4.register(proj4);
  const projection = ol.proj.get(grid === "CGCS2000Quad" ? "EPSG:4490" : "EPSG:3857");
  const answer = await fetch(`${base}wmts?SERVICE=WMTS&REQUEST=GetCapabilities`);
  const capabilities = new ol.format.WMTSCapabilities().read(await answer.text());
  const options = ol.source.WMTS.optionsFromCapabilities(capabilities, {
    layer: "sites",
    matrixSet: grid,
    format: "image/png",
  });
  // as pages for 天地图 have it: the grid is written down in degrees
  if (usual)
    options.tileGrid = new ol.tilegrid.WMTS({
      origin: [-180, 90],
      resolutions: Array.from({ length: 22 }, (_, z) => 180 / 256 / 2 ** z),
      matrixIds: Array.from({ length: 22 }, (_, z) => String(z)),
    });
  if (options.projection.getCode() !== projection.getCode())
    throw new Error(`${grid} is said to be in ${options.projection.getCode()}`);
  const colour = new ol.style.Style({
    image: new ol.style.Circle({
      radius: 5,
      fill: new ol.style.Fill({ color: "#d9822b" }),
    }),
  });
  const layer = vector
    ? new ol.layer.VectorTile({
        style: colour,
        source: new ol.source.VectorTile({
          format: new ol.format.MVT(),
          projection,
          tileGrid: options.tileGrid,
          url: `${base}tiles/${grid}/sites/{z}/{x}/{y}.mvt`,
        }),
      })
    : new ol.layer.Tile({
        source: new ol.source.WMTS({ ...options, transition: 0 }),
      });
  const to = (position) => ol.proj.transform(position, "EPSG:4326", projection);
  const map = new ol.Map({
    target: "map",
    controls: [],
    layers: [layer],
    view: new ol.View({
      projection,
      center: to(middle),
      resolution: options.tileGrid.getResolution(zoom),
    }),
  });
  await new Promise((done) => map.once("rendercomplete", done));
  return map.getPixelFromCoordinate(to(site));
}

const openLayers = ["ol/dist/ol.js", "proj4/dist/proj4.js"];

for (const [grid, zoom, [column, row]] of [
  ["CGCS2000Quad", ZOOM - 1, [DX, DY]],
  ["WebMercatorQuad", ZOOM, [X, Y]],
]) {
  client(`OpenLayers, WMTS, ${grid}`, {
    scripts: openLayers,
    draw: drawOpenLayers,
    more: { grid, zoom },
    tile: `&TileMatrix=${zoom}&TileCol=${column}&TileRow=${row}`,
  });
  client(`OpenLayers, vector tiles, ${grid}`, {
    scripts: openLayers,
    draw: drawOpenLayers,
    more: { grid, zoom, vector: true },
    tile: `/tiles/${grid}/sites/${zoom}/${column}/${row}.mvt`,
  });
}

client("OpenLayers, WMTS, CGCS2000Quad, its usual definition and a grid written down", {
  scripts: openLayers,
  draw: drawOpenLayers,
  more: { grid: "CGCS2000Quad", zoom: ZOOM - 1, usual: true },
  tile: `&TileMatrix=${ZOOM - 1}&TileCol=${DX}&TileRow=${DY}`,
});

// ---- MapLibre ----

async function drawMapLibre({ site, middle, zoom, source, archive, unpacked, layer }) {
  const { maplibregl: maplibre, pmtiles } = window;
  if (unpacked) {
    const { minzoom, maxzoom, layers, tiles } = unpacked;
    if (layers[0].id !== layer["source-layer"]) throw new Error(`the layer is ${layers[0].id}`);
    maplibre.addProtocol("mbtiles", async ({ url }) => ({
      data: Uint8Array.from(atob(tiles[url.slice("mbtiles://".length)] ?? ""), (c) =>
        c.charCodeAt(0),
      ).buffer,
    }));
    source = { type: "vector", tiles: ["mbtiles://{z}/{x}/{y}"], minzoom, maxzoom };
  }
  if (archive) {
    maplibre.addProtocol("pmtiles", new pmtiles.Protocol().tile);
    source = {
      type: "vector",
      url: `pmtiles://${new URL(archive, location.href).href}`,
    };
  }
  const map = new maplibre.Map({
    container: "map",
    center: middle,
    zoom: zoom - 1,
    fadeDuration: 0,
    attributionControl: false,
    style: {
      version: 8,
      sources: { sites: source },
      layers: [{ id: "x", source: "sites", ...layer }],
    },
  });
  await new Promise((done, failed) => {
    map.once("idle", done);
    map.once("error", ({ error }) => failed(error));
  });
  const { x, y } = map.project(site);
  return [x, y];
}

const mapLibre = ["maplibre-gl/dist/maplibre-gl.js"];
const circles = {
  type: "circle",
  "source-layer": "sites",
  paint: { "circle-radius": 5, "circle-color": "#d9822b" },
};
const atMost = (z) => MERCATOR(z).join("/");

client("MapLibre, TileJSON of pictures", {
  scripts: mapLibre,
  draw: drawMapLibre,
  more: {
    source: {
      type: "raster",
      tileSize: 256,
      url: `${base}tiles/sites.json?f=png`,
    },
    layer: { type: "raster" },
  },
  tile: `/tiles/sites/${ZOOM}/${X}/${Y}.png`,
});

client("MapLibre, TileJSON of vector tiles", {
  scripts: mapLibre,
  draw: drawMapLibre,
  more: {
    source: { type: "vector", url: `${base}tiles/sites.json` },
    layer: circles,
  },
  tile: `/tiles/sites/${ZOOM - 1}/${atMost(ZOOM - 1)}.mvt`,
});

// Vector tiles of an archive end at a zoom: what is drawn here is made of its last ones.
client("MapLibre, an exported PMTiles", {
  scripts: [...mapLibre, "pmtiles/dist/pmtiles.js"],
  draw: drawMapLibre,
  more: { archive: "map.pmtiles", layer: circles },
  tile: null,
});

client("MapLibre, an exported MBTiles", {
  scripts: mapLibre,
  draw: drawMapLibre,
  more: { unpacked: JSON.parse(readFileSync(process.env.INNOMAP_MBTILES, "utf8")), layer: circles },
  tile: null,
});

// A page waits most of its time: for the server, for a frame, for another to be done.
describe("clients", { concurrency: 3 }, () => {
  for (const [name, body] of clients) test(name, { timeout: 3 * TIMEOUT_MS }, body);
});
