/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Errors, verdicts and the small plain types that every plugin and the core share.
 */
#ifndef CHL_TYPES_H
#define CHL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Every error of the public API: identifier, value, text. 0 is success, errors are negative. */
#define CHL_ERRORS(X)                                                                              \
    X(CHL_OK, 0, "success")                                                                        \
    X(CHL_E_NOMEM, -1, "out of memory")                                                            \
    X(CHL_E_INVAL, -2, "invalid argument")                                                         \
    X(CHL_E_STATE, -3, "not possible in this state")                                               \
    X(CHL_E_TIMEOUT, -4, "timed out; the outcome is unknown")                                      \
    X(CHL_E_IO, -5, "input/output error")                                                          \
    X(CHL_E_PENDING, -6, "accepted, not yet completed")                                            \
    X(CHL_E_ABI, -7, "incompatible plugin ABI")                                                    \
    X(CHL_E_NOTSUP, -8, "not supported")                                                           \
    X(CHL_E_BUSY, -9, "queue full; keep it and try again")                                         \
    X(CHL_E_CONFIG, -10, "configuration refused")                                                  \
    X(CHL_E_LIMIT, -11, "a bound was exceeded")                                                    \
    X(CHL_E_CORRUPT, -12, "stored or received data is damaged")                                    \
    X(CHL_E_NOTFOUND, -13, "not found")                                                            \
    X(CHL_E_FULL, -14, "no space left")                                                            \
    X(CHL_E_DENIED, -15, "not permitted")                                                          \
    X(CHL_E_CLOSED, -16, "closed by the other side")

/** Error codes. Never mixed with verdicts (`chl_verdict`) or inspection outcomes (`chl_outcome`).
 */
typedef enum {
#define CHL_ERROR_ENUM(name, value, text) name = (value),
    CHL_ERRORS(CHL_ERROR_ENUM)
#undef CHL_ERROR_ENUM
} chl_err;

/** Text of an error, in English.
 *  @param error any value, also one that is not in the table.
 *  @return static text, never NULL. Errors: none.
 *  Thread: any. Blocks: never. Since: 1.0. */
static inline const char *chl_strerror(chl_err error)
{
    switch (error) {
#define CHL_ERROR_TEXT(name, value, text)                                                          \
    case name:                                                                                     \
        return text;
        CHL_ERRORS(CHL_ERROR_TEXT)
#undef CHL_ERROR_TEXT
    }
    return "unknown error";
}

/** The only four answers a lane gives. 0 is "none", so that zeroed memory never admits. */
typedef enum {
    CHL_VERDICT_NONE = 0,
    CHL_ADMIT = 1, /**< green: may pass */
    CHL_WAIT = 2,  /**< blue: full or paced; nothing is wrong, the code stays valid */
    CHL_CHECK = 3, /**< amber: a person must look; one tap resolves it */
    CHL_DENY = 4   /**< red: nothing at the lane can change it */
} chl_verdict;

/** Index of a gate in the running configuration. A gate id is not a lane id. */
typedef struct {
    uint16_t index;
} chl_gate_id;

/** Index of a lane in the running configuration. */
typedef struct {
    uint16_t index;
} chl_lane_id;

/** Log levels, the same numbers as syslog's. */
typedef enum {
    CHL_LOG_ERROR = 3,
    CHL_LOG_WARNING = 4,
    CHL_LOG_INFO = 6,
    CHL_LOG_DEBUG = 7
} chl_log_level;

#ifdef __cplusplus
}
#endif
#endif
