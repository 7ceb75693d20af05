/* SPDX-License-Identifier: Apache-2.0 */
/* One style layer of one picture: the state that fill.c, line.c, circle.c, symbol.c
 * share. */
#ifndef TILES_RENDER_PASS_H
#define TILES_RENDER_PASS_H

#include "clip.h"
#include "late.h"
#include "map.h"
#include "projection.h"
#include "render/render.h"

enum {
    /* no part of a cluster's label lies further away; its halo a little */
    CLUSTER_LABEL_PX = 64,
    CLUSTER_REACH_PX = CLUSTER_LABEL_PX + 16,
    UNIT_BITS = WORLD_BITS - 8, /* log2 of world units a pixel at zoom 0 */
    RENDER_MAX_SCALE = 3,
    WORKER_MISSING = 64
};

/* An array that grows and is kept for the next tile. */
struct growing {
    void *items;
    uint32_t n;
    uint32_t cap;
};
/** Room for one more; NULL without memory. */
void *growing_add(struct growing *g, size_t size);

struct tile_worker {
    struct picture_writer *writer;
    struct raster raster; /* of the size that was drawn last */
    struct draw_scratch *scratch;
    struct sprite_cache *sprites;
    struct text_fonts *fonts;
    struct im_arena *arena; /* of one text */
    struct clip_scratch clip;
    struct clip_path path; /* the group that is being collected */
    float *xy;             /* the same as floats, for the rasteriser */
    uint32_t cap_xy;
    struct growing labels;
    struct growing hits; /* features in the order of their sort keys */
    struct growing heat;
    struct draw_heat *heat_sums;
    struct raster layer; /* a style layer that is put on the picture as one */
    uint64_t missing[WORKER_MISSING]; /* hashes of images whose lack has been stated */
    uint32_t n_missing;
    struct im_deadline deadline;
    struct style_eval at;
};

struct render {
    const struct tile_map *map;
    struct tile_worker *w;
    struct raster *raster;
    struct render_area area;
    double scale;
    double stretch; /* of the places, beside it: at least 1 */
    struct tile_frame frame;
    struct tile_projection projection; /* of other grids than WebMercatorQuad */
    const struct map_style *ms;
    struct map_clusters clusters; /* of the layer that is being visited */
    struct clip_box box;          /* what is cut away lies outside */
    struct tile_late late;
    enum im_code rc;
    struct im_error *err;
    /* the look of the group in w->path */
    struct draw_color color;
    bool is_stroked; /* drawn as lines of `stroke`, else filled */
    struct draw_stroke stroke;
    struct clip_dashes dashes;
    bool has_pattern; /* filled with it instead of the colour */
    struct sprite_image image;
    struct draw_pattern pattern;
    float ground;     /* how light the background is, 0..1 */
    bool is_one_look; /* of the style layer: the same for all features */
    struct draw_circle circle;
    double shift_x, shift_y; /* -translate, pixels of the picture */
};

/** How light a colour looks, 0..1 (the luma of ITU-R BT.601). */
float render_luma(struct draw_color color);
bool same_color(struct draw_color a, struct draw_color b);
/** 53 bits that tell colours apart. */
uint64_t color_look(struct draw_color color);
/** Draw the group and empty it. */
void flush(struct render *r);
/** Has the deadline passed? Then r->rc says so, and visitors end. */
bool is_late(struct render *r, uint32_t steps);
/** Common to all visitors: does this feature take part? Prepares the evaluation. */
bool enter(struct render *r, uint32_t feature, enum geom_kind kind);
/* Features that visitors meet may be clusters: CLUSTER_BIT. */
enum geom_kind kind_of(const struct render *r, uint32_t feature);
/** All points of a point feature, or the place of a cluster. */
struct atlas_shape points_of(const struct render *r, uint32_t feature);
struct atlas_shape shape_of(const struct render *r, uint32_t feature);
/** Cut the shape to the box and add it to the group of one look. */
void add_to_group(struct render *r,
                  const struct atlas_shape *shape,
                  bool as_rings,
                  const struct clip_dashes *dashes);
/** How far a style layer paints beyond its geometry, CSS pixels. */
double reach_px(const struct style_layer *style);
/** Visit what the style layer may paint into the picture; sets r->box. */
void visit_window(struct render *r, atlas_visit_fn *visit);
/** How the feature at hand is drawn, as a number of 53 bits; larger ones lie above. */
typedef uint64_t look_fn(struct render *r);
/** visit_window in the order of this sort key, where the style layer has one; else,
 *  where looks differ, by look (NULL: never). */
void visit_ordered(struct render *r,
                   enum style_property key,
                   look_fn *look,
                   atlas_visit_fn *visit);
/** r->shift from a property. */
void set_shift(struct render *r, enum style_property translate);
/** Thin lines along an axis are to fill whole pixels: of the stroke at hand. */
void set_snap(struct render *r);
/** r->pattern from the image that a property names for the feature at hand. False:
 *  there is no such image, which is stated once, or no name. */
bool set_pattern(struct render *r, enum style_property property, float opacity);

/* The passes, by type of style layer; what fails is in r->rc. */
void pass_fill(struct render *r);
void pass_line(struct render *r);
void pass_circle(struct render *r);
void pass_heatmap(struct render *r);
/** The labels of the whole picture, in w->labels; before any pass_symbol. */
void pass_collect_symbols(struct render *r);
void pass_symbol(struct render *r, uint32_t style);

#endif
