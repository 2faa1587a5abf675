# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_profile SOURCES test_profile.c LINK chl_profile)
chl_add_test(test_profile_mistakes SOURCES test_profile_mistakes.c LINK chl_profile)
chl_add_test(test_profile_docs SOURCES test_profile_docs.c LINK chl_profile)
