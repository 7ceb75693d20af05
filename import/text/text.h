/* SPDX-License-Identifier: Apache-2.0 */
/* What people write into cells: pure functions over untrusted text.
 *
 *   clean.c     white space, width, invisible characters, blanks such as "/"
 *   number.c    numbers with units, years, shares
 *   degrees.c   degrees, minutes, seconds; two numbers in one cell
 *   lex.h       what the others share
 *
 * All texts are valid UTF-8; results live in `arena` or point into the input.
 */
#ifndef IMPORT_TEXT_H
#define IMPORT_TEXT_H

#include <engine/text_identity.h>

enum text_fault {
    TEXT_GOOD,
    TEXT_NOT_UTF8,
    TEXT_CONTROL,   /* C0, DEL, C1, a zero byte, but not tab and line breaks */
    TEXT_INVISIBLE, /* zero width, bidirectional marks, private use, noncharacters */
    TEXT_NO_MEMORY
};
/**
 * For storing: white space of all kinds (U+3000, no-break ...) at the ends goes, inside
 * each run becomes one space, a line break between two Chinese characters becomes
 * nothing, else a space; U+FEFF at the start goes. Nothing else changes: full-width
 * brackets stay. Line breaks are kept as '\n' when `multiline`.
 */
IM_CHECKED enum text_fault text_clean(struct im_bytes in,
                                      bool multiline,
                                      struct im_arena *arena,
                                      struct im_bytes *out);
/** "/", "-", "—", "－", "无", "暂无", "N/A", "null", "／" ... : people's way to write
 *  nothing. Not "0". */
bool text_is_blank(struct im_bytes in);
struct text_number {
    double value;
    struct im_bytes unit; /* what follows the number, "" when nothing; as written */
    bool is_about;        /* 约, 超, 近, + ... stood with it */
};
/** "１２０．９４", "1,234.5", "3.2平方公里", "约500亩", "1.5万平方米" (value 15000),
 *  "2.5亿元". Not: ranges, several numbers, hexadecimal, "inf", "nan". */
bool text_number(struct im_bytes in, struct text_number *out);
/** `value` of `from` (as text_number found it, or a column's header such as
 * "面积（亩）" has in brackets) in `to` (UCUM: "km2", "m2", "ha", "m", "km", "a" ...).
 * False when the units are not known or not of one kind. */
bool text_convert(double value, struct im_bytes from, const char *to, double *out);
/** "2012", "2012年", "2012年认定", "2012-05-01", "20120501", "2012.5", "二〇一二年":
 *  1000..2999. False when there is none or more than one different, and for house
 *  numbers and amounts ("2012号", "2012万元"). */
bool text_year(struct im_bytes in, int *out);

/** One angle: "121.587707", "121°00′52.0″E", "东经121度0分52秒", "E121.5",
 *  "121:00:52", "121 00 52". *axis is 'x' (E, W, 东经, 西经, 经度), 'y' (N, S, 北纬,
 *  南纬, 纬度) or 0. Projected metres are numbers too. False for minutes or seconds
 * from 60 on, and for more than 180 degrees (90 to the north) where minutes are given.
 */
bool text_angle(struct im_bytes in, double *out, char *axis);
/** Two in one cell, in the order written: "121.43,31.17", "121.44，31.20",
 * "121.3 31.2",
 *  "(121.3; 31.2)", "31°22′N 121°00′E" (then x and y are in order, by their axes). */
bool text_pair(struct im_bytes in, double *x, double *y);
/** "POINT (121.3 31.2)" and other WKT: does it begin like one? (OGR reads it.) */
bool text_is_wkt(struct im_bytes in);

#endif
