// SPDX-License-Identifier: Apache-2.0
// The only file that talks to MapLibre.
import type { Position } from "geojson";
import {
  Map as GlMap,
  LngLatBounds,
  type MapGeoJSONFeature,
  Marker,
  type PointLike,
  ScaleControl,
  type StyleSpecification,
  setWorkerUrl,
} from "maplibre-gl";
import type { View } from "../state/state.ts";
import { layerIdOf } from "../style/compose.ts";

/** Written into the bundle by build.mjs: where MapLibre's worker lies, relative to the page. */
declare const WORKER_URL: string;

/** The four provinces and a margin; there is no national overview. */
const MAX_BOUNDS: [number, number, number, number] = [113.3, 25.9, 124.7, 36.4];
/** What is shown first: from 合肥 to the sea, from 南通 to 金华. */
const HOME: [number, number, number, number] = [116.9, 28.9, 122.6, 32.9];
const MIN_ZOOM = 5;
const MAX_ZOOM = 18;
/** A dot may be missed by so much; lines are everywhere, so a click has to be on one. */
const DOT_RADIUS_PX = 7;
const LINE_RADIUS_PX = 2;
const CJK_FONTS = '"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif';

export interface Found {
  layer: string;
  geometry: "point" | "line" | "area";
  properties: Record<string, unknown>;
}

export interface MapEvents {
  moved(view: View): void;
  clicked(lon: number, lat: number, found: Found[]): void;
  /** Everything is loaded and drawn. */
  idle(): void;
  /** A tile, a font or the like could not be had. */
  failed(message: string): void;
}

export interface MapTexts {
  canvas: string;
}

function geometryOf(feature: MapGeoJSONFeature): Found["geometry"] {
  const type = feature.geometry.type;
  if (type === "Point" || type === "MultiPoint") return "point";
  return type === "LineString" || type === "MultiLineString" ? "line" : "area";
}

export class MapView {
  readonly #map: GlMap;
  readonly #events: MapEvents;
  /** Style layers that draw something to ask about, see `setStyle`. */
  #pickable: string[] = [];
  #markers: Marker[] = [];

  /** Throws when the browser has no WebGL. */
  constructor(container: HTMLElement, view: View | null, base: string, events: MapEvents) {
    setWorkerUrl(new URL(WORKER_URL, base).href);
    this.#events = events;
    this.#map = new GlMap({
      container,
      style: { version: 8, sources: {}, layers: [] },
      ...(view
        ? { center: [view.lon, view.lat], zoom: view.zoom }
        : { bounds: HOME, fitBoundsOptions: { padding: 16 } }),
      maxBounds: MAX_BOUNDS,
      minZoom: MIN_ZOOM,
      maxZoom: MAX_ZOOM,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      localIdeographFontFamily: CJK_FONTS,
      // the server's style names its tiles by path; the worker needs whole addresses
      transformRequest: (url) => ({ url: new URL(url, base).href }),
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new ScaleControl({ maxWidth: 96 }), "bottom-right");
    this.#listen();
  }

  #listen(): void {
    const map = this.#map;
    map.on("moveend", () => {
      const { lng, lat } = map.getCenter();
      this.#events.moved({ lon: lng, lat, zoom: map.getZoom() });
    });
    map.on("click", (event) => this.#click(event.point, event.lngLat.lng, event.lngLat.lat));
    map.on("mousemove", (event) => {
      const over = this.#within(event.point, DOT_RADIUS_PX).some(
        (found) => found.geometry === "point",
      );
      map.getCanvas().classList.toggle("over-place", over);
    });
    map.on("idle", () => this.#events.idle());
    map.on("error", (event) => this.#events.failed(event.error.message));
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const { lng, lat } = map.getCenter();
      this.#click(map.project([lng, lat]), lng, lat);
    });
  }

  /** A cluster comes apart; anything else is asked about. */
  #click(point: { x: number; y: number }, lon: number, lat: number): void {
    const cluster = this.#clusterAt(point);
    if (cluster) {
      this.#map.easeTo({ center: cluster.at, zoom: cluster.zoom, ...this.#animation() });
      return;
    }
    this.#events.clicked(lon, lat, this.#found(point));
  }

  #clusterAt({ x, y }: { x: number; y: number }): { at: [number, number]; zoom: number } | null {
    const layers = this.#pickable.filter((id) => this.#map.getLayer(id));
    if (layers.length === 0) return null;
    const hit = this.#map
      .queryRenderedFeatures([x, y], { layers })
      .find(({ properties }) => Number(properties.point_count) > 1);
    if (hit?.geometry.type !== "Point") return null;
    const [lon = 0, lat = 0] = hit.geometry.coordinates;
    const apart = Number(hit.properties.expansion_zoom);
    // at least a step, so that a click is never without an answer
    const zoom = Math.max(Number.isFinite(apart) ? apart : 0, this.#map.getZoom() + 1);
    return { at: [lon, lat], zoom: Math.min(zoom, MAX_ZOOM) };
  }

  #found(point: { x: number; y: number }): Found[] {
    const isDot = (found: Found) => found.geometry === "point";
    const near = this.#within(point, DOT_RADIUS_PX).filter(isDot);
    const exact = this.#within(point, LINE_RADIUS_PX).filter((found) => !isDot(found));
    return [...near, ...exact];
  }

  #within({ x, y }: { x: number; y: number }, radiusPx: number): Found[] {
    const box: [PointLike, PointLike] = [
      [x - radiusPx, y - radiusPx],
      [x + radiusPx, y + radiusPx],
    ];
    const layers = this.#pickable.filter((id) => this.#map.getLayer(id));
    if (layers.length === 0) return [];
    return this.#map.queryRenderedFeatures(box, { layers }).flatMap((feature) => {
      const layer = layerIdOf(feature.layer as Parameters<typeof layerIdOf>[0]);
      return layer
        ? [{ layer, geometry: geometryOf(feature), properties: feature.properties }]
        : [];
    });
  }

  /** `pickable`: the catalog layers a click asks about. */
  setStyle(style: StyleSpecification, pickable: ReadonlySet<string>): void {
    this.#pickable = style.layers
      .filter((layer) => pickable.has(layerIdOf(layer) ?? ""))
      .map((layer) => layer.id);
    this.#map.setStyle(style, { diff: true });
    this.#map.triggerRepaint(); // a style without a difference would never be idle again
  }

  setTexts(texts: MapTexts): void {
    this.#map.getCanvas().setAttribute("aria-label", texts.canvas);
  }

  /** Replaces all markers; the elements stay the caller's. */
  setMarkers(markers: { element: HTMLElement; at: Position }[]): void {
    for (const marker of this.#markers) marker.remove();
    this.#markers = markers.map(({ element, at }) =>
      new Marker({ element }).setLngLat([at[0] ?? 0, at[1] ?? 0]).addTo(this.#map),
    );
  }

  #animation(): { duration: number } {
    const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
    return { duration: reduced ? 0 : 600 };
  }

  /** Show all positions, without coming nearer than `maxZoom`. */
  fit(positions: readonly Position[], maxZoom: number): void {
    const bounds = new LngLatBounds();
    for (const [lon, lat] of positions)
      if (lon !== undefined && lat !== undefined) bounds.extend([lon, lat]);
    if (bounds.isEmpty()) return;
    this.#map.resize(); // the sheet may just have opened over a part of the map
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const padding = Math.min(80, clientWidth / 6, clientHeight / 6);
    this.#map.fitBounds(bounds, { padding, maxZoom, ...this.#animation() });
  }

  /** Bring a position into sight, moving only if it is out of it. */
  reveal(lon: number, lat: number, minZoom: number): void {
    const inside = this.#map.getBounds().contains([lon, lat]);
    if (inside && this.#map.getZoom() >= minZoom - 2) return;
    const zoom = Math.max(this.#map.getZoom(), minZoom);
    this.#map.easeTo({ center: [lon, lat], zoom, ...this.#animation() });
  }

  focus(): void {
    this.#map.getCanvas().focus();
  }

  home(): void {
    this.#map.fitBounds(HOME, { padding: 16, ...this.#animation() });
  }

  zoomBy(steps: number): void {
    this.#map.zoomTo(this.#map.getZoom() + steps, this.#animation());
  }

  /** How many features of the catalog are on the screen, by layer. */
  drawn(): Record<string, number> {
    const counts: Record<string, number> = {};
    const layers = this.#pickable.filter((id) => this.#map.getLayer(id));
    if (layers.length === 0) return counts;
    for (const feature of this.#map.queryRenderedFeatures({ layers })) {
      const id = layerIdOf(feature.layer as Parameters<typeof layerIdOf>[0]) ?? "";
      counts[id] = (counts[id] ?? 0) + 1;
    }
    return counts;
  }

  /** Is anything of these style layers on the screen? */
  draws(ids: readonly string[]): boolean {
    const layers = ids.filter((id) => this.#map.getLayer(id));
    return layers.length > 0 && this.#map.queryRenderedFeatures({ layers }).length > 0;
  }

  remove(): void {
    this.#map.remove();
  }
}
