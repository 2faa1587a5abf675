# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
list(APPEND CLI_LINK chl_areas chl_card chl_csv chl_declaration chl_cose chl_qr_write PkgConfig::JANSSON)
