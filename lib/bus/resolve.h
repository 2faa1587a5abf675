/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Resolve a host's name without waiting longer for it than the caller can.
 */
#ifndef CHL_BUS_RESOLVE_H
#define CHL_BUS_RESOLVE_H

#include <stdatomic.h>
#include <sys/socket.h>

#include <chilang/types.h>

enum { BUS_HOSTS_MAX = 8 };

/** Socket addresses of one host, in the order to try them. */
struct bus_hosts {
    size_t count;
    struct {
        struct sockaddr_storage address;
        socklen_t size;
    } at[BUS_HOSTS_MAX];
};

struct bus_resolver;

/** Make a resolver of one host and port. @return CHL_OK or CHL_E_NOMEM. */
chl_err bus_resolver_new(const char *host, const char *port, struct bus_resolver **out);
/** Free; a look-up under way ends by itself later. NULL is allowed. Blocks: never. */
void bus_resolver_free(struct bus_resolver *resolver);

/** Look the host up.
 *
 *  A literal address is read at once. A name is given to the system's resolver in a thread of its
 *  own, because getaddrinfo() can hang for half a minute and nothing ends it: this waits until
 *  `deadline_ns` (monotonic) and at most one such thread lives at a time. When the name cannot be
 *  resolved now, the addresses of the last time are used, so that a name server that is down does
 *  not take the gates with it.
 *  @param why what was tried and what came.
 *  @return CHL_OK, CHL_E_IO, CHL_E_NOMEM. Blocks: until the deadline, or `stopping`. */
chl_err bus_resolve(struct bus_resolver *resolver, int64_t deadline_ns, const atomic_bool *stopping,
                    struct bus_hosts *out, char *why, size_t why_size);

#endif
