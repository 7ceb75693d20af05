/* SPDX-License-Identifier: Apache-2.0 */
/* What is called here and nobody has landed yet. */
#include <engine/ask.h>

enum im_code ask_parse(const struct atlas *atlas,
                       struct im_bytes question,
                       int this_year,
                       struct im_arena *arena,
                       struct ask_parse *out,
                       struct im_error *err)
{
    (void)atlas;
    (void)question;
    (void)this_year;
    (void)arena;
    *out = (struct ask_parse){.operation = NULL};
    return im_fail(err, IM_EARG, "plain questions: not in this version");
}

void ask_write_line(const struct ask_parse *parse, struct im_buf *out)
{
    (void)parse;
    (void)out;
}
