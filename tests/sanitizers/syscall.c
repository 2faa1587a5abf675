/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Lets ThreadSanitizer see the descriptors that libuv closes by bare system calls.
 *
 *  libuv closes by `syscall(SYS_close, …)`, which the sanitizer does not watch, so it took the next
 *  owner of the number for a second user of the first. Linked only into sanitized programs, ahead
 * of the C library's function of the same name.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef long call_fn(long number, ...);

__attribute__((visibility("default"))) long syscall(long number, ...)
{
    /* No call of Linux takes more than six words; the C library's own function reads as many. */
    long word[6];
    va_list list;
    va_start(list, number);
    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
        word[i] = va_arg(list, long);
    }
    va_end(list);
    if (number == SYS_close) {
        return close((int)word[0]);
    }
    call_fn *next = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "syscall");
    if (next == NULL) {
        abort();
    }
    return next(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}
