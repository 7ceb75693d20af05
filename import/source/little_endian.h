/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian numbers out of bytes at any address. */
#ifndef IMPORT_LITTLE_ENDIAN_H
#define IMPORT_LITTLE_ENDIAN_H

#include <stdint.h>

static inline uint32_t le16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t le32(const uint8_t *p)
{
    return le16(p) | le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

#endif
