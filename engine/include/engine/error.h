/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as values: a code for programs, one line for people, in two languages. */
#ifndef ENGINE_ERROR_H
#define ENGINE_ERROR_H

#define IM_CHECKED __attribute__((warn_unused_result))
#define IM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum im_code {
    IM_OK = 0,
    IM_EARG,       /* the caller asked for something malformed or out of range */
    IM_EDATA,      /* data from outside is broken */
    IM_ELIMIT,     /* well formed, but over a stated limit */
    IM_ENOMEM,     /* memory ran out */
    IM_EIO,        /* a file, socket or database failed */
    IM_ENOTFOUND,  /* the named thing does not exist */
    IM_EAMBIGUOUS, /* the name fits several things; choices are returned apart */
    IM_EBUSY,      /* locked, queue full: the same call may succeed later */
    IM_EENV,       /* the surroundings are incomplete: font, PROJ data, port, schema */
    IM_ESTOPPED    /* a deadline passed or the server is stopping */
};

/**
 * Belongs to the caller and has a fixed size, so that reporting a lack of memory
 * needs none. Both texts are one line of valid UTF-8, cut at a character when too
 * long. `msg_zh` is empty where only developers ever see the message.
 */
struct im_error {
    enum im_code code;
    char msg[320];
    char msg_zh[320];
    char about[16]; /* the part of a question that is wrong ("sortby"); empty: not said
                     */
};

/** Set code and English text, clear all else; IM_ENOMEM says the same in Chinese
 *  already. Returns `code`. `err` may be NULL. */
enum im_code im_fail(struct im_error *err, enum im_code code, const char *fmt, ...)
    IM_PRINTF(3, 4);

/** Add the Chinese text to an error that im_fail has just set. Returns its code. */
enum im_code im_zh(struct im_error *err, enum im_code code, const char *fmt, ...)
    IM_PRINTF(3, 4);

/** Say of an error that im_fail has just set what part of a question it is about, by
 * the name that parameters have: what is asked through any door is called the same. */
void im_about(struct im_error *err, const char *part);

/** Put "<context>: " before both texts. Returns the code that is already there. */
enum im_code im_context(struct im_error *err, const char *fmt, ...) IM_PRINTF(2, 3);

/** Stable machine name of a code: "bad_argument", "bad_data", "limit", ... */
const char *im_code_name(enum im_code code);

#endif
