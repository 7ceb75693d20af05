/* SPDX-License-Identifier: Apache-2.0 */
/* Which columns come into the layer, and what each is there. */
#include "parts.h"

/* Fewer different names than this are no mistakes any more. */
static const double NAME_SHARE = 0.9;

static const struct survey_column *column_at(const struct new_layer *layer, size_t i)
{
    return &layer->survey->columns[i];
}

static bool is_kept(const struct survey_column *c)
{
    return c->n_filled > 0 && !c->is_personal && !c->is_row_number && !c->is_position;
}

/* The column whose heading says it best; the first of those that say it alike. */
static void choose_common(const struct new_layer *layer, struct choice *choices)
{
    int taken[COMMON_FIELDS];

    for (size_t f = 0; f < COMMON_FIELDS; f++)
        taken[f] = -1;
    for (size_t i = 0; i < layer->survey->n_columns; i++) {
        const struct survey_column *c = column_at(layer, i);
        int f = c->match.field;

        if (!choices[i].is_kept || f == SCHEMA_NO_FIELD || f == COMMON_ID ||
            c->n_fitting != c->n_filled)
            continue;
        if (taken[f] < 0 ||
            c->match.tier < column_at(layer, (size_t)taken[f])->match.tier)
            taken[f] = (int)i;
    }
    for (size_t f = 0; f < COMMON_FIELDS; f++)
        if (taken[f] >= 0)
            choices[taken[f]].common = (int)f;
}

static bool can_be_key(const struct new_layer *layer, const struct survey_column *c)
{
    double rows = (double)layer->survey->n_rows;

    return c->is_key_like && c->n_long == 0 &&
           (double)c->n_filled >= NEARLY_ALL * rows &&
           (double)c->n_distinct >= NEARLY_ALL * rows;
}

/* 编号 and id before 统一社会信用代码, EntityHandle and the like. */
static void choose_key(const struct new_layer *layer, struct choice *choices)
{
    int best = -1;

    for (size_t i = 0; i < layer->survey->n_columns; i++) {
        const struct survey_column *c = column_at(layer, i);

        if (!choices[i].is_kept || choices[i].common != SCHEMA_NO_FIELD ||
            !can_be_key(layer, c))
            continue;
        if (best < 0 || (c->match.field == COMMON_ID &&
                         column_at(layer, (size_t)best)->match.field != COMMON_ID))
            best = (int)i;
    }
    if (best >= 0)
        choices[best].is_key = true;
}

bool choices_have_key(const struct new_layer *layer, const struct choice *choices)
{
    for (size_t i = 0; i < layer->survey->n_columns; i++)
        if (choices[i].is_key)
            return true;
    return false;
}

/* Without a column that is called a name: the one that tells the rows apart best. Where
 * there is no key either, rows of one name would count as one place: then it has to
 * tell all of them apart. */
static void choose_name(const struct new_layer *layer, struct choice *choices)
{
    double least = choices_have_key(layer, choices) ? 0.5 : 1;
    int best = -1;

    for (size_t i = 0; i < layer->survey->n_columns; i++)
        if (choices[i].common == COMMON_NAME_ZH) {
            choices[i].is_name = true;
            return;
        }
    for (size_t i = 0; i < layer->survey->n_columns; i++) {
        const struct survey_column *c = column_at(layer, i);

        if (!choices[i].is_kept || choices[i].is_key || c->n_long || c->n_number ||
            choices[i].common == COMMON_ADDRESS || choices[i].common == COMMON_NOTE ||
            choices[i].common == COMMON_WEBSITE ||
            (double)c->n_filled < 0.9 * (double)layer->survey->n_rows ||
            survey_share(c, c->n_distinct) < least)
            continue;
        if (best < 0 || c->n_distinct > column_at(layer, (size_t)best)->n_distinct)
            best = (int)i;
    }
    if (best >= 0)
        choices[best].is_name = true;
}

/* Without a key a place is known by its name and city; where names repeat (and not only
 * by mistake), by its name and position: what the importer takes when no city is known.
 */
static bool names_repeat(const struct new_layer *layer, const struct choice *choices)
{
    if (choices_have_key(layer, choices))
        return false;
    for (size_t i = 0; i < layer->survey->n_columns; i++)
        if (choices[i].is_name)
            return survey_share(column_at(layer, i), column_at(layer, i)->n_distinct) <
                   NAME_SHARE;
    return false;
}

enum im_code
choices_make(struct new_layer *layer, struct choice **out, struct im_error *err)
{
    size_t n = layer->survey->n_columns;
    struct choice *choices = im_arena_calloc(layer->arena, n + 1, sizeof *choices);

    if (!choices)
        return im_fail(err, IM_ENOMEM, "new layer: out of memory");
    for (size_t i = 0; i < n; i++)
        choices[i] = (struct choice){.is_kept = is_kept(column_at(layer, i)),
                                     .common = SCHEMA_NO_FIELD};
    choose_common(layer, choices);
    choose_key(layer, choices);
    choose_name(layer, choices);
    layer->names_repeat = names_repeat(layer, choices);
    *out = choices;
    return IM_OK;
}
