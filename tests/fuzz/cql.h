/* SPDX-License-Identifier: Apache-2.0 */
/* A filter from outside, whatever its encoding: an expression that reads back as it is
 * written, or a message; and a program that can be run, or a message. */
#ifndef TESTS_FUZZ_CQL_H
#define TESTS_FUZZ_CQL_H

#include <engine/cql.h>
#include <support/memory_source.h>

#include <stdlib.h>

#define FUZZ_FIELD(name, type, more)                                                   \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\"},\"type\":\"" type          \
    "\"" more "}"

/* One for all inputs; freed by nobody, and found by the leak checker at its address. */
static struct memory_source *fuzz_source;
static const struct atlas *fuzz_atlas;

static inline const struct atlas_layer *fuzz_layer(void)
{
    if (!fuzz_source) {
        fuzz_source = memory_source_new();
        memory_source_layer(
            fuzz_source,
            "{\"id\":\"t\",\"title\":{\"zh\":\"t\"},\"geometry\":\"mixed\",\"key\":"
            "\"id\",\"fields\":[" FUZZ_FIELD("id", "integer", "") "," FUZZ_FIELD("name", "text", "") "," FUZZ_FIELD(
                "x",
                "real", "") "," FUZZ_FIELD("tags", "text",
                                           ",\"list\":true") "," FUZZ_FIELD("at",
                                                                            "text",
                                                                            ",\"format"
                                                                            "\":"
                                                                            "\"datetime"
                                                                            "\"") "," FUZZ_FIELD("flag",
                                                                                                 "integer",
                                                                                                 ",\"format\":"
                                                                                                 "\"boolean\"") "," FUZZ_FIELD("year",
                                                                                                                               "integer",
                                                                                                                               ",\"format\":\"year\"") "]}",
            "", 1);
        memory_source_row(fuzz_source, "POINT(1 1)",
                          "1|Alpha|1.5|BIO;AI|2020-01-01T00:00:00Z|1|2016");
        memory_source_row(fuzz_source, "POLYGON((0 0,4 0,4 4,0 4,0 0))",
                          "2|张江|||2021-05-05||");
        memory_source_row(fuzz_source, NULL, "3||||||");
        fuzz_atlas = memory_source_atlas(fuzz_source);
    }
    return atlas_layer_at(fuzz_atlas, 0);
}

static inline void fuzz_message(enum im_code rc, const struct im_error *err)
{
    if (rc != IM_OK && (!err->msg[0] || !im_utf8_valid(im_bytes_of(err->msg)) ||
                        !im_utf8_valid(im_bytes_of(err->msg_zh))))
        abort();
}

static inline void fuzz_run(const struct cql_node *node, struct im_arena *arena)
{
    const struct atlas_layer *layer = fuzz_layer();
    const struct cql_program *program;
    struct cql_scratch *scratch;
    struct cql_bounds bounds;
    struct im_error err = {0};
    enum im_code rc = cql_compile(node, layer, NULL, arena, &program, NULL, &err);

    fuzz_message(rc, &err);
    if (rc != IM_OK)
        return;
    cql_bounds_of(program, &bounds);
    scratch = cql_scratch_new(program, arena);
    for (uint32_t i = 0; scratch && i < atlas_layer_size(layer); i++)
        if (cql_test(program, scratch, i) && bounds.is_never)
            abort();
}

/* Written in the other encoding and read again, it is written the same. */
static inline void fuzz_writing(const struct cql_node *node, struct im_arena *arena)
{
    struct im_buf text = {.max = 64 << 20};
    struct im_buf json = {.max = 64 << 20};
    struct im_buf again = {.max = 64 << 20};
    struct im_json w = {.out = &json};
    const struct cql_node *back = NULL;
    struct im_error err = {0};

    cql_write_text(node, &text);
    cql_write_json(node, &w);
    if (text.failed || json.failed || text.len > CQL_MAX_BYTES ||
        json.len > CQL_MAX_BYTES)
        goto done;
    if (cql_parse(im_buf_bytes(&text), CQL_TEXT, arena, &back, NULL, &err) != IM_OK ||
        cql_parse(im_buf_bytes(&json), CQL_JSON, arena, &back, NULL, &err) != IM_OK) {
        if (err.code == IM_ENOMEM || err.code == IM_ELIMIT)
            goto done;
        abort();
    }
    cql_write_text(back, &again);
    if (!im_bytes_equal(im_buf_bytes(&text), im_buf_bytes(&again)))
        abort();
done:
    im_buf_release(&text);
    im_buf_release(&json);
    im_buf_release(&again);
}

static inline void
fuzz_filter(const uint8_t *data, size_t size, enum cql_encoding encoding)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    const struct cql_node *node = NULL;
    struct cql_fault fault;
    struct im_error err = {0};
    enum im_code rc =
        cql_parse((struct im_bytes){data, size}, encoding, arena, &node, &fault, &err);

    fuzz_message(rc, &err);
    if (rc == IM_OK) {
        fuzz_writing(node, arena);
        fuzz_run(node, arena);
    } else if (!im_utf8_valid(im_bytes_of(fault.value)) ||
               !im_utf8_valid(im_bytes_of(fault.path)))
        abort();
    im_arena_free(arena);
}

#endif
