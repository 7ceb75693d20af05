/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as PNG (ISO/IEC 15948) through libpng, with a palette or with all colours.
 */
#include "picture_writer.h"

#include "pixel.h"

#include <png.h>
#include <stdlib.h>

/* what one picture takes on the way through libpng */
struct png_job {
    png_structp png;
    png_infop info;
    struct im_buf *out;
    char message[80];
};

static void on_error(png_structp png, png_const_charp message)
{
    struct png_job *job = png_get_error_ptr(png);

    (void)snprintf(job->message, sizeof job->message, "%s", message);
    png_longjmp(png, 1); /* back into write_png, the only way libpng offers */
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_write(png_structp png, png_bytep data, size_t len)
{
    struct png_job *job = png_get_io_ptr(png);

    im_buf_append(job->out, data, len); /* a failure is found once at the end */
}

static void on_flush(png_structp png)
{
    (void)png;
}

static int bit_depth(uint32_t n_colors)
{
    return n_colors <= 2 ? 1 : n_colors <= 4 ? 2 : n_colors <= 16 ? 4 : 8;
}

/** Straight colours: PNG knows no premultiplied ones (12.1). */
static void set_colors(struct png_job *job, const struct palette *palette)
{
    png_color colors[PALETTE_MAX] = {0};
    png_byte alpha[PALETTE_MAX] = {0};
    int n_alpha = 0;

    for (uint32_t i = 0; i < palette->n; i++) {
        uint8_t px[4];

        pixel_straight(palette->rgba[i], px);
        colors[i] = (png_color){px[0], px[1], px[2]};
        alpha[i] = px[3];
        if (px[3] != 255)
            n_alpha = (int)i + 1;
    }
    png_set_PLTE(job->png, job->info, colors, (int)palette->n);
    if (n_alpha)
        png_set_tRNS(job->png, job->info, alpha, n_alpha, NULL);
}

/** What goes into the rows. */
struct pixels {
    const uint8_t *rows;
    size_t width; /* bytes of a row, or pixels of one byte each with a palette */
    const struct palette *palette;
};

/** Indices of less than a byte: the first pixel is the highest (7.2). */
static void pack_row(const uint8_t *index, size_t n, int depth, uint8_t *out)
{
    int per_byte = 8 / depth;

    for (size_t i = 0; i < n; i += (size_t)per_byte) {
        uint32_t byte = 0;

        for (int k = 0; k < per_byte; k++)
            byte = byte << depth | (i + (size_t)k < n ? index[i + (size_t)k] : 0);
        *out++ = (uint8_t)byte;
    }
}

/** The rows as they are compressed, each after its filter type 0 (9.2). */
static size_t
lay_out(const struct raster *raster, const struct pixels *pixels, uint8_t *out)
{
    int depth = pixels->palette ? bit_depth(pixels->palette->n) : 8;
    size_t packed = (pixels->width * (size_t)depth + 7) / 8;

    for (uint32_t y = 0; y < raster->height_px; y++, out += packed + 1) {
        const uint8_t *row = pixels->rows + y * pixels->width;

        out[0] = 0;
        if (depth == 8)
            memcpy(out + 1, row, packed);
        else
            pack_row(row, pixels->width, depth, out + 1);
    }
    return (packed + 1) * raster->height_px;
}

/** False when libpng gave up; then job->message says why. Nothing here owns memory.
 *  libpng writes the file; libdeflate has compressed the rows, in less than half the
 *  time that libpng takes with zlib (STACK 4). */
static bool write_png(struct png_job *job,
                      const struct raster *raster,
                      const struct palette *palette,
                      struct im_bytes rows)
{
    static const png_byte IDAT[5] = "IDAT";
    static const png_byte IEND[5] = "IEND";

    if (setjmp(png_jmpbuf(job->png)))
        return false;
    png_set_write_fn(job->png, job, on_write, on_flush);
    png_set_IHDR(job->png, job->info, raster->width_px, raster->height_px,
                 palette ? bit_depth(palette->n) : 8,
                 palette ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_RGB_ALPHA,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (palette)
        set_colors(job, palette);
    png_write_info(job->png, job->info);
    png_write_chunk(job->png, IDAT, rows.data, rows.len);
    png_write_chunk(job->png, IEND, NULL, 0);
    return true;
}

static enum im_code fail_memory(const struct raster *raster, struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "PNG of %u x %u pixels", raster->width_px,
                   raster->height_px);
}

static enum im_code write_file(const struct raster *raster,
                               const struct palette *palette,
                               struct im_bytes rows,
                               struct im_buf *out,
                               struct im_error *err)
{
    struct png_job job = {.out = out};
    enum im_code rc;

    job.png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
    if (job.png)
        job.info = png_create_info_struct(job.png);
    if (!job.info)
        rc = fail_memory(raster, err);
    else if (!write_png(&job, raster, palette, rows))
        rc = im_fail(err, IM_ENOMEM, "libpng: %s", job.message);
    else
        rc = im_buf_check(out, "PNG", err);
    png_destroy_write_struct(&job.png, &job.info);
    return rc;
}

/** The compressor of this level; NULL when memory runs out. */
static struct libdeflate_compressor *compressor_of(struct picture_writer *w, int level)
{
    if (w->level != level) {
        libdeflate_free_compressor(w->compressor);
        w->compressor = libdeflate_alloc_compressor(level);
        w->level = w->compressor ? level : 0;
    }
    return w->compressor;
}

static enum im_code write_pixels(struct picture_writer *w,
                                 const struct raster *raster,
                                 const struct pixels *pixels,
                                 int level,
                                 struct im_buf *out,
                                 struct im_error *err)
{
    size_t most = (size_t)raster->height_px * (pixels->width + 1);
    struct libdeflate_compressor *compressor = compressor_of(w, level);
    size_t bound;
    uint8_t *raw;

    if (!compressor)
        return fail_memory(raster, err);
    bound = libdeflate_zlib_compress_bound(compressor, most);
    raw = picture_writer_room(w, WRITER_ROWS, most + bound);
    if (!raw)
        return fail_memory(raster, err);
    size_t n = lay_out(raster, pixels, raw);
    size_t packed = libdeflate_zlib_compress(compressor, raw, n, raw + most, bound);
    return write_file(raster, pixels->palette, (struct im_bytes){raw + most, packed},
                      out, err);
}

static enum im_code check_level(int level, struct im_error *err)
{
    if (level >= 1 && level <= 9)
        return IM_OK;
    return im_fail(err, IM_EARG, "PNG compression level %d; it must be 1..9", level);
}

static enum im_code write_quantized(struct picture_writer *w,
                                    const struct raster *raster,
                                    int level,
                                    struct im_buf *out,
                                    struct im_error *err)
{
    struct palette palette;
    enum im_code rc;
    uint8_t *index;

    index = picture_writer_room(w, WRITER_PIXELS,
                                (size_t)raster->width_px * raster->height_px);
    if (!index)
        return fail_memory(raster, err);
    rc = quantize(w->quantizer, raster, &palette, index, err);
    if (rc != IM_OK)
        return rc;
    return write_pixels(w, raster, &(struct pixels){index, raster->width_px, &palette},
                        level, out, err);
}

/* ---- pictures of one colour ---- */

enum { PLAIN_MAX_BYTES = 64 * 1024 }; /* kept; of 256 px it takes some hundred */

static bool is_one_color(const struct raster *raster)
{
    size_t n = (size_t)raster->width_px * raster->height_px;

    return memcmp(raster->rgba, raster->rgba + 4, 4 * (n - 1)) == 0;
}

static bool
is_known(const struct plain_picture *plain, const struct raster *raster, int level)
{
    return plain->png.len && plain->level == level &&
           plain->width_px == raster->width_px &&
           plain->height_px == raster->height_px &&
           memcmp(plain->rgba, raster->rgba, 4) == 0;
}

/** What has been written from `start` on; without memory there is none to be known. */
static void know(struct plain_picture *plain,
                 const struct raster *raster,
                 int level,
                 const struct im_buf *out,
                 size_t start)
{
    plain->level = level;
    plain->width_px = raster->width_px;
    plain->height_px = raster->height_px;
    memcpy(plain->rgba, raster->rgba, 4);
    plain->png.max = PLAIN_MAX_BYTES;
    im_buf_clear(&plain->png);
    im_buf_append(&plain->png, out->data + start, out->len - start);
    if (plain->png.failed)
        im_buf_clear(&plain->png);
}

enum im_code png_write_palette(struct picture_writer *w,
                               const struct raster *raster,
                               int level,
                               struct im_buf *out,
                               struct im_error *err)
{
    enum im_code rc = check_level(level, err);
    size_t start = out->len;
    bool is_plain;

    if (rc != IM_OK)
        return rc;
    is_plain = is_one_color(raster);
    if (is_plain && is_known(&w->plain, raster, level)) {
        im_buf_append(out, w->plain.png.data, w->plain.png.len);
        return im_buf_check(out, "PNG", err);
    }
    rc = write_quantized(w, raster, level, out, err);
    if (rc == IM_OK && is_plain)
        know(&w->plain, raster, level, out, start);
    return rc;
}

enum im_code png_write_rgba(struct picture_writer *w,
                            const struct raster *raster,
                            int level,
                            struct im_buf *out,
                            struct im_error *err)
{
    enum im_code rc = check_level(level, err);
    size_t row = (size_t)raster->width_px * 4;
    uint8_t *straight;

    if (rc != IM_OK)
        return rc;
    straight = picture_writer_room(w, WRITER_PIXELS, row * raster->height_px);
    if (!straight)
        return fail_memory(raster, err);
    pixels_straight(raster, straight);
    return write_pixels(w, raster, &(struct pixels){straight, row, NULL}, level, out,
                        err);
}

enum im_code raster_write_png(const struct raster *raster,
                              int level,
                              struct im_buf *out,
                              struct im_error *err)
{
    struct picture_writer *w = picture_writer_new();
    enum im_code rc =
        w ? png_write_palette(w, raster, level, out, err) : fail_memory(raster, err);

    picture_writer_free(w);
    return rc;
}
