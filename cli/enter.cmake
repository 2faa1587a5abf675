# SPDX-License-Identifier: Apache-2.0
list(APPEND CLI_LINK chl_control chl_declaration chl_document chl_text PkgConfig::JANSSON)
