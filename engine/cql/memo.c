/* SPDX-License-Identifier: Apache-2.0 */
/* What of a filter is decided once for each code of a dictionary. */
#include "cql/compile.h"

enum {
    MAX_MEMO_CODES = 1 << 16, /* as many as bounds.c goes through */
    MAX_MEMO_BYTES = 16 << 20,
    MAX_SCANNED = 16 << 20 /* codes that one compilation compares */
};

static bool is_worth_a_memo(struct compiler *c, const struct cql_step *step)
{
    uint32_t n_codes;

    if (step->type != CQL_TYPE_TRUTH || step->is_constant || step->depends_on < 0)
        return false;
    n_codes = c->layer->columns[step->depends_on].n_codes;
    return n_codes < MAX_MEMO_CODES && n_codes < MAX_MEMO_BYTES - c->memo_bytes;
}

/* field = 'text' where codes are too many to remember: the text's code is looked up. */
static void find_code(struct compiler *c, const struct cql_step *step)
{
    const struct cql_value *equal = cql_plain_equality(step);
    const struct column *column;
    struct cql_step *own = (struct cql_step *)(uintptr_t)step;

    if (!equal)
        return;
    column = &c->layer->columns[step->depends_on];
    if (column->n_codes > MAX_SCANNED - c->scanned)
        return;
    c->scanned += column->n_codes;
    own->has_code = cql_find_code(column, equal->text, &own->code);
}

void cql_add_memos(struct compiler *c, const struct cql_step *step)
{
    if (is_worth_a_memo(c, step)) {
        /* made by this compiler a moment ago, and nobody else's yet */
        struct cql_step *own = (struct cql_step *)(uintptr_t)step;

        own->memo = (int)(c->memo_fields.len / sizeof(int));
        c->memo_bytes += c->layer->columns[step->depends_on].n_codes + 1;
        im_buf_append(&c->memo_fields, &own->depends_on, sizeof(int));
        return;
    }
    if (step->type == CQL_TYPE_TRUTH && !step->is_constant && step->depends_on >= 0)
        find_code(c, step);
    for (uint32_t i = 0; i < step->n_args; i++)
        cql_add_memos(c, step->args[i]);
}
