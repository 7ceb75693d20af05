/* SPDX-License-Identifier: Apache-2.0 */
/* Which outline holds a position, a million times: edges sorted into bands of latitude,
 * so that a question looks at a dozen of them instead of thousands. Each band is a
 * geometry made of the runs of edges that touch it, and geom_contains counts crossings
 * in it as it would in the whole: the answer is the same. */
#include "gazetteer_internal.h"

enum { EDGES_PER_BAND = 16, MAX_BANDS = 4096, MAX_COPIES = 8 };

/* Rises with latitude, so an edge that crosses one lies in all bands between its ends.
 */
static uint32_t band_of(const struct bands *bands, double lat)
{
    double band = (lat - bands->min_y) * bands->per_degree;

    return band <= 0 ? 0 : band >= bands->n - 1 ? bands->n - 1 : (uint32_t)band;
}

/* While building: the last vertex of a band's last run. */
struct filling {
    double *lonlat; /* where its vertices go; NULL: only counted */
    uint32_t *part_end;
    uint32_t last;
};

static void
add_edge(struct geom *band, struct filling *f, const struct geom *g, uint32_t i)
{
    bool goes_on = band->n_parts && f->last == i;
    uint32_t n = goes_on ? 1 : 2;

    if (f->lonlat) {
        memcpy(f->lonlat + 2 * (size_t)band->n_points,
               g->lonlat + 2 * (size_t)(i + 2 - n), 2 * n * sizeof(double));
        f->part_end[band->n_parts - goes_on] = band->n_points + n;
    }
    band->n_points += n;
    band->n_parts += !goes_on;
    f->last = i + 1;
}

static void
add_edges(struct bands *bands, struct filling *filling, const struct geom *g)
{
    uint32_t start = 0;

    for (uint32_t b = 0; b < bands->n; b++)
        bands->list[b].n_points = bands->list[b].n_parts = 0;
    for (uint32_t part = 0; part < g->n_parts; part++) {
        for (uint32_t i = start; i + 1 < g->part_end[part]; i++) {
            uint32_t from = band_of(bands, g->lonlat[2 * (size_t)i + 1]);
            uint32_t to = band_of(bands, g->lonlat[2 * (size_t)i + 3]);

            for (uint32_t b = from < to ? from : to; b <= (from < to ? to : from); b++)
                add_edge(&bands->list[b], &filling[b], g, i);
        }
        /* the next ring's first edge does not go on from here */
        start = g->part_end[part];
    }
}

static void set_bands(struct bands *bands, struct bbox box, uint32_t n)
{
    bands->n = n;
    bands->min_y = box.min_y;
    bands->per_degree = box.max_y > box.min_y ? n / (box.max_y - box.min_y) : 0;
}

/* Edges from end to end (a comb) would be in every band: then one band has to do. */
static bool are_many_copies(const struct bands *bands, const struct geom *g)
{
    uint64_t copies = 0;

    for (uint32_t i = 0; i + 1 < g->n_points; i++) {
        uint32_t from = band_of(bands, g->lonlat[2 * (size_t)i + 1]);
        uint32_t to = band_of(bands, g->lonlat[2 * (size_t)i + 3]);

        copies += (from < to ? to - from : from - to) + 1;
    }
    return copies > (uint64_t)MAX_COPIES * g->n_points;
}

bool bands_build(struct bands *bands,
                 const struct geom *g,
                 struct bbox box,
                 struct im_arena *arena,
                 struct im_arena *scratch)
{
    struct filling *filling;
    uint32_t n = g->n_points / EDGES_PER_BAND + 1;

    set_bands(bands, box, n < MAX_BANDS ? n : MAX_BANDS);
    if (are_many_copies(bands, g))
        set_bands(bands, box, 1);
    bands->list = im_arena_calloc(arena, bands->n, sizeof *bands->list);
    filling = im_arena_calloc(scratch, bands->n, sizeof *filling);
    if (!bands->list || !filling)
        return false;
    add_edges(bands, filling, g);
    for (uint32_t b = 0; b < bands->n; b++) {
        struct geom *band = &bands->list[b];

        filling[b].lonlat =
            im_arena_calloc(arena, (size_t)band->n_points + 1, 2 * sizeof(double));
        filling[b].part_end =
            im_arena_calloc(arena, (size_t)band->n_parts + 1, sizeof(uint32_t));
        if (!filling[b].lonlat || !filling[b].part_end)
            return false;
        band->kind = GEOM_AREA;
        band->lonlat = filling[b].lonlat;
        band->part_end = filling[b].part_end;
    }
    add_edges(bands, filling, g);
    return true;
}

bool bands_contain(const struct bands *bands, double lon, double lat)
{
    return geom_contains(&bands->list[band_of(bands, lat)], lon, lat);
}
