# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_pluginhost SOURCES test_pluginhost.c LINK chl_pluginhost LABELS unit abi)
chl_add_test(test_credentials SOURCES test_credentials.c LINK chl_pluginhost)
add_dependencies(test_pluginhost fixture_plugins)
