# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_cose_codec SOURCES test_cose_codec.c LINK chl_cose)
chl_add_test(test_cose_trust SOURCES test_cose_trust.c LINK chl_test_issuing)
chl_add_test(test_cose_trust_files SOURCES test_cose_trust_files.c LINK chl_test_issuing)
chl_add_test(test_cose_issue SOURCES test_cose_issue.c LINK chl_test_issuing)
