/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Composes codes field by field.
 */
#include "tests/unit/vietnam_codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const vietnam_names[] = {"Phan Lan Anh",          "Trà Bạch Lá Tả Mã",
                                     "Hoàng Ánh Hảo Vãn Hạ",  "Lằng Thắm Hẳn Nẵng Đặng",
                                     "Ngần Tấn Chẩn Mẫn Vận", "Mèo Bé Tẻo Đẽo Hẹ",
                                     "Hề Thế Hể Nguyễn Huệ",  "Bùi Thị Mỉm Vĩ Bích Lì Sinh",
                                     "Võ Đỗ Ngọc Ngò Thỏ Nó", "Hồ Tố Khổng Đỗ Lộc",
                                     "Bời Lớn Sở Cỡ Lợi",     "Cù Thú Phủng Vũ Phụng",
                                     "Từ Đứ Cử Hữu Lựu",      "Kỳ Thúy Thủy Mỹ Thụy Quý Kỷ Tỵ",
                                     "Ơn Ưu Ân Ên Ông Ăn Ý Ỵ"};
const size_t vietnam_name_count = sizeof vietnam_names / sizeof *vietnam_names;

void vietnam_hex(const char *text, bool capitals, char *out, size_t size)
{
    const char *digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t length = 0;
    for (; *text != '\0' && length + 3 <= size; text++) {
        unsigned char c = (unsigned char)*text;
        out[length++] = digits[c >> 4];
        out[length++] = digits[c & 15];
    }
    out[length] = '\0';
}

void vietnam_make_cccd(const char *name, int fields, char out[VIETNAM_CODE_SIZE])
{
    (void)snprintf(out, VIETNAM_CODE_SIZE,
                   "020187029317|082345678|%s|18011987|Nữ|Thôn Bản M'gar, xã Đồng Đăng, huyện Cao "
                   "Lộc, tỉnh Lạng Sơn|10052021%s",
                   name, fields == 11 ? "||||" : "");
}

void vietnam_make_bhyt(const char *name, int fields, bool capitals, char out[VIETNAM_CODE_SIZE])
{
    char hex[512], place[512];
    vietnam_hex(name, capitals, hex, sizeof hex);
    vietnam_hex("Đồng Đăng, Cao Lộc, Lạng Sơn", capitals, place, sizeof place);
    const char *number = fields == 17 ? "2020878821" : "HS4202020878821";
    int length = snprintf(out, VIETNAM_CODE_SIZE,
                          "%s|%s|8/1/1987|2|%s|20 – 012|01/01/2021|31/12/2021|15/12/2020|", number,
                          hex, place);
    if (fields > 10 && length > 0) {
        length += snprintf(out + length, VIETNAM_CODE_SIZE - (size_t)length,
                           "20|-|4| 01/01/2026|0123456789abcdef-1234|%s",
                           fields == 17 ? "4|c490c3b4|" : "");
    }
    (void)snprintf(out + length, VIETNAM_CODE_SIZE - (size_t)length, "$");
}

void vietnam_make_pccovid(const char *name, char out[VIETNAM_CODE_SIZE])
{
    (void)snprintf(out, VIETNAM_CODE_SIZE,
                   "020187029317|%s|1987-01-18|0|162979388586171100|<2<HS4202020878821<0944713700",
                   name);
}

void vietnam_look(const void *bytes, size_t length, struct chl_inspection *out)
{
    uint8_t *exact = malloc(length > 0 ? length : 1);
    if (exact == NULL) {
        abort();
    }
    memcpy(exact, bytes, length);
    memset(out, 0, sizeof *out);
    out->size = (uint32_t)sizeof *out;
    out->claims.size = (uint32_t)sizeof out->claims;
    vietnam_inspect(VIETNAM_ALL, exact, length, out);
    free(exact);
}
