# SPDX-License-Identifier: Apache-2.0
# The site is read by the daemon's own reader, so that both mean the same by it.
list(APPEND CLI_LINK chl_firmware chl_firmware_log chl_bus chl_profile chl_config chl_control
     chl_text)
