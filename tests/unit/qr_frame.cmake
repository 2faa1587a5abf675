# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_qr_frame SOURCES test_qr_frame.c LINK chl_test_frames TIMEOUT 600)
