# SPDX-License-Identifier: Apache-2.0
# Also for gate.c and door.c.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
list(APPEND CLI_LINK chl_control PkgConfig::JANSSON)
