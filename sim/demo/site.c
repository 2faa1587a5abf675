/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The festival's site file: what a venue manager would write, with this run's paths and
 * ports.
 */
#include <stdio.h>

#include "sim/demo/festival.h"

static const char head[] = "# Written by chilang-sim demo.\n"
                           "site:\n"
                           "  id: hoi-ky-cung\n"
                           "  name: Hội Kỳ Cùng – Tả Phủ\n"
                           "  area: \"05977\"\n"
                           "  kind: festival\n"
                           "  timezone: Asia/Ho_Chi_Minh\n"
                           "\n"
                           "zones:\n"
                           "  san-den:\n"
                           "    name: Sân đền Kỳ Cùng\n"
                           "    limit: { warn: 80%%, soft: %u, hard: %u }\n"
                           "    activity: festival\n"
                           "\n"
                           "gates:\n";

static const char gate[] =
    "  G%d:\n"
    "    name: %s\n"
    "    from: outside\n"
    "    to: san-den\n"
    "    device: { plugin: bus-cong-chinh, unit: %d, profile: lot-turnstile }\n"
    "    pass_time: 1 s\n"
    "    flow_max: 120\n" /* a minute lasts a second */
    "    on_link_loss: free-exit\n"
    "    lane: { scanner: may-quet-%d }\n";

/* Time runs sixty times as fast as in a real place, so the bus is asked without a pause. */
static const char plugins[] = "\nplugins:\n"
                              "  bus-cong-chinh: { use: gate_modbus, address: "
                              "\"tcp://127.0.0.1:%d\", poll: 50 ms, gap: 0 ms, "
                              "reconnect-min: 20 ms }\n";

static const char scanner[] = "  may-quet-%d: { use: scan_file, path: %s/G%d }\n";

static const char tail[] =
    "  stream: { use: stream_zmq, live: \"tcp://127.0.0.1:%d\", pull: \"tcp://127.0.0.1:%d\", "
    "keys: %s }\n"
    "\ncredentials:\n"
    "  accept: [declaration, hcert, cccd, bhyt, pccovid]\n"
    "  trust: %s\n"
    "\njournal: { path: %s, keep_persons: 28 d }\n"
    "control: %s\n";

chl_err festival_site(struct festival *festival)
{
    static const char *const names[FESTIVAL_GATES] = {"Cổng chính", "Cổng đông", "Cổng tây"};
    const struct festival_paths *paths = &festival->paths;
    unsigned hard = festival->options.limit;
    FILE *file = fopen(paths->site, "we");
    if (file == NULL) {
        festival_fail(festival, "%s: expected a file that can be written, got an error",
                      paths->site);
        return CHL_E_IO;
    }
    fprintf(file, head, hard * 9 / 10, hard);
    for (int i = 1; i <= FESTIVAL_GATES; i++) {
        fprintf(file, gate, i, names[i - 1], i, i);
    }
    fprintf(file, plugins, festival->modbus_port);
    for (int i = 1; i <= FESTIVAL_GATES; i++) {
        fprintf(file, scanner, i, paths->scan, i);
    }
    fprintf(file, tail, festival->live_port, festival->pull_port, paths->keys, paths->trust,
            paths->journal, paths->control);
    if (fclose(file) != 0) {
        festival_fail(festival, "%s: expected room on the disk, got none", paths->site);
        return CHL_E_FULL;
    }
    return CHL_OK;
}
