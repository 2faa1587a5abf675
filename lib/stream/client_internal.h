/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a reader believes of an answer: shared by proving (client_check.c) and asking
 * (client.c).
 */
#ifndef CHL_STREAM_CLIENT_INTERNAL_H
#define CHL_STREAM_CLIENT_INTERNAL_H

#include "lib/stream/client.h"

enum { CLIENT_TEXT_SIZE = 200 };

/** Read three frames as a record of this site and epoch. @return false when they are none. */
bool client_read_record(const struct chl_stream_client *client,
                        const struct chl_stream_frame frames[3], struct chl_stream_received *out);
/** True when the record's chain hash follows from the position right before it. */
bool client_chain_holds(const struct chl_stream_position *before,
                        const struct chl_stream_received *record);
/** Move a position to a record. */
void client_advance(struct chl_stream_position *position, const struct chl_stream_received *record);
/** Check an answer's records against `position`, which moves; new ones gather in the batch.
 *  @return number of new records, or −1 with `text` filled. */
int client_check_records(struct chl_stream_client *client, const struct chl_stream_frame *frames,
                         size_t count, struct chl_stream_position *position,
                         char text[CLIENT_TEXT_SIZE]);
/** Move the position over records that a filter left out. @return false: the answer contradicts
 *  itself. */
bool client_cover(const struct chl_stream_client *client, const struct chl_stream_reply *reply,
                  struct chl_stream_position *position);

#endif
