/* SPDX-License-Identifier: Apache-2.0 */
/* HTML that is escaped by construction: what is markup is a literal of the source, and
 * every value passes through one function. */
#ifndef WEB_HTML_H
#define WEB_HTML_H

#include <engine/bytes.h>

/** Zero-initialise with the buffer: `struct html h = {.out = &buf};` */
struct html {
    struct im_buf *out;
};

/** Markup of ours. A string literal, or it does not compile. */
#define html_markup(h, literal) html_literal((h), "" literal "")
void html_literal(struct html *h, const char *literal);

/** A value as text: & < > " ' are escaped; what is not UTF-8, control characters and
 *  those that turn the direction of the text beside them become U+FFFD. */
void html_text(struct html *h, struct im_bytes text);
void html_string(struct html *h, const char *text); /* NULL: nothing */
void html_number(struct html *h, double value, int decimals);
void html_integer(struct html *h, int64_t value);
/** ` name="value"`, for use after html_markup(h, "<tag"). */
#define html_attribute(h, name, value) html_named((h), " " name "=\"", (value))
/** ` name="url"`: only http:, https: and relative references; others become "#". */
#define html_address(h, name, url) html_named_url((h), " " name "=\"", (url))
/** `<a href="url">text</a>` */
void html_link(struct html *h, const char *url, struct im_bytes text);

void html_named(struct html *h, const char *literal, struct im_bytes value);
void html_named_url(struct html *h, const char *literal, const char *url);
/** May the reference stand in a page: http:, https:, or without a scheme and host? */
bool html_url_is_safe(struct im_bytes url);

#endif
