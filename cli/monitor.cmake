# SPDX-License-Identifier: Apache-2.0
# Also for keygen_curve.c.
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
list(APPEND CLI_LINK chl_stream PkgConfig::ZMQ PkgConfig::SQLITE PkgConfig::JANSSON)
