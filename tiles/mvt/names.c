/* SPDX-License-Identifier: Apache-2.0 */
/* The plan's choice of names in a vector tile: the attribute "label_zoom".
 *
 * A tile of WebMercatorQuad is shown from the style zoom of its own number on, at 512
 * px: the plan is asked for the names of that picture, of which it knows since which
 * zoom they are shown. A name that only a deeper zoom shows is told by the tiles of
 * that zoom: to ask for them here would cost four times as much for each zoom. Matrices
 * of other grids need not be twice as fine as those before: there it is the picture of
 * 256 px. */
#include "mvt/encode.h"

#include "label/spec.h"

#include <math.h>
#include <stdlib.h>

/* A name that is shown; sorted by `key`. */
struct shown_name {
    uint64_t key; /* layer, along a line or not, feature */
    uint32_t zoom;
};

static uint64_t key_of(const struct encode *e,
                       const struct map_layer *ml,
                       bool on_line,
                       uint32_t feature)
{
    return (uint64_t)(ml - e->map->layers) << 33 | (uint64_t)on_line << 32 | feature;
}

/* By which styles count it. */
static uint32_t style_zoom(const struct tile_map *map, uint32_t plan_zoom)
{
    return (uint32_t)fmax(0, ceil(map_style_zoom(map, plan_zoom)));
}

static bool take_name(void *ctx, const struct label *label)
{
    struct encode *e = ctx;
    struct shown_name name = {.key = key_of(e, e->map->styles[label->style].layer,
                                            label->on_line, label->feature),
                              .zoom = style_zoom(e->map, label->first_zoom)};

    if (label->parts & LABEL_TEXT)
        im_buf_append(&e->names, &name, sizeof name);
    return !e->names.failed;
}

/* Of one feature's names the one that is shown first comes first. */
static int in_order(const void *a, const void *b)
{
    const struct shown_name *p = a;
    const struct shown_name *q = b;

    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return (p->zoom > q->zoom) - (p->zoom < q->zoom);
}

static bool writes_names(const struct tile_map *map)
{
    for (uint32_t i = 0; i < map->n_styles; i++)
        if (map->styles[i].style->visible && map_style_writes(map->styles[i].style))
            return true;
    return false;
}

static uint32_t plan_zoom(const struct encode *e)
{
    bool is_finer =
        tile_mvt_side_px(e->map) > 256 && e->id.z + 1 < tile_grid_depth(e->map->grid);

    return e->id.z + is_finer;
}

enum im_code
encode_find_names(struct encode *e, struct text_fonts *fonts, struct im_error *err)
{
    uint32_t zoom = plan_zoom(e);
    double side = ldexp(256, (int)(zoom - e->id.z));
    double reach = side * MVT_BUFFER_TU / TILE_EXTENT_TU;
    /* a name's box holds the place that it names */
    struct label_window window = {e->id.x * side - reach, e->id.y * side - reach,
                                  (e->id.x + 1) * side + reach,
                                  (e->id.y + 1) * side + reach};
    enum im_code rc;

    im_buf_clear(&e->names);
    if (!writes_names(e->map))
        return IM_OK;
    rc = label_plan_window(e->map, zoom, window, fonts, e->late.deadline, take_name, e,
                           err);
    e->failed |= e->names.failed;
    if (e->names.len)
        qsort(e->names.data, e->names.len / sizeof(struct shown_name),
              sizeof(struct shown_name), in_order);
    return rc;
}

/* In "<id>_label" for names at points, in "<id>" for names along lines and where points
 * have no layer of their own. */
bool encode_find_name(const struct encode *e, uint32_t feature, uint32_t *zoom)
{
    const struct shown_name *names = (const struct shown_name *)e->names.data;
    bool on_line = e->ml->has_label_layer && !e->as_labels;
    uint64_t key = key_of(e, e->ml, on_line, feature);
    size_t low = 0;
    size_t high = e->names.len / sizeof *names;
    size_t n = high;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (names[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == n || names[low].key != key)
        return false;
    *zoom = names[low].zoom;
    return true;
}
