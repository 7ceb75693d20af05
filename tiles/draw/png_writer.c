/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as PNG (ISO/IEC 15948) through libpng, with a palette or with all colours.
 */
#include "png_writer.h"

#include "pixel.h"
#include "quantizer.h"

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
    size_t stride_bytes;
    const struct palette *palette; /* of one byte a pixel; NULL: straight RGBA */
};

/** False when libpng gave up; then job->message says why. Nothing here owns memory. */
static bool write_png(struct png_job *job,
                      const struct raster *raster,
                      const struct pixels *pixels,
                      int level)
{
    const struct palette *palette = pixels->palette;

    if (setjmp(png_jmpbuf(job->png)))
        return false;
    png_set_write_fn(job->png, job, on_write, on_flush);
    png_set_compression_level(job->png, level);
    png_set_filter(job->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_set_IHDR(job->png, job->info, raster->width_px, raster->height_px,
                 palette ? bit_depth(palette->n) : 8,
                 palette ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_RGB_ALPHA,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (palette)
        set_colors(job, palette);
    png_write_info(job->png, job->info);
    png_set_packing(job->png); /* indices come one a byte */
    for (uint32_t y = 0; y < raster->height_px; y++)
        png_write_row(job->png, pixels->rows + y * pixels->stride_bytes);
    png_write_end(job->png, NULL);
    return true;
}

static enum im_code fail_memory(const struct raster *raster, struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "PNG of %u x %u pixels", raster->width_px,
                   raster->height_px);
}

static enum im_code write_pixels(const struct raster *raster,
                                 const struct pixels *pixels,
                                 int level,
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
    else if (!write_png(&job, raster, pixels, level))
        rc = im_fail(err, IM_ENOMEM, "libpng: %s", job.message);
    else
        rc = im_buf_check(out, "PNG", err);
    png_destroy_write_struct(&job.png, &job.info);
    return rc;
}

static enum im_code check_level(int level, struct im_error *err)
{
    if (level >= 1 && level <= 9)
        return IM_OK;
    return im_fail(err, IM_EARG, "PNG compression level %d; it must be 1..9", level);
}

enum im_code raster_write_png(const struct raster *raster,
                              int level,
                              struct im_buf *out,
                              struct im_error *err)
{
    enum im_code rc = check_level(level, err);
    struct palette palette;
    uint8_t *index;

    if (rc != IM_OK)
        return rc;
    index = malloc((size_t)raster->width_px * raster->height_px);
    if (!index)
        return fail_memory(raster, err);
    rc = quantize(raster, &palette, index, err);
    if (rc == IM_OK)
        rc = write_pixels(raster, &(struct pixels){index, raster->width_px, &palette},
                          level, out, err);
    free(index);
    return rc;
}

enum im_code raster_write_png_rgba(const struct raster *raster,
                                   int level,
                                   struct im_buf *out,
                                   struct im_error *err)
{
    enum im_code rc = check_level(level, err);
    size_t stride = (size_t)raster->width_px * 4;
    uint8_t *straight;

    if (rc != IM_OK)
        return rc;
    straight = malloc(stride * raster->height_px);
    if (!straight)
        return fail_memory(raster, err);
    pixels_straight(raster, straight);
    rc =
        write_pixels(raster, &(struct pixels){straight, stride, NULL}, level, out, err);
    free(straight);
    return rc;
}
