/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/draw/text_*.c. */
#include <test.h>

#include <support/golden.h>
#include <support/random.h>
#include <text_fonts.h>
#include <text_wrap.h>

#include <math.h>
#include <unistd.h>

static const struct draw_color black = {0, 0, 0, 1};
static const struct draw_color white = {1, 1, 1, 1};
static const struct draw_color none = {0, 0, 0, 0};
/* point releases of the font or of FreeType may move an outline a little */
static const struct golden_tolerance golden_font = {.channel = 24, .share = 0.01};

struct fixture {
    struct text_fonts *fonts;
    struct im_arena *arena;
    struct raster raster;
    struct im_error err;
};

static struct fixture open_fixture(uint32_t width, uint32_t height)
{
    struct fixture f = {.arena = im_arena_new(1 << 20)};

    assert_non_null(f.arena);
    if (text_fonts_open(NULL, &f.fonts, &f.err) != IM_OK)
        fail_msg("%s", f.err.msg);
    assert_int_equal(raster_init(&f.raster, width, height, &f.err), IM_OK);
    return f;
}

static void close_fixture(struct fixture *f)
{
    raster_release(&f->raster);
    im_arena_free(f->arena);
    text_fonts_close(f->fonts);
}

static struct text_style style_of(float size_px)
{
    return (struct text_style){.size_px = size_px, .line_height_em = 1.2f};
}

static const struct text_block *
shape(struct fixture *f, const char *text, const struct text_style *style)
{
    const struct text_block *block;

    if (text_shape(f->fonts, im_bytes_of(text), style, f->arena, &block, &f->err) !=
        IM_OK)
        fail_msg("%s: %s", text, f->err.msg);
    return block;
}

static void draw(struct fixture *f,
                 const struct text_block *block,
                 float x,
                 float y,
                 struct draw_color fill,
                 struct draw_color halo,
                 float halo_px)
{
    if (text_draw(f->fonts, &f->raster, block, x, y, fill, halo, halo_px, &f->err) !=
        IM_OK)
        fail_msg("%s", f->err.msg);
}

static void clear(struct fixture *f)
{
    raster_clear(&f->raster, none);
}

static uint8_t alpha_at(const struct fixture *f, size_t x, size_t y)
{
    return f->raster.rgba[4 * (y * f->raster.width_px + x) + 3];
}

static double ink(const struct fixture *f)
{
    double sum = 0;

    for (size_t i = 0; i < (size_t)f->raster.width_px * f->raster.height_px; i++)
        sum += f->raster.rgba[4 * i + 3];
    return sum / 255;
}

/** Number of lines the block has. */
static unsigned lines_of(const struct text_block *block, const struct text_style *style)
{
    return (unsigned)lroundf(text_block_height_px(block) /
                             (style->line_height_em * style->size_px));
}

TEST(labels_look_as_blessed)
{
    struct fixture f = open_fixture(512, 256);
    const struct draw_color land = {0.93f, 0.95f, 0.9f, 1};
    const struct draw_color blue = {0.1f, 0.3f, 0.6f, 1};
    const struct draw_color brown = {0.35f, 0.2f, 0.05f, 1};
    const float sizes[] = {10, 11, 12, 13, 14, 16, 20};
    float y = 16;

    raster_clear(&f.raster, land);
    for (int i = 0; i < 7; i++) {
        struct text_style style = style_of(sizes[i]);

        style.weight = i % 2 ? TEXT_BOLD : TEXT_REGULAR;
        draw(&f, shape(&f, "浦东新区 张江科学城 Zhangjiang", &style), 160, y, black,
             white, 1.2f);
        y += sizes[i] * 1.2f + 8;
    }
    struct text_style wrapped = style_of(14);
    wrapped.max_width_em = 8;
    draw(&f, shape(&f, "长三角生态绿色一体化发展示范区", &wrapped), 420, 30, blue,
         white, 1.5f);
    draw(&f, shape(&f, "上海临港新片区（洋山特殊综合保税区）", &wrapped), 420, 90,
         brown, white, 1.5f);
    draw(&f, shape(&f, "Hangzhou International Airport T3", &wrapped), 420, 150, black,
         white, 1);
    wrapped.letter_spacing_em = 0.3f;
    draw(&f, shape(&f, "太湖", &wrapped), 420, 186, blue, white, 0);
    draw(&f, shape(&f, "东海\nEast China Sea", &wrapped), 420, 226, blue, white, 0);
    assert_true(golden_raster("draw/labels", &f.raster, golden_font));
    close_fixture(&f);
}

TEST(chinese_is_drawn_and_not_as_boxes)
{
    struct fixture f = open_fixture(32, 32);
    struct text_style style = style_of(16);
    const char *texts[] = {"园", "区", "孵", "飞",
                           "\U000F1234"}; /* the last: private use */
    uint8_t pictures[5][32 * 32];

    for (int i = 0; i < 5; i++) {
        clear(&f);
        draw(&f, shape(&f, texts[i], &style), 16, 16, black, none, 0);
        for (size_t k = 0; k < 32 * 32; k++)
            pictures[i][k] = f.raster.rgba[4 * k + 3];
        if (i < 4)
            assert_true(ink(&f) > 20);
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(pictures[i], pictures[k], 32 * 32);
    }
    assert_true(ink(&f) == 0); /* what the font has not stays empty */
    close_fixture(&f);
}

TEST(a_label_is_centred_on_its_point)
{
    struct fixture f = open_fixture(64, 64);
    struct text_style style = style_of(20);
    const char *texts[] = {"田", "田田", "田\n田"}; /* symmetric in both directions */

    for (int i = 0; i < 3; i++) {
        double sum = 0;
        double at_x = 0;
        double at_y = 0;

        clear(&f);
        draw(&f, shape(&f, texts[i], &style), 32, 32, black, none, 0);
        for (size_t y = 0; y < 64; y++)
            for (size_t x = 0; x < 64; x++) {
                sum += alpha_at(&f, x, y);
                at_x += alpha_at(&f, x, y) * ((double)x + 0.5);
                at_y += alpha_at(&f, x, y) * ((double)y + 0.5);
            }
        /* a quarter of a pixel of phase in x, a whole one in y, and the design */
        assert_true(fabs(at_x / sum - 32) < 0.5);
        assert_true(fabs(at_y / sum - 32) < 1.2);
    }
    close_fixture(&f);
}

TEST(the_halo_surrounds_the_glyph)
{
    struct fixture f = open_fixture(48, 48);
    struct fixture g = open_fixture(48, 48);
    struct text_style style = style_of(24);
    const struct text_block *block = shape(&f, "沪", &style);

    draw(&f, block, 24, 24, black, none, 0);
    draw(&g, block, 24, 24, none, white, 2);
    assert_true(ink(&g) > 1.5 * ink(&f));
    for (size_t y = 2; y < 46; y++)
        for (size_t x = 2; x < 46; x++) {
            /* under the glyph and one pixel around it the halo is there */
            if (alpha_at(&f, x, y) > 200) {
                assert_int_equal(alpha_at(&g, x, y), 255);
                assert_true(alpha_at(&g, x - 1, y) > 128);
                assert_true(alpha_at(&g, x + 1, y) > 128);
                assert_true(alpha_at(&g, x, y - 1) > 128);
                assert_true(alpha_at(&g, x, y + 1) > 128);
            }
            /* and nowhere further than its width (and a pixel of rounding) */
            bool near = false;
            for (size_t v = y > 4 ? y - 4 : 0; v <= y + 4 && v < 48; v++)
                for (size_t u = x > 4 ? x - 4 : 0; u <= x + 4 && u < 48; u++)
                    near = near || alpha_at(&f, u, v) > 0;
            assert_true(near || alpha_at(&g, x, y) == 0);
        }
    close_fixture(&f);
    close_fixture(&g);
}

TEST(halo_lies_under_all_of_the_fill)
{
    /* tight letters: the halo of the second must not cover the first one's fill */
    struct fixture f = open_fixture(64, 32);
    struct fixture g = open_fixture(64, 32);
    struct text_style style = style_of(16);
    style.letter_spacing_em = -0.2f;
    const struct text_block *block = shape(&f, "孵化器", &style);

    draw(&f, block, 32, 16, black, white, 2);
    draw(&g, block, 32, 16, black, none, 0);
    for (size_t i = 0; i < 64 * 32; i++)
        if (g.raster.rgba[4 * i + 3] == 255)
            assert_int_equal(f.raster.rgba[4 * i], 0);
    close_fixture(&f);
    close_fixture(&g);
}

TEST(width_and_height_are_those_of_the_lines)
{
    struct fixture f = open_fixture(8, 8);
    struct text_style style = style_of(10);

    assert_true(fabsf(text_block_width_px(shape(&f, "江苏省", &style)) - 30) < 0.01f);
    assert_true(fabsf(text_block_height_px(shape(&f, "江苏省", &style)) - 12) < 0.01f);
    assert_true(fabsf(text_block_height_px(shape(&f, "江\n苏", &style)) - 24) < 0.01f);
    /* spacing stands between characters, not after the last one */
    style.letter_spacing_em = 0.5f;
    assert_true(fabsf(text_block_width_px(shape(&f, "江苏省", &style)) - 40) < 0.01f);
    assert_true(text_block_width_px(shape(&f, "", &style)) == 0);
    assert_true(text_block_height_px(shape(&f, " \n ", &style)) == 0);
    close_fixture(&f);
}

TEST(bold_is_heavier_than_regular)
{
    struct fixture f = open_fixture(64, 32);
    struct text_style style = style_of(16);
    double regular;

    draw(&f, shape(&f, "概念验证", &style), 32, 16, black, none, 0);
    regular = ink(&f);
    clear(&f);
    style.weight = TEXT_BOLD;
    draw(&f, shape(&f, "概念验证", &style), 32, 16, black, none, 0);
    assert_true(ink(&f) > 1.2 * regular);
    close_fixture(&f);
}

/* ---- lines ---- */

/** The lines of `text` with every character one unit wide, joined by '|'. */
static void wrap_text(const char *text, float max_width, char out[512])
{
    static struct text_line lines[TEXT_MAX_CHARS + 1];
    uint32_t chars[200];
    float advance[200];
    size_t starts[201];
    uint32_t n = 0;
    size_t at = 0;
    size_t len = 0;
    struct im_bytes bytes = im_bytes_of(text);

    while (at < bytes.len) {
        starts[n] = at;
        advance[n] = 1;
        chars[n++] = im_utf8_next(bytes, &at);
    }
    starts[n] = bytes.len;
    uint32_t n_lines = text_wrap(chars, advance, n, max_width, lines);
    for (uint32_t i = 0; i < n_lines; i++) {
        size_t size = starts[lines[i].last] - starts[lines[i].first];

        assert_true(len + size + 2 < 512);
        if (i)
            out[len++] = '|';
        memcpy(out + len, text + starts[lines[i].first], size);
        len += size;
        assert_true(lines[i].width == (float)(lines[i].last - lines[i].first));
    }
    out[len] = '\0';
}

TEST(lines_end_where_they_may_and_are_even)
{
    static const struct {
        const char *text;
        float max;
        const char *lines;
    } cases[] = {
        {"张江科学城", 0, "张江科学城"},
        {"张江科学城", 5, "张江科学城"},
        {"张江科学城", 4, "张江科|学城"},
        {"长三角生态绿色一体化发展示范区", 8, "长三角生态绿色一|体化发展示范区"},
        /* closing punctuation stays with what it closes, opening with what it opens */
        {"临港（洋山）", 3, "临港|（洋|山）"},
        {"临港（洋山）", 4, "临港|（洋山）"},
        {"浦东 张江科学城", 7, "浦东|张江科学城"},
        {"A / B", 3, "A /|B"},
        {"the \"Bund\" area", 8, "the|\"Bund\"|area"},
        {"苏州、无锡、常州", 3, "苏州、|无锡、|常州"},
        {"第一，第二。", 2, "第|一，|第|二。"},
        /* Latin breaks at spaces only, spaces are not part of a line */
        {"Hangzhou Bay New Area", 12, "Hangzhou Bay|New Area"},
        {"International", 5, "International"},
        {"  A  B  ", 2, "A|B"},
        {"G60科创走廊", 4, "G60科|创走廊"},
        /* numbers stay with what they count, and nothing stands alone */
        {"上海市第2号孵化器", 6, "上海市第2号|孵化器"},
        {"２０２６年成立", 5, "２０２６年|成立"},
        {"长三角示范区", 5, "长三角|示范区"},
        {"一二三四五六七", 3, "一二三|四五|六七"},
        {"昆山（花桥）经济开发区。", 11, "昆山（花桥）|经济开发区。"},
        {"东海\nEast China Sea", 20, "东海|East China Sea"},
        {"\n\n太湖\n", 0, "太湖"},
        {"", 5, ""},
        {"   ", 1, ""},
        {"（（（）））", 1, "（（（）））"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char lines[512];

        wrap_text(cases[i].text, cases[i].max, lines);
        assert_string_equal(lines, cases[i].lines);
    }
}

TEST(wrapping_loses_no_character_and_keeps_the_rules)
{
    struct test_random random = test_random_new(__func__);
    static const char *const pool[] = {"中", "文", "a",  "b",  " ",
                                       "，", "（", "）", "。", "7"};
    static struct text_line lines[TEXT_MAX_CHARS + 1];

    for (int round = 0; round < 2000; round++) {
        uint32_t chars[60];
        float advance[60];
        uint32_t n = test_random_below(&random, 60);
        float max = (float)test_random_in(&random, 1, 20);
        uint32_t at = 0;

        for (uint32_t i = 0; i < n; i++) {
            struct im_bytes c = im_bytes_of(pool[test_random_below(&random, 10)]);
            size_t pos = 0;

            chars[i] = im_utf8_next(c, &pos);
            advance[i] = 1;
        }
        uint32_t n_lines = text_wrap(chars, advance, n, max, lines);
        for (uint32_t i = 0; i < n_lines; i++) {
            struct text_line line = lines[i];

            assert_true(line.first >= at && line.last > line.first && line.last <= n);
            for (; at < line.first; at++)
                assert_true(text_is_space(chars[at]));
            if (i > 0) {
                assert_true(chars[line.first] != 0xff0c && chars[line.first] != 0xff09);
                assert_true(chars[line.first] != 0x3002);
            }
            if (i + 1 < n_lines)
                assert_true(chars[line.last - 1] != 0xff08);
            /* too wide only where there is no place to break */
            if (line.width > max)
                for (uint32_t k = line.first + 1; k < line.last; k++)
                    assert_false(text_may_break(chars, n, k));
            at = line.last;
        }
        for (; at < n; at++)
            assert_true(text_is_space(chars[at]));
    }
}

TEST(shaped_labels_wrap_to_their_width)
{
    struct fixture f = open_fixture(8, 8);
    struct text_style style = style_of(12);

    style.max_width_em = 8;
    const struct text_block *block =
        shape(&f, "长三角生态绿色一体化发展示范区", &style);
    assert_int_equal(lines_of(block, &style), 2);
    assert_true(text_block_width_px(block) <= 8 * 12 + 0.01f);
    style.max_width_em = 0;
    block = shape(&f, "长三角生态绿色一体化发展示范区", &style);
    assert_int_equal(lines_of(block, &style), 1);
    close_fixture(&f);
}

/* ---- what comes from outside ---- */

TEST(malformed_and_long_texts_are_drawn_as_far_as_they_go)
{
    struct fixture f = open_fixture(64, 64);
    struct text_style style = style_of(10);
    struct test_random random = test_random_new(__func__);
    const struct text_block *block;
    char longest[3001];

    for (int i = 0; i < 1000; i++)
        memcpy(longest + 3 * i, "园", 3);
    longest[3000] = '\0';
    block = shape(&f, longest, &style); /* 333 whole characters fit 1000 bytes */
    assert_true(fabsf(text_block_width_px(block) - 3330) < 0.5f);
    for (int round = 0; round < 300; round++) {
        uint8_t bytes[64];
        size_t n = test_random_below(&random, 64);

        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)test_random_next(&random);
        im_arena_reset(f.arena);
        style.max_width_em = (float)(round % 3);
        assert_int_equal(text_shape(f.fonts, (struct im_bytes){bytes, n}, &style,
                                    f.arena, &block, &f.err),
                         IM_OK);
        draw(&f, block, 32, 32, black, white, 1);
    }
    close_fixture(&f);
}

TEST(labels_outside_draw_nothing_and_at_the_edge_a_part)
{
    struct fixture f = open_fixture(32, 32);
    struct text_style style = style_of(16);
    const struct text_block *block = shape(&f, "南京", &style);
    const float far[] = {-1e30f, -3000, 3000, 1e30f};
    double whole;

    for (int i = 0; i < 4; i++) {
        draw(&f, block, far[i], 16, black, white, 2);
        draw(&f, block, 16, far[i], black, white, 2);
    }
    assert_true(ink(&f) == 0);
    draw(&f, block, 16, 16, black, none, 0);
    whole = ink(&f);
    clear(&f);
    draw(&f, block, 0, 16, black, none, 0); /* the right half */
    draw(&f, block, 32, 16, black, none, 0);
    assert_true(fabs(ink(&f) - whole) < 1);
    close_fixture(&f);
}

TEST(malformed_numbers_are_refused)
{
    struct fixture f = open_fixture(32, 32);
    const struct text_style bad[] = {
        {.size_px = 0, .line_height_em = 1},
        {.size_px = NAN, .line_height_em = 1},
        {.size_px = 257, .line_height_em = 1},
        {.size_px = 12, .line_height_em = -1},
        {.size_px = 12, .line_height_em = 1, .letter_spacing_em = NAN},
        {.size_px = 12, .line_height_em = 1, .max_width_em = -1},
        {.size_px = 12, .line_height_em = 1, .weight = (enum text_weight)7},
    };
    struct text_style good = style_of(12);
    const struct text_block *block = shape(&f, "沪", &good);

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(
            text_shape(f.fonts, im_bytes_of("沪"), &bad[i], f.arena, &block, &f.err),
            IM_EARG);
    assert_int_equal(
        text_draw(f.fonts, &f.raster, block, NAN, 1, black, white, 1, &f.err), IM_EARG);
    assert_int_equal(
        text_draw(f.fonts, &f.raster, block, 1, 1, black, white, -1, &f.err), IM_EARG);
    assert_int_equal(
        text_draw(f.fonts, &f.raster, block, 1, 1, black, white, 65, &f.err), IM_EARG);
    close_fixture(&f);
}

TEST(a_missing_font_is_named_with_its_package)
{
    struct text_fonts *fonts = NULL;
    struct im_error err = {0};

    assert_int_equal(text_fonts_open("/nonexistent", &fonts, &err), IM_EENV);
    assert_null(fonts);
    assert_non_null(strstr(err.msg, "/nonexistent/NotoSansCJK-Regular.ttc"));
    assert_non_null(strstr(err.msg, "apt-get install fonts-noto-cjk"));
    assert_non_null(strstr(err.msg_zh, "apt-get install fonts-noto-cjk"));
}

TEST(a_file_that_is_no_font_is_refused)
{
    char folder[] = "/tmp/innomap-font-XXXXXX";
    char path[64];
    struct text_fonts *fonts = NULL;
    struct im_error err = {0};
    FILE *file;

    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/NotoSansCJK-Regular.ttc", folder);
    for (int size = 0; size <= 100; size += 100) {
        file = fopen(path, "wb");
        assert_non_null(file);
        for (int i = 0; i < size; i++)
            assert_int_not_equal(fputc('x', file), EOF);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(text_fonts_open(folder, &fonts, &err), IM_EENV);
        assert_null(fonts);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

TEST(the_glyph_cache_stays_within_its_bound)
{
    struct fixture f = open_fixture(64, 64);

    /* large glyphs of many sizes: some 60 MB of bitmaps if all were kept */
    for (int size = 100; size < 256; size++) {
        struct text_style style = style_of((float)size);

        im_arena_reset(f.arena);
        draw(&f, shape(&f, "创新空间地图", &style), 32, 32, black, white, 3);
        assert_true(lru_cache_bytes(f.fonts->glyphs) <= TEXT_CACHE_BYTES);
    }
    assert_true(lru_cache_bytes(f.fonts->glyphs) > TEXT_CACHE_BYTES / 2);
    close_fixture(&f);
}

TEST(a_cached_glyph_is_the_glyph)
{
    /* the same label with a cold cache, with a warm one and after others: same pixels
     */
    struct fixture f = open_fixture(96, 32);
    struct fixture g = open_fixture(96, 32);
    struct text_style style = style_of(14);
    const struct text_block *block = shape(&f, "虹桥商务区", &style);
    struct text_style other = style_of(13);

    draw(&f, block, 48.25f, 16, black, white, 1.5f);
    draw(&g, shape(&g, "虹桥", &other), 10, 10, black, white, 1);
    draw(&g, shape(&g, "虹桥商务区", &style), 20.5f, 16, black, white, 1.5f);
    for (int i = 0; i < 2; i++) {
        clear(&g);
        draw(&g, shape(&g, "虹桥商务区", &style), 48.25f, 16, black, white, 1.5f);
        assert_memory_equal(f.raster.rgba, g.raster.rgba, 96 * 32 * 4);
    }
    close_fixture(&f);
    close_fixture(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_look_as_blessed),
        cmocka_unit_test(chinese_is_drawn_and_not_as_boxes),
        cmocka_unit_test(a_label_is_centred_on_its_point),
        cmocka_unit_test(the_halo_surrounds_the_glyph),
        cmocka_unit_test(halo_lies_under_all_of_the_fill),
        cmocka_unit_test(width_and_height_are_those_of_the_lines),
        cmocka_unit_test(bold_is_heavier_than_regular),
        cmocka_unit_test(lines_end_where_they_may_and_are_even),
        cmocka_unit_test(wrapping_loses_no_character_and_keeps_the_rules),
        cmocka_unit_test(shaped_labels_wrap_to_their_width),
        cmocka_unit_test(malformed_and_long_texts_are_drawn_as_far_as_they_go),
        cmocka_unit_test(labels_outside_draw_nothing_and_at_the_edge_a_part),
        cmocka_unit_test(malformed_numbers_are_refused),
        cmocka_unit_test(a_missing_font_is_named_with_its_package),
        cmocka_unit_test(a_file_that_is_no_font_is_refused),
        cmocka_unit_test(the_glyph_cache_stays_within_its_bound),
        cmocka_unit_test(a_cached_glyph_is_the_glyph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
