/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One code for a vaccine, whether a certificate states its code or a person its name.
 *
 *  Sources: EU value set `vaccines-covid-19-names`; the names under which Vietnam's Ministry of
 *  Health licensed them (Comirnaty, Spikevax, COVID-19 Vaccine AstraZeneca, Vero Cell, …).
 */
#ifndef CHL_VACCINES_VACCINES_H
#define CHL_VACCINES_VACCINES_H

#include <chilang/types.h>

/** The code of the EU value set for a vaccine's code or name; capitals, spaces and punctuation make
 *  no difference. What is in no table is copied as it is, without spaces at its ends.
 *  @param text NUL-terminated UTF-8.  @param out may be `text`; cut at a character's boundary.
 *  @return false when it had to be cut. Thread: any. Blocks: never. */
bool chl_vaccine_code(const char *text, char *out, size_t size);

#endif
