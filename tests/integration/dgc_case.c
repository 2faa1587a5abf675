/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads the files of the public DCC test data, with the oddities they have.
 */
#include "tests/integration/dgc_case.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/text.h"
#include "lib/base/time.h"

/* Members that some files spell with an underscore before them. */
static const json_t *member(const json_t *root, const char *key)
{
    char other[64];
    const json_t *value = json_object_get(root, key);
    (void)snprintf(other, sizeof other, "_%s", key);
    return value != NULL ? value : json_object_get(root, other);
}

static size_t unbase64(const char *text, uint8_t *out, size_t room)
{
    size_t used = 0;
    char *plain = malloc(strlen(text) + 1);
    if (plain == NULL) {
        return 0;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (strchr(" \r\n\t", *at) == NULL) {
            plain[used++] = *at;
        }
    }
    int length = -1;
    if (used > 1 && used % 4 == 0 && used / 4 * 3 <= room) {
        length = EVP_DecodeBlock(out, (const unsigned char *)plain, (int)used);
        length -= plain[used - 1] != '=' ? 0 : (plain[used - 2] == '=' ? 2 : 1);
    }
    free(plain);
    return length > 0 ? (size_t)length : 0;
}

/* Some clocks have no zone: they are UTC. */
static bool read_clock(const char *text, int64_t *out)
{
    char with_zone[64];
    if (text == NULL || strlen(text) > 60) {
        return false;
    }
    (void)snprintf(with_zone, sizeof with_zone, "%sZ", text);
    return chl_time_parse(text, strlen(text), out) == CHL_OK ||
           chl_time_parse(with_zone, strlen(with_zone), out) == CHL_OK;
}

static json_t *load(const char *path)
{
    enum { FILE_MAX = 1024 * 1024, MARK = 3 };
    FILE *file = fopen(path, "rbe");
    char *text = malloc(FILE_MAX);
    json_t *root = NULL;
    if (file != NULL && text != NULL) {
        size_t length = fread(text, 1, FILE_MAX, file);
        size_t skip = length > MARK && memcmp(text, "\xEF\xBB\xBF", MARK) == 0 ? MARK : 0;
        root = json_loadb(text + skip, length - skip, 0, NULL);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    free(text);
    return root;
}

bool dgc_case_read(const char *path, struct dgc_case *out)
{
    memset(out, 0, sizeof *out);
    (void)snprintf(out->path, sizeof out->path, "%s", path);
    out->root = load(path);
    const json_t *context = member(out->root, "TESTCTX");
    const char *code = json_string_value(member(out->root, "PREFIX"));
    const char *certificate = json_string_value(member(context, "CERTIFICATE"));
    const char *picture = json_string_value(member(out->root, "2DCODE"));
    out->code = code != NULL ? code : "";
    out->expected = member(out->root, "EXPECTEDRESULTS");
    out->dcc = json_is_object(member(out->root, "JSON")) ? member(out->root, "JSON") : NULL;
    if (certificate != NULL) {
        out->certificate_length = unbase64(certificate, out->certificate, sizeof out->certificate);
    }
    if (picture != NULL) {
        out->picture_length = unbase64(picture, out->picture, sizeof out->picture);
    }
    return json_is_object(out->expected) &&
           read_clock(json_string_value(member(context, "VALIDATIONCLOCK")), &out->clock_ns);
}

void dgc_case_free(struct dgc_case *item)
{
    json_decref(item->root);
    item->root = NULL;
}

size_t dgc_case_hex(const struct dgc_case *item, const char *key, uint8_t *out, size_t size)
{
    const char *text = json_string_value(member(item->root, key));
    size_t length = text != NULL ? strlen(text) / 2 : 0;
    bool good =
        length > 0 && length <= size && chl_unhex(text, strlen(text), out, length) == CHL_OK;
    return good ? length : 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The data are three folders deep; a bound keeps a link from leading in circles. */
static size_t each(const char *folder, const char *end, unsigned depth,
                   void (*visit)(const char *path))
{
    enum { DEPTH_MAX = 8 };
    struct dirent **entries = NULL;
    int count = depth < DEPTH_MAX ? scandir(folder, &entries, visible, alphasort) : 0;
    size_t found = 0;
    for (int i = 0; i < count; i++) {
        char path[512];
        struct stat status;
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (length <= 0 || (size_t)length >= sizeof path || stat(path, &status) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            found += each(path, end, depth + 1, visit);
        } else if (ends_with(path, end)) {
            visit(path);
            found++;
        }
    }
    free(entries);
    return found;
}

size_t dgc_case_each(const char *folder, const char *end, void (*visit)(const char *path))
{
    return each(folder, end, 0, visit);
}
