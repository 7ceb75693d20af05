/* SPDX-License-Identifier: Apache-2.0 */
/* Which column is which field: by its name, then by what stands in it. */
#include "columns.h"

enum { CANDIDATES_MIN = 3 /* rows that content is judged by */ };

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

void find_personal(struct making *m)
{
    struct plan *plan = m->plan;

    if (plan->options->keep_personal || plan->is_own)
        return;
    for (size_t i = 0; i < plan->n_columns; i++)
        plan->columns[i].is_personal = is_personal(m, i);
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

enum im_code match_names(struct making *m)
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

void match_content(struct making *m)
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

void match_region(struct making *m)
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

void mend_key(struct making *m)
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
