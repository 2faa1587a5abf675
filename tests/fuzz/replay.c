/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Stands in for libFuzzer in an ordinary build: replays files and folders given as
 * arguments, each as it is and with a fixed number of seeded mutations, so that every fuzzer runs
 * as a test.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 64 * 1024, MUTATIONS = 200, NOISE_RUNS = 500, NOISE_MAX = 300 };

/** splitmix64: small, seeded, the same everywhere. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/** Runs in a block of exactly that size, so that a sanitizer sees a read past it. */
static void run_exact(const uint8_t *bytes, size_t length)
{
    uint8_t *exact = malloc(length > 0 ? length : 1);
    if (exact == NULL) {
        abort();
    }
    memcpy(exact, bytes, length);
    (void)LLVMFuzzerTestOneInput(exact, length);
    free(exact);
}

static void mutate_and_run(const uint8_t *bytes, size_t length, uint64_t *seed)
{
    static uint8_t work[INPUT_MAX];
    memcpy(work, bytes, length);
    size_t kept = length;
    uint64_t edits = 1 + next_random(seed) % 4;
    for (uint64_t i = 0; i < edits && kept > 0; i++) {
        uint64_t random = next_random(seed);
        size_t at = (size_t)(random >> 16) % kept;
        if (random % 5 == 0) {
            kept = at;
        } else if (random % 5 == 1) {
            work[at] = (uint8_t)(random >> 8);
        } else {
            work[at] ^= (uint8_t)(1U << (random >> 8) % 8);
        }
    }
    run_exact(work, kept);
}

static bool replay_file(const char *path)
{
    static uint8_t bytes[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be opened\n", path);
        return false;
    }
    size_t length = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    uint64_t seed = length;
    run_exact(bytes, length);
    for (int i = 0; i < MUTATIONS; i++) {
        mutate_and_run(bytes, length, &seed);
    }
    return true;
}

static bool replay_folder(const char *path)
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, alphasort);
    bool good = count >= 0;
    for (int i = 0; i < count; i++) {
        char name[4096];
        int length = snprintf(name, sizeof name, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && length > 0 && (size_t)length < sizeof name) {
            good = replay_file(name) && good;
        }
        free(names[i]);
    }
    free(names);
    return good;
}

static void run_noise(void)
{
    uint64_t seed = 1;
    for (int i = 0; i < NOISE_RUNS; i++) {
        uint8_t bytes[NOISE_MAX];
        size_t length = (size_t)(next_random(&seed) % NOISE_MAX);
        for (size_t k = 0; k < length; k++) {
            bytes[k] = (uint8_t)next_random(&seed);
        }
        run_exact(bytes, length);
    }
}

int main(int argc, char **argv)
{
    bool good = true;
    run_noise();
    for (int i = 1; i < argc; i++) {
        struct stat about;
        bool folder = stat(argv[i], &about) == 0 && S_ISDIR(about.st_mode);
        good = (folder ? replay_folder(argv[i]) : replay_file(argv[i])) && good;
    }
    return good ? 0 : 1;
}
