# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(LIBMODBUS REQUIRED IMPORTED_TARGET libmodbus)
chl_add_test(test_sim_modbus SOURCES test_sim_modbus.c
             LINK chl_base PkgConfig::LIBMODBUS PkgConfig::JANSSON TIMEOUT 60 LABELS integration)
add_dependencies(test_sim_modbus chilang-sim)
