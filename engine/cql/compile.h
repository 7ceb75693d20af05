/* SPDX-License-Identifier: Apache-2.0 */
/* A filter in the middle of being compiled. */
#ifndef ENGINE_CQL_COMPILE_H
#define ENGINE_CQL_COMPILE_H

#include "cql/program.h"

struct compiler {
    const struct atlas_layer *layer;
    const struct cql_crs *crs;
    struct im_arena *arena;
    struct cql_fault *fault;
    struct im_error *err;
    enum im_code rc;
    struct cql_scratch folding; /* its temporary texts stay: they are the program's */
    struct im_buf shapes;
    struct im_buf memo_fields;
    size_t memo_bytes;
    size_t scanned;       /* codes of large dictionaries */
    size_t pattern_bytes; /* of all LIKE */
    unsigned n_geometric; /* steps that may look at every vertex of a feature */
};

/* compile.c. All that return a step or memory: NULL and the compiler's rc. */

/** WHAT 'value' at its place; HINT. */
struct cql_step *cql_cannot(struct compiler *c,
                            const struct cql_node *node,
                            struct im_bytes value,
                            const char *zh,
                            const char *en,
                            const char *hint_zh,
                            const char *hint_en);
struct cql_step *cql_cannot_mix(struct compiler *c, const struct cql_node *node);
struct cql_step *cql_step_new(struct compiler *c, enum cql_op op, enum cql_type type);
/** With its arguments, and computed when they are constant. */
struct cql_step *cql_step_finish(struct compiler *c,
                                 struct cql_step *step,
                                 struct cql_step *const *args,
                                 uint32_t n);
/** Of this type and no other. */
struct cql_step *
cql_typed(struct compiler *c, const struct cql_node *node, enum cql_type wanted);
/** False when the filter has too many steps that look at geometries. */
bool cql_count_geometric(struct compiler *c, const struct cql_node *node);

/* compile_name.c */
struct cql_step *cql_compile_property(struct compiler *c,
                                      const struct cql_node *node,
                                      enum cql_type wanted);
struct cql_step *cql_compile_function(struct compiler *c, const struct cql_node *node);

/* memo.c */
/** Decide which steps are remembered for each code of a dictionary. */
void cql_add_memos(struct compiler *c, const struct cql_step *step);

#endif
