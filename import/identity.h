/* SPDX-License-Identifier: Apache-2.0 */
/* Which place is it, where the file has no key: by name, city and operator.
 *
 *   identity.c  the identity of a row, keys made from it, rows matched with the table
 *   likely.c    rows to be added that may be there already: told, never merged
 */
#ifndef IMPORT_IDENTITY_H
#define IMPORT_IDENTITY_H

#include "internal.h"

struct identity_fields { /* SCHEMA_NO_FIELD: the layer has none */
    int name;
    int city;
    int operated_by;
};
struct identity_fields identity_fields(const struct layer_schema *schema);
/** Can a row without a key be taken at all: is the key a text or a whole number? */
bool identity_makes_keys(const struct layer_schema *schema);

struct identity_place {
    bool is_known;
    double x; /* degrees; the middle of the box */
    double y;
    const struct geom *geom; /* NULL: of a blob */
};
struct identity_place identity_place_of_geom(const struct geom *geom);
/** Of SpatiaLite's blob, from the box in its head. */
struct identity_place identity_place_of_blob(struct im_bytes blob);

/** Hashes of the normalised parts, 0: not known. `whole` is over all of them; the
 *  position stands in for an unknown city, and everything for an unknown name: all
 *  values and, of a row as it comes in, all of its geometry. */
struct identity {
    uint64_t name;
    uint64_t city;
    uint64_t operated_by;
    uint64_t whole;
};
/** `values` per field of the schema. `arena` is for scratch. */
struct identity identity_of(const struct layer_schema *schema,
                            const struct source_value *values,
                            struct identity_place place,
                            struct im_arena *arena);

/** The identities of a file's rows without key: 16 bytes for each. */
struct identity_seen {
    struct identity_slot *slots; /* open addressing */
    size_t n;
    size_t cap; /* a power of two */
};
void identity_seen_release(struct identity_seen *seen);
/** *first_row: 0 when it is new, else the row that was the same. When another identity
 *  would get the same key, *whole is changed. */
IM_CHECKED enum im_code identity_seen_add(struct identity_seen *seen,
                                          uint64_t *whole,
                                          uint64_t row,
                                          uint64_t *first_row,
                                          struct im_error *err);

enum { IDENTITY_KEY_MAX = SCHEMA_MAX_ID + 16 };
/** "<layer>-" and 12 hexadecimal digits, or a number of as many bits. The text is
 *  written to `text`. */
struct source_value identity_key(const struct layer_schema *schema,
                                 uint64_t whole,
                                 char text[IDENTITY_KEY_MAX]);

/** Find the stored rows of the entries whose action is STAGE_UNKNOWN: `fid` is set
 *  where exactly one fits. Each stored row is given to one entry only. */
IM_CHECKED enum im_code
identity_match(sqlite3 *db, struct stage *stage, struct im_error *err);

/** Warn of rows to be added that may be a stored row or an earlier one of the file.
 *  Not searched in more than LIKELY_MAX_ROWS rows: then *is_skipped. */
enum { LIKELY_MAX_ROWS = 50000 };
IM_CHECKED enum im_code likely_report(sqlite3 *db,
                                      struct stage *stage,
                                      struct import_report *report,
                                      bool *is_skipped,
                                      struct im_error *err);

#endif
