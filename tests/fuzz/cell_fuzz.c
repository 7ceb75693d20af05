/* SPDX-License-Identifier: Apache-2.0 */
/* Texts out of a cell: cleaned, folded, compared. */
#include <text/text.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(struct im_bytes in, bool multiline, struct im_arena *arena)
{
    struct im_bytes once;
    struct im_bytes twice;

    if (text_clean(in, multiline, arena, &once) != TEXT_GOOD)
        return;
    if (!im_utf8_valid(once) || once.len > in.len ||
        (once.len && memchr(once.data, 0, once.len)) ||
        (!multiline && once.len && memchr(once.data, '\n', once.len)))
        abort();
    if (text_clean(once, multiline, arena, &twice) != TEXT_GOOD ||
        !im_bytes_equal(once, twice))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct im_bytes in = {data, size};
    struct im_bytes half = {data, size / 2};

    if (!arena)
        return 0;
    check_clean(in, false, arena);
    check_clean(in, true, arena);
    text_is_blank(in);
    struct im_bytes folded = text_folded(in, arena);
    struct im_bytes name = text_name_identity(in, arena);
    struct im_bytes city = text_city_identity(in, arena);
    if (!im_utf8_valid(in)) /* what is not UTF-8 never comes here: only no crash */
        goto done;
    if (!im_utf8_valid(folded) || !im_utf8_valid(name) || !im_utf8_valid(city) ||
        text_length(folded) > 18 * text_length(in))
        abort();
    double alike = text_likeness(name, text_name_identity(half, arena));
    if (!(alike >= 0 && alike <= 1))
        abort();
done:
    im_arena_free(arena);
    return 0;
}
