# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_monitor_print SOURCES test_monitor_print.c "${CMAKE_SOURCE_DIR}/cli/monitor_print.c"
             LINK chl_stream PkgConfig::JANSSON)
