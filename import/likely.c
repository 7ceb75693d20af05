/* SPDX-License-Identifier: Apache-2.0 */
/* Rows to be added that may be there already: told, never merged. */
#include "identity.h"

#include <engine/alike.h>

enum { NAME_CUT = 90 };

struct likely {
    struct stage *stage;
    struct identity_fields fields;
    struct import_report *report;
    struct alike alike;
};

/* ---- telling ---- */

struct reason {
    char zh[100];
    char en[100];
};

static struct reason reason_of(const struct alike_finding *f, const struct alike_row *k)
{
    struct reason r = {.zh = ""};
    int percent = (int)(f->likeness * 100);

    if (f->rank == ALIKE_SAME) {
        snprintf(r.zh, sizeof r.zh, "名称相同");
        snprintf(r.en, sizeof r.en, "the same name");
    } else if (f->rank == ALIKE_LOOSE) {
        snprintf(r.zh, sizeof r.zh, "除括号内文字和城市名外，名称相同");
        snprintf(r.en, sizeof r.en, "the same name but for brackets and city");
    } else if (f->rank == ALIKE_NAME && k->city && k->city == f->other->city) {
        snprintf(r.zh, sizeof r.zh, "同城，名称相似（%d%%）", percent);
        snprintf(r.en, sizeof r.en, "%d%% of the name, in the same city", percent);
    } else if (f->rank == ALIKE_NAME) {
        snprintf(r.zh, sizeof r.zh, "相距 %.0f 米，名称相似（%d%%）", f->distance_m,
                 percent);
        snprintf(r.en, sizeof r.en, "%d%% of the name, %.0f m away", percent,
                 f->distance_m);
    } else {
        snprintf(r.zh, sizeof r.zh, "位置相同，名称相似（%d%%）", percent);
        snprintf(r.en, sizeof r.en, "the same position, %d%% of the name", percent);
    }
    return r;
}

static void where_is(const struct alike_row *other, struct reason *out)
{
    if (other->row == 0) {
        snprintf(out->zh, sizeof out->zh, "图层中的");
        snprintf(out->en, sizeof out->en, "of the layer");
        return;
    }
    snprintf(out->zh, sizeof out->zh, "第 %llu 行的", (unsigned long long)other->row);
    snprintf(out->en, sizeof out->en, "in row %llu", (unsigned long long)other->row);
}

static enum im_code tell(const struct likely *l,
                         const struct alike_row *k,
                         const char *sheet,
                         const struct alike_finding *f,
                         struct im_error *err)
{
    const struct reason why = reason_of(f, k);
    int cut = (int)im_utf8_cut(f->other->title, NAME_CUT);
    struct reason where;
    char zh[512];
    char en[512];
    char next_zh[300];
    char next_en[300];

    where_is(f->other, &where);
    snprintf(zh, sizeof zh, "可能与%s“%.*s”（%.80s）是同一处：%s", where.zh, cut,
             f->other->title, f->other->key, why.zh);
    snprintf(en, sizeof en, "may be the same place as '%.*s' (%.80s) %s: %s", cut,
             f->other->title, f->other->key, where.en, why.en);
    snprintf(next_zh, sizeof next_zh,
             "请核对；若是同一处，请在文件中给此行主键 %.80s，或删去此行",
             f->other->key);
    snprintf(
        next_en, sizeof next_en,
        "look at both; if they are one, give this row the key %.80s or leave it out",
        f->other->key);
    return import_log_add(
        l->report->log,
        &(struct import_event){
            .kind = IMPORT_WARNED,
            .source = l->report->source,
            .sheet = sheet,
            .row = k->row,
            .key = k->key,
            .name = k->title,
            .field =
                job_column_of(l->report, l->stage->schema->fields[l->fields.name].name),
            .value = k->title,
            .code = "likely_duplicate",
            .reason_zh = zh,
            .reason_en = en,
            .suggestion_zh = next_zh,
            .suggestion_en = next_en},
        err);
}

/* ---- all rows ---- */

static struct im_bytes text_of(const struct source_value *values, int field)
{
    if (field == SCHEMA_NO_FIELD || values[field].kind != SOURCE_TEXT)
        return (struct im_bytes){NULL, 0};
    return values[field].text;
}

static const char *key_text(struct likely *l, const struct source_value *key)
{
    char number[32];

    if (key->kind == SOURCE_TEXT)
        return alike_copy(&l->alike, key->text);
    if (key->kind == SOURCE_INTEGER)
        snprintf(number, sizeof number, "%lld", (long long)key->integer);
    else
        snprintf(number, sizeof number, "%.15g", key->real);
    return alike_copy(&l->alike, im_bytes_of(number));
}

static struct im_bytes column_text(sqlite3_stmt *stmt, int column)
{
    const void *text = sqlite3_column_text(stmt, column);

    return (struct im_bytes){text,
                             text ? (size_t)sqlite3_column_bytes(stmt, column) : 0};
}

/* The seat of a district or city is where all stand of whom no more is known: it tells
 * nothing of two places. */
static struct alike_place place_of(struct im_bytes blob, struct im_bytes precision)
{
    struct identity_place place = identity_place_of_blob(blob);

    if (im_bytes_equal(precision, im_bytes_of("district")) ||
        im_bytes_equal(precision, im_bytes_of("city")))
        place.is_known = false;
    return (struct alike_place){place.is_known, place.x, place.y};
}

static enum im_code
take_stored(struct likely *l, sqlite3_stmt *stmt, struct im_error *err)
{
    struct im_bytes blob = {sqlite3_column_blob(stmt, 1),
                            (size_t)sqlite3_column_bytes(stmt, 1)};
    struct im_bytes name = column_text(stmt, 2);
    struct alike_row row = {.place = place_of(blob, column_text(stmt, 4)),
                            .key = alike_copy(&l->alike, column_text(stmt, 0))};

    if (name.len == 0)
        return IM_OK;
    return alike_add(&l->alike, row, name, column_text(stmt, 3), err);
}

enum { COLUMN_BYTES = SCHEMA_MAX_ID + 8 };

/* The field as a column of a statement, or nothing. */
static void
name_column(const struct layer_schema *schema, int field, char out[COLUMN_BYTES])
{
    if (field == SCHEMA_NO_FIELD)
        snprintf(out, COLUMN_BYTES, "NULL");
    else
        snprintf(out, COLUMN_BYTES, "\"%s\"", schema->fields[field].name);
}

static enum im_code list_stored(struct likely *l, sqlite3 *db, struct im_error *err)
{
    const struct layer_schema *schema = l->stage->schema;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    char city[COLUMN_BYTES];
    char precision[COLUMN_BYTES];

    name_column(schema, l->fields.city, city);
    name_column(schema, schema->roles.precision, precision);
    enum im_code rc =
        sql_prepare(db, &stmt, err, "SELECT \"%w\", geom, \"%w\", %s, %s FROM \"%w\"",
                    schema->fields[schema->key].name,
                    schema->fields[l->fields.name].name, city, precision, schema->id);
    while (!rc && !(rc = sql_step(stmt, &row, err)) && row)
        rc = take_stored(l, stmt, err);
    sqlite3_finalize(stmt);
    return rc;
}

struct added {
    uint64_t row;
    size_t entry;
};

static int by_row(const void *a, const void *b)
{
    const struct added *x = a;
    const struct added *y = b;

    return x->row < y->row ? -1 : x->row > y->row;
}

static struct im_bytes precision_of(const struct likely *l,
                                    const struct source_value *values)
{
    return text_of(values, l->stage->schema->roles.precision);
}

static enum im_code list_added(struct likely *l,
                               const struct added *added,
                               size_t n,
                               struct source_value *values,
                               struct im_error *err)
{
    struct stage_row row = {.values = values};
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && i < n; i++) {
        stage_read(l->stage, added[i].entry, &row);
        rc = alike_add(
            &l->alike,
            (struct alike_row){.place = place_of(row.blob, precision_of(l, values)),
                               .row = row.row,
                               .key = key_text(l, &values[l->stage->schema->key])},
            text_of(values, l->fields.name), text_of(values, l->fields.city), err);
    }
    return rc;
}

/* The k-th of `added` is the k-th behind `first`; each is compared with the table and
 * with those before it. */
static enum im_code compare_added(struct likely *l,
                                  const struct added *added,
                                  size_t first,
                                  struct source_value *values,
                                  struct im_error *err)
{
    struct alike *alike = &l->alike;
    enum im_code rc = IM_OK;

    alike_count(alike);
    for (size_t i = 0; i < first; i++)
        alike_put(alike, i);
    for (size_t i = first; !rc && i < alike->n; i++) {
        struct alike_finding found = alike_find(alike, i);

        if (found.rank != ALIKE_NOT) {
            struct stage_row row = {.values = values};

            stage_read(l->stage, added[i - first].entry, &row);
            rc = tell(l, &alike->rows[i], row.sheet, &found, err);
        }
        alike_put(alike, i);
    }
    return rc ? rc : alike_check(alike, err);
}

static size_t list_entries(struct stage *stage, struct added *out)
{
    size_t n = 0;

    for (size_t i = 0; i < stage->n; i++)
        if (stage->entries[i].action == STAGE_ADD) {
            if (out)
                out[n] = (struct added){stage_row_number(stage, i), i};
            n++;
        }
    return n;
}

enum im_code likely_report(sqlite3 *db,
                           struct stage *stage,
                           struct import_report *report,
                           bool *is_skipped,
                           struct im_error *err)
{
    struct likely l = {
        .stage = stage, .fields = identity_fields(stage->schema), .report = report};
    size_t n = list_entries(stage, NULL);
    struct added *added = NULL;
    struct source_value *values = NULL;
    int64_t stored = 0;
    enum im_code rc = IM_OK;

    *is_skipped = false;
    if (l.fields.name == SCHEMA_NO_FIELD || !stage->has_field[l.fields.name] || n == 0)
        return IM_OK;
    rc =
        sql_integer(db, &stored, err, "SELECT count(*) FROM \"%w\"", stage->schema->id);
    if (rc || (uint64_t)stored + n > LIKELY_MAX_ROWS) {
        *is_skipped = !rc;
        return rc;
    }
    rc = alike_init(&l.alike, (size_t)stored + n, err);
    if (rc)
        return rc;
    added = calloc(n, sizeof *added);
    values = calloc(stage->schema->n_fields, sizeof *values);
    if (!added || !values) {
        rc = im_fail(err, IM_ENOMEM, "likely duplicates: out of memory");
        goto done;
    }
    list_entries(stage, added);
    qsort(added, n, sizeof *added, by_row);
    rc = list_stored(&l, db, err);
    size_t first = l.alike.n;
    if (!rc)
        rc = list_added(&l, added, n, values, err);
    if (!rc)
        rc = compare_added(&l, added, first, values, err);
done:
    alike_release(&l.alike);
    free(values);
    free(added);
    return rc;
}
