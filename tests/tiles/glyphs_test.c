/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/glyphs.c (mapbox/glyph-pbf-composite, glyphs.proto). */
#include <test.h>

#include <tiles/glyphs.h>

#include <stdlib.h>

struct glyph {
    uint32_t id;
    struct im_bytes bitmap;
    uint32_t width, height, advance;
    int32_t left, top;
};

struct reader {
    const uint8_t *p;
    const uint8_t *end;
};

static uint64_t varint(struct reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        assert_true(r->p < r->end && shift < 64);
        value |= (uint64_t)(*r->p & 0x7F) << shift;
        if (!(*r->p++ & 0x80))
            return value;
    }
}

static struct reader message(struct reader *r)
{
    uint64_t len = varint(r);
    struct reader inner = {r->p, r->p + len};

    assert_true(len <= (uint64_t)(r->end - r->p));
    r->p += len;
    return inner;
}

static int32_t zigzag(uint64_t v)
{
    return (int32_t)((uint32_t)v >> 1 ^ (0 - ((uint32_t)v & 1)));
}

static struct glyph read_glyph(struct reader r)
{
    struct glyph g = {0};

    while (r.p < r.end) {
        uint64_t tag = varint(&r);

        if (tag == 0x12) {
            struct reader bytes = message(&r);
            g.bitmap = (struct im_bytes){bytes.p, (size_t)(bytes.end - bytes.p)};
            continue;
        }
        uint64_t v = varint(&r);
        switch (tag) {
        case 0x08:
            g.id = (uint32_t)v;
            break;
        case 0x18:
            g.width = (uint32_t)v;
            break;
        case 0x20:
            g.height = (uint32_t)v;
            break;
        case 0x28:
            g.left = zigzag(v);
            break;
        case 0x30:
            g.top = zigzag(v);
            break;
        case 0x38:
            g.advance = (uint32_t)v;
            break;
        default:
            fail_msg("tag %llu", (unsigned long long)tag);
        }
    }
    if (g.width)
        assert_int_equal(g.bitmap.len, (g.width + 6) * (g.height + 6));
    return g;
}

/* All glyphs of a range by code; returns how many there are. */
static unsigned read_range(struct im_bytes pbf, const char *name, struct glyph *out)
{
    struct reader r = {pbf.data, pbf.data + pbf.len};
    unsigned n = 0;

    assert_int_equal(varint(&r), 0x0a);
    struct reader stack = message(&r);
    assert_ptr_equal(r.p, r.end);
    while (stack.p < stack.end) {
        uint64_t tag = varint(&stack);
        struct reader inner = message(&stack);

        if (tag == 0x0a) {
            assert_memory_equal(inner.p, name, strlen(name));
        } else if (tag == 0x1a) {
            struct glyph g = read_glyph(inner);

            out[g.id % 256] = g;
            n++;
        }
    }
    return n;
}

TEST(latin_letters_have_their_shape_and_place)
{
    struct im_buf out = {.max = GLYPHS_MAX_BYTES};
    struct glyph glyphs[256] = {0};
    struct im_error err;

    assert_int_equal(
        glyphs_range_pbf(NULL, im_bytes_of("Open Sans Regular, Noto Sans Regular"), 0,
                         &out, &err),
        IM_OK);
    assert_true(read_range(im_buf_bytes(&out), "Noto Sans Regular", glyphs) > 180);
    const struct glyph *h = &glyphs['H'];
    /* capital height 0.733 em of 24 px, from the baseline up */
    assert_true(h->height >= 17 && h->height <= 19);
    assert_int_equal(h->top, (int32_t)h->height - 26);
    assert_true(h->left >= 1 && h->left <= 3);
    assert_true(h->advance > h->width && h->advance < 20);
    uint32_t stride = h->width + 6;
    /* 191 lies on the outline: in the stem more, in the corner of the border far less
     */
    assert_true(h->bitmap.data[(3 + h->height / 4) * stride + 3 + 1] > 191);
    assert_true(h->bitmap.data[0] < 120);
    /* between the stems, above the bar */
    assert_true(h->bitmap.data[(3 + 2) * stride + stride / 2] < 191);
    assert_int_equal(glyphs[' '].width, 0);
    assert_true(glyphs[' '].advance > 3);
    im_buf_release(&out);
}

TEST(bold_is_heavier)
{
    struct im_buf regular = {.max = GLYPHS_MAX_BYTES};
    struct im_buf bold = {.max = GLYPHS_MAX_BYTES};
    struct glyph glyphs[2][256] = {0};
    unsigned sum[2] = {0, 0};
    struct im_error err;

    assert_int_equal(
        glyphs_range_pbf(NULL, im_bytes_of("Noto Sans Regular"), 0, &regular, &err),
        IM_OK);
    assert_int_equal(
        glyphs_range_pbf(NULL, im_bytes_of("Noto Sans Bold"), 0, &bold, &err), IM_OK);
    read_range(im_buf_bytes(&regular), "Noto Sans Regular", glyphs[0]);
    read_range(im_buf_bytes(&bold), "Noto Sans Bold", glyphs[1]);
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < glyphs[i]['l'].bitmap.len; k++)
            sum[i] += glyphs[i]['l'].bitmap.data[k] > 191;
    assert_true(sum[1] > sum[0]);
    im_buf_release(&regular);
    im_buf_release(&bold);
}

TEST(unknown_fonts_and_ranges_are_refused)
{
    struct im_buf out = {.max = GLYPHS_MAX_BYTES};
    struct im_error err;

    assert_int_equal(glyphs_range_pbf(NULL, im_bytes_of("Arial,,"), 0, &out, &err),
                     IM_ENOTFOUND);
    assert_string_equal(
        err.msg, "no font 'Arial,,'; there are: Noto Sans Regular, Noto Sans Bold");
    assert_int_equal(
        glyphs_range_pbf(NULL, im_bytes_of("Noto Sans Bold"), 255, &out, &err),
        IM_EARG);
    assert_int_equal(
        glyphs_range_pbf(NULL, im_bytes_of("Noto Sans Bold"), 65536, &out, &err),
        IM_EARG);
    assert_int_equal(
        glyphs_range_pbf(TEST_BINARY_DIR, im_bytes_of("Noto Sans Bold"), 0, &out, &err),
        IM_EENV);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latin_letters_have_their_shape_and_place),
        cmocka_unit_test(bold_is_heavier),
        cmocka_unit_test(unknown_fonts_and_ranges_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
