/* SPDX-License-Identifier: Apache-2.0 */
/* The label plan: which names and icons are shown at a zoom, and where. One choice for
 * the whole map, not per tile (DESIGN 5): labels never break at a tile's edge and never
 * flicker. It is made region by region, as tiles ask for it, and comes out the same
 * whatever is asked first. */
#ifndef TILES_LABEL_PLAN_H
#define TILES_LABEL_PLAN_H

#include <tiles/text.h>
#include <tiles/tile.h>

struct tile_map;
struct map_layer;

/** Smaller comes first: sort key, then importance; between equals a hash of the feature
 *  id decides, so that the order has nothing to do with where things are. */
struct label_rank {
    uint64_t sort_key;
    uint64_t importance; /* falling, then the hash */
};
static inline int label_rank_compare(struct label_rank a, struct label_rank b)
{
    if (a.sort_key != b.sort_key)
        return a.sort_key < b.sort_key ? -1 : 1;
    return (a.importance > b.importance) - (a.importance < b.importance);
}

/** What a part of a label keeps from others, relative to the labelled point. */
struct label_extent {
    float min_x, min_y, max_x, max_y;
};

/**
 * One shown label, in world pixels: CSS pixels of 256 px tiles at the plan's zoom.
 *
 * Text and icon keep a box each from others: with their padding, and with the labelled
 * point. Because it holds the point, two labels whose boxes are apart at one zoom are
 * apart at all later ones: positions move apart by 2 a zoom while texts grow by less.
 * That is why a label, once shown, can stay.
 *
 * A name along a line keeps squares around its letters, and those around which they
 * will stand at the next zooms, where the line may bend otherwise: for the same reason.
 */
struct label {
    uint32_t style;   /* index into the styles of the map */
    uint32_t feature; /* of that style's layer */
    uint32_t part;    /* along lines: of the geometry */
    uint32_t along;   /* along lines: where, in 2^-32 of the part's length */
    struct label_rank rank;
    double x; /* the labelled point */
    double y;
    double world_x; /* the same in world units */
    double world_y;
    float min_x; /* all of it, relative to the point */
    float min_y;
    float max_x;
    float max_y;
    uint8_t anchor;  /* enum style_anchor */
    uint8_t parts;   /* LABEL_TEXT | LABEL_ICON */
    uint8_t missing; /* parts that found no place yet */
    uint8_t first_zoom;
    bool on_line;
    uint8_t free;   /* parts that may overlap: placed without asking */
    uint8_t blocks; /* parts that keep others away: not text-ignore-placement */
    struct label_extent boxes[2]; /* of text and icon */
    /* along lines: squares around the letters instead of the boxes */
    uint16_t n_squares;
    uint16_t n_kept_free; /* with those of later zooms, which follow */
    float half_px;
    const float *squares; /* x0 y0 x1 y1 ..., centres relative to the point */
};
static inline bool label_is_free(const struct label *label)
{
    return (label->parts & ~(unsigned)label->free) == 0;
}

/** A window in world pixels of the plan's zoom. */
struct label_window {
    double min_x;
    double min_y;
    double max_x;
    double max_y;
};
/** Order of drawing: by style, then those that shall be seen last. */
int label_compare(const struct tile_map *map,
                  const struct label *a,
                  const struct label *b);
/** Do the boxes meet, or the squares along lines, of parts that neither may overlap nor
 *  let others overlap them? */
bool label_overlaps(const struct label *a, const struct label *b);

/** All plans of one map, at most about 100 MB; then they are made anew. */
struct label_plan;
IM_CHECKED enum im_code label_plan_new(const struct tile_map *map,
                                       struct label_plan **out,
                                       struct im_error *err);
void label_plan_free(struct label_plan *plan); /* NULL is fine */
size_t label_plan_bytes(const struct label_plan *plan);

/**
 * Each label of a zoom whose box meets the window, once, in no order; false stops. The
 * plan is locked meanwhile, and `label` and its squares are gone afterwards: copy them.
 * `fonts` belong to the caller's thread. Errors: IM_ESTOPPED, what has been decided
 * stays; IM_ENOMEM, those of text_shape.
 */
typedef bool label_visit_fn(void *ctx, const struct label *label);
IM_CHECKED enum im_code label_plan_window(const struct tile_map *map,
                                          uint32_t zoom,
                                          struct label_window window,
                                          struct text_fonts *fonts,
                                          const struct im_deadline *deadline,
                                          label_visit_fn *visit,
                                          void *ctx,
                                          struct im_error *err);
/** The same without any work; false when it is not decided there yet or somebody else
 *  is at it. */
bool label_plan_peek(const struct tile_map *map,
                     uint32_t zoom,
                     struct label_window window,
                     label_visit_fn *visit,
                     void *ctx);
/** Pixels of a zoom per world unit around a position: x by x, x by y, y by x, y by y.
 *  False where the grid has no such position. */
bool label_scale_at(const struct tile_map *map,
                    uint32_t zoom,
                    double world_x,
                    double world_y,
                    double out[4]);

#endif
