/* SPDX-License-Identifier: Apache-2.0 */
/* Names in filters: properties of the layer and functions. */
#include "cql/compile.h"

#include <engine/text.h>

#include <strings.h>

enum { MAX_FUNCTIONS = 64 };

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

/* The text after "unknown ...": the name that was meant, or those there are. */
static struct cql_step *unknown_name(struct compiler *c,
                                     const struct cql_node *node,
                                     const char *const *known,
                                     const char *what_zh,
                                     const char *what_en)
{
    const char *best = text_nearest(node->text, known);
    char names[120] = "";
    char zh[160];
    char en[160];

    for (size_t i = 0; known[i]; i++)
        add_name(names, sizeof names, known[i]);
    snprintf(zh, sizeof zh, best ? "是否为 %s？" : "可用的有：%s", best ? best : names);
    snprintf(en, sizeof en, best ? "did you mean '%s'?" : "there are %s",
             best ? best : names);
    return cql_cannot(c, node, node->text, what_zh, what_en, zh, en);
}

static struct cql_step *unknown_property(struct compiler *c,
                                         const struct cql_node *node)
{
    const struct layer_schema *schema = c->layer->schema;
    const char *names[SCHEMA_MAX_FIELDS + 1] = {0};
    size_t n = 0;

    for (size_t i = 0; i < schema->n_fields; i++)
        if (!schema->fields[i].hidden)
            names[n++] = schema->fields[i].name;
    return unknown_name(c, node, names, "没有属性", "unknown property");
}

static struct cql_step *geometry_property(struct compiler *c,
                                          const struct cql_node *node)
{
    struct cql_step *step;

    if (c->layer->schema->geometry == SCHEMA_NONE)
        return cql_cannot(c, node, node->text, "图层没有图形",
                          "the layer has no geometry:", NULL, NULL);
    step = cql_step_new(c, CQL_PROPERTY, CQL_TYPE_GEOMETRY);
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

struct cql_step *cql_compile_property(struct compiler *c,
                                      const struct cql_node *node,
                                      enum cql_type wanted)
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
    step = cql_step_new(c, CQL_PROPERTY, type);
    if (!step)
        return NULL;
    step->read = read;
    step->field = field;
    step->depends_on = f->type == FIELD_TEXT ? field : CQL_DEPENDS_ON_MORE;
    step->cost = f->type == FIELD_TEXT ? 5 : 1;
    return step;
}

/* ---- functions ---- */

static struct cql_step *unknown_function(struct compiler *c,
                                         const struct cql_node *node)
{
    const char *names[MAX_FUNCTIONS + 1] = {0};

    for (size_t i = 0; i < cql_n_functions && i < MAX_FUNCTIONS; i++)
        names[i] = cql_functions[i].name;
    return unknown_name(c, node, names, "没有函数", "unknown function");
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

struct cql_step *cql_compile_function(struct compiler *c, const struct cql_node *node)
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
        return cql_cannot(c, node, node->text, "参数个数不对：函数",
                          "wrong number of arguments for", zh, en);
    }
    for (uint32_t i = 0; i < node->n_args; i++) {
        args[i] = cql_typed(c, node->args[i], call->arguments[i]);
        if (!args[i])
            return NULL;
        if (args[i]->shape && args[i]->shape->is_mixed)
            return cql_cannot_mix(c, node->args[i]);
    }
    if (strcmp(call->about.name, "distance_m") == 0 && !is_point(args[0]) &&
        !is_point(args[1]))
        return cql_cannot(c, node, node->text, "需要一个 POINT：函数",
                          "a POINT is needed by", NULL, NULL);
    if (call->arguments[0] == CQL_TYPE_GEOMETRY && !cql_count_geometric(c, node))
        return NULL;
    step = cql_step_new(c, CQL_FUNCTION, call->returns);
    if (step)
        step->call = call;
    return cql_step_finish(c, step, args, node->n_args);
}
