# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_firmware SOURCES test_firmware.c firmware_bench.c LINK chl_firmware)
chl_add_test(test_firmware_moves SOURCES test_firmware_moves.c firmware_bench.c LINK chl_firmware)
chl_add_test(test_firmware_log SOURCES test_firmware_log.c LINK chl_firmware_log)
