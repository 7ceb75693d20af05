/* SPDX-License-Identifier: Apache-2.0 */
/* How a layer made from a file is drawn until somebody gives it a style of its own: one
 * calm colour, names from the zoom on at which there is room. */
#include "parts.h"

#include <xxhash.h>

/* CIE L* 40 to 60, C* 26 to 52: seen on the base map and on each other. Each is at
 * least 18 from all colours of the shipped layers' styles, and 17 from each other (CIE
 * 1976 difference; tests/import/create/style_test.c measures it). */
static const char *const COLOURS[] = {"#92474f", "#6a7309", "#924274", "#a63836",
                                      "#1397bb", "#5c882e", "#d66e51", "#056780",
                                      "#669c7e", "#785a30", "#a878cc", "#d06f6f"};

static const char *colour_of(const char *id)
{
    return COLOURS[XXH3_64bits(id, strlen(id)) % (sizeof COLOURS / sizeof *COLOURS)];
}

/* The same colour, dark enough to be read: `share` of each channel. */
static void darker(const char *colour, double share, char out[8])
{
    unsigned long rgb = strtoul(colour + 1, NULL, 16);

    snprintf(out, 8, "#%02x%02x%02x", (unsigned)((double)(rgb >> 16 & 255) * share),
             (unsigned)((double)(rgb >> 8 & 255) * share),
             (unsigned)((double)(rgb & 255) * share));
}

struct look {
    const struct new_layer *layer;
    const char *colour;
    char dark[8];
    json_t *layers;
    bool failed;
};

/* Takes what json_pack made; NULL counts as failed. */
static void add(struct look *look, const char *suffix, json_t *layer)
{
    char id[SCHEMA_MAX_ID + 16];

    snprintf(id, sizeof id, "%s-%s", look->layer->id, suffix);
    if (!layer || json_object_set_new(layer, "id", json_string(id)) != 0) {
        json_decref(layer);
        look->failed = true;
        return;
    }
    look->failed |= json_array_append_new(look->layers, layer) != 0;
}

/* ["interpolate", ["linear"], ["zoom"], z0, v0, z1, v1, z2, v2] */
static json_t *by_zoom(double z0, double v0, double z1, double v1, double z2, double v2)
{
    return json_pack("[s, [s], [s], f, f, f, f, f, f]", "interpolate", "linear", "zoom",
                     z0, v0, z1, v1, z2, v2);
}

static json_t *of_kind(const char *kind)
{
    return json_pack("[s, [s], s]", "==", "geometry-type", kind);
}

/* Rows known to their district or city only: hollow where they are drawn at all. */
static json_t *is_precise(void)
{
    return json_pack("[s, [s, s], [s, s], b, b]", "match", "get", "precision",
                     "district", "city", 0, 1);
}

static json_t *with_filter(json_t *layer, json_t *filter)
{
    if (layer && filter && json_object_set_new(layer, "filter", filter) == 0)
        return layer;
    json_decref(layer);
    return NULL;
}

static json_t *is_no_cluster(void)
{
    return json_pack("[s, [s, s]]", "!", "has", "point_count");
}

/* Darker than the points, so that white numbers can be read on it. */
static void add_clusters(struct look *look)
{
    add(look, "cluster",
        json_pack("{s:s, s:i, s:{s:i}, s:[s, s],"
                  " s:{s:[s, [s, s], f, i, f, i, f, i, f], s:s, s:f, s:s, s:f}}",
                  "type", "circle", "minzoom", 3, "metadata", "order", 456, "filter",
                  "has", "point_count", "paint", "circle-radius", "step", "get",
                  "point_count", 9.0, 10, 12.0, 100, 15.0, 1000, 19.0, "circle-color",
                  look->dark, "circle-opacity", 0.9, "circle-stroke-color", "#ffffff",
                  "circle-stroke-width", 1.2));
    add(look, "count",
        json_pack("{s:s, s:i, s:{s:i}, s:[s, s], s:{s:[s, s], s:[s], s:f, s:b, s:b},"
                  " s:{s:s}}",
                  "type", "symbol", "minzoom", 3, "metadata", "order", 656, "filter",
                  "has", "point_count", "layout", "text-field", "get",
                  "point_count_abbreviated", "text-font", "Noto Sans Regular",
                  "text-size", 11.0, "text-allow-overlap", 1, "text-ignore-placement",
                  1, "paint", "text-color", "#ffffff"));
}

static void add_circles(struct look *look, bool is_mixed)
{
    const char *colour = look->colour;
    json_t *points =
        json_pack("{s:s, s:i, s:{s:i}, s:{s:o, s:s, s:f, s:s, s:o}}", "type", "circle",
                  "minzoom", 4, "metadata", "order", 455, "paint", "circle-radius",
                  by_zoom(4, 1.2, 9, 3.4, 14, 7), "circle-color", colour,
                  "circle-opacity", 0.92, "circle-stroke-color", "#ffffff",
                  "circle-stroke-width", by_zoom(5, 0.5, 9, 1, 14, 1.6));

    if (look->layer->has_precision)
        add(look, "coarse",
            json_pack("{s:s, s:i, s:{s:i}, s:[s, [s, s], s],"
                      " s:{s:o, s:s, s:f, s:s, s:f, s:f}}",
                      "type", "circle", "minzoom", 9, "metadata", "order", 408,
                      "filter", "==", "get", "precision", "district", "paint",
                      "circle-radius", by_zoom(9, 4.5, 12, 7, 14, 9), "circle-color",
                      colour, "circle-opacity", 0.06, "circle-stroke-color", colour,
                      "circle-stroke-opacity", 0.45, "circle-stroke-width", 1.2));
    if (look->layer->has_precision && look->layer->is_clustered)
        points = with_filter(
            points, json_pack("[s, o, o]", "all", is_no_cluster(), is_precise()));
    else if (look->layer->has_precision)
        points = with_filter(points, is_precise());
    else if (look->layer->is_clustered)
        points = with_filter(points, is_no_cluster());
    else if (is_mixed)
        points = with_filter(points, of_kind("Point"));
    add(look, "point", points);
    if (look->layer->is_clustered)
        add_clusters(look);
}

static void add_lines(struct look *look, bool is_mixed)
{
    json_t *lines =
        json_pack("{s:s, s:i, s:{s:i}, s:{s:s, s:s}, s:{s:s, s:f, s:o}}", "type",
                  "line", "minzoom", 4, "metadata", "order", 350, "layout", "line-join",
                  "round", "line-cap", "round", "paint", "line-color", look->colour,
                  "line-opacity", 0.85, "line-width", by_zoom(5, 0.8, 10, 1.8, 14, 3));

    add(look, "line", is_mixed ? with_filter(lines, of_kind("LineString")) : lines);
}

static void add_areas(struct look *look, bool is_mixed)
{
    json_t *fill =
        json_pack("{s:s, s:i, s:{s:i}, s:{s:s, s:o}}", "type", "fill", "minzoom", 4,
                  "metadata", "order", 310, "paint", "fill-color", look->colour,
                  "fill-opacity", by_zoom(5, 0.4, 10, 0.24, 14, 0.14));
    json_t *outline = json_pack(
        "{s:s, s:i, s:{s:i}, s:{s:s}, s:{s:s, s:f, s:o}}", "type", "line", "minzoom", 4,
        "metadata", "order", 330, "layout", "line-join", "round", "paint", "line-color",
        look->dark, "line-opacity", 0.8, "line-width", by_zoom(5, 0.5, 9, 1, 14, 2));

    add(look, "fill", is_mixed ? with_filter(fill, of_kind("Polygon")) : fill);
    add(look, "outline", is_mixed ? with_filter(outline, of_kind("Polygon")) : outline);
}

/* In the language of the map where the rows have names in both. */
static json_t *name_text(const struct new_layer *layer)
{
    if (layer->has_name_en && strcmp(layer->name, "name_zh") == 0)
        return json_pack("[s, [s, s], [s, s]]", "coalesce", "get", "name_{lang}", "get",
                         "name_zh");
    return json_pack("[s, s]", "get", layer->name);
}

static void add_names(struct look *look)
{
    bool is_point = look->layer->geometry == SCHEMA_POINT;
    json_t *layout =
        json_pack("{s:o, s:[s], s:o, s:f}", "text-field", name_text(look->layer),
                  "text-font", "Noto Sans Regular", "text-size",
                  by_zoom(9, 10, 12, 11.5, 14, 12.5), "text-max-width", 9.0);
    json_t *more = is_point
                       ? json_pack("{s:[s, s, s, s], s:f, s:s}", "text-variable-anchor",
                                   "top", "bottom", "right", "left",
                                   "text-radial-offset", 0.7, "text-justify", "auto")
                       : json_object();
    json_t *names = NULL;

    if (layout && more && json_object_update(layout, more) == 0)
        names =
            json_pack("{s:s, s:f, s:{s:i}, s:O, s:{s:s, s:s, s:f}}", "type", "symbol",
                      "minzoom", is_point ? 10.5 : 9.5, "metadata", "order",
                      is_point ? 655 : 645, "layout", layout, "paint", "text-color",
                      look->dark, "text-halo-color", "#ffffff", "text-halo-width", 1.4);
    json_decref(layout);
    json_decref(more);
    if (look->layer->has_precision)
        names = with_filter(names, is_precise());
    add(look, "name", names);
}

static json_t *
make_legend(const struct look *look, const char *title_zh, const char *title_en)
{
    enum schema_geometry geometry = look->layer->geometry;
    const char *shape = geometry == SCHEMA_LINE   ? "line"
                        : geometry == SCHEMA_AREA ? "fill"
                                                  : "circle";

    if (geometry == SCHEMA_NONE)
        return json_array();

    json_t *legend = json_pack("[{s:{s:s, s:s}, s:s, s:s}]", "title", "zh", title_zh,
                               "en", title_en, "shape", shape, "color", look->colour);

    if (look->layer->is_clustered && geometry == SCHEMA_POINT)
        json_array_append_new(
            legend,
            json_pack("{s:{s:s, s:s}, s:s, s:s}", "title", "zh",
                      "圆内数字：相距很近的个数，放大后分开", "en",
                      "Number in a circle: so many close together; they part when you "
                      "zoom in",
                      "shape", "cluster", "color", look->dark));
    return legend;
}

json_t *
style_make(const struct new_layer *layer, const char *title_zh, const char *title_en)
{
    struct look look = {
        .layer = layer, .colour = colour_of(layer->id), .layers = json_array()};
    bool is_mixed = layer->geometry == SCHEMA_MIXED;

    darker(look.colour, 0.6, look.dark);
    look.failed = !look.layers;
    if (layer->geometry == SCHEMA_AREA || is_mixed)
        add_areas(&look, is_mixed);
    if (layer->geometry == SCHEMA_LINE || is_mixed)
        add_lines(&look, is_mixed);
    if (layer->geometry == SCHEMA_POINT || is_mixed)
        add_circles(&look, is_mixed);
    if (layer->geometry != SCHEMA_NONE && *layer->name)
        add_names(&look);
    if (look.failed) {
        json_decref(look.layers);
        return NULL;
    }
    return json_pack("{s:o, s:o}", "legend", make_legend(&look, title_zh, title_en),
                     "layers", look.layers);
}
