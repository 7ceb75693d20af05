/* SPDX-License-Identifier: Apache-2.0 */
/* From an expression to a program for one layer: names are looked up, types are
 * checked, what is constant is computed. */
#include "cql/program.h"

#include <engine/text.h>

#include <math.h>
#include <stdlib.h>
#include <strings.h>

enum {
    MAX_MEMO_CODES = 1 << 16, /* as many as bounds.c goes through */
    MAX_MEMO_BYTES = 16 << 20,
    MAX_SLOW_POINTS = 5000,
    MAX_PATTERNS_BYTES = 16000,
    MAX_GEOMETRIC = 200,
    MAX_SCANNED = 16 << 20 /* codes that one compilation compares */
};

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

static struct cql_step *
compile(struct compiler *c, const struct cql_node *node, enum cql_type wanted);

/* ---- faults ---- */

static struct cql_step *refuse(struct compiler *c,
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

static struct cql_step *refuse_more(struct compiler *c,
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

static void *no_memory(struct compiler *c)
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

static struct cql_step *refuse_type(struct compiler *c,
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
    return refuse(c, node, node->text, zh, en, NULL, NULL);
}

/* ---- steps ---- */

static struct cql_step *new_step(struct compiler *c, enum cql_op op, enum cql_type type)
{
    struct cql_step *step =
        c->rc == IM_OK ? im_arena_calloc(c->arena, 1, sizeof *step) : NULL;

    if (!step)
        return c->rc == IM_OK ? no_memory(c) : NULL;
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

static struct cql_step *finish(struct compiler *c,
                               struct cql_step *step,
                               struct cql_step *const *args,
                               uint32_t n)
{
    const struct cql_step **copy;

    if (!step || c->rc != IM_OK)
        return NULL;
    copy = im_arena_calloc(c->arena, n, sizeof(*copy));
    if (!copy)
        return no_memory(c);
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
    struct cql_step *step = new_step(c, node->op, types[node->op]);

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
    struct cql_step *step = new_step(c, node->op, CQL_TYPE_GEOMETRY);
    struct cql_shape *shape = NULL;

    if (!step)
        return NULL;
    c->rc = cql_shape_make(node, c->crs, c->arena, &shape, c->fault, c->err);
    if (c->rc != IM_OK)
        return NULL;
    shape->slot = (unsigned)(c->shapes.len / sizeof(shape));
    im_buf_append(&c->shapes, &shape, sizeof(shape));
    if (c->shapes.failed)
        return no_memory(c);
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
            return refuse_type(c, node, step->type, CQL_TYPE_TIME);
        return step;
    }
    step = new_step(c, node->op, CQL_TYPE_TIME);
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
        finish(c, new_step(c, CQL_INTERVAL, CQL_TYPE_TIME), args, 2);

    if (step && step->is_constant && !step->value.is_null &&
        cql_compare_spans(step->value.start, step->value.end) > 0)
        return refuse(c, node, (struct im_bytes){0}, "INTERVAL 的开始晚于结束",
                      "the INTERVAL ends before it starts", NULL, NULL);
    return step;
}

/* ---- properties ---- */

static bool is_alike(struct im_bytes a, const char *b)
{
    return a.len == strlen(b) && strncasecmp((const char *)a.data, b, a.len) == 0;
}

static int find_field(const struct layer_schema *schema, struct im_bytes name)
{
    int field = schema_field_index(schema, name);

    for (size_t i = 0; field < 0 && i < schema->n_fields; i++)
        if (is_alike(name, schema->fields[i].name))
            field = (int)i;
    return field;
}

static void add_name(char *out, size_t size, const char *name)
{
    size_t len = strlen(out);

    if (len + strlen(name) + 8 < size)
        snprintf(out + len, size - len, "%s%s", len ? ", " : "", name);
    else if (len + 6 < size && out[len - 1] != '.')
        snprintf(out + len, size - len, ", ...");
}

static const char *nearest_name(const struct layer_schema *schema, struct im_bytes name)
{
    const char *best = NULL;
    unsigned least = name.len < 6 ? 2 : 3;

    if (name.len > SCHEMA_MAX_ID)
        return NULL;
    for (size_t i = 0; i < schema->n_fields; i++) {
        const char *other = schema->fields[i].name;
        unsigned d = text_edit_distance(name, im_bytes_of(other), least);

        if (d < least && !schema->fields[i].hidden) {
            least = d;
            best = other;
        }
    }
    return best;
}

static struct cql_step *unknown_property(struct compiler *c,
                                         const struct cql_node *node)
{
    const struct layer_schema *schema = c->layer->schema;
    const char *best = nearest_name(schema, node->text);
    char names[120] = "";
    char zh[160];
    char en[160];

    for (size_t i = 0; i < schema->n_fields; i++)
        if (!schema->fields[i].hidden)
            add_name(names, sizeof names, schema->fields[i].name);
    snprintf(zh, sizeof zh, best ? "是否为 %s？" : "可用的属性：%s",
             best ? best : names);
    snprintf(en, sizeof en, best ? "did you mean '%s'?" : "there are %s",
             best ? best : names);
    return refuse(c, node, node->text, "没有属性", "unknown property", zh, en);
}

static struct cql_step *geometry_property(struct compiler *c,
                                          const struct cql_node *node)
{
    struct cql_step *step;

    if (c->layer->schema->geometry == SCHEMA_NONE)
        return refuse(c, node, node->text, "图层没有图形",
                      "the layer has no geometry:", NULL, NULL);
    step = new_step(c, CQL_PROPERTY, CQL_TYPE_GEOMETRY);
    if (step) {
        step->read = CQL_READ_GEOMETRY;
        step->depends_on = CQL_DEPENDS_ON_MORE;
        step->cost = 1;
    }
    return step;
}

static enum cql_read read_of_text(const struct schema_field *field,
                                  enum cql_type wanted,
                                  enum cql_type *type)
{
    *type = CQL_TYPE_TEXT;
    if (wanted == CQL_TYPE_TEXT)
        return CQL_READ_TEXT;
    if (field->format == FORMAT_DATE || field->format == FORMAT_DATETIME) {
        *type = CQL_TYPE_TIME;
        return CQL_READ_TIME;
    }
    if (field->list) {
        *type = CQL_TYPE_ARRAY;
        return CQL_READ_LIST;
    }
    return CQL_READ_TEXT;
}

static enum cql_read read_of_number(const struct schema_field *field,
                                    enum cql_type wanted,
                                    enum cql_type *type)
{
    if (field->format == FORMAT_BOOLEAN && wanted != CQL_TYPE_NUMBER) {
        *type = CQL_TYPE_TRUTH;
        return CQL_READ_TRUTH;
    }
    if (field->format == FORMAT_YEAR && wanted == CQL_TYPE_TIME) {
        *type = CQL_TYPE_TIME;
        return CQL_READ_YEAR;
    }
    *type = CQL_TYPE_NUMBER;
    return CQL_READ_NUMBER;
}

static struct cql_step *
property(struct compiler *c, const struct cql_node *node, enum cql_type wanted)
{
    int field = find_field(c->layer->schema, node->text);
    const struct schema_field *f;
    struct cql_step *step;
    enum cql_type type;
    enum cql_read read;

    if (field < 0 && (is_alike(node->text, "geometry") || is_alike(node->text, "geom")))
        return geometry_property(c, node);
    if (field < 0)
        return unknown_property(c, node);
    f = &c->layer->schema->fields[field];
    read = f->type == FIELD_TEXT ? read_of_text(f, wanted, &type)
                                 : read_of_number(f, wanted, &type);
    step = new_step(c, CQL_PROPERTY, type);
    if (!step)
        return NULL;
    step->read = read;
    step->field = field;
    step->depends_on = f->type == FIELD_TEXT ? field : CQL_DEPENDS_ON_MORE;
    step->cost = f->type == FIELD_TEXT ? 5 : 1;
    return step;
}

/* ---- types that have to be equal ---- */

static struct cql_step *
typed(struct compiler *c, const struct cql_node *node, enum cql_type wanted)
{
    struct cql_step *step = compile(c, node, wanted);

    if (step && step->type != wanted)
        return refuse_type(c, node, step->type, wanted);
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
            refuse(c, nodes[i], nodes[i]->text, "图形和数组不能这样比较",
                   "geometries and arrays are not compared like this:",
                   "请用 S_ 或 A_ 开头的函数", "please use functions S_... or A_...");
            return false;
        }
        if (steps[i]->type != wanted) {
            refuse_type(c, nodes[i], steps[i]->type, wanted);
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
        return no_memory(c);
    for (uint32_t i = 0; i < node->n_args; i++) {
        args[i] = typed(c, node->args[i], CQL_TYPE_TRUTH);
        if (!args[i])
            return NULL;
    }
    qsort(args, node->n_args, sizeof(*args), by_cost);
    return finish(c, new_step(c, node->op, CQL_TYPE_TRUTH), args, node->n_args);
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
            return refuse(c, node->args[i], (struct im_bytes){0},
                          "INTERVAL 不能比较大小", "an INTERVAL is not compared",
                          "请用 T_EQUALS、T_BEFORE 等",
                          "please use T_EQUALS, T_BEFORE and the like");
    if (!unify(c, node->args, args, node->n_args))
        return NULL;
    return finish(c, new_step(c, node->op, CQL_TYPE_TRUTH), args, node->n_args);
}

static struct cql_step *in_list(struct compiler *c, const struct cql_node *node)
{
    const struct cql_node *list = node->args[1];
    size_t n = (size_t)list->n_args + 1;
    const struct cql_node **nodes = im_arena_calloc(c->arena, n, sizeof(*nodes));
    struct cql_step **args = im_arena_calloc(c->arena, n, sizeof(*args));

    if (!nodes || !args)
        return no_memory(c);
    nodes[0] = node->args[0];
    for (uint32_t i = 0; i < list->n_args; i++)
        nodes[i + 1] = list->args[i];
    if (!unify(c, nodes, args, n))
        return NULL;
    return finish(c, new_step(c, CQL_IN, CQL_TYPE_TRUTH), args, (uint32_t)n);
}

static struct cql_step *like(struct compiler *c, const struct cql_node *node)
{
    struct cql_step *args[2];

    args[0] = typed(c, node->args[0], CQL_TYPE_TEXT);
    args[1] = args[0] ? typed(c, node->args[1], CQL_TYPE_TEXT) : NULL;
    if (!args[1])
        return NULL;
    if (!args[1]->is_constant)
        return refuse(c, node->args[1], node->args[1]->text, "LIKE 的样式应为文本",
                      "the pattern of LIKE must be a text, not", NULL, NULL);
    c->pattern_bytes += args[1]->value.text.len;
    if (args[1]->value.text.len > CQL_MAX_PATTERN_BYTES ||
        c->pattern_bytes > MAX_PATTERNS_BYTES)
        return refuse_more(c, node->args[1],
                           "LIKE 的样式超过 1000 字节，或共超过 16000 字节",
                           "the pattern of LIKE is longer than 1000 bytes, or all are "
                           "longer than 16000");
    return finish(c, new_step(c, CQL_LIKE, CQL_TYPE_TRUTH), args, 2);
}

/* All arguments of one type. */
static struct cql_step *uniform(struct compiler *c,
                                const struct cql_node *node,
                                enum cql_type takes,
                                enum cql_type gives)
{
    struct cql_step *args[2] = {NULL};

    for (uint32_t i = 0; i < node->n_args; i++) {
        args[i] = takes == CQL_TYPE_ANY ? compile(c, node->args[i], takes)
                                        : typed(c, node->args[i], takes);
        if (!args[i])
            return NULL;
    }
    return finish(c, new_step(c, node->op, gives), args, node->n_args);
}

static enum cql_op seen_from_the_other(enum cql_op op)
{
    return op == CQL_S_WITHIN     ? CQL_S_CONTAINS
           : op == CQL_S_CONTAINS ? CQL_S_WITHIN
                                  : op;
}

static struct cql_step *refuse_mixed(struct compiler *c, const struct cql_node *node)
{
    return refuse(c, node, (struct im_bytes){0}, "该函数不能用于含多种图形的集合",
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
    return refuse_more(
        c, node, "图形超过 5000 个顶点；S_INTERSECTS、S_DISJOINT、S_WITHIN 无此限制",
        "the geometry has more than 5000 vertices; S_INTERSECTS, "
        "S_DISJOINT and S_WITHIN take more");
}

static bool count_geometric(struct compiler *c, const struct cql_node *node)
{
    if (++c->n_geometric <= MAX_GEOMETRIC)
        return true;
    refuse_more(c, node, "用到图形的函数超过 200 个",
                "more than 200 functions of geometries");
    return false;
}

static struct cql_step *spatial(struct compiler *c, const struct cql_node *node)
{
    struct cql_step *args[2];
    bool mixed[2];

    for (int i = 0; i < 2; i++) {
        args[i] = typed(c, node->args[i], CQL_TYPE_GEOMETRY);
        if (!args[i])
            return NULL;
        mixed[i] = args[i]->shape && args[i]->shape->is_mixed;
        if (args[i]->shape && args[i]->shape->n_points > MAX_SLOW_POINTS &&
            (mixed[i] || !is_quick(i ? node->op : seen_from_the_other(node->op))))
            return refuse_long(c, node->args[i]);
    }
    if ((mixed[0] && mixed[1]) || (mixed[1] && !cql_takes_mixed(node->op)) ||
        (mixed[0] && !cql_takes_mixed(seen_from_the_other(node->op))))
        return refuse_mixed(c, node->args[mixed[0] ? 0 : 1]);
    if (!count_geometric(c, node))
        return NULL;
    return finish(c, new_step(c, node->op, CQL_TYPE_TRUTH), args, 2);
}

static struct cql_step *array(struct compiler *c, const struct cql_node *node)
{
    struct cql_step **args = im_arena_calloc(c->arena, node->n_args, sizeof(*args));

    if (!args)
        return no_memory(c);
    for (uint32_t i = 0; i < node->n_args; i++) {
        args[i] = compile(c, node->args[i], CQL_TYPE_ANY);
        if (!args[i])
            return NULL;
        if (args[i]->type == CQL_TYPE_GEOMETRY)
            return refuse(c, node->args[i], (struct im_bytes){0}, "数组中不能有图形",
                          "arrays of geometries are not supported", NULL, NULL);
    }
    return finish(c, new_step(c, CQL_ARRAY, CQL_TYPE_ARRAY), args, node->n_args);
}

/* ---- functions ---- */

static const char *nearest_function(struct im_bytes name)
{
    const char *best = NULL;
    unsigned least = name.len < 6 ? 2 : 3;

    for (size_t i = 0; name.len <= SCHEMA_MAX_ID && i < cql_n_functions; i++) {
        const char *other = cql_functions[i].name;
        unsigned d = text_edit_distance(name, im_bytes_of(other), least);

        if (d < least) {
            least = d;
            best = other;
        }
    }
    return best;
}

static struct cql_step *unknown_function(struct compiler *c,
                                         const struct cql_node *node)
{
    const char *best = nearest_function(node->text);
    char names[120] = "";
    char zh[160];
    char en[160];

    for (size_t i = 0; i < cql_n_functions; i++)
        add_name(names, sizeof names, cql_functions[i].name);
    snprintf(zh, sizeof zh, best ? "是否为 %s？" : "可用的函数：%s",
             best ? best : names);
    snprintf(en, sizeof en, best ? "did you mean '%s'?" : "there are %s",
             best ? best : names);
    return refuse(c, node, node->text, "没有函数", "unknown function", zh, en);
}

static uint32_t arity(const struct cql_call *call)
{
    uint32_t n = 0;

    while (n < 3 && call->arguments[n] != CQL_TYPE_ANY)
        n++;
    return n;
}

static bool is_point(const struct cql_step *step)
{
    return step->shape && step->value.geom.kind == GEOM_POINT &&
           step->value.geom.n_points == 1;
}

static struct cql_step *function(struct compiler *c, const struct cql_node *node)
{
    const struct cql_call *call = cql_call_find(node->text);
    struct cql_step *args[3] = {NULL};
    struct cql_step *step;
    char zh[64];
    char en[64];

    if (!call)
        return unknown_function(c, node);
    if (node->n_args != arity(call)) {
        snprintf(zh, sizeof zh, "需要 %u 个参数", arity(call));
        snprintf(en, sizeof en, "it takes %u arguments", arity(call));
        return refuse(c, node, node->text, "参数个数不对：函数",
                      "wrong number of arguments for", zh, en);
    }
    for (uint32_t i = 0; i < node->n_args; i++) {
        args[i] = typed(c, node->args[i], call->arguments[i]);
        if (!args[i])
            return NULL;
        if (args[i]->shape && args[i]->shape->is_mixed)
            return refuse_mixed(c, node->args[i]);
    }
    if (strcmp(call->about.name, "distance_m") == 0 && !is_point(args[0]) &&
        !is_point(args[1]))
        return refuse(c, node, node->text, "需要一个 POINT：函数",
                      "a POINT is needed by", NULL, NULL);
    if (call->arguments[0] == CQL_TYPE_GEOMETRY && !count_geometric(c, node))
        return NULL;
    step = new_step(c, CQL_FUNCTION, call->returns);
    if (step)
        step->call = call;
    return finish(c, step, args, node->n_args);
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
        return refuse(c, node, (struct im_bytes){0}, "'..' 只能用于 INTERVAL",
                      "'..' belongs into an INTERVAL", NULL, NULL);
    case CQL_INTERVAL:
        return interval(c, node);
    case CQL_GEOMETRY:
    case CQL_BBOX:
        return geometry(c, node);
    case CQL_ARRAY:
        return array(c, node);
    case CQL_PROPERTY:
        return property(c, node, wanted);
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
        return uniform(c, node, CQL_TYPE_ANY, CQL_TYPE_TRUTH);
    case CQL_CASEI:
    case CQL_ACCENTI:
        return uniform(c, node, CQL_TYPE_TEXT, CQL_TYPE_TEXT);
    case CQL_FUNCTION:
        return function(c, node);
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

/* ---- what is remembered for each code ---- */

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

static void add_memos(struct compiler *c, const struct cql_step *step)
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
        add_memos(c, step->args[i]);
}

static void *keep(struct compiler *c, const struct im_buf *buf)
{
    void *copy = im_arena_alloc(c->arena, buf->len);

    if (buf->failed || !copy)
        return no_memory(c);
    if (buf->len)
        memcpy(copy, buf->data, buf->len);
    return copy;
}

static struct cql_program *assemble(struct compiler *c, const struct cql_step *root)
{
    struct cql_program *program = im_arena_calloc(c->arena, 1, sizeof *program);

    if (!program)
        return no_memory(c);
    add_memos(c, root);
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
    root = typed(&c, node, CQL_TYPE_TRUTH);
    if (root)
        program = assemble(&c, root);
    im_buf_release(&c.shapes);
    im_buf_release(&c.memo_fields);
    if (c.rc == IM_OK)
        *out = program;
    return c.rc;
}
