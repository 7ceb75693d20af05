/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked, in slots: what, of which reference, where, how. From these follow the
 * operation and its parameters. */
#ifndef ENGINE_ASK_DRAFT_H
#define ENGINE_ASK_DRAFT_H

#include "ask/read.h"

enum { MAX_GROUPS = 4, MAX_PLACES = 8 };

/* Kinds that are asked for together: parks and incubators. */
struct group {
    struct kind kind; /* joined */
    size_t first;     /* terms */
    size_t last;
    bool is_impossible; /* no filter says that */
};

struct draft {
    struct reading *r;
    struct group groups[MAX_GROUPS];
    size_t n_groups;
    size_t near; /* terms; r->n: none */
    size_t in;   /* a place or corridor */
    size_t from; /* along the way */
    size_t to;
    size_t distance;
    size_t level;     /* districts, cities, provinces */
    bool has_several; /* divisions, as a filter */
    int several;      /* their widest level */
    bool is_here;     /* from a point the client gives */
    bool is_drawn;    /* in a polygon the client gives */
    struct ask_parse *out;
};

/** Terms that belong together become one; places that nobody knows are marked as such.
 */
void settle_terms(struct reading *r);
/** Kinds get what is said of them and become groups; what no layer can say is missed.
 */
void settle_kinds(struct draft *d);
/** Places, positions, corridors and the distance find their slots. */
void settle_places(struct draft *d);

/** The operation and its parts; false: not understood. */
bool decide(struct draft *d);

/** Forms with the words that were understood, for a question that was not. */
void closest_forms(struct draft *d);

#endif
