/* SPDX-License-Identifier: Apache-2.0 */
/* What an address asks for: which map, which tile of it, as what. The only place where
 * the vocabulary of tile addresses is read. */
#ifndef WEB_TILE_REQUEST_H
#define WEB_TILE_REQUEST_H

#include "exchange.h"

enum tile_format { TILE_PNG, TILE_WEBP, TILE_JPEG, TILE_MVT };

struct tile_request {
    struct map_key map;
    struct tile_id id;
    unsigned size_px; /* 256, 512 */
    unsigned scale;   /* 1..3 */
    enum tile_format format;
    bool is_sparse; /* 404 where nothing is: all its layers ask for that */
    bool wants_gzip; /* somebody will: vector tiles */
};

/* ?lang= &style= &filter= &profile=, in this order; documents take &f= too. */
enum { TILE_LANG, TILE_STYLE, TILE_FILTER, TILE_PROFILE, TILE_F, TILE_N_PARAMS };
extern const struct param_spec tile_params[TILE_N_PARAMS];

struct map_names {
    struct im_bytes layers; /* "map", or ids separated by commas */
    struct im_bytes grid;   /* data NULL: WebMercatorQuad */
    struct im_bytes style;  /* data NULL, or "default": the layers' own */
    struct im_bytes filter; /* CQL2 text; data NULL: none */
    bool is_public; /* as other people's pages may show it (DESIGN, "Tiles") */
};
/**
 * The one key of a map that may be named in many ways: the layers sorted and without
 * repetition, the filter in canonical form. What it points to lives in the exchange's
 * arena and in the server.
 * Errors: IM_ENOTFOUND unknown layer, grid or style, with those there are; IM_EARG the
 * filter is no CQL2; IM_ELIMIT over 64 layers
 */
IM_CHECKED enum im_code map_request(struct exchange *x,
                                    const struct map_names *names,
                                    struct map_key *out,
                                    struct im_error *err);

/**
 * A tile by its names: `z` and `x` are numbers, `tile` is "{y}[@2x|@3x].{png|webp|jpg|
 * mvt}"; a grid called "512" is WebMercatorQuad in tiles of 512 px.
 * Errors: those of map_request; IM_ENOTFOUND outside of the grid, an unknown format;
 * IM_EARG what is no number
 */
IM_CHECKED enum im_code tile_request(struct exchange *x,
                                     const struct map_names *names,
                                     struct im_bytes z,
                                     struct im_bytes col,
                                     struct im_bytes tile,
                                     struct tile_request *out,
                                     struct im_error *err);

/** "png", "webp", "jpg", "mvt"; and the media type of it. */
const char *tile_format_suffix(enum tile_format format);
const char *tile_format_type(enum tile_format format);
bool tile_format_find(struct im_bytes suffix, enum tile_format *out);

/** A fault of a named part with its value; the message follows by im_fail. */
void request_fault(struct exchange *x,
                   const char *name,
                   struct im_bytes value,
                   const char *allowed);

/** The items of "a,b,c" one by one; data NULL in `rest` after the last. */
struct im_bytes list_next(struct im_bytes *rest);

/** Is it shown to anyone: a layer of the map, not one of the program's own? */
bool layer_is_open(const struct atlas_layer *layer);

#endif
