/* SPDX-License-Identifier: Apache-2.0 */
/* Finding an operator by its name, and walking what was compiled. */
#include "style/operators.h"

static const struct expr_family *const families[] = {
    &expr_family_data,    &expr_family_compare, &expr_family_choice,
    &expr_family_curve,   &expr_family_math,    &expr_family_text,
    &expr_family_convert, &expr_family_list,    &expr_family_collator,
    &expr_family_place,   &expr_family_filter};
enum { N_FAMILIES = sizeof families / sizeof *families };

const struct expr_operator *expr_operator_find(const char *name)
{
    for (size_t f = 0; f < N_FAMILIES; f++)
        for (size_t i = 0; i < families[f]->n; i++)
            if (strcmp(families[f]->rows[i].name, name) == 0)
                return &families[f]->rows[i];
    return NULL;
}

const char *expr_operator_nearest(const char *name)
{
    const char *best = "";
    unsigned least = ~0u;
    bool is_alike = false; /* of equally near ones the one that begins like it */

    for (size_t f = 0; f < N_FAMILIES; f++)
        for (size_t i = 0; i < families[f]->n; i++) {
            const char *candidate = families[f]->rows[i].name;
            unsigned distance = style_name_distance(name, candidate);

            if (distance < least ||
                (distance == least && !is_alike && candidate[0] == name[0])) {
                least = distance;
                best = candidate;
                is_alike = candidate[0] == name[0];
            }
        }
    return best;
}

static const char *count_zh(const char *needed)
{
    static const char *const known[][2] = {
        {"1 argument", "1 个参数"},
        {"2 arguments", "2 个参数"},
        {"2 or 3 arguments", "2 或 3 个参数"},
        {"at least 3 arguments", "至少 3 个参数"},
        {"another number of arguments", "另外的参数个数"}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], needed) == 0)
            return known[i][1];
    return needed;
}

const struct expr *
expr_fail_count(struct expr_compiler *c, const char *needed, const json_t *json)
{
    size_t n = json_array_size(json) - 1;

    /* both formats get all arguments */
    return expr_fail(c, "Expected %s%.0s, but found %zu instead.",
                     "参数个数不对：需要%.0s%s，却有 %zu 个。", needed,
                     count_zh(needed), n);
}

static bool is_named(const struct expr *e, const char *name)
{
    return e->op && strcmp(e->op->name, name) == 0;
}

void expr_each_constant(const struct expr *e,
                        expr_output_fn *fn,
                        void *ctx,
                        bool *complete)
{
    bool has_outputs = false;

    if (!e->op) {
        fn(ctx, e->value);
        return;
    }
    for (uint32_t i = 0; i < e->n_args; i++)
        if (expr_is_output(e, i)) {
            has_outputs = true;
            expr_each_constant(e->args[i], fn, ctx, complete);
        }
    if (!has_outputs)
        *complete = false;
}

/* The curve of zoom that is the whole value, perhaps inside of let or coalesce; what
 * else uses zoom sets *wrong. MapLibre looks at variables where they are bound. */
static const struct expr *find_curve(const struct expr *e, enum expr_zoom *wrong)
{
    const struct expr *found = NULL;
    bool passes = is_named(e, "let") || is_named(e, "coalesce");

    if (!(e->depends & EXPR_ZOOM) || *wrong || expr_is_variable(e))
        return NULL;
    if (expr_is_curve(e) && is_named(e->args[0], "zoom"))
        found = e;
    for (uint32_t i = 0; i < e->n_args && !*wrong; i++) {
        bool is_bound = is_named(e, "let") && i + 1 < e->n_args;
        const struct expr *below = find_curve(e->args[i], wrong);

        if (!below || *wrong)
            continue;
        if (found && found != below)
            *wrong = EXPR_ZOOM_TWICE;
        else if (!passes || is_bound)
            *wrong = EXPR_ZOOM_NOT_ON_TOP;
        else
            found = below;
    }
    return found;
}

enum expr_zoom expr_zoom_use(const struct expr *e)
{
    enum expr_zoom wrong = EXPR_ZOOM_NONE;
    const struct expr *curve = find_curve(e, &wrong);

    if (wrong)
        return wrong;
    if (!curve)
        return e->depends & EXPR_ZOOM ? EXPR_ZOOM_NOT_ON_TOP : EXPR_ZOOM_NONE;
    return expr_is_step(curve) ? EXPR_ZOOM_STEP : EXPR_ZOOM_INTERPOLATE;
}
