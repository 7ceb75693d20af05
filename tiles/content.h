/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of tiles that a map has worked out, to be read by all threads. */
#ifndef TILES_CONTENT_H
#define TILES_CONTENT_H

#include <stddef.h>

struct content_memo;
struct content_memo *content_memo_new(void); /* NULL without memory */
void content_memo_free(struct content_memo *memo);
size_t content_memo_bytes(void); /* of each, once it is full */

#endif
