/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What `chilang firmware` says, in Vietnamese and English: one table.
 */
#ifndef CHL_CLI_FIRMWARE_WORDS_H
#define CHL_CLI_FIRMWARE_WORDS_H

#include <stdbool.h>
#include <stdio.h>

/** Identifier, Vietnamese, English. `%1` … `%3` are texts put in, so that each language has its
 *  own order. */
#define FIRMWARE_WORDS(X)                                                                          \
    X(WORD_UNIT_ON, "%1: thiết bị %2 trên %3", "%1: unit %2 on %3")                                \
    X(WORD_UNIT_ALONE, "thiết bị %2 trên %3", "unit %2 on %3")                                     \
    X(WORD_UNIT, "thiết bị %1", "unit %1")                                                         \
    X(WORD_WANTED, "cần %1", "wanted %1")                                                          \
    X(WORD_FITS, "đúng", "fits")                                                                   \
    X(WORD_DIFFERS, "KHÁC", "DIFFERS")                                                             \
    X(WORD_NOT_READ, "chưa đọc", "not read")                                                       \
    X(WORD_DENIED, "thiết bị từ chối (lỗi %1: %2)", "the device refuses (exception %1: %2)")       \
    X(WORD_SILENT, "không trả lời", "no answer")                                                   \
    X(WORD_TORN, "%1, nhưng thanh ghi bù là %2", "%1, but its complement reads %2")                \
    X(WORD_MUTE, "hồ sơ không có hàm đọc", "the profile lists no function that reads it")          \
    X(WORD_CONFLICT, "%1 cần %2, %3 cần khác", "%1 wants %2, %3 something else")                   \
    X(WORD_DEFAULT, "xuất xưởng %1", "default %1")                                                 \
    X(WORD_RANGE, "%1 đến %2", "%1 to %2")                                                         \
    X(WORD_READ_ONLY, "chỉ đọc", "read only")                                                      \
    X(WORD_KEEPS, "giữ khi mất điện", "kept at power-off")                                         \
    X(WORD_LOSES, "mất khi mất điện", "lost at power-off")                                         \
    X(WORD_RESTARTS, "có hiệu lực sau khi khởi động lại", "acts after a restart")                  \
    X(WORD_ALL_FITS, "Mọi thiết lập đều đúng.", "All settings fit.")                               \
    X(WORD_NOTHING_WANTED,                                                                         \
      "Địa điểm và hồ sơ không đòi hỏi thiết lập "                              \
      "nào.",                                                                                      \
      "Neither site nor profile wants anything of its settings.")                                  \
    X(WORD_PLAN, "Cần ghi, theo thứ tự này:", "To be written, in this order:")                     \
    X(WORD_UNSETTLED, "Không thể xét:", "Cannot be judged:")                                       \
    X(WORD_UNJUDGED, "KHÔNG RÕ", "UNKNOWN")                                                        \
    X(WORD_NO_REGISTER,                                                                            \
      "Không thanh ghi nào khởi động lại nó: phải tắt "                              \
      "và bật nguồn bằng tay.",                                                                    \
      "No register restarts it: its power must be switched off and "                               \
      "on by hand.")                                                                               \
    X(WORD_RESTART_ONCE,                                                                           \
      "Sau cùng thiết bị được khởi động lại một "                                \
      "lần.",                                                                                      \
      "At the end the device is restarted once.")                                                  \
    X(WORD_ALONE_ONLY,                                                                             \
      "Địa chỉ và tốc độ chỉ đổi khi trên đường "                             \
      "chỉ có một thiết bị trả lời.",                                                              \
      "Address and speed are changed only where exactly one unit "                                 \
      "answers.")                                                                                  \
    X(WORD_CONFIRM,                                                                                \
      "Ghi %1 thiết lập vào %2? (c = có, k = không): ", "Write %1 settings to %2? (y/n): ")        \
    X(WORD_NOT_CONFIRMED, "Không ghi gì.", "Nothing was written.")                                 \
    X(WORD_WRITTEN, "đã ghi và đọc lại", "written and read back")                                  \
    X(WORD_STORED, "đã lưu, có hiệu lực sau khi khởi động lại", "stored, acts after a restart")    \
    X(WORD_REFUSED, "thiết bị từ chối", "refused by the device")                                   \
    X(WORD_CHANGED, "đã ghi, nhưng đọc lại là %1", "written, but %1 is read back")                 \
    X(WORD_UNSURE, "KHÔNG RÕ: đã gửi, không có trả lời", "UNKNOWN: sent, without an answer")       \
    X(WORD_LEFT, "chưa ghi", "not written")                                                        \
    X(WORD_APPLIED, "Xong: mọi giá trị đã được đọc lại.", "Done: every value was read back.")      \
    X(WORD_MOVED,                                                                                  \
      "Nay nó là thiết bị %1. Hãy ghi `unit: %1` trong tệp "                              \
      "địa điểm.",                                                                                 \
      "It is unit %1 now. Write `unit: %1` in the site file.")                                     \
    X(WORD_LINE_MOVED,                                                                             \
      "Đường nay chạy %1 baud. Hãy ghi `baud: %1` trong tệp "                             \
      "địa điểm.",                                                                                 \
      "The line runs at %1 baud now. Write `baud: %1` in the site "                                \
      "file.")                                                                                     \
    X(WORD_POWER_CYCLE,                                                                            \
      "Đã lưu. Hãy tắt rồi bật nguồn thiết bị, sau "                               \
      "đó chạy: chilang firmware verify",                                                          \
      "Stored. Switch the device off and on, then run: chilang "                                   \
      "firmware verify")                                                                           \
    X(WORD_POWER_LOSES,                                                                            \
      "Những gì không giữ khi mất điện sẽ phải ghi "                                \
      "lại: chạy apply thêm một lần.",                                                             \
      "What is not kept at power-off will have to be written again: "                              \
      "run apply once more.")                                                                      \
    X(WORD_WHY_NO_ANSWER,                                                                          \
      "Thiết bị %1 không trả lời trên %2: xem nguồn, "                                 \
      "dây, địa chỉ và tốc độ.",                                                                   \
      "Unit %1 does not answer on %2: look at its power, wires, "                                  \
      "address and speed.")                                                                        \
    X(WORD_WHY_SILENT,                                                                             \
      "Dừng lại: thiết bị không trả lời nữa. Chạy "                               \
      "verify khi nó trả lời lại.",                                                                \
      "Stopped: the device does not answer any more. Run verify once "                             \
      "it does.")                                                                                  \
    X(WORD_WHY_LINK, "Không mở được đường %1: %2", "Cannot open %1: %2")                           \
    X(WORD_WHY_REFUSED, "Dừng lại: thiết bị từ chối %1 (lỗi %2: %3).",                             \
      "Stopped: the device refuses %1 (exception %2: %3).")                                        \
    X(WORD_WHY_NO_RESTART, "Thiết bị từ chối khởi động lại (lỗi %2: %3).",                         \
      "The device refuses to restart (exception %2: %3).")                                         \
    X(WORD_WHY_NOT_KEPT,                                                                           \
      "Dừng lại: thiết bị nhận %1 nhưng đọc lại là "                              \
      "%2.",                                                                                       \
      "Stopped: the device acknowledged %1, but %2 is read back.")                                 \
    X(WORD_WHY_NOT_TAKEN,                                                                          \
      "Dừng lại: lệnh ghi %1 không được trả lời và "                               \
      "giá trị cũ còn nguyên. Nó không được gửi lại; "                             \
      "hãy chạy verify.",                                                                          \
      "Stopped: the write of %1 got no answer, and the old value "                                 \
      "still stands. It was not sent again; run verify.")                                          \
    X(WORD_WHY_COMPLEMENT,                                                                         \
      "Dừng lại: %1 và thanh ghi bù của nó không khớp "                                \
      "(đọc được %2).",                                                                            \
      "Stopped: %1 and its complement do not agree (it reads %2).")                                \
    X(WORD_WHY_LISTED,                                                                             \
      "Không ghi gì: %1 chỉ đổi được khi một mình "                                  \
      "trên đường, mà địa điểm có %2 thiết bị ở "                               \
      "đó. Hãy nối riêng nó và dùng --bus.",                                                       \
      "Nothing was written: %1 is changed only where the unit is "                                 \
      "alone on the bus, and the site has %2 units there. Connect it "                             \
      "by itself and use --bus.")                                                                  \
    X(WORD_WHY_OTHER,                                                                              \
      "Không ghi gì: địa chỉ %1 cũng trả lời. Hãy để "                             \
      "một mình thiết bị cần đổi trên đường.",                                                     \
      "Nothing was written: address %1 answers too. Leave only the "                               \
      "unit to be changed on the bus.")                                                            \
    X(WORD_WHY_LINE,                                                                               \
      "Không ghi gì: %1 chỉ đổi được qua chính đường "                             \
      "nối tiếp đó (rtu://), vì phải theo nó sang tốc "                                \
      "độ mới để đọc lại.",                                                                        \
      "Nothing was written: %1 is changed only over that serial line "                             \
      "itself (rtu://), to follow it to its new speed and read it "                                \
      "back.")                                                                                     \
    X(WORD_WHY_FUNCTION, "Không ghi gì: hồ sơ không có hàm ghi được %1.",                          \
      "Nothing was written: the profile lists no function that "                                   \
      "writes %1.")                                                                                \
    X(WORD_WHY_CONFLICT,                                                                           \
      "Không ghi gì: các cổng dùng chung thiết bị này "                                 \
      "cần giá trị khác nhau cho %1. Hãy sửa tệp địa "                               \
      "điểm.",                                                                                     \
      "Nothing was written: the gates on this unit want different "                                \
      "values of %1. Change the site file.")                                                       \
    X(WORD_WHY_UNREADABLE,                                                                         \
      "Không ghi gì thêm: không đọc được %1, nên không "                              \
      "thể kiểm tra.",                                                                             \
      "Nothing more was written: %1 cannot be read, so nothing could "                             \
      "be verified.")                                                                              \
    X(WORD_WHY_CANCELLED, "Đã dừng theo yêu cầu. Không ghi thêm gì.",                              \
      "Stopped as asked. Nothing more was written.")                                               \
    X(WORD_WHY_GONE,                                                                               \
      "KHÔNG RÕ: sau khi đổi, thiết bị không trả lời "                               \
      "ở chỗ mới lẫn chỗ cũ. Hãy tìm nó bằng --bus "                               \
      "với địa chỉ và tốc độ khác.",                                                               \
      "UNKNOWN: after the change it answers neither at its new place "                             \
      "nor at its old one. Look for it with --bus, another --unit "                                \
      "and --baud.")                                                                               \
    X(WORD_DAEMON_RUNS,                                                                            \
      "chilangd đang chạy và giữ đường này (%1). Hãy "                                 \
      "dừng nó trước (systemctl stop chilangd); verify thì "                                \
      "không cần.",                                                                                \
      "chilangd runs and holds this bus (%1). Stop it first "                                      \
      "(systemctl stop chilangd); verify needs no such thing.")                                    \
    X(WORD_RECORD,                                                                                 \
      "Không ghi gì vào thiết bị, vì không ghi được "                                 \
      "sổ: %1",                                                                                    \
      "Nothing was written to the device, since it cannot be "                                     \
      "recorded: %1")                                                                              \
    X(WORD_RECORD_END, "Kết quả không ghi được vào sổ: %1",                                        \
      "How it ended could not be recorded: %1")                                                    \
    X(WORD_PROBING, "Dò xem còn ai trên đường: %1/%2", "Who else is on the bus: %1/%2")            \
    X(WORD_NO_WATCHDOG, "không có", "none")

typedef enum {
#define FIRMWARE_WORD_ENUM(id, vi, en) id,
    FIRMWARE_WORDS(FIRMWARE_WORD_ENUM)
#undef FIRMWARE_WORD_ENUM
        FIRMWARE_WORD_COUNT
} firmware_word;

/** A sentence with its texts put in; NULL reads as "". `out` is always ended. */
void firmware_say(char *out, size_t size, bool english, firmware_word word, const char *first,
                  const char *second, const char *third);
/** The same on a stream, wrapped at 80 columns: the first line begins with `indent` spaces, the
 *  others with two more. */
void firmware_tell(FILE *to, int indent, bool english, firmware_word word, const char *first,
                   const char *second, const char *third);
/** Print a text in that way. */
void firmware_wrap(FILE *to, int indent, const char *text);
/** What a Modbus exception means. */
const char *firmware_exception(bool english, int exception);

#endif
