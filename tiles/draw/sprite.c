/* SPDX-License-Identifier: Apache-2.0 */
/* Circles drawn once per look and quarter of a pixel, then copied. */
#include "lru_cache.h"
#include "pixel.h"

#include <math.h>

enum { PHASES = 4, MAX_RADIUS_PX = 512 };

/** All that decides the pixels of a circle. No padding: compared as bytes. */
struct sprite_key {
    float numbers[11];
    float zero; /* so that there is no padding */
    int32_t phase_x;
    int32_t phase_y;
};

/** Without the clear rows and columns around it. */
struct sprite {
    int32_t width;
    int32_t height;
    int32_t left; /* from the whole pixel of the centre */
    int32_t top;
    uint8_t rgba[];
};

struct sprite_cache {
    struct lru_cache *sprites;
    /* of the look that was drawn last; forgotten when a sprite is added, which may take
     * another one's place */
    struct sprite_key last;
    const struct sprite *phases[PHASES * PHASES];
};

struct sprite_cache *sprite_cache_new(size_t max_bytes)
{
    struct sprite_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    cache->sprites = lru_cache_new(max_bytes);
    if (!cache->sprites) {
        free(cache);
        return NULL;
    }
    return cache;
}

void sprite_cache_free(struct sprite_cache *cache)
{
    if (cache)
        lru_cache_free(cache->sprites);
    free(cache);
}

/** Coverage of a disc, in the alpha channel of a cleared picture. */
static enum im_code draw_disc(struct draw_scratch *scratch,
                              struct raster *raster,
                              double cx,
                              double cy,
                              double radius,
                              struct im_error *err)
{
    enum { MAX_CORNERS = 256 };
    float xy[2 * MAX_CORNERS];
    uint32_t n = MAX_CORNERS;
    struct draw_path path = {.xy = xy, .part_end = &n, .n_parts = 1};

    if (!(radius > 0))
        return IM_OK;
    /* chords within 1/50 px of the circle; of the same area as the circle */
    if (radius < 250)
        n = (uint32_t)ceil(M_PI / acos(1 - fmin(0.02 / radius, 0.2)));
    double area = n * sin(2 * M_PI / n) / 2;
    double r = radius * sqrt(M_PI / area);
    for (uint32_t i = 0; i < n; i++) {
        xy[2 * i] = (float)(cx + r * cos(2 * M_PI * i / n));
        xy[2 * i + 1] = (float)(cy + r * sin(2 * M_PI * i / n));
    }
    return draw_fill(scratch, raster, &path, (struct draw_color){1, 1, 1, 1}, err);
}

/** Ring and disc share the pixels of their border, each its part: their sum leaves no
 *  seam, which drawing one over the other would. */
static void mix(uint8_t *out,
                const struct raster *inner,
                const struct raster *outer,
                const struct draw_circle *circle)
{
    size_t n = (size_t)outer->width_px * outer->height_px;
    struct pixel_paint fill = pixel_paint_of(circle->fill);
    struct pixel_paint ring = pixel_paint_of(circle->stroke);
    float fill_alpha = fill.alpha255 / 255.0f;
    float ring_alpha = ring.alpha255 / 255.0f;

    for (size_t i = 0; i < n; i++) {
        float in = inner->rgba[4 * i + 3];
        float on = outer->rgba[4 * i + 3];
        float a = in * fill_alpha;
        float b = (on > in ? on - in : 0.0f) * ring_alpha;

        for (int c = 0; c < 4; c++) {
            float v = (fill.rgb1[c] * a + ring.rgb1[c] * b) / 255.0f;

            out[4 * i + (size_t)c] = (uint8_t)(v + 0.5f);
        }
    }
}

static float smoothstep(float from, float to, float v)
{
    float t = pixel_clamp01((v - from) / (to - from));

    return t * t * (3 - 2 * t);
}

/** A blurred circle as circle.fragment.glsl of MapLibre has it: all of it fades out
 *  over `blur` of its whole radius, and the ring fades into the disc likewise. */
static void mix_blurred(
    uint8_t *out, uint32_t side, double cx, double cy, const struct draw_circle *circle)
{
    float all = circle->radius_px + circle->stroke_px;
    float soft = fmaxf(circle->blur, 1 / all);
    float border = circle->radius_px / all;

    for (uint32_t i = 0; i < side * side; i++, out += 4) {
        float d = (float)hypot(i % side + 0.5 - cx, i / side + 0.5 - cy) / all;
        float alpha = 1 - smoothstep(1 - soft, 1, d);
        float ring = circle->stroke_px > 0.01f ? smoothstep(-soft, 0, d - border) : 0;
        float in = alpha * (1 - ring) * circle->fill.a;
        float on = alpha * ring * circle->stroke.a;

        out[0] = pixel_from01(circle->fill.r * in + circle->stroke.r * on);
        out[1] = pixel_from01(circle->fill.g * in + circle->stroke.g * on);
        out[2] = pixel_from01(circle->fill.b * in + circle->stroke.b * on);
        out[3] = pixel_from01(in + on);
    }
}

/** The pixels of a square picture that are not clear: x0, y0, and x1, y1 behind them.
 */
static void visible_box(const uint8_t *rgba, uint32_t side, uint32_t box[4])
{
    box[0] = box[1] = side;
    box[2] = box[3] = 0;
    for (uint32_t i = 0; i < side * side; i++) {
        uint32_t x = i % side;
        uint32_t y = i / side;

        if (!rgba[4 * (size_t)i + 3])
            continue;
        box[0] = x < box[0] ? x : box[0];
        box[1] = y < box[1] ? y : box[1];
        box[2] = x >= box[2] ? x + 1 : box[2];
        box[3] = y + 1;
    }
    if (box[2] == 0) /* all of it is clear */
        box[0] = box[1] = 0;
}

/** Into the cache, cut to what can be seen. NULL without memory. */
static const struct sprite *keep_sprite(struct lru_cache *cache,
                                        const struct sprite_key *key,
                                        const uint8_t *rgba,
                                        int32_t reach)
{
    uint32_t side = 2 * (uint32_t)reach + 1;
    uint32_t box[4];
    struct sprite *sprite;

    visible_box(rgba, side, box);
    size_t row = (size_t)(box[2] - box[0]) * 4;
    sprite = lru_cache_add(cache, key, sizeof *key,
                           sizeof *sprite + row * (box[3] - box[1]));
    if (!sprite)
        return NULL;
    sprite->width = (int32_t)(box[2] - box[0]);
    sprite->height = (int32_t)(box[3] - box[1]);
    sprite->left = (int32_t)box[0] - reach;
    sprite->top = (int32_t)box[1] - reach;
    for (uint32_t y = box[1]; y < box[3]; y++)
        memcpy(sprite->rgba + (y - box[1]) * row,
               rgba + ((size_t)y * side + box[0]) * 4, row);
    return sprite;
}

static enum im_code make_sprite(struct lru_cache *cache,
                                struct draw_scratch *scratch,
                                const struct sprite_key *key,
                                const struct draw_circle *circle,
                                const struct sprite **out,
                                struct im_error *err)
{
    enum im_code rc;
    double radius = (double)circle->radius_px;
    double all = radius + (double)circle->stroke_px;
    int32_t reach = (int32_t)ceil(all) + 1; /* + 1 for the phase */
    uint32_t side = 2 * (uint32_t)reach + 1;
    double cx = reach + (double)key->phase_x / PHASES;
    double cy = reach + (double)key->phase_y / PHASES;
    struct raster inner = {0};
    struct raster outer = {0};
    struct raster mixed = {0};

    rc = raster_init(&inner, side, side, err);
    if (rc == IM_OK)
        rc = raster_init(&outer, side, side, err);
    if (rc == IM_OK)
        rc = raster_init(&mixed, side, side, err);
    if (rc == IM_OK)
        rc = draw_disc(scratch, &inner, cx, cy, radius, err);
    if (rc == IM_OK)
        rc = draw_disc(scratch, &outer, cx, cy, all, err);
    if (rc != IM_OK)
        goto done;
    if (circle->blur > 0)
        mix_blurred(mixed.rgba, side, cx, cy, circle);
    else
        mix(mixed.rgba, &inner, &outer, circle);
    *out = keep_sprite(cache, key, mixed.rgba, reach);
    if (!*out)
        rc = im_fail(err, IM_ENOMEM, "circle of %g px", all);
done:
    raster_release(&inner);
    raster_release(&outer);
    raster_release(&mixed);
    return rc;
}

static void
blit(struct raster *raster, const struct sprite *sprite, int32_t left, int32_t top)
{
    int32_t width = (int32_t)raster->width_px;
    int32_t height = (int32_t)raster->height_px;
    int32_t x0 = left < 0 ? 0 : left;
    int32_t x1 = left + sprite->width < width ? left + sprite->width : width;
    int32_t y1 = top + sprite->height < height ? top + sprite->height : height;

    for (int32_t y = top < 0 ? 0 : top; y < y1; y++) {
        const uint8_t *src =
            sprite->rgba +
            ((size_t)(y - top) * (size_t)sprite->width + (size_t)(x0 - left)) * 4;
        uint8_t *dst = raster->rgba + ((size_t)y * raster->width_px + (size_t)x0) * 4;

        if (x1 > x0)
            pixel_over_span(dst, src, (size_t)(x1 - x0));
    }
}

static struct sprite_key key_of(const struct draw_circle *circle)
{
    const struct draw_color *fill = &circle->fill;
    const struct draw_color *stroke = &circle->stroke;

    return (struct sprite_key){
        .numbers = {circle->radius_px, circle->stroke_px, fill->r, fill->g, fill->b,
                    fill->a, stroke->r, stroke->g, stroke->b, stroke->a, circle->blur}};
}

/** The sprite, if it was used since the look changed; NULL: it has to be looked for. */
static const struct sprite *recent(struct sprite_cache *cache,
                                   const struct sprite_key *key)
{
    if (memcmp(cache->last.numbers, key->numbers, sizeof key->numbers) != 0) {
        memset(cache->phases, 0, sizeof cache->phases);
        cache->last = *key;
    }
    return cache->phases[key->phase_y * PHASES + key->phase_x];
}

enum im_code draw_circle_at(struct sprite_cache *cache,
                            struct draw_scratch *scratch,
                            struct raster *raster,
                            float x_px,
                            float y_px,
                            const struct draw_circle *circle,
                            struct im_error *err)
{
    float all = circle->radius_px + circle->stroke_px;
    struct sprite_key key = key_of(circle);
    const struct sprite *sprite;

    if (!(circle->radius_px >= 0 && circle->stroke_px >= 0 && all <= MAX_RADIUS_PX))
        return im_fail(err, IM_EARG,
                       "circle of radius %g px with a ring of %g px; both must be from "
                       "0 and their sum at most %d",
                       (double)circle->radius_px, (double)circle->stroke_px,
                       MAX_RADIUS_PX);
    if (!isfinite(x_px) || !isfinite(y_px))
        return im_fail(err, IM_EARG, "circle: a coordinate is not a finite number");
    if (!(all > 0) || x_px + all < -1 || y_px + all < -1 ||
        x_px - all > (float)raster->width_px + 1 ||
        y_px - all > (float)raster->height_px + 1)
        return IM_OK;
    int32_t qx = (int32_t)floorf(x_px * PHASES + 0.5f);
    int32_t qy = (int32_t)floorf(y_px * PHASES + 0.5f);
    key.phase_x = qx & (PHASES - 1);
    key.phase_y = qy & (PHASES - 1);
    sprite = recent(cache, &key);
    if (!sprite)
        sprite = lru_cache_find(cache->sprites, &key, sizeof key);
    if (!sprite) {
        enum im_code rc =
            make_sprite(cache->sprites, scratch, &key, circle, &sprite, err);

        memset(cache->phases, 0, sizeof cache->phases);
        if (rc != IM_OK)
            return rc;
    }
    cache->phases[key.phase_y * PHASES + key.phase_x] = sprite;
    blit(raster, sprite, (qx - key.phase_x) / PHASES + sprite->left,
         (qy - key.phase_y) / PHASES + sprite->top);
    return IM_OK;
}
