/* SPDX-License-Identifier: Apache-2.0 */
/* An expression or a test case of one: compiled, evaluated, written as JSON. */
#include "style/case.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A bare expression meets a feature with some of everything. */
static json_t *case_of(json_t *expression)
{
    static const char inputs[] = "[[{\"zoom\": 3.5, \"heatmapDensity\": 0.5, "
                                 "\"canonicalID\": {\"z\": 2, \"x\": 2, "
                                 "\"y\": 1}, \"availableImages\": [\"a\"]}, {\"id\": "
                                 "1, \"geometry\": {\"type\": "
                                 "\"LineString\", \"coordinates\": [[1, 2], [3, 4]]}, "
                                 "\"properties\": {\"x\": 1, "
                                 "\"s\": \"\\u5f20\", \"b\": true, \"n\": null, \"a\": "
                                 "[1, \"a\"], \"o\": {\"k\": "
                                 "[]}}}], [{\"zoom\": -1}, {}]]";
    json_t *test = json_object();

    json_object_set_new(test, "expression", expression);
    json_object_set_new(test, "inputs", json_loads(inputs, 0, NULL));
    return test;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_arena *arena = im_arena_new(32 * 1024 * 1024);
    struct im_buf out = {.max = 8 * 1024 * 1024};
    json_t *json = json_loadb((const char *)data, size,
                              JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    json_t *again;

    if (json && arena) {
        if (!json_is_object(json) || !json_object_get(json, "expression"))
            json = case_of(json);
        style_case_run(json, true, arena, &out);
        again = json_loadb((const char *)out.data, out.len, 0, NULL);
        if (!again && !out.failed)
            abort();
        json_decref(again);
    }
    json_decref(json);
    im_buf_release(&out);
    im_arena_free(arena);
    return 0;
}
