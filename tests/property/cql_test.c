/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/cql: random filters find what SQLite finds with the same condition in
 * SQL, written beside it; no match lies outside of the bounds; and what is written, as
 * text or JSON, reads back as the same filter. */
#include <test.h>

#include <engine/cql.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_ROWS = 300, N_FILTERS = 4000, MAX_DEPTH = 5 };

#define FIELD(name, type, more)                                                        \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\"},\"type\":\"" type          \
    "\"" more "}"

static struct test_random random_numbers;
static struct memory_source *source;
static const struct atlas *atlas;
static const struct atlas_layer *layer;
static sqlite3 *db;

static uint32_t below(uint32_t n)
{
    return test_random_below(&random_numbers, n);
}

static const char *one_of(const char *const *list, uint32_t n)
{
    return list[below(n)];
}

static const char *const WORDS[] = {"alpha",  "Beta",  "gam%ma", "de_lta", "Ärger",
                                    "张江镇", "it''s", "a",      "",       "alphabet"};
static const char *const TAGS[] = {"BIO", "MED", "AI", "NEW"};
static const char *const DAYS[] = {"2016-05-01", "2018-12-31", "2019-01-01",
                                   "2020-02-29"};
enum { N_WORDS = 10, N_TAGS = 4, N_DAYS = 4 };

static void run_sql(const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

/* "it''s" is written for SQL and CQL2; the row itself has one quote. */
static void plain(const char *word, struct im_buf *out)
{
    for (; *word; word++) {
        im_buf_byte(out, (uint8_t)*word);
        if (*word == '\'')
            word++;
    }
}

struct row {
    struct im_buf values; /* of the memory source */
    struct im_buf sql;
};

static void add(struct row *r, bool is_null, const char *value, bool quoted)
{
    im_buf_byte(&r->values, '|');
    im_buf_text(&r->sql, ",");
    if (is_null) {
        im_buf_text(&r->sql, "NULL");
        return;
    }
    plain(value, &r->values);
    im_buf_printf(&r->sql, quoted ? "'%s'" : "%s", value);
}

static void add_row(int i)
{
    struct row r = {{.max = 4096}, {.max = 4096}};
    char number[32];
    char tags[64];
    char wkt[64];
    int x = (int)below(21) - 10;
    int y = (int)below(21) - 10;
    bool is_placed = below(8) > 0;
    const char *word = one_of(WORDS, N_WORDS);

    im_buf_printf(&r.values, "%d", i);
    im_buf_printf(&r.sql, "INSERT INTO t VALUES(%d", i);
    /* an empty text is null for the memory source */
    add(&r, word[0] == '\0', word, true);
    snprintf(number, sizeof number, "%d", (int)below(9) - 4);
    add(&r, below(5) == 0, number, false);
    snprintf(number, sizeof number, "%g", ((int)below(33) - 16) / 4.0);
    add(&r, below(5) == 0, number, false);
    snprintf(tags, sizeof tags, "%s;%s", TAGS[below(2)], TAGS[2 + below(2)]);
    add(&r, below(5) == 0, tags, true);
    add(&r, below(5) == 0, one_of(DAYS, N_DAYS), true);
    snprintf(number, sizeof number, "%d", (int)below(2));
    add(&r, below(5) == 0, number, false);
    snprintf(number, sizeof number, "%d", x);
    im_buf_printf(&r.sql, is_placed ? ",%d,%d)" : ",NULL,NULL)", x, y);
    snprintf(wkt, sizeof wkt, "POINT(%d %d)", x, y);
    im_buf_byte(&r.values, 0);
    im_buf_byte(&r.sql, 0);
    memory_source_row(source, is_placed ? wkt : NULL, (const char *)r.values.data);
    run_sql((const char *)r.sql.data);
    im_buf_release(&r.values);
    im_buf_release(&r.sql);
}

static int make(void **state __attribute__((unused)))
{
    random_numbers = test_random_new("cql");
    source = memory_source_new();
    memory_source_layer(
        source,
        "{\"id\":\"t\",\"title\":{\"zh\":\"t\"},\"geometry\":\"point\",\"key\":\"id\","
        "\"fields\":[" FIELD("id", "integer", "") "," FIELD("s", "text", "") "," FIELD(
            "n", "integer",
            "") "," FIELD("r", "real",
                          "") "," FIELD("tags", "text",
                                        ",\"list\":true") "," FIELD("day", "text",
                                                                    ",\"format\":"
                                                                    "\"date\"") "," FIELD("flag",
                                                                                          "integer",
                                                                                          ",\"format\":\"boolean\"") "]}",
        "", 1);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    run_sql("CREATE TABLE t(id INTEGER, s TEXT, n INTEGER, r REAL, tags TEXT, day TEXT,"
            " flag INTEGER, x INTEGER, y INTEGER); PRAGMA case_sensitive_like = ON");
    for (int i = 0; i < N_ROWS; i++)
        add_row(i);
    atlas = memory_source_atlas(source);
    layer = atlas_layer_at(atlas, 0);
    return 0;
}

static int drop(void **state __attribute__((unused)))
{
    atlas_unref(atlas);
    memory_source_free(source);
    sqlite3_close(db);
    return 0;
}

/* ---- a condition in both languages ---- */

struct both {
    struct im_buf cql;
    struct im_buf sql;
};

static void same(struct both *b, const char *text)
{
    im_buf_text(&b->cql, text);
    im_buf_text(&b->sql, text);
}

static void different(struct both *b, const char *cql, const char *sql)
{
    im_buf_text(&b->cql, cql);
    im_buf_text(&b->sql, sql);
}

static void number(struct both *b, int depth)
{
    static const char *const ops[] = {" + ", " - ", " * "};
    char text[32];

    switch (depth > 0 ? below(6) : below(4)) {
    case 0:
        same(b, "n");
        break;
    case 1:
        same(b, "r");
        break;
    case 2:
    case 3:
        snprintf(text, sizeof text, "%g", ((int)below(41) - 20) / 4.0);
        same(b, text);
        break;
    case 4:
        same(b, "abs(");
        number(b, depth - 1);
        same(b, ")");
        break;
    default:
        same(b, "(");
        number(b, depth - 1);
        same(b, one_of(ops, 3));
        number(b, depth - 1);
        same(b, ")");
        break;
    }
}

static void word(struct both *b)
{
    same(b, "'");
    same(b, one_of(WORDS, N_WORDS));
    same(b, "'");
}

static void compare(struct both *b, int depth)
{
    static const char *const ops[] = {"=", "<>", "<", ">", "<=", ">="};

    if (below(2)) {
        number(b, depth);
        same(b, one_of(ops, 6));
        number(b, depth);
        return;
    }
    if (below(2)) {
        same(b, "s");
        same(b, one_of(ops, 6));
        word(b);
    } else {
        word(b);
        same(b, one_of(ops, 6));
        same(b, "s");
    }
}

static void like(struct both *b)
{
    static const char *const patterns[] = {"%a%",  "a_p%", "%\\%%", "%\\_l%", "_rger",
                                           "张%",  "%",    "",      "alpha",  "%a_et",
                                           "__镇", "%''%", "%b%t%"};

    same(b, below(2) ? "s LIKE '" : "s NOT LIKE '");
    same(b, one_of(patterns, 13));
    different(b, "'", "' ESCAPE '\\'");
}

static void in_list(struct both *b, int depth)
{
    uint32_t n = 1 + below(4);
    bool words = below(2);

    same(b, words ? "s" : "n");
    same(b, below(2) ? " IN (" : " NOT IN (");
    for (uint32_t i = 0; i < n; i++) {
        same(b, i ? "," : "");
        if (words)
            word(b);
        else
            number(b, depth > 1 ? 1 : 0);
    }
    same(b, ")");
}

static void between(struct both *b, int depth)
{
    number(b, depth);
    same(b, below(2) ? " BETWEEN " : " NOT BETWEEN ");
    number(b, 0);
    same(b, " AND ");
    number(b, 0);
}

static void is_null(struct both *b)
{
    static const char *const names[] = {"s", "n", "r", "tags", "day", "flag"};

    if (below(7) == 0)
        different(b, "geom", "x");
    else
        same(b, one_of(names, 6));
    same(b, below(2) ? " IS NULL" : " IS NOT NULL");
}

/* Points, so that within a box is what the comparisons say. */
static void spatial(struct both *b)
{
    int w = (int)below(20) - 11;
    int s = (int)below(20) - 11;
    int e = w + 1 + (int)below(8);
    int n = s + 1 + (int)below(8);

    switch (below(3)) {
    case 0:
        im_buf_printf(&b->cql, "S_INTERSECTS(geom,BBOX(%d,%d,%d,%d))", w, s, e, n);
        im_buf_printf(&b->sql, "(x >= %d AND y >= %d AND x <= %d AND y <= %d)", w, s, e,
                      n);
        break;
    case 1:
        im_buf_printf(&b->cql,
                      "S_WITHIN(geom,POLYGON((%d %d,%d %d,%d %d,%d %d,%d %d)))", w, s,
                      e, s, e, n, w, n, w, s);
        im_buf_printf(&b->sql, "(x > %d AND y > %d AND x < %d AND y < %d)", w, s, e, n);
        break;
    default:
        im_buf_printf(&b->cql, "S_DISJOINT(MULTIPOINT((%d %d),(%d %d)),geom)", w, s, e,
                      n);
        im_buf_printf(&b->sql, "NOT ((x = %d AND y = %d) OR (x = %d AND y = %d))", w, s,
                      e, n);
        break;
    }
}

static void temporal(struct both *b)
{
    const char *day = one_of(DAYS, N_DAYS);

    switch (below(4)) {
    case 0:
        im_buf_printf(&b->cql, "T_AFTER(day,DATE('%s'))", day);
        im_buf_printf(&b->sql, "day > '%s'", day);
        break;
    case 1:
        im_buf_printf(&b->cql, "day <= DATE('%s')", day);
        im_buf_printf(&b->sql, "day <= '%s'", day);
        break;
    case 2:
        im_buf_printf(&b->cql, "T_DISJOINT(INTERVAL('..','%s'),day)", day);
        im_buf_printf(&b->sql, "day > '%s'", day);
        break;
    default:
        im_buf_printf(&b->cql, "T_DURING(day,INTERVAL('2016-05-01','%s'))", day);
        im_buf_printf(&b->sql, "(day > '2016-05-01' AND day < '%s')", day);
        break;
    }
}

static void set(struct both *b)
{
    const char *tag = one_of(TAGS, N_TAGS);
    const char *other = one_of(TAGS, N_TAGS);

    if (below(2)) {
        im_buf_printf(&b->cql, "A_CONTAINS(tags,('%s','%s'))", tag, other);
        im_buf_printf(&b->sql,
                      "(';'||tags||';' LIKE '%%;%s;%%' AND ';'||tags||';' LIKE "
                      "'%%;%s;%%')",
                      tag, other);
    } else {
        im_buf_printf(&b->cql, "A_OVERLAPS(('%s'),tags)", tag);
        im_buf_printf(&b->sql, "';'||tags||';' LIKE '%%;%s;%%'", tag);
    }
}

static void condition(struct both *b, int depth)
{
    uint32_t kind = depth > 0 ? below(14) : 4 + below(10);

    switch (kind) {
    case 0:
        same(b, "NOT (");
        condition(b, depth - 1);
        same(b, ")");
        break;
    case 1:
    case 2:
    case 3:
        same(b, "(");
        for (uint32_t i = 0, n = 2 + below(2); i < n; i++) {
            same(b, i == 0 ? "" : kind == 1 ? " OR " : " AND ");
            condition(b, depth - 1);
        }
        same(b, ")");
        break;
    case 4:
    case 5:
        compare(b, depth);
        break;
    case 6:
        like(b);
        break;
    case 7:
        in_list(b, depth);
        break;
    case 8:
        between(b, depth > 2 ? 2 : depth);
        break;
    case 9:
        is_null(b);
        break;
    case 10:
        spatial(b);
        break;
    case 11:
        temporal(b);
        break;
    case 12:
        set(b);
        break;
    default:
        different(b, below(2) ? "flag" : "flag = TRUE", "flag");
        break;
    }
}

/* ---- both answers ---- */

static void ask_sqlite(const char *where, bool *found)
{
    char *sql = sqlite3_mprintf("SELECT id FROM t WHERE %s", where);
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(statement) == SQLITE_ROW)
        found[sqlite3_column_int(statement, 0)] = true;
    sqlite3_finalize(statement);
    sqlite3_free(sql);
}

static bool is_in_bounds(const struct cql_bounds *b, uint32_t feature)
{
    bool found = b->codes == NULL;

    for (size_t i = 0; i < b->n_codes && !found; i++)
        found = b->codes[i] == atlas_code(layer, feature, b->field);
    return !b->is_never && found &&
           (!b->has_box || (feature < atlas_layer_placed(layer) &&
                            bbox_intersects(b->box, atlas_bbox(layer, feature))));
}

static void check_answers(const struct cql_node *node,
                          const struct both *b,
                          struct im_arena *arena,
                          size_t *matches)
{
    bool expected[N_ROWS] = {false};
    const struct cql_program *program;
    struct cql_scratch *scratch;
    struct cql_bounds bounds;
    struct im_error err;

    if (cql_compile(node, layer, NULL, arena, &program, NULL, &err) != IM_OK)
        fail_msg("%s: %s", b->cql.data, err.msg);
    scratch = cql_scratch_new(program, arena);
    assert_non_null(scratch);
    cql_bounds_of(program, &bounds);
    ask_sqlite((const char *)b->sql.data, expected);
    for (uint32_t i = 0; i < N_ROWS; i++) {
        bool found = cql_test(program, scratch, i);
        int64_t id = -1;

        assert_true(atlas_integer(layer, i, 0, &id));
        if (found != expected[id])
            fail_msg("row %d: %s: %d, in SQL %s: %d", (int)id, b->cql.data, found,
                     b->sql.data, expected[id]);
        if (found && !is_in_bounds(&bounds, i))
            fail_msg("row %d is out of bounds: %s", (int)id, b->cql.data);
        *matches += found;
    }
}

static char *written(const struct cql_node *node, bool json, struct im_arena *arena)
{
    struct im_buf buf = {.max = 1 << 20};
    struct im_json w = {.out = &buf};
    char *text;

    if (json)
        cql_write_json(node, &w);
    else
        cql_write_text(node, &buf);
    assert_false(buf.failed);
    text = im_arena_strdup(arena, im_buf_bytes(&buf));
    im_buf_release(&buf);
    return text;
}

static const struct cql_node *
read_back(const char *text, bool json, struct im_arena *arena)
{
    const struct cql_node *node;
    struct im_error err;

    if (cql_parse(im_bytes_of(text), json ? CQL_JSON : CQL_TEXT, arena, &node, NULL,
                  &err) != IM_OK)
        fail_msg("%s: %s", text, err.msg);
    return node;
}

static void check_writing(const struct cql_node *node, struct im_arena *arena)
{
    const char *text = written(node, false, arena);
    const char *json = written(node, true, arena);
    const struct cql_node *again = read_back(text, false, arena);

    assert_string_equal(written(again, false, arena), text);
    assert_string_equal(written(again, true, arena), json);
    again = read_back(json, true, arena);
    assert_string_equal(written(again, false, arena), text);
    assert_string_equal(written(again, true, arena), json);
}

TEST(filters_find_what_sqlite_finds)
{
    size_t matches = 0;

    for (int i = 0; i < N_FILTERS; i++) {
        struct im_arena *arena = im_arena_new(64 << 20);
        struct both b = {{.max = 1 << 20}, {.max = 1 << 20}};
        const struct cql_node *node;

        condition(&b, i % (MAX_DEPTH + 1));
        im_buf_byte(&b.cql, 0);
        im_buf_byte(&b.sql, 0);
        assert_false(b.cql.failed || b.sql.failed);
        node = read_back((const char *)b.cql.data, false, arena);
        check_answers(node, &b, arena, &matches);
        check_writing(node, arena);
        im_buf_release(&b.cql);
        im_buf_release(&b.sql);
        im_arena_free(arena);
    }
    /* neither nothing nor everything */
    assert_in_range(matches, N_FILTERS * N_ROWS / 10, N_FILTERS * N_ROWS * 9 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_find_what_sqlite_finds),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
