/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reading and writing CURVE key files.
 */
#include "lib/stream/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/base/time.h"

enum { FILE_MAX = 8192, SECRET_FOLDED = 077 };

void chl_certificate_wipe(struct chl_certificate *certificate)
{
    explicit_bzero(certificate->secret_key, sizeof certificate->secret_key);
}

bool chl_certificate_name_ok(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const size_t length = strlen(name);
    return length > 0 && length < CHL_STREAM_NAME_SIZE && name[0] != '.' &&
           strspn(name, allowed) == length;
}

uint16_t chl_certificate_classes(const char *text)
{
    unsigned classes = 0;
    while (*text != '\0') {
        const size_t length = strcspn(text, ",");
        const unsigned found = chl_class_by_name(text, length);
        if (found == 0) {
            return 0;
        }
        classes |= 1u << found;
        text += length;
        text += *text == ',' ? 1 : 0;
    }
    return (uint16_t)classes;
}

static bool is_key(const char *text, size_t length)
{
    static const char z85[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              ".-:+=^!/*?&<>()[]{}@%$#";
    return length == CHL_CURVE_TEXT_SIZE - 1 && strspn(text, z85) >= length;
}

static bool take_key(char out[CHL_CURVE_TEXT_SIZE], const char *value, size_t length)
{
    const bool ok = out[0] == '\0' && is_key(value, length);
    if (ok) {
        memcpy(out, value, length);
    }
    return ok;
}

/** One property of a section. Unknown ones are other tools' and are left alone. */
static bool take_property(struct chl_certificate *out, const char *section, const char *name,
                          const char *value, size_t length)
{
    char text[256];
    if (strcmp(section, "curve") == 0 && strcmp(name, "public-key") == 0) {
        return take_key(out->public_key, value, length);
    }
    if (strcmp(section, "curve") == 0 && strcmp(name, "secret-key") == 0) {
        return take_key(out->secret_key, value, length);
    }
    if (strcmp(section, "metadata") != 0 || length >= sizeof text) {
        return length < sizeof text;
    }
    (void)chl_copy_n(text, sizeof text, value, length);
    if (strcmp(name, "name") == 0) {
        (void)chl_copy(out->name, sizeof out->name, text);
    } else if (strcmp(name, "classes") == 0) {
        out->classes = chl_certificate_classes(text);
        return out->classes != 0;
    } else if (strcmp(name, "valid-until") == 0) {
        return chl_time_parse(text, length, &out->valid_until) == CHL_OK;
    }
    return true;
}

/** `name = "value"`, the value up to the closing quote. @return false when it is not one. */
static bool split_property(char *line, char **name, char **value, size_t *length)
{
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        return false;
    }
    *name = line;
    char *end = equals;
    while (end > line && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    char *from = equals + 1 + strspn(equals + 1, " \t");
    char *close = *from == '"' ? strchr(from + 1, '"') : NULL;
    if (close == NULL || close[1 + strspn(close + 1, " \t\r")] != '\0') {
        return false;
    }
    *end = '\0';
    *value = from + 1;
    *length = (size_t)(close - *value);
    return true;
}

/** @return 0, or the number of the line that is wrong. */
static unsigned read_lines(char *text, struct chl_certificate *out)
{
    char section[32] = "";
    unsigned number = 0;
    char *next = text;
    while (next != NULL) {
        char *line = next;
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        number++;
        const size_t indent = strspn(line, " \t");
        char *start = line + indent;
        start[strcspn(start, "\r")] = '\0';
        if (*start == '\0' || *start == '#') {
            continue;
        }
        if (indent == 0) {
            if (!chl_copy(section, sizeof section, start)) {
                return number;
            }
            continue;
        }
        char *name = NULL;
        char *value = NULL;
        size_t length = 0;
        if (!split_property(start, &name, &value, &length) ||
            !take_property(out, section, name, value, length)) {
            return number;
        }
    }
    return 0;
}

static chl_err read_text(const char *path, bool need_secret, char text[FILE_MAX + 1], char *why,
                         size_t why_size)
{
    struct stat status;
    chl_err error = CHL_E_IO;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        error = errno == ENOENT ? CHL_E_NOTFOUND : CHL_E_IO;
        (void)snprintf(why, why_size,
                       "%s: expected a key file, got: %s; make it with `chilang keygen curve`, "
                       "readable by who uses it",
                       path, strerrordesc_np(errno));
        return error;
    }
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        (void)snprintf(why, why_size, "%s: expected a regular file", path);
    } else if (need_secret && (status.st_mode & SECRET_FOLDED) != 0) {
        (void)snprintf(why, why_size, "%s: expected mode 0600, came %04o: run chmod 600 on it",
                       path, (unsigned)status.st_mode & 07777u);
        error = CHL_E_DENIED;
    } else {
        size_t length = 0;
        ssize_t got = 0;
        do {
            got = read(file, text + length, (size_t)FILE_MAX + 1 - length);
            length += got > 0 ? (size_t)got : 0;
        } while (got > 0 && length <= FILE_MAX);
        if (got < 0 || length > FILE_MAX || memchr(text, '\0', length) != NULL) {
            (void)snprintf(why, why_size, "%s: expected text of at most %d bytes", path, FILE_MAX);
            error = CHL_E_CORRUPT;
        } else {
            text[length] = '\0';
            error = CHL_OK;
        }
    }
    (void)close(file);
    return error;
}

chl_err chl_certificate_read(const char *path, bool need_secret, struct chl_certificate *out,
                             char *why, size_t why_size)
{
    char text[FILE_MAX + 1];
    *out = (struct chl_certificate){.classes = CHL_STREAM_ALL_CLASSES, .valid_until = INT64_MAX};
    chl_err error = read_text(path, need_secret, text, why, why_size);
    if (error == CHL_OK) {
        const unsigned line = read_lines(text, out);
        if (line != 0) {
            (void)snprintf(why, why_size,
                           "%s:%u: expected `name = \"value\"` with a value of the right form",
                           path, line);
            error = CHL_E_CORRUPT;
        } else if (out->public_key[0] == '\0' || (need_secret && out->secret_key[0] == '\0')) {
            (void)snprintf(why, why_size, "%s: expected section curve with %s", path,
                           need_secret ? "public-key and secret-key" : "public-key");
            error = CHL_E_CORRUPT;
        }
    }
    explicit_bzero(text, sizeof text);
    if (!need_secret || error != CHL_OK) {
        chl_certificate_wipe(out);
    }
    return error;
}

static int format(char *text, size_t size, bool with_secret, const struct chl_certificate *key)
{
    char stamp[CHL_RFC3339_SIZE];
    char classes[96] = "";
    size_t used = 0;
    for (unsigned i = 1; i <= 8 && key->classes != CHL_STREAM_ALL_CLASSES; i++) {
        if ((key->classes & (1u << i)) != 0) {
            used += (size_t)snprintf(classes + used, sizeof classes - used, "%s%s",
                                     used > 0 ? "," : "", chl_class_name(i));
        }
    }
    chl_time_format(chl_wall_ns(), stamp);
    return snprintf(text, size,
                    "#   ZeroMQ CURVE %s certificate, made %s\n%s\n"
                    "metadata\n    name = \"%s\"\n%s%s%s"
                    "curve\n    public-key = \"%s\"\n%s%s%s",
                    with_secret ? "**secret**" : "public", stamp,
                    with_secret ? "#   Give this file to nobody and keep its mode 0600.\n"
                                : "#   This file may be given to others.\n",
                    key->name, used > 0 ? "    classes = \"" : "", classes, used > 0 ? "\"\n" : "",
                    key->public_key, with_secret ? "    secret-key = \"" : "",
                    with_secret ? key->secret_key : "", with_secret ? "\"\n" : "");
}

chl_err chl_certificate_write(const char *path, bool with_secret,
                              const struct chl_certificate *certificate, char *why, size_t why_size)
{
    char text[1024];
    chl_err error = CHL_E_IO;
    const int length = format(text, sizeof text, with_secret, certificate);
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, with_secret ? 0600 : 0644);
    if (file < 0) {
        error = errno == EEXIST ? CHL_E_STATE : CHL_E_IO;
        (void)snprintf(why, why_size, "%s: %s", path,
                       error == CHL_E_STATE
                           ? "exists already: a key is never replaced, name another"
                           : "cannot be made: is the folder there and writable?");
    } else {
        if (length > 0 && (size_t)length < sizeof text &&
            write(file, text, (size_t)length) == (ssize_t)length && fsync(file) == 0) {
            error = CHL_OK;
        } else {
            (void)snprintf(why, why_size, "%s: could not be written: is the disk full?", path);
            (void)unlink(path);
        }
        (void)close(file);
    }
    explicit_bzero(text, sizeof text);
    return error;
}
