/* SPDX-License-Identifier: Apache-2.0 */
/* Outlines: which one holds a position, how far is it away; and what callers ask first.
 */
#include "gazetteer_internal.h"

#include <math.h>
#include <stdlib.h>

void gazetteer_free(struct gazetteer *g)
{
    if (!g)
        return;
    name_table_release(&g->division_names);
    name_table_release(&g->place_names);
    im_buf_release(&g->places);
    free(g->former);
    im_arena_free(g->arena);
    free(g->divisions);
    free(g);
}

bool gazetteer_is_empty(const struct gazetteer *g)
{
    return !g->n_divisions && !g->n_places;
}

static bool is_in(struct bbox box, double lon, double lat)
{
    return lon >= box.min_x && lon <= box.max_x && lat >= box.min_y && lat <= box.max_y;
}

/* The finest outline; borders belong to the division with the smaller code. */
uint32_t division_at(const struct gazetteer *g, double lon, double lat)
{
    uint32_t best = NONE;

    if (!isfinite(lon) || !isfinite(lat))
        return NONE;
    for (uint32_t i = 0; i < g->n_divisions; i++) {
        const struct division *d = &g->divisions[i];

        if (!d->has_outline || d->city == NONE || !is_in(d->box, lon, lat) ||
            (best != NONE && g->divisions[best].level >= d->level))
            continue;
        if (bands_contain(&d->bands, lon, lat))
            best = i;
    }
    return best;
}

const struct gazetteer_division *
gazetteer_at(const struct gazetteer *g, double lon, double lat)
{
    uint32_t found = division_at(g, lon, lat);

    return found == NONE ? NULL : &g->divisions[found].is;
}

double gazetteer_distance_m(const struct gazetteer *g,
                            const struct gazetteer_division *division,
                            double lon,
                            double lat)
{
    const struct division *d = (const struct division *)division;

    if (!d || !isfinite(lon) || !isfinite(lat))
        return -1;
    if (!d->has_outline && d->city != NONE)
        d = &g->divisions[d->city];
    if (!d->has_outline)
        return -1;
    if (is_in(d->box, lon, lat) && bands_contain(&d->bands, lon, lat))
        return 0;
    return geom_distance_m(&d->outline, lon, lat, NULL, NULL);
}

const struct gazetteer_division *
gazetteer_division(const struct gazetteer *g,
                   const struct gazetteer_question *question,
                   bool *was_renamed)
{
    struct context c;
    uint32_t found;

    context_of_statement(g, question, &c);
    found = c.is_conflict || c.is_foreign ? NONE : context_finest(&c);
    if (was_renamed)
        *was_renamed = found != NONE && c.was_renamed;
    return found == NONE ? NULL : &g->divisions[found].is;
}
