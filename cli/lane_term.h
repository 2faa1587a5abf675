/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The terminal of the lane's screen: taken whole, and given back as it was, whatever ends
 *  the program.
 */
#ifndef CHL_CLI_LANE_TERM_H
#define CHL_CLI_LANE_TERM_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Take the terminal: keys come one by one, the screen is ours. Signals that end the program are
 *  held back until term_wait(). @return false: standard input or output is no terminal. */
bool term_take(void);
/** Give it back. Called again it does nothing. */
void term_give(void);
/** Give it back for questions in whole lines, and take it again. */
void term_pause(void);
void term_resume(void);
/** What is typed while it is paused, to be closed with fclose(); it ends at a signal. NULL: no
 *  memory. */
FILE *term_lines(void);
/** Rows and columns now. */
void term_size(size_t *rows, size_t *columns);
/** Wait for descriptors, signals, or the time. @return as poll(); −1 with a signal is 0. */
int term_wait(struct pollfd *fds, size_t count, int timeout_ms);
/** A signal asked to end. */
bool term_is_ending(void);
/** An interrupt came while it was paused; asking forgets it. */
bool term_was_interrupted(void);

#endif
