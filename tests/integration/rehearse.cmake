# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_rehearse SOURCES test_rehearse.c LINK PkgConfig::JANSSON TIMEOUT 180
             LABELS integration)
add_dependencies(test_rehearse chilang-sim)
