/* SPDX-License-Identifier: Apache-2.0 */
/* Names and positions that may be one place.
 *
 * Compared are rows that share a bucket: the name without brackets and city; one of the
 * rarest pairs of characters, in one city; the neighbourhood. Of each bucket a bounded
 * number is looked at, so the work grows with the rows, not with their square.
 */
#ifndef ENGINE_ALIKE_H
#define ENGINE_ALIKE_H

#include <engine/arena.h>

struct alike_place {
    bool is_known;
    double x; /* degrees */
    double y;
};
/** On the sphere, flat between the two: good for the few kilometres it is asked for. */
double alike_distance_m(struct alike_place a, struct alike_place b);

struct alike_row {
    struct im_bytes name; /* its identity */
    const char *title;    /* as written */
    const char *key;
    struct alike_place place;
    uint64_t exact;   /* hash of `name` */
    uint64_t loose;   /* without what is in brackets, and the city before it */
    uint64_t city;    /* 0: not known */
    uint64_t numbers; /* hash of what counts places: 一期, B座, 东区 */
    bool has_brackets;
    uint64_t row; /* 0: in the table */
};

/* How sure it is, ascending. */
enum alike_rank {
    ALIKE_NOT,
    ALIKE_SPOT,  /* the same position, a similar name */
    ALIKE_NAME,  /* almost the same name, near or in one city */
    ALIKE_LOOSE, /* the same name but for brackets and city */
    ALIKE_SAME   /* the same name */
};

struct alike_finding {
    const struct alike_row *other;
    enum alike_rank rank;
    double likeness;
    double distance_m; /* < 0: not known */
};

struct alike {
    struct alike_row *rows;
    size_t n;
    size_t cap;
    struct im_arena *arena; /* texts of the rows */
    struct im_arena *scratch;
    struct im_buf nodes; /* of the buckets' chains */
    uint32_t *heads;     /* plus one */
    size_t n_heads;      /* a power of two */
    uint32_t *frequency; /* of pairs of characters */
};
/** For at most `n` rows. */
IM_CHECKED enum im_code alike_init(struct alike *alike, size_t n, struct im_error *err);
void alike_release(struct alike *alike);
/** A copy in the arena, cut at a character: names come from outside. NULL: no memory.
 */
char *alike_copy(struct alike *alike, struct im_bytes text);
/** Add a row of which place, key and number are filled in; name and city as written. */
IM_CHECKED enum im_code alike_add(struct alike *alike,
                                  struct alike_row row,
                                  struct im_bytes name,
                                  struct im_bytes city,
                                  struct im_error *err);
/** All rows are added: from now on they can be put into buckets and looked for. */
void alike_count(struct alike *alike);
void alike_put(struct alike *alike, size_t i);
/** Of the rows put so far the one that is most likely the same place as row `i`. */
struct alike_finding alike_find(const struct alike *alike, size_t i);
IM_CHECKED enum im_code alike_check(const struct alike *alike, struct im_error *err);

#endif
