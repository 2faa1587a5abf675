# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_names SOURCES test_names.c LINK chl_names)
chl_add_test(test_names_birth SOURCES test_names_birth.c LINK chl_names)
