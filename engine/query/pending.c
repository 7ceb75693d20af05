/* SPDX-License-Identifier: Apache-2.0 */
/* What the planner calls and nobody has written yet: whoever writes one takes it out
 * here. Each answers that it is not there. */
#include <engine/search.h>

static enum im_code missing(const char *what, struct im_error *err)
{
    return im_fail(err, IM_EARG, "%s: not in this version", what);
}

/* ---- engine/cql ---- */

enum im_code cql_compile(const struct cql_node *node,
                         const struct atlas_layer *layer,
                         const struct cql_crs *crs,
                         struct im_arena *arena,
                         const struct cql_program **out,
                         struct cql_fault *fault,
                         struct im_error *err)
{
    (void)node;
    (void)layer;
    (void)crs;
    (void)arena;
    (void)out;
    (void)fault;
    return missing("filter", err);
}

const struct cql_node *
cql_and(const struct cql_node *a, const struct cql_node *b, struct im_arena *arena)
{
    (void)arena;
    return a ? a : b;
}

void cql_quote(struct im_bytes text, struct im_buf *out)
{
    im_buf_byte(out, '\'');
    im_buf_append(out, text.data, text.len);
    im_buf_byte(out, '\'');
}

const struct cql_function cql_functions[] = {{0}};
const size_t cql_n_functions = 0;

enum im_code cql_parse(struct im_bytes text,
                       enum cql_encoding encoding,
                       struct im_arena *arena,
                       const struct cql_node **out,
                       struct cql_fault *fault,
                       struct im_error *err)
{
    (void)text;
    (void)encoding;
    (void)arena;
    (void)out;
    (void)fault;
    return missing("filter", err);
}

void cql_write_text(const struct cql_node *node, struct im_buf *out)
{
    (void)node;
    (void)out;
}

struct cql_scratch *cql_scratch_new(const struct cql_program *program,
                                    struct im_arena *arena)
{
    (void)program;
    (void)arena;
    return NULL;
}

bool cql_test(const struct cql_program *program,
              struct cql_scratch *scratch,
              uint32_t feature)
{
    (void)program;
    (void)scratch;
    (void)feature;
    return false;
}

void cql_bounds_of(const struct cql_program *program, struct cql_bounds *out)
{
    (void)program;
    *out = (struct cql_bounds){.is_never = true};
}
