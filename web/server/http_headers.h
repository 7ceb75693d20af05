/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of request headers (RFC 9110); absent headers are NULL. */
#ifndef HTTP_HEADERS_H
#define HTTP_HEADERS_H

#include <engine/query.h>

/** Accept-Encoding (12.5.3): may and should the body be sent with gzip? */
bool header_wants_gzip(const char *accept_encoding);
/**
 * Accept (12.5.1): how much the client wants a media type ("text/html"), 0 (not at all)
 * to 1000, by the most specific range that covers it. Parameters of ranges other than q
 * are not looked at. An absent header wants everything.
 */
int header_media_weight(const char *accept, const char *type);
/** If-None-Match (13.1.2): weak comparison against one strong tag given with quotes;
 *  "*" matches everything. */
bool header_etag_matches(const char *if_none_match, const char *etag);
/** Accept-Language (12.5.4): the better of zh and en, `fallback` when it names neither.
 */
enum lang header_language(const char *accept_language, enum lang fallback);
/** Host: letters, digits and . - : [ ] only, 1 to 255 bytes, so that it can be put into
 *  answers without a second thought. */
bool header_host_valid(const char *host);

#endif
