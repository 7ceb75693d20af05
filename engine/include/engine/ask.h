/* SPDX-License-Identifier: Apache-2.0 */
/* Plain questions in Chinese and English, parsed by rules and the layers' own words
 * into one of the operations of the API and its parameters (ARCHITECTURE.md, "What can
 * be asked"): the same that a person could have written into the address line. */
#ifndef ENGINE_ASK_H
#define ENGINE_ASK_H

#include <engine/query.h>

enum { ASK_MAX_BYTES = 1000, ASK_MAX_PARTS = 32, ASK_MAX_CLOSEST = 5 };

/** One parameter of the parsed query. */
struct ask_part {
    const char *name;  /* "layer", "near", "filter", "k", ...: as the API calls it */
    const char *value; /* as the API takes it */
    struct schema_title title; /* for people: "概念验证中心", "国家级" */
    size_t start;              /* where in the question it was read, in characters; */
    size_t length;             /* 0: a default */
};

struct ask_span {
    size_t start; /* characters */
    size_t length;
};

struct ask_parse {
    /* "nearest", "within", "list", "aggregate", "coverage", "join", "chain", "flows",
     * "search", "layers", "changes", "duplicates"; NULL: not understood */
    const char *operation;
    struct ask_part parts[ASK_MAX_PARTS]; /* in the order of the API's description */
    size_t n_parts;
    const struct ask_span *unknown; /* words that were not understood */
    size_t n_unknown;
    const char *closest[ASK_MAX_CLOSEST]; /* questions that would be understood */
    size_t n_closest;
    struct schema_title missing; /* what the data lack: layer or field; "" nothing */
    const char *needs; /* "point", "polygon": the client has to give it; NULL */
    enum lang lang;    /* of the question */
};

/**
 * `this_year` is what "in the last five years" counts back from.
 *
 * Errors: IM_EARG empty, too long, not UTF-8; IM_ENOMEM. What is not understood is no
 * error: see `operation`, `unknown`, `closest`.
 */
IM_CHECKED enum im_code ask_parse(const struct atlas *atlas,
                                  struct im_bytes question,
                                  int this_year,
                                  struct im_arena *arena,
                                  struct ask_parse *out,
                                  struct im_error *err);
/** "nearest?layer=concept_verification&near=张江&k=5": the query in one line. */
void ask_write_line(const struct ask_parse *parse, struct im_buf *out);

#endif
