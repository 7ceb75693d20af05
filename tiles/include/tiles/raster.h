/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing: an anti-aliased scanline rasteriser by signed-area coverage, a stroker,
 * marker sprites, images and patterns, heat. Pixels are premultiplied RGBA, 8 bits a
 * channel, y down. */
#ifndef TILES_RASTER_H
#define TILES_RASTER_H

#include <engine/bytes.h>

enum { RASTER_MAX_SIDE_PX = 8192 };

struct raster {
    uint32_t width_px;
    uint32_t height_px;
    uint8_t *rgba; /* width * height * 4 bytes, premultiplied */
};

/** A fully transparent picture. IM_ELIMIT over RASTER_MAX_SIDE_PX, IM_ENOMEM. */
IM_CHECKED enum im_code raster_init(struct raster *raster,
                                    uint32_t width_px,
                                    uint32_t height_px,
                                    struct im_error *err);
void raster_release(struct raster *raster);

/** Straight (not premultiplied) colour, 0..1 each, as styles give it. */
struct draw_color {
    float r, g, b, a;
};
void raster_clear(struct raster *raster, struct draw_color color);
/** A picture of the same size over this one, 0..1 of it. */
void raster_blend(struct raster *raster, const struct raster *over, float opacity);

/** Coverage accumulator and vertex buffers of one worker; grows, is reused, never
 *  shrinks beyond its maximum (64 MiB). */
struct draw_scratch;
struct draw_scratch *draw_scratch_new(void);
void draw_scratch_free(struct draw_scratch *scratch);

/** Lines or rings in pixels: x0 y0 x1 y1 ...; part_end as in struct geom. */
struct draw_path {
    const float *xy;
    const uint32_t *part_end;
    uint32_t n_parts;
};

/** Fill rings by the non-zero rule of consistently wound rings (STACK 2). */
IM_CHECKED enum im_code draw_fill(struct draw_scratch *scratch,
                                  struct raster *raster,
                                  const struct draw_path *rings,
                                  struct draw_color color,
                                  struct im_error *err);

struct sprite_image; /* tiles/sprites.h */

/** An image repeated without end. Laid out from the origin of the world, a pattern goes
 *  on across tiles. */
struct draw_pattern {
    const struct sprite_image *image;
    double x_px; /* of the raster, where one of its upper left corners lies: anywhere */
    double y_px;
    double scale; /* raster pixels for one of its own */
    float opacity;
};
IM_CHECKED enum im_code draw_fill_pattern(struct draw_scratch *scratch,
                                          struct raster *raster,
                                          const struct draw_path *rings,
                                          const struct draw_pattern *pattern,
                                          struct im_error *err);

/** One image, an icon. At its own size and upright it is copied to whole pixels. */
struct draw_image {
    float x_px; /* of its centre */
    float y_px;
    float width_px; /* as drawn; 0..RASTER_MAX_SIDE_PX */
    float height_px;
    float angle_rad; /* clockwise, about its centre */
    float opacity;
    /* of images that are distances (is_sdf) */
    struct draw_color color;
    struct draw_color halo;
    float halo_px; /* beyond the shape; the distances reach 6 own pixels */
    float halo_blur_px;
};
/** Errors: IM_EARG for numbers that are not finite or out of range. */
IM_CHECKED enum im_code draw_image_at(struct raster *raster,
                                      const struct sprite_image *image,
                                      const struct draw_image *look,
                                      struct im_error *err);

enum draw_cap { DRAW_CAP_BUTT, DRAW_CAP_ROUND, DRAW_CAP_SQUARE };
enum draw_join { DRAW_JOIN_MITER, DRAW_JOIN_ROUND, DRAW_JOIN_BEVEL };
enum { DRAW_MAX_DASHES = 8 };

struct draw_stroke {
    float width_px;  /* 0..16384; under 1: a pixel wide and fainter */
    float offset_px; /* to the right of the direction, as line-offset */
    enum draw_cap cap;
    enum draw_join join;
    float miter_limit;                /* 0..100; longer ones are bevelled */
    float round_limit;                /* round joins of shorter miters are mitered */
    float dashes_px[DRAW_MAX_DASHES]; /* on, off, on, off ...; all > 0; gaps should
                                         exceed the width where caps are not butt */
    uint32_t n_dashes;                /* 0: solid */
    bool closed;   /* parts are rings: no caps, as where a part ends at its start */
    float weight;  /* -1..1: a pixel of which a share c is covered shows
                      c + weight * c * (1 - c) of the colour; 0: its share */
    float gap_px;  /* two lines instead of one, this far apart; 0: one */
    float blur_px; /* fades out inwards over so many pixels */
};
/** One coverage pass for all parts: where they cross, the colour is not doubled.
 *  Errors, as of draw_fill: IM_EARG for numbers that are not finite or out of range,
 *  IM_ELIMIT for a part of millions of vertices, IM_ENOMEM. */
IM_CHECKED enum im_code draw_line(struct draw_scratch *scratch,
                                  struct raster *raster,
                                  const struct draw_path *lines,
                                  const struct draw_stroke *stroke,
                                  struct draw_color color,
                                  struct im_error *err);

/** Lines painted with an image that repeats along them, as wide as they are: its height
 *  is stretched to their width. `part_at[i]` is how far along the whole line, pixels,
 *  part i begins. Of the pattern, image and opacity count; blur and dashes do not. */
IM_CHECKED enum im_code draw_line_pattern(struct draw_scratch *scratch,
                                          struct raster *raster,
                                          const struct draw_path *lines,
                                          const double *part_at,
                                          const struct draw_stroke *stroke,
                                          const struct draw_pattern *pattern,
                                          struct im_error *err);

/** A circle with a ring, drawn once per look and then copied (STACK 2: 12 to 16 times
 *  cheaper); position to a quarter of a pixel. The ring lies outside the radius, as in
 *  MapLibre; both together at most 512 px. */
struct draw_circle {
    float radius_px;
    struct draw_color fill;
    float stroke_px; /* width of the ring */
    struct draw_color stroke;
    float blur; /* share of the whole radius that fades out, from its border inwards */
};
struct sprite_cache; /* of one worker, bounded: least recently used goes */
struct sprite_cache *sprite_cache_new(size_t max_bytes);
void sprite_cache_free(struct sprite_cache *cache);
IM_CHECKED enum im_code draw_circle_at(struct sprite_cache *cache,
                                       struct draw_scratch *scratch,
                                       struct raster *raster,
                                       float x_px,
                                       float y_px,
                                       const struct draw_circle *circle,
                                       struct im_error *err);

/** Heat of one style layer: begin, the points by radius, blend. Memory of one worker.
 */
struct draw_heat;
struct draw_heat *draw_heat_new(void);
void draw_heat_free(struct draw_heat *heat); /* NULL is fine */
struct draw_heat_point {
    float x_px;
    float y_px;
    float weight;
};
enum { DRAW_MAX_HEAT_PX = 1024, DRAW_HEAT_RAMP = 256 };
/** IM_ENOMEM */
IM_CHECKED enum im_code draw_heat_begin(struct draw_heat *heat,
                                        const struct raster *raster,
                                        struct im_error *err);
/** Points within twice the radius of the picture count. IM_EARG for a radius that is
 *  not over 0 to DRAW_MAX_HEAT_PX; IM_ENOMEM. */
IM_CHECKED enum im_code draw_heat_points(struct draw_heat *heat,
                                         const struct draw_heat_point *points,
                                         size_t n,
                                         float radius_px,
                                         struct im_error *err);
/** Each pixel's sum times `intensity`, 0..1, is the place in the ramp. */
void draw_heat_blend(const struct draw_heat *heat,
                     struct raster *raster,
                     float intensity,
                     const struct draw_color ramp[DRAW_HEAT_RAMP],
                     float opacity);

/**
 * PNG (libpng; ISO 15948): palette of at most 256 colours with alpha (tRNS), exact when
 * the picture has no more, else by median cut; no filter. Same picture, same bytes.
 * `level` 1..9 of libdeflate; 1 for tiles drawn on request, 6 for tiles kept (STACK 4).
 * raster_write does the same with a writer that is there already.
 */
IM_CHECKED enum im_code raster_write_png(const struct raster *raster,
                                         int level,
                                         struct im_buf *out,
                                         struct im_error *err);

enum picture_format { PICTURE_PNG, PICTURE_WEBP, PICTURE_JPEG };
struct raster_encoding {
    enum picture_format format;
    int level;                    /* of PNG, as above */
    bool rgba;                    /* PNG: all colours instead of a palette */
    struct draw_color background; /* JPEG: what shows through; its alpha is ignored */
};
/** Tables and compressor of one thread, kept from picture to picture. NULL when memory
 *  runs out. */
struct picture_writer;
struct picture_writer *picture_writer_new(void);
void picture_writer_free(struct picture_writer *writer); /* NULL is fine */
/** As PNG, WebP (libwebp, lossy with lossless alpha) or JPEG (libjpeg). Same picture,
 *  same bytes, whatever the writer wrote before. */
IM_CHECKED enum im_code raster_write(struct picture_writer *writer,
                                     const struct raster *raster,
                                     const struct raster_encoding *encoding,
                                     struct im_buf *out,
                                     struct im_error *err);

#endif
