/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Big letters, as a table of pictures: the few that the verdicts' words need.
 */
#include "cli/lane_word.h"

#include <string.h>

/** A letter: rows of equal length, `#` is drawn. The first row is for marks above. */
static const struct letter {
    const char *name;
    const char *rows[LANE_WORD_ROWS];
} letters[] = {
    {"A", {"      ", " #### ", "##  ##", "######", "##  ##", "##  ##"}},
    {"C", {"      ", " #####", "##    ", "##    ", "##    ", " #####"}},
    {"D", {"      ", "##### ", "##  ##", "##  ##", "##  ##", "##### "}},
    {"E", {"      ", "######", "##    ", "##### ", "##    ", "######"}},
    {"G", {"      ", " #####", "##    ", "## ###", "##  ##", " #####"}},
    {"H", {"      ", "##  ##", "##  ##", "######", "##  ##", "##  ##"}},
    {"I", {"  ", "##", "##", "##", "##", "##"}},
    {"K", {"      ", "##  ##", "## ## ", "####  ", "## ## ", "##  ##"}},
    {"M", {"        ", "##    ##", "###  ###", "## ## ##", "##    ##", "##    ##"}},
    {"N", {"       ", "##   ##", "###  ##", "## # ##", "##  ###", "##   ##"}},
    {"Q", {"       ", " ####  ", "##  ## ", "##  ## ", "## ##  ", " ### ##"}},
    {"T", {"      ", "######", "  ##  ", "  ##  ", "  ##  ", "  ##  "}},
    {"U", {"      ", "##  ##", "##  ##", "##  ##", "##  ##", " #### "}},
    {"W", {"        ", "##    ##", "##    ##", "## ## ##", "###  ###", "##    ##"}},
    {"Y", {"      ", "##  ##", "##  ##", " #### ", "  ##  ", "  ##  "}},
    {"Ờ", {"  ##    ", " #### ##", "##  ### ", "##  ##  ", "##  ##  ", " ####   "}},
    {"Ỏ", {"  ### ", " #### ", "##  ##", "##  ##", "##  ##", " #### "}},
    {"Ừ", {"  ##    ", "##  ####", "##  ### ", "##  ##  ", "##  ##  ", " ####   "}},
};

static const struct {
    const char *verdict, *vi, *en;
} words[] = {{"ADMIT", "QUA", "ADMIT"},
             {"WAIT", "CHỜ", "WAIT"},
             {"CHECK", "HỎI", "CHECK"},
             {"DENY", "DỪNG", "DENY"}};

static const struct letter *letter_at(const char *text)
{
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (strncmp(text, letters[i].name, strlen(letters[i].name)) == 0) {
            return &letters[i];
        }
    }
    return NULL;
}

static void draw(char **out, const char *row)
{
    static const char block[] = "█";
    for (; *row != '\0'; row++) {
        const char *drawn = *row == '#' ? block : " ";
        size_t length = strlen(drawn);
        memcpy(*out, drawn, length);
        *out += length;
    }
}

size_t lane_word(const char *verdict, bool english, size_t row, char out[LANE_WORD_LINE])
{
    const char *word = "";
    size_t columns = 0;
    char *at = out;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].verdict, verdict) == 0) {
            word = english ? words[i].en : words[i].vi;
        }
    }
    /* Five letters of eight blocks, three bytes each, and the blanks between: they fit. */
    for (const struct letter *letter = NULL; (letter = letter_at(word)) != NULL;) {
        draw(&at, columns > 0 ? "  " : "");
        draw(&at, letter->rows[row % LANE_WORD_ROWS]);
        columns += strlen(letter->rows[0]) + (columns > 0 ? 2 : 0);
        word += strlen(letter->name);
    }
    *at = '\0';
    return columns;
}
