/* SPDX-License-Identifier: Apache-2.0 */
/* Clustered points in the delta as a feature source: made while they are read, so that
 * a benchmark's memory is the atlas's. */
#ifndef TESTS_BENCH_POINTS_H
#define TESTS_BENCH_POINTS_H

#include <support/random.h>

#include <engine/atlas.h>

enum { POINTS_CLUSTERS = 300, POINTS_LEVELS = 8, POINTS_FIELDS = 3 };

struct points {
    uint32_t n;
    double centre[2 * POINTS_CLUSTERS];
    /* what points_init sets may be replaced: the layer, at most POINTS_FIELDS fields of
     * which the first is the row number, and the values of the others */
    const char *definition;
    void (*fill)(struct source_value *values, uint32_t row, struct test_random *r);
};

/** Fields: id (integer, the key) and level (text, "level0" to "level7"). */
void points_init(struct points *points, uint32_t n);
/** Valid as long as `points`. */
struct feature_source points_source(struct points *points);
/** Ends the program when it cannot be built. */
const struct atlas *points_atlas(struct points *points);

/** Processor time of this thread: what others do on the machine is left out, but for
 *  the caches they empty. */
double points_now_us(void);
/** Sorts `us` and returns the value below which `share` of them lie. */
double points_quantile(double *us, size_t n, double share);

#endif
