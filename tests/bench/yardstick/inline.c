/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The floor for scan → gate: one verification, one commit, one write, in line.
 */
#include <errno.h>
#include <inttypes.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    SIGNED_BYTES = 220, /* a full declaration's payload with its COSE frame */
    SIGNATURE_MAX = 80,
    ENTRY_GRANT = 0x40,
    ROW_MAX = 65536,
    SCANS_MAX = 1000000
};

#define NS_PER_S INT64_C(1000000000)

struct setting {
    const char *name;
    long value, min, max;
};

enum { SCANS, RATE, UNITS, ROW_BYTES, TURNS, SETTINGS };

struct yardstick {
    struct setting settings[SETTINGS];
    const char *connect, *database;
    EVP_PKEY *key;
    uint8_t message[SIGNED_BYTES], signature[SIGNATURE_MAX];
    size_t signature_length;
    sqlite3 *db;
    sqlite3_stmt *insert;
    modbus_t *bus;
    char *row;
    int64_t *taken_ns;
};

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static bool make_signature(struct yardstick *y)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    y->key = EVP_EC_gen("P-256");
    memset(y->message, 'm', sizeof y->message);
    y->signature_length = sizeof y->signature;
    const bool ok = context != NULL && y->key != NULL &&
                    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, y->key) == 1 &&
                    EVP_DigestSign(context, y->signature, &y->signature_length, y->message,
                                   sizeof y->message) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static bool verify(const struct yardstick *y)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool ok = context != NULL &&
                    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, y->key) == 1 &&
                    EVP_DigestVerify(context, y->signature, y->signature_length, y->message,
                                     sizeof y->message) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static bool open_database(struct yardstick *y)
{
    static const char *const leftovers[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof leftovers / sizeof *leftovers; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s%s", y->database, leftovers[i]);
        (void)unlink(path);
    }
    const char *schema = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                         "CREATE TABLE r(n INTEGER PRIMARY KEY, body BLOB);";
    if (sqlite3_open(y->database, &y->db) != SQLITE_OK ||
        sqlite3_exec(y->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(y->db, "INSERT INTO r(body) VALUES(?)", -1, &y->insert, NULL) !=
            SQLITE_OK) {
        return false;
    }
    y->row = malloc((size_t)y->settings[ROW_BYTES].value);
    if (y->row == NULL) {
        return false;
    }
    memset(y->row, 'r', (size_t)y->settings[ROW_BYTES].value);
    return true;
}

static bool commit(struct yardstick *y)
{
    const bool ok = sqlite3_bind_blob(y->insert, 1, y->row, (int)y->settings[ROW_BYTES].value,
                                      SQLITE_STATIC) == SQLITE_OK &&
                    sqlite3_step(y->insert) == SQLITE_DONE;
    return sqlite3_reset(y->insert) == SQLITE_OK && ok;
}

static bool open_bus(struct yardstick *y)
{
    char host[64];
    const char *colon = strrchr(y->connect, ':');
    if (colon == NULL || (size_t)(colon - y->connect) >= sizeof host) {
        return false;
    }
    memcpy(host, y->connect, (size_t)(colon - y->connect));
    host[colon - y->connect] = '\0';
    y->bus = modbus_new_tcp(host, (int)strtol(colon + 1, NULL, 10));
    return y->bus != NULL && modbus_connect(y->bus) == 0;
}

static bool write_gate(struct yardstick *y, long scan)
{
    const uint16_t one = 1;
    const int unit = (int)(scan % y->settings[UNITS].value) + 1;
    return modbus_set_slave(y->bus, unit) == 0 &&
           modbus_write_registers(y->bus, ENTRY_GRANT, 1, &one) == 1;
}

static bool run(struct yardstick *y)
{
    const int64_t began = now_ns();
    for (long i = 0; i < y->settings[SCANS].value; i++) {
        const int64_t due = began + i * NS_PER_S / y->settings[RATE].value;
        const struct timespec at = {.tv_sec = (time_t)(due / NS_PER_S),
                                    .tv_nsec = (long)(due % NS_PER_S)};
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        const int64_t start = now_ns();
        const char *failed = !verify(y)          ? "verification"
                             : !commit(y)        ? "commit"
                             : !write_gate(y, i) ? "write"
                                                 : NULL;
        y->taken_ns[i] = now_ns() - start;
        if (failed != NULL) {
            (void)fprintf(stderr, "inline: scan %ld: %s failed: %s\n", i, failed,
                          modbus_strerror(errno));
            return false;
        }
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/** One turn of --turns: every time taken, in order. */
static void print_turn(const struct yardstick *y)
{
    (void)printf("[");
    for (long i = 0; i < y->settings[SCANS].value; i++) {
        (void)printf("%s%" PRId64, i > 0 ? "," : "", y->taken_ns[i] / 1000);
    }
    (void)printf("]\n");
    (void)fflush(stdout);
}

/** Run when told to: each line of standard input starts a turn. */
static bool run_turns(struct yardstick *y)
{
    char line[16];
    for (long turn = 0; turn < y->settings[TURNS].value; turn++) {
        if (fgets(line, sizeof line, stdin) == NULL || !run(y)) {
            return false;
        }
        print_turn(y);
    }
    return true;
}

static void print(struct yardstick *y)
{
    const size_t n = (size_t)y->settings[SCANS].value;
    qsort(y->taken_ns, n, sizeof *y->taken_ns, compare);
    (void)printf("{\"name\":\"inline\",\"n\":%zu,\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64
                 ",\"max_us\":%" PRId64 "}\n",
                 n, y->taken_ns[n / 2] / 1000, y->taken_ns[n * 99 / 100] / 1000,
                 y->taken_ns[n - 1] / 1000);
}

static bool read_option(struct yardstick *y, const char *name, const char *text)
{
    if (strcmp(name, "--connect") == 0) {
        y->connect = text;
        return true;
    }
    if (strcmp(name, "--database") == 0) {
        y->database = text;
        return true;
    }
    for (size_t i = 0; i < SETTINGS; i++) {
        struct setting *s = &y->settings[i];
        if (strcmp(name, s->name) == 0) {
            s->value = strtol(text, NULL, 10);
            return s->value >= s->min && s->value <= s->max;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    struct yardstick y = {.settings = {[SCANS] = {"--scans", 500, 1, SCANS_MAX},
                                       [RATE] = {"--rate", 25, 1, 100000},
                                       [UNITS] = {"--units", 8, 1, 247},
                                       [ROW_BYTES] = {"--row-bytes", 600, 1, ROW_MAX},
                                       [TURNS] = {"--turns", 0, 0, 10000}}};
    int result = 2;
    bool ok = argc % 2 == 1;
    for (int i = 1; ok && i + 1 < argc; i += 2) {
        ok = read_option(&y, argv[i], argv[i + 1]);
    }
    if (!ok || y.connect == NULL || y.database == NULL) {
        (void)fputs("usage: yardstick_inline --connect HOST:PORT --database FILE [--scans N] "
                    "[--rate N] [--units N] [--row-bytes N] [--turns N]\n",
                    stderr);
        return result;
    }
    result = EXIT_FAILURE;
    y.taken_ns = calloc((size_t)y.settings[SCANS].value, sizeof *y.taken_ns);
    if (y.taken_ns == NULL || !make_signature(&y) || !open_database(&y)) {
        (void)fputs("inline: cannot make the key or the database\n", stderr);
        goto out;
    }
    if (!open_bus(&y)) {
        (void)fprintf(stderr, "inline: cannot connect to %s: %s\n", y.connect,
                      modbus_strerror(errno));
        goto out;
    }
    if (y.settings[TURNS].value > 0) {
        result = run_turns(&y) ? EXIT_SUCCESS : EXIT_FAILURE;
    } else if (run(&y)) {
        print(&y);
        result = EXIT_SUCCESS;
    }
out:
    if (y.bus != NULL) {
        modbus_close(y.bus);
        modbus_free(y.bus);
    }
    (void)sqlite3_finalize(y.insert);
    (void)sqlite3_close(y.db);
    EVP_PKEY_free(y.key);
    free(y.row);
    free(y.taken_ns);
    return result;
}
