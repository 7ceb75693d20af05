/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the fonts; drawing glyphs and their halos into the cache. */
#include "text_fonts.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

#include FT_GLYPH_H
#include FT_OUTLINE_H
#include <hb-ot.h>

#define DEBIAN_FONTS "/usr/share/fonts/opentype/noto"

enum {
    SIMPLIFIED_CHINESE = 2, /* face of the collections: JP, KR, SC, TC, HK, ... */
    MAX_PATH = 1024,
    MAX_SIDE_PX = 4096
};

/* Light hinting moves strokes in y only, onto whole rows: looked at for 10 to 20 px,
 * the horizontal strokes of Chinese are crisper than unhinted, and quarters of a pixel
 * in x stay possible. */
enum { LOAD_FLAGS = FT_LOAD_NO_BITMAP | FT_LOAD_TARGET_LIGHT };

static enum im_code
font_missing(struct im_error *err, const char *path, const char *reason)
{
    im_fail(err, IM_EENV,
            "font file '%s': %s; install it with: apt-get install fonts-noto-cjk", path,
            reason);
    return im_zh(err, IM_EENV,
                 "字体文件 '%s' 无法使用：%s；请安装：apt-get install fonts-noto-cjk",
                 path, reason);
}

static enum im_code font_open(FT_Library library,
                              const char *directory,
                              const char *file,
                              struct text_font *font,
                              struct im_error *err)
{
    char path[MAX_PATH];
    int n = snprintf(path, sizeof path, "%s/%s", directory, file);
    unsigned length;

    if (n < 0 || n >= MAX_PATH)
        return im_fail(err, IM_EARG, "font folder name of over %d bytes", MAX_PATH);
    if (access(path, R_OK) != 0)
        return font_missing(err, path, strerror(errno));
    font->file = hb_blob_create_from_file_or_fail(path);
    if (!font->file)
        return font_missing(err, path, "it cannot be read");
    const char *data = hb_blob_get_data(font->file, &length);
    if (FT_New_Memory_Face(library, (const FT_Byte *)data, (FT_Long)length,
                           SIMPLIFIED_CHINESE, &font->face) != 0)
        return font_missing(err, path,
                            "it has no third face, Simplified Chinese, as the Noto CJK "
                            "collections have");
    hb_face_t *face = hb_face_create(font->file, SIMPLIFIED_CHINESE);
    font->units_per_em = (float)hb_face_get_upem(face);
    font->shaper = hb_font_create(face); /* in font units: one shaper for all sizes */
    hb_face_destroy(face);
    if (!FT_IS_SCALABLE(font->face) || !(font->units_per_em > 0))
        return font_missing(err, path, "it has no outlines");
    return IM_OK;
}

enum im_code
text_fonts_open(const char *directory, struct text_fonts **out, struct im_error *err)
{
    static const char *const files[TEXT_WEIGHTS] = {
        [TEXT_REGULAR] = "NotoSansCJK-Regular.ttc",
        [TEXT_BOLD] = "NotoSansCJK-Bold.ttc",
    };
    enum im_code rc = IM_OK;
    struct text_fonts *fonts = calloc(1, sizeof *fonts);

    if (fonts) {
        fonts->glyphs = lru_cache_new(TEXT_CACHE_BYTES);
        fonts->buffer = hb_buffer_create();
    }
    if (!fonts || !fonts->glyphs || !hb_buffer_allocation_successful(fonts->buffer) ||
        FT_Init_FreeType(&fonts->library) != 0 ||
        FT_Stroker_New(fonts->library, &fonts->stroker) != 0) {
        rc = im_fail(err, IM_ENOMEM, "fonts");
        goto done;
    }
    for (int i = 0; i < TEXT_WEIGHTS && rc == IM_OK; i++)
        rc = font_open(fonts->library, directory ? directory : DEBIAN_FONTS, files[i],
                       &fonts->fonts[i], err);
    if (rc == IM_OK) {
        *out = fonts;
        fonts = NULL;
    }
done:
    text_fonts_close(fonts);
    return rc;
}

void text_fonts_close(struct text_fonts *fonts)
{
    if (!fonts)
        return;
    for (int i = 0; i < TEXT_WEIGHTS; i++) {
        hb_font_destroy(fonts->fonts[i].shaper); /* NULL is fine */
        FT_Done_Face(fonts->fonts[i].face);
        hb_blob_destroy(fonts->fonts[i].file);
    }
    hb_buffer_destroy(fonts->buffer);
    FT_Stroker_Done(fonts->stroker);
    FT_Done_FreeType(fonts->library);
    lru_cache_free(fonts->glyphs);
    free(fonts);
}

/** Whole pixels around an outline, in 26.6. */
static FT_BBox pixel_box(const FT_Outline *outline)
{
    FT_BBox box;

    FT_Outline_Get_CBox(outline, &box);
    box.xMin &= ~63L;
    box.yMin &= ~63L;
    box.xMax = (box.xMax + 63) & ~63L;
    box.yMax = (box.yMax + 63) & ~63L;
    return box;
}

/** Add an outline to a bitmap that covers `box`: the larger coverage stays. */
static bool
render(FT_Library library, FT_Outline *outline, FT_BBox box, struct glyph_bitmap *out)
{
    size_t n = (size_t)out->width * out->height;
    uint8_t *pixels = calloc(n ? n : 1, 1);
    FT_Bitmap bitmap = {.rows = out->height,
                        .width = out->width,
                        .pitch = (int)out->width,
                        .buffer = pixels,
                        .num_grays = 256,
                        .pixel_mode = FT_PIXEL_MODE_GRAY};

    if (!pixels)
        return false;
    FT_Outline_Translate(outline, -box.xMin, -box.yMin);
    bool ok = n == 0 || FT_Outline_Get_Bitmap(library, outline, &bitmap) == 0;
    for (size_t i = 0; i < n && ok; i++)
        if (pixels[i] > out->coverage[i])
            out->coverage[i] = pixels[i];
    free(pixels);
    return ok;
}

/** The outline of key's glyph at its phase in the face's slot; NULL: it has none. */
static FT_Outline *load_outline(struct text_font *font, const struct glyph_key *key)
{
    if (font->size_26_6 != key->size_26_6) {
        font->size_26_6 = 0;
        if (FT_Set_Char_Size(font->face, 0, key->size_26_6, 72, 72) != 0)
            return NULL;
        font->size_26_6 = key->size_26_6;
    }
    /* hinting is for upright glyphs */
    if (FT_Load_Glyph(font->face, key->glyph,
                      key->angle ? FT_LOAD_NO_BITMAP | FT_LOAD_NO_HINTING
                                 : LOAD_FLAGS) != 0 ||
        font->face->glyph->format != FT_GLYPH_FORMAT_OUTLINE ||
        font->face->glyph->outline.n_points == 0)
        return NULL;
    if (key->angle) {
        double a = 2 * M_PI * key->angle / TEXT_ANGLES;
        FT_Fixed c = (FT_Fixed)lrint(cos(a) * 65536);
        FT_Fixed s = (FT_Fixed)lrint(sin(a) * 65536);
        /* y up: clockwise is negative */
        FT_Matrix turn = {c, s, -s, c};

        FT_Outline_Transform(&font->face->glyph->outline, &turn);
    }
    FT_Outline_Translate(&font->face->glyph->outline,
                         (FT_Pos)(key->phase * 64 / TEXT_PHASES),
                         -(FT_Pos)(key->phase_y * 64 / TEXT_PHASES));
    return &font->face->glyph->outline;
}

/** A stroke of the halo's radius along the outline; NULL: out of memory. */
static FT_Glyph
stroke_outline(struct text_fonts *fonts, const struct glyph_key *key, FT_GlyphSlot slot)
{
    FT_Glyph glyph = NULL;

    FT_Stroker_Set(fonts->stroker, key->halo_26_6, FT_STROKER_LINECAP_ROUND,
                   FT_STROKER_LINEJOIN_ROUND, 0);
    if (FT_Get_Glyph(slot, &glyph) != 0)
        return NULL;
    if (FT_Glyph_Stroke(&glyph, fonts->stroker, 1) != 0) {
        FT_Done_Glyph(glyph);
        return NULL;
    }
    return glyph;
}

/** Mean over `2 * reach + 1` pixels of a row or column of `n`, `step` bytes apart; the
 *  outermost ones with a part of their weight, so that every width is possible. */
static void
blur_run(uint8_t *pixels, uint32_t n, size_t step, float reach, uint8_t *copy)
{
    int32_t whole = (int32_t)reach;
    float rest = reach - (float)whole;
    float norm = 1 / (2 * reach + 1);

    for (uint32_t i = 0; i < n; i++)
        copy[i] = pixels[i * step];
    for (int32_t i = 0; i < (int32_t)n; i++) {
        float sum = 0;

        for (int32_t k = i - whole - 1; k <= i + whole + 1; k++)
            if (k >= 0 && k < (int32_t)n)
                sum += (float)copy[k] * (k < i - whole || k > i + whole ? rest : 1);
        pixels[(size_t)i * step] = (uint8_t)(sum * norm + 0.5f);
    }
}

static bool blur(struct glyph_bitmap *b, int32_t blur_26_6)
{
    float reach = (float)blur_26_6 / 128;
    uint8_t *copy = malloc((size_t)b->width + b->height + 1);

    if (!copy)
        return false;
    for (uint32_t y = 0; y < b->height; y++)
        blur_run(b->coverage + (size_t)y * b->width, b->width, 1, reach, copy);
    for (uint32_t x = 0; x < b->width; x++)
        blur_run(b->coverage + x, b->height, b->width, reach, copy);
    free(copy);
    return true;
}

static enum im_code draw_glyph(struct text_fonts *fonts,
                               const struct glyph_key *key,
                               const struct glyph_bitmap **out,
                               struct im_error *err)
{
    enum im_code rc = IM_OK;
    struct text_font *font = &fonts->fonts[key->weight];
    FT_Outline *fill = load_outline(font, key);
    FT_Outline *stroke = NULL;
    FT_Glyph halo = NULL;
    FT_BBox box = {0, 0, 0, 0};
    struct glyph_bitmap *bitmap;

    if (fill && key->halo_26_6 > 0) {
        halo = stroke_outline(fonts, key, font->face->glyph);
        if (!halo)
            return im_fail(err, IM_ENOMEM, "halo of a glyph");
        stroke = &((FT_OutlineGlyph)(void *)halo)->outline;
    }
    if (fill)
        box = pixel_box(stroke ? stroke : fill);
    if (stroke && key->blur_26_6 > 0) {
        FT_Pos room = (key->blur_26_6 / 2 + 127) & ~63;

        box.xMin -= room;
        box.yMin -= room;
        box.xMax += room;
        box.yMax += room;
    }
    if (box.xMax - box.xMin > MAX_SIDE_PX * 64 ||
        box.yMax - box.yMin > MAX_SIDE_PX * 64)
        box = (FT_BBox){0, 0, 0, 0}; /* a damaged font: nothing to see */
    size_t n =
        (size_t)((box.xMax - box.xMin) / 64) * (size_t)((box.yMax - box.yMin) / 64);
    bitmap = lru_cache_add(fonts->glyphs, key, sizeof *key, sizeof *bitmap + n);
    if (!bitmap) {
        rc = im_fail(err, IM_ENOMEM, "bitmap of a glyph");
        goto done;
    }
    memset(bitmap, 0, sizeof *bitmap + n);
    bitmap->left = (int32_t)(box.xMin / 64);
    bitmap->top = (int32_t)(box.yMax / 64);
    bitmap->width = (uint32_t)((box.xMax - box.xMin) / 64);
    bitmap->height = (uint32_t)((box.yMax - box.yMin) / 64);
    if (n && (!render(fonts->library, fill, box, bitmap) ||
              (stroke && !render(fonts->library, stroke, box, bitmap)) ||
              (stroke && key->blur_26_6 > 0 && !blur(bitmap, key->blur_26_6)))) {
        rc = im_fail(err, IM_ENOMEM, "bitmap of a glyph");
        goto done; /* an empty or half bitmap stays in the cache: still a valid one */
    }
    *out = bitmap;
done:
    if (halo)
        FT_Done_Glyph(halo);
    return rc;
}

enum im_code glyph_bitmap(struct text_fonts *fonts,
                          const struct glyph_key *key,
                          const struct glyph_bitmap **out,
                          struct im_error *err)
{
    *out = lru_cache_find(fonts->glyphs, key, sizeof *key);
    return *out ? IM_OK : draw_glyph(fonts, key, out, err);
}
