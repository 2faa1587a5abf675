# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_loop_end SOURCES test_loop_end.c LINK chl_loop TIMEOUT 60)
add_dependencies(test_loop_end scan_file credential_declaration)
