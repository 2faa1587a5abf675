# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
add_library(firmware_world STATIC firmware_world.c)
target_link_libraries(firmware_world PUBLIC chl_flags chl_firmware_log chl_text chl_base
  PkgConfig::JANSSON cmocka)
target_compile_definitions(firmware_world PRIVATE CHL_STAGE_DIR="${CHL_STAGE}")
chl_add_test(test_cli_firmware SOURCES test_cli_firmware.c LINK firmware_world
  TIMEOUT 180 LABELS integration)
add_dependencies(test_cli_firmware chilang chilang-sim)
chl_add_test(test_firmware_journal SOURCES test_firmware_journal.c LINK firmware_world
  TIMEOUT 240 LABELS integration)
add_dependencies(test_firmware_journal chilang chilangd chilang-sim gate_modbus scan_file
  credential_declaration)
chl_add_test(test_cli_firmware_moves SOURCES test_cli_firmware_moves.c LINK firmware_world
  TIMEOUT 240 LABELS integration)
add_dependencies(test_cli_firmware_moves chilang chilang-sim)
