/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as WebP (RFC 9649) or JPEG (ITU-T T.81); PNG has a file of its own. */
#include "picture_writer.h"

#include "pixel.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <webp/encode.h>

enum {
    WEBP_QUALITY = 80,
    WEBP_METHOD = 1, /* 0 fastest .. 6: a tile is drawn while somebody waits */
    JPEG_QUALITY = 85
};

static enum im_code no_memory(const struct raster *raster, struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "picture of %u x %u pixels", raster->width_px,
                   raster->height_px);
}

struct picture_writer *picture_writer_new(void)
{
    struct picture_writer *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->quantizer = quantizer_new();
    if (!w->quantizer) {
        free(w);
        return NULL;
    }
    return w;
}

void picture_writer_free(struct picture_writer *w)
{
    if (!w)
        return;
    quantizer_free(w->quantizer);
    libdeflate_free_compressor(w->compressor);
    im_buf_release(&w->plain.png);
    for (int i = 0; i < WRITER_ROOMS; i++)
        free(w->rooms[i].bytes);
    free(w);
}

uint8_t *
picture_writer_room(struct picture_writer *w, enum writer_room which, size_t size)
{
    if (size > w->rooms[which].size) {
        free(w->rooms[which].bytes); /* nothing to keep */
        w->rooms[which].bytes = malloc(size);
        w->rooms[which].size = w->rooms[which].bytes ? size : 0;
    }
    return w->rooms[which].bytes;
}

void pixels_straight(const struct raster *raster, uint8_t *out)
{
    size_t n = (size_t)raster->width_px * raster->height_px;

    for (size_t i = 0; i < n; i++)
        pixel_straight(raster->rgba + 4 * i, out + 4 * i);
}

/* ---- WebP ---- */

static int append_webp(const uint8_t *data, size_t len, const WebPPicture *picture)
{
    struct im_buf *out = picture->custom_ptr;

    im_buf_append(out, data, len);
    return !out->failed;
}

static enum im_code write_webp(struct picture_writer *w,
                               const struct raster *raster,
                               struct im_buf *out,
                               struct im_error *err)
{
    uint8_t *straight = picture_writer_room(
        w, WRITER_PIXELS, (size_t)raster->width_px * raster->height_px * 4);
    enum im_code rc = IM_OK;
    WebPConfig config;
    WebPPicture picture;

    if (!straight || !WebPConfigInit(&config) || !WebPPictureInit(&picture))
        return no_memory(raster, err);
    config.quality = WEBP_QUALITY;
    config.method = WEBP_METHOD;
    picture.width = (int)raster->width_px;
    picture.height = (int)raster->height_px;
    picture.writer = append_webp;
    picture.custom_ptr = out;
    pixels_straight(raster, straight);
    if (!WebPPictureImportRGBA(&picture, straight, (int)raster->width_px * 4))
        rc = no_memory(raster, err);
    else if (!WebPEncode(&config, &picture) && !out->failed)
        rc = im_fail(err, IM_ENOMEM, "libwebp: error %d", (int)picture.error_code);
    WebPPictureFree(&picture);
    return rc == IM_OK ? im_buf_check(out, "WebP", err) : rc;
}

/* ---- JPEG ---- */

struct jpeg_job {
    struct jpeg_error_mgr errors; /* first: libjpeg gives back a pointer to it */
    jmp_buf back;
    struct jpeg_compress_struct info;
    unsigned char *bytes;
    unsigned long n_bytes;
    char message[JMSG_LENGTH_MAX];
};

static void on_error(j_common_ptr info)
{
    struct jpeg_job *job = (struct jpeg_job *)info->err;

    job->errors.format_message(info, job->message);
    longjmp(job->back, 1); /* the only way libjpeg offers */
}

static void on_message(j_common_ptr info)
{
    (void)info;
}

/** A row on the background, three bytes a pixel. */
static void
flatten(const uint8_t *px, uint32_t n, const uint8_t ground[3], uint8_t *out)
{
    for (uint32_t i = 0; i < n; i++, px += 4, out += 3)
        for (int c = 0; c < 3; c++)
            out[c] = (uint8_t)(px[c] + pixel_div255(ground[c] * (255u - px[3])));
}

/** False when libjpeg gave up; then job->message says why. `row` is the caller's. */
static bool compress_rows(struct jpeg_job *job,
                          const struct raster *raster,
                          const uint8_t ground[3],
                          uint8_t *row)
{
    struct jpeg_compress_struct *info = &job->info;

    if (setjmp(job->back))
        return false;
    jpeg_create_compress(info);
    jpeg_mem_dest(info, &job->bytes, &job->n_bytes);
    info->image_width = raster->width_px;
    info->image_height = raster->height_px;
    info->input_components = 3;
    info->in_color_space = JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, JPEG_QUALITY, TRUE);
    jpeg_start_compress(info, TRUE);
    while (info->next_scanline < info->image_height) {
        flatten(raster->rgba + (size_t)info->next_scanline * raster->width_px * 4,
                raster->width_px, ground, row);
        (void)jpeg_write_scanlines(info, &row, 1);
    }
    jpeg_finish_compress(info);
    return true;
}

static enum im_code write_jpeg(struct picture_writer *w,
                               const struct raster *raster,
                               struct draw_color background,
                               struct im_buf *out,
                               struct im_error *err)
{
    struct pixel_paint ground = pixel_paint_of(background);
    uint8_t *row = picture_writer_room(w, WRITER_ROWS, (size_t)raster->width_px * 3);
    struct jpeg_job job = {0};
    enum im_code rc;

    if (!row)
        return no_memory(raster, err);
    job.info.err = jpeg_std_error(&job.errors);
    job.errors.error_exit = on_error;
    job.errors.output_message = on_message;
    if (compress_rows(&job, raster, ground.rgb1, row)) {
        im_buf_append(out, job.bytes, job.n_bytes);
        rc = im_buf_check(out, "JPEG", err);
    } else {
        rc = im_fail(err, IM_ENOMEM, "libjpeg: %s", job.message);
    }
    jpeg_destroy_compress(&job.info);
    free(job.bytes);
    return rc;
}

enum im_code raster_write(struct picture_writer *writer,
                          const struct raster *raster,
                          const struct raster_encoding *encoding,
                          struct im_buf *out,
                          struct im_error *err)
{
    switch (encoding->format) {
    case PICTURE_WEBP:
        return write_webp(writer, raster, out, err);
    case PICTURE_JPEG:
        return write_jpeg(writer, raster, encoding->background, out, err);
    case PICTURE_PNG:
        break;
    }
    return encoding->rgba
               ? png_write_rgba(writer, raster, encoding->level, out, err)
               : png_write_palette(writer, raster, encoding->level, out, err);
}
