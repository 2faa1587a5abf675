# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_cli_control SOURCES test_cli_control.c LINK chl_control_server
             LABELS integration TIMEOUT 60)
add_dependencies(test_cli_control chilang)
