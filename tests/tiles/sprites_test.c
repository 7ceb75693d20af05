/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/sprites.c. */
#include <test.h>

#include <scratch.h>
#include <tiles/sprites.h>

/* A sheet of 8 x 4 `unit`s: red on the left, half transparent green on the right. */
static void write_sheet(const char *name, uint32_t unit)
{
    struct raster raster;
    struct im_buf png = {.max = 1 << 20};
    struct raster_encoding encoding = {PICTURE_PNG, 3, true, {0, 0, 0, 0}};
    struct picture_writer *writer = picture_writer_new();
    struct im_error err;

    assert_non_null(writer);
    assert_int_equal(raster_init(&raster, 8 * unit, 4 * unit, &err), IM_OK);
    for (uint32_t i = 0; i < 32 * unit * unit; i++)
        memcpy(raster.rgba + 4 * i,
               i % (8 * unit) < 4 * unit ? "\xff\0\0\xff" : "\0\x80\0\x80", 4);
    assert_int_equal(raster_write(writer, &raster, &encoding, &png, &err), IM_OK);
    scratch_write(name, png.data, png.len);
    picture_writer_free(writer);
    raster_release(&raster);
    im_buf_release(&png);
}

static enum im_code open_sheet(struct sprite_sheet **out, struct im_error *err)
{
    *err = (struct im_error){0};
    return sprite_sheet_open(scratch_path("s"), out, err);
}

TEST(images_are_found_at_the_ratio_that_suits_the_picture)
{
    struct sprite_sheet *sheet;
    struct sprite_image image;
    struct im_error err;

    write_sheet("s.png", 1);
    write_sheet("s@2x.png", 2);
    scratch_text("s.json",
                 "{\"red\":{\"x\":0,\"y\":0,\"width\":4,\"height\":4,\"pixelRatio\":1},"
                 "\"green\":{\"x\":4,\"y\":1,\"width\":4,\"height\":3,\"sdf\":true}}");
    scratch_text(
        "s@2x.json",
        "{\"red\":{\"x\":0,\"y\":0,\"width\":8,\"height\":8,\"pixelRatio\":2}}");
    assert_int_equal(open_sheet(&sheet, &err), IM_OK);

    assert_true(sprite_find(sheet, im_bytes_of("red"), 1, &image));
    assert_int_equal(image.width_px, 4);
    assert_int_equal(image.pixel_ratio, 1);
    assert_false(image.is_sdf);
    assert_memory_equal(image.rgba, "\xff\0\0\xff", 4);
    assert_true(sprite_find(sheet, im_bytes_of("red"), 2, &image));
    assert_int_equal(image.width_px, 8);
    assert_int_equal(image.pixel_ratio, 2);
    assert_true(sprite_find(sheet, im_bytes_of("red"), 3, &image)); /* the finest */
    assert_int_equal(image.pixel_ratio, 2);
    assert_true(sprite_find(sheet, im_bytes_of("green"), 2, &image));
    assert_int_equal(image.height_px, 3);
    assert_int_equal(image.stride_bytes, 32);
    assert_true(image.is_sdf);
    assert_memory_equal(image.rgba + 32, "\0\x80\0\x80", 4); /* premultiplied */
    assert_false(sprite_find(sheet, im_bytes_of("re"), 1, &image));
    assert_false(sprite_find(sheet, im_bytes_of(""), 1, &image));
    uint64_t hash = sprite_sheet_hash(sheet);
    sprite_sheet_close(sheet);

    scratch_text("s@2x.json", "{}");
    assert_int_equal(open_sheet(&sheet, &err), IM_OK);
    assert_true(sprite_sheet_hash(sheet) != hash);
    sprite_sheet_close(sheet);
    assert_int_equal(remove(scratch_path("s@2x.json")), 0);
}

TEST(no_path_is_an_empty_sheet)
{
    struct sprite_sheet *sheet;
    struct sprite_image image;
    struct im_error err;

    assert_int_equal(sprite_sheet_open(NULL, &sheet, &err), IM_OK);
    assert_false(sprite_find(sheet, im_bytes_of("red"), 1, &image));
    assert_false(sprite_find(NULL, im_bytes_of("red"), 1, &image));
    sprite_sheet_close(sheet);
    assert_int_equal(sprite_sheet_open("/nonexistent/x", &sheet, &err), IM_EIO);
}

TEST(a_hostile_sheet_is_refused_by_name)
{
    static const struct {
        const char *json;
        enum im_code code;
        const char *says;
    } cases[] = {
        {"[]", IM_EDATA, "no object"},
        {"{\"a\":", IM_EDATA, "line 1"},
        {"{\"a\":3}", IM_EDATA, "'a'"},
        {"{\"a\":{\"x\":0,\"y\":0,\"width\":9,\"height\":1}}", IM_EDATA, "'a'"},
        {"{\"a\":{\"x\":5,\"y\":0,\"width\":4,\"height\":1}}", IM_EDATA, "'a'"},
        {"{\"a\":{\"x\":8,\"y\":0,\"width\":1,\"height\":1}}", IM_EDATA, "'a'"},
        {"{\"a\":{\"x\":-1,\"y\":0,\"width\":1,\"height\":1}}", IM_EDATA, "'a'"},
        {"{\"a\":{\"x\":0,\"y\":0,\"width\":0,\"height\":1}}", IM_EDATA, "'a'"},
        {"{\"a\":{\"x\":0,\"y\":0,\"width\":1.5,\"height\":1}}", IM_EDATA, "'a'"},
        {"{\"a\":{\"x\":0,\"y\":0,\"width\":1e300,\"height\":1}}", IM_EDATA, "'a'"},
        {"{\"a\":{\"x\":4294967296,\"y\":0,\"width\":1,\"height\":1}}", IM_EDATA,
         "'a'"},
        {"{\"a\":{\"x\":0,\"y\":0,\"width\":1,\"height\":1,\"pixelRatio\":0}}",
         IM_EDATA, "'a'"},
        {"{\"a\":{\"x\":0,\"y\":0,\"width\":1,\"height\":1,\"sdf\":1}}", IM_EDATA,
         "'a'"},
        {"{\"\":{\"x\":0,\"y\":0,\"width\":1,\"height\":1}}", IM_EDATA, "''"},
    };
    struct sprite_sheet *sheet;
    struct im_error err;

    write_sheet("s.png", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_text("s.json", cases[i].json);
        assert_int_equal(open_sheet(&sheet, &err), cases[i].code);
        if (!strstr(err.msg, cases[i].says))
            fail_msg("%s: %s", cases[i].json, err.msg);
        assert_true(err.msg_zh[0] != '\0');
    }
    scratch_text("s.json", "{}");
    scratch_text("s.png", "\x89PNG\r\n\x1a\nnothing more");
    assert_int_equal(open_sheet(&sheet, &err), IM_EDATA);
    scratch_text("s.png", "");
    assert_int_equal(open_sheet(&sheet, &err), IM_EDATA);
}

TEST(sheets_over_the_limits_are_refused)
{
    struct im_buf many = {.max = 1 << 20};
    struct sprite_sheet *sheet;
    struct im_error err;

    write_sheet("s.png", 1);
    im_buf_text(&many, "{");
    for (int i = 0; i < 4097; i++)
        im_buf_printf(&many, "%s\"%d\":{\"x\":0,\"y\":0,\"width\":1,\"height\":1}",
                      i ? "," : "", i);
    im_buf_text(&many, "}");
    scratch_write("s.json", many.data, many.len);
    assert_int_equal(open_sheet(&sheet, &err), IM_ELIMIT);
    scratch_text("s.json", "{}");
    write_sheet("s.png", 513); /* 4,104 px */
    assert_int_equal(open_sheet(&sheet, &err), IM_ELIMIT);
    im_buf_release(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_found_at_the_ratio_that_suits_the_picture),
        cmocka_unit_test(no_path_is_an_empty_sheet),
        cmocka_unit_test(a_hostile_sheet_is_refused_by_name),
        cmocka_unit_test(sheets_over_the_limits_are_refused),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
