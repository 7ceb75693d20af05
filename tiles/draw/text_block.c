/* SPDX-License-Identifier: Apache-2.0 */
/* A label: shaped by HarfBuzz, broken into centred lines, drawn from the glyph cache.
 */
#include "pixel.h"
#include "text_fonts.h"
#include "text_wrap.h"

#include <math.h>

enum { MAX_SIZE_PX = 256, MAX_HALO_PX = 64 };

/* The ideographic em box of Noto CJK reaches from -0.12 to 0.88 em (OS/2 typo metrics);
 * its middle stands on the middle of the line. */
static const float middle_above_baseline_em = 0.38f;

struct text_glyph {
    uint32_t id;
    float x, y; /* origin, from the centre of the block; y down */
    float advance;
};

struct text_block {
    float width_px;
    float height_px;
    enum text_weight weight;
    int32_t size_26_6;
    uint32_t n_glyphs;
    struct text_glyph *glyphs;
};

/** What shaping works on. Too large for a thread's stack beside all else: in the arena.
 */
struct shaping {
    uint32_t chars[TEXT_MAX_CHARS];
    float advance[TEXT_MAX_CHARS]; /* of the cluster that begins here, else 0 */
    struct text_line lines[TEXT_MAX_CHARS + 1];
    uint32_t n_chars;
    uint32_t n_lines;
    float em; /* px per font unit */
    float spacing_px;
};

/** Code points; control characters become spaces, what does not fit is left out. */
static void decode(struct shaping *s, struct im_bytes text)
{
    size_t at = 0;

    while (at < text.len && s->n_chars < TEXT_MAX_CHARS) {
        uint32_t c = im_utf8_next(text, &at);

        if (at > TEXT_MAX_BYTES)
            break;
        if (c != '\n' && (c < 0x20 || (c >= 0x7f && c < 0xa0)))
            c = ' ';
        s->chars[s->n_chars++] = c;
    }
}

static bool
run_shaper(struct text_fonts *fonts, hb_font_t *font, const struct shaping *s)
{
    hb_buffer_t *buffer = fonts->buffer;

    hb_buffer_clear_contents(buffer);
    hb_buffer_add_codepoints(buffer, s->chars, (int)s->n_chars, 0, (int)s->n_chars);
    hb_buffer_guess_segment_properties(buffer);
    hb_shape(font, buffer, NULL, 0);
    return hb_buffer_allocation_successful(buffer);
}

/** A line end, and what the font has no picture of and no place for. */
static bool takes_no_space(uint32_t c)
{
    return c == '\n' || c == 0x200b || c == 0xfeff;
}

static float glyph_advance(const struct shaping *s,
                           const hb_glyph_info_t *info,
                           const hb_glyph_position_t *position,
                           bool ends_cluster)
{
    if (takes_no_space(s->chars[info->cluster]))
        return 0;
    return (float)position->x_advance * s->em + (ends_cluster ? s->spacing_px : 0);
}

static bool ends_cluster(const hb_glyph_info_t *infos, unsigned n, unsigned i)
{
    return i + 1 == n || infos[i + 1].cluster != infos[i].cluster;
}

/** Glyphs of the lines from the shaped buffer: those whose characters are in the line,
 *  in the order of the buffer, which is that of the eye. */
static void place_line(struct shaping *s,
                       hb_buffer_t *buffer,
                       const struct text_line *line,
                       float baseline,
                       float left,
                       struct text_block *block)
{
    unsigned n;
    const hb_glyph_info_t *infos = hb_buffer_get_glyph_infos(buffer, &n);
    const hb_glyph_position_t *positions = hb_buffer_get_glyph_positions(buffer, &n);
    float x = left;

    for (unsigned i = 0; i < n; i++) {
        const hb_glyph_position_t *p = &positions[i];

        if (infos[i].cluster < line->first || infos[i].cluster >= line->last)
            continue;
        /* glyph 0 stands for what the font does not have: its place stays empty */
        if (infos[i].codepoint != 0)
            block->glyphs[block->n_glyphs++] = (struct text_glyph){
                infos[i].codepoint, x + (float)p->x_offset * s->em,
                baseline - (float)p->y_offset * s->em, (float)p->x_advance * s->em};
        x += glyph_advance(s, &infos[i], p, ends_cluster(infos, n, i));
    }
}

static void measure(struct shaping *s, hb_buffer_t *buffer)
{
    unsigned n;
    const hb_glyph_info_t *infos = hb_buffer_get_glyph_infos(buffer, &n);
    const hb_glyph_position_t *positions = hb_buffer_get_glyph_positions(buffer, &n);

    memset(s->advance, 0, sizeof s->advance);
    for (unsigned i = 0; i < n; i++)
        s->advance[infos[i].cluster] +=
            glyph_advance(s, &infos[i], &positions[i], ends_cluster(infos, n, i));
}

static enum im_code check_style(const struct text_style *style, struct im_error *err)
{
    if (!(style->size_px > 0 && style->size_px <= MAX_SIZE_PX))
        return im_fail(err, IM_EARG,
                       "text size %g px; it must be over 0 and at most %d",
                       (double)style->size_px, MAX_SIZE_PX);
    if (!(fabsf(style->letter_spacing_em) <= 10) ||
        !(style->line_height_em >= 0 && style->line_height_em <= 10))
        return im_fail(err, IM_EARG,
                       "letter spacing %g em, line height %g em; they must be -10..10 "
                       "and 0..10",
                       (double)style->letter_spacing_em, (double)style->line_height_em);
    if (!(style->max_width_em >= 0))
        return im_fail(err, IM_EARG, "text width %g em; it must be a number from 0",
                       (double)style->max_width_em);
    if (style->weight != TEXT_REGULAR && style->weight != TEXT_BOLD)
        return im_fail(err, IM_EARG, "font weight %d; it must be 0 or 1",
                       (int)style->weight);
    return IM_OK;
}

/** The largest line decides the width; a line is as high as the style says. */
static void place_lines(struct shaping *s,
                        hb_buffer_t *buffer,
                        const struct text_style *style,
                        struct text_block *block)
{
    float line_height = style->line_height_em * style->size_px;

    block->height_px = (float)s->n_lines * line_height;
    /* the spacing after the last character is not part of a line */
    for (uint32_t i = 0; i < s->n_lines; i++)
        block->width_px = fmaxf(block->width_px, s->lines[i].width - s->spacing_px);
    for (uint32_t i = 0; i < s->n_lines; i++) {
        const struct text_line *line = &s->lines[i];
        float middle = ((float)i + 0.5f) * line_height - block->height_px / 2;
        float width = line->width - s->spacing_px;
        float left = style->justify == TEXT_LEFT    ? -block->width_px / 2
                     : style->justify == TEXT_RIGHT ? block->width_px / 2 - width
                                                    : -width / 2;

        place_line(s, buffer, line, middle + middle_above_baseline_em * style->size_px,
                   left, block);
    }
}

enum im_code text_shape(struct text_fonts *fonts,
                        struct im_bytes text,
                        const struct text_style *style,
                        struct im_arena *arena,
                        const struct text_block **out,
                        struct im_error *err)
{
    enum im_code rc = check_style(style, err);
    struct shaping *s = NULL;
    struct text_block *block;

    if (rc != IM_OK)
        return rc;
    s = calloc(1, sizeof *s);
    block = im_arena_calloc(arena, 1, sizeof *block);
    if (!s || !block) {
        rc = im_fail(err, IM_ENOMEM, "label of %zu bytes", text.len);
        goto done;
    }
    s->em = style->size_px / fonts->fonts[style->weight].units_per_em;
    s->spacing_px = style->letter_spacing_em * style->size_px;
    block->weight = style->weight;
    block->size_26_6 = (int32_t)(style->size_px * 64 + 0.5f);
    decode(s, text);
    if (!run_shaper(fonts, fonts->fonts[style->weight].shaper, s)) {
        rc = im_fail(err, IM_ENOMEM, "label of %zu bytes", text.len);
        goto done;
    }
    measure(s, fonts->buffer);
    s->n_lines = text_wrap(s->chars, s->advance, s->n_chars,
                           style->max_width_em * style->size_px, s->lines);
    block->glyphs = im_arena_calloc(arena, hb_buffer_get_length(fonts->buffer),
                                    sizeof *block->glyphs);
    if (!block->glyphs) {
        rc = im_fail(err, IM_ENOMEM, "label of %zu bytes", text.len);
        goto done;
    }
    place_lines(s, fonts->buffer, style, block);
    *out = block;
done:
    free(s);
    return rc;
}

float text_block_width_px(const struct text_block *block)
{
    return block->width_px;
}

float text_block_height_px(const struct text_block *block)
{
    return block->height_px;
}

/** Blend the paint through a bitmap whose upper left pixel is (left, top). */
static void blend_bitmap(struct raster *raster,
                         const struct glyph_bitmap *bitmap,
                         int32_t left,
                         int32_t top,
                         const struct pixel_paint *paint)
{
    int32_t x0 = left < 0 ? 0 : left;
    int32_t x1 = left + (int32_t)bitmap->width;
    int32_t y1 = top + (int32_t)bitmap->height;
    uint32_t alpha = (uint32_t)(paint->alpha255 + 0.5f);

    if (x1 > (int32_t)raster->width_px)
        x1 = (int32_t)raster->width_px;
    if (y1 > (int32_t)raster->height_px)
        y1 = (int32_t)raster->height_px;
    for (int32_t y = top < 0 ? 0 : top; y < y1; y++) {
        const uint8_t *coverage = bitmap->coverage + (size_t)(y - top) * bitmap->width;
        uint8_t *row = raster->rgba + (size_t)y * raster->width_px * 4;

        for (int32_t x = x0; x < x1; x++)
            if (coverage[x - left])
                pixel_blend(row + 4 * (size_t)x, paint,
                            pixel_div255(coverage[x - left] * alpha));
    }
}

/** One glyph whose origin is at (x, y). */
static enum im_code draw_glyph_at(struct text_fonts *fonts,
                                  struct raster *raster,
                                  struct glyph_key *key,
                                  double x,
                                  double y,
                                  const struct pixel_paint *paint,
                                  struct im_error *err)
{
    /* no glyph reaches further than this from its origin */
    double reach = (4 * key->size_26_6 + 2 * key->halo_26_6 + key->blur_26_6) / 64.0;
    const struct glyph_bitmap *bitmap;

    reach += 2;
    if (!(x > -reach && x < raster->width_px + reach && y > -reach &&
          y < raster->height_px + reach))
        return IM_OK;
    int32_t quarter = (int32_t)floor(x * TEXT_PHASES + 0.5);
    int32_t quarter_y = key->angle ? (int32_t)floor(y * TEXT_PHASES + 0.5)
                                   : TEXT_PHASES * (int32_t)floor(y + 0.5);
    key->phase = (uint32_t)(quarter & (TEXT_PHASES - 1));
    key->phase_y = (uint32_t)(quarter_y & (TEXT_PHASES - 1));
    enum im_code rc = glyph_bitmap(fonts, key, &bitmap, err);
    if (rc == IM_OK)
        blend_bitmap(raster, bitmap,
                     (quarter - (int32_t)key->phase) / TEXT_PHASES + bitmap->left,
                     (quarter_y - (int32_t)key->phase_y) / TEXT_PHASES - bitmap->top,
                     paint);
    return rc;
}

static uint32_t angle_step(float angle_rad)
{
    double step = nearbyint((double)angle_rad * TEXT_ANGLES / (2 * M_PI));

    return (uint32_t)((int64_t)step & (TEXT_ANGLES - 1));
}

/** What one pass over the glyphs works with. */
struct drawing {
    struct text_fonts *fonts;
    struct raster *raster;
    const struct text_block *block;
    const struct text_look *look;
    float x_px, y_px;
    text_bend_fn *bend; /* NULL: straight */
    void *ctx;
};

/** Origin of a glyph on the raster and the angle it is drawn at. Sums of floats as
 *  doubles are exact: a text moved by whole pixels has the same phases, so the parts of
 *  it that two tiles draw fit together. */
static void place_glyph(const struct drawing *d,
                        const struct text_glyph *g,
                        double *x,
                        double *y,
                        uint32_t *angle)
{
    float turn = d->look->angle_rad;
    float at_x = d->x_px;
    float at_y = d->y_px;
    double gx = (double)g->x;
    double gy = (double)g->y;

    if (d->bend) { /* the origin, seen from the centre of the letter */
        d->bend(d->ctx, g->x + g->advance / 2, &at_x, &at_y, &turn);
        gx = (double)(-g->advance / 2);
    }
    *x = (double)at_x;
    *y = (double)at_y;
    *angle = angle_step(turn);
    if (*angle == 0 && !d->bend) {
        *x += gx;
        *y += gy;
        return;
    }
    /* as the bitmap is turned, so that letters stand on one line */
    double a = *angle * 2 * M_PI / TEXT_ANGLES;
    *x += (double)(float)(gx * cos(a) - gy * sin(a));
    *y += (double)(float)(gx * sin(a) + gy * cos(a));
}

static enum im_code draw_glyphs(const struct drawing *d,
                                struct draw_color color,
                                int32_t halo_26_6,
                                int32_t blur_26_6,
                                struct im_error *err)
{
    struct pixel_paint paint = pixel_paint_of(color);
    enum im_code rc = IM_OK;

    for (uint32_t i = 0; i < d->block->n_glyphs && rc == IM_OK; i++) {
        const struct text_glyph *g = &d->block->glyphs[i];
        struct glyph_key key = {.weight = (uint32_t)d->block->weight,
                                .glyph = g->id,
                                .size_26_6 = d->block->size_26_6,
                                .halo_26_6 = halo_26_6,
                                .blur_26_6 = blur_26_6};
        double x;
        double y;

        place_glyph(d, g, &x, &y, &key.angle);
        rc = draw_glyph_at(d->fonts, d->raster, &key, x, y, &paint, err);
    }
    return rc;
}

static enum im_code draw(const struct drawing *d, struct im_error *err)
{
    const struct text_look *look = d->look;
    enum im_code rc = IM_OK;

    if (!isfinite(d->x_px) || !isfinite(d->y_px) || !isfinite(look->angle_rad))
        return im_fail(err, IM_EARG, "text: a coordinate is not a finite number");
    if (!(look->halo_px >= 0 && look->halo_px <= MAX_HALO_PX) ||
        !(look->halo_blur_px >= 0 && look->halo_blur_px <= MAX_HALO_PX))
        return im_fail(err, IM_EARG, "text halo %g px, blur %g px; they must be 0..%d",
                       (double)look->halo_px, (double)look->halo_blur_px, MAX_HALO_PX);
    int32_t halo_26_6 = (int32_t)(look->halo_px * 64 + 0.5f);
    if (halo_26_6 > 0 && look->halo.a > 0)
        rc = draw_glyphs(d, look->halo, halo_26_6,
                         (int32_t)(look->halo_blur_px * 64 + 0.5f), err);
    if (rc == IM_OK && look->fill.a > 0)
        rc = draw_glyphs(d, look->fill, 0, 0, err);
    return rc;
}

enum im_code text_draw_look(struct text_fonts *fonts,
                            struct raster *raster,
                            const struct text_block *block,
                            float x_px,
                            float y_px,
                            const struct text_look *look,
                            struct im_error *err)
{
    struct drawing d = {fonts, raster, block, look, x_px, y_px, NULL, NULL};

    return draw(&d, err);
}

enum im_code text_draw_along(struct text_fonts *fonts,
                             struct raster *raster,
                             const struct text_block *block,
                             text_bend_fn *bend,
                             void *ctx,
                             const struct text_look *look,
                             struct im_error *err)
{
    struct drawing d = {fonts, raster, block, look, 0, 0, bend, ctx};

    return draw(&d, err);
}

enum im_code text_draw(struct text_fonts *fonts,
                       struct raster *raster,
                       const struct text_block *block,
                       float x_px,
                       float y_px,
                       struct draw_color fill,
                       struct draw_color halo,
                       float halo_px,
                       struct im_error *err)
{
    struct text_look look = {.fill = fill, .halo = halo, .halo_px = halo_px};

    return text_draw_look(fonts, raster, block, x_px, y_px, &look, err);
}
