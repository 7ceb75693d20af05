/* SPDX-License-Identifier: Apache-2.0 */
/* From an expression to a program for one layer: names are looked up, types are
 * checked, what is constant is computed. */
#include "cql/compile.h"

#include <stdlib.h>

enum { MAX_SLOW_POINTS = 5000, MAX_PATTERNS_BYTES = 16000, MAX_GEOMETRIC = 200 };

static struct cql_step *
compile(struct compiler *c, const struct cql_node *node, enum cql_type wanted);

/* ---- faults ---- */

struct cql_step *cql_cannot(struct compiler *c,
                            const struct cql_node *node,
                            struct im_bytes value,
                            const char *zh,
                            const char *en,
                            const char *hint_zh,
                            const char *hint_en)
{
    if (c->rc == IM_OK)
        c->rc = cql_refuse(c->fault, c->err, IM_EARG, cql_where_of(node), value, zh, en,
                           hint_zh, hint_en);
    return NULL;
}

static struct cql_step *too_much(struct compiler *c,
                                 const struct cql_node *node,
                                 const char *zh,
                                 const char *en)
{
    if (c->rc == IM_OK)
        c->rc =
            cql_refuse(c->fault, c->err, IM_ELIMIT, cql_where_of(node),
                       (struct im_bytes){0}, zh, en, "请简化", "please simplify it");
    return NULL;
}

static void *no_room(struct compiler *c)
{
    if (c->rc == IM_OK)
        c->rc = cql_no_memory(c->err);
    return NULL;
}

static const struct schema_title *type_title(enum cql_type type)
{
    static const struct schema_title titles[] = {
        {"值", "a value"},       {"文本", "a text"},         {"数", "a number"},
        {"条件", "a condition"}, {"时间", "a date or time"}, {"图形", "a geometry"},
        {"数组", "an array"}};

    return &titles[type];
}

static struct cql_step *wrong_type(struct compiler *c,
                                   const struct cql_node *node,
                                   enum cql_type have,
                                   enum cql_type want)
{
    char zh[80];
    char en[80];

    snprintf(zh, sizeof zh, "需要%s，这是%s", type_title(want)->zh,
             type_title(have)->zh);
    snprintf(en, sizeof en, "%s is needed, this is %s:", type_title(want)->en,
             type_title(have)->en);
    if (!node->text.len)
        en[strlen(en) - 1] = '\0';
    return cql_cannot(c, node, node->text, zh, en, NULL, NULL);
}

/* ---- steps ---- */

struct cql_step *cql_step_new(struct compiler *c, enum cql_op op, enum cql_type type)
{
    struct cql_step *step =
        c->rc == IM_OK ? im_arena_calloc(c->arena, 1, sizeof *step) : NULL;

    if (!step)
        return c->rc == IM_OK ? no_room(c) : NULL;
    step->op = op;
    step->type = type;
    step->field = -1;
    step->depends_on = CQL_DEPENDS_ON_NOTHING;
    step->memo = -1;
    step->value.type = type;
    return step;
}

static int combine(int a, int b)
{
    if (a == CQL_DEPENDS_ON_NOTHING)
        return b;
    return b == CQL_DEPENDS_ON_NOTHING || a == b ? a : CQL_DEPENDS_ON_MORE;
}

static double own_cost(const struct cql_step *step)
{
    switch (step->op) {
    case CQL_AND:
    case CQL_OR:
    case CQL_NOT:
        return 0;
    case CQL_LIKE:
        return 20;
    case CQL_CASEI:
    case CQL_ACCENTI:
        return 30;
    case CQL_FUNCTION:
        return step->call->cost;
    default:
        return cql_op_is_spatial(step->op) || cql_op_is_array(step->op) ? 20 : 1;
    }
}

static double vertices_of(const struct cql_step *step)
{
    return step->shape ? (double)step->shape->n_points : 0;
}

/* What all arguments are constant of is constant. */
static struct cql_step *fold(struct compiler *c, struct cql_step *step)
{
    struct cql_run run = {c->layer, &c->folding, 0, -1, 0};
    struct cql_value value;

    for (uint32_t i = 0; i < step->n_args; i++)
        if (!step->args[i]->is_constant)
            return step;
    if (step->call && step->call->reads_feature)
        return step;
    if (cql_op_is_spatial(step->op)) {
        const struct cql_shape *a = step->args[0]->shape;
        const struct cql_shape *b = step->args[1]->shape;

        value = (struct cql_value){.type = CQL_TYPE_TRUTH};
        /* a mixed one is the second: only symmetric operators and S_WITHIN get here */
        value.truth =
            a->is_mixed
                ? cql_relate_shapes(
                      step->op == CQL_S_WITHIN ? CQL_S_CONTAINS : step->op, b, a)
                : cql_relate_shapes(step->op, a, b);
        value.is_null = value.truth == CQL_UNKNOWN;
    } else
        cql_eval(&run, step, &value);
    step->value = value;
    step->is_constant = true;
    step->cost = 0;
    return step;
}

struct cql_step *cql_step_finish(struct compiler *c,
                                 struct cql_step *step,
                                 struct cql_step *const *args,
                                 uint32_t n)
{
    const struct cql_step **copy;

    if (!step || c->rc != IM_OK)
        return NULL;
    copy = im_arena_calloc(c->arena, n, sizeof(*copy));
    if (!copy)
        return no_room(c);
    step->cost = own_cost(step);
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = args[i];
        step->depends_on = combine(step->depends_on, args[i]->depends_on);
        step->cost += args[i]->cost;
        if (cql_op_is_spatial(step->op) && step->op != CQL_S_INTERSECTS)
            step->cost += vertices_of(args[i]);
    }
    step->args = copy;
    step->n_args = n;
    if (step->call && step->call->reads_feature)
        step->depends_on = CQL_DEPENDS_ON_MORE;
    if (step->type == CQL_TYPE_TRUTH && step->depends_on >= 0)
        step->cost = 2; /* remembered */
    return fold(c, step);
}

/* ---- literals ---- */

static struct cql_step *literal(struct compiler *c, const struct cql_node *node)
{
    static const enum cql_type types[] = {CQL_TYPE_TEXT, CQL_TYPE_NUMBER,
                                          CQL_TYPE_TRUTH, CQL_TYPE_TIME, CQL_TYPE_TIME};
    struct cql_step *step = cql_step_new(c, node->op, types[node->op]);

    if (!step)
        return NULL;
    step->is_constant = true;
    if (step->type == CQL_TYPE_TEXT) {
        step->value.text = node->text;
    } else if (step->type == CQL_TYPE_NUMBER) {
        step->value.number = node->number;
        step->value.is_integer = node->is_integer;
        step->value.integer = node->integer;
    } else if (step->type == CQL_TYPE_TRUTH) {
        step->value.truth = node->truth ? CQL_YES : CQL_NO;
    } else {
        step->value.start = node->span;
        step->value.end = node->span;
    }
    return step;
}

static struct cql_step *geometry(struct compiler *c, const struct cql_node *node)
{
    struct cql_step *step = cql_step_new(c, node->op, CQL_TYPE_GEOMETRY);
    struct cql_shape *shape = NULL;

    if (!step)
        return NULL;
    c->rc = cql_shape_make(node, c->crs, c->arena, &shape, c->fault, c->err);
    if (c->rc != IM_OK)
        return NULL;
    shape->slot = (unsigned)(c->shapes.len / sizeof(shape));
    im_buf_append(&c->shapes, &shape, sizeof(shape));
    if (c->shapes.failed)
        return no_room(c);
    step->is_constant = true;
    step->shape = shape;
    step->value.geom = shape->flat;
    return step;
}

static struct cql_step *
interval_end(struct compiler *c, const struct cql_node *node, int64_t open)
{
    struct cql_step *step;

    if (node->op != CQL_UNBOUNDED) {
        step = compile(c, node, CQL_TYPE_TIME);
        if (step && step->type != CQL_TYPE_TIME)
            return wrong_type(c, node, step->type, CQL_TYPE_TIME);
        return step;
    }
    step = cql_step_new(c, node->op, CQL_TYPE_TIME);
    if (step) {
        step->is_constant = true;
        step->value.start = (struct cql_span){open, open};
        step->value.end = step->value.start;
    }
    return step;
}

static struct cql_step *interval(struct compiler *c, const struct cql_node *node)
{
    struct cql_step *args[2] = {interval_end(c, node->args[0], INT64_MIN),
                                interval_end(c, node->args[1], INT64_MAX)};
    struct cql_step *step =
        cql_step_finish(c, cql_step_new(c, CQL_INTERVAL, CQL_TYPE_TIME), args, 2);

    if (step && step->is_constant && !step->value.is_null &&
        cql_compare_spans(step->value.start, step->value.end) > 0)
        return cql_cannot(c, node, (struct im_bytes){0}, "INTERVAL 的开始晚于结束",
                          "the INTERVAL ends before it starts", NULL, NULL);
    return step;
}

/* ---- types that have to be equal ---- */

struct cql_step *
cql_typed(struct compiler *c, const struct cql_node *node, enum cql_type wanted)
{
    struct cql_step *step = compile(c, node, wanted);

    if (step && step->type != wanted)
        return wrong_type(c, node, step->type, wanted);
    return step;
}

/* All of one type that can be ordered. What a property is may depend on what it is
 * compared with, so the first that is none decides. */
static bool unify(struct compiler *c,
                  const struct cql_node *const *nodes,
                  struct cql_step **steps,
                  size_t n)
{
    enum cql_type wanted = CQL_TYPE_ANY;

    for (size_t i = 0; i < n && wanted == CQL_TYPE_ANY; i++) {
        steps[i] = nodes[i]->op == CQL_PROPERTY ? NULL : compile(c, nodes[i], wanted);
        if (steps[i])
            wanted = steps[i]->type;
    }
    for (size_t i = 0; i < n && c->rc == IM_OK; i++) {
        if (!steps[i] || steps[i]->type != wanted)
            steps[i] = compile(c, nodes[i], wanted);
        if (!steps[i])
            return false;
        if (wanted == CQL_TYPE_ANY)
            wanted = steps[i]->type;
        if (steps[i]->type == CQL_TYPE_GEOMETRY || steps[i]->type == CQL_TYPE_ARRAY) {
            cql_cannot(c, nodes[i], nodes[i]->text, "图形和数组不能这样比较",
                       "geometries and arrays are not compared like this:",
                       "请用 S_ 或 A_ 开头的函数",
                       "please use functions S_... or A_...");
            return false;
        }
        if (steps[i]->type != wanted) {
            wrong_type(c, nodes[i], steps[i]->type, wanted);
            return false;
        }
    }
    return c->rc == IM_OK;
}

/* ---- operators ---- */

static int by_cost(const void *a, const void *b)
{
    const struct cql_step *x = *(const struct cql_step *const *)a;
    const struct cql_step *y = *(const struct cql_step *const *)b;

    return (x->cost > y->cost) - (x->cost < y->cost);
}

static struct cql_step *logic(struct compiler *c, const struct cql_node *node)
{
    struct cql_step **args = im_arena_calloc(c->arena, node->n_args, sizeof(*args));

    if (!args)
        return no_room(c);
    for (uint32_t i = 0; i < node->n_args; i++) {
        args[i] = cql_typed(c, node->args[i], CQL_TYPE_TRUTH);
        if (!args[i])
            return NULL;
    }
    qsort(args, node->n_args, sizeof(*args), by_cost);
    return cql_step_finish(c, cql_step_new(c, node->op, CQL_TYPE_TRUTH), args,
                           node->n_args);
}

static bool is_interval(const struct cql_node *node)
{
    return node->op == CQL_INTERVAL;
}

/* Comparison, BETWEEN: all arguments alike. */
static struct cql_step *comparison(struct compiler *c, const struct cql_node *node)
{
    struct cql_step *args[3] = {NULL};

    for (uint32_t i = 0; i < node->n_args; i++)
        if (is_interval(node->args[i]))
            return cql_cannot(c, node->args[i], (struct im_bytes){0},
                              "INTERVAL 不能比较大小", "an INTERVAL is not compared",
                              "请用 T_EQUALS、T_BEFORE 等",
                              "please use T_EQUALS, T_BEFORE and the like");
    if (!unify(c, node->args, args, node->n_args))
        return NULL;
    return cql_step_finish(c, cql_step_new(c, node->op, CQL_TYPE_TRUTH), args,
                           node->n_args);
}

static struct cql_step *in_list(struct compiler *c, const struct cql_node *node)
{
    const struct cql_node *list = node->args[1];
    size_t n = (size_t)list->n_args + 1;
    const struct cql_node **nodes = im_arena_calloc(c->arena, n, sizeof(*nodes));
    struct cql_step **args = im_arena_calloc(c->arena, n, sizeof(*args));

    if (!nodes || !args)
        return no_room(c);
    nodes[0] = node->args[0];
    for (uint32_t i = 0; i < list->n_args; i++)
        nodes[i + 1] = list->args[i];
    if (!unify(c, nodes, args, n))
        return NULL;
    return cql_step_finish(c, cql_step_new(c, CQL_IN, CQL_TYPE_TRUTH), args,
                           (uint32_t)n);
}

static struct cql_step *like(struct compiler *c, const struct cql_node *node)
{
    struct cql_step *args[2];

    args[0] = cql_typed(c, node->args[0], CQL_TYPE_TEXT);
    args[1] = args[0] ? cql_typed(c, node->args[1], CQL_TYPE_TEXT) : NULL;
    if (!args[1])
        return NULL;
    if (!args[1]->is_constant)
        return cql_cannot(c, node->args[1], node->args[1]->text, "LIKE 的样式应为文本",
                          "the pattern of LIKE must be a text, not", NULL, NULL);
    c->pattern_bytes += args[1]->value.text.len;
    if (args[1]->value.text.len > CQL_MAX_PATTERN_BYTES ||
        c->pattern_bytes > MAX_PATTERNS_BYTES)
        return too_much(c, node->args[1],
                        "LIKE 的样式超过 1000 字节，或共超过 16000 字节",
                        "the pattern of LIKE is longer than 1000 bytes, or all are "
                        "longer than 16000");
    return cql_step_finish(c, cql_step_new(c, CQL_LIKE, CQL_TYPE_TRUTH), args, 2);
}

/* All arguments of one type. */
static struct cql_step *uniform(struct compiler *c,
                                const struct cql_node *node,
                                enum cql_type takes,
                                enum cql_type gives)
{
    struct cql_step *args[2] = {NULL};

    for (uint32_t i = 0; i < node->n_args; i++) {
        args[i] = cql_typed(c, node->args[i], takes);
        if (!args[i])
            return NULL;
    }
    return cql_step_finish(c, cql_step_new(c, node->op, gives), args, node->n_args);
}

/* A text is there even when it is no date. */
static struct cql_step *is_null(struct compiler *c, const struct cql_node *node)
{
    bool is_property = node->args[0]->op == CQL_PROPERTY;
    struct cql_step *arg =
        compile(c, node->args[0], is_property ? CQL_TYPE_TEXT : CQL_TYPE_ANY);

    return arg ? cql_step_finish(c, cql_step_new(c, CQL_IS_NULL, CQL_TYPE_TRUTH), &arg,
                                 1)
               : NULL;
}

static enum cql_op seen_from_the_other(enum cql_op op)
{
    return op == CQL_S_WITHIN     ? CQL_S_CONTAINS
           : op == CQL_S_CONTAINS ? CQL_S_WITHIN
                                  : op;
}

struct cql_step *cql_cannot_mix(struct compiler *c, const struct cql_node *node)
{
    return cql_cannot(c, node, (struct im_bytes){0}, "该函数不能用于含多种图形的集合",
                      "this function does not take a collection of several kinds",
                      "S_INTERSECTS、S_DISJOINT、S_EQUALS、S_CONTAINS 可以",
                      "S_INTERSECTS, S_DISJOINT, S_EQUALS and S_CONTAINS do");
}

/* All but these look at every vertex of the literal for every feature. */
static bool is_quick(enum cql_op op)
{
    return op == CQL_S_INTERSECTS || op == CQL_S_DISJOINT || op == CQL_S_WITHIN;
}

static struct cql_step *refuse_long(struct compiler *c, const struct cql_node *node)
{
    return too_much(c, node,
                    "图形超过 5000 个顶点；S_INTERSECTS、S_DISJOINT、S_WITHIN 无此限制",
                    "the geometry has more than 5000 vertices; S_INTERSECTS, "
                    "S_DISJOINT and S_WITHIN take more");
}

bool cql_count_geometric(struct compiler *c, const struct cql_node *node)
{
    if (++c->n_geometric <= MAX_GEOMETRIC)
        return true;
    too_much(c, node, "用到图形的函数超过 200 个",
             "more than 200 functions of geometries");
    return false;
}

static struct cql_step *spatial(struct compiler *c, const struct cql_node *node)
{
    struct cql_step *args[2];
    bool mixed[2];

    for (int i = 0; i < 2; i++) {
        args[i] = cql_typed(c, node->args[i], CQL_TYPE_GEOMETRY);
        if (!args[i])
            return NULL;
        mixed[i] = args[i]->shape && args[i]->shape->is_mixed;
        if (args[i]->shape && args[i]->shape->n_points > MAX_SLOW_POINTS &&
            (mixed[i] || !is_quick(i ? node->op : seen_from_the_other(node->op))))
            return refuse_long(c, node->args[i]);
    }
    if ((mixed[0] && mixed[1]) || (mixed[1] && !cql_takes_mixed(node->op)) ||
        (mixed[0] && !cql_takes_mixed(seen_from_the_other(node->op))))
        return cql_cannot_mix(c, node->args[mixed[0] ? 0 : 1]);
    if (!cql_count_geometric(c, node))
        return NULL;
    return cql_step_finish(c, cql_step_new(c, node->op, CQL_TYPE_TRUTH), args, 2);
}

static struct cql_step *array(struct compiler *c, const struct cql_node *node)
{
    struct cql_step **args = im_arena_calloc(c->arena, node->n_args, sizeof(*args));

    if (!args)
        return no_room(c);
    for (uint32_t i = 0; i < node->n_args; i++) {
        args[i] = compile(c, node->args[i], CQL_TYPE_ANY);
        if (!args[i])
            return NULL;
        if (args[i]->type == CQL_TYPE_GEOMETRY)
            return cql_cannot(c, node->args[i], (struct im_bytes){0},
                              "数组中不能有图形",
                              "arrays of geometries are not supported", NULL, NULL);
    }
    return cql_step_finish(c, cql_step_new(c, CQL_ARRAY, CQL_TYPE_ARRAY), args,
                           node->n_args);
}

static struct cql_step *
compile(struct compiler *c, const struct cql_node *node, enum cql_type wanted)
{
    if (c->rc != IM_OK)
        return NULL;
    switch (node->op) {
    case CQL_STRING:
    case CQL_NUMBER:
    case CQL_BOOLEAN:
    case CQL_DATE:
    case CQL_TIMESTAMP:
        return literal(c, node);
    case CQL_UNBOUNDED:
        return cql_cannot(c, node, (struct im_bytes){0}, "'..' 只能用于 INTERVAL",
                          "'..' belongs into an INTERVAL", NULL, NULL);
    case CQL_INTERVAL:
        return interval(c, node);
    case CQL_GEOMETRY:
    case CQL_BBOX:
        return geometry(c, node);
    case CQL_ARRAY:
        return array(c, node);
    case CQL_PROPERTY:
        return cql_compile_property(c, node, wanted);
    case CQL_AND:
    case CQL_OR:
    case CQL_NOT:
        return logic(c, node);
    case CQL_BETWEEN:
        return comparison(c, node);
    case CQL_LIKE:
        return like(c, node);
    case CQL_IN:
        return in_list(c, node);
    case CQL_IS_NULL:
        return is_null(c, node);
    case CQL_CASEI:
    case CQL_ACCENTI:
        return uniform(c, node, CQL_TYPE_TEXT, CQL_TYPE_TEXT);
    case CQL_FUNCTION:
        return cql_compile_function(c, node);
    default:
        break;
    }
    if (cql_op_is_comparison(node->op))
        return comparison(c, node);
    if (cql_op_is_spatial(node->op))
        return spatial(c, node);
    if (cql_op_is_temporal(node->op))
        return uniform(c, node, CQL_TYPE_TIME, CQL_TYPE_TRUTH);
    if (cql_op_is_array(node->op))
        return uniform(c, node, CQL_TYPE_ARRAY, CQL_TYPE_TRUTH);
    return uniform(c, node, CQL_TYPE_NUMBER, CQL_TYPE_NUMBER);
}

static void *keep(struct compiler *c, const struct im_buf *buf)
{
    void *copy = im_arena_alloc(c->arena, buf->len);

    if (buf->failed || !copy)
        return no_room(c);
    if (buf->len)
        memcpy(copy, buf->data, buf->len);
    return copy;
}

static struct cql_program *assemble(struct compiler *c, const struct cql_step *root)
{
    struct cql_program *program = im_arena_calloc(c->arena, 1, sizeof *program);

    if (!program)
        return no_room(c);
    cql_add_memos(c, root);
    program->layer = c->layer;
    program->root = root;
    program->shapes = keep(c, &c->shapes);
    program->n_shapes = (unsigned)(c->shapes.len / sizeof(struct cql_shape *));
    program->memo_fields = keep(c, &c->memo_fields);
    program->n_memos = (unsigned)(c->memo_fields.len / sizeof(int));
    if (c->rc == IM_OK)
        cql_find_bounds(program, c->arena);
    return program;
}

enum im_code cql_compile(const struct cql_node *node,
                         const struct atlas_layer *layer,
                         const struct cql_crs *crs,
                         struct im_arena *arena,
                         const struct cql_program **out,
                         struct cql_fault *fault,
                         struct im_error *err)
{
    struct cql_fault unused;
    struct compiler c = {.layer = layer,
                         .crs = crs,
                         .arena = arena,
                         .fault = fault ? fault : &unused,
                         .err = err,
                         .folding = {.temporary = arena},
                         .shapes = {.max = SIZE_MAX / 2},
                         .memo_fields = {.max = SIZE_MAX / 2}};
    struct cql_program *program = NULL;
    struct cql_step *root;

    *c.fault = (struct cql_fault){0};
    root = cql_typed(&c, node, CQL_TYPE_TRUTH);
    if (root)
        program = assemble(&c, root);
    im_buf_release(&c.shapes);
    im_buf_release(&c.memo_fields);
    if (c.rc == IM_OK)
        *out = program;
    return c.rc;
}
