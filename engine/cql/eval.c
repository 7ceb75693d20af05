/* SPDX-License-Identifier: Apache-2.0 */
/* A program over the columns of one feature. */
#include "cql/program.h"

#include <math.h>

/* ---- properties ---- */

static const struct column *column_of(const struct cql_run *run, int field)
{
    return &run->layer->columns[field];
}

static uint32_t code_of(const struct cql_run *run, int field)
{
    return run->fixed_field == field ? run->fixed_code
                                     : column_of(run, field)->codes[run->feature];
}

static void
read_text(const struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    uint32_t code = code_of(run, step->field);

    out->is_null = code == ATLAS_NULL_CODE;
    if (!out->is_null && !cql_compose(column_text(column_of(run, step->field), code),
                                      run->scratch->temporary, &out->text))
        out->is_null = true;
}

static void read_number(const struct cql_run *run,
                        const struct cql_step *step,
                        struct cql_value *out)
{
    const struct column *c = column_of(run, step->field);

    out->is_null = column_is_null(c, run->feature);
    if (out->is_null)
        return;
    out->is_integer = c->type == FIELD_INTEGER;
    if (out->is_integer) {
        out->integer = c->integers[run->feature];
        out->number = (double)out->integer;
    } else
        out->number = c->reals[run->feature];
}

static struct im_bytes trim(struct im_bytes text)
{
    while (text.len && text.data[0] == ' ') {
        text.data++;
        text.len--;
    }
    while (text.len && text.data[text.len - 1] == ' ')
        text.len--;
    return text;
}

static size_t count_items(struct im_bytes list)
{
    size_t n = 1;

    for (size_t i = 0; i < list.len; i++)
        n += list.data[i] == ';';
    return n;
}

/* "BIO; MED" as an array; empty elements are none. */
static void
read_list(const struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    struct im_bytes rest;
    struct cql_value *items;
    size_t n = 0;

    read_text(run, step, out);
    if (out->is_null)
        return;
    rest = out->text;
    items = im_arena_calloc(run->scratch->temporary, count_items(rest), sizeof *items);
    if (!items) {
        out->is_null = true;
        return;
    }
    while (rest.len) {
        const uint8_t *end = memchr(rest.data, ';', rest.len);
        size_t len = end ? (size_t)(end - rest.data) : rest.len;
        struct im_bytes item = trim((struct im_bytes){rest.data, len});

        if (item.len)
            items[n++] = (struct cql_value){.type = CQL_TYPE_TEXT, .text = item};
        len += end != NULL;
        rest = (struct im_bytes){rest.data + len, rest.len - len};
    }
    out->items = items;
    out->n_items = n;
}

static void
read_time(const struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    struct cql_value year = {0};

    if (step->read == CQL_READ_TIME) {
        read_text(run, step, out);
        out->is_null |= cql_read_instant(out->text, &out->start) == CQL_NO_INSTANT;
        out->end = out->start;
        return;
    }
    read_number(run, step, &year);
    out->is_null = year.is_null || year.integer < 0 || year.integer > 9999;
    if (out->is_null)
        return;
    /* from its first to its last day */
    out->start = cql_year_span(year.integer);
    out->end = out->start;
    out->start.to = out->start.from + CQL_DAY_US - 1;
    out->end.from = out->end.to - CQL_DAY_US + 1;
}

static void
read_property(struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    struct cql_value number = {0};

    switch (step->read) {
    case CQL_READ_TEXT:
        read_text(run, step, out);
        break;
    case CQL_READ_LIST:
        read_list(run, step, out);
        break;
    case CQL_READ_NUMBER:
        read_number(run, step, out);
        break;
    case CQL_READ_TRUTH:
        read_number(run, step, &number);
        out->is_null = number.is_null;
        out->truth = number.integer ? CQL_YES : CQL_NO;
        break;
    case CQL_READ_TIME:
    case CQL_READ_YEAR:
        read_time(run, step, out);
        break;
    case CQL_READ_GEOMETRY:
        out->is_null = run->feature >= run->layer->n_placed;
        if (!out->is_null)
            out->geom = atlas_geom(run->layer, run->feature);
        break;
    }
}

/* ---- arithmetic ---- */

static bool is_whole(double value)
{
    return value == floor(value) && fabs(value) < 9007199254740992.0;
}

static double compute(enum cql_op op, double a, double b)
{
    switch (op) {
    case CQL_ADD:
        return a + b;
    case CQL_SUB:
        return a - b;
    case CQL_MUL:
        return a * b;
    case CQL_DIV:
        return a / b;
    case CQL_POW:
        return pow(a, b);
    case CQL_MOD:
        return fmod(a, b);
    default: /* CQL_INTDIV */
        return trunc(a / b);
    }
}

/* What is no number, such as 1 / 0, is null. */
static void
do_arithmetic(struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    struct cql_value a;
    struct cql_value b;

    cql_eval(run, step->args[0], &a);
    cql_eval(run, step->args[1], &b);
    out->is_null = a.is_null || b.is_null;
    if (out->is_null)
        return;
    out->number = compute(step->op, a.number, b.number);
    out->is_null = !isfinite(out->number);
    out->is_integer = is_whole(out->number);
    out->integer = out->is_integer ? (int64_t)out->number : 0;
}

/* ---- values of all kinds ---- */

static void
do_fold(struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    struct cql_value text;
    bool good;

    cql_eval(run, step->args[0], &text);
    out->is_null = text.is_null;
    if (out->is_null)
        return;
    good = step->op == CQL_CASEI
               ? cql_fold_case(text.text, run->scratch->temporary, &out->text)
               : cql_strip_accents(text.text, run->scratch->temporary, &out->text);
    out->is_null = !good;
}

static void
do_array(struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    struct cql_value *items =
        im_arena_calloc(run->scratch->temporary, step->n_args, sizeof *items);

    out->is_null = !items;
    for (uint32_t i = 0; items && i < step->n_args; i++)
        cql_eval(run, step->args[i], &items[i]);
    out->items = items;
    out->n_items = step->n_args;
}

static void
do_interval(struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    struct cql_value from;
    struct cql_value to;

    cql_eval(run, step->args[0], &from);
    cql_eval(run, step->args[1], &to);
    out->is_null = from.is_null || to.is_null;
    out->start = from.start;
    out->end = to.end;
}

static void
do_call(struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    struct cql_value args[3];

    for (uint32_t i = 0; i < step->n_args; i++) {
        cql_eval(run, step->args[i], &args[i]);
        out->is_null |= args[i].is_null;
    }
    if (!out->is_null)
        step->call->run(run, args, out);
    if (out->type == CQL_TYPE_NUMBER && !out->is_null) {
        out->is_null = !isfinite(out->number);
        out->is_integer = !out->is_null && is_whole(out->number);
        out->integer = out->is_integer ? (int64_t)out->number : 0;
    }
}

void cql_eval(struct cql_run *run, const struct cql_step *step, struct cql_value *out)
{
    if (step->is_constant) {
        *out = step->value;
        return;
    }
    *out = (struct cql_value){.type = step->type};
    if (step->op == CQL_PROPERTY)
        read_property(run, step, out);
    else if (cql_op_is_arithmetic(step->op))
        do_arithmetic(run, step, out);
    else if (step->op == CQL_CASEI || step->op == CQL_ACCENTI)
        do_fold(run, step, out);
    else if (step->op == CQL_ARRAY)
        do_array(run, step, out);
    else if (step->op == CQL_INTERVAL)
        do_interval(run, step, out);
    else if (step->op == CQL_FUNCTION)
        do_call(run, step, out);
    else {
        out->truth = cql_eval_truth(run, step);
        out->is_null = out->truth == CQL_UNKNOWN;
    }
}

/* ---- comparisons ---- */

static int compare_texts(struct im_bytes a, struct im_bytes b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int first = n ? memcmp(a.data, b.data, n) : 0; /* as code points are ordered */

    return first ? first : (a.len > b.len) - (a.len < b.len);
}

static int compare_values(const struct cql_value *a, const struct cql_value *b)
{
    switch (a->type) {
    case CQL_TYPE_TEXT:
        return compare_texts(a->text, b->text);
    case CQL_TYPE_NUMBER:
        if (a->is_integer && b->is_integer)
            return (a->integer > b->integer) - (a->integer < b->integer);
        return (a->number > b->number) - (a->number < b->number);
    case CQL_TYPE_TRUTH:
        return (int)a->truth - (int)b->truth;
    default: { /* a time, which as a year is from its first to its last day */
        struct cql_span x = {a->start.from, a->end.to};
        struct cql_span y = {b->start.from, b->end.to};

        return cql_compare_spans(x, y);
    }
    }
}

static enum cql_truth truth_of(bool yes)
{
    return yes ? CQL_YES : CQL_NO;
}

static enum cql_truth negation(enum cql_truth truth)
{
    return truth == CQL_UNKNOWN ? CQL_UNKNOWN : truth == CQL_YES ? CQL_NO : CQL_YES;
}

static enum cql_truth holds(enum cql_op op, int order)
{
    switch (op) {
    case CQL_EQ:
        return truth_of(order == 0);
    case CQL_NE:
        return truth_of(order != 0);
    case CQL_LT:
        return truth_of(order < 0);
    case CQL_GT:
        return truth_of(order > 0);
    case CQL_LE:
        return truth_of(order <= 0);
    default:
        return truth_of(order >= 0);
    }
}

static enum cql_truth
compare(enum cql_op op, const struct cql_value *a, const struct cql_value *b)
{
    if (a->is_null || b->is_null)
        return CQL_UNKNOWN;
    return holds(op, compare_values(a, b));
}

/* field <op> number, without a value in between */
static bool compare_quickly(const struct cql_run *run,
                            const struct cql_step *step,
                            enum cql_truth *out)
{
    const struct cql_step *left = step->args[0];
    const struct cql_step *right = step->args[1];
    const struct column *c;

    if (left->op != CQL_PROPERTY || left->read != CQL_READ_NUMBER ||
        !right->is_constant || right->value.is_null)
        return false;
    c = column_of(run, left->field);
    if (column_is_null(c, run->feature)) {
        *out = CQL_UNKNOWN;
    } else if (c->type == FIELD_REAL) {
        double a = c->reals[run->feature];

        *out = holds(step->op, (a > right->value.number) - (a < right->value.number));
    } else if (right->value.is_integer) {
        int64_t a = c->integers[run->feature];

        *out = holds(step->op, (a > right->value.integer) - (a < right->value.integer));
    } else {
        return false;
    }
    return true;
}

static enum cql_truth do_compare(struct cql_run *run, const struct cql_step *step)
{
    enum cql_truth quick;
    struct cql_value a;
    struct cql_value b;

    if (step->has_code) {
        uint32_t code = code_of(run, step->depends_on);

        return code == ATLAS_NULL_CODE ? CQL_UNKNOWN : truth_of(code == step->code);
    }
    if (compare_quickly(run, step, &quick))
        return quick;
    cql_eval(run, step->args[0], &a);
    cql_eval(run, step->args[1], &b);
    return compare(step->op, &a, &b);
}

static enum cql_truth do_like(struct cql_run *run, const struct cql_step *step)
{
    struct cql_value text;
    struct cql_value pattern;

    cql_eval(run, step->args[0], &text);
    cql_eval(run, step->args[1], &pattern);
    if (text.is_null || pattern.is_null)
        return CQL_UNKNOWN;
    return truth_of(cql_is_like(text.text, pattern.text));
}

static enum cql_truth both(enum cql_truth a, enum cql_truth b)
{
    if (a == CQL_NO || b == CQL_NO)
        return CQL_NO;
    return a == CQL_YES && b == CQL_YES ? CQL_YES : CQL_UNKNOWN;
}

static enum cql_truth do_between(struct cql_run *run, const struct cql_step *step)
{
    struct cql_value value;
    struct cql_value least;
    struct cql_value most;

    cql_eval(run, step->args[0], &value);
    cql_eval(run, step->args[1], &least);
    cql_eval(run, step->args[2], &most);
    return both(compare(CQL_GE, &value, &least), compare(CQL_LE, &value, &most));
}

/* As SQL: a null in the list makes a "no" unknown. */
static enum cql_truth do_in(struct cql_run *run, const struct cql_step *step)
{
    enum cql_truth found = CQL_NO;
    struct cql_value value;

    cql_eval(run, step->args[0], &value);
    for (uint32_t i = 1; i < step->n_args; i++) {
        struct cql_value item;
        enum cql_truth equal;

        cql_eval(run, step->args[i], &item);
        equal = compare(CQL_EQ, &value, &item);
        if (equal == CQL_YES)
            return CQL_YES;
        if (equal == CQL_UNKNOWN)
            found = CQL_UNKNOWN;
    }
    return found;
}

static enum cql_truth do_is_null(struct cql_run *run, const struct cql_step *step)
{
    struct cql_value value;

    cql_eval(run, step->args[0], &value);
    return truth_of(value.is_null);
}

/* ---- arrays, as sets (OGC 21-065r2, 7.8) ---- */

static enum cql_truth is_subset(const struct cql_value *a, const struct cql_value *b);

static enum cql_truth are_same(const struct cql_value *a, const struct cql_value *b)
{
    if (a->is_null || b->is_null)
        return CQL_UNKNOWN;
    if (a->type != b->type)
        return CQL_NO;
    if (a->type == CQL_TYPE_ARRAY)
        return both(is_subset(a, b), is_subset(b, a));
    return truth_of(compare_values(a, b) == 0);
}

static enum cql_truth is_member(const struct cql_value *item,
                                const struct cql_value *set)
{
    enum cql_truth found = CQL_NO;

    for (size_t i = 0; i < set->n_items && found != CQL_YES; i++) {
        enum cql_truth same = are_same(item, &set->items[i]);

        found = same == CQL_NO ? found : same;
    }
    return found;
}

static enum cql_truth is_subset(const struct cql_value *a, const struct cql_value *b)
{
    enum cql_truth all = CQL_YES;

    for (size_t i = 0; i < a->n_items && all != CQL_NO; i++)
        all = both(all, is_member(&a->items[i], b));
    return all;
}

static enum cql_truth overlap(const struct cql_value *a, const struct cql_value *b)
{
    enum cql_truth any = CQL_NO;

    for (size_t i = 0; i < a->n_items && any != CQL_YES; i++) {
        enum cql_truth found = is_member(&a->items[i], b);

        any = found == CQL_NO ? any : found;
    }
    return any;
}

static enum cql_truth do_arrays(struct cql_run *run, const struct cql_step *step)
{
    struct cql_value a;
    struct cql_value b;

    cql_eval(run, step->args[0], &a);
    cql_eval(run, step->args[1], &b);
    if (a.is_null || b.is_null)
        return CQL_UNKNOWN;
    switch (step->op) {
    case CQL_A_EQUALS:
        return both(is_subset(&a, &b), is_subset(&b, &a));
    case CQL_A_CONTAINS:
        return is_subset(&b, &a);
    case CQL_A_CONTAINEDBY:
        return is_subset(&a, &b);
    default:
        return overlap(&a, &b);
    }
}

/* ---- logic ---- */

/* Ends as soon as one decides; the cheap ones come first. */
static enum cql_truth
do_chain(struct cql_run *run, const struct cql_step *step, enum cql_truth decides)
{
    enum cql_truth all = negation(decides);

    for (uint32_t i = 0; i < step->n_args; i++) {
        enum cql_truth one = cql_eval_truth(run, step->args[i]);

        if (one == decides)
            return decides;
        if (one == CQL_UNKNOWN)
            all = CQL_UNKNOWN;
    }
    return all;
}

static enum cql_op flipped(enum cql_op op)
{
    return op == CQL_S_WITHIN     ? CQL_S_CONTAINS
           : op == CQL_S_CONTAINS ? CQL_S_WITHIN
                                  : op;
}

static enum cql_truth do_spatial(struct cql_run *run, const struct cql_step *step)
{
    const struct cql_shape *a = step->args[0]->shape;
    const struct cql_shape *b = step->args[1]->shape;

    if (b)
        return cql_relate_feature(run, step->op, b);
    if (a)
        return cql_relate_feature(run, flipped(step->op), a);
    if (run->feature >= run->layer->n_placed)
        return CQL_UNKNOWN;
    /* a geometry and itself */
    return truth_of(step->op == CQL_S_INTERSECTS || step->op == CQL_S_EQUALS ||
                    step->op == CQL_S_WITHIN || step->op == CQL_S_CONTAINS);
}

static enum cql_truth do_temporal(struct cql_run *run, const struct cql_step *step)
{
    struct cql_value a;
    struct cql_value b;

    cql_eval(run, step->args[0], &a);
    cql_eval(run, step->args[1], &b);
    return cql_relate_time(step->op, &a, &b);
}

static enum cql_truth as_truth(struct cql_run *run, const struct cql_step *step)
{
    struct cql_value value;

    cql_eval(run, step, &value);
    return value.is_null ? CQL_UNKNOWN : value.truth;
}

static enum cql_truth decide(struct cql_run *run, const struct cql_step *step)
{
    switch (step->op) {
    case CQL_AND:
        return do_chain(run, step, CQL_NO);
    case CQL_OR:
        return do_chain(run, step, CQL_YES);
    case CQL_NOT:
        return negation(cql_eval_truth(run, step->args[0]));
    case CQL_LIKE:
        return do_like(run, step);
    case CQL_BETWEEN:
        return do_between(run, step);
    case CQL_IN:
        return do_in(run, step);
    case CQL_IS_NULL:
        return do_is_null(run, step);
    case CQL_PROPERTY:
    case CQL_FUNCTION:
        return as_truth(run, step);
    default:
        if (cql_op_is_comparison(step->op))
            return do_compare(run, step);
        if (cql_op_is_spatial(step->op))
            return do_spatial(run, step);
        return cql_op_is_temporal(step->op) ? do_temporal(run, step)
                                            : do_arrays(run, step);
    }
}

enum cql_truth cql_eval_truth(struct cql_run *run, const struct cql_step *step)
{
    uint8_t *memo = NULL;
    uint32_t code;
    enum cql_truth truth;

    if (step->is_constant)
        return step->value.is_null ? CQL_UNKNOWN : step->value.truth;
    if (step->memo < 0 || run->fixed_field >= 0)
        return decide(run, step);
    code = code_of(run, step->depends_on);
    if (code == ATLAS_NULL_CODE)
        code = column_of(run, step->depends_on)->n_codes;
    memo = &run->scratch->memos[step->memo][code];
    if (*memo)
        return (enum cql_truth)(*memo - 1);
    truth = decide(run, step);
    *memo = (uint8_t)(truth + 1);
    return truth;
}

/* ---- doors ---- */

static void free_arena(void *arena)
{
    im_arena_free(arena);
}

enum { TEMPORARY_BYTES = 16 * 1024 * 1024 };

struct cql_scratch *cql_scratch_new(const struct cql_program *program,
                                    struct im_arena *arena)
{
    struct cql_scratch *s = im_arena_calloc(arena, 1, sizeof *s);

    if (!s)
        return NULL;
    s->temporary = im_arena_new(TEMPORARY_BYTES);
    if (!s->temporary || !im_arena_defer(arena, free_arena, s->temporary))
        return NULL;
    s->geos = geom_geos_context(arena);
    s->shapes = im_arena_calloc(arena, program->n_shapes, sizeof *s->shapes);
    s->memos = im_arena_calloc(arena, program->n_memos, sizeof *s->memos);
    if (!s->geos || !s->shapes || !s->memos)
        return NULL;
    for (unsigned i = 0; i < program->n_shapes; i++)
        if (!cql_shape_prepare(program->shapes[i], s, arena))
            return NULL;
    for (unsigned i = 0; i < program->n_memos; i++) {
        const struct column *c = &program->layer->columns[program->memo_fields[i]];

        s->memos[i] = im_arena_calloc(arena, (size_t)c->n_codes + 1, 1);
        if (!s->memos[i])
            return NULL;
    }
    return s;
}

bool cql_test(const struct cql_program *program,
              struct cql_scratch *scratch,
              uint32_t feature)
{
    struct cql_run run = {program->layer, scratch, feature, -1, 0};

    if (im_arena_used(scratch->temporary))
        im_arena_reset(scratch->temporary);
    return cql_eval_truth(&run, program->root) == CQL_YES;
}
