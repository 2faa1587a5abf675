# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(LIBMODBUS REQUIRED IMPORTED_TARGET libmodbus)
chl_add_test(test_sim_modbus SOURCES test_sim_modbus.c sim_process.c
             LINK chl_base PkgConfig::LIBMODBUS PkgConfig::JANSSON TIMEOUT 60 LABELS integration)
chl_add_test(test_sim_boards SOURCES test_sim_boards.c sim_process.c
             LINK chl_profile chl_base PkgConfig::LIBMODBUS PkgConfig::JANSSON TIMEOUT 120
             LABELS integration)
chl_add_test(test_sim_faults_wire SOURCES test_sim_faults_wire.c sim_process.c
             LINK chl_base PkgConfig::LIBMODBUS PkgConfig::JANSSON TIMEOUT 120 LABELS integration)
add_dependencies(test_sim_faults_wire chilang-sim)
add_dependencies(test_sim_modbus chilang-sim)
add_dependencies(test_sim_boards chilang-sim)

# The festival itself, on the programs as built: short, and with a daemon that is killed all the time.
add_test(NAME demo_short COMMAND chilang-sim demo --plain --people 120 --seconds 9 --limit 30)
add_test(NAME demo_torture
         COMMAND chilang-sim demo --plain --people 150 --seconds 36 --limit 40 --torture 55)
set_tests_properties(demo_short demo_torture PROPERTIES LABELS integration RUN_SERIAL ON)
set_tests_properties(demo_short PROPERTIES TIMEOUT 120)
set_tests_properties(demo_torture PROPERTIES TIMEOUT 240)
if(CHL_SANITIZE STREQUAL "thread")
  set_tests_properties(demo_short demo_torture PROPERTIES ENVIRONMENT_MODIFICATION
    "TSAN_OPTIONS=string_append::suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp")
endif()
