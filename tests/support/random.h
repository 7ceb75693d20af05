/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers for property tests: the seed is printed, IM_SEED= replays it. */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include <stdint.h>

struct test_random {
    uint64_t state;
};

/** The same seed each run, so that a failure is a failure of the change at hand; that of
 *  IM_SEED, or a new one with IM_SEED=new. Printed with `name`. */
struct test_random test_random_new(const char *name);
uint64_t test_random_next(struct test_random *r);
/** Evenly in [min, max). */
double test_random_in(struct test_random *r, double min, double max);
/** 0 .. n-1 */
uint32_t test_random_below(struct test_random *r, uint32_t n);

#endif
