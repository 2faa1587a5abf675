/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A small JSON writer into a fixed buffer: no allocation, overflow is sticky and reported.
 *
 *  For what we write ourselves on the hot path; what we parse goes through jansson.
 */
#ifndef CHL_BASE_JSON_H
#define CHL_BASE_JSON_H

#include <chilang/types.h>

enum { CHL_JSON_DEPTH = 32 };

struct chl_json {
    char *out;
    size_t size, length; /**< length counts what was written, without the NUL */
    unsigned depth;
    bool overflow;
    bool comma[CHL_JSON_DEPTH];
};

void chl_json_begin(struct chl_json *json, char *out, size_t size);
/** End and NUL-terminate. @return CHL_OK, or CHL_E_LIMIT when it did not fit or was not closed. */
chl_err chl_json_end(struct chl_json *json);

/** Open and close containers; `key` is NULL inside arrays and at the top. */
void chl_json_object(struct chl_json *json, const char *key);
void chl_json_array(struct chl_json *json, const char *key);
void chl_json_close_object(struct chl_json *json);
void chl_json_close_array(struct chl_json *json);

/** Values. Strings must be UTF-8; control characters, quotes and backslashes are escaped. */
void chl_json_string(struct chl_json *json, const char *key, const char *value);
void chl_json_string_n(struct chl_json *json, const char *key, const char *value, size_t length);
void chl_json_int(struct chl_json *json, const char *key, int64_t value);
void chl_json_uint(struct chl_json *json, const char *key, uint64_t value);
void chl_json_bool(struct chl_json *json, const char *key, bool value);
void chl_json_null(struct chl_json *json, const char *key);
/** A value that is already JSON. */
void chl_json_raw(struct chl_json *json, const char *key, const char *value, size_t length);

#endif
