/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of the form before expressions ({"stops": [[5, 1], [10, 2]]}) and "{name}"
 * in texts, rewritten as expressions. */
#include "style/function.h"

#include <stdlib.h>
#include <string.h>

static json_t *call(const char *name)
{
    json_t *out = json_array();

    json_array_append_new(out, json_string(name));
    return out;
}

static json_t *call_of(const char *name, json_t *arg)
{
    json_t *out = call(name);

    json_array_append_new(out, arg);
    return out;
}

/* Lists and objects are quoted. */
static json_t *literal(const json_t *value)
{
    if (json_is_array(value) || json_is_object(value) || json_is_null(value))
        return call_of("literal", json_incref((json_t *)value));
    return json_incref((json_t *)value);
}

static json_t *get_property(const json_t *fn)
{
    const json_t *name = json_object_get(fn, "property");

    return call_of("get", name ? json_incref((json_t *)name) : json_string(""));
}

json_t *style_token_expression(const char *text)
{
    json_t *out = call("concat");
    size_t n_names = 0;
    const char *p = text;

    while (*p) {
        const char *open = strchr(p, '{');
        const char *close = open ? open + 1 + strcspn(open + 1, "{}") : NULL;

        while (open && (*close != '}' || close == open + 1)) { /* no name: plain text */
            open = strchr(open + 1, '{');
            close = open ? open + 1 + strcspn(open + 1, "{}") : NULL;
        }
        if (!open) {
            json_array_append_new(out, json_string(p));
            break;
        }
        if (open > p)
            json_array_append_new(out, json_stringn(p, (size_t)(open - p)));
        json_array_append_new(
            out, call_of("get", json_stringn(open + 1, (size_t)(close - open - 1))));
        n_names++;
        p = close + 1;
    }
    if (n_names == 0) {
        json_decref(out);
        return json_string(text);
    }
    if (json_array_size(out) == 2) {
        json_t *alone = call_of("to-string", json_incref(json_array_get(out, 1)));

        json_decref(out);
        return alone;
    }
    return out;
}

bool style_is_function(const json_t *json)
{
    return json_is_object(json);
}

/* ---- one dimension ---- */

static const char *kind_of(const json_t *fn, const struct style_function_target *to)
{
    const char *type = json_string_value(json_object_get(fn, "type"));

    return type ? type : to->is_interpolated ? "exponential" : "interval";
}

static const char *curve_name(const json_t *fn)
{
    const char *space = json_string_value(json_object_get(fn, "colorSpace"));

    return space && strcmp(space, "hcl") == 0   ? "interpolate-hcl"
           : space && strcmp(space, "lab") == 0 ? "interpolate-lab"
                                                : "interpolate";
}

/* Stops given twice count once; a step has no number before its first output. */
static void append_stop(json_t *curve, json_t *input, json_t *output, bool is_step)
{
    size_t n = json_array_size(curve);

    if (n > 3 && json_equal(input, json_array_get(curve, n - 2))) {
        json_decref(input);
        json_decref(output);
        return;
    }
    if (is_step && n == 2)
        json_decref(input);
    else
        json_array_append_new(curve, input);
    json_array_append_new(curve, output);
}

/* A step of one output gets a second one that changes nothing. */
static void complete_step(json_t *curve)
{
    if (json_array_size(curve) != 3)
        return;
    json_array_append_new(curve, json_integer(0));
    json_array_append(curve, json_array_get(curve, 2));
}

static json_t *curve_of(const json_t *fn, json_t *input)
{
    const json_t *base = json_object_get(fn, "base");
    json_t *out = call(curve_name(fn));

    if (!base || json_number_value(base) == 1)
        json_array_append_new(out, call("linear"));
    else
        json_array_append_new(out, call_of("exponential", json_incref((json_t *)base)));
    json_array_append_new(out, input);
    return out;
}

static json_t *fallback(const json_t *fn, const struct style_function_target *to)
{
    const json_t *value = json_object_get(fn, "default");

    if (!value)
        value = to->fallback;
    return value ? literal(value) : json_string("");
}

static json_t *
output_of(const json_t *stop, const struct style_function_target *to, bool tokens)
{
    const json_t *value = json_array_get(stop, 1);

    if (tokens && to->has_tokens && json_is_string(value))
        return style_token_expression(json_string_value(value));
    return value ? literal(value) : json_null();
}

/* What the feature has is no number: the default. */
static json_t *guarded(const json_t *fn, json_t *curve)
{
    const json_t *value = json_object_get(fn, "default");
    json_t *test;
    json_t *out;

    if (!value)
        return curve;
    test = call("==");
    json_array_append_new(test, call_of("typeof", get_property(fn)));
    json_array_append_new(test, json_string("number"));
    out = call_of("case", test);
    json_array_append_new(out, curve);
    json_array_append_new(out, literal(value));
    return out;
}

static json_t *categories(const json_t *fn,
                          const json_t *stops,
                          const struct style_function_target *to)
{
    bool are_flags = json_is_boolean(json_array_get(json_array_get(stops, 0), 0));
    json_t *out = call(are_flags ? "case" : "match");
    size_t i;
    json_t *stop;

    if (!are_flags)
        json_array_append_new(out, get_property(fn));
    json_array_foreach(stops, i, stop)
    {
        json_t *label = json_incref(json_array_get(stop, 0));

        if (are_flags) {
            json_t *test = call_of("==", get_property(fn));

            json_array_append_new(test, label);
            json_array_append_new(out, test);
            json_array_append_new(out, output_of(stop, to, false));
        } else {
            append_stop(out, label, output_of(stop, to, false), false);
        }
    }
    json_array_append_new(out, fallback(fn, to));
    return out;
}

/* Steps or a curve over `input`; NULL: no such kind of function. */
static json_t *ramp(const json_t *fn,
                    const json_t *stops,
                    json_t *input,
                    bool tokens,
                    const struct style_function_target *to)
{
    bool is_step = strcmp(kind_of(fn, to), "interval") == 0;
    json_t *out;
    size_t i;
    json_t *stop;

    if (!is_step && strcmp(kind_of(fn, to), "exponential") != 0) {
        json_decref(input);
        return NULL;
    }
    out = is_step ? call_of("step", input) : curve_of(fn, input);
    json_array_foreach(stops, i, stop)
        append_stop(out, json_incref(json_array_get(stop, 0)),
                    output_of(stop, to, tokens), is_step);
    if (is_step)
        complete_step(out);
    return out;
}

static json_t *of_property(const json_t *fn,
                           const json_t *stops,
                           const struct style_function_target *to)
{
    json_t *curve;

    if (strcmp(kind_of(fn, to), "categorical") == 0)
        return categories(fn, stops, to);
    curve = ramp(fn, stops, call_of("number", get_property(fn)), false, to);
    return curve ? guarded(fn, curve) : NULL;
}

static json_t *identity(const json_t *fn, const struct style_function_target *to)
{
    const json_t *value = json_object_get(fn, "default");
    json_t *out;

    if (!value && strcmp(to->type, "string") == 0)
        return call_of("string", get_property(fn));
    if (!value)
        return get_property(fn);
    if (strcmp(to->type, "enum") == 0) {
        out = call_of("match", get_property(fn));
        json_array_append(out, (json_t *)to->values);
        json_array_append_new(out, get_property(fn));
    } else {
        out = call(strcmp(to->type, "color") == 0 ? "to-color" : to->type);
        if (strcmp(to->type, "array") == 0) {
            json_array_append_new(out, json_string(to->item));
            json_array_append_new(out, to->length >= 0 ? json_integer(to->length)
                                                       : json_null());
        }
        json_array_append_new(out, get_property(fn));
    }
    json_array_append_new(out, literal(value));
    return out;
}

/* ---- zoom and property: stops are [{"zoom": z, "value": v}, output] ---- */

static json_t *stops_of_zoom(const json_t *stops, const json_t *zoom)
{
    json_t *out = json_array();
    size_t i;
    json_t *stop;

    json_array_foreach(stops, i, stop)
    {
        const json_t *at = json_array_get(stop, 0);
        json_t *pair;

        if (!json_equal(json_object_get(at, "zoom"), zoom))
            continue;
        pair = json_array();
        json_array_append(pair, json_object_get(at, "value"));
        json_array_append(pair, json_array_get(stop, 1));
        json_array_append_new(out, pair);
    }
    return out;
}

static bool is_first_of_zoom(const json_t *stops, size_t i, const json_t *zoom)
{
    for (size_t j = 0; j < i; j++)
        if (json_equal(
                json_object_get(json_array_get(json_array_get(stops, j), 0), "zoom"),
                zoom))
            return false;
    return true;
}

static json_t *of_zoom_and_property(const json_t *fn,
                                    const json_t *stops,
                                    const struct style_function_target *to)
{
    bool is_step = !to->is_interpolated;
    json_t *input = call("zoom");
    json_t *out;
    json_t *plain = json_deep_copy(fn);
    size_t i;
    json_t *stop;

    json_object_del(plain, "base");
    if (is_step) {
        out = call_of("step", input);
    } else {
        out = call(curve_name(fn));
        json_array_append_new(out, call("linear"));
        json_array_append_new(out, input);
    }
    json_array_foreach(stops, i, stop)
    {
        json_t *zoom = json_object_get(json_array_get(stop, 0), "zoom");
        json_t *inner;
        json_t *output;

        if (!zoom || !is_first_of_zoom(stops, i, zoom))
            continue;
        inner = stops_of_zoom(stops, zoom);
        output = of_property(plain, inner, to);
        json_decref(inner);
        append_stop(out, json_incref(zoom), output ? output : json_null(), is_step);
    }
    if (is_step)
        complete_step(out);
    json_decref(plain);
    return out;
}

json_t *style_function_expression(const json_t *fn,
                                  const struct style_function_target *to)
{
    const json_t *stops = json_object_get(fn, "stops");
    const json_t *first = json_array_get(json_array_get(stops, 0), 0);

    if (!stops)
        return json_object_get(fn, "property") ? identity(fn, to) : NULL;
    if (!json_is_array(stops) || json_array_size(stops) == 0 ||
        json_array_size(stops) > STYLE_FUNCTION_STOPS)
        return NULL;
    for (size_t i = 0; i < json_array_size(stops); i++)
        if (json_array_size(json_array_get(stops, i)) != 2)
            return NULL;
    if (json_is_object(first))
        return of_zoom_and_property(fn, stops, to);
    if (json_object_get(fn, "property"))
        return of_property(fn, stops, to);
    return ramp(fn, stops, call("zoom"), true, to);
}
