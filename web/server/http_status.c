/* SPDX-License-Identifier: Apache-2.0 */
/* The single table from error code to HTTP status; nothing below `web` knows HTTP. */
#include "http_status.h"

static const struct {
    enum im_code code;
    int status;
} statuses[] = {
    {IM_OK, 200},         {IM_EARG, 400},   {IM_EDATA, 500}, /* data of ours: what the
                                                                caller sends is IM_EARG
                                                              */
    {IM_ELIMIT, 400},     {IM_ENOMEM, 503}, {IM_EIO, 500},   {IM_ENOTFOUND, 404},
    {IM_EAMBIGUOUS, 300}, {IM_EBUSY, 503},  {IM_EENV, 500},  {IM_ESTOPPED, 503},
};

static const struct {
    int status;
    const char *zh;
    const char *en;
} titles[] = {
    {300, "有多个同名地点", "Multiple Choices"},
    {400, "请求有误", "Bad Request"},
    {404, "未找到", "Not Found"},
    {405, "不支持的方法", "Method Not Allowed"},
    {411, "缺少长度", "Length Required"},
    {413, "请求体过大", "Content Too Large"},
    {414, "网址过长", "URI Too Long"},
    {415, "不支持的媒体类型", "Unsupported Media Type"},
    {500, "服务器内部错误", "Internal Server Error"},
    {501, "不支持", "Not Implemented"},
    {503, "服务暂不可用", "Service Unavailable"},
};

int http_status_of(enum im_code code)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].code == code)
            return statuses[i].status;
    return 500;
}

const char *http_status_title(int status, enum lang lang)
{
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (titles[i].status == status)
            return lang == LANG_ZH ? titles[i].zh : titles[i].en;
    return lang == LANG_ZH ? "错误" : "Error";
}
