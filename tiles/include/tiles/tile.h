/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles of a map: what to draw (tile_map), who draws (tile_worker), one tile. */
#ifndef TILES_TILE_H
#define TILES_TILE_H

#include <engine/atlas.h>
#include <engine/deadline.h>
#include <engine/query.h>
#include <tiles/grid.h>
#include <tiles/sprites.h>
#include <tiles/stylesheet.h>

enum {
    TILE_MAX_ZOOM = 22,
    TILE_EXTENT_TU = 4096, /* MVT tile units a side */
    /* about half of it when compressed: what a page can load and draw at once */
    TILE_MAX_MVT_BYTES = 1024 * 1024
};

/** WebMercatorQuad: z 0..22, x east, y south, origin at the top left. */
struct tile_id {
    uint32_t z;
    uint32_t x;
    uint32_t y;
};
/** IM_EARG with the value and the allowed range. */
IM_CHECKED enum im_code tile_id_check(struct tile_id id, struct im_error *err);
/** Bounds in degrees, widened by `buffer` tile widths on each side. */
struct bbox tile_bounds(struct tile_id id, double buffer);

/**
 * What is drawn: layers of one atlas with their compiled styles and the label plan per
 * zoom. Immutable from outside, counted, shared by all threads; label plans are built
 * once per zoom by whoever comes first.
 */
struct tile_map;
struct tile_worker;
/* Names and icons apart from what lies under them: two pictures for one look. */
enum tile_part { TILE_PART_ALL, TILE_PART_GROUND, TILE_PART_LABELS };
struct tile_map_options {
    const char *layers; /* "map", or ids separated by commas, drawn in style order */
    enum lang lang;
    bool leave_out_unreviewed; /* the public profile (DESIGN, "Tiles") */
    /* these three live longer than the map */
    const struct tile_grid *grid;        /* NULL: WebMercatorQuad */
    const struct stylesheet *stylesheet; /* NULL: the layers' own styles */
    const struct sprite_sheet *sprites;  /* NULL: no icons, no patterns */
    /* CQL2 text, NULL: none. Layers that lack a field of it are left out, but for the
     * base map, which is drawn whole; one layer at least has to know them all. IM_EARG,
     * IM_ELIMIT of cql_compile. */
    const char *filter;
    enum tile_part part; /* of pictures */
};
/** Errors: IM_ENOTFOUND unknown layer (with the known ones), IM_EDATA a style fault
 *  with layer and JSON path, IM_ELIMIT over 64 listed layers, IM_ENOMEM.
 *  The whole map leaves out a layer with a style fault and logs it. */
IM_CHECKED enum im_code tile_map_new(const struct atlas *atlas,
                                     const struct tile_map_options *options,
                                     const struct tile_map **out,
                                     struct im_error *err);
const struct tile_map *tile_map_ref(const struct tile_map *map);
void tile_map_unref(const struct tile_map *map);
/** Changes whenever any tile of this map may: layer versions, styles, language,
 * profile, tile format. The ETag is made from it and the tile id, so it costs no
 * rendering. */
uint64_t tile_map_version(const struct tile_map *map);
/** Memory of the map itself, about: styles, label plan, encoders at rest. It grows with
 *  what is drawn of the map. The atlas is not in it. */
size_t tile_map_memory_bytes(const struct tile_map *map);

/** The same without the layers' versions: equal for two maps that differ in their rows
 *  alone, so it names a map in caches over the versions of its data. */
uint64_t tile_map_look(const struct tile_map *map);
/**
 * Changes whenever this tile may (picture of any scale or format, vector tile): the
 * features in its window, the labels that the plan has in it, the look. It follows from
 * the data alone, so it survives imports that do not concern the tile, and restarts.
 * `size_px` is 256 or 512, the side of the tile at scale 1.
 * False when it is not known without work: then tile_content_prepare, in a worker.
 */
bool tile_content_version(const struct tile_map *map,
                          struct tile_id id,
                          unsigned size_px,
                          uint64_t *out);
/** Makes what it takes (digests of the layers, the label plan; both once a map), and
 *  the version itself. Errors: those of label plans; IM_ENOMEM. */
IM_CHECKED enum im_code tile_content_prepare(const struct tile_map *map,
                                             struct tile_worker *worker,
                                             struct tile_id id,
                                             unsigned size_px,
                                             uint64_t *out,
                                             struct im_error *err);

/** Everything a thread needs to draw: raster, scratch, sprites, fonts. */
IM_CHECKED enum im_code tile_worker_new(const char *font_directory,
                                        struct tile_worker **out,
                                        struct im_error *err);
void tile_worker_free(struct tile_worker *worker);
/** From then on all that this worker is asked for (pictures, versions, labels) ends
 *  with IM_ESTOPPED and what to ask for instead. Zero-initialised: never. What has been
 *  decided about labels stays, so that the next one who asks goes on from there. */
void tile_worker_set_deadline(struct tile_worker *worker, struct im_deadline deadline);

/**
 * Does no feature reach into the n x n tiles east and south of `id` (itself one of
 * them)? Tiles of a zoom without features and labels all look alike. Costs a search
 * that ends with the first feature found.
 */
bool tile_block_is_bare(const struct tile_map *map,
                        struct tile_id id,
                        uint32_t n,
                        unsigned size_px);
/** Is there any label in it? Errors: those of label plans. */
IM_CHECKED enum im_code tile_has_labels(const struct tile_map *map,
                                        struct tile_worker *worker,
                                        struct tile_id id,
                                        unsigned size_px,
                                        bool *out,
                                        struct im_error *err);
/** Of the layers; empty when nothing has a position. */
struct bbox tile_map_extent(const struct tile_map *map);

struct tile_picture_options {
    uint32_t size_px; /* CSS pixels a side: 256, or 512, which ends at zoom 21 */
    unsigned scale;   /* pixels of the picture for one of them: 1..3 */
    enum picture_format format;
    bool rgba; /* PNG without a palette */
};
/** A tile as a picture. An empty one is transparent; as JPEG, which cannot be, it has
 *  the background colour of the map, else white. */
IM_CHECKED enum im_code tile_render(const struct tile_map *map,
                                    struct tile_worker *worker,
                                    struct tile_id id,
                                    const struct tile_picture_options *options,
                                    struct im_buf *out,
                                    struct im_error *err);
/** The bytes that tile_render gives where nothing is; of JPEG, which has the map's colour
 *  there, none. */
IM_CHECKED enum im_code tile_render_nothing(const struct tile_picture_options *options,
                                            struct im_buf *out,
                                            struct im_error *err);
/** tile_render of 256 px as palette PNG. */
IM_CHECKED enum im_code tile_render_png(const struct tile_map *map,
                                        struct tile_worker *worker,
                                        struct tile_id id,
                                        unsigned scale,
                                        struct im_buf *out,
                                        struct im_error *err);
/**
 * MVT 2.1, not compressed. Nothing is written for an empty tile (HTTP 204). Over
 * TILE_MAX_MVT_BYTES the smallest areas and lines and the least important points are
 * left out, and the layer "innomap:left_out" says of which layer how many. A feature
 * whose name the label plan shows on the picture of tile_mvt_side_px has the attribute
 * "label_zoom": since which zoom, as styles count it. Errors: IM_ESTOPPED, those of
 * label plans, IM_ENOMEM.
 */
IM_CHECKED enum im_code tile_encode_mvt(const struct tile_map *map,
                                        struct tile_worker *worker,
                                        struct tile_id id,
                                        struct im_buf *out,
                                        struct im_error *err);
/** Side of the picture that has the scale of a vector tile, 512 or 256: `size_px` of
 * its version. */
unsigned tile_mvt_side_px(const struct tile_map *map);

/** TileJSON 3.0.0; `base_url` like "http://host:8080", the version of the map goes into
 *  the URLs. `format`: "mvt", or of pictures "png", "webp", "jpg". */
void tile_write_tilejson(const struct tile_map *map,
                         const char *base_url,
                         const char *name, /* the {layers} part of the URL */
                         const char *format,
                         struct im_json *w);
/**
 * The MapLibre style (version 8) of the same map: source "innomap" on our vector tiles,
 * all styles of its layers in drawing order, absolute URLs.
 */
void tile_write_style(const struct tile_map *map,
                      const char *base_url,
                      const char *name,
                      struct im_json *w);
/** Check one style.json against the subset we draw. IM_EDATA with the JSON path. */
IM_CHECKED enum im_code style_check(struct im_bytes json, struct im_error *err);

#endif
