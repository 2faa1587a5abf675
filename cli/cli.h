/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the subcommands of `chilang` share with its dispatcher.
 *
 *  A subcommand is `int cli_<name>(int argc, char **argv)` in `cli/<name>.c`, with argv[0] =
 *  "chilang <name>" for messages, and one row of CLI_COMMANDS.
 */
#ifndef CHL_CLI_CLI_H
#define CHL_CLI_CLI_H

/** Exit codes that every subcommand keeps to. */
enum {
    CLI_OK = 0,
    CLI_FAILED = 1, /**< it ran, and the answer is no */
    CLI_USAGE = 2   /**< the command line is wrong */
};

/** Name, what it does. `chilang --help` lists them in this order. */
#define CLI_COMMANDS(X)                                                                            \
    X(verify, "inspect a code, or codes, as the checkpoint would")                                 \
    X(monitor, "follow a site's events, prove the chain, store each exactly once")                 \
    X(status, "show how a running site stands")                                                    \
    X(gate, "order something of gates, lanes and counts")                                          \
    X(emergency, "open every gate, at once")                                                       \
    X(disperse, "close entry, lanes run outward, until it is ended")                               \
    X(audit, "tap each passer at a gate: how far its counter is off")                              \
    X(lane, "the screen of one lane: verdicts, taps, entry by hand")                               \
    X(enter, "enter by hand somebody who has no code")                                             \
    X(reasons, "the table of reasons that a lane can give")                                        \
    X(journal, "prove, describe or show a site's journal file")                                    \
    X(declare, "fill in, sign and draw health declarations")                                       \
    X(firmware, "the settings that gate controllers keep: show, plan, apply, verify")              \
    X(trust, "whom a site believes: list, add and import certificates")                            \
    X(keygen, "make keys: of an issuer, of a stream's subscriber")

#define CLI_DECLARE(name, help) int cli_##name(int argc, char **argv);
CLI_COMMANDS(CLI_DECLARE)
#undef CLI_DECLARE

#endif
