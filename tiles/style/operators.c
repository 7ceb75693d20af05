/* SPDX-License-Identifier: Apache-2.0 */
/* Finding an operator by its name. */
#include "style/operators.h"

enum { N_FAMILIES = 4 };

static const struct expr_family *const families[N_FAMILIES] = {
    &expr_family_data, &expr_family_logic, &expr_family_choice, &expr_family_value};

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

    for (size_t f = 0; f < N_FAMILIES; f++)
        for (size_t i = 0; i < families[f]->n; i++) {
            const char *candidate = families[f]->rows[i].name;
            unsigned distance = style_name_distance(name, candidate);

            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
    return best;
}
