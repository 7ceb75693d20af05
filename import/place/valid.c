/* SPDX-License-Identifier: Apache-2.0 */
/* Areas through GEOS, where the quick proof does not decide. A GEOS context costs less
 * than a microsecond, so each question has its own and nothing is kept between rows. */
#include "valid.h"

#include "simple.h"

#include <engine/geom_geos.h>

#include <math.h>

/* Under this many vertices the worst shape takes GEOS a second. */
enum { SMALL = 10000 };

/* ---- check ---- */

static enum valid_fault fault_of(const char *reason)
{
    static const struct {
        const char *words; /* GEOS 3.11, TopologyValidationError */
        enum valid_fault fault;
    } table[] = {{"Self-intersection", VALID_CROSSING},
                 {"Ring Self-intersection", VALID_CROSSING},
                 {"Hole lies outside shell", VALID_HOLE_OUTSIDE},
                 {"Holes are nested", VALID_HOLE_OUTSIDE},
                 {"Nested shells", VALID_NESTED},
                 {"Duplicate Rings", VALID_NESTED},
                 {"Interior is disconnected", VALID_SPLIT}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(reason, table[i].words) == 0)
            return table[i].fault;
    return VALID_OTHER;
}

static void ask_geos(GEOSContextHandle_t h,
                     const GEOSGeometry *geometry,
                     struct im_arena *arena,
                     struct valid_answer *out)
{
    char *reason = NULL;
    GEOSGeometry *place = NULL;
    char answer = GEOSisValidDetail_r(h, geometry, 0, &reason, &place);

    if (answer == 1) {
        *out = (struct valid_answer){.fault = VALID_GOOD, .other = ""};
    } else if (answer == 0 && reason) {
        const char *words = im_arena_strdup(arena, im_bytes_of(reason));

        out->fault = fault_of(reason);
        out->other = words ? words : "";
        if (place)
            out->has_place = GEOSGeomGetX_r(h, place, &out->place[0]) == 1 &&
                             GEOSGeomGetY_r(h, place, &out->place[1]) == 1;
    } else {
        out->fault = VALID_OTHER;
    }
    GEOSFree_r(h, reason);
    GEOSGeom_destroy_r(h, place);
}

static bool is_too_tangled(const struct geom *areas, struct im_arena *arena)
{
    struct simple_tangle tangle;

    return areas->n_points > SMALL &&
           (!simple_tangle(areas, false, arena, &tangle) || tangle.pairs == UINT64_MAX);
}

static void check_by_geos(const struct geom *areas,
                          struct im_arena *arena,
                          struct valid_answer *out)
{
    if (is_too_tangled(areas, arena)) {
        out->fault = VALID_TANGLED;
        return;
    }
    GEOSContextHandle_t h = GEOS_init_r();
    GEOSGeometry *geometry = h ? geom_to_geos(h, areas) : NULL;

    out->has_place = false;
    if (geometry)
        ask_geos(h, geometry, arena, out);
    else
        out->fault = VALID_NO_MEMORY;
    if (h) {
        GEOSGeom_destroy_r(h, geometry);
        GEOS_finish_r(h);
    }
}

void valid_check(const struct geom *areas,
                 struct im_arena *arena,
                 struct valid_answer *out)
{
    *out = (struct valid_answer){.has_place = true, .other = ""};
    switch (simple_check(areas, arena, out->place)) {
    case SIMPLE_VALID:
        out->has_place = false;
        return;
    case SIMPLE_CROSSING:
        out->fault = VALID_CROSSING;
        return;
    case SIMPLE_HOLE_OUTSIDE:
        out->fault = VALID_HOLE_OUTSIDE;
        return;
    case SIMPLE_NESTED:
        out->fault = VALID_NESTED;
        return;
    case SIMPLE_NO_MEMORY:
        out->fault = VALID_NO_MEMORY;
        out->has_place = false;
        return;
    case SIMPLE_UNSURE:
        check_by_geos(areas, arena, out);
        return;
    }
}

/* ---- mend ---- */

/* Outer rings less holes, as drawn: a loop that runs the other way counts against. */
static double area2_of(const struct geom *g)
{
    double sum = 0;

    for (uint32_t ring = 0; ring < g->n_parts; ring++) {
        uint32_t first = ring ? g->part_end[ring - 1] : 0;

        sum +=
            geom_ring_area2(g->lonlat + 2 * (size_t)first, g->part_end[ring] - first);
    }
    return sum;
}

static GEOSGeometry *make_valid(GEOSContextHandle_t h, const struct geom *areas)
{
    GEOSGeometry *from = geom_to_geos(h, areas);
    GEOSMakeValidParams *how = GEOSMakeValidParams_create_r(h);
    GEOSGeometry *made = NULL;

    if (from && how &&
        GEOSMakeValidParams_setMethod_r(h, how, GEOS_MAKE_VALID_STRUCTURE))
        made = GEOSMakeValidWithParams_r(h, from, how);
    if (how)
        GEOSMakeValidParams_destroy_r(h, how);
    GEOSGeom_destroy_r(h, from);
    return made;
}

static enum mend_verdict judge(const struct geom *before,
                               const struct geom *after,
                               struct im_arena *arena,
                               double *lost_percent)
{
    double was = fabs(area2_of(before));
    double is = after->kind == GEOM_AREA ? area2_of(after) : 0;
    struct valid_answer answer;

    *lost_percent = is >= was ? 0 : 100 * (was - is) / was;
    if (!(is > 0))
        return MEND_NOTHING_LEFT;
    if (*lost_percent > MEND_MAX_LOSS_PERCENT)
        return MEND_LOSES_AREA;
    valid_check(after, arena, &answer);
    return answer.fault == VALID_GOOD ? MEND_DONE : MEND_FAILED;
}

enum mend_verdict valid_mend(const struct geom *areas,
                             struct im_arena *arena,
                             struct geom *out,
                             double *lost_percent)
{
    struct simple_tangle tangle;
    struct geom mended = {.kind = GEOM_EMPTY};

    *lost_percent = 0;
    if (areas->n_points > MEND_MAX_VERTICES ||
        !simple_tangle(areas, true, arena, &tangle) ||
        tangle.crossings > MEND_MAX_CROSSINGS)
        return MEND_TOO_MUCH;
    GEOSContextHandle_t h = GEOS_init_r();
    GEOSGeometry *made = h ? make_valid(h, areas) : NULL;
    bool is_back = made && geom_from_geos(h, made, arena, &mended);
    if (h) {
        GEOSGeom_destroy_r(h, made);
        GEOS_finish_r(h);
    }
    if (!is_back)
        return MEND_FAILED;
    enum mend_verdict verdict = judge(areas, &mended, arena, lost_percent);
    if (verdict == MEND_DONE)
        *out = mended;
    return verdict;
}
