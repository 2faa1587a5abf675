# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_rehearse_day SOURCES test_rehearse_day.c rehearse_world.c LINK chl_rehearse m
             TIMEOUT 120)
chl_add_test(test_rehearse_arrivals SOURCES test_rehearse_arrivals.c LINK chl_rehearse)
chl_add_test(test_rehearse_needed SOURCES test_rehearse_needed.c rehearse_world.c LINK chl_rehearse
             TIMEOUT 120)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_rehearse_report SOURCES test_rehearse_report.c LINK chl_rehearse PkgConfig::JANSSON
             TIMEOUT 60)
