/* SPDX-License-Identifier: Apache-2.0 */
/* When work has to end: a question that takes too long is stopped, not waited for. */
#ifndef ENGINE_DEADLINE_H
#define ENGINE_DEADLINE_H

#include <engine/error.h>

#include <stdbool.h>
#include <stdint.h>

/** Zero-initialised: never. */
struct im_deadline {
    uint64_t at_us; /* CLOCK_MONOTONIC; 0: never */
};

/** `ms` from now. */
struct im_deadline im_deadline_in(uint64_t ms);
/** Reads the clock: ask every few thousand steps. `deadline` may be NULL. */
bool im_deadline_passed(const struct im_deadline *deadline);
/** IM_ESTOPPED with what to narrow: area, filter, layers, distance. */
enum im_code im_deadline_fail(struct im_error *err);

#endif
