/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the place of FreeType's ftstdlib.h, as that file provides for: it would mention
 * functions that engine/banned.h makes unusable. */
#ifndef FTSTDLIB_H_
#define FTSTDLIB_H_

#include <limits.h>
#include <stddef.h>

#define ft_ptrdiff_t ptrdiff_t
#define FT_CHAR_BIT CHAR_BIT
#define FT_USHORT_MAX USHRT_MAX
#define FT_INT_MAX INT_MAX
#define FT_INT_MIN INT_MIN
#define FT_UINT_MAX UINT_MAX
#define FT_LONG_MIN LONG_MIN
#define FT_LONG_MAX LONG_MAX
#define FT_ULONG_MAX ULONG_MAX
#define FT_LLONG_MIN LLONG_MIN
#define FT_LLONG_MAX LLONG_MAX
#define FT_ULLONG_MAX ULLONG_MAX

#endif
