/* SPDX-License-Identifier: Apache-2.0 */
/* One vector tile while it is made: what its parts in this folder share. */
#ifndef TILES_MVT_ENCODE_H
#define TILES_MVT_ENCODE_H

#include "clip.h"
#include "late.h"
#include "map.h"
#include "mvt/encoder.h"
#include "mvt/mend.h"
#include "projection.h"

enum { MVT_EXTENT_BITS = 12, MVT_BUFFER_TU = 64 };

/* A field that is sent at this zoom. */
struct property {
    struct atlas_values values;
    int field;
    bool is_unique; /* nearly every feature has its own value: not worth looking for */
    int64_t key;    /* -1: not yet used in this layer */
    uint32_t *places; /* of each code's value, see mvt_encoder.base; NULL: is_unique */
};

/* Keys of clusters' properties. */
enum {
    KEY_POINT_COUNT,
    KEY_ABBREVIATED,
    KEY_CLUSTER,
    KEY_CLUSTER_ID,
    KEY_EXPANSION_ZOOM,
    KEY_FIRST_CODE,
    CLUSTER_KEYS = KEY_FIRST_CODE + CLUSTERS_MAX_CODES
};
/* Texts of cluster_count_text: "999", then "9.9k", "999k", "9.9m", "4295m". */
enum { TEXTS_K = 1000, TEXTS_M = TEXTS_K + 1100, COUNT_TEXTS = TEXTS_M + 100 + 4296 };

/* What is remembered of a map layer between tiles, so that nothing is allocated for a
 * layer that was written before: 4 bytes a code of its texts. */
struct layer_memory {
    uint32_t *places[SCHEMA_MAX_FIELDS];
};

/* Lines that wait for others to join them, see lines.c. */
struct mvt_lines {
    bool is_on; /* in this layer */
    bool keeps_direction;
    struct im_buf xy;     /* int32_t[2] */
    struct im_buf tags;   /* of the owners */
    struct im_buf pieces; /* struct piece */
    struct im_buf owners; /* struct owner */
    struct im_buf ends;   /* struct end, of a group */
};
void mvt_lines_init(struct mvt_lines *lines, size_t max_bytes);
void mvt_lines_release(struct mvt_lines *lines);

/* A layer of the tile. */
struct mvt_part {
    const struct map_layer *ml;
    bool as_labels;    /* the points of "<id>_label" */
    size_t bytes;      /* that it takes; over TILE_MAX_MVT_BYTES: more than these */
    size_t n_features; /* in them */
    size_t share;
    size_t end; /* of it in the tile */
    bool is_written;
    bool joins_lines;
};

struct encode {
    const struct tile_map *map;
    struct tile_id id;
    struct tile_frame frame;
    struct tile_projection projection; /* of other grids than WebMercatorQuad */
    struct bbox window;                /* degrees */
    struct clip_window cut;            /* the same in world units */
    int zoom;                          /* of WebMercatorQuad, by scale on the ground */
    unsigned shape_zoom;
    const struct map_layer *ml;
    struct map_clusters clusters;       /* of ml */
    int64_t cluster_keys[CLUSTER_KEYS]; /* -1: not yet used in this layer */
    bool as_labels;                     /* the points of "<id>_label" */
    size_t max_layer_bytes;
    bool joins_lines;       /* of equal attributes */
    uint32_t least_rank;    /* features of lower rank are left out */
    struct im_buf parts;    /* struct mvt_part, of the tile */
    struct im_buf ranks;    /* uint32_t, of all features of a layer that is thinned */
    struct im_buf left_out; /* struct left_out, of the tile */
    struct im_buf names;    /* that the label plan shows in the tile, see names.c */
    int64_t label_zoom_key; /* -1: not yet used in this layer */
    bool may_say_label_zoom;
    struct mvt_encoder mvt;
    struct mvt_lines lines;
    struct clip_scratch clip;
    struct clip_path path;
    struct mend mend;
    struct mend_rings rings; /* of one area */
    int32_t *xy;             /* one part, rounded */
    uint32_t cap_xy;
    struct property properties[SCHEMA_MAX_FIELDS];
    int n_properties;
    uint32_t true_place;                /* of the value true, see mvt_encoder.base */
    uint32_t count_places[COUNT_TEXTS]; /* the same of numbers of points as texts */
    struct layer_memory **memory;       /* of the map's layers; NULL: not yet needed */
    int64_t joined_keys[JOIN_MAX];      /* -1: not yet in the tile */
    uint32_t n_memory;
    struct tile_late late;
    bool failed;         /* or late */
    size_t memory_bytes; /* of `memory` */
    size_t rests_with;   /* bytes that are counted while it rests */
};

struct left_out {
    const struct map_layer *ml;
    bool as_labels;
    size_t n;
};

/** An encoder at rest, else a new one; NULL without memory. */
struct encode *encode_take(const struct tile_map *map);
/** One after a failure may hold anything: it goes, the others rest. */
void encode_give(const struct tile_map *map, struct encode *e);
/** What is remembered of texts by place: after mvt_begin_layer says false. */
void encode_forget(struct encode *e);
struct layer_memory *encode_memory(struct encode *e, const struct map_layer *ml);

/** The fields of e->ml that this zoom has, and none of their keys used yet. */
void encode_list_properties(struct encode *e);
/** Tags of the current feature, or of a cluster (CLUSTER_BIT). */
void encode_put_properties(struct encode *e, uint32_t feature);
/** The tag STYLE_LABEL_ZOOM, where the layer may say it. */
void encode_put_label_zoom(struct encode *e, uint32_t zoom);

/** The names that pictures of this tile show, before its layers are written. Errors:
 *  those of label_plan_window. */
IM_CHECKED enum im_code
encode_find_names(struct encode *e, struct text_fonts *fonts, struct im_error *err);
/** Is a name of this feature of e->ml among them, and from which style zoom on? */
bool encode_find_name(const struct encode *e, uint32_t feature, uint32_t *zoom);

/** A layer begins, before its properties are listed; `joins`: its lines may become one
 *  with others. */
void encode_begin_lines(struct encode *e, bool joins);
/** One part of n vertices in e->xy, into the current feature, or to wait for others. */
void encode_put_line(struct encode *e, uint32_t n);
/** Did the current feature leave lines to wait? Then they are kept with its tags
 *  instead of ending the feature. */
bool encode_has_lines(const struct encode *e);
void encode_keep_lines(struct encode *e, uint32_t feature);
/** At least so many bytes those that wait will take. */
size_t encode_lines_bytes(const struct encode *e);
void encode_write_lines(struct encode *e);
/** Room for n vertices in e->xy. */
bool encode_room_for(struct encode *e, uint32_t n);

/** What of the feature lies in the tile's window, as the current feature's geometry. */
enum mvt_type encode_put_shape(struct encode *e, uint32_t feature);
struct clip_box encode_box_tu(void);

/** The features of e->ml from e->least_rank on, into e->mvt; false when they are over
 *  e->max_layer_bytes. */
bool encode_fill_layer(struct encode *e);
bool encode_is_shown(const struct encode *e, uint32_t feature);
/** What is larger is left out later. */
uint32_t encode_rank(const struct encode *e, uint32_t feature);
/** Of a part that takes more than its share: the features that are left out last, as
 *  many as fit, and an entry in e->left_out. */
void encode_thin_layer(struct encode *e, const struct mvt_part *part);
/** From what the parts take, what each may take. */
void encode_share_budget(struct encode *e);
/** The layer that says what is missing. */
void encode_write_left_out(struct encode *e, struct im_buf *out);
void encode_layer_name(const struct map_layer *ml,
                       bool as_labels,
                       char out[SCHEMA_MAX_ID + 8]);

#endif
