/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with units and years out of a cell. */
#include <text/text.h>

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const targets[] = {"km2", "m", "a", "元", "1", "{x}", "?"};
    struct im_bytes in = {data, size};
    struct text_number number;
    double out;
    int year;

    if (text_number(in, &number)) {
        bool is_inside = number.unit.data >= data && number.unit.data <= data + size &&
                         number.unit.len <= (size_t)(data + size - number.unit.data);

        /* of the text, or "元" for a sign before the number */
        if (!isfinite(number.value) ||
            (!is_inside && !im_bytes_equal(number.unit, im_bytes_of("元"))))
            abort();
        for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
            if (text_convert(number.value, number.unit, targets[i], &out) &&
                !isfinite(out))
                abort();
    }
    if (text_convert(1, in, "m2", &out) && !(out > 0))
        abort();
    if (text_year(in, &year) && (year < 1000 || year > 2999))
        abort();
    return 0;
}
