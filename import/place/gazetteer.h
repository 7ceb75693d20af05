/* SPDX-License-Identifier: Apache-2.0 */
/* Places by name, from the names the database has: layers that name places, divisions
 * with their former names. No network. */
#ifndef IMPORT_GAZETTEER_H
#define IMPORT_GAZETTEER_H

#include <engine/arena.h>

#include <sqlite3.h>

struct gazetteer;

/** A division by its code, borrowed from the gazetteer. */
struct gazetteer_division {
    const char *adcode;
    const char *name_zh; /* present name */
    const char *province;
    const char
        *city; /* prefecture-level city, of 上海 itself 上海市; "" of a province */
    const char *district; /* "" when it is a city or province */
    const char *level;    /* province, city, district */
    double lon;           /* of its seat */
    double lat;
    bool has_seat;
};

/** What a row says about where it is; "" what it does not. */
struct gazetteer_question {
    struct im_bytes address;
    struct im_bytes name; /* of the place itself: often names its park */
    struct im_bytes city;
    struct im_bytes district;
    struct im_bytes adcode;
};

struct gazetteer_answer {
    bool found;
    double lon;
    double lat;
    const char *precision;        /* site, park, town, district, city */
    const char *matched;          /* the name as the database has it, borrowed */
    const char *matched_layer;    /* borrowed */
    const char *matched_key;      /* borrowed */
    struct im_bytes matched_text; /* the part of the row's text that matched */
    const struct gazetteer_division *division; /* NULL: not known */
    bool was_renamed; /* an old name or code of the division was used */
};

/**
 * Reads every public layer that names places (`except_layer` is left out for matching
 * places: a row must not find its own former self; divisions are always in).
 * Empty when the database has none: then nothing is found.
 */
IM_CHECKED enum im_code gazetteer_open(sqlite3 *db,
                                       const char *except_layer,
                                       struct gazetteer **out,
                                       struct im_error *err);
void gazetteer_free(struct gazetteer *gazetteer);
bool gazetteer_is_empty(const struct gazetteer *gazetteer);

/**
 * The longest known name in the address, within the stated city and district where
 * they are given; else district, else city. Never a place of a city that the row
 * contradicts; equal matches in different cities find the city they share or nothing.
 */
void gazetteer_find(const struct gazetteer *gazetteer,
                    const struct gazetteer_question *question,
                    struct gazetteer_answer *out);
/** The division a row states (adcode, or district in city, or city; old names and codes
 *  resolve); NULL: none, or more than one. *was_renamed may be NULL. */
const struct gazetteer_division *
gazetteer_division(const struct gazetteer *gazetteer,
                   const struct gazetteer_question *question,
                   bool *was_renamed);
/** The district (else city) whose outline holds the position; NULL: no outlines, or
 *  outside of all. Exact, by geometry. */
const struct gazetteer_division *
gazetteer_at(const struct gazetteer *gazetteer, double lon, double lat);
/** How far the position lies outside of the outline of `division` (or of its city when
 *  it has none), in metres; 0 inside; -1 when no outline is known. */
double gazetteer_distance_m(const struct gazetteer *gazetteer,
                            const struct gazetteer_division *division,
                            double lon,
                            double lat);

#endif
