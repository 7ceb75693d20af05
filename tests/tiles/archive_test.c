/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: PMTiles by a structural checker of its own, MBTiles by SQL, folders
 * by their files; going on after a run that was cut off at any byte. */
#include "test.h"

#include "scratch.h"

#include "archive/writer.h"

#include <jansson.h>
#include <libdeflate.h>
#include <sqlite3.h>

#include <sys/stat.h>

enum { MAX_FILE = 32 << 20 };

static struct tile_archive_info info_of(const char *format, uint32_t min, uint32_t max)
{
    return (struct tile_archive_info){
        .name = "试 \"map\"",
        .format = format,
        .attribution = "某单位",
        .vector_layers_json =
            strcmp(format, "mvt") == 0 ? "[{\"id\":\"a\",\"fields\":{}}]" : NULL,
        .bounds = {118.25, 29.5, 122.5, 32.75},
        .min_zoom = min,
        .max_zoom = max,
        .version = 77,
        .data_version = 5};
}

/* A body that follows from the tile; every third tile looks like others. */
static struct im_bytes body_of(struct tile_id id, uint8_t out[300])
{
    uint64_t number = tile_pmtiles_number(id);

    if (number % 7 == 5)
        return (struct im_bytes){out, 0};
    if (number % 3 == 0 || number % 100 > 60)
        number = id.z;
    for (size_t i = 0; i < 300; i++)
        out[i] = (uint8_t)(number * (i + 31) >> (i % 5));
    memcpy(out, &number, sizeof number);
    return (struct im_bytes){out, 20 + number % 280};
}

static void put(struct tile_archive *a, struct tile_id id)
{
    uint8_t bytes[300];
    struct im_error err = {0};

    if (!tile_archive_has(a, id) &&
        tile_archive_put(a, id, body_of(id, bytes), &err) != IM_OK)
        fail_msg("%s", err.msg);
}

/* The tiles of a zoom, forwards or backwards. */
static void put_zoom(struct tile_archive *a, uint32_t z, bool backwards)
{
    uint32_t n = 1u << (2 * z);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = backwards ? n - 1 - i : i;

        put(a, (struct tile_id){z, at >> z, at & ((1u << z) - 1)});
    }
}

static struct tile_archive *open_archive(const char *path,
                                         struct tile_archive_info info)
{
    struct tile_archive *a = NULL;
    struct im_error err = {0};

    if (tile_archive_open(path, &info, &a, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return a;
}

static void finish(struct tile_archive *a)
{
    struct im_error err = {0};

    if (tile_archive_finish(a, &err) != IM_OK)
        fail_msg("%s", err.msg);
    tile_archive_close(a);
}

static uint8_t *read_file(const char *path, size_t *len)
{
    uint8_t *data = malloc(MAX_FILE);
    FILE *file = fopen(path, "rb");

    if (!data || !file)
        fail_msg("cannot read %s", path);
    *len = fread(data, 1, MAX_FILE, file);
    fclose(file);
    return data;
}

static bool is_there(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

/* ---- the structural checker of PMTiles v3 ---- */

static uint64_t number_at(const uint8_t *p, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = n; i-- > 0;)
        value = value << 8 | p[i];
    return value;
}

struct header {
    uint64_t at[4]; /* root, metadata, leaves, tiles */
    uint64_t len[4];
    uint64_t n_addressed, n_entries, n_contents;
    uint8_t clustered, internal, compression, type, min_zoom, max_zoom;
    double west, south, east, north;
};

static struct header header_of(const uint8_t *d, size_t len)
{
    struct header h;

    assert_true(len >= 127);
    assert_memory_equal(d, "PMTiles\3", 8);
    for (unsigned i = 0; i < 4; i++) {
        h.at[i] = number_at(d + 8 + 16 * i, 8);
        h.len[i] = number_at(d + 16 + 16 * i, 8);
        assert_true(h.at[i] <= len && h.len[i] <= len - h.at[i]);
    }
    h.n_addressed = number_at(d + 72, 8);
    h.n_entries = number_at(d + 80, 8);
    h.n_contents = number_at(d + 88, 8);
    h.clustered = d[96];
    h.internal = d[97];
    h.compression = d[98];
    h.type = d[99];
    h.min_zoom = d[100];
    h.max_zoom = d[101];
    h.west = (int32_t)number_at(d + 102, 4) / 1e7;
    h.south = (int32_t)number_at(d + 106, 4) / 1e7;
    h.east = (int32_t)number_at(d + 110, 4) / 1e7;
    h.north = (int32_t)number_at(d + 114, 4) / 1e7;
    return h;
}

static uint8_t *gunzip(const uint8_t *data, size_t len, size_t *out_len)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    uint8_t *out = malloc(MAX_FILE);

    assert_non_null(out);
    assert_int_equal(libdeflate_gzip_decompress(d, data, len, out, MAX_FILE, out_len),
                     LIBDEFLATE_SUCCESS);
    libdeflate_free_decompressor(d);
    return out;
}

static uint64_t varint(const uint8_t **p, const uint8_t *end)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        assert_true(*p < end);
        uint8_t byte = *(*p)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    fail_msg("a number of over 64 bits");
    return 0;
}

struct found {
    uint64_t offset;
    uint32_t length;
    bool is_there;
};

struct checker {
    const uint8_t *data;
    struct header h;
    uint64_t next; /* no number below it may come */
    uint64_t n_entries;
    uint64_t n_addressed;
    uint64_t n_contents;
    uint64_t end;        /* of the bodies so far */
    struct found *found; /* by number */
    size_t n_found;
    unsigned n_leaves;
};

static void take_tile(struct checker *c, uint64_t number, struct found found)
{
    assert_true(number < c->n_found);
    assert_false(c->found[number].is_there);
    c->found[number] = found;
}

static void check_directory(struct checker *c, uint64_t at, uint64_t len, bool is_root)
{
    size_t plain_len;
    uint8_t *plain = gunzip(c->data + at, len, &plain_len);
    const uint8_t *p = plain;
    const uint8_t *end = plain + plain_len;
    size_t n = varint(&p, end);
    uint64_t *e = calloc(4 * n + 1, sizeof *e);

    assert_non_null(e);
    for (unsigned column = 0; column < 4; column++)
        for (size_t i = 0; i < n; i++)
            e[4 * i + column] = varint(&p, end);
    assert_ptr_equal(p, end); /* nothing behind it */
    for (size_t i = 0; i < n; i++) {
        uint64_t *x = e + 4 * i;

        assert_true(i == 0 || x[0] > 0); /* sorted, each once */
        if (i) {
            x[0] += x[-4];
            x[3] = x[3] ? x[3] - 1 : x[-4 + 3] + x[-4 + 2];
        } else {
            assert_true(x[3] > 0);
            x[3]--;
        }
        assert_true(x[2] > 0 && x[2] <= UINT32_MAX);
        if (x[1] == 0) {
            assert_true(is_root); /* one level of leaves */
            assert_true(x[3] + x[2] <= c->h.len[2]);
            c->n_leaves++;
            assert_true(x[0] >= c->next);
            check_directory(c, c->h.at[2] + x[3], x[2], false);
            continue;
        }
        assert_true(x[0] >= c->next);
        assert_true(x[3] + x[2] <= c->h.len[3]);
        assert_true(x[3] <= c->end); /* clustered: new bodies follow the last one */
        if (x[3] == c->end) {
            c->end += x[2];
            c->n_contents++;
        }
        for (uint64_t k = 0; k < x[1]; k++)
            take_tile(c, x[0] + k, (struct found){x[3], (uint32_t)x[2], true});
        c->next = x[0] + x[1];
        c->n_entries++;
        c->n_addressed += x[1];
    }
    free(e);
    free(plain);
}

static struct checker check_pmtiles(const uint8_t *data, size_t len, uint32_t max_zoom)
{
    struct checker c = {.data = data, .h = header_of(data, len)};

    c.n_found = ((1ull << (2 * max_zoom + 2)) - 1) / 3;
    c.found = calloc(c.n_found, sizeof *c.found);
    assert_non_null(c.found);
    assert_true(c.h.at[0] + c.h.len[0] < 16384); /* "under 16,384 bytes" */
    assert_int_equal(c.h.clustered, 1);
    assert_int_equal(c.h.internal, 2);
    check_directory(&c, c.h.at[0], c.h.len[0], true);
    assert_int_equal(c.n_entries, c.h.n_entries);
    assert_int_equal(c.n_addressed, c.h.n_addressed);
    assert_int_equal(c.n_contents, c.h.n_contents);
    assert_int_equal(c.end, c.h.len[3]);
    assert_int_equal(c.h.at[3] + c.h.len[3], len);
    return c;
}

/* Exactly the tiles that were put, each with its bytes, equal bytes once. */
static void check_tiles(const struct checker *c, uint32_t min, uint32_t max)
{
    for (uint32_t z = 0; z <= max; z++)
        for (uint32_t i = 0; i < 1u << (2 * z); i++) {
            struct tile_id id = {z, i >> z, i & ((1u << z) - 1)};
            const struct found *f = &c->found[tile_pmtiles_number(id)];
            uint8_t bytes[300];
            struct im_bytes body = body_of(id, bytes);

            if (z < min || body.len == 0) {
                assert_false(f->is_there);
                continue;
            }
            assert_true(f->is_there);
            assert_int_equal(f->length, body.len);
            assert_memory_equal(c->data + c->h.at[3] + f->offset, body.data, body.len);
        }
}

TEST(tile_numbers_are_those_of_the_specification)
{
    /* the table under "Tile ID" of the specification, version 3 */
    static const struct {
        struct tile_id id;
        uint64_t number;
    } cases[] = {{{0, 0, 0}, 0},
                 {{1, 0, 0}, 1},
                 {{1, 0, 1}, 2},
                 {{1, 1, 1}, 3},
                 {{1, 1, 0}, 4},
                 {{2, 0, 0}, 5},
                 {{12, 3423, 1763}, 19078479}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(tile_pmtiles_number(cases[i].id), cases[i].number);
    /* at the corners of the last zoom numbers are of the last zoom */
    uint64_t first = ((1ull << 44) - 1) / 3;
    struct tile_id corners[] = {
        {22, 0, 0}, {22, 4194303, 0}, {22, 0, 4194303}, {22, 4194303, 4194303}};
    assert_int_equal(tile_pmtiles_number(corners[0]), first);
    assert_int_equal(tile_pmtiles_number(corners[1]), first + (1ull << 44) - 1);
    for (size_t i = 0; i < 4; i++) {
        uint64_t number = tile_pmtiles_number(corners[i]);

        assert_true(number >= first && number < first + (1ull << 44));
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(number, tile_pmtiles_number(corners[j]));
        assert_int_equal(staged_id(staged_key(corners[i])).x, corners[i].x);
        assert_int_equal(staged_id(staged_key(corners[i])).y, corners[i].y);
        assert_int_equal(staged_id(staged_key(corners[i])).z, 22);
    }
}

TEST(a_small_pmtiles_has_every_tile_in_one_directory)
{
    const char *path = scratch_path("small.pmtiles");
    struct tile_archive *a = open_archive(path, info_of("png", 2, 4));
    size_t len;

    for (uint32_t z = 2; z <= 4; z++)
        put_zoom(a, z, false);
    assert_false(is_there(path)); /* nothing half at its place */
    finish(a);
    uint8_t *data = read_file(path, &len);
    struct checker c = check_pmtiles(data, len, 4);
    check_tiles(&c, 2, 4);
    assert_int_equal(c.n_leaves, 0);
    assert_int_equal(c.h.type, 2);
    assert_int_equal(c.h.compression, 1);
    assert_int_equal(c.h.min_zoom, 2);
    assert_int_equal(c.h.max_zoom, 4);
    assert_true(c.h.west == 118.25 && c.h.south == 29.5 && c.h.east == 122.5 &&
                c.h.north == 32.75);
    assert_true(c.h.n_contents < c.h.n_entries && c.h.n_entries < c.h.n_addressed);
    assert_false(is_there(scratch_path("small.pmtiles.part")));
    assert_false(is_there(scratch_path("small.pmtiles.part.index")));
    free(c.found);
    free(data);
}

TEST(a_large_pmtiles_has_leaf_directories)
{
    const char *path = scratch_path("large.pmtiles");
    struct tile_archive *a = open_archive(path, info_of("mvt", 0, 8));
    size_t len;
    size_t json_len;

    for (uint32_t z = 0; z <= 8; z++)
        put_zoom(a, z, true);
    finish(a);
    uint8_t *data = read_file(path, &len);
    struct checker c = check_pmtiles(data, len, 8);
    check_tiles(&c, 0, 8);
    assert_true(c.n_leaves > 1);
    assert_int_equal(c.h.type, 1);
    assert_int_equal(c.h.compression, 2);
    uint8_t *text = gunzip(data + c.h.at[1], c.h.len[1], &json_len);
    json_t *json = json_loadb((char *)text, json_len, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "name")), "试 \"map\"");
    assert_int_equal(json_array_size(json_object_get(json, "vector_layers")), 1);
    json_decref(json);
    free(text);
    free(c.found);
    free(data);
}

static void assert_same_file(const char *a, const char *b)
{
    size_t len_a;
    size_t len_b;
    uint8_t *x = read_file(a, &len_a);
    uint8_t *y = read_file(b, &len_b);

    assert_int_equal(len_a, len_b);
    assert_memory_equal(x, y, len_a);
    free(x);
    free(y);
}

static void make(const char *path, const char *format, bool backwards)
{
    struct tile_archive *a = open_archive(path, info_of(format, 0, 5));

    for (uint32_t z = 0; z <= 5; z++)
        put_zoom(a, backwards ? 5 - z : z, backwards);
    finish(a);
}

TEST(the_order_in_which_tiles_come_does_not_change_a_byte)
{
    make(scratch_path("a.pmtiles"), "png", false);
    make(scratch_path("b.pmtiles"), "png", true);
    assert_same_file(scratch_path("a.pmtiles"), scratch_path("b.pmtiles"));
    make(scratch_path("a.mbtiles"), "png", false);
    make(scratch_path("b.mbtiles"), "png", true);
    assert_same_file(scratch_path("a.mbtiles"), scratch_path("b.mbtiles"));
}

static void copy_file(const char *from, const char *to, size_t max)
{
    size_t len;
    uint8_t *data = read_file(from, &len);
    FILE *file = fopen(to, "wb");

    assert_non_null(file);
    len = len < max ? len : max;
    assert_int_equal(fwrite(data, 1, len, file), len);
    fclose(file);
    free(data);
}

/* A kill leaves the bodies and a beginning of the journal, perhaps with half a record;
 * a power failure may leave less of the bodies. */
TEST(a_run_that_was_cut_off_anywhere_goes_on_to_the_same_file)
{
    static const size_t journal[] = {0, 10, 16, 17, 56, 96, 4000, 1 << 20};
    static const size_t bodies[] = {0, 1, 5000, 1 << 20};

    make(scratch_path("whole.pmtiles"), "png", false);
    struct tile_archive *first =
        open_archive(scratch_path("cut.pmtiles"), info_of("png", 0, 5));
    for (uint32_t z = 0; z <= 4; z++)
        put_zoom(first, z, false);
    tile_archive_close(first);
    for (size_t i = 0; i < sizeof journal / sizeof *journal; i++)
        for (size_t j = 0; j < sizeof bodies / sizeof *bodies; j++) {
            const char *path = scratch_path("again.pmtiles");

            copy_file(scratch_path("cut.pmtiles.part.index"),
                      scratch_path("again.pmtiles.part.index"), journal[i]);
            copy_file(scratch_path("cut.pmtiles.part"),
                      scratch_path("again.pmtiles.part"), bodies[j]);
            struct tile_archive *a = open_archive(path, info_of("png", 0, 5));
            if (journal[i] == 1 << 20 && bodies[j] == 1 << 20) {
                assert_int_equal(tile_archive_count(a).n_resumed, 341);
                assert_true(tile_archive_has(a, (struct tile_id){4, 15, 15}));
            }
            assert_false(tile_archive_has(a, (struct tile_id){5, 0, 0}));
            for (uint32_t z = 0; z <= 5; z++)
                put_zoom(a, z, false);
            finish(a);
            assert_same_file(path, scratch_path("whole.pmtiles"));
        }
}

TEST(another_version_begins_anew)
{
    const char *path = scratch_path("version.mbtiles");
    struct tile_archive_info info = info_of("png", 0, 1);
    struct tile_archive *a = open_archive(path, info);

    put_zoom(a, 1, false);
    tile_archive_close(a);
    info.version++;
    a = open_archive(path, info);
    assert_int_equal(tile_archive_count(a).n_resumed, 0);
    assert_false(tile_archive_has(a, (struct tile_id){1, 0, 0}));
    tile_archive_close(a);
}

TEST(two_programs_do_not_write_one_archive)
{
    struct tile_archive_info info = info_of("png", 0, 1);
    struct tile_archive *a = open_archive(scratch_path("two.pmtiles"), info);
    struct tile_archive *b = NULL;
    struct im_error err = {0};

    assert_int_equal(tile_archive_open(scratch_path("two.pmtiles"), &info, &b, &err),
                     IM_EBUSY);
    tile_archive_close(a);
}

TEST(a_body_that_was_damaged_on_the_disk_is_not_archived)
{
    const char *path = scratch_path("rot.pmtiles");
    struct tile_archive *a = open_archive(path, info_of("png", 0, 2));
    struct im_error err = {0};

    put_zoom(a, 2, false);
    tile_archive_close(a);
    FILE *file = fopen(scratch_path("rot.pmtiles.part"), "r+b");
    assert_non_null(file);
    fseek(file, 30, SEEK_SET);
    fputc('!', file);
    fclose(file);
    a = open_archive(path, info_of("png", 0, 2));
    assert_int_equal(tile_archive_finish(a, &err), IM_EDATA);
    tile_archive_close(a);
    assert_false(is_there(path));
    assert_false(is_there(scratch_path("rot.pmtiles.part.new")));
}

TEST(what_cannot_be_is_refused_in_words)
{
    struct tile_archive_info info = info_of("png", 0, 23);
    struct tile_archive *a = NULL;
    struct im_error err = {0};

    assert_int_equal(tile_archive_open(scratch_path("x.pmtiles"), &info, &a, &err),
                     IM_EARG);
    info.max_zoom = 3;
    assert_int_equal(tile_archive_open(scratch_path("no/x.pmtiles"), &info, &a, &err),
                     IM_EIO);
    assert_non_null(strstr(err.msg, "no/x.pmtiles"));
    info.grid = (const struct tile_grid *)&info; /* any; it is not looked into */
    assert_int_equal(tile_archive_open(scratch_path("x.pmtiles"), &info, &a, &err),
                     IM_EARG);
    assert_int_equal(tile_archive_open(scratch_path("x.mbtiles"), &info, &a, &err),
                     IM_EARG);
    info.grid = NULL;
    scratch_text("full.pmtiles", "not a folder");
    assert_int_equal(tile_archive_open(scratch_path(""), &info, &a, &err), IM_EARG);
}

/* ---- MBTiles ---- */

static int64_t number_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

TEST(an_mbtiles_has_rows_from_the_south_and_equal_bodies_once)
{
    const char *path = scratch_path("t.mbtiles");
    struct tile_archive *a = open_archive(path, info_of("mvt", 0, 4));
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    int64_t n = 0;

    for (uint32_t z = 0; z <= 4; z++)
        put_zoom(a, z, false);
    finish(a);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT zoom_level, tile_column, tile_row, tile_data "
                           "FROM tiles",
                           -1, &s, NULL),
        SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        uint32_t z = (uint32_t)sqlite3_column_int(s, 0);
        struct tile_id id = {z, (uint32_t)sqlite3_column_int(s, 1),
                             (1u << z) - 1 - (uint32_t)sqlite3_column_int(s, 2)};
        uint8_t bytes[300];
        struct im_bytes body = body_of(id, bytes);

        assert_int_equal(sqlite3_column_bytes(s, 3), body.len);
        assert_memory_equal(sqlite3_column_blob(s, 3), body.data, body.len);
        n++;
    }
    sqlite3_finalize(s);
    assert_int_equal(n, number_of(db, "SELECT count(*) FROM map"));
    assert_true(number_of(db, "SELECT count(*) FROM images") < n);
    assert_int_equal(number_of(db, "SELECT count(*) FROM images"),
                     number_of(db, "SELECT count(DISTINCT tile_data) FROM images"));
    assert_int_equal(
        number_of(db,
                  "SELECT count(*) FROM metadata WHERE (name, value) IN (VALUES "
                  "('format', 'pbf'), ('bounds', '118.25,29.5,122.5,32.75'), "
                  "('minzoom', '0'), ('maxzoom', '4'), ('type', 'baselayer'), "
                  "('version', '5'), ('attribution', '某单位'), "
                  "('json', '{\"vector_layers\":[{\"id\":\"a\",\"fields\":{}}]}'))"),
        8);
    sqlite3_close(db);
}

/* PMTiles 3.1, "Directory Serialization", 1: a directory has an entry. */
TEST(an_empty_archive_is_an_archive_but_for_pmtiles)
{
    static const char *const names[] = {"none.mbtiles", "none"};
    struct im_error err = {0};
    struct tile_archive *a;

    for (size_t i = 0; i < 2; i++) {
        a = open_archive(scratch_path(names[i]), info_of("png", 0, 3));
        finish(a);
        assert_true(is_there(scratch_path(names[i])));
    }
    a = open_archive(scratch_path("none.pmtiles"), info_of("png", 0, 3));
    assert_int_equal(tile_archive_finish(a, &err), IM_EDATA);
    assert_non_null(strstr(err.msg, "empty"));
    tile_archive_close(a);
    assert_false(is_there(scratch_path("none.pmtiles")));
}

/* ---- folders ---- */

TEST(a_folder_has_a_file_for_each_tile)
{
    char name[80];
    struct tile_archive *a =
        open_archive(scratch_path("folder/"), info_of("png", 1, 3));

    for (uint32_t z = 1; z <= 3; z++)
        put_zoom(a, z, true);
    assert_false(is_there(scratch_path("folder")));
    finish(a);
    for (uint32_t z = 1; z <= 3; z++)
        for (uint32_t i = 0; i < 1u << (2 * z); i++) {
            struct tile_id id = {z, i >> z, i & ((1u << z) - 1)};
            uint8_t bytes[300];
            struct im_bytes body = body_of(id, bytes);

            snprintf(name, sizeof name, "folder/%u/%u/%u.png", id.z, id.x, id.y);
            assert_int_equal(is_there(scratch_path(name)), body.len > 0);
            if (!body.len)
                continue;
            size_t len;
            uint8_t *data = read_file(scratch_path(name), &len);
            assert_int_equal(len, body.len);
            assert_memory_equal(data, body.data, len);
            free(data);
        }
    json_t *json = json_load_file(scratch_path("folder/tiles.json"), 0, NULL);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json, "tiles"), 0)),
        "{z}/{x}/{y}.png");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tile_numbers_are_those_of_the_specification),
        cmocka_unit_test(a_small_pmtiles_has_every_tile_in_one_directory),
        cmocka_unit_test(a_large_pmtiles_has_leaf_directories),
        cmocka_unit_test(the_order_in_which_tiles_come_does_not_change_a_byte),
        cmocka_unit_test(a_run_that_was_cut_off_anywhere_goes_on_to_the_same_file),
        cmocka_unit_test(another_version_begins_anew),
        cmocka_unit_test(two_programs_do_not_write_one_archive),
        cmocka_unit_test(a_body_that_was_damaged_on_the_disk_is_not_archived),
        cmocka_unit_test(what_cannot_be_is_refused_in_words),
        cmocka_unit_test(an_mbtiles_has_rows_from_the_south_and_equal_bodies_once),
        cmocka_unit_test(an_empty_archive_is_an_archive_but_for_pmtiles),
        cmocka_unit_test(a_folder_has_a_file_for_each_tile),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
