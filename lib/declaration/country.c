/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Country codes of two letters (ISO 3166-1 alpha-2).
 */
#include "lib/declaration/put.h"

#include <string.h>

/* One behind the other, in their order. */
static const char codes[] = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQ"
                            "BRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDM"
                            "DODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGS"
                            "GTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKN"
                            "KPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQ"
                            "MRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPM"
                            "PNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSV"
                            "SXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVI"
                            "VNVUWFWSYEYTZAZMZW";

bool is_country(const char *text)
{
    if (strlen(text) != 2) {
        return false;
    }
    for (const char *at = codes; *at != '\0'; at += 2) {
        if (memcmp(at, text, 2) == 0) {
            return true;
        }
    }
    return false;
}

bool is_foreign(const char *nationality)
{
    return is_country(nationality) && strcmp(nationality, "VN") != 0;
}
