// SPDX-License-Identifier: Apache-2.0
// The map and its buttons: puts the state on the map, and what happens there into actions.
import type { Position } from "geojson";
import type { Place, Precision } from "../api/types.ts";
import { MapView } from "../map/map-view.ts";
import { pickedOf } from "../map/pick.ts";
import { catalogOf, isSwitchable, isVisible, STANDARD_LOOK, type State } from "../state/state.ts";
import { composeStyle, isStyle } from "../style/compose.ts";
import { type OverlayInput, overlayData, type Spot, type Target } from "../style/overlay.ts";
import { paletteOf } from "../style/palette.ts";
import { ringAround } from "../style/ring.ts";
import { append, button, h, ICONS, icon } from "./dom.ts";
import { type Context, UiElement } from "./element.ts";
import { namesOf } from "./format.ts";
import { ImLegend } from "./im-legend.ts";
import { isPrecision } from "./texts.ts";

/** How far a position of this precision may be off (DESIGN: data model); coarser ones get no ring. */
const RING_M: Record<Precision, number> = {
  site: 200,
  park: 2000,
  town: 5000,
  district: 0,
  city: 0,
};
const ANSWER_MAX_ZOOM = 13;
const PLACE_MIN_ZOOM = 10;

function positionOf(place: Place): Position | null {
  const nearest = place.properties.nearest;
  if (Array.isArray(nearest) && nearest.length >= 2) return nearest.map(Number);
  return place.geometry?.type === "Point" ? place.geometry.coordinates : null;
}

/** Where the question starts: as the server took it, else as it was clicked. */
function originOf(state: State): Spot | null {
  if (state.answer?.result.status === "done") {
    const { lon, lat, uncertainty_m } = state.answer.result.value.origin;
    return { lon, lat, uncertaintyM: uncertainty_m };
  }
  const { origin } = state.ask;
  return origin.kind === "point" ? { lon: origin.lon, lat: origin.lat, uncertaintyM: 0 } : null;
}

function targetsOf(state: State): Target[] {
  if (state.answer?.result.status !== "done") return [];
  return state.answer.result.value.features.flatMap((place) => {
    const at = positionOf(place);
    return at ? [{ at, name: namesOf(place, state.lang).main }] : [];
  });
}

function overlayOf(state: State): OverlayInput {
  const open = state.place?.result.status === "done" ? state.place.result.value : null;
  const geometry = open?.geometry ?? null;
  const precision = open?.properties.precision;
  const [lon, lat] = geometry?.type === "Point" ? geometry.coordinates : [];
  return {
    origin: originOf(state),
    targets: targetsOf(state),
    place:
      lon !== undefined && lat !== undefined
        ? { lon, lat, uncertaintyM: isPrecision(precision) ? RING_M[precision] : 0 }
        : null,
    shape: geometry && geometry.type !== "Point" ? geometry : null,
  };
}

export class ImMap extends UiElement {
  #view: MapView | null = null;
  #canvas = h("div", { class: "canvas" });
  #tools = h("div", { class: "tools", attributes: { role: "group" } });
  #look = h("select", {
    class: "look",
    on: {
      change: () => {
        void this.context.actions.setLook(this.#look.value);
      },
    },
  });
  #legend: ImLegend;
  #message = h("p", { class: "map-message", attributes: { role: "status", hidden: true } });

  constructor(context: Context) {
    super(context);
    this.#legend = new ImLegend(context);
  }

  /** Features of the catalog on the screen, by layer: what the browser test looks at. */
  drawn(): Record<string, number> {
    return this.#view?.drawn() ?? {};
  }

  focusCanvas(): void {
    this.#view?.focus();
  }

  protected override connected(signal: AbortSignal): void {
    this.append(
      this.#canvas,
      h("div", { class: "crosshair" }),
      this.#tools,
      this.#look,
      this.#legend,
      this.#message,
    );
    try {
      this.#view = new MapView(this.#canvas, this.state.view, this.context.base, {
        moved: (view) => this.context.actions.setView(view),
        idle: () => this.#idle(),
        failed: () => this.#say(this.texts.tilesFailed),
        clicked: (lon, lat, found) => {
          const layers = catalogOf(this.state)?.layers ?? [];
          this.context.actions.pick(pickedOf(lon, lat, found, layers, this.state.lang));
        },
      });
    } catch {
      this.dataset.state = "failed";
      this.draws(
        signal,
        (state) => [state.lang],
        () => this.#say(this.texts.noWebgl),
      );
      return;
    }
    signal.addEventListener("abort", () => this.#view?.remove(), { once: true });
    this.#watch(signal);
  }

  #watch(signal: AbortSignal): void {
    this.draws(
      signal,
      (state) => [state.lang],
      () => this.#drawTools(),
    );
    this.draws(
      signal,
      (state) => [state.lang, state.look, state.catalog],
      () => this.#drawLooks(),
    );
    this.draws(
      signal,
      (state) => [
        state.style,
        state.catalog,
        state.visible,
        state.place,
        state.answer,
        state.ask.origin,
      ],
      () => this.#drawStyle(),
    );
    this.draws(
      signal,
      (state) => [state.answer, state.ask.origin, state.lang],
      () => this.#drawMarkers(),
    );
    // the panel that comes with them may take room from the map: let it first be laid out
    this.draws(
      signal,
      (state) => [state.answer],
      () => requestAnimationFrame(() => this.#showAnswer()),
    );
    this.draws(
      signal,
      (state) => [state.place],
      () => requestAnimationFrame(() => this.#showPlace()),
    );
  }

  #idle(): void {
    // before the style is there MapLibre is idle over an empty page
    if (this.state.style.status === "done" && this.state.catalog.status === "done")
      this.dataset.state = "ready";
    const { theme } = this.#legend;
    this.#legend.isEmpty = theme !== null && !this.#view?.draws(theme.layers);
  }

  #say(message: string): void {
    this.#message.textContent = message;
    this.#message.hidden = false;
  }

  #drawTools(): void {
    const { texts } = this;
    const tool = (label: string, sign: keyof typeof ICONS, act: () => void) =>
      button(label, act, { attributes: { "aria-label": label, title: label } }, icon(ICONS[sign]));
    this.#view?.setTexts({ canvas: texts.mapLabel });
    this.#tools.setAttribute("aria-label", texts.mapLabel);
    this.#tools.replaceChildren(
      tool(texts.zoomIn, "plus", () => this.#view?.zoomBy(1)),
      tool(texts.zoomOut, "minus", () => this.#view?.zoomBy(-1)),
      tool(texts.home, "home", () => this.#view?.home()),
    );
  }

  /** Looks first, then maps of one subject; a server without styles has the standard look. */
  #drawLooks(): void {
    const { texts } = this;
    const { look } = this.state;
    const known = catalogOf(this.state)?.styles ?? [];
    const choices = known.some(({ id }) => id === look)
      ? known
      : [{ id: look, title: look === STANDARD_LOOK ? texts.standardLook : look, isTheme: false }];
    const group = (label: string, isTheme: boolean) => {
      const options = choices.filter((choice) => choice.isTheme === isTheme);
      return (
        options.length > 0 &&
        h(
          "optgroup",
          { attributes: { label } },
          ...options.map(({ id, title }) => h("option", { attributes: { value: id } }, title)),
        )
      );
    };
    this.#look.setAttribute("aria-label", texts.lookLabel);
    this.#look.title = texts.lookLabel;
    this.#look.replaceChildren();
    append(this.#look, [group(texts.looks, false), group(texts.themes, true)]);
    this.#look.value = look;
    this.#canvas.dataset.look = look;
  }

  #drawStyle(): void {
    const { style, visible } = this.state;
    const catalog = catalogOf(this.state);
    if (style.status === "failed") this.#say(this.texts.problems.network);
    if (style.status !== "done" || !isStyle(style.value) || !catalog) return;
    const switchable = catalog.layers.filter(isSwitchable).map((layer) => layer.id);
    const hidden = visible ? switchable.filter((id) => !isVisible(this.state, id)) : [];
    this.dataset.state = "drawing";
    this.#view?.setStyle(
      composeStyle(style.value, {
        palette: paletteOf(style.value),
        hidden: new Set(hidden),
        overlay: overlayData(overlayOf(this.state)),
      }),
      new Set(switchable),
    );
  }

  #drawMarkers(): void {
    const origin = originOf(this.state);
    const { answer } = this.state;
    const features = answer?.result.status === "done" ? answer.result.value.features : [];
    const ranked = features.flatMap((place, i) => {
      const at = positionOf(place);
      return at ? [{ at, element: h("div", { class: "marker rank" }, String(i + 1)) }] : [];
    });
    // the best comes last and so lies on top where they crowd
    this.#view?.setMarkers([
      ...(origin
        ? [{ at: [origin.lon, origin.lat], element: h("div", { class: "marker origin" }) }]
        : []),
      ...ranked.reverse(),
    ]);
  }

  #showAnswer(): void {
    const { answer } = this.state;
    const origin = originOf(this.state);
    if (answer?.result.status !== "done" || !answer.movesMap || !origin) return;
    const ring = ringAround(origin.lon, origin.lat, origin.uncertaintyM);
    this.#view?.fit([...ring, ...targetsOf(this.state).map(({ at }) => at)], ANSWER_MAX_ZOOM);
  }

  #showPlace(): void {
    const { place, answer } = this.state;
    if (place?.result.status !== "done") return;
    const { geometry } = place.result.value;
    const [lon, lat] = geometry?.type === "Point" ? geometry.coordinates : [];
    // an answer has its own view: the place lies in it, or the person has moved on purpose
    if (lon !== undefined && lat !== undefined)
      this.#view?.reveal(lon, lat, answer ? 0 : PLACE_MIN_ZOOM);
  }
}
customElements.define("im-map", ImMap);
