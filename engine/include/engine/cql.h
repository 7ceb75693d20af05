/* SPDX-License-Identifier: Apache-2.0 */
/* Filters: Common Query Language CQL2 (OGC 21-065r2), text and JSON.
 *
 *   text, JSON --cql_parse--> expression --cql_compile--> program --cql_test--> yes, no
 *                             of any layer                of one layer
 *
 * Properties are the fields of the layer by name, in any case, its geometry as
 * `geometry` or `geom`. A list field is an array; a field of format date, datetime or
 * year is an instant or interval. A date is all of its day, so a time within it equals
 * it. Null makes a comparison unknown, unknown is no match (7.4). */
#ifndef ENGINE_CQL_H
#define ENGINE_CQL_H

#include <engine/atlas.h>
#include <engine/deadline.h>
#include <engine/json_writer.h>

enum cql_encoding { CQL_TEXT, CQL_JSON };
/* Beyond: IM_ELIMIT. */
enum { CQL_MAX_BYTES = 1024 * 1024, CQL_MAX_DEPTH = 64, CQL_MAX_NODES = 20000 };

/** Where in the text the fault is: for people counted in characters from 1 (text), or
 *  the JSON path. */
struct cql_fault {
    size_t position; /* 0: nowhere in particular */
    char path[128];  /* of JSON, "" for text */
    char value[128]; /* the offending piece */
};

struct cql_node; /* an expression; immutable; lives in the arena */

/**
 * Errors: IM_EARG not CQL2, with what was expected; IM_ELIMIT too long, too deep;
 * IM_ENOMEM. `fault` may be NULL.
 */
IM_CHECKED enum im_code cql_parse(struct im_bytes text,
                                  enum cql_encoding encoding,
                                  struct im_arena *arena,
                                  const struct cql_node **out,
                                  struct cql_fault *fault,
                                  struct im_error *err);
/** Both, where NULL is "everything". NULL without memory: check by `a && b`. */
const struct cql_node *
cql_and(const struct cql_node *a, const struct cql_node *b, struct im_arena *arena);
/** The expression in canonical form: equal filters give equal bytes. */
void cql_write_text(const struct cql_node *node, struct im_buf *out);
void cql_write_json(const struct cql_node *node, struct im_json *w);
/** Append a character literal, quoted: for filters that code makes. */
void cql_quote(struct im_bytes text, struct im_buf *out);

/** Turn positions of literals into longitude and latitude, in place (filter-crs).
 *  `axes` are as the CRS's authority orders them. False: not possible there. */
struct cql_crs {
    bool (*to_lonlat)(void *ctx, double *xy, size_t n);
    void *ctx;
};

struct cql_program; /* for one layer; immutable, shared by threads */

/**
 * Check types and compile for a layer. `crs` NULL: literals are CRS84.
 * Errors: IM_EARG unknown property or function (with the nearest), wrong types, a
 * geometry that is not valid; IM_ELIMIT; IM_ENOMEM.
 */
IM_CHECKED enum im_code cql_compile(const struct cql_node *node,
                                    const struct atlas_layer *layer,
                                    const struct cql_crs *crs,
                                    struct im_arena *arena,
                                    const struct cql_program **out,
                                    struct cql_fault *fault,
                                    struct im_error *err);

/** What a thread needs to run a program: memos per dictionary code, prepared
 *  geometries. NULL without memory. */
struct cql_scratch;
struct cql_scratch *cql_scratch_new(const struct cql_program *program,
                                    struct im_arena *arena);
/** Does the feature match? Nothing is allocated. */
bool cql_test(const struct cql_program *program,
              struct cql_scratch *scratch,
              uint32_t feature);

/** What must be true of every match: for the planner, never needed for correctness. */
struct cql_bounds {
    bool is_never; /* nothing can match */
    bool has_box;  /* the feature's box meets `box` (and it has a position) */
    struct bbox box;
    const uint32_t *codes; /* the text field `field` has one of these; NULL: unknown */
    size_t n_codes;
    int field;
    bool codes_decide; /* having one of them is all that is asked: no test is needed */
    double cost;       /* of one test, in comparisons of a number */
};
void cql_bounds_of(const struct cql_program *program, struct cql_bounds *out);

/** A function that filters may call, for the /functions resource (CQL2, 8.6). */
struct cql_function {
    const char *name;
    struct schema_title about;
    const char *const *arguments; /* "string", "number", ... NULL-terminated */
    const char *returns;
};
extern const struct cql_function cql_functions[];
extern const size_t cql_n_functions;

#endif
