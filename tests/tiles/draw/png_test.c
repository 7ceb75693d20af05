/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/draw/png_writer.c and quantizer.c. */
#include <test.h>

#include <picture_writer.h>
#include <support/golden.h>

#include "reference.h"

#include <math.h>

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <webp/decode.h>

static struct raster new_raster(uint32_t width, uint32_t height)
{
    struct raster raster;
    struct im_error err = {0};

    assert_int_equal(raster_init(&raster, width, height, &err), IM_OK);
    return raster;
}

static struct im_buf write_png(const struct raster *raster, int level)
{
    struct im_buf out = {.max = 16 << 20};
    struct im_error err = {0};

    if (raster_write_png(raster, level, &out, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return out;
}

static struct raster read_png(const struct im_buf *png)
{
    struct raster raster;

    assert_true(golden_decode(im_buf_bytes(png), &raster));
    return raster;
}

/** Bits of a palette index, from the header (ISO/IEC 15948, 11.2.2). */
static int depth_of(const struct im_buf *png)
{
    assert_true(png->len > 26);
    assert_int_equal(png->data[25], 3); /* colour type: palette */
    return png->data[24];
}

/** `n` different colours, a third of them not opaque. */
static void paint_colors(struct raster *raster, uint32_t n)
{
    for (uint32_t i = 0; i < raster->width_px * raster->height_px; i++) {
        uint32_t k = (i / 3) % n;
        uint8_t alpha = (uint8_t)(k % 3 ? 255 : k * 255 / (n < 2 ? 2 : n));
        uint8_t *px = raster->rgba + 4 * (size_t)i;

        px[0] = (uint8_t)(k & alpha);
        px[1] = (uint8_t)(alpha / 2);
        px[2] = (uint8_t)(alpha - px[0]);
        px[3] = alpha;
    }
}

/** Land, roads, areas, half transparent fills and many fine lines: as a map would. */
static void paint_map(struct raster *raster, struct test_random *random, double alpha)
{
    struct draw_scratch *scratch = draw_scratch_new();
    struct im_error err = {0};

    raster_clear(raster, (struct draw_color){0.95f, 0.94f, 0.91f, (float)alpha});
    for (int i = 0; i < 160; i++) {
        float xy[2 * 24];
        uint32_t n = 24;
        struct draw_path path = {.xy = xy, .part_end = &n, .n_parts = 1};
        struct draw_color color = {(float)test_random_in(random, 0.3, 1),
                                   (float)test_random_in(random, 0.3, 1),
                                   (float)test_random_in(random, 0.3, 1),
                                   (float)test_random_in(random, 0.3, 1)};
        struct draw_stroke stroke = {.width_px = (float)test_random_in(random, 0.5, 4),
                                     .join = DRAW_JOIN_ROUND,
                                     .closed = i % 3 != 0};

        random_star(random, test_random_in(random, 0, raster->width_px),
                    test_random_in(random, 0, raster->height_px),
                    test_random_in(random, 3, 40), n, xy);
        if (i % 4 == 0)
            assert_int_equal(draw_fill(scratch, raster, &path, color, &err), IM_OK);
        else
            assert_int_equal(draw_line(scratch, raster, &path, &stroke, color, &err),
                             IM_OK);
    }
    draw_scratch_free(scratch);
}

static double psnr(const struct raster *a, const struct raster *b)
{
    size_t n = (size_t)a->width_px * a->height_px * 4;
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (a->rgba[i] - b->rgba[i]) * (a->rgba[i] - b->rgba[i]);
    return sum > 0 ? 10 * log10(255.0 * 255 * (double)n / sum) : HUGE_VAL;
}

TEST(up_to_256_colours_are_kept_exactly)
{
    static const struct {
        uint32_t n;
        int depth;
    } cases[] = {{1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 4}, {16, 4}, {17, 8}, {256, 8}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct raster raster = new_raster(67, 41); /* rows end inside a byte */
        paint_colors(&raster, cases[i].n);
        struct im_buf png = write_png(&raster, 6);
        struct raster decoded = read_png(&png);

        assert_int_equal(depth_of(&png), cases[i].depth);
        assert_int_equal(decoded.width_px, 67);
        assert_int_equal(decoded.height_px, 41);
        assert_memory_equal(decoded.rgba, raster.rgba, 67 * 41 * 4);
        im_buf_release(&png);
        raster_release(&decoded);
        raster_release(&raster);
    }
}

TEST(empty_and_plain_tiles_are_tiny)
{
    struct raster raster = new_raster(256, 256);
    struct im_buf empty = write_png(&raster, 3);

    raster_clear(&raster, (struct draw_color){0.6f, 0.8f, 0.9f, 1});
    struct im_buf plain = write_png(&raster, 3);
    assert_true(empty.len < 150);
    assert_true(plain.len < 150);
    assert_int_equal(depth_of(&empty), 1);
    im_buf_release(&empty);
    im_buf_release(&plain);
    raster_release(&raster);
}

TEST(a_writer_that_knows_a_plain_picture_writes_the_same)
{
    static const struct draw_color colors[] = {
        {0, 0, 0, 0}, {0.5f, 0.25f, 1, 1}, {0.5f, 0.25f, 1, 0.5f}};
    struct picture_writer *w = picture_writer_new();
    struct im_error err = {0};

    assert_non_null(w);
    for (uint32_t i = 0; i < 200; i++) { /* each follows each, also itself */
        struct raster raster = new_raster(i / 3 % 2 ? 16 : 24, i / 7 % 2 ? 16 : 1);
        int level = i / 5 % 2 ? 1 : 9;
        struct im_buf out = {.max = 1 << 20};

        raster_clear(&raster, colors[i / 2 % 3]);
        if (i % 11 == 0) /* not plain, but for its last pixel */
            raster.rgba[4 * (raster.width_px * raster.height_px - 1) + 3] ^= 1;
        struct im_buf expected = write_png(&raster, level);
        im_buf_append(&out, "before", 6);
        assert_int_equal(png_write_palette(w, &raster, level, &out, &err), IM_OK);
        assert_int_equal(out.len, expected.len + 6);
        assert_memory_equal(out.data + 6, expected.data, expected.len);
        im_buf_release(&expected);
        im_buf_release(&out);
        raster_release(&raster);
    }
    picture_writer_free(w);
}

TEST(a_map_picture_keeps_its_looks)
{
    struct test_random random = test_random_new(__func__);

    for (int round = 0; round < 4; round++) {
        struct raster raster = new_raster(256, 256);
        bool overlay = round % 2;

        paint_map(&raster, &random, overlay ? 0 : 1);
        struct im_buf png = write_png(&raster, 3);
        struct raster decoded = read_png(&png);
        double db = psnr(&raster, &decoded);

        /* 160 shapes in random colours are worse than any map: STACK 4 has 37.4 dB for
         * its dense scene and 45.5 dB for a typical tile. Random alpha is a fourth
         * dimension for the same 256 entries. */
        if (db < (overlay ? 30 : 35))
            fail_msg("round %d: %.1f dB", round, db);
        for (size_t i = 0; i < 256 * 256;
             i++) { /* clear and opaque stay what they are */
            uint8_t before = raster.rgba[4 * i + 3];
            uint8_t after = decoded.rgba[4 * i + 3];

            assert_int_equal(before == 0, after == 0);
            assert_int_equal(before == 255, after == 255);
        }
        im_buf_release(&png);
        raster_release(&decoded);
        raster_release(&raster);
    }
}

TEST(flat_areas_keep_their_colour_beside_close_ones)
{
    /* two greys three levels apart, and enough else to need more than 256 colours */
    struct test_random random = test_random_new(__func__);
    struct raster raster = new_raster(256, 256);
    const uint8_t land[4] = {245, 243, 238, 255};
    const uint8_t town[4] = {242, 240, 236, 255};

    paint_map(&raster, &random, 1);
    for (size_t y = 0; y < 256; y++)
        for (size_t x = 0; x < 60; x++)
            memcpy(raster.rgba + 4 * (y * 256 + x), y < 100 ? land : town, 4);
    struct im_buf png = write_png(&raster, 3);
    struct raster decoded = read_png(&png);
    assert_memory_equal(decoded.rgba + 4 * (50 * 256 + 30), land, 4);
    assert_memory_equal(decoded.rgba + 4 * (150 * 256 + 30), town, 4);
    im_buf_release(&png);
    raster_release(&decoded);
    raster_release(&raster);
}

TEST(the_decoded_picture_is_the_quantised_one)
{
    struct test_random random = test_random_new(__func__);
    struct raster raster = new_raster(200, 90);
    uint8_t *index = malloc(200 * 90);
    struct quantizer *q = quantizer_new();
    struct palette palette;
    struct im_error err = {0};

    paint_map(&raster, &random, 0.7);
    assert_non_null(q);
    assert_int_equal(quantize(q, &raster, &palette, index, &err), IM_OK);
    assert_false(palette.exact);
    assert_true(palette.n <= 256 && palette.n > 200);
    struct im_buf png = write_png(&raster, 9);
    struct raster decoded = read_png(&png);
    for (size_t i = 0; i < 200 * 90; i++)
        /* straight and back loses nothing: 255 / alpha >= 1 */
        assert_memory_equal(decoded.rgba + 4 * i, palette.rgba[index[i]], 4);
    for (uint32_t i = 0; i < palette.n; i++)
        for (int c = 0; c < 3; c++)
            assert_true(palette.rgba[i][c] <= palette.rgba[i][3]);
    free(index);
    quantizer_free(q);
    im_buf_release(&png);
    raster_release(&decoded);
    raster_release(&raster);
}

TEST(the_same_picture_gives_the_same_bytes)
{
    struct raster a = new_raster(128, 128);
    struct raster b = new_raster(128, 128);
    struct test_random one = {77};
    struct test_random two = {77};

    paint_map(&a, &one, 1);
    paint_map(&b, &two, 1);
    struct im_buf x = write_png(&a, 3);
    struct im_buf y = write_png(&b, 3);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.data, y.data, x.len);
    im_buf_release(&x);
    im_buf_release(&y);
    raster_release(&a);
    raster_release(&b);
}

TEST(noise_is_quantised_too)
{
    /* every pixel another colour, opaque, half and fully transparent */
    struct test_random random = test_random_new(__func__);
    struct raster raster = new_raster(300, 300);

    for (size_t i = 0; i < 300 * 300; i++) {
        uint8_t a = (uint8_t)test_random_next(&random);

        raster.rgba[4 * i + 3] = a;
        for (size_t c = 0; c < 3; c++)
            raster.rgba[4 * i + c] = (uint8_t)(test_random_next(&random) % (a + 1u));
    }
    struct im_buf png = write_png(&raster, 1);
    struct raster decoded = read_png(&png);
    assert_true(psnr(&raster, &decoded) > 20);
    im_buf_release(&png);
    raster_release(&decoded);
    raster_release(&raster);
}

TEST(what_cannot_be_written_is_refused)
{
    struct raster raster = new_raster(64, 64);
    struct im_buf small = {.max = 40};
    struct im_buf out = {.max = 1 << 20};
    struct im_error err = {0};

    assert_int_equal(raster_write_png(&raster, 0, &out, &err), IM_EARG);
    assert_int_equal(raster_write_png(&raster, 10, &out, &err), IM_EARG);
    assert_int_equal(out.len, 0);
    assert_int_equal(raster_write_png(&raster, 3, &small, &err), IM_ELIMIT);
    im_buf_release(&small);
    im_buf_release(&out);
    raster_release(&raster);
}

/* The picture as it is shown on the background: all that WebP and JPEG promise. Of
 * this one, all edges and strange colours, both lose some 7 of 255; a wrong channel or
 * background is over 20. */
static double
difference_on(const struct raster *raster, const uint8_t *rgba, const uint8_t ground[3])
{
    size_t n = (size_t)raster->width_px * raster->height_px;
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < 3; c++) {
            const uint8_t *px = raster->rgba + 4 * i;
            double mine = px[c] + ground[c] * (255 - px[3]) / 255.0;
            double theirs = rgba[4 * i + c] * rgba[4 * i + 3] / 255.0 +
                            ground[c] * (255 - rgba[4 * i + 3]) / 255.0;

            sum += fabs(mine - theirs);
        }
    return sum / (double)(3 * n);
}

TEST(every_format_shows_the_same_picture)
{
    static const uint8_t ground[3] = {204, 230, 255};
    struct test_random random = test_random_new(__func__);
    struct raster raster = new_raster(200, 120);
    struct picture_writer *w = picture_writer_new();
    struct raster_encoding encoding = {.level = 3, .background = {0.8f, 0.9f, 1, 0.3f}};
    struct im_buf out = {.max = 1 << 20};
    struct im_error err;
    int width;
    int height;

    assert_non_null(w);
    paint_map(&raster, &random, 0);
    encoding.rgba = true;
    assert_int_equal(raster_write(w, &raster, &encoding, &out, &err), IM_OK);
    struct raster decoded = read_png(&out);
    for (size_t i = 0; i < (size_t)200 * 120 * 4; i++)
        assert_true(abs(decoded.rgba[i] - raster.rgba[i]) <= 1);
    raster_release(&decoded);

    im_buf_clear(&out);
    encoding.format = PICTURE_WEBP;
    assert_int_equal(raster_write(w, &raster, &encoding, &out, &err), IM_OK);
    uint8_t *webp = WebPDecodeRGBA(out.data, out.len, &width, &height);
    assert_non_null(webp);
    assert_int_equal(width, 200);
    assert_int_equal(height, 120);
    assert_true(difference_on(&raster, webp, ground) < 10);
    WebPFree(webp);

    im_buf_clear(&out);
    encoding.format = PICTURE_JPEG;
    assert_int_equal(raster_write(w, &raster, &encoding, &out, &err), IM_OK);
    uint8_t *jpeg = malloc((size_t)200 * 120 * 4);
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, out.data, out.len);
    assert_int_equal(jpeg_read_header(&info, TRUE), JPEG_HEADER_OK);
    info.out_color_space = JCS_EXT_RGBA;
    assert_true(jpeg_start_decompress(&info));
    assert_int_equal(info.output_width, 200);
    while (info.output_scanline < info.output_height) {
        uint8_t *row = jpeg + (size_t)info.output_scanline * 800;

        assert_int_equal(jpeg_read_scanlines(&info, &row, 1), 1);
    }
    jpeg_destroy_decompress(&info);
    assert_true(difference_on(&raster, jpeg, ground) < 10);
    free(jpeg);

    struct im_buf small = {.max = 50};
    for (int format = PICTURE_PNG; format <= PICTURE_JPEG; format++) {
        encoding.format = (enum picture_format)format;
        im_buf_clear(&small);
        assert_int_equal(raster_write(w, &raster, &encoding, &small, &err), IM_ELIMIT);
    }
    im_buf_release(&small);
    im_buf_release(&out);
    picture_writer_free(w);
    raster_release(&raster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_to_256_colours_are_kept_exactly),
        cmocka_unit_test(empty_and_plain_tiles_are_tiny),
        cmocka_unit_test(a_writer_that_knows_a_plain_picture_writes_the_same),
        cmocka_unit_test(a_map_picture_keeps_its_looks),
        cmocka_unit_test(flat_areas_keep_their_colour_beside_close_ones),
        cmocka_unit_test(the_decoded_picture_is_the_quantised_one),
        cmocka_unit_test(the_same_picture_gives_the_same_bytes),
        cmocka_unit_test(noise_is_quantised_too),
        cmocka_unit_test(every_format_shows_the_same_picture),
        cmocka_unit_test(what_cannot_be_written_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
