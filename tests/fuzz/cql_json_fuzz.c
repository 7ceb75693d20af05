/* SPDX-License-Identifier: Apache-2.0 */
/* CQL2 json from clients. */
#include "cql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_filter(data, size, CQL_JSON);
    return 0;
}
