/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as palette PNG (ISO/IEC 15948) through libpng. */
#include "quantizer.h"

#include <png.h>

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
        const uint8_t *px = palette->rgba[i];
        uint32_t a = px[3];
        uint8_t rgb[3] = {0, 0, 0};

        for (int c = 0; c < 3 && a; c++)
            rgb[c] = (uint8_t)((px[c] * 255u + a / 2) / a);
        colors[i] = (png_color){rgb[0], rgb[1], rgb[2]};
        alpha[i] = (png_byte)a;
        if (a != 255)
            n_alpha = (int)i + 1;
    }
    png_set_PLTE(job->png, job->info, colors, (int)palette->n);
    if (n_alpha)
        png_set_tRNS(job->png, job->info, alpha, n_alpha, NULL);
}

/** False when libpng gave up; then job->message says why. Nothing here owns memory. */
static bool write_png(struct png_job *job,
                      const struct raster *raster,
                      const struct palette *palette,
                      const uint8_t *index,
                      int level)
{
    if (setjmp(png_jmpbuf(job->png)))
        return false;
    png_set_write_fn(job->png, job, on_write, on_flush);
    png_set_compression_level(job->png, level);
    png_set_filter(job->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_set_IHDR(job->png, job->info, raster->width_px, raster->height_px,
                 bit_depth(palette->n), PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    set_colors(job, palette);
    png_write_info(job->png, job->info);
    png_set_packing(job->png); /* indices come one a byte */
    for (uint32_t y = 0; y < raster->height_px; y++)
        png_write_row(job->png, index + (size_t)y * raster->width_px);
    png_write_end(job->png, NULL);
    return true;
}

enum im_code raster_write_png(const struct raster *raster,
                              int level,
                              struct im_buf *out,
                              struct im_error *err)
{
    enum im_code rc = IM_OK;
    struct palette palette;
    struct png_job job = {.out = out};
    uint8_t *index = malloc((size_t)raster->width_px * raster->height_px);

    if (level < 1 || level > 9) {
        rc = im_fail(err, IM_EARG, "PNG compression level %d; it must be 1..9", level);
        goto done;
    }
    job.png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
    if (job.png)
        job.info = png_create_info_struct(job.png);
    if (!index || !job.info) {
        rc = im_fail(err, IM_ENOMEM, "PNG of %u x %u pixels", raster->width_px,
                     raster->height_px);
        goto done;
    }
    rc = quantize(raster, &palette, index, err);
    if (rc != IM_OK)
        goto done;
    if (!write_png(&job, raster, &palette, index, level))
        rc = im_fail(err, IM_ENOMEM, "libpng: %s", job.message);
    else
        rc = im_buf_check(out, "PNG", err);
done:
    png_destroy_write_struct(&job.png, &job.info);
    free(index);
    return rc;
}
