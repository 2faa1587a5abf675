# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_profile SOURCES test_profile.c LINK chl_profile)
