/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known text from clients. */
#include "geom_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_read(geom_read_wkt, data, size);
    return 0;
}
