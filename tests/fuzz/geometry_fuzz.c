/* SPDX-License-Identifier: Apache-2.0 */
/* GeoJSON geometries from clients. */
#include "geom_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_read(geom_read_json, data, size);
    return 0;
}
