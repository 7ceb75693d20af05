/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that are addresses: PostGIS, WFS, OGC API Features. What is secret in them is
 * known here, so that no message, report or log gets it. */
#include "internal.h"

#include <ctype.h>
#include <sys/stat.h>

enum { CONNECT_S = 30, TOTAL_S = 600, MAX_ADDRESS_BYTES = 2000 };

static const struct {
    const char *prefix;
    const char *format;
} KINDS[] = {{"PG:", "PostgreSQL"}, {"WFS:", "WFS"}, {"OAPIF:", "OAPIF"}};

static const char *kind_of(const char *path, size_t *prefix)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        *prefix = strlen(KINDS[i].prefix);
        if (strncasecmp(path, KINDS[i].prefix, *prefix) == 0)
            return KINDS[i].format;
    }
    return NULL;
}

bool address_is(const char *path)
{
    size_t prefix;

    return kind_of(path, &prefix) != NULL;
}

static int64_t now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* ---- PostgreSQL: key=value key='value' (libpq, 34.1.1.1) ---- */

static enum im_code fail_pg(struct im_error *err)
{
    /* nothing of it is quoted: it may be a password */
    im_fail(err, IM_EARG,
            "the connection is not understood; write PG:host=... port=... dbname=... "
            "user=..., the password in PGPASSWORD or ~/.pgpass");
    return im_zh(
        err, IM_EARG,
        "无法识别的连接；请写成 PG:host=... port=... dbname=... user=...，密码放在 "
        "PGPASSWORD 或 ~/.pgpass 中");
}

/* "https://host", "postgresql://user@host", "MYSQL:db,password=..." */
bool address_is_other(const char *path)
{
    size_t n = strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                            "0123456789+.-_");
    struct stat info;

    return n > 1 && path[n] == ':' && stat(path, &info) != 0;
}

enum im_code address_refuse(const char *path, struct im_error *err)
{
    /* no more of it is quoted: it may hold a password or a key */
    int n = (int)strcspn(path, ":") + 1;
    bool is_web = strncasecmp(path, "http", 4) == 0;
    bool is_pg = strncasecmp(path, "postgres", 8) == 0;

    n = n > 20 ? 20 : n;
    if (is_pg)
        return fail_pg(err);
    if (is_web) {
        im_fail(err, IM_EARG,
                "web addresses are not fetched; download the file first, or write "
                "WFS:https://... or OAPIF:https://... for a service");
        return im_zh(err, IM_EARG,
                     "不会下载网页地址；请先把文件下载到本机，或对服务写 "
                     "WFS:https://… 或 OAPIF:https://…");
    }
    im_fail(err, IM_EARG,
            "there is no file of that name, and '%.*s' is no kind of address that is "
            "known; known are PG:, WFS: and OAPIF:",
            n, path);
    return im_zh(err, IM_EARG,
                 "没有这个文件，“%.*s”也不是已知的地址类型；可用 PG:、WFS:、OAPIF:", n,
                 path);
}

struct setting {
    char key[32];
    char value[256];
};

/* One setting at *at; false: not well formed. At the end the key is empty. */
static bool next_setting(const char **at, struct setting *out)
{
    const char *p = *at + strspn(*at, " \t\r\n");
    size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    size_t len = 0;

    *out = (struct setting){0};
    *at = p;
    if (*p == '\0')
        return true;
    if (n == 0 || n >= sizeof out->key)
        return false;
    memcpy(out->key, p, n);
    p += n;
    p += strspn(p, " \t");
    if (*p++ != '=')
        return false;
    p += strspn(p, " \t");
    bool is_quoted = *p == '\'';
    p += is_quoted;
    while (*p && (is_quoted ? *p != '\'' : !isspace((unsigned char)*p))) {
        if (*p == '\\' && p[1])
            p++;
        if (len + 1 == sizeof out->value)
            return false;
        out->value[len++] = *p++;
    }
    if (is_quoted && *p++ != '\'')
        return false;
    *at = p;
    return true;
}

static bool is_allowed_key(const char *key)
{
    static const char *const KEYS[] = {"host",
                                       "hostaddr",
                                       "port",
                                       "dbname",
                                       "user",
                                       "password",
                                       "service",
                                       "sslmode",
                                       "schemas",
                                       "active_schema",
                                       "tables",
                                       "sslrootcert",
                                       "sslcert",
                                       "sslkey",
                                       "passfile",
                                       "connect_timeout",
                                       "target_session_attrs",
                                       NULL};

    for (size_t i = 0; KEYS[i]; i++)
        if (strcmp(KEYS[i], key) == 0)
            return true;
    return false;
}

static void append_setting(struct im_buf *out, const char *key, const char *value)
{
    im_buf_printf(out, " %s='", key);
    for (const char *p = value; *p; p++) {
        if (*p == '\'' || *p == '\\')
            im_buf_byte(out, '\\');
        im_buf_byte(out, (uint8_t)*p);
    }
    im_buf_byte(out, '\'');
}

static bool is_shown(const char *key)
{
    return strcmp(key, "host") == 0 || strcmp(key, "hostaddr") == 0 ||
           strcmp(key, "port") == 0 || strcmp(key, "dbname") == 0 ||
           strcmp(key, "service") == 0 || strcmp(key, "schemas") == 0 ||
           strcmp(key, "active_schema") == 0 || strcmp(key, "tables") == 0;
}

static enum im_code
parse_pg(const char *text, struct address *out, struct im_error *err)
{
    struct im_buf connection = {.max = 8 * MAX_ADDRESS_BYTES};
    struct im_buf shown = {.max = 4 * MAX_ADDRESS_BYTES};
    struct setting setting;
    bool has_timeout = false;

    im_buf_text(&connection, "PG:");
    im_buf_text(&shown, "PG:");
    for (;;) {
        if (!next_setting(&text, &setting) ||
            (setting.key[0] && !is_allowed_key(setting.key)))
            goto bad;
        if (!setting.key[0])
            break;
        append_setting(&connection, setting.key, setting.value);
        has_timeout |= strcmp(setting.key, "connect_timeout") == 0;
        if (strcmp(setting.key, "password") == 0)
            snprintf(out->secrets[0], sizeof out->secrets[0], "%s", setting.value);
        else if (is_shown(setting.key))
            im_buf_printf(&shown, "%s%s=%s", shown.len > 3 ? " " : "", setting.key,
                          setting.value);
    }
    if (!has_timeout)
        im_buf_printf(&connection, " connect_timeout='%d'", CONNECT_S);
    /* the server ends what takes too long, and refuses to be written to */
    im_buf_printf(
        &connection,
        " options='-c default_transaction_read_only=on -c statement_timeout=%d'",
        TOTAL_S * 1000);
    im_buf_byte(&connection, 0);
    im_buf_byte(&shown, 0);
    if (connection.failed || shown.failed || connection.len > sizeof out->connection ||
        shown.len > sizeof out->shown ||
        !im_utf8_valid((struct im_bytes){shown.data, shown.len}))
        goto bad;
    memcpy(out->connection, connection.data, connection.len);
    memcpy(out->shown, shown.data, shown.len);
    im_buf_release(&connection);
    im_buf_release(&shown);
    return IM_OK;
bad:
    im_buf_release(&connection);
    im_buf_release(&shown);
    return fail_pg(err);
}

/* ---- http(s) ---- */

static enum im_code fail_url(struct im_error *err, const char *prefix)
{
    im_fail(err, IM_EARG, "the address is not understood; write %shttps://host/path",
            prefix);
    return im_zh(err, IM_EARG, "无法识别的地址；请写成 %shttps://主机/路径", prefix);
}

/* "https://host:port" with the default port left out; false: no http(s) URL. */
bool address_origin(const char *url, char out[ADDRESS_ORIGIN_MAX])
{
    bool is_tls = strncasecmp(url, "https://", 8) == 0;
    size_t scheme = is_tls ? 8 : 7;

    if (!is_tls && strncasecmp(url, "http://", 7) != 0)
        return false;
    const char *host = url + scheme;
    size_t n = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', n);
    if (at) {
        n -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    const char *port = is_tls ? ":443" : ":80";
    if (n > strlen(port) && strncmp(host + n - strlen(port), port, strlen(port)) == 0)
        n -= strlen(port);
    if (n == 0 || n > 255)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)host[i]) && !strchr(".-_:[]", host[i]))
            return false;
    snprintf(out, ADDRESS_ORIGIN_MAX, "%s%.*s", is_tls ? "https://" : "http://", (int)n,
             host);
    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return true;
}

static enum im_code
parse_url(const char *path, size_t prefix, struct address *out, struct im_error *err)
{
    const char *url = path + prefix;
    char kind[8];

    snprintf(kind, sizeof kind, "%.*s", (int)prefix, path);
    if (!address_origin(url, out->origin))
        return fail_url(err, kind);
    for (const char *p = url; *p; p++)
        if ((unsigned char)*p <= 0x20 || *p == 0x7F || *p == '"' || *p == '<')
            return fail_url(err, kind);
    const char *host = strstr(url, "://") + 3;
    size_t authority = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', authority);
    const char *folder = host + authority;
    size_t path_len = strcspn(folder, "?#");
    if (at)
        snprintf(out->secrets[0], sizeof out->secrets[0], "%.*s", (int)(at - host),
                 host);
    if (folder[path_len] && folder[path_len + 1]) /* keys travel in queries */
        snprintf(out->secrets[1], sizeof out->secrets[1], "%s", folder + path_len + 1);
    snprintf(out->connection, sizeof out->connection, "%s", path);
    snprintf(out->shown, sizeof out->shown, "%s%s%.*s", kind, out->origin,
             (int)path_len, folder);
    return im_utf8_valid(im_bytes_of(out->shown)) ? IM_OK : fail_url(err, kind);
}

enum im_code address_parse(const char *path, struct address *out, struct im_error *err)
{
    size_t prefix;

    *out = (struct address){.format = kind_of(path, &prefix)};
    if (!out->format || strlen(path) > MAX_ADDRESS_BYTES)
        return fail_url(err, "WFS:");
    out->deadline_s = now_s() + TOTAL_S;
    return strcmp(out->format, "PostgreSQL") == 0 ? parse_pg(path + prefix, out, err)
                                                  : parse_url(path, prefix, out, err);
}

void address_hide(const struct address *address, char *text)
{
    const size_t n = sizeof address->secrets / sizeof address->secrets[0];

    for (size_t i = 0; i < n; i++)
        if (address->secrets[i][0] && strstr(text, address->secrets[i]))
            text[0] = '\0';
}

long address_seconds(const struct address *address)
{
    return (long)(address->deadline_s - now_s());
}

bool address_is_over(const struct address *address)
{
    return address_seconds(address) <= 0;
}
