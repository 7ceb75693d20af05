/* SPDX-License-Identifier: Apache-2.0 */
/* Names compared: what of a name tells places apart. Results live in `arena` or point
 * into the input. */
#ifndef ENGINE_TEXT_IDENTITY_H
#define ENGINE_TEXT_IDENTITY_H

#include <engine/arena.h>

/** NFKC, lower case, no white space: how column names, codes and titles are compared.
 *  Also drops brackets' width differences (and kinds: "【】" are "()") and the marks
 *  "：:*＊". Of more than TEXT_COMPARED_MAX bytes only the beginning; empty when memory
 *  runs out. (Called folded: text_fold of engine/text.h drops brackets too.) */
struct im_bytes text_folded(struct im_bytes in, struct im_arena *arena);
enum { TEXT_COMPARED_MAX = 4096 };
/** Number of characters (code points). */
size_t text_length(struct im_bytes in);
/** White space of any kind, U+3000 and no-break ones too. */
bool text_is_white(uint32_t c);
/** c[i..] begins with the ASCII or Chinese text `word`, ASCII in either case; its
 * length in characters, 0. */
size_t text_word_at(const uint32_t *c, size_t n, size_t i, const char *word);

/**
 * The name as far as it tells places apart: NFKC, lower case, no spaces and
 * punctuation, without legal forms (有限公司, 有限责任公司, 股份有限公司, Co., Ltd.)
 * and former names in brackets (原…); traditional forms are left alone. Where nothing
 * would be left it is text_folded.
 */
struct im_bytes text_name_identity(struct im_bytes name, struct im_arena *arena);
/** "上海" and "上海市" are one: without 市, 区, 县, 地区 ... where two characters or
 *  more are left, and without the province before it ("江苏省苏州市"). */
struct im_bytes text_city_identity(struct im_bytes city, struct im_arena *arena);
/** How alike two names' identities are, 0..1 (shared bigrams, Dice 1945); of long ones
 *  the first TEXT_LIKENESS_MAX characters. */
double text_likeness(struct im_bytes a, struct im_bytes b);
enum { TEXT_LIKENESS_MAX = 128 };

#endif
