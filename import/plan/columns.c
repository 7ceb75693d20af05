/* SPDX-License-Identifier: Apache-2.0 */
/* Which column of the file is which field. */
#include "parts.h"

#include "../identity.h"

#include <stdarg.h>
#include <strings.h>

enum { CANDIDATES_MIN = 3 /* rows that content is judged by */ };

enum im_code plan_no_memory(struct im_error *err)
{
    im_fail(err, IM_ENOMEM, "plan: out of memory");
    return im_zh(err, IM_ENOMEM, "内存不足");
}

char *plan_printf(struct im_arena *arena, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    text[im_utf8_cut(text, sizeof text - 1)] = '\0';
    char *copy = im_arena_strdup(arena, im_bytes_of(text));
    return copy ? copy : (char *)"";
}

enum im_code plan_note(struct plan *plan,
                       const char *code,
                       const char *zh,
                       const char *en,
                       struct im_error *err)
{
    struct import_report *r = plan->report;
    struct import_note *notes =
        im_arena_calloc(plan->arena, r->n_notes + 1, sizeof *notes);
    char *copy_zh = im_arena_strdup(plan->arena, im_bytes_of(zh));
    char *copy_en = im_arena_strdup(plan->arena, im_bytes_of(en));

    if (!notes || !copy_zh || !copy_en)
        return plan_no_memory(err);
    if (r->n_notes)
        memcpy(notes, r->notes, r->n_notes * sizeof *notes);
    notes[r->n_notes] = (struct import_note){code, copy_zh, copy_en};
    r->notes = notes;
    r->n_notes++;
    return IM_OK;
}

/* ---- making ---- */

struct making {
    struct plan *plan;
    const struct plan_context *context;
    struct source *source;
    const struct headings *headings;
    struct wishes wishes;
    struct position_wish position;
    struct sample sample;
    struct im_error *err;
};

static enum im_code find_header(struct making *m)
{
    struct plan *plan = m->plan;
    const struct source_options options = {.layer = plan->options->source_layer,
                                           .encoding = plan->options->encoding};
    struct header header;

    plan->is_grid = source_is_grid(m->source);
    if (!plan->is_grid)
        return IM_OK;
    enum im_code rc =
        header_find(m->source, plan->schema, &options, plan->arena, &header, m->err);
    if (!rc && source_sheets(m->source) > 1)
        rc = source_choose_sheet(m->source, header.sheet, m->err);
    if (!rc)
        rc = source_set_header(m->source, header.last_row, header.names, header.n_names,
                               m->err);
    if (!rc)
        plan->above = header.above;
    if (!rc)
        plan->report->sheet = plan_printf(plan->arena, "%s", source_sheet(m->source));
    if (!rc && header.others[0])
        rc = plan_note(plan, "other_sheets",
                       plan_printf(plan->arena,
                                   "只读了工作表“%.90s”，没有读：%.300s；"
                                   "可用 --source-layer 指定",
                                   plan->report->sheet, header.others),
                       plan_printf(plan->arena,
                                   "sheet '%.90s' was read, and not %.300s; "
                                   "--source-layer chooses another",
                                   plan->report->sheet, header.others),
                       m->err);
    if (!rc && header.is_guess)
        rc =
            plan_note(plan, "header_guessed",
                      plan_printf(plan->arena, "没有认出表头，按第 %llu 行处理",
                                  (unsigned long long)header.last_row),
                      plan_printf(plan->arena,
                                  "no heading was recognised; row %llu is taken for it",
                                  (unsigned long long)header.last_row),
                      m->err);
    return rc;
}

static enum im_code list_columns(struct making *m)
{
    struct plan *plan = m->plan;
    size_t n = source_columns(m->source);
    const char **names = im_arena_calloc(plan->arena, n + 2, sizeof *names);

    plan->columns = im_arena_calloc(plan->arena, n + 1, sizeof *plan->columns);
    if (!names || !plan->columns)
        return plan_no_memory(m->err);
    for (size_t i = 0; i < n; i++) {
        struct column *column = &plan->columns[i];

        names[i] =
            im_arena_strdup(plan->arena, im_bytes_of(source_column(m->source, i)));
        if (!names[i])
            return plan_no_memory(m->err);
        *column =
            (struct column){.name = names[i],
                            .heading = heading_of(im_bytes_of(names[i]), plan->arena),
                            .field = SCHEMA_NO_FIELD,
                            .note_zh = "",
                            .note_en = ""};
    }
    plan->n_columns = n;
    mended_columns(plan, names);
    mended_report_columns(plan, names);
    return IM_OK;
}

static bool is_year_field(const struct schema_field *field)
{
    struct im_bytes name = im_bytes_of(field->name);

    return field->type == FIELD_INTEGER && !field->codes &&
           (is_text(name, "year") || bytes_end(name, im_bytes_of("_year")) ||
            bytes_find(im_bytes_of(field->title.zh), im_bytes_of("年份")) >= 0 ||
            strcmp(field->unit, "a") == 0);
}

static enum im_code list_fields(struct making *m)
{
    struct plan *plan = m->plan;
    const struct layer_schema *s = plan->schema;

    plan->fields = im_arena_calloc(plan->arena, s->n_fields, sizeof *plan->fields);
    if (!plan->fields)
        return plan_no_memory(m->err);
    for (size_t f = 0; f < s->n_fields; f++) {
        struct field_plan *field = &plan->fields[f];

        *field = (struct field_plan){.column = NO_COLUMN,
                                     .unit = {(const uint8_t *)"", 0},
                                     .unit_column = NO_COLUMN,
                                     .is_year = is_year_field(&s->fields[f]),
                                     .is_name = (int)f == s->roles.name_zh ||
                                                (int)f == s->roles.name_en ||
                                                (int)f == s->key,
                                     .note_zh = "",
                                     .note_en = ""};
        if (s->fields[f].n_codes == 0)
            continue;
        field->codes = codes_new(&s->fields[f], plan->arena);
        if (!field->codes)
            return plan_no_memory(m->err);
    }
    plan->name_field = s->roles.name_zh;
    plan->can_lack_key =
        identity_makes_keys(s) && s->key != s->roles.adcode &&
        (identity_fields(s).name != SCHEMA_NO_FIELD || !s->fields[s->key].required);
    return IM_OK;
}

/* ---- personal data ---- */

static bool is_private_cell(void *ctx, struct im_bytes cell)
{
    (void)ctx;
    return private_value(cell);
}

static bool is_private_inside(void *ctx, struct im_bytes cell)
{
    (void)ctx;
    return private_inside(cell);
}

/* By its name, by being nothing else, or by having such numbers in most of its cells: a
 * remark with one among them stays, the number is starred out. */
static bool is_personal(const struct making *m, size_t i)
{
    size_t filled = 0;
    size_t whole = sample_count(&m->sample, (int)i, is_private_cell, NULL, &filled);
    size_t inside = sample_count(&m->sample, (int)i, is_private_inside, NULL, &filled);

    return private_heading(&m->plan->columns[i].heading) ||
           (filled > 0 && 2 * whole >= filled) ||
           (filled >= CANDIDATES_MIN && 2 * inside >= filled);
}

static void find_personal(struct making *m)
{
    struct plan *plan = m->plan;

    if (plan->options->keep_personal || plan->is_own)
        return;
    for (size_t i = 0; i < plan->n_columns; i++)
        plan->columns[i].is_personal = is_personal(m, i);
}

/* ---- what a person said ---- */

static void list_names(char *out,
                       size_t size,
                       size_t n,
                       const char *(*name)(const struct plan *, size_t),
                       const struct plan *plan)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < n && used < size; i++) {
        int more =
            snprintf(out + used, size - used, "%s%s", i ? ", " : "", name(plan, i));

        used += more > 0 ? (size_t)more : 0;
    }
    if (used >= size)
        memcpy(out + im_utf8_cut(out, size - 4), "…", 4);
}

static const char *column_name(const struct plan *plan, size_t i)
{
    return plan->columns[i].name;
}

static const char *field_name(const struct plan *plan, size_t i)
{
    return plan->schema->fields[i].name;
}

static enum im_code fail_target(struct making *m, const struct wish *wish)
{
    char names[150];

    list_names(names, sizeof names, m->plan->schema->n_fields, field_name, m->plan);
    im_fail(m->err, IM_EARG,
            "'%.60s' is no field of layer '%s'; there are: lon, lat, position, wkt, %s",
            wish->target, m->plan->schema->id, names);
    return im_zh(m->err, IM_EARG,
                 "图层“%s”没有字段“%.60s”；可用：lon, lat, position, wkt, %s",
                 m->plan->schema->id, wish->target, names);
}

static enum im_code fail_source(struct making *m, const struct wish *wish)
{
    char names[150];

    list_names(names, sizeof names, m->plan->n_columns, column_name, m->plan);
    im_fail(m->err, IM_EARG, "the file has no column '%.60s'; it has: %s", wish->source,
            names);
    return im_zh(m->err, IM_EARG, "文件没有列“%.60s”；有：%s", wish->source, names);
}

static enum im_code fail_personal(struct making *m, const struct wish *wish)
{
    im_fail(m->err, IM_EARG,
            "column '%.60s' holds personal data, which is left out; give "
            "--keep-personal to take it all the same",
            wish->source);
    return im_zh(m->err, IM_EARG,
                 "列“%.60s”是个人信息，默认不导入；确需导入请加 --keep-personal",
                 wish->source);
}

static int column_by_name(const struct plan *plan, const char *name)
{
    struct heading wanted;

    for (size_t i = 0; i < plan->n_columns; i++)
        if (strcmp(plan->columns[i].name, name) == 0)
            return (int)i;
    wanted = heading_of(im_bytes_of(name), plan->arena);
    for (size_t i = 0; i < plan->n_columns; i++)
        if (wanted.whole.len &&
            im_bytes_equal(plan->columns[i].heading.whole, wanted.whole))
            return (int)i;
    return NO_COLUMN;
}

static int field_by_name(const struct plan *plan, const char *name)
{
    const struct layer_schema *s = plan->schema;
    int f = schema_field_index(s, im_bytes_of(name));

    for (size_t i = 0; f == SCHEMA_NO_FIELD && i < s->n_fields; i++)
        if (strcmp(s->fields[i].title.zh, name) == 0 ||
            strcasecmp(s->fields[i].title.en, name) == 0)
            f = (int)i;
    return f;
}

static int *position_target(struct making *m, const char *target)
{
    return strcmp(target, "lon") == 0        ? &m->position.lon
           : strcmp(target, "lat") == 0      ? &m->position.lat
           : strcmp(target, "position") == 0 ? &m->position.pair
           : strcmp(target, "wkt") == 0      ? &m->position.wkt
                                             : NULL;
}

static enum im_code note_saved(struct making *m, const struct wish *wish)
{
    struct im_arena *arena = m->plan->arena;

    return plan_note(
        m->plan, "mapping_column_missing",
        plan_printf(arena, "保存的映射中 %.60s=%.60s：文件没有这一列", wish->target,
                    wish->source),
        plan_printf(arena, "saved mapping %.60s=%.60s: the file has no such column",
                    wish->target, wish->source),
        m->err);
}

static enum im_code take_map(struct making *m, const struct wish *wish)
{
    struct plan *plan = m->plan;
    int *position = position_target(m, wish->target);
    int field = position ? SCHEMA_NO_FIELD : field_by_name(plan, wish->target);
    int column = column_by_name(plan, wish->source);

    if (!position && field == SCHEMA_NO_FIELD)
        return wish->is_saved ? note_saved(m, wish) : fail_target(m, wish);
    if (column == NO_COLUMN)
        return wish->is_saved ? note_saved(m, wish) : fail_source(m, wish);
    if (plan->columns[column].is_personal)
        return fail_personal(m, wish);
    if (position) {
        if (*position == NO_COLUMN) /* the command line came first */
            *position = column;
        return IM_OK;
    }
    if (plan->fields[field].how)
        return IM_OK;
    plan->fields[field].column = column;
    plan->fields[field].how = wish->is_saved ? "saved" : "given";
    plan->columns[column].how = plan->fields[field].how;
    plan->columns[column].field = field;
    return IM_OK;
}

static enum im_code
fail_set(struct making *m, const struct wish *wish, struct refusal why)
{
    im_fail(m->err, IM_EARG, "--set %.60s=%.60s: %.180s", wish->target, wish->source,
            why.en);
    return im_zh(m->err, IM_EARG, "--set %.60s=%.60s：%.180s", wish->target,
                 wish->source, why.zh);
}

static enum im_code take_set(struct making *m, const struct wish *wish)
{
    struct plan *plan = m->plan;
    int field = field_by_name(plan, wish->target);
    bool is_about = false;

    if (field == SCHEMA_NO_FIELD)
        return wish->is_saved ? note_saved(m, wish) : fail_target(m, wish);
    struct field_plan *f = &plan->fields[field];
    if (f->is_set || (wish->is_saved && f->how))
        return IM_OK; /* the command line came first */
    f->set =
        (struct source_value){.kind = SOURCE_TEXT, .text = im_bytes_of(wish->source)};
    struct refusal why =
        value_check(plan, (size_t)field, &f->set, plan->arena, &is_about);
    if (why.code)
        return fail_set(m, wish, why);
    f->is_set = true;
    f->set_text = wish->source;
    f->how = "set";
    if (f->column != NO_COLUMN)
        plan->columns[f->column].how = NULL;
    f->column = NO_COLUMN;
    return IM_OK;
}

static enum im_code take_wishes(struct making *m)
{
    enum im_code rc =
        mapping_wishes(m->plan->options, m->plan->arena, &m->wishes, m->err);

    m->position = (struct position_wish){
        .lon = NO_COLUMN, .lat = NO_COLUMN, .pair = NO_COLUMN, .wkt = NO_COLUMN};
    for (size_t i = 0; !rc && i < m->wishes.n; i++) {
        const struct wish *wish = &m->wishes.list[i];

        rc = wish->is_set ? take_set(m, wish) : take_map(m, wish);
    }
    bool is_given = m->plan->options->crs != NULL;
    m->position.crs = is_given ? m->plan->options->crs : m->wishes.crs;
    m->position.crs_how = is_given ? "given with --crs" : "given by the saved mapping";
    m->plan->given_crs = m->position.crs;
    return rc;
}

static enum im_code take_fill_down(struct making *m)
{
    for (const char **name = m->wishes.fill_down; *name; name++) {
        int field = field_by_name(m->plan, *name);
        int column =
            field == SCHEMA_NO_FIELD ? column_by_name(m->plan, *name) : NO_COLUMN;

        if (column != NO_COLUMN)
            field = m->plan->columns[column].field;
        if (field == SCHEMA_NO_FIELD)
            return fail_target(m, &(struct wish){.target = *name});
        m->plan->fields[field].fill_down = true;
        m->plan->fields[field].last_text = (struct im_buf){.max = 2 * TEXT_MAX_BYTES};
    }
    return IM_OK;
}

/* ---- by name ---- */

static enum im_code fail_twice(struct making *m, size_t field, size_t a, size_t b)
{
    const char *x = m->plan->columns[a].name;
    const char *y = m->plan->columns[b].name;
    const char *name = m->plan->schema->fields[field].name;

    im_fail(m->err, IM_EDATA,
            "columns '%.60s' and '%.60s' both mean field '%s'; say which with --map "
            "%s='%.60s', or rename one",
            x, y, name, name, x);
    return im_zh(m->err, IM_EDATA,
                 "列“%.60s”和“%.60s”都对应字段“%s”；请用 --map %s=%.60s 指明，"
                 "或改名其中一列",
                 x, y, name, name, x);
}

static const char *how_of(enum heading_tier tier)
{
    static const char *const how[] = {"name", "title", "synonym", "synonym"};

    return how[tier];
}

static void take_column(struct plan *plan, size_t column, int field, const char *how)
{
    plan->columns[column].how = how;
    plan->columns[column].field = field;
    plan->fields[field].column = (int)column;
    plan->fields[field].how = how;
}

/* Of the columns that mean one field the best name wins; a field's own name and its
 * title win over words for it, and two equals contradict each other. */
static enum im_code
match_field(struct making *m, const struct heading_match *matches, size_t field)
{
    struct plan *plan = m->plan;
    enum heading_tier best = TIER_NONE;
    size_t first = 0;
    size_t second = 0;
    size_t n = 0;

    for (size_t i = 0; i < plan->n_columns; i++) {
        if (plan->columns[i].how || matches[i].field != (int)field ||
            matches[i].tier > best)
            continue;
        if (matches[i].tier < best)
            n = 0;
        best = matches[i].tier;
        if (n == 0)
            first = i;
        else if (n == 1)
            second = i;
        n++;
    }
    if (n == 0 || (n > 1 && best == TIER_ENDING))
        return IM_OK; /* endings are a guess: two of them decide nothing */
    if (n > 1)
        return fail_twice(m, field, first, second);
    for (size_t i = 0; i < plan->n_columns; i++)
        if (i != first && !plan->columns[i].how && matches[i].field == (int)field &&
            best == TIER_SYNONYM && matches[i].tier == TIER_SYNONYM)
            return fail_twice(m, field, first, i);
    take_column(plan, first, (int)field, how_of(best));
    return IM_OK;
}

static bool is_position_column(const struct plan *plan, const struct column *column)
{
    enum position_word word = heading_position(&column->heading).word;

    /* decided before the fields are; what is left of such words is no field either */
    return plan->position != POSITION_NONE && word != WORD_NONE &&
           word != WORD_SYSTEM && word != WORD_PAIR;
}

static enum im_code match_names(struct making *m)
{
    struct plan *plan = m->plan;
    struct heading_match *matches =
        im_arena_calloc(m->sample.arena, plan->n_columns + 1, sizeof *matches);
    bool is_dbf = strstr(source_driver(m->source), "Shapefile") != NULL;
    enum im_code rc = IM_OK;

    if (!matches)
        return plan_no_memory(m->err);
    for (size_t i = 0; i < plan->n_columns; i++) {
        const struct column *column = &plan->columns[i];

        matches[i] = (struct heading_match){SCHEMA_NO_FIELD, TIER_NONE};
        if (column->how || column->is_personal ||
            heading_is_row_number(&column->heading))
            continue;
        matches[i] = headings_match(m->headings, &column->heading);
        if (is_position_column(plan, column) && matches[i].tier > TIER_NAME)
            matches[i] = (struct heading_match){SCHEMA_NO_FIELD, TIER_NONE};
        else if (matches[i].tier >= TIER_ENDING && is_dbf)
            matches[i] = headings_match_cut(m->headings, &column->heading);
    }
    for (size_t f = 0; !rc && f < plan->schema->n_fields; f++)
        if (!plan->fields[f].how)
            rc = match_field(m, matches, f);
    return rc;
}

/* ---- by content ---- */

struct code_test {
    const struct code_table *codes;
    struct im_arena *arena;
};

static bool is_code_cell(void *ctx, struct im_bytes cell)
{
    const struct code_test *test = ctx;
    struct im_bytes code;

    return codes_find(test->codes, cell, test->arena, &code);
}

/* 310115 is a division of the four provinces: 31, 32, 33, 34. */
static bool is_adcode_cell(void *ctx, struct im_bytes cell)
{
    (void)ctx;
    if (cell.len != 6 || cell.data[0] != '3' || cell.data[1] < '1' ||
        cell.data[1] > '4')
        return false;
    for (size_t i = 2; i < 6; i++)
        if (cell.data[i] < '0' || cell.data[i] > '9')
            return false;
    return true;
}

static bool is_all(struct making *m,
                   size_t column,
                   bool (*test)(void *, struct im_bytes),
                   void *ctx)
{
    size_t filled = 0;
    size_t n = sample_count(&m->sample, (int)column, test, ctx, &filled);

    return filled >= CANDIDATES_MIN && n == filled;
}

static bool is_undecided(const struct plan *plan, size_t column)
{
    return !plan->columns[column].how && !plan->columns[column].is_personal &&
           !heading_is_row_number(&plan->columns[column].heading);
}

/* The one undecided column of this kind, NO_COLUMN: none or several. */
static int
only_column(struct making *m, bool (*test)(void *, struct im_bytes), void *ctx)
{
    int found = NO_COLUMN;

    for (size_t i = 0; i < m->plan->n_columns; i++) {
        if (!is_undecided(m->plan, i) || !is_all(m, i, test, ctx))
            continue;
        if (found != NO_COLUMN)
            return NO_COLUMN;
        found = (int)i;
    }
    return found;
}

/* Several lists may hold the same words: then no list is meant. */
static bool is_of_other_list(struct making *m, size_t column, size_t field)
{
    for (size_t f = 0; f < m->plan->schema->n_fields; f++) {
        struct code_test test = {m->plan->fields[f].codes, m->sample.arena};

        if (f != field && test.codes && !m->plan->fields[f].how &&
            is_all(m, column, is_code_cell, &test))
            return true;
    }
    return false;
}

static void match_content(struct making *m)
{
    struct plan *plan = m->plan;
    int adcode = plan->schema->roles.adcode;

    for (size_t f = 0; f < plan->schema->n_fields; f++) {
        struct code_test test = {plan->fields[f].codes, m->sample.arena};

        if (!test.codes || plan->fields[f].how || plan->schema->fields[f].hidden)
            continue;
        int column = only_column(m, is_code_cell, &test);
        if (column != NO_COLUMN && !is_of_other_list(m, (size_t)column, f))
            take_column(plan, (size_t)column, (int)f, "content");
    }
    if (adcode == SCHEMA_NO_FIELD || plan->fields[adcode].how)
        return;
    int column = only_column(m, is_adcode_cell, NULL);
    if (column != NO_COLUMN)
        take_column(plan, (size_t)column, adcode, "content");
}

struct region_test {
    const struct gazetteer *gazetteer;
};

static bool is_region_cell(void *ctx, struct im_bytes cell)
{
    const struct region_test *test = ctx;
    struct gazetteer_question q = {.city = cell};

    if (gazetteer_division(test->gazetteer, &q, NULL))
        return true;
    q = (struct gazetteer_question){.district = cell};
    return gazetteer_division(test->gazetteer, &q, NULL) != NULL;
}

/* "所在地区" may hold cities, districts, both: known names only count. */
static void match_region(struct making *m)
{
    struct plan *plan = m->plan;
    int city = plan->schema->roles.city;
    struct region_test test = {plan->gazetteer};

    if (city == SCHEMA_NO_FIELD || plan->fields[city].how || !plan->gazetteer ||
        gazetteer_is_empty(plan->gazetteer))
        return;
    for (size_t i = 0; i < plan->n_columns; i++) {
        size_t filled = 0;

        if (!is_undecided(plan, i) || !heading_is_region(&plan->columns[i].heading))
            continue;
        size_t n = sample_count(&m->sample, (int)i, is_region_cell, &test, &filled);
        if (filled && 10 * n >= 8 * filled) {
            take_column(plan, i, city, "content");
            return;
        }
    }
}

/* A column called 代码 that holds division codes is no key. */
static void mend_key(struct making *m)
{
    struct plan *plan = m->plan;
    int key = plan->schema->key;
    int adcode = plan->schema->roles.adcode;
    int column = plan->fields[key].column;

    if (adcode == SCHEMA_NO_FIELD || adcode == key || column == NO_COLUMN ||
        plan->fields[adcode].how || strcmp(plan->fields[key].how, "synonym") != 0 ||
        !is_all(m, (size_t)column, is_adcode_cell, NULL))
        return;
    plan->fields[key].column = NO_COLUMN;
    plan->fields[key].how = NULL;
    take_column(plan, (size_t)column, adcode, "content");
}

/* ---- units ---- */

/* "亩", "平方公里，规划": what of it is a unit. */
static struct im_bytes unit_of(struct im_bytes inside, const char *to, double *one)
{
    static const char marks[] = ",;/";
    static const char *const before[] = {"单位", "：", ":"};
    struct im_bytes found = {(const uint8_t *)"", 0};

    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (bytes_start(inside, im_bytes_of(before[i])))
            inside = bytes_from(inside, strlen(before[i]));
    if (inside.len && text_convert(1, inside, to, one))
        return inside;
    for (size_t from = 0, i = 0; i <= inside.len; i++) {
        struct im_bytes part = {inside.data + from, i - from};
        double factor = 0;

        if (i < inside.len && !strchr(marks, inside.data[i]))
            continue;
        from = i + 1;
        if (part.len == 0 || !text_convert(1, part, to, &factor))
            continue;
        if (found.len && factor != *one) { /* "亩/公顷": the rows are refused */
            *one = 1;
            return inside;
        }
        found = part;
        *one = factor;
    }
    return found;
}

/* "单位：亩" over the header speaks for every area of the list. */
static struct im_bytes unit_above(const struct plan *plan, const char *to, double *one)
{
    static const char *const ends[] = {")", "）", "。", " "};

    for (const char *const *text = plan->above; text && *text; text++) {
        const char *at = strstr(*text, "单位");
        struct im_bytes unit = im_bytes_of(at ? at : "");

        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (bytes_end(unit, im_bytes_of(ends[i])))
                unit.len -= strlen(ends[i]);
        if (unit.len && text_convert(1, unit, to, one))
            return unit_of(unit, to, one);
    }
    return (struct im_bytes){(const uint8_t *)"", 0};
}

static bool is_bare_number(void *ctx, struct im_bytes cell)
{
    struct text_number number;

    (void)ctx;
    return text_number(cell, &number) && number.unit.len == 0;
}

/* "面积单位" beside "面积". */
static int find_unit_column(const struct plan *plan, const struct column *column)
{
    struct im_bytes base = column->heading.base;

    for (size_t i = 0; i < plan->n_columns; i++) {
        struct im_bytes other = plan->columns[i].heading.whole;

        if (!plan->columns[i].how && other.len == base.len + strlen("单位") &&
            bytes_start(other, base) && bytes_end(other, im_bytes_of("单位")))
            return (int)i;
    }
    return NO_COLUMN;
}

static void find_units(struct making *m)
{
    struct plan *plan = m->plan;

    for (size_t f = 0; f < plan->schema->n_fields; f++) {
        struct field_plan *field = &plan->fields[f];
        const char *unit = plan->schema->fields[f].unit;
        double one = 1;
        size_t filled = 0;

        if (field->column == NO_COLUMN || !unit[0] || field->is_year)
            continue;
        struct column *column = &plan->columns[field->column];
        field->unit = unit_of(column->heading.inside, unit, &one);
        if (!field->unit.len && !plan->is_own)
            field->unit = unit_above(plan, unit, &one);
        field->unit_column = field->unit.len || plan->is_own
                                 ? NO_COLUMN
                                 : find_unit_column(plan, column);
        if (field->unit_column != NO_COLUMN) {
            plan->columns[field->unit_column].how = "unit";
            continue;
        }
        if (field->unit.len && one != 1) {
            column->note_zh =
                plan_printf(plan->arena, "%.*s换算为 %s", (int)field->unit.len,
                            (const char *)field->unit.data, unit);
            column->note_en =
                plan_printf(plan->arena, "%.*s converted to %s", (int)field->unit.len,
                            (const char *)field->unit.data, unit);
        } else if (!field->unit.len && !plan->is_own &&
                   strcmp(field->how, "name") != 0 &&
                   sample_count(&m->sample, field->column, is_bare_number, NULL,
                                &filled)) {
            column->note_zh =
                plan_printf(plan->arena, "未写单位的数按 %s，请核对", unit);
            column->note_en = plan_printf(
                plan->arena, "numbers without a unit taken as %s, please check", unit);
        }
    }
}

/* ---- what is missing ---- */

static enum im_code fail_column(struct making *m, size_t f, bool is_key)
{
    const struct schema_field *field = &m->plan->schema->fields[f];
    char names[120];

    if (m->plan->n_columns == 0) {
        im_fail(m->err, IM_EDATA,
                "the file has no columns: there are no data in it; is it the right one?");
        return im_zh(m->err, IM_EDATA,
                     "文件没有任何列，其中没有数据；请确认文件是否正确");
    }
    list_names(names, sizeof names, m->plan->n_columns, column_name, m->plan);
    im_fail(m->err, IM_EDATA,
            "the file has no column '%s', which is %s; it has: %s; say which it is "
            "with --map %s=COLUMN",
            field->name, is_key ? "the key of the layer" : "required", names,
            field->name);
    return im_zh(
        m->err, IM_EDATA,
        "文件缺少列“%s”（%s），它是%s；文件的列有：%s；可用 --map %s=列名 指明",
        field->name, field->title.zh, is_key ? "图层的主键" : "必填字段", names,
        field->name);
}

/* A key can be made from what identifies a place, if the file has that; from all that
 * a row says where the layer asks for no key. */
static bool can_make_key(const struct plan *plan)
{
    const struct layer_schema *s = plan->schema;

    return plan->can_lack_key &&
           (!s->fields[s->key].required || (plan->name_field != SCHEMA_NO_FIELD &&
                                            plan->fields[plan->name_field].how));
}

/* The key last where one can be made: what it is made from is asked for first. */
static enum im_code check_missing(struct making *m)
{
    const struct plan *plan = m->plan;
    size_t key = (size_t)plan->schema->key;
    bool has_key = plan->fields[key].how != NULL;

    if (!has_key && !plan->can_lack_key)
        return fail_column(m, key, true);
    for (size_t f = 0; f < plan->schema->n_fields; f++)
        if (f != key && plan->schema->fields[f].required && !plan->fields[f].how)
            return fail_column(m, f, false);
    return has_key || can_make_key(plan) ? IM_OK : fail_column(m, key, true);
}

/* ---- the report ---- */

/* Nothing stands in it, above it or below it. */
static bool is_empty_column(const struct making *m, size_t i)
{
    const char *name = m->plan->columns[i].name;
    size_t filled = 0;

    if (!m->plan->is_grid || !m->sample.is_all || strncmp(name, "column_", 7) != 0)
        return false;
    for (size_t row = 0; row < m->sample.n_rows && !filled; row++)
        filled += sample_cell(&m->sample, row, (int)i).len;
    return filled == 0;
}

static void report_column(const struct plan *plan,
                          struct import_mapping *out,
                          const struct column *column)
{
    bool is_field = column->how && column->field != SCHEMA_NO_FIELD;

    *out = (struct import_mapping){
        .column = column->name,
        .field = is_field ? plan->schema->fields[column->field].name : "",
        .how = column->is_personal ? "personal"
               : column->how       ? column->how
                                   : "unknown",
        .note_zh = column->note_zh,
        .note_en = column->note_en};
    if (column->is_personal) {
        out->note_zh = "个人信息，不导入；确需导入请加 --keep-personal";
        out->note_en = "personal data, left out; --keep-personal takes them";
    } else if (!column->how && heading_is_row_number(&column->heading)) {
        out->note_zh = "行号，不保存";
        out->note_en = "running numbers, not stored";
    } else if (!column->how && !column->note_zh[0]) {
        out->note_zh = "未知的列，不保存；可用 --map 指明或 --keep-extra 保留";
        out->note_en =
            "unknown, not stored; --map says what it is, --keep-extra keeps it";
    }
}

static enum im_code note_personal(struct making *m)
{
    char zh[400] = "";
    size_t used = 0;
    size_t n = 0;
    struct im_arena *arena = m->plan->arena;

    for (size_t i = 0; i < m->plan->n_columns; i++) {
        if (!m->plan->columns[i].is_personal)
            continue;
        if (used < sizeof zh)
            used += (size_t)snprintf(zh + used, sizeof zh - used, "%s%.60s",
                                     n ? "、" : "", m->plan->columns[i].name);
        n++;
    }
    if (n == 0)
        return IM_OK;
    zh[im_utf8_cut(zh, sizeof zh - 1)] = '\0';
    return plan_note(
        m->plan, "personal_dropped", plan_printf(arena, "个人信息列不导入：%s", zh),
        plan_printf(arena, "columns of personal data are left out: %s", zh), m->err);
}

static enum im_code write_report(struct making *m)
{
    struct plan *plan = m->plan;
    size_t n = 0;
    struct import_mapping *list = im_arena_calloc(
        plan->arena, plan->n_columns + plan->schema->n_fields + 1, sizeof *list);

    if (!list)
        return plan_no_memory(m->err);
    for (size_t i = 0; i < plan->n_columns; i++)
        if (!is_empty_column(m, i))
            report_column(plan, &list[n++], &plan->columns[i]);
    for (size_t f = 0; f < plan->schema->n_fields; f++) {
        const struct field_plan *field = &plan->fields[f];

        if (!field->how || field->column != NO_COLUMN)
            continue;
        list[n++] = (struct import_mapping){
            .column = "",
            .field = plan->schema->fields[f].name,
            .how = field->how,
            .note_zh = field->is_set ? field->set_text : field->note_zh,
            .note_en = field->is_set ? field->set_text : field->note_en};
    }
    plan->report->mappings = list;
    plan->report->n_mappings = n;
    return note_personal(m);
}

/* ---- all of it ---- */

static enum im_code init(struct making *m)
{
    const struct plan_context *c = m->context;
    struct plan *plan = m->plan;

    *plan = (struct plan){.source = m->source,
                          .options = c->options,
                          .schema = c->schema,
                          .gazetteer = c->gazetteer,
                          .online = c->online,
                          .report = c->report,
                          .arena = c->arena,
                          .is_own = c->is_own || source_is_export(m->source)};
    plan->source_name = im_arena_strdup(c->arena, im_bytes_of(source_name(m->source)));
    plan->divisions =
        im_arena_calloc(c->arena, DIVISION_CACHE, sizeof *plan->divisions);
    m->headings = headings_new(c->schema, c->arena);
    if (!plan->source_name || !plan->divisions || !m->headings)
        return plan_no_memory(m->err);
    plan->shape = (struct shape_rules){.crs = &plan->crs,
                                       .repair = c->options->repair,
                                       .fix_swap = c->options->fix_swap};
    return IM_OK;
}

/* Positions first: 经度 is no field even where a synonym says so; then the fields. */
static enum im_code decide(struct making *m)
{
    struct plan *plan = m->plan;
    enum im_code rc = take_wishes(m);

    if (!rc)
        rc = position_plan(plan, m->source, m->context->definition, &m->position,
                           &m->sample, m->err);
    if (!rc)
        rc = match_names(m);
    if (rc)
        return rc;
    mend_key(m);
    if (!plan->is_own)
        match_content(m);
    if (!plan->is_own)
        match_region(m);
    find_units(m);
    rc = take_fill_down(m);
    if (!rc && plan->options->keep_extra)
        rc = extra_fields(plan, m->context->definition, &m->sample, m->err);
    if (!rc)
        rc = check_missing(m);
    if (rc)
        return rc;
    plan->shape.schema = plan->schema;
    derive_plan(plan);
    return IM_OK;
}

static void choose_unplaced(struct plan *plan)
{
    plan->unplaced = plan->options->unplaced;
    if (plan->unplaced != IMPORT_UNPLACED_DEFAULT)
        return;
    if (plan->is_own || plan->is_table)
        plan->unplaced = IMPORT_UNPLACED_KEEP;
    else
        plan->unplaced = plan->position == POSITION_NONE ? IMPORT_UNPLACED_PLACE
                                                         : IMPORT_UNPLACED_REFUSE;
}

enum im_code plan_make(const struct plan_context *context,
                       struct source *source,
                       struct plan **out,
                       struct im_error *err)
{
    struct plan *plan = im_arena_calloc(context->arena, 1, sizeof *plan);
    struct making m = {.plan = plan, .context = context, .source = source, .err = err};
    const struct source_note note = source_note(source);
    enum im_code rc = IM_OK;

    *out = NULL;
    if (!plan)
        return plan_no_memory(err);
    rc = init(&m);
    if (!rc && note.code)
        rc = plan_note(plan, note.code, note.zh, note.en, err);
    if (!rc)
        rc = find_header(&m);
    if (!rc)
        rc = list_columns(&m);
    if (!rc)
        rc = list_fields(&m);
    if (!rc)
        rc = sample_read(source, plan->is_grid, &m.sample, err);
    if (!rc) {
        find_personal(&m);
        rc = decide(&m);
    }
    if (!rc) {
        choose_unplaced(plan);
        rc = write_report(&m);
    }
    if (!rc && plan->options->save_mapping_path)
        rc = mapping_save(plan, err);
    sample_release(&m.sample);
    if (rc)
        plan_release(plan);
    else
        *out = plan;
    return rc;
}

void plan_release(struct plan *plan)
{
    if (!plan)
        return;
    crs_release(&plan->crs);
    for (size_t f = 0; plan->fields && f < plan->schema->n_fields; f++)
        im_buf_release(&plan->fields[f].last_text);
}

enum position_kind plan_position(const struct plan *plan)
{
    return plan->position;
}

bool plan_has_field(const struct plan *plan, size_t field)
{
    return plan->fields[field].how != NULL;
}

bool plan_is_derived(const struct plan *plan, size_t field)
{
    const char *how = plan->fields[field].how;

    return how && strcmp(how, "derived") == 0;
}

const struct layer_schema *plan_schema(const struct plan *plan)
{
    return plan->schema;
}

struct im_bytes plan_definition(const struct plan *plan)
{
    return plan->definition;
}
