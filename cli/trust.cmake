# SPDX-License-Identifier: Apache-2.0
list(APPEND CLI_LINK chl_cose chl_yaml PkgConfig::JANSSON)
