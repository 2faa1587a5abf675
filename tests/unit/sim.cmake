# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_sim_device SOURCES test_sim_device.c LINK chl_sim)
chl_add_test(test_sim_controller SOURCES test_sim_controller.c LINK chl_sim)
chl_add_test(test_sim_crowd SOURCES test_sim_crowd.c LINK chl_sim)
chl_add_test(test_sim_fold SOURCES test_sim_fold.c LINK chl_sim)
chl_add_test(test_sim_board SOURCES test_sim_board.c LINK chl_sim)
chl_add_test(test_sim_arm SOURCES test_sim_arm.c LINK chl_sim)
chl_add_test(test_sim_faults SOURCES test_sim_faults.c LINK chl_sim)
