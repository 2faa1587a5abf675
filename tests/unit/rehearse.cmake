# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_rehearse_day SOURCES test_rehearse_day.c rehearse_world.c LINK chl_rehearse m
             TIMEOUT 120)
chl_add_test(test_rehearse_arrivals SOURCES test_rehearse_arrivals.c LINK chl_rehearse)
