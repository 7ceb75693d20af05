/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of settling share: settle.c, settle_names.c, settle_places.c. */
#ifndef ENGINE_ASK_SETTLE_H
#define ENGINE_ASK_SETTLE_H

#include "ask/read.h"

/** Does a distance from what stands before begin here: nearest, near, within 3 km? */
bool begins_distance(const struct reading *r, size_t i);
/** "nearest incubator to Foo University": what ends a name is no kind that is asked
 * for. */
void settle_kinds_in_names(struct reading *r);
/** Near or in what nobody knows: it is a place. */
void settle_unknown_places(struct reading *r);
/** What nobody knows has something: it is a place. */
void settle_unknown_owners(struct reading *r);

/** Does this place lie in this division? By their codes. */
bool term_lies_in(const struct term *t, const struct term *division);

#endif
