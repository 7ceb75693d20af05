/* SPDX-License-Identifier: Apache-2.0 */
/* changes: what the last import of a layer added, changed and took away. The rows are
 * compared as they were before and after the run, read from the database: the only
 * operation that is not answered from the atlas. */
#include "api/call.h"

#include "api/table.h"

#include <layers/history.h>

#include <math.h>

enum change_kind { CHANGE_ADDED, CHANGE_CHANGED, CHANGE_GONE, CHANGE_KINDS };
static const char *const kind_names[] = {"added", "changed", "gone"};

/* A value of a field before and after; a text that is longer is cut. */
struct changed_field {
    const struct schema_field *field; /* NULL: the position */
    const char *before;               /* NULL: none */
    const char *after;
};

struct changed_row {
    enum change_kind kind;
    const char *key;
    const char *name;
    struct changed_field *fields; /* of CHANGE_CHANGED */
    size_t n_fields;
};

struct changes_answer {
    const struct atlas_layer *layer; /* NULL: a summary of all layers */
    const struct history_run *run;   /* NULL: none has changed it */
    struct changed_row *rows;
    size_t n_rows;
    size_t n_of[CHANGE_KINDS]; /* all there are */
    const char *why;           /* rows are missing; NULL: they are not */
    const char *why_zh;
    /* the summary: of each layer the last run that changed it */
    const struct history_run **runs;
    const struct atlas_layer **layers;
    size_t n_runs;
};

/* ---- one scan beside the other ---- */

struct side {
    struct history_scan *scan; /* NULL: there was no layer */
    struct history_scan_info info;
    struct source_feature row;
    bool more;
};

struct compare {
    struct api_call *c;
    struct changes_answer *a;
    struct side before;
    struct side after;
    size_t limit; /* of each kind */
    uint64_t steps;
    struct im_error *err;
};

static enum im_code step(struct side *side, struct im_error *err)
{
    side->more = false;
    return side->scan ? history_scan_next(side->scan, &side->row, &side->more, err)
                      : IM_OK;
}

static char *value_text(struct im_arena *arena, const struct source_value *v)
{
    char digits[IM_NUMBER_MAX];

    switch (v->kind) {
    case SOURCE_NULL:
        return NULL;
    case SOURCE_INTEGER:
        snprintf(digits, sizeof digits, "%lld", (long long)v->integer);
        return im_arena_strdup(arena, im_bytes_of(digits));
    case SOURCE_REAL:
        return im_arena_strdup(
            arena,
            (struct im_bytes){(uint8_t *)digits, im_format_exact(digits, v->real)});
    case SOURCE_TEXT:
        return im_arena_strdup(arena, v->text);
    }
    return NULL;
}

static bool same_value(const struct source_value *a, const struct source_value *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == SOURCE_NULL      ? true
           : a->kind == SOURCE_INTEGER ? a->integer == b->integer
           : a->kind == SOURCE_REAL    ? a->real == b->real
                                       : im_bytes_equal(a->text, b->text);
}

static bool same_place(const struct geom *a, const struct geom *b)
{
    return a->kind == b->kind && a->n_points == b->n_points &&
           (a->n_points == 0 ||
            memcmp(a->lonlat, b->lonlat, 2 * a->n_points * sizeof *a->lonlat) == 0);
}

static char *place_text(struct im_arena *arena, const struct geom *g)
{
    char text[96];

    if (g->kind == GEOM_EMPTY)
        return NULL;
    if (g->n_points == 1)
        snprintf(text, sizeof text, "%.7g,%.7g", g->lonlat[0], g->lonlat[1]);
    else
        snprintf(text, sizeof text, "%s, %u positions",
                 g->kind == GEOM_LINE ? "line" : "area", g->n_points);
    return im_arena_strdup(arena, im_bytes_of(text));
}

/* The field of that name in the other definition; NULL: it had none. */
static const struct source_value *value_of(const struct side *side, const char *name)
{
    int f = schema_field_index(side->info.schema, im_bytes_of(name));

    return f == SCHEMA_NO_FIELD ? NULL : &side->row.values[f];
}

static enum im_code compare_fields(struct compare *k, struct changed_row *row)
{
    const struct layer_schema *schema = k->after.info.schema;
    struct im_arena *arena = k->c->arena;

    row->fields = im_arena_calloc(arena, schema->n_fields + 1, sizeof *row->fields);
    if (!row->fields)
        return im_fail(k->err, IM_ENOMEM, "out of memory");
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct source_value none = {.kind = SOURCE_NULL};
        const struct source_value *was = value_of(&k->before, schema->fields[i].name);

        was = was ? was : &none;
        if (schema->fields[i].hidden || same_value(was, &k->after.row.values[i]))
            continue;
        row->fields[row->n_fields++] =
            (struct changed_field){&schema->fields[i], value_text(arena, was),
                                   value_text(arena, &k->after.row.values[i])};
    }
    if (!same_place(&k->before.row.geom, &k->after.row.geom))
        row->fields[row->n_fields++] =
            (struct changed_field){NULL, place_text(arena, &k->before.row.geom),
                                   place_text(arena, &k->after.row.geom)};
    return IM_OK;
}

static const char *
name_of(struct im_arena *arena, const struct side *side, enum lang lang)
{
    const struct schema_roles *roles = &side->info.schema->roles;
    int wanted = lang == LANG_EN ? roles->name_en : roles->name_zh;
    int other = lang == LANG_EN ? roles->name_zh : roles->name_en;
    const char *text =
        wanted == SCHEMA_NO_FIELD ? NULL : value_text(arena, &side->row.values[wanted]);

    if ((!text || !*text) && other != SCHEMA_NO_FIELD)
        text = value_text(arena, &side->row.values[other]);
    return text ? text : "";
}

static enum im_code add_row(struct compare *k, enum change_kind kind)
{
    struct changes_answer *a = k->a;
    const struct side *side = kind == CHANGE_GONE ? &k->before : &k->after;
    struct changed_row *row = &a->rows[a->n_rows];
    struct changed_row fresh = {.kind = kind};
    enum im_code rc = IM_OK;

    if (kind == CHANGE_CHANGED) {
        rc = compare_fields(k, &fresh);
        if (rc != IM_OK || fresh.n_fields == 0)
            return rc; /* only what nobody sees has changed */
    }
    if (a->n_of[kind]++ >= k->limit)
        return rc;
    fresh.key = value_text(k->c->arena, &side->row.values[side->info.schema->key]);
    fresh.name = name_of(k->c->arena, side, k->c->lang);
    *row = fresh;
    a->n_rows++;
    return rc;
}

static bool is_same_row(const struct compare *k)
{
    for (size_t i = 0; i < k->after.info.schema->n_fields; i++) {
        const struct source_value *was =
            value_of(&k->before, k->after.info.schema->fields[i].name);

        if (was ? !same_value(was, &k->after.row.values[i])
                : k->after.row.values[i].kind != SOURCE_NULL)
            return false;
    }
    return same_place(&k->before.row.geom, &k->after.row.geom);
}

/* A number of a row that went may have been given again: then the key is another. */
static bool is_same_key(const struct compare *k)
{
    return same_value(&k->before.row.values[k->before.info.schema->key],
                      &k->after.row.values[k->after.info.schema->key]);
}

static enum im_code compare_here(struct compare *k)
{
    bool gone =
        k->before.more && (!k->after.more || k->before.row.fid < k->after.row.fid);
    bool added =
        k->after.more && (!k->before.more || k->after.row.fid < k->before.row.fid);
    enum im_code rc = IM_OK;

    if (!gone && !added && !is_same_key(k))
        rc = add_row(k, CHANGE_GONE);
    if (rc == IM_OK && gone)
        rc = add_row(k, CHANGE_GONE);
    else if (rc == IM_OK && (added || !is_same_key(k)))
        rc = add_row(k, CHANGE_ADDED);
    else if (rc == IM_OK && !is_same_row(k))
        rc = add_row(k, CHANGE_CHANGED);
    if (rc == IM_OK && !added)
        rc = step(&k->before, k->err);
    if (rc == IM_OK && !gone)
        rc = step(&k->after, k->err);
    return rc;
}

static enum im_code compare_all(struct compare *k)
{
    enum { STEPS = 1024 };
    enum im_code rc = step(&k->before, k->err);

    if (rc == IM_OK)
        rc = step(&k->after, k->err);
    while (rc == IM_OK && (k->before.more || k->after.more)) {
        if (++k->steps % STEPS == 0 && im_deadline_passed(&k->c->deadline))
            rc = im_deadline_fail(k->err);
        else
            rc = compare_here(k);
    }
    return rc;
}

/* ---- the run ---- */

static enum im_code open_side(struct store *store,
                              const char *layer_id,
                              int64_t run,
                              struct api_call *c,
                              struct side *side,
                              struct im_error *err)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)run);
    return history_scan_open(store, layer_id, text, c->arena, &side->scan, &side->info,
                             err);
}

/* Two readers: a scan is a transaction of its own. What is no longer kept is no error:
 * the counts of the run are there. */
static enum im_code compare_run(struct api_call *c,
                                struct changes_answer *a,
                                const char *layer_id,
                                int64_t before,
                                struct im_error *err)
{
    struct compare k = {.c = c, .a = a, .limit = c->request.k, .err = err};
    struct store *stores[2] = {NULL, NULL};
    enum im_code rc = store_open(c->db_path, STORE_READ, &stores[0], err);
    bool is_open;

    a->rows = im_arena_calloc(c->arena, CHANGE_KINDS * k.limit + 1, sizeof *a->rows);
    if (rc == IM_OK && !a->rows)
        rc = im_fail(err, IM_ENOMEM, "out of memory");
    if (rc == IM_OK)
        rc = store_open(c->db_path, STORE_READ, &stores[1], err);
    is_open = rc == IM_OK;
    if (rc == IM_OK)
        rc = open_side(stores[0], layer_id, a->run->run_id, c, &k.after, err);
    if (rc == IM_OK && before)
        rc = open_side(stores[1], layer_id, before, c, &k.before, err);
    if (is_open && rc == IM_ENOTFOUND) {
        a->why = im_arena_strdup(c->arena, im_bytes_of(err->msg));
        a->why_zh = im_arena_strdup(
            c->arena, im_bytes_of(err->msg_zh[0] ? err->msg_zh : err->msg));
        rc = IM_OK;
    } else if (rc == IM_OK) {
        rc = compare_all(&k);
    }
    history_scan_close(k.before.scan);
    history_scan_close(k.after.scan);
    store_close(stores[0]);
    store_close(stores[1]);
    return rc;
}

/* Rows of it: a run may also change the definition or style alone. */
static bool has_changed(const struct history_run *run)
{
    return strcmp(run->outcome, "changed") == 0 &&
           run->n_added + run->n_changed + run->n_gone > 0;
}

static enum im_code no_such_run(struct api_call *c, struct im_error *err)
{
    api_fault(c, API_RUN, c->values[API_RUN].text);
    im_fail(err, IM_ENOTFOUND,
            "this layer has no run %s that changed it; innomap layers history lists "
            "them",
            c->fault.value);
    return im_zh(err, IM_ENOTFOUND,
                 "此图层没有改动过它的第 %s 次导入；innomap layers history 列出全部",
                 c->fault.value);
}

static enum im_code
one_layer(struct api_call *c, struct changes_answer *a, struct im_error *err)
{
    const char *id = atlas_layer_schema(a->layer)->id;
    struct store *store = NULL;
    struct history_run *runs = NULL;
    size_t n = 0;
    size_t at = SIZE_MAX;
    enum im_code rc = store_open(c->db_path, STORE_READ, &store, err);

    if (rc == IM_OK)
        rc = history_list(store, id, c->arena, &runs, &n, err);
    store_close(store);
    for (size_t i = 0; i < n && rc == IM_OK; i++)
        if (has_changed(&runs[i]) &&
            (!api_is_set(c, API_RUN) || runs[i].run_id == c->values[API_RUN].integer))
            at = i;
    if (rc != IM_OK || (at == SIZE_MAX && !api_is_set(c, API_RUN)))
        return rc;
    if (at == SIZE_MAX)
        return no_such_run(c, err);
    a->run = &runs[at];
    return compare_run(c, a, id, at ? runs[at - 1].run_id : 0, err);
}

/* ---- all layers ---- */

static enum im_code
all_layers(struct api_call *c, struct changes_answer *a, struct im_error *err)
{
    size_t n_layers = atlas_layer_count(c->atlas);
    struct store *store = NULL;
    struct history_run *runs = NULL;
    size_t n = 0;
    enum im_code rc = store_open(c->db_path, STORE_READ, &store, err);

    a->runs = im_arena_calloc(c->arena, n_layers + 1, sizeof *a->runs);
    a->layers = im_arena_calloc(c->arena, n_layers + 1, sizeof *a->layers);
    if (rc == IM_OK && (!a->runs || !a->layers))
        rc = im_fail(err, IM_ENOMEM, "out of memory");
    if (rc == IM_OK)
        rc = history_list(store, NULL, c->arena, &runs, &n, err);
    store_close(store);
    for (size_t l = 0; l < n_layers && rc == IM_OK; l++) {
        const struct atlas_layer *layer = atlas_layer_at(c->atlas, l);
        const struct layer_schema *schema = atlas_layer_schema(layer);
        const struct history_run *last = NULL;

        for (size_t i = 0; i < n; i++)
            if (strcmp(runs[i].layer_id, schema->id) == 0 && has_changed(&runs[i]))
                last = &runs[i];
        if (!last || !api_takes_layer(schema, API_ROWS))
            continue;
        a->layers[a->n_runs] = layer;
        a->runs[a->n_runs++] = last;
    }
    return rc;
}

enum im_code api_changes_run(struct api_call *c, struct im_error *err)
{
    struct changes_answer *a = im_arena_calloc(c->arena, 1, sizeof *a);
    const struct atlas_layer **layers;
    enum im_code rc;

    if (!a)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->other = a;
    if (!api_is_set(c, API_LAYER) && api_is_set(c, API_RUN))
        return api_missing(c, API_LAYER, "run 需要图层：layer=incubators",
                           "run needs a layer: layer=incubators", err);
    if (!api_is_set(c, API_LAYER))
        return all_layers(c, a, err);
    rc = api_layers(c, API_LAYER, API_ROWS, &layers, &c->request.n_layers, err);
    if (rc != IM_OK)
        return rc;
    c->request.layers = layers;
    if (c->request.n_layers > 1) {
        api_fault(c, API_LAYER, c->values[API_LAYER].text);
        im_fail(err, IM_EARG, "changes are told of one layer, or without layer of all");
        return im_zh(err, IM_EARG,
                     "一次只列一个图层的变更；不写 layer 则列出各图层概况");
    }
    rc = api_request(c, err);
    a->layer = layers[0];
    return rc == IM_OK ? one_layer(c, a, err) : rc;
}

/* ---- JSON ---- */

static void write_run(const struct history_run *run, struct im_json *w)
{
    im_json_key(w, "run");
    if (!run) {
        im_json_null(w);
        return;
    }
    im_json_object(w);
    api_write_int(w, "id", (uint64_t)run->run_id);
    api_write_text(w, "origin", run->origin);
    api_write_text(w, "file", run->file_name);
    api_write_text(w, "mode", run->mode);
    api_write_text(w, "started_at", run->started_at);
    api_write_text(w, "finished_at", run->finished_at);
    api_write_text(w, "crs", run->crs);
    api_write_int(w, "read", (uint64_t)run->n_read);
    api_write_int(w, "added", (uint64_t)run->n_added);
    api_write_int(w, "changed", (uint64_t)run->n_changed);
    api_write_int(w, "unchanged", (uint64_t)run->n_unchanged);
    api_write_int(w, "gone", (uint64_t)run->n_gone);
    api_write_int(w, "refused", (uint64_t)run->n_refused);
    api_write_int(w, "undo_of", (uint64_t)run->undo_of);
    api_write_int(w, "undone_by", (uint64_t)run->undone_by);
    im_json_object_end(w);
}

static void
write_fields(const struct api_call *c, const struct changed_row *row, struct im_json *w)
{
    im_json_key(w, "fields");
    im_json_array(w);
    for (size_t i = 0; i < row->n_fields; i++) {
        const struct changed_field *f = &row->fields[i];

        im_json_object(w);
        api_write_text(w, "name", f->field ? f->field->name : "geometry");
        api_write_text(w, "title",
                       f->field ? query_title(f->field->title, c->lang)
                                : api_text(c, "位置", "Position"));
        api_write_text(w, "before", f->before);
        api_write_text(w, "after", f->after);
        im_json_object_end(w);
    }
    im_json_array_end(w);
}

static void
write_rows(const struct api_call *c, enum change_kind kind, struct im_json *w)
{
    const struct changes_answer *a = c->other;

    im_json_key(w, kind_names[kind]);
    im_json_object(w);
    api_write_int(w, "numberMatched", a->n_of[kind]);
    im_json_key(w, "rows");
    im_json_array(w);
    for (size_t i = 0; i < a->n_rows; i++) {
        if (a->rows[i].kind != kind)
            continue;
        im_json_object(w);
        api_write_text(w, "id", a->rows[i].key);
        api_write_text(w, "name", a->rows[i].name);
        if (kind == CHANGE_CHANGED)
            write_fields(c, &a->rows[i], w);
        im_json_object_end(w);
    }
    im_json_array_end(w);
    im_json_object_end(w);
}

static void write_summary(const struct api_call *c, struct im_json *w)
{
    const struct changes_answer *a = c->other;

    im_json_key(w, "layers");
    im_json_array(w);
    for (size_t i = 0; i < a->n_runs; i++) {
        const struct layer_schema *schema = atlas_layer_schema(a->layers[i]);

        im_json_object(w);
        api_write_text(w, "layer", schema->id);
        api_write_text(w, "layer_title", query_title(schema->title, c->lang));
        write_run(a->runs[i], w);
        im_json_object_end(w);
    }
    im_json_array_end(w);
}

void api_changes_write(const struct api_call *c, struct im_json *w)
{
    const struct changes_answer *a = c->other;

    im_json_object(w);
    api_write_query(c, w);
    if (a->layer) {
        write_run(a->run, w);
        for (int k = 0; k < CHANGE_KINDS; k++)
            write_rows(c, (enum change_kind)k, w);
        if (!a->run)
            api_write_text(w, "note",
                           api_text(c, "没有改动过此图层的导入记录。",
                                    "No run that changed this layer is on record."));
        else if (a->why)
            api_write_text(w, "note", c->lang == LANG_ZH ? a->why_zh : a->why);
    } else {
        write_summary(c, w);
    }
    api_write_about(c, w);
    im_json_object_end(w);
}

/* ---- tables ---- */

static const char *kind_word(const struct api_call *c, enum change_kind kind)
{
    static const char *const zh[] = {"新增", "变更", "移除"};

    return c->lang == LANG_ZH ? zh[kind] : kind_names[kind];
}

static void summary_table(const struct api_call *c, struct api_table *t)
{
    const struct changes_answer *a = c->other;

    table_column(t, api_text(c, "图层", "Layer"), "layer");
    table_column(t, api_text(c, "时间", "Time"), "finished_at");
    table_column(t, api_text(c, "文件", "File"), "file");
    table_number_column(t, api_text(c, "新增", "Added"), "added");
    table_number_column(t, api_text(c, "变更", "Changed"), "changed");
    table_number_column(t, api_text(c, "移除", "Gone"), "gone");
    for (size_t i = 0; i < a->n_runs; i++) {
        table_copy(t, im_bytes_of(query_title(atlas_layer_schema(a->layers[i])->title,
                                              c->lang)));
        table_copy(t, im_bytes_of(a->runs[i]->finished_at));
        table_copy(t, im_bytes_of(a->runs[i]->file_name));
        table_number(t, (double)a->runs[i]->n_added, 0);
        table_number(t, (double)a->runs[i]->n_changed, 0);
        table_number(t, (double)a->runs[i]->n_gone, 0);
    }
}

static void
put_change(const struct api_call *c, const struct changed_row *row, struct api_table *t)
{
    for (size_t i = 0; i == 0 || i < row->n_fields; i++) {
        const struct changed_field *f = i < row->n_fields ? &row->fields[i] : NULL;

        table_words(t, "%s", kind_word(c, row->kind));
        table_copy(t, im_bytes_of(row->key));
        table_copy(t, im_bytes_of(row->name));
        table_copy(t, im_bytes_of(!f         ? ""
                                  : f->field ? query_title(f->field->title, c->lang)
                                             : api_text(c, "位置", "Position")));
        table_copy(t, im_bytes_of(f ? f->before : NULL));
        table_copy(t, im_bytes_of(f ? f->after : NULL));
    }
}

void api_changes_tabulate(const struct api_call *c, struct api_table *t)
{
    const struct changes_answer *a = c->other;

    if (!a->layer) {
        summary_table(c, t);
        return;
    }
    if (!a->run) {
        table_note(t, "%s",
                   api_text(c, "没有改动过此图层的导入记录。",
                            "No run that changed this layer is on record."));
        return;
    }
    table_lead(t, api_text(c, "第 %lld 次导入：%s，%s", "Run %lld: %s, %s"),
               (long long)a->run->run_id, a->run->finished_at, a->run->file_name);
    table_column(t, api_text(c, "变更", "Change"), "change");
    table_column(t, api_text(c, "编号", "ID"), "id");
    table_column(t, api_text(c, "名称", "Name"), "name");
    table_column(t, api_text(c, "字段", "Field"), "field");
    table_column(t, api_text(c, "原值", "Before"), "before");
    table_column(t, api_text(c, "新值", "After"), "after");
    for (size_t i = 0; i < a->n_rows && !t->failed; i++)
        put_change(c, &a->rows[i], t);
    table_note(t,
               api_text(c, "新增 %zu 条，变更 %zu 条，移除 %zu 条。",
                        "%zu added, %zu changed, %zu gone."),
               a->n_of[CHANGE_ADDED], a->n_of[CHANGE_CHANGED], a->n_of[CHANGE_GONE]);
    if (a->why)
        table_note(t, "%s", c->lang == LANG_ZH ? a->why_zh : a->why);
}
