/* SPDX-License-Identifier: Apache-2.0 */
/* Angles and pairs out of a cell. */
#include <text/text.h>

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_bytes in = {data, size};
    double x = 0;
    double y = 0;
    char axis = 0;

    if (text_angle(in, &x, &axis) &&
        (!isfinite(x) || (axis != 0 && axis != 'x' && axis != 'y')))
        abort();
    if (text_pair(in, &x, &y) && (!isfinite(x) || !isfinite(y)))
        abort();
    if (text_is_wkt(in) && text_pair(in, &x, &y))
        abort();
    return 0;
}
