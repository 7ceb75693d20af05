/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to requests that libmicrohttpd cannot take in. */
#ifndef WEB_REFUSAL_H
#define WEB_REFUSAL_H

#include "exchange.h"

/** Would this request target be too much for the memory of a connection? Each parameter
 *  takes 64 bytes of it, also where it has one letter. */
bool refusal_is_due(const char *target);
/** Says so on the socket itself and ends what can be sent and read there. x->raw is
 *  set. The status that was sent. */
int refusal_send(struct exchange *x, int fd);

#endif
