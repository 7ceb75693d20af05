/* SPDX-License-Identifier: Apache-2.0 */
/* layer.json from outside: never a crash, and a schema or a message. */
#include <engine/schema.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_arena *arena = im_arena_new(16 << 20);
    const struct layer_schema *schema = NULL;
    struct im_error err = {0};
    enum im_code rc = schema_parse((struct im_bytes){data, size}, arena, &schema, &err);

    if (rc == IM_OK && (!schema || !schema_id_valid(im_bytes_of(schema->id)) ||
                        schema->key < 0 || (size_t)schema->key >= schema->n_fields))
        abort();
    if (rc != IM_OK && (!err.msg[0] || !im_utf8_valid(im_bytes_of(err.msg)) ||
                        !im_utf8_valid(im_bytes_of(err.msg_zh))))
        abort();
    im_arena_free(arena);
    return 0;
}
